/*
 * The dispatcher: what happens at a boundary, in the order of timetravel.md ("The order of events at boundary N"), and the run
 * from one boundary that matters to the next.
 */
#include "cpu/backend.h"
#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/log_access.h"
#include "softmmu/log.h"

/* The longest stretch without a look at the boundary: budgets are 31 bits wide. */
#define LONGEST_RUN (1u << 29)

void cpu_stop_soon(struct cpu *cpu)
{
    cpu->stop_soon = true;
    cpu_leave_soon(cpu);
}

/* What was asked of one unit only is over. A stop for its slot is before the unit. */
static void unit_done(struct cpu *cpu)
{
    cpu->skip_breakpoint = cpu->skip_watch = cpu->slot_break = cpu->slot_watch = cpu->single = false;
    if (cpu->debug.reason != DEBUG_BREAKPOINT)
        cpu->asked = cpu->slot_asked = NOT_ASKED;
}

static bool at_breakpoint(struct cpu *cpu)
{
    uint32_t pc = *cpu_pc(cpu);
    if (LIKELY(!cpu->breakpoints) || cpu->points_off || !cpu_breakpoint_stops(cpu, pc, &cpu->asked))
        return false;
    cpu->debug = (struct debug_event){.reason = DEBUG_BREAKPOINT, .pc = pc};
    return true;
}

/* The position of the next deadline. It is looked at much more often than it, or the clock's rate, changes. */
static uint64_t deadline(struct cpu *cpu)
{
    const struct clock_state *clock = cpu->machine->clock;
    uint64_t vtime = cpu->machine->timers.next;
    if (cpu->deadline.vtime != vtime || cpu->deadline.rate != clock->rate || cpu->deadline.base_icount != clock->base_icount ||
        cpu->deadline.idle_ns != clock->idle_ns) {
        cpu->deadline.vtime = vtime;
        cpu->deadline.rate = clock->rate;
        cpu->deadline.base_icount = clock->base_icount;
        cpu->deadline.idle_ns = clock->idle_ns;
        cpu->deadline.icount = clock_icount_at(clock, vtime);
    }
    return cpu->deadline.icount;
}

static void fire_timers(struct cpu *cpu)
{
    struct machine *machine = cpu->machine;
    if (deadline(cpu) <= machine->clock->icount)
        timers_fire(&machine->timers, clock_now(machine->clock));
}

/* The boundary behind it is arrived at, so that no stop there comes before its timers. A hit of theirs is told by the next cpu_run(). */
void cpu_idle_jump(struct cpu *cpu, uint64_t vtime)
{
    clock_idle_to(cpu->machine->clock, vtime);
    cpu->debug.reason = DEBUG_NONE;
    fire_timers(cpu);
    cpu->hit_waits = cpu->debug.reason == DEBUG_WATCH;
}

/* The leaving part of a boundary: inputs, then an interrupt or an idle jump. True: that was the unit. */
static bool leave_boundary(struct cpu *cpu, bool *idle)
{
    const struct cpu_arch *arch = cpu->arch;
    if (inputs_pending(cpu->machine->inputs)) {
        uint64_t before = cpu->machine->clock->icount;
        inputs_apply(cpu->machine->inputs);
        if (cpu->machine->clock->icount != before) /* a replay: nothing ran after them here */
            return true;
        fire_timers(cpu);
    }
    if (arch->interrupt_pending(cpu)) {
        if (arch->waiting(cpu))
            arch->wake(cpu);
        arch->take_interrupt(cpu);
        cpu->machine->clock->icount++;
        unit_done(cpu);
        return true;
    }
    if (!arch->waiting(cpu))
        return false;
    *idle = !cpu->idle_jumps || cpu->machine->timers.next == TIMER_OFF;
    if (!*idle)
        clock_idle_to(cpu->machine->clock, cpu->machine->timers.next);
    return true;
}

static void set_budget(struct cpu *cpu, uint64_t until)
{
    assert(!cpu->in_unit);
    struct clock_state *clock = cpu->machine->clock;
    uint64_t limit = min_u64(until, deadline(cpu));
    limit = limit < clock->icount ? clock->icount : limit; /* a deadline that came due inside this unit */
    uint64_t count = min_u64(limit - clock->icount, LONGEST_RUN);
    cpu->budget = (int32_t)count;
    cpu->icount_end = clock->icount + count;
}

/* Does the guest's own watch on the unit's first instruction end it before it begins? Not when it has begun already. */
static bool guest_watches_unit(struct cpu *cpu, uint32_t pc)
{
    if (LIKELY(!cpu->fetch_watches))
        return false;
    cpu->slot_watch = cpu->arch->fetch_watched(cpu, pc + cpu->arch->insn_align);
    return !cpu->mmu.performed.active && !cpu->note_watch && cpu_fetch_watch_hit(cpu, pc);
}

