/* The MIPS CPU: construction, lines, and what the core asks of an architecture. */
#include "cpu/mips/cp0.h"

#include <string.h>

#include "cpu/mips/disassemble.h"
#include "cpu/mips/fpu_ops.h"
#include "cpu/mips/mmu.h"
#include "cpu/mips/registers.h"
#include "cpu/mips/translate.h"
#include "softmmu/alloc.h"

#define GPR(n)                                                                                                                   \
    {                                                                                                                            \
        "r" #n, offsetof(struct mips_state, gpr[n])                                                                              \
    }
#define FPR_LO(n)                                                                                                                \
    {                                                                                                                            \
        "f" #n, offsetof(struct mips_state, fpr_lo[n])                                                                           \
    }
#define FPR_HI(n)                                                                                                                \
    {                                                                                                                            \
        "fh" #n, offsetof(struct mips_state, fpr_hi[n])                                                                          \
    }
#define ALL_32(X)                                                                                                                \
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18),   \
        X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30), X(31)

#define CP0_GLOBAL(id, member, written) {#member, offsetof(struct mips_state, member)},

#define JUMP_REGION 0x10000000u

/* ORDER: enum mips_global. */
static const struct ir_global globals[] = {
    ALL_32(GPR),
    {"hi",         offsetof(struct mips_state, hi)        },
    {"lo",         offsetof(struct mips_state, lo)        },
    ALL_32(FPR_LO),
    ALL_32(FPR_HI),
    {"fcsr",       offsetof(struct mips_state, fcsr)      },
    {"userlocal",  offsetof(struct mips_state, user_local)},
    {"ll_address", offsetof(struct mips_state, ll_address)},
    {"ll_bit",     offsetof(struct mips_state, ll_bit)    },
    {"ll_value",   offsetof(struct mips_state, ll_value)  },
#include "cpu/mips/cp0_globals.def"
#undef CP0_GLOBAL
};
static_assert(ARRAY_SIZE(globals) == MIPS_GLOBALS, "a row for each global");

/* v0 v1 a0 a1 a2 a3 sp t0: measured to be used most in compiled code. */
static const uint8_t pinned[8] = {2, 3, 4, 5, 6, 7, 29, 8};

static void reset(struct cpu *cpu)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t lines = s->irq_lines; /* driven from outside: whoever drives them is reset too */
    memset(s, 0, sizeof(*s));
    s->irq_lines = lines;
    s->pc = 0xbfc00000;
    cp0_reset(cpu);
    mips_tlb_reset(cpu);
    mips_count_write(cpu, 0);
    mips_update_interrupts(cpu);
}

static unsigned key_mode(uint32_t key)
{
    return key & KEY_USER;
}

/*
 * j and jal stay in their region of 256 MiB. In the lowest lie programs that are linked for one address (System V ABI, MIPS supplement:
 * 0x400000), whose code is better if it is bound to that; and the kernel's modules have their addresses to themselves.
 */
static uint32_t code_bits(uint32_t pc, uint32_t key)
{
    bool movable = (key & (KEY_USER | KEY_BOUND)) == KEY_USER && pc >= JUMP_REGION;
    return movable ? ~(JUMP_REGION - 1) | ~GUEST_PAGE_MASK : ~0u;
}

static unsigned mmu_mode(const struct cpu *cpu)
{
    return key_mode(mips_state_key(cpu));
}

static bool waiting(const struct cpu *cpu)
{
    return mips_state(cpu)->waiting;
}

static void wake(struct cpu *cpu)
{
    mips_state(cpu)->waiting = 0;
}

static void step_context(const struct cpu *cpu, struct step_context *context)
{
    const struct mips_state *s = mips_state(cpu);
    uint32_t mode = mips_state_key(cpu) & KEY_USER;
    *context = (struct step_context){
        .in_handler = s->status & (STATUS_EXL | STATUS_ERL),
        .mode = mode,
        .stack_pointer = s->gpr[29],
        .address_space = mode ? s->entry_hi & ENTRYHI_ASID : 0,
    };
}

static uint32_t address_space(const struct cpu *cpu)
{
    return mips_state(cpu)->entry_hi & ENTRYHI_ASID;
}

const struct cpu_arch mips_arch = {
    .name = "mips",
    .state_size = sizeof(struct mips_state),
    .pc_offset = offsetof(struct mips_state, pc),
    .globals = globals,
    .nglobals = ARRAY_SIZE(globals),
    .zero_global = G_GPR,
    .pinned = pinned,
    .helpers = mips_helpers,
    .nhelpers = MIPS_HELPERS,
    .registers = mips_registers,
    .nregisters = MIPS_REGISTERS,
    .pc_register = MIPS_REGISTER_PC,
    .insn_align = 4,
    .direct_base = UNMAPPED_FIRST,
    .direct_size = 512u << 20,
    .reset = reset,
    .state_key = mips_state_key,
    .optional_key = KEY_CU1 | KEY_FR, /* the kernel runs with the FPU of a process that uses it, or without */
    .code_bits = code_bits,
    .mmu_mode = mmu_mode,
    .key_mode = key_mode,
    .fpu_mode = mips_fpu_mode,
    .settle_fpu = mips_settle_fpu,
    .translate_unit = mips_translate_unit,
    .fixed_mapping = mips_fixed_mapping,
    .translate = mips_translate,
    .misaligned = mips_misaligned,
    .bus_error = mips_bus_error,
    .interrupt_pending = mips_interrupt_pending,
    .take_interrupt = mips_take_interrupt,
    .waiting = waiting,
    .wake = wake,
    .step_context = step_context,
    .address_space = address_space,
    .guest_watched = mips_guest_watched,
    .fetch_watched = mips_fetch_watched,
    .state_replaced = mips_watch_update,
    .disassemble = mips_disassemble,
    .access_base = mips_access_base,
    .print_tlb = mips_print_tlb,
};

struct cpu *mips_cpu_new(struct machine *machine, const struct mips_model *model, const struct cpu_options *options)
{
    struct cpu *cpu = cpu_new(machine, &mips_arch, model, options);
    if (!cpu)
        return NULL;
    struct mips_wiring *wiring = alloc_zeroed(sizeof(*wiring));
    wiring->timer = timer_add(&machine->timers, "mips-compare", mips_count_match, cpu);
    cpu->arch_wiring = wiring;
    cpu_reset(cpu);
    return cpu;
}

static void set_line(void *opaque, unsigned ip, bool level)
{
    struct cpu *cpu = opaque;
    struct mips_state *s = mips_state(cpu);
    s->irq_lines = level ? s->irq_lines | 1u << ip : s->irq_lines & ~(1u << ip);
    mips_update_interrupts(cpu);
}

struct irq mips_cpu_irq(struct cpu *cpu, unsigned ip)
{
    assert(ip >= 2 && ip <= 7);
    return (struct irq){set_line, cpu, ip};
}

void mips_cpu_start(struct cpu *cpu, uint32_t pc, const uint32_t *args, unsigned nargs, uint32_t sp, uint32_t status)
{
    struct mips_state *s = mips_state(cpu);
    assert(nargs <= 4);
    memcpy(&s->gpr[4], args, nargs * sizeof(*args));
    s->gpr[25] = pc;
    s->gpr[29] = sp;
    s->pc = pc;
    mips_set_status(cpu, status);
    cpu_flush_all(cpu);
}
