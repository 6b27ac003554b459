#include "softmmu/clock.h"

/* Times in 2^-32 ns; 64-bit counts times 64-bit rates need all of it. */
typedef unsigned __int128 wide_time;

/* Time since base_ns at `icount`, the kept fraction included. */
static wide_time counted(const struct clock_state *clock, uint64_t icount)
{
    assert(icount >= clock->base_icount);
    return (wide_time)(icount - clock->base_icount) * clock->rate + (uint32_t)clock->base_frac;
}

static uint64_t saturate(wide_time value)
{
    return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

uint64_t clock_vtime_at(const struct clock_state *clock, uint64_t icount)
{
    return saturate((counted(clock, icount) >> 32) + clock->base_ns + clock->idle_ns);
}

uint64_t clock_icount_at(const struct clock_state *clock, uint64_t vtime)
{
    if (vtime == CLOCK_NEVER)
        return CLOCK_NEVER;
    if (vtime <= clock_now(clock))
        return clock->icount;
    if (clock->rate == 0)
        return CLOCK_NEVER;
    /* vtime is later than now, so neither difference can be negative. */
    wide_time wanted = ((wide_time)vtime - clock->base_ns - clock->idle_ns) << 32;
    wide_time missing = wanted - (uint32_t)clock->base_frac;
    wide_time count = (missing + clock->rate - 1) / clock->rate;
    return saturate(count + clock->base_icount);
}

void clock_set_rate(struct clock_state *clock, uint64_t rate)
{
    wide_time past = counted(clock, clock->icount);
    clock->base_ns += (uint64_t)(past >> 32);
    clock->base_frac = (uint32_t)past;
    clock->base_icount = clock->icount;
    clock->rate = rate;
}

void clock_idle_to(struct clock_state *clock, uint64_t vtime)
{
    assert(vtime != CLOCK_NEVER);
    clock->icount++;
    uint64_t now = clock_now(clock);
    if (vtime > now)
        clock->idle_ns += vtime - now;
}
