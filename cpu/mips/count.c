/*
 * Count and Compare. Count = ticks of virtual time + count_offset, a tick being 6.25 ns: 4 ticks in 25 ns. The timer's deadline
 * is the first nanosecond at which Count equals Compare; equality at the moment when either is written is not a match.
 */
#include "cpu/mips/cp0.h"

static_assert(MIPS_COUNT_HZ * 25ull == 4 * 1000000000ull, "4 ticks in 25 ns");

static uint64_t ticks_now(const struct cpu *cpu)
{
    return machine_now(cpu->machine) * 4 / 25;
}

/* The first nanosecond at which `ticks` have passed. */
static uint64_t time_of(uint64_t ticks)
{
    return (ticks * 25 + 3) / 4;
}

uint32_t mips_count(const struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    if (s->cause & CAUSE_DC)
        return s->count_stopped;
    return (uint32_t)ticks_now(cpu) + s->count_offset;
}

void mips_count_arm(struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    if (!mips_wiring(cpu))
        return;
    if (s->cause & CAUSE_DC) {
        timer_set(&cpu->machine->timers, mips_wiring(cpu)->timer, TIMER_OFF);
        return;
    }
    uint32_t left = s->compare - mips_count(cpu);
    uint64_t ticks = left ? left : (uint64_t)1 << 32;
    timer_set(&cpu->machine->timers, mips_wiring(cpu)->timer, time_of(ticks_now(cpu) + ticks));
}

void mips_count_write(struct cpu *cpu, uint32_t value)
{
    struct mips_state *s = mips_state(cpu);
    s->count_stopped = value;
    s->count_offset = value - (uint32_t)ticks_now(cpu);
    mips_count_arm(cpu);
}

void mips_count_stop(struct cpu *cpu)
{
    struct mips_state *s = mips_state(cpu);
    s->count_stopped = mips_count(cpu);
    timer_set(&cpu->machine->timers, mips_wiring(cpu)->timer, TIMER_OFF);
}

void mips_count_continue(struct cpu *cpu)
{
    mips_count_write(cpu, mips_state(cpu)->count_stopped);
}

void mips_count_match(void *opaque, uint64_t deadline)
{
    struct cpu *cpu = opaque;
    mips_state(cpu)->cause |= CAUSE_TI;
    mips_count_arm(cpu);
    mips_update_interrupts(cpu);
}
