/* The FPU's helpers: registers, FCSR and exceptions around the arithmetic of fpu.c. */
#include "cpu/mips/fpu_ops.h"
#include "cpu/mips/fpu.h"
#include "cpu/mips/fpu_host.h"
#include "cpu/mips/helper.h"

static inline unsigned register_number(uint32_t imm, enum fpu_imm position)
{
    return imm >> position & 31;
}

/* FR=0 and an odd number for a 64-bit value is UNPREDICTABLE: the pair that contains it is meant. */
static inline uint64_t read_register(const struct mips_state *state, uint32_t imm, enum fpu_imm position, enum fpu_format format)
{
    unsigned n = register_number(imm, position);

    if (format == FPU_S || format == FPU_W)
        return state->fpr_lo[n];
    if (imm & FPU_IMM_WIDE)
        return (uint64_t)state->fpr_hi[n] << 32 | state->fpr_lo[n];
    return (uint64_t)state->fpr_lo[n | 1] << 32 | state->fpr_lo[n & ~1u];
}

static inline void write_register(struct mips_state *state, uint32_t imm, enum fpu_format format, uint64_t value)
{
    unsigned n = register_number(imm, FPU_IMM_FD);

    if (format == FPU_S || format == FPU_W) {
        state->fpr_lo[n] = (uint32_t)value;
    } else if (imm & FPU_IMM_WIDE) {
        state->fpr_lo[n] = (uint32_t)value;
        state->fpr_hi[n] = (uint32_t)(value >> 32);
    } else {
        state->fpr_lo[n & ~1u] = (uint32_t)value;
        state->fpr_lo[n | 1] = (uint32_t)(value >> 32);
    }
}

#define FLAG_INEXACT ((uint32_t)FPU_INEXACT << FCSR_FLAGS_SHIFT)

static enum fpu_mode mode_of(uint32_t fcsr)
{
    if (fcsr & (FCSR_RM | FCSR_FS | FCSR_ENABLES))
        return FPU_BY_HELPER;
    return fcsr & FLAG_INEXACT ? FPU_PLAIN : FPU_PLAIN_EXACT;
}

unsigned mips_fpu_mode(const struct cpu *cpu)
{
    return mode_of(mips_state(cpu)->fcsr);
}

static inline void set_fcsr(struct cpu *cpu, uint32_t fcsr)
{
    enum fpu_mode mode = mode_of(fcsr);

    if (UNLIKELY(mode != cpu->fpu.mode)) {
        cpu_set_fpu_mode(cpu, mode);
        fpu_host_clear();
    }
    mips_state(cpu)->fcsr = fcsr;
}

void mips_write_fcsr(struct cpu *cpu, uint32_t fcsr)
{
    cpu_settle_fpu(cpu);
    set_fcsr(cpu, fcsr);
}

/* Generated code ran: did anything in it set the host's flag? Asked before the host computes for anyone else. */
static inline void note_inexact(struct cpu *cpu)
{
    if (cpu->fpu.mode == FPU_PLAIN_EXACT && fpu_host_inexact())
        set_fcsr(cpu, mips_state(cpu)->fcsr | FLAG_INEXACT);
}

/* Cause, Flags and the trap of an operation that raised these exceptions. False: it trapped, and has no result. */
static inline bool settle(struct cpu *cpu, unsigned flags)
{
    struct mips_state *state = mips_state(cpu);
    uint32_t fcsr = (state->fcsr & ~FCSR_CAUSE) | flags << FCSR_CAUSE_SHIFT;

    assert(flags < 32);
    cpu->fpu.last = FPU_LAST_NONE;
    if (UNLIKELY(flags & fcsr >> FCSR_ENABLES_SHIFT)) {
        mips_raise(cpu, EXC_FPE, 0);
        state->fcsr = fcsr;
        return false;
    }
    set_fcsr(cpu, fcsr | flags << FCSR_FLAGS_SHIFT);
    return true;
}

typedef uint64_t compute_fn(struct fpu *fpu, uint64_t fs, uint64_t ft, uint64_t fr);

static inline uint32_t operate(struct cpu *cpu, uint32_t imm, enum fpu_format to, enum fpu_format from, compute_fn *compute)
{
    struct mips_state *state = mips_state(cpu);
    struct fpu fpu = {state->fcsr, 0};
    uint64_t fs = read_register(state, imm, FPU_IMM_FS, from), ft = read_register(state, imm, FPU_IMM_FT, from), result;

    if (cpu->host_return)
        note_inexact(cpu);
    result = compute(&fpu, fs, ft, read_register(state, imm, FPU_IMM_FR, from));
    if (settle(cpu, fpu.flags))
        write_register(state, imm, to, result);
    return 0;
}

