/*
 * MIPS floating-point arithmetic on bit patterns: no CPU state, so that it can be tested alone.
 *
 * Behaviour: MIPS32 Architecture volume I, chapter "Floating Point Unit", for FIR.Has2008 = 0: a NaN whose top fraction bit is
 * set signals, one with it clear is quiet. Subnormal operands and results are computed in full (no Unimplemented Operation)
 * unless FCSR.FS flushes them: operands to zero; results to zero, or away from it if the rounding mode points there (as the
 * 24K and 74K manuals have it with FO = FN = 0).
 */
#ifndef CPU_MIPS_FPU_H
#define CPU_MIPS_FPU_H

#include "softmmu/base.h"

/* S and D first: tables of the floating formats are indexed by them. */
enum fpu_format { FPU_S, FPU_D, FPU_W, FPU_L };

/* FCSR.RM */
enum fpu_rounding { FPU_NEAREST, FPU_TO_ZERO, FPU_UP, FPU_DOWN };

/* Exceptions as in the low five bits of FCSR.Flags, Enables and Cause. */
enum fpu_exceptions { FPU_INEXACT = 1, FPU_UNDERFLOW = 2, FPU_OVERFLOW = 4, FPU_DIVIDE_BY_ZERO = 8, FPU_INVALID = 16 };

/* FCSR's fields. */
#define FCSR_RM            0x00000003u
#define FCSR_FLAGS_SHIFT   2
#define FCSR_ENABLES_SHIFT 7
#define FCSR_CAUSE_SHIFT   12
#define FCSR_FS            0x01000000u
#define FCSR_ENABLES       0x00000f80u
#define FCSR_CAUSE         0x0003f000u /* with E, Unimplemented Operation */
#define FCSR_UNIMPLEMENTED 0x00020000u
#define FCSR_WRITABLE      0xff83ffffu /* bits 22:18 read 0: no FO, FN, ABS2008, NAN2008 */
#define FCSR_CC(cc)        (1u << ((cc) ? 24 + (cc) : 23))

struct fpu {
    uint32_t fcsr;  /* in: RM, FS; Enables.U makes an exact subnormal result an underflow */
    unsigned flags; /* out: enum fpu_exceptions are added to it */
};

static inline enum fpu_rounding fpu_rounding(const struct fpu *fpu)
{
    return (enum fpu_rounding)(fpu->fcsr & FCSR_RM);
}

/* Operands and results of format S are in the low 32 bits, as are those of W. fs is the operand whose NaN wins. */
uint64_t fpu_add(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft);
uint64_t fpu_sub(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft);
uint64_t fpu_mul(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft);
uint64_t fpu_div(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft);
uint64_t fpu_sqrt(struct fpu *fpu, enum fpu_format format, uint64_t fs);
uint64_t fpu_recip(struct fpu *fpu, enum fpu_format format, uint64_t fs);
uint64_t fpu_rsqrt(struct fpu *fpu, enum fpu_format format, uint64_t fs);
uint64_t fpu_abs(struct fpu *fpu, enum fpu_format format, uint64_t fs);
uint64_t fpu_neg(struct fpu *fpu, enum fpu_format format, uint64_t fs);

/* fs * ft + fr, rounded after each step (release 2); subtract: fs * ft - fr; negate: the result's sign is changed. */
uint64_t fpu_madd(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft, uint64_t fr, bool subtract, bool negate);

/* To S or D, from any other format. */
uint64_t fpu_convert(struct fpu *fpu, enum fpu_format to, enum fpu_format from, uint64_t fs);
/* From S or D to W or L. What does not fit, infinities and NaNs: Invalid, and the largest positive integer. */
uint64_t fpu_to_integer(struct fpu *fpu, enum fpu_format to, enum fpu_format from, enum fpu_rounding rounding, uint64_t fs);

/* c.cond.fmt: condition's bit 0: true if unordered, bit 1: if equal, bit 2: if less; bit 3: quiet NaNs are Invalid too. */
bool fpu_compare(struct fpu *fpu, enum fpu_format format, unsigned condition, uint64_t fs, uint64_t ft);

#endif
