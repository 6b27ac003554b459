#include "tests/cpu/oracle.h"

#include <string.h>
#include <unicorn/unicorn.h>

#include "cpu/mips/cp0.h"
#include "softmmu/alloc.h"

/* Addresses of code that sets an FPU register. */
#define SET_FCSR  0x8001f000u
#define SET_FIRST 0x8001f010u
#define SET_LAST  0x8001f020u

struct oracle {
    uc_engine *uc;
    uc_context *saved, *scratch;
    size_t fcsr_at, fpr_at, fpr_step; /* where a saved context has FCSR, and the registers of 64 bits */
    bool big_endian;
    struct oracle_run *run;
    uint8_t *ram;
};

/* The numbers that an interrupt hook is given, found by running instructions that raise each. */
static const struct {
    uint8_t number;
    int exception;
} exceptions[] = {
    {12, EXC_ADEL },
    {13, EXC_ADES },
    {16, EXC_DEBUG},
    {17, EXC_SYS  },
    {18, EXC_BP   },
    {19, EXC_CPU  },
    {20, EXC_RI   },
    {21, EXC_OV   },
    {22, EXC_TR   },
    {23, EXC_FPE  },
    {26, EXC_TLBL },
    {27, EXC_TLBS },
};

static void check(uc_err error)
{
    if (error == UC_ERR_OK)
        return;
    fprintf(stderr, "libunicorn: %s\n", uc_strerror(error));
    abort();
}

static void on_instruction(uc_engine *uc, uint64_t address, uint32_t size, void *opaque)
{
    struct oracle *oracle = opaque;
    if (oracle->run && oracle->run->ntrace < ORACLE_TRACE)
        oracle->run->trace[oracle->run->ntrace++] = (uint32_t)address;
}

static void on_exception(uc_engine *uc, uint32_t number, void *opaque)
{
    struct oracle *oracle = opaque;
    oracle->run->exception = 1000 + (int)number;
    for (unsigned i = 0; i < ARRAY_SIZE(exceptions); i++)
        if (exceptions[i].number == number)
            oracle->run->exception = exceptions[i].exception;
    uc_emu_stop(uc);
}

static void set_register(struct oracle *oracle, int id, uint64_t value)
{
    check(uc_reg_write(oracle->uc, id, &value));
}

static void set_fcsr(struct oracle *oracle, uint32_t value)
{
    set_register(oracle, UC_MIPS_REG_T0, value);
    check(uc_emu_start(oracle->uc, SET_FCSR, SET_FCSR + 4, 0, 0));
    set_register(oracle, UC_MIPS_REG_T0, 0);
}

static void set_fpu_register(struct oracle *oracle, uint32_t code, uint64_t value)
{
    set_register(oracle, UC_MIPS_REG_T0, value & UINT32_MAX);
    set_register(oracle, UC_MIPS_REG_T1, value >> 32);
    check(uc_emu_start(oracle->uc, code, code + 8, 0, 0));
    set_register(oracle, UC_MIPS_REG_T0, 0);
    set_register(oracle, UC_MIPS_REG_T1, 0);
}

/* The one place in a saved context where these bytes appear. */
static size_t find_bytes(struct oracle *oracle, const void *bytes, size_t length)
{
    size_t size = uc_context_size(oracle->uc), found = 0, count = 0;
    check(uc_context_save(oracle->uc, oracle->scratch));
    const uint8_t *image = (const uint8_t *)oracle->scratch;
    for (size_t at = 0; at + length <= size; at += 4)
        if (!memcmp(image + at, bytes, length)) {
            found = at;
            count++;
        }
    assert(count == 1);
    (void)count;
    return found;
}

/* What no call reads or writes is found in saved contexts, by values that appear nowhere else. */
static void find_places(struct oracle *oracle)
{
    const uint32_t fcsr = 0xaa000002;
    const uint64_t first = 0x1122334455667788, last = 0x99aabbccddeeff01;
    set_fcsr(oracle, fcsr);
    oracle->fcsr_at = find_bytes(oracle, &fcsr, sizeof(fcsr));
    set_fpu_register(oracle, SET_FIRST, first);
    set_fpu_register(oracle, SET_LAST, last);
    oracle->fpr_at = find_bytes(oracle, &first, sizeof(first));
    oracle->fpr_step = (find_bytes(oracle, &last, sizeof(last)) - oracle->fpr_at) / 31;
    set_fcsr(oracle, 0);
}

static void put_words(struct oracle *oracle, uint32_t va, const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t word = oracle->big_endian ? __builtin_bswap32(words[i]) : words[i];
        memcpy(oracle->ram + (va & 0x1fffffff) + 4 * i, &word, 4);
    }
}

