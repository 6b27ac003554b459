/*
 * Virtual time: a function of the count of executed instructions.
 *
 *     vtime = base_ns + (icount - base_icount) * rate + idle_ns
 *
 * All of it is guest-visible state in the arena. rate is ns per instruction in 32.32 fixed point; base_ns keeps its
 * fraction, so that a change of rate never makes time jump. Products are 128 bits wide.
 */
#ifndef SOFTMMU_CLOCK_H
#define SOFTMMU_CLOCK_H

#include "softmmu/base.h"

#define CLOCK_NEVER UINT64_MAX

struct clock_state {
    uint64_t icount; /* the position; exact at boundaries and, by way of mmu_ops.sync, inside a device access */
    uint64_t base_icount;
    uint64_t base_ns;
    uint64_t base_frac; /* 2^-32 ns */
    uint64_t rate;      /* 2^-32 ns per instruction */
    uint64_t idle_ns;
    uint64_t rtc_base_ns; /* host date or -rtc base at vtime 0, ns since 1970 */
};

/* rate for `-icount shift=N`: 2^N ns an instruction. */
#define CLOCK_RATE_SHIFT(n) ((uint64_t)1 << (32 + (n)))

uint64_t clock_vtime_at(const struct clock_state *clock, uint64_t icount);
static inline uint64_t clock_now(const struct clock_state *clock)
{
    return clock_vtime_at(clock, clock->icount);
}
/* The smallest icount >= the present one whose vtime is at least `vtime`; CLOCK_NEVER if vtime is CLOCK_NEVER. */
uint64_t clock_icount_at(const struct clock_state *clock, uint64_t vtime);
/* A new rate from the present icount on; vtime is continuous. */
void clock_set_rate(struct clock_state *clock, uint64_t rate);
/* An idle jump: counts one, and time is `vtime` afterwards (or what the count alone makes it, if that is later). */
void clock_idle_to(struct clock_state *clock, uint64_t vtime);

#endif
