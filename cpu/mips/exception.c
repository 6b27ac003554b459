/*
 * Entering and leaving exceptions (MIPS32 Architecture volume III, chapter "Interrupts and Exceptions").
 *
 * When an exception enters, the core has put the state at the unit's start: pc is that of the branch when a slot is at fault,
 * which is what EPC must hold, and cpu->in_slot is Cause.BD.
 */
#include "cpu/mips/cp0.h"

#define OFFSET_REFILL    0x000
#define OFFSET_GENERAL   0x180
#define OFFSET_INTERRUPT 0x200
#define DEBUG_VECTOR     0xbfc00480u
#define RESET_BASE       0xbfc00200u

static uint32_t vector_base(const struct mips_model *model, const struct mips_state *s)
{
    assert(s->status & STATUS_EXL);
    if (s->status & STATUS_BEV)
        return RESET_BASE;
    return model->release2 ? UNMAPPED_FIRST | (s->ebase & 0x3ffff000) : UNMAPPED_FIRST;
}

static void enter_debug(struct cpu *cpu, bool in_slot)
{
    struct mips_state *s = mips_state(cpu);
    s->depc = *cpu_pc(cpu);
    s->debug = DEBUG_DM | DEBUG_DBP | (in_slot ? DEBUG_DBD : 0);
    *cpu_pc(cpu) = DEBUG_VECTOR;
}

/* An exception in debug mode goes back to the debug vector; the state of the program being debugged stays. */
static void reenter_debug(struct cpu *cpu, enum mips_exception code)
{
    struct mips_state *s = mips_state(cpu);
    s->debug = (s->debug & ~(0x1fu << 10)) | (code & 0x1fu) << 10;
    s->depc = *cpu_pc(cpu);
    *cpu_pc(cpu) = DEBUG_VECTOR;
}

static void enter_vector(struct cpu *cpu, enum mips_exception code, uint32_t offset, bool in_slot)
{
    struct mips_state *s = mips_state(cpu);
    if (s->status & STATUS_EXL) {
        offset = OFFSET_GENERAL;
    } else {
        s->epc = *cpu_pc(cpu);
        s->cause = (s->cause & ~CAUSE_BD) | (in_slot ? CAUSE_BD : 0);
    }
    s->cause = (s->cause & ~CAUSE_EXCCODE) | (uint32_t)code << 2;
    s->status |= STATUS_EXL;
    *cpu_pc(cpu) = vector_base(mips_model(cpu), s) + offset;
}

static void log_entry(const struct cpu *cpu, enum mips_exception code, bool in_slot)
{
    const struct mips_state *s = mips_state(cpu);
    log_printf(LOG_BIT_INT, "exception %u at %08x%s, icount %llu: status %08x, cause %08x, badvaddr %08x, entryhi %08x\n", code,
               *cpu_pc(cpu), in_slot ? " (slot)" : "", (unsigned long long)cpu->machine->clock->icount, s->status, s->cause,
               s->bad_vaddr, s->entry_hi);
}

static void enter(struct cpu *cpu, enum mips_exception code, uint32_t offset, bool in_slot)
{
    struct mips_state *s = mips_state(cpu);
    if (log_enabled(LOG_BIT_INT))
        log_entry(cpu, code, in_slot);
    s->waiting = 0;
    if (code == EXC_DEBUG)
        enter_debug(cpu, in_slot);
    else if (s->debug & DEBUG_DM)
        reenter_debug(cpu, code);
    else
        enter_vector(cpu, code, offset, in_slot);
}

/* Takes the state to the unit's start and counts the instructions begun; returns whether the one at fault is a slot. */
static bool leave_unit(struct cpu *cpu, enum mips_exception code)
{
    cpu_leave_unit(cpu);
    cpu_tell_exception(cpu, code);
    bool in_slot = cpu->in_slot;
    cpu_count(cpu, in_slot ? 2 : 1);
    return in_slot;
}

void mips_raise(struct cpu *cpu, enum mips_exception code, unsigned coprocessor)
{
    assert(coprocessor <= 3);
    struct mips_state *s = mips_state(cpu);
    bool in_slot = leave_unit(cpu, code);
    if (code == EXC_CPU)
        s->cause = (s->cause & ~(3u << CAUSE_CE_SHIFT)) | coprocessor << CAUSE_CE_SHIFT;
    enter(cpu, code, OFFSET_GENERAL, in_slot);
}

void mips_raise_address(struct cpu *cpu, enum mips_exception code, uint32_t va)
{
    assert(code == EXC_ADEL || code == EXC_ADES);
    bool in_slot = leave_unit(cpu, code);
    mips_state(cpu)->bad_vaddr = va;
    enter(cpu, code, OFFSET_GENERAL, in_slot);
}