struct oracle *oracle_new(bool big_endian)
{
    struct oracle *oracle = alloc_zeroed(sizeof(*oracle));
    uc_hook instruction, exception;
    static const uint32_t fcsr[] = {0x44c8f800};              /* ctc1 t0, $31 */
    static const uint32_t first[] = {0x44880000, 0x44e90000}; /* mtc1 t0, $f0; mthc1 t1, $f0 */
    static const uint32_t last[] = {0x4488f800, 0x44e9f800};  /* the same with $f31 */
    oracle->ram = aligned_alloc(4096, RIG_RAM);
    memset(oracle->ram, 0, RIG_RAM);
    oracle->big_endian = big_endian;
    check(uc_open(UC_ARCH_MIPS, UC_MODE_MIPS32 | (big_endian ? UC_MODE_BIG_ENDIAN : UC_MODE_LITTLE_ENDIAN), &oracle->uc));
    check(uc_ctl_set_cpu_model(oracle->uc, UC_CPU_MIPS32_24KF));
    check(uc_mem_map_ptr(oracle->uc, 0, RIG_RAM, UC_PROT_ALL, oracle->ram));
    check(uc_hook_add(oracle->uc, &instruction, UC_HOOK_CODE, (void *)(uintptr_t)on_instruction, oracle, 1, 0));
    check(uc_hook_add(oracle->uc, &exception, UC_HOOK_INTR, (void *)(uintptr_t)on_exception, oracle, 1, 0));
    put_words(oracle, SET_FCSR, fcsr, ARRAY_SIZE(fcsr));
    put_words(oracle, SET_FIRST, first, ARRAY_SIZE(first));
    put_words(oracle, SET_LAST, last, ARRAY_SIZE(last));
    set_register(oracle, UC_MIPS_REG_CP0_STATUS, STATUS_CU1 | STATUS_FR);
    check(uc_context_alloc(oracle->uc, &oracle->saved));
    check(uc_context_alloc(oracle->uc, &oracle->scratch));
    check(uc_context_save(oracle->uc, oracle->saved));
    find_places(oracle);
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    uc_context_free(oracle->saved);
    uc_context_free(oracle->scratch);
    uc_close(oracle->uc);
    free(oracle->ram);
    free(oracle);
}

uint8_t *oracle_ram(struct oracle *oracle)
{
    return oracle->ram;
}

static void put_registers(struct oracle *oracle, const struct mips_state *s)
{
    uint8_t *image = (uint8_t *)oracle->scratch;
    memcpy(image, oracle->saved, uc_context_size(oracle->uc));
    for (unsigned i = 0; i < 32; i++) {
        memcpy(image + oracle->fpr_at + i * oracle->fpr_step, &s->fpr_lo[i], 4);
        memcpy(image + oracle->fpr_at + i * oracle->fpr_step + 4, &s->fpr_hi[i], 4);
    }
    check(uc_context_restore(oracle->uc, oracle->scratch));
    set_register(oracle, UC_MIPS_REG_CP0_STATUS, s->status);
    set_fcsr(oracle, s->fcsr);
    for (int i = 0; i < 32; i++)
        set_register(oracle, UC_MIPS_REG_0 + i, s->gpr[i]);
    set_register(oracle, UC_MIPS_REG_HI, s->hi);
    set_register(oracle, UC_MIPS_REG_LO, s->lo);
}

static uint64_t get_register(struct oracle *oracle, int id)
{
    uint64_t value = 0;
    check(uc_reg_read(oracle->uc, id, &value));
    return value;
}

static void get_registers(struct oracle *oracle, struct mips_state *s)
{
    const uint8_t *image = (const uint8_t *)oracle->scratch;
    check(uc_context_save(oracle->uc, oracle->scratch));
    for (int i = 0; i < 32; i++) {
        s->gpr[i] = (uint32_t)get_register(oracle, UC_MIPS_REG_0 + i);
        memcpy(&s->fpr_lo[i], image + oracle->fpr_at + (size_t)i * oracle->fpr_step, 4);
        memcpy(&s->fpr_hi[i], image + oracle->fpr_at + (size_t)i * oracle->fpr_step + 4, 4);
    }
    memcpy(&s->fcsr, image + oracle->fcsr_at, 4);
    s->hi = (uint32_t)get_register(oracle, UC_MIPS_REG_HI);
    s->lo = (uint32_t)get_register(oracle, UC_MIPS_REG_LO);
}

/* Instructions begun: the hook is called for nullified slots too. */
static unsigned count_instructions(const struct program *program, const struct oracle_run *run)
{
    unsigned count = run->ntrace;
    for (unsigned i = 0; i + 1 < run->ntrace; i++) {
        struct mips_insn insn = {0};
        uint32_t pc = run->trace[i], after = i + 2 < run->ntrace ? run->trace[i + 2] : 0;
        mips_decode(program->words[(pc - program->start) / 4], true, &insn);
        count -= (insn.row->flags & I_LIKELY) && after == pc + 8;
    }
    return count;
}

void oracle_run(struct oracle *oracle, const struct program *program, struct oracle_run *run)
{
    put_words(oracle, program->start, program->words, program->count);
    put_registers(oracle, &program->state);
    *run = (struct oracle_run){.exception = -1, .state = program->state};
    oracle->run = run;
    uc_err error = uc_emu_start(oracle->uc, program->start, program->end, 0, 0);
    oracle->run = NULL;
    if (run->exception < 0)
        check(error);
    get_registers(oracle, &run->state);
    run->icount = count_instructions(program, run);
}
