#include "tests/history/walk.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "src/debug_write.h"
#include "src/history.h"
#include "src/symbols.h"
#include "src/travel.h"

uint64_t walk_random(struct walk *walk, uint64_t limit)
{
    return random_below(&walk->random, limit);
}

uint64_t walk_now(const struct walk *walk)
{
    return walk->vm->machine.clock->icount;
}

void walk_fail(struct walk *walk, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "move %" PRIu64 ", icount %" PRIu64 " of %" PRIu64 "..%" PRIu64 ": %s\n", walk->done, walk_now(walk),
            history_start(walk->vm), walk->end, text);
    walk->failed = true;
}

static void stop(struct walk *walk)
{
    vm_stop(walk->vm, VM_STOP_USER);
    while (walk->vm->state == VM_RUNNING)
        event_base_loop(walk->vm->base, EVLOOP_ONCE);
}

/* Where the state differs from what it is when the same position is reached from the checkpoint before it. */
static void explain(struct walk *walk)
{
    const struct arena *arena = walk->vm->machine.arena;
    uint64_t icount = walk_now(walk);
    uint8_t *copies[ARENA_MAX_PARTS];
    for (unsigned i = 0; i < arena->nparts; i++)
        copies[i] = memcpy(alloc_checked(malloc(arena->parts[i].size)), arena->parts[i].at, arena->parts[i].size);
    stop(walk);
    walk_goto(walk, icount - (icount > 0));
    walk_goto(walk, icount);
    fprintf(stderr, "compared with a replay to %" PRIu64 ", whose state is %s:\n", walk_now(walk),
            known_at(&walk->known, icount)->hash == arena_hash(arena) ? "the known one" : "another one");
    for (unsigned i = 0; i < arena->nparts; i++) {
        const struct arena_part *part = &arena->parts[i];
        for (size_t at = 0, shown = 0; at < part->size && shown < 8; at++)
            if (part->at[at] != copies[i][at] && ++shown)
                fprintf(stderr, "    %s + %#zx: %02x, not %02x\n", part->name, at, copies[i][at], part->at[at]);
        free(copies[i]);
    }
}

void walk_check(struct walk *walk, const char *what)
{
    const struct vm *vm = walk->vm;
    struct known_position here = {walk_now(walk), arena_hash(vm->machine.arena), *cpu_pc(vm->cpu)};
    if (!history_in_past(vm))
        walk->end = here.icount;
    if (here.icount > walk->end || here.icount < history_start(vm))
        walk_fail(walk, "%s: outside history", what);
    if (!known_check(&walk->known, &here)) {
        walk_fail(walk, "%s: another state than before", what);
        explain(walk);
    }
    if (walk->options.trace)
        fprintf(stderr, "%6" PRIu64 " %-12s %10" PRIu64 " %s\n", walk->done, what, here.icount,
                history_in_past(vm) ? "past" : "present");
}

void walk_resume(struct walk *walk, const struct vm_run *run)
{
    vm_start(walk->vm, run);
    while (walk->vm->state == VM_RUNNING)
        event_base_loop(walk->vm->base, EVLOOP_ONCE);
}

static void travel(struct walk *walk)
{
    walk_resume(walk, &(struct vm_run){.kind = VM_RUN_TRAVEL});
}

void walk_pass_position(struct walk *walk)
{
    struct cpu *cpu = walk->vm->cpu;
    cpu->skip_breakpoint = true;
    cpu->skip_watch = walk->vm->stop_reason == VM_STOP_WATCH && !cpu->debug.after;
}

void walk_goto(struct walk *walk, uint64_t icount)
{
    travel_begin_goto(walk->vm->travel, icount);
    travel(walk);
}

/* Any position of history; often one that is known, or near one. */
static uint64_t any_position(struct walk *walk)
{
    uint64_t start = history_start(walk->vm), any = start + walk_random(walk, walk->end - start + 1);
    if (walk->known.count == 0 || walk_random(walk, 3) == 0)
        return any;
    uint64_t near = walk->known.list[walk_random(walk, walk->known.count)].icount + walk_random(walk, 4);
    return near > start + 2 && near <= walk->end ? near - 2 : any;
}

/* Moves */

static void type_keys(struct walk *walk)
{
    uint8_t keys[8];
    size_t count = walk_random(walk, sizeof(keys)) + 1;
    for (size_t i = 0; i < count; i++)
        keys[i] = (uint8_t)('a' + walk_random(walk, walk_random(walk, 40) ? 17 : 18)); /* r resets */
    walk->typed += (uint64_t)write(walk->keys, keys, count);
}

/* For some turns of the loop; what is seen between them is as good as a stop. */
static void run_turns(struct walk *walk, uint64_t turns)
{
    struct vm *vm = walk->vm;
    walk_pass_position(walk);
    vm_start(vm, NULL);
    for (; turns > 0 && vm->state == VM_RUNNING; turns--) {
        event_base_loop(vm->base, EVLOOP_ONCE);
        if (walk_random(walk, 3) == 0)
            walk_check(walk, "running");
        if (walk->options.keys && !history_in_past(vm) && walk_random(walk, 12) == 0)
            type_keys(walk);
    }
    stop(walk);
}

static void run(struct walk *walk)
{
    run_turns(walk, walk_random(walk, walk->options.turns) + 2);
    walk_check(walk, "run");
}

