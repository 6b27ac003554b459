#include "src/travel_internal.h"

#include "cpu/log_access.h"
#include "softmmu/alloc.h"
#include "softmmu/memlog.h"
#include "src/watch_note.h"

struct travel *travel_new(struct vm *vm)
{
    struct travel *travel = alloc_zeroed(sizeof(*travel));
    travel->vm = vm;
    return travel;
}

void travel_free(struct travel *travel)
{
    free(travel);
}

void travel_note_origin(struct travel *travel)
{
    struct vm *vm = travel->vm;
    assert(vm->history);
    if (!history_in_past(vm))
        history_checkpoint(vm);
    uint64_t origin = travel_now(travel);
    bool same = vm->stop_reason == VM_STOP_WATCH && travel->reason == VM_STOP_WATCH && travel->target == origin;
    *travel = (struct travel){.vm = vm,
                              .origin = origin,
                              .origin_input = inputs_place(vm->machine.inputs),
                              .floor = history_start(vm),
                              .target_time = CLOCK_NEVER,
                              .same_watch = same};
}

void travel_land(struct travel *travel, uint64_t target, enum vm_stop_reason reason)
{
    assert(target >= travel->floor && target <= history_end(travel->vm));
    travel->reason = reason;
    travel->target = target;
    travel->phase = LAND;
    travel->vm->cpu->points_off = true;
    travel->vm->cpu->sole_owner = NULL;
    travel->vm->cpu->on_hit.fn = NULL;
    history_restore(travel->vm, journal_find(travel_journal(travel), target, UINT64_MAX));
}

void travel_finish_hit_unit(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    uint64_t begun = travel_now(travel);
    cpu->skip_breakpoint = cpu->skip_watch = true;
    while (travel_now(travel) == begun && history_in_past(travel->vm) && history_run(travel->vm, begun + 1) == CPU_EXIT_LIMIT)
        ;
}

static void end(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    cpu->points_off = false;
    cpu->sole_owner = NULL;
    cpu->on_hit.fn = NULL;
    cpu_forget_listener(cpu, &travel->listener);
    if (travel->log)
        cpu_set_log(cpu, travel->vm->memlog);
    if (travel->watch)
        phys_watch_remove(cpu->mmu.phys_watches, travel->watch);
    travel->watch = NULL;
}

static enum travel_state arrived(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    struct debug_event *hit = &travel->best.hit;
    if (travel->reason == VM_STOP_WATCH && !hit->after) {
        watch_note_keep_base(cpu, hit);
        travel_finish_hit_unit(travel);
        if (hit->kind == ACCESS_LOAD)
            hit->value = cpu->mmu.loaded;
        hit->after = true;
        travel->target = travel_now(travel);
    }
    end(travel);
    if (travel->reason == VM_STOP_WATCH)
        cpu->debug = *hit;
    return TRAVEL_ARRIVED;
}

static uint64_t landing_stop(const struct travel *travel)
{
    if (travel->target_time == CLOCK_NEVER)
        return travel->target;
    const struct input *next = inputs_next(travel->vm->machine.inputs); /* it may change the clock's rate */
    uint64_t at = clock_icount_at(travel->vm->machine.clock, travel->target_time);
    return next && next->icount > travel_now(travel) ? min_u64(at, next->icount) : at;
}

/* Memory log */

static enum travel_state begin_record(struct travel *travel)
{
    assert(travel->log);
    cpu_set_log(travel->vm->cpu, travel->log);
    travel->phase = RECORD;
    return TRAVEL_GOES_ON;
}

static enum travel_state record_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    if (history_in_past(vm) && travel_now(travel) < travel->end)
        history_run(vm, travel->end);
    if (history_in_past(vm) && travel_now(travel) < travel->end && !memlog_error(travel->log))
        return TRAVEL_GOES_ON;
    travel_abandon(travel);
    return TRAVEL_ARRIVED;
}

static enum travel_state land_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    if (history_in_past(vm))
        history_run(vm, landing_stop(travel));
    if (travel_now(travel) < landing_stop(travel) && history_in_past(vm))
        return TRAVEL_GOES_ON;
    if (travel->log)
        return begin_record(travel);
    return travel_step_goes_on(travel) ? TRAVEL_GOES_ON : arrived(travel);
}

/* Beginnings */

void travel_begin_continue(struct travel *travel)
{
    travel_note_origin(travel);
    travel_search_before(travel, travel->origin);
}

void travel_begin_step(struct travel *travel)
{
    travel_note_origin(travel);
    travel->stepping = true;
    if (travel->origin <= travel->floor) {
        travel_land(travel, travel->floor, VM_STOP_HISTORY_BEGIN);
        return;
    }
    travel_approach(travel, travel->origin);
}

void travel_begin_goto(struct travel *travel, uint64_t icount)
{
    travel_note_origin(travel);
    uint64_t last = history_end(travel->vm);
    bool early = icount < travel->floor;
    travel_land(travel, early ? travel->floor : min_u64(icount, last), early ? VM_STOP_HISTORY_BEGIN : VM_STOP_USER);
}

void travel_begin_goto_time(struct travel *travel, uint64_t vtime)
{
    struct journal *journal = travel_journal(travel);
    travel_note_origin(travel);
    size_t index = journal_count(journal) - 1;
    while (index > 0 && journal_at(journal, index)->mark.vtime > vtime)
        index--;
    travel_land(travel, journal_at(journal, index)->mark.icount, VM_STOP_USER);
    travel->target_time = vtime;
}

void travel_begin_memlog(struct travel *travel, uint64_t from, uint64_t to, struct memlog *log)
{
    assert(log && from < to);
    travel_note_origin(travel);
    travel->log = log;
    travel->end = to;
    travel_land(travel, from < travel->floor ? travel->floor : from, VM_STOP_USER); /* the bound may just have moved the start */
}

enum travel_state travel_turn(struct travel *travel)
{
    switch (travel->phase) {
    case SEARCH:
        return travel_search(travel);
    case APPROACH:
        return travel_approach_more(travel);
    case PREVIOUS:
        return travel_previous(travel);
    case LAND:
        return land_more(travel);
    case RECORD:
        return record_more(travel);
    }
    return TRAVEL_ARRIVED;
}

enum vm_stop_reason travel_reason(const struct travel *travel)
{
    return travel->reason;
}

unsigned travel_percent(const struct travel *travel)
{
    uint64_t all = 0, done = 0;
    if (travel->phase == RECORD) {
        all = travel->end - travel->target;
        done = travel_now(travel) - travel->target;
    } else if (travel->phase == SEARCH) {
        all = travel->origin - travel->floor;
        done = travel->origin - travel->end;
    }
    return all ? (unsigned)(done * 100 / all) : 0;
}

void travel_abandon(struct travel *travel)
{
    struct vm *vm = travel->vm;
    end(travel);
    vm->cpu->points_off = true;
    struct journal *journal = travel_journal(travel);
    history_restore(vm, journal_find(journal, travel->origin, travel->origin_input));
    while (history_in_past(vm) &&
           (travel_now(travel) < travel->origin || inputs_place(vm->machine.inputs) < travel->origin_input))
        history_run(vm, travel->origin);
    vm->cpu->points_off = false;
}
