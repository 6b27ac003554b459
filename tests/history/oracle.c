/* Going back against going forth: the same positions, in the other order. */
#include <inttypes.h>
#include <stdio.h>

#include "softmmu/watch.h"
#include "src/history.h"
#include "src/symbols.h"
#include "src/travel.h"
#include "tests/history/walk.h"

enum { MOST = 30, SPAN = 6000, STEPS = 60 };

struct hit {
    uint64_t icount;
    enum vm_stop_reason reason;
};

static uint64_t span_start(struct walk *walk, uint64_t end, uint64_t span)
{
    uint64_t start = history_start(walk->vm), back = walk_random(walk, span) + 1;
    return end > start + back ? end - back : start;
}

/* Into the past, where all is as it was: some way before the end. */
static uint64_t go_into_past(struct walk *walk, uint64_t span)
{
    uint64_t start = history_start(walk->vm);
    if (walk->end < start + 100)
        return 0;
    uint64_t end = start + 50 + walk_random(walk, walk->end - start - 60);
    walk_goto(walk, end);
    walk_check(walk, "oracle");
    end = walk_now(walk);
    walk_goto(walk, span_start(walk, end, span));
    walk_check(walk, "oracle");
    return history_in_past(walk->vm) && walk_now(walk) < end ? end : 0;
}

/* Points */

struct points {
    uint32_t breakpoints[3];
    unsigned nbreakpoints, nwatches;
    struct {
        uint32_t va, length;
        unsigned kind;
    } watches[3];
};

static void insert(struct walk *walk, const struct points *points)
{
    struct cpu *cpu = walk->vm->cpu;
    for (unsigned i = 0; i < points->nbreakpoints; i++)
        cpu_breakpoint_insert(cpu, points->breakpoints[i]);
    for (unsigned i = 0; i < points->nwatches; i++)
        watch_insert(cpu->mmu.watches, points->watches[i].va, points->watches[i].length, points->watches[i].kind, false);
}

static void remove_points(struct walk *walk, const struct points *points)
{
    struct cpu *cpu = walk->vm->cpu;
    for (unsigned i = 0; i < points->nbreakpoints; i++)
        cpu_breakpoint_remove(cpu, points->breakpoints[i]);
    watch_remove_all(cpu->mmu.watches);
}

static bool may_be_data(uint32_t va)
{
    return (va >= 0x80001000u && va < 0x80a00000u) || (va >= 0x10000000u && va < 0x10100000u) ||
           (va >= 0xc0100000u && va < 0xc0200000u);
}

/* Near what a register points to, else among the guest's variables. */
static void choose_watch(struct walk *walk, struct points *points)
{
    static const unsigned kinds[] = {WATCH_READ, WATCH_WRITE, WATCH_ACCESS, WATCH_WRITE};
    static const char *const names[] = {"seed", "ticks", "refills", "exceptions", "rounds", "tick_seed", "shared", "stack_top"};
    struct cpu *cpu = walk->vm->cpu;
    const struct cpu_register *row = &cpu->arch->registers[1 + walk_random(walk, 31)];
    uint32_t va = (uint32_t)row->read(cpu, row->arg);
    uint64_t address;
    if (!may_be_data(va) || walk_random(walk, 3) == 0)
        va = symbols_find(walk->vm->symbols, names[walk_random(walk, ARRAY_SIZE(names))], &address) ? (uint32_t)address
                                                                                                    : 0x80400000u;
    unsigned i = points->nwatches++;
    points->watches[i].va = va;
    points->watches[i].length = 1 + (uint32_t)walk_random(walk, 8);
    points->watches[i].kind = kinds[walk_random(walk, ARRAY_SIZE(kinds))];
}

static void history_to(struct walk *walk, uint64_t until)
{
    while (walk_now(walk) < until && history_run(walk->vm, until) != CPU_EXIT_DEBUG)
        ;
}

/* At random places of the stretch from here to `end`. */
static void choose_points(struct walk *walk, struct points *points, uint64_t end)
{
    unsigned breakpoints = (unsigned)walk_random(walk, 4), watches = (unsigned)walk_random(walk, 4);
    while (points->nbreakpoints < breakpoints || points->nwatches < watches) {
        history_to(walk, min_u64(end, walk_now(walk) + 1 + walk_random(walk, (end - walk_now(walk)) / 2 + 2)));
        if (points->nbreakpoints < breakpoints && walk_random(walk, 2))
            points->breakpoints[points->nbreakpoints++] = *cpu_pc(walk->vm->cpu) + 4 * (uint32_t)walk_random(walk, 2);
        else if (points->nwatches < watches)
            choose_watch(walk, points);
        else
            points->breakpoints[points->nbreakpoints++] = *cpu_pc(walk->vm->cpu);
    }
}

/* All hits from here to `end`, each at the position where going back reports it. */
static unsigned record(struct walk *walk, struct hit *hits, uint64_t end)
{
    struct cpu *cpu = walk->vm->cpu;
    unsigned count = 0;
    while (walk_now(walk) < end && count < MOST) {
        if (history_run(walk->vm, end) != CPU_EXIT_DEBUG)
            continue;
        bool watch = cpu->debug.reason == DEBUG_WATCH;
        cpu->skip_breakpoint = true;
        if (watch) {
            uint64_t begun = walk_now(walk);
            cpu->skip_watch = true;
            while (walk_now(walk) == begun)
                history_run(walk->vm, begun + 1);
        }
        hits[count++] = (struct hit){walk_now(walk), watch ? VM_STOP_WATCH : VM_STOP_BREAKPOINT};
    }
    return count;
}