/* A unit alone: the one at a breakpoint or watch stop, one whose access is done already, one with a breakpoint on its slot. */
static void run_single(struct cpu *cpu)
{
    uint32_t pc = *cpu_pc(cpu);
    cpu->single = true;
    cpu->slot_break = !cpu->points_off && cpu_breakpoint_at(cpu, pc + cpu->arch->insn_align);
    cpu->icount_end -= (uint64_t)(cpu->budget - 1);
    cpu->budget = 1;
    cpu->leave = 0;
    bool noted = cpu->note_watch;
    if (!guest_watches_unit(cpu, pc))
        interp_run(cpu);
    if (!noted && cpu->note_watch)
        return; /* hit just now: the unit is still to run, with what was asked of it */
    if (cpu->note_watch && cpu->debug.reason == DEBUG_NONE) {
        cpu->debug = cpu->watch_event;
        cpu->debug.after = true;
        if (cpu->debug.kind == ACCESS_LOAD) {
            cpu->debug.value = cpu->mmu.loaded;
            cpu->debug.known = true;
        }
    }
    cpu->note_watch = false;
    cpu->mmu.performed.active = cpu->kept.active = false;
    unit_done(cpu);
}

static bool wants_single(const struct cpu *cpu)
{
    return cpu->mmu.performed.active || cpu->note_watch || cpu->skip_watch || cpu->skip_breakpoint || cpu->asked ||
           cpu->slot_asked ||
           cpu->debug.reason != DEBUG_NONE || /* a device that was given input has hit a watch: the stop comes after this unit */
           cpu_point_near(cpu, *cpu_pc(cpu));
}

static void run_stretch(struct cpu *cpu, uint64_t until)
{
    set_budget(cpu, until);
    cpu->leaving = 0;
    if (UNLIKELY(wants_single(cpu)))
        run_single(cpu);
    else if (cpu->jit && LIKELY(!cpu->fetch_log))
        host_backend->run(cpu);
    else
        interp_run(cpu);
    assert(!cpu->host_return);
    cpu->machine->clock->icount = cpu->icount_end - (uint64_t)(int64_t)cpu->budget;
    interp_collect(cpu);
    cpu_log_boundary(cpu);
}

/* State N is complete: is there a reason to stop at it? */
static bool stops_here(struct cpu *cpu, uint64_t until, enum cpu_exit *exit)
{
    if (cpu->machine->clock->icount >= until)
        *exit = CPU_EXIT_LIMIT;
    else if (cpu->machine->s->request != REQUEST_NONE || cpu->stop_soon)
        *exit = CPU_EXIT_REQUEST;
    else if (cpu->debug.reason != DEBUG_NONE || at_breakpoint(cpu))
        *exit = CPU_EXIT_DEBUG;
    else
        return false;
    return true;
}

/* The unit under way is incomplete while its access awaits its answer, or its re-run: no boundary, nothing may happen there. */
static bool mid_unit(const struct cpu *cpu)
{
    return cpu->mmu.performed.active || (cpu->note_watch && cpu->debug.reason == DEBUG_NONE);
}

enum cpu_exit cpu_run(struct cpu *cpu, uint64_t until)
{
    assert(!cpu->in_unit && !cpu->host_return);
    enum cpu_exit exit = CPU_EXIT_LIMIT;
    if (!cpu->hit_waits)
        cpu->debug.reason = DEBUG_NONE;
    cpu->hit_waits = false;
    if (UNLIKELY(cpu->limit_stale))
        cpu_update_direct_limit(cpu);
    for (;;) {
        bool idle = false;
        cpu->leave = 0;
        if (LIKELY(!mid_unit(cpu))) {
            fire_timers(cpu);
            if (cpu->debug.reason == DEBUG_WATCH) /* a hit is told before a limit that falls on the same boundary */
                exit = CPU_EXIT_DEBUG;
            else if (!stops_here(cpu, until, &exit)) {
                if (leave_boundary(cpu, &idle)) {
                    if (!idle)
                        continue;
                    return cpu->debug.reason == DEBUG_WATCH ? CPU_EXIT_DEBUG : CPU_EXIT_IDLE;
                }
                run_stretch(cpu, until);
                continue;
            }
            if (exit == CPU_EXIT_REQUEST)
                cpu->stop_soon = false;
            return exit;
        }
        run_stretch(cpu, until);
    }
}