static void go_live(struct walk *walk)
{
    walk_goto(walk, walk->end);
    walk_check(walk, "end");
    if (history_in_past(walk->vm))
        walk_fail(walk, "the end is not the present");
    run(walk);
}

static void go_somewhere(struct walk *walk)
{
    uint64_t target = any_position(walk);
    walk_goto(walk, target);
    walk_check(walk, "goto");
    bool gone = target < history_start(walk->vm); /* the bound moves the start when time leaves the present */
    if (!gone && (walk_now(walk) < target || walk_now(walk) > target + 1))
        walk_fail(walk, "goto %" PRIu64, target);
}

static void step_back(struct walk *walk)
{
    uint64_t before = walk_now(walk);
    walk->vm->step_into = walk_random(walk, 2);
    travel_begin_step(walk->vm->travel);
    travel(walk);
    walk->steps_back++;
    bool at_start = walk->vm->stop_reason == VM_STOP_HISTORY_BEGIN;
    walk_check(walk, walk->vm->step_into ? "bs into" : "bs over");
    if (at_start ? walk_now(walk) != history_start(walk->vm) : walk_now(walk) >= before)
        walk_fail(walk, "a step back from %" PRIu64, before);
    if (walk->vm->step_into && !at_start && walk_now(walk) + 2 < before)
        walk_fail(walk, "a step back of one unit from %" PRIu64, before);
}

static void step_on(struct walk *walk)
{
    uint64_t before = walk_now(walk);
    walk->vm->step_into = walk_random(walk, 2);
    walk_pass_position(walk);
    walk_resume(walk, &(struct vm_run){.kind = VM_RUN_STEP});
    walk_check(walk, walk->vm->step_into ? "step into" : "step over");
    if (walk_now(walk) == before)
        walk_fail(walk, "a step that went nowhere");
}

static void lay_checkpoint(struct walk *walk)
{
    size_t index = history_checkpoint(walk->vm);
    if (walk_random(walk, 4) == 0)
        journal_set_name(history_journal(walk->vm), index, "a person's");
    walk_check(walk, "checkpoint");
}

static void drop_checkpoints(struct walk *walk)
{
    struct journal *journal = history_journal(walk->vm);
    for (unsigned n = 0; n < 3; n++) {
        size_t index = walk_random(walk, journal_count(journal));
        if (index > 0 && index + 1 < journal_count(journal) && index != journal_here(journal))
            journal_drop(journal, index);
    }
    walk_check(walk, "drop");
}

/* Of the guest's memory, or of a register that the guest does not hang on. In the past a new history begins. */
static void debugger_writes(struct walk *walk)
{
    static const char *const names[] = {"seed", "shared", "tick_seed"};
    uint64_t address;
    uint32_t value = (uint32_t)walk_random(walk, UINT32_MAX) | 1;
    if (!walk->options.write || !symbols_find(walk->vm->symbols, names[walk_random(walk, ARRAY_SIZE(names))], &address))
        return;
    walk->cuts += history_in_past(walk->vm);
    if (walk_random(walk, 3))
        debug_write_memory(walk->vm, (uint32_t)address, (const uint8_t *)&value, sizeof(value));
    else
        debug_write_register(walk->vm, 33, value);
    if (history_in_past(walk->vm))
        walk_fail(walk, "a write did not cut history");
    known_forget(&walk->known, walk_now(walk), true);
    walk_check(walk, "write");
}

static void abandon(struct walk *walk)
{
    uint64_t before = walk_now(walk);
    walk->vm->step_into = true;
    if (walk_random(walk, 2))
        travel_begin_step(walk->vm->travel);
    else
        travel_begin_goto(walk->vm->travel, any_position(walk));
    vm_start(walk->vm, &(struct vm_run){.kind = VM_RUN_TRAVEL});
    for (uint64_t turns = walk_random(walk, 4); turns > 0 && walk->vm->state == VM_RUNNING; turns--)
        event_base_loop(walk->vm->base, EVLOOP_ONCE);
    bool interrupted = walk->vm->state == VM_RUNNING;
    stop(walk);
    walk_check(walk, "abandon");
    if (interrupted && walk_now(walk) != before && walk->vm->stop_reason == VM_STOP_USER)
        walk_fail(walk, "a travel from %" PRIu64 " was abandoned", before);
}

void walk_moves(struct walk *walk)
{
    static const struct {
        void (*move)(struct walk *walk);
        unsigned weight;
    } rows[] = {
        {go_somewhere,      30},
        {step_back,         30},
        {step_on,           20},
        {run,               4 },
        {go_live,           4 },
        {lay_checkpoint,    10},
        {drop_checkpoints,  10},
        {debugger_writes,   1 },
        {abandon,           3 },
        {oracle_points,     5 },
        {oracle_steps,      2 },
        {oracle_steps_over, 3 },
    };
    unsigned all = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        all += rows[i].weight;
    walk_check(walk, "power-on");
    while (walk->end < walk->options.start && !walk->failed) {
        run_turns(walk, 3);
        walk_check(walk, "start");
    }
    while (walk->done < walk->options.moves && !walk->failed) {
        uint64_t pick = walk_random(walk, all);
        size_t row = 0;
        while (pick >= rows[row].weight)
            pick -= rows[row++].weight;
        rows[row].move(walk);
        walk->done++;
    }
}