static void continue_back(struct walk *walk)
{
    travel_begin_continue(walk->vm->travel);
    walk_resume(walk, &(struct vm_run){.kind = VM_RUN_TRAVEL});
    walk_check(walk, "bc");
}

/* After a watch hit gdb steps back over the access. */
static void step_over_access(struct walk *walk)
{
    uint64_t before = walk_now(walk);
    walk->vm->step_into = true;
    travel_begin_step(walk->vm->travel);
    walk_resume(walk, &(struct vm_run){.kind = VM_RUN_TRAVEL});
    walk_check(walk, "bs of bc");
    if (walk_now(walk) >= before)
        walk_fail(walk, "no step back over an access");
}

static void compare(struct walk *walk, const struct hit *hits, unsigned count, uint64_t start)
{
    bool like_gdb = walk_random(walk, 2);
    for (unsigned i = count; i-- > 0 && !walk->failed;) {
        continue_back(walk);
        if (walk_now(walk) != hits[i].icount || walk->vm->stop_reason != hits[i].reason)
            walk_fail(walk, "bc stops here (reason %d); the hit before %" PRIu64 " was at %" PRIu64 " (reason %d), %u of %u",
                      walk->vm->stop_reason, i + 1 < count ? hits[i + 1].icount : 0, hits[i].icount, hits[i].reason, i, count);
        walk->hits++;
        if (!like_gdb || walk->vm->stop_reason != VM_STOP_WATCH)
            continue;
        step_over_access(walk);
        bool stands_on_it = i > 0 && hits[i - 1].icount == walk_now(walk) && hits[i - 1].reason == VM_STOP_BREAKPOINT;
        i -= stands_on_it;
    }
    if (walk->failed)
        return;
    continue_back(walk);
    if (walk_now(walk) > start)
        walk_fail(walk, "bc stops here (reason %d); nothing was hit from %" PRIu64 " on", walk->vm->stop_reason, start);
}

void oracle_points(struct walk *walk)
{
    struct points points = {.nbreakpoints = 0};
    struct hit hits[MOST];
    uint64_t end = go_into_past(walk, SPAN), start = walk_now(walk);
    if (!end || walk->failed)
        return;
    choose_points(walk, &points, end);
    walk_goto(walk, start);
    insert(walk, &points);
    unsigned count = record(walk, hits, end);
    if (walk->options.trace)
        fprintf(stderr, "       %u points, %u hits from %" PRIu64 " to %" PRIu64 "\n", points.nbreakpoints + points.nwatches,
                count, start, end);
    bool all = count < MOST;
    walk_goto(walk, all ? end : hits[count - 1].icount);
    walk_check(walk, "oracle");
    count -= !all && hits[count - 1].reason == VM_STOP_BREAKPOINT;
    compare(walk, hits, count, start);
    remove_points(walk, &points);
}

/* Steps */

void oracle_steps(struct walk *walk)
{
    uint64_t positions[STEPS];
    unsigned count = 0;
    if (!go_into_past(walk, SPAN) || walk->failed)
        return;
    walk->vm->step_into = true;
    for (; count < STEPS && history_in_past(walk->vm); count++) {
        positions[count] = walk_now(walk);
        walk_pass_position(walk);
        walk_resume(walk, &(struct vm_run){.kind = VM_RUN_STEP});
        walk_check(walk, "step into");
    }
    while (count-- > 0 && !walk->failed) {
        do { /* idle jumps are units of their own going back, and passed over going forth */
            travel_begin_step(walk->vm->travel);
            walk_resume(walk, &(struct vm_run){.kind = VM_RUN_TRAVEL});
            walk_check(walk, "bs into");
            walk->steps_back++;
        } while (walk_now(walk) > positions[count] && walk->vm->cpu->arch->waiting(walk->vm->cpu) && !walk->failed);
        if (walk_now(walk) != positions[count])
            walk_fail(walk, "a step back did not come to %" PRIu64, positions[count]);
    }
}

/*
 * Not in a handler. Nor in user mode: which exception a return to there belongs to cannot always be told, since this guest's kernel enters user
 * mode by itself as well.
 */
static bool in_kernel_proper(const struct walk *walk)
{
    struct step_context context;
    walk->vm->cpu->arch->step_context(walk->vm->cpu, &context);
    return !context.in_handler;
}

/* Over handlers: a step from where a step back came to ends where that began, or at the handler that came back to there. */
void oracle_steps_over(struct walk *walk)
{
    if (!go_into_past(walk, SPAN) || walk->failed)
        return;
    for (unsigned n = 0; n < 10 && !walk->failed; n++) {
        uint64_t from = walk_now(walk);
        uint32_t pc = *cpu_pc(walk->vm->cpu);
        bool comparable = in_kernel_proper(walk);
        walk->vm->step_into = false;
        travel_begin_step(walk->vm->travel);
        walk_resume(walk, &(struct vm_run){.kind = VM_RUN_TRAVEL});
        walk_check(walk, "bs over");
        walk->steps_back++;
        uint64_t to = walk_now(walk);
        if (walk->vm->stop_reason == VM_STOP_HISTORY_BEGIN || !comparable)
            continue;
        walk_pass_position(walk);
        walk_resume(walk, &(struct vm_run){.kind = VM_RUN_STEP});
        walk_check(walk, "step over");
        bool before_handler = walk_now(walk) < from && *cpu_pc(walk->vm->cpu) == pc;
        if (walk_now(walk) != from && !before_handler)
            walk_fail(walk, "a step from %" PRIu64 ", where the step back from %" PRIu64 " came to", to, from);
        walk_goto(walk, to);
    }
}