void mips_raise_tlb(struct cpu *cpu, enum mips_exception code, uint32_t va, bool refill)
{
    assert(code == EXC_TLBL || code == EXC_TLBS || (code == EXC_MOD && !refill));
    struct mips_state *s = mips_state(cpu);
    bool in_slot = leave_unit(cpu, code);
    s->bad_vaddr = va;
    s->context = (s->context & CONTEXT_PTEBASE) | (va >> 13) << 4;
    s->entry_hi = (s->entry_hi & ENTRYHI_ASID) | (va & ENTRYHI_VPN2);
    enter(cpu, code, refill ? OFFSET_REFILL : OFFSET_GENERAL, in_slot);
}

bool mips_interrupt_pending(const struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    if (s->status & (STATUS_EXL | STATUS_ERL) || s->debug & DEBUG_DM)
        return false;
    return s->cause & CAUSE_WP || (s->status & STATUS_IE && s->cause & s->status & CAUSE_IP);
}

void mips_update_interrupts(struct cpu *cpu)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t lines = (s->irq_lines & 0xfc) << 8;
    if (s->cause & CAUSE_TI)
        lines |= CAUSE_IP7;
    s->cause = (s->cause & ~CAUSE_IP_HARDWARE) | lines;
    if (mips_interrupt_pending(cpu))
        cpu_leave_soon(cpu);
}

/* Vectored mode takes the highest pending line; VS, where it stands in IntCtl, is the spacing in bytes. */
static uint32_t interrupt_offset(const struct mips_model *model, const struct mips_state *s)
{
    assert(s->cause & s->status & CAUSE_IP);
    if (!(s->cause & CAUSE_IV))
        return OFFSET_GENERAL;
    if (!(model->config[3] & CONFIG3_VINT) || (s->status & STATUS_BEV))
        return OFFSET_INTERRUPT;
    unsigned line = 31 - (unsigned)__builtin_clz((s->cause & s->status & CAUSE_IP) >> 8);
    return OFFSET_INTERRUPT + line * (s->int_ctl & INTCTL_VS);
}

void mips_take_interrupt(struct cpu *cpu)
{
    assert(mips_interrupt_pending(cpu));
    const struct mips_state *s = mips_state(cpu);
    bool interrupt = s->status & STATUS_IE && s->cause & s->status & CAUSE_IP;
    cpu_tell_exception(cpu, interrupt ? EXC_INT : EXC_WATCH);
    if (interrupt)
        enter(cpu, EXC_INT, interrupt_offset(mips_model(cpu), s), false);
    else
        enter(cpu, EXC_WATCH, OFFSET_GENERAL, false);
}

uint32_t helper_raise(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    mips_raise(cpu, (enum mips_exception)(imm & 0xff), imm >> 8);
    return 0;
}

uint32_t helper_trap(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    if (ir_cc_holds((enum ir_cc)imm, a, b))
        mips_raise(cpu, EXC_TR, 0);
    return 0;
}

uint32_t helper_add_overflow(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    int32_t sum;
    if (__builtin_add_overflow((int32_t)a, (int32_t)b, &sum))
        mips_raise(cpu, EXC_OV, 0);
    return (uint32_t)sum;
}

uint32_t helper_sub_overflow(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    int32_t difference;
    if (__builtin_sub_overflow((int32_t)a, (int32_t)b, &difference))
        mips_raise(cpu, EXC_OV, 0);
    return (uint32_t)difference;
}

/* A nullified slot: the unit ends here, complete, with the link and the next pc in the state. */
uint32_t helper_not_taken_link(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    if (ir_cc_holds((enum ir_cc)imm, a, 0))
        return 0;
    cpu_leave_unit(cpu);
    cpu_count(cpu, 1);
    uint32_t next = *cpu_pc(cpu) + 8;
    mips_state(cpu)->gpr[31] = next;
    *cpu_pc(cpu) = next;
    return 0;
}

uint32_t helper_eret(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    bool error = s->status & STATUS_ERL;
    *cpu_pc(cpu) = error ? s->error_epc : s->epc;
    s->ll_bit = 0;
    mips_set_status(cpu, s->status & ~(error ? STATUS_ERL : STATUS_EXL));
    return 0;
}

uint32_t helper_deret(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    if (!(s->debug & DEBUG_DM)) {
        mips_raise(cpu, EXC_RI, 0);
        return 0;
    }
    *cpu_pc(cpu) = s->depc;
    s->debug &= ~DEBUG_DM;
    cpu_leave_soon(cpu);
    return 0;
}

uint32_t helper_wait(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    mips_state(cpu)->waiting = 1;
    cpu_leave_soon(cpu);
    return 0;
}