#define FPU_OP(name, to, from, ir, expression)                                                                                   \
    static uint64_t compute_##name(struct fpu *fpu, uint64_t fs, uint64_t ft, uint64_t fr)                                       \
    {                                                                                                                            \
        return expression;                                                                                                       \
    }                                                                                                                            \
    uint32_t helper_##name(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)                                                \
    {                                                                                                                            \
        return operate(cpu, imm, FPU_##to, FPU_##from, compute_##name);                                                          \
    }
#include "cpu/mips/fpu_ops.def"
#undef FPU_OP

/* What generated code may leave as FPU_LAST_HELPER + n. */
static const struct {
    compute_fn *compute;
    enum fpu_format from;
} computations[MIPS_HELPERS] = {
#define FPU_OP(name, to, from, ir, expression) [HELPER_##name] = {compute_##name, FPU_##from},
#include "cpu/mips/fpu_ops.def"
#undef FPU_OP
};

void mips_settle_fpu(struct cpu *cpu)
{
    struct mips_state *state = mips_state(cpu);
    struct fpu fpu = {state->fcsr, 0};
    const uint64_t *operand = cpu->fpu.operand;

    note_inexact(cpu);
    if (cpu->fpu.last >= FPU_LAST_HELPER) {
        unsigned n = cpu->fpu.last - FPU_LAST_HELPER;
        bool wide = computations[n].from == FPU_D || computations[n].from == FPU_L;
        uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
        computations[n].compute(&fpu, operand[0] & mask, operand[1] & mask, operand[2] & mask);
        assert(!(fpu.flags & ~FPU_INEXACT));
    }
    state->fcsr = (state->fcsr & ~FCSR_CAUSE) | fpu.flags << FCSR_CAUSE_SHIFT;
    cpu->fpu.last = FPU_LAST_NONE;
}

static uint32_t compare(struct cpu *cpu, uint32_t imm, enum fpu_format format)
{
    struct mips_state *state = mips_state(cpu);
    struct fpu fpu = {state->fcsr, 0};
    uint64_t fs = read_register(state, imm, FPU_IMM_FS, format), ft = read_register(state, imm, FPU_IMM_FT, format);
    bool holds = fpu_compare(&fpu, format, imm >> FPU_IMM_CONDITION & 15, fs, ft);
    uint32_t cc = FCSR_CC(imm >> FPU_IMM_CC & 7);

    if (cpu->host_return)
        note_inexact(cpu);
    if (settle(cpu, fpu.flags))
        state->fcsr = holds ? state->fcsr | cc : state->fcsr & ~cc;
    return 0;
}

uint32_t helper_c_s(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    return compare(cpu, imm, FPU_S);
}

uint32_t helper_c_d(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    return compare(cpu, imm, FPU_D);
}

/* FCSR or FEXR, in which Cause shows. */
uint32_t helper_cfc1(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    cpu_settle_fpu(cpu);
    return mips_state(cpu)->fcsr & (imm == FPU_FEXR ? FEXR_MASK : UINT32_MAX);
}

/* FCSR after a write of value to the control register. */
static uint32_t write_control(uint32_t fcsr, unsigned control, uint32_t value)
{
    switch (control) {
    case FPU_FCCR:
        return (fcsr & ~0xfe800000u) | (value & 1) << 23 | (value & 0xfe) << 24;
    case FPU_FEXR:
        return (fcsr & ~FEXR_MASK) | (value & FEXR_MASK);
    case FPU_FENR:
        return (fcsr & ~(FENR_MASK | FCSR_FS)) | (value & FENR_MASK) | (value & FENR_FS ? FCSR_FS : 0);
    case FPU_FCSR:
        return value & FCSR_WRITABLE;
    default:
        return fcsr;
    }
}

/* A Cause bit written with its Enable set traps at once, with the register written and EPC at the ctc1 (volume II, CTC1). */
uint32_t helper_ctc1(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *state = mips_state(cpu);
    uint32_t fcsr, enabled;

    cpu_settle_fpu(cpu);
    fcsr = write_control(state->fcsr, imm, a);
    enabled = (fcsr >> FCSR_ENABLES_SHIFT & 31) | FCSR_UNIMPLEMENTED >> FCSR_CAUSE_SHIFT;

    if ((fcsr & FCSR_CAUSE) >> FCSR_CAUSE_SHIFT & enabled)
        mips_raise(cpu, EXC_FPE, 0);
    set_fcsr(cpu, fcsr);
    return 0;
}
