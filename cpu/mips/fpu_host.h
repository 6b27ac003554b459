/*
 * The host's floating-point environment around one operation on finite operands or infinities. The operation's operands and
 * result must pass through volatile objects, so that the compiler neither folds it nor moves it out from between the calls.
 */
#ifndef CPU_MIPS_FPU_HOST_H
#define CPU_MIPS_FPU_HOST_H

#include "cpu/mips/fpu.h"
#include <float.h>

static_assert(FLT_EVAL_METHOD == 0, "the host rounds each operation to its type");

#ifdef __SSE2__
#include <xmmintrin.h>

#define FPU_HOST_MXCSR 0x1f80u /* all masked, no flags, to nearest: what a process starts with */

static inline void fpu_host_begin(enum fpu_rounding rounding)
{
    static const uint16_t control[4] = {0, 0x6000, 0x4000, 0x2000};

    _mm_setcsr(FPU_HOST_MXCSR | control[rounding]);
}

/* Returns enum fpu_exceptions. Tininess is detected after rounding, as on MIPS. */
static inline unsigned fpu_host_end(enum fpu_rounding rounding)
{
    unsigned csr = _mm_getcsr();

    if (rounding != FPU_NEAREST)
        _mm_setcsr(FPU_HOST_MXCSR);
    return (csr >> 5 & FPU_INEXACT) | (csr >> 3 & FPU_UNDERFLOW) | (csr >> 1 & FPU_OVERFLOW) | (csr << 1 & FPU_DIVIDE_BY_ZERO) |
           (csr << 4 & FPU_INVALID);
}

/* The flag that stays set: has anything been inexact since it was cleared? */
static inline bool fpu_host_inexact(void)
{
    return _mm_getcsr() & 0x20;
}

static inline void fpu_host_clear(void)
{
    _mm_setcsr(FPU_HOST_MXCSR);
}

#else
#include <fenv.h>

static inline void fpu_host_begin(enum fpu_rounding rounding)
{
    static const int control[4] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};

    fesetround(control[rounding]);
    feclearexcept(FE_ALL_EXCEPT);
}

/*
 * Returns enum fpu_exceptions. A host that detects tininess before rounding also reports an underflow where the result
 * was rounded up to the smallest normal number.
 */
static inline unsigned fpu_host_end(enum fpu_rounding rounding)
{
    int raised = fetestexcept(FE_ALL_EXCEPT);

    if (rounding != FPU_NEAREST)
        fesetround(FE_TONEAREST);
    return (raised & FE_INEXACT ? FPU_INEXACT : 0) | (raised & FE_UNDERFLOW ? FPU_UNDERFLOW : 0) |
           (raised & FE_OVERFLOW ? FPU_OVERFLOW : 0) | (raised & FE_DIVBYZERO ? FPU_DIVIDE_BY_ZERO : 0) |
           (raised & FE_INVALID ? FPU_INVALID : 0);
}

static inline bool fpu_host_inexact(void)
{
    return fetestexcept(FE_INEXACT);
}

static inline void fpu_host_clear(void)
{
    feclearexcept(FE_ALL_EXCEPT);
}
#endif

#endif
