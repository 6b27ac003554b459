#include "src/travel.h"

#include <string.h>

#include "cpu/log_access.h"
#include "softmmu/alloc.h"
#include "softmmu/memlog.h"
#include "softmmu/phys_watch.h"
#include "src/history.h"
#include "src/step.h"
#include "src/watch_note.h"

/* Temporary checkpoints lie this far before the position that is stepped back from; the last stretch is looked at unit by unit. */
static const uint64_t step_marks[] = {1000000, 100000, 10000, 1000, 100, 10};
enum { LONGEST_UNIT = 2, EVENTS_A_TURN = 1000 };

/* What to do, one after the other. */
enum phase {
    SEARCH,   /* replays an interval up to `end` and keeps its last event */
    APPROACH, /* step: replays to just before the position, laying temporary checkpoints */
    PREVIOUS, /* step: finds the last position before it */
    LAND,     /* replays to `target` and ends there */
    RECORD,   /* memlog: replays from `target` to `end` */
};

/* What a search keeps. */
struct event {
    bool any;
    uint64_t begin; /* the position; of a watch hit by the CPU that of its unit's start */
    enum vm_stop_reason reason;
    struct debug_event hit;
};

struct travel {
    struct vm *vm;
    enum phase phase;
    uint64_t origin, origin_input; /* where time stood */
    uint64_t floor;                /* the start of history then */
    enum vm_stop_reason reason;

    size_t interval; /* SEARCH: which */
    uint64_t end;    /* SEARCH: positions before it count */
    struct event best;
    bool same_watch; /* the last stop was a watch hit reported at the origin */

    bool stepping;
    struct step_context home; /* step: the context that the position before must be in */
    uint32_t home_pc;
    bool seek_entry;   /* step: the event looked for is the exception that interrupted `home` */
    uint64_t position; /* step: before which the previous is wanted */
    uint64_t previous; /* step: the last position seen before it */
    struct step_context previous_context;
    uint32_t previous_pc;
    bool previous_waited;
    unsigned next_mark; /* step: of step_marks */

    uint64_t target;      /* LAND */
    uint64_t target_time; /* LAND: or this virtual time; CLOCK_NEVER */

    struct memlog *log;         /* memlog */
    struct travel_write *write; /* who-wrote */
    struct watch_owner owner;
    struct phys_watch *watch; /* armed for the search */
    struct exception_listener listener;
};

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

static uint64_t now(const struct travel *travel)
{
    return travel->vm->machine.clock->icount;
}

static struct journal *journal_of(const struct travel *travel)
{
    return history_journal(travel->vm);
}

static void begin(struct travel *travel)
{
    struct vm *vm = travel->vm;
    if (!history_in_past(vm))
        history_checkpoint(vm);
    uint64_t origin = now(travel);
    bool same = vm->stop_reason == VM_STOP_WATCH && travel->reason == VM_STOP_WATCH && travel->target == origin;
    *travel = (struct travel){.vm = vm,
                              .origin = origin,
                              .origin_input = inputs_place(vm->machine.inputs),
                              .floor = history_start(vm),
                              .target_time = CLOCK_NEVER,
                              .same_watch = same};
}

static void land(struct travel *travel, uint64_t target, enum vm_stop_reason reason)
{
    travel->reason = reason;
    travel->target = target;
    travel->phase = LAND;
    travel->vm->cpu->points_off = true;
    travel->vm->cpu->sole_owner = NULL;
    travel->vm->cpu->on_hit.fn = NULL;
    history_restore(travel->vm, journal_find(journal_of(travel), target, UINT64_MAX));
}

/* Search */

struct page_question {
    struct travel *travel;
    bool wrote;
};

static bool wrote_pages(const struct page_question *question, size_t first, size_t last)
{
    return journal_wrote(journal_of(question->travel), question->travel->interval, first, last);
}

/* Places are offsets into the arena, or bus addresses, of which the journal knows nothing: no memory is written there. */
static void ask_place(void *opaque, struct watch *watch)
{
    struct page_question *question = opaque;
    const struct travel *travel = question->travel;
    if (question->wrote || (travel->write && (watch->first >= PLACE_BUS || watch->owner != &travel->owner)))
        return;
    if (watch->first >= PLACE_BUS) {
        question->wrote = true;
        return;
    }
    question->wrote = wrote_pages(question, watch->first >> ARENA_PAGE_BITS, watch->last >> ARENA_PAGE_BITS);
}

/* Where the page was mapped in the interval is known only if that never changes; else it may have been written. */
static bool wrote_virtual_page(const struct page_question *question, uint32_t va)
{
    const struct vm *vm = question->travel->vm;
    struct cpu *cpu = vm->cpu;
    struct mmu_page at;
    bool known = cpu->arch->fixed_mapping(va, cpu->arch->state_key(cpu)) &&
                 cpu->arch->translate(cpu, va, ACCESS_LOAD, cpu->arch->mmu_mode(cpu), true, &at);
    const uint8_t *host = known ? mmu_code_host(&cpu->mmu, at.phys) : NULL;
    size_t page = host ? arena_page_of(vm->machine.arena, host) : 0;
    return !host || wrote_pages(question, page, page);
}

static void ask_virtual(void *opaque, struct watch *watch)
{
    struct page_question *question = opaque;
    for (uint64_t page = watch->first >> GUEST_PAGE_BITS; page <= watch->last >> GUEST_PAGE_BITS && !question->wrote; page++)
        question->wrote = wrote_virtual_page(question, (uint32_t)page << GUEST_PAGE_BITS);
}

/* The journal as an index: an interval in which no watched page was written holds no hit of a write watch. */
static bool may_hold_event(struct travel *travel)
{
    const struct cpu *cpu = travel->vm->cpu;
    const struct watch_set *places = phys_watches_places(cpu->mmu.phys_watches);
    unsigned kinds = watch_page_kinds(cpu->mmu.watches, 0, UINT64_MAX) | watch_page_kinds(places, 0, UINT64_MAX);
    if (travel->seek_entry || (!travel->write && (cpu->breakpoints || kinds & WATCH_READ)))
        return true;
    struct page_question question = {travel, false};
    watch_each_hit(places, 0, UINT64_MAX, WATCH_WRITE, ask_place, &question);
    if (!travel->write)
        watch_each_hit(cpu->mmu.watches, 0, UINT64_MAX, WATCH_WRITE, ask_virtual, &question);
    return question.wrote;
}

/* The watch hit that the machine stands at was the last stop, and is not told again. */
static bool is_reported(const struct travel *travel, uint64_t at)
{
    return travel->same_watch && at == travel->origin;
}

/*
 * A watch hit while searching: noted, and the machine goes on, as there may be very many. Where its unit ends is found when time gets
 * there; near the hit that was reported last it has to be known now.
 */
static bool note_hit(void *opaque, const struct debug_event *hit)
{
    struct travel *travel = opaque;
    uint64_t begin = now(travel);
    if (travel->same_watch && begin + LONGEST_UNIT >= travel->origin)
        return true;
    if (!travel->best.any || travel->best.begin != begin || travel->best.reason != VM_STOP_WATCH)
        travel->best = (struct event){.any = true, .begin = begin, .reason = VM_STOP_WATCH, .hit = *hit};
    return false;
}

static void search_interval(struct travel *travel)
{
    travel->phase = SEARCH;
    travel->vm->cpu->on_hit.fn = note_hit;
    travel->vm->cpu->on_hit.opaque = travel;
    history_restore(travel->vm, travel->interval);
    travel->vm->cpu->points_off = travel->write;
    travel->vm->cpu->sole_owner = travel->write ? &travel->owner : NULL;
}

static void search_before(struct travel *travel, uint64_t end)
{
    struct journal *journal = journal_of(travel);
    travel->end = end;
    travel->best.any = false;
    travel->interval = journal_find(journal, end, UINT64_MAX);
    while (travel->interval > 0 && journal_at(journal, travel->interval)->mark.icount >= end)
        travel->interval--;
    if (may_hold_event(travel) || travel->interval == 0)
        search_interval(travel);
    else
        travel->phase = SEARCH;
}

/* The unit at which a watch hit stopped is run to its end, where the hit is reported. */
static void finish_hit_unit(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    uint64_t begun = now(travel);
    cpu->skip_breakpoint = cpu->skip_watch = true;
    while (now(travel) == begun && history_in_past(travel->vm) && history_run(travel->vm, begun + 1) == CPU_EXIT_LIMIT)
        ;
}

static void keep_event(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    struct event event = {.any = true, .begin = now(travel), .hit = cpu->debug};
    if (cpu->debug.reason == DEBUG_BREAKPOINT) {
        event.reason = VM_STOP_BREAKPOINT;
        cpu->skip_breakpoint = true;
    } else {
        event.reason = VM_STOP_WATCH;
        if (!event.hit.after)
            finish_hit_unit(travel);
        if (is_reported(travel, now(travel)))
            return;
    }
    if (event.begin < travel->end || event.hit.after)
        travel->best = event;
}

static enum travel_state found_nothing(struct travel *travel);
static enum travel_state found(struct travel *travel);

static enum travel_state interval_done(struct travel *travel)
{
    struct journal *journal = journal_of(travel);
    if (travel->best.any)
        return found(travel);
    do {
        travel->end = journal_at(journal, travel->interval)->mark.icount;
        if (travel->interval == 0)
            return found_nothing(travel);
        travel->interval--;
    } while (!may_hold_event(travel));
    search_interval(travel);
    return TRAVEL_GOES_ON;
}

static enum travel_state search(struct travel *travel)
{
    struct vm *vm = travel->vm;
    unsigned events = 0;
    while (history_in_past(vm) && now(travel) < travel->end) {
        bool stopped = history_run(vm, travel->end) == CPU_EXIT_DEBUG;
        if (stopped)
            keep_event(travel);
        if (!stopped || ++events == EVENTS_A_TURN)
            return TRAVEL_GOES_ON;
    }
    return interval_done(travel);
}

/* Step */

/* Told of each exception during a search for the one that interrupted the stepped context. */
static void note_exception(void *opaque, unsigned code)
{
    struct travel *travel = opaque;
    if (step_is_home(travel->vm->cpu, &travel->home))
        travel->best = (struct event){.any = true, .begin = now(travel), .reason = VM_STOP_STEP};
}

static void approach(struct travel *travel, uint64_t position)
{
    struct journal *journal = journal_of(travel);
    travel->position = position;
    travel->phase = APPROACH;
    travel->vm->cpu->points_off = true;
    history_drop_temporary(travel->vm, position);
    history_restore(travel->vm, journal_find(journal, position - 1, UINT64_MAX));
    for (travel->next_mark = 0; travel->next_mark < ARRAY_SIZE(step_marks); travel->next_mark++)
        if (step_marks[travel->next_mark] < position && now(travel) + step_marks[travel->next_mark] < position)
            break;
}

static uint64_t approach_stop(const struct travel *travel)
{
    if (travel->next_mark < ARRAY_SIZE(step_marks))
        return travel->position - step_marks[travel->next_mark];
    return travel->position < LONGEST_UNIT ? 0 : travel->position - LONGEST_UNIT;
}

/* One that stands here already stays what it is. */
static void lay_temporary(struct travel *travel)
{
    struct journal *journal = journal_of(travel);
    size_t before = journal_count(journal), index = history_checkpoint(travel->vm);
    if (journal_count(journal) > before)
        journal_set_temporary(journal, index);
}

static enum travel_state approach_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    uint64_t stop = approach_stop(travel);
    if (now(travel) < stop)
        history_run(vm, stop);
    if (now(travel) < stop)
        return TRAVEL_GOES_ON;
    if (travel->next_mark < ARRAY_SIZE(step_marks)) {
        if (now(travel) < travel->position)
            lay_temporary(travel);
        travel->next_mark++;
        return TRAVEL_GOES_ON;
    }
    travel->phase = PREVIOUS;
    return TRAVEL_GOES_ON;
}

/* Where the context at `position` came from. */
static enum travel_state judge_previous(struct travel *travel)
{
    struct vm *vm = travel->vm;
    struct cpu *cpu = vm->cpu;
    cpu->arch->step_context(cpu, &travel->home);
    travel->home_pc = *cpu_pc(cpu);
    const struct step_context *before = &travel->previous_context;
    bool returned =
        before->in_handler && !travel->home.in_handler && travel->home_pc != travel->previous_pc + cpu->arch->insn_align;
    if (vm->step_into || (!returned && !(travel->previous_waited && travel->previous_pc == travel->home_pc))) {
        land(travel, travel->previous, VM_STOP_STEP);
        return TRAVEL_GOES_ON;
    }
    if (!returned) { /* idle time is passed over */
        approach(travel, travel->previous);
        return TRAVEL_GOES_ON;
    }
    travel->seek_entry = true;
    travel->listener = (struct exception_listener){note_exception, travel, NULL};
    cpu_listen_to_exceptions(cpu, &travel->listener);
    search_before(travel, travel->position);
    return TRAVEL_GOES_ON;
}

static enum travel_state previous(struct travel *travel)
{
    struct vm *vm = travel->vm;
    struct cpu *cpu = vm->cpu;
    while (now(travel) < travel->position) {
        travel->previous = now(travel);
        travel->previous_pc = *cpu_pc(cpu);
        travel->previous_waited = cpu->arch->waiting(cpu);
        cpu->arch->step_context(cpu, &travel->previous_context);
        while (now(travel) == travel->previous)
            history_run(vm, travel->previous + 1);
    }
    return judge_previous(travel);
}

static void end_entry_search(struct travel *travel)
{
    cpu_forget_listener(travel->vm->cpu, &travel->listener);
    travel->seek_entry = false;
}

/* Ends */

static enum travel_state found(struct travel *travel)
{
    if (travel->write)
        travel->write->found = true;
    if (travel->seek_entry)
        end_entry_search(travel);
    land(travel, travel->best.begin, travel->best.reason);
    return TRAVEL_GOES_ON;
}

static enum travel_state found_nothing(struct travel *travel)
{
    if (travel->write) {
        travel_abandon(travel);
        return TRAVEL_ARRIVED;
    }
    if (travel->seek_entry) {
        end_entry_search(travel);
        land(travel, travel->previous, VM_STOP_STEP);
        return TRAVEL_GOES_ON;
    }
    land(travel, travel->floor, VM_STOP_HISTORY_BEGIN);
    return TRAVEL_GOES_ON;
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
        finish_hit_unit(travel);
        if (hit->kind == ACCESS_LOAD)
            hit->value = cpu->mmu.loaded;
        hit->after = true;
        travel->target = now(travel);
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
    return next && next->icount > now(travel) ? min_u64(at, next->icount) : at;
}

static void read_range(const struct travel *travel, uint8_t *bytes)
{
    phys_read(travel->vm->machine.phys, travel->write->phys, bytes, travel->write->bytes, PHYS_DEBUGGER);
}

static enum travel_state witness(struct travel *travel)
{
    struct travel_write *write = travel->write;
    write->icount = now(travel);
    write->hit = travel->best.hit;
    read_range(travel, write->old_bytes);
    if (!travel->best.hit.after)
        finish_hit_unit(travel);
    read_range(travel, write->new_bytes);
    travel_abandon(travel);
    return TRAVEL_ARRIVED;
}

/* Memory log */

static enum travel_state begin_record(struct travel *travel)
{
    cpu_set_log(travel->vm->cpu, travel->log);
    travel->phase = RECORD;
    return TRAVEL_GOES_ON;
}

static enum travel_state record_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    if (history_in_past(vm) && now(travel) < travel->end)
        history_run(vm, travel->end);
    if (history_in_past(vm) && now(travel) < travel->end && !memlog_error(travel->log))
        return TRAVEL_GOES_ON;
    travel_abandon(travel);
    return TRAVEL_ARRIVED;
}

static enum travel_state land_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    if (history_in_past(vm))
        history_run(vm, landing_stop(travel));
    if (now(travel) < landing_stop(travel) && history_in_past(vm))
        return TRAVEL_GOES_ON;
    if (travel->write)
        return witness(travel);
    if (travel->log)
        return begin_record(travel);
    bool repeat = travel->stepping && !vm->step_into && travel->reason == VM_STOP_STEP && *cpu_pc(vm->cpu) == travel->home_pc &&
                  now(travel) + LONGEST_UNIT < travel->position;
    if (repeat &&
        now(travel) > travel->floor) { /* the entry of a handler that came back to the same place: no step was made yet */
        approach(travel, now(travel));
        return TRAVEL_GOES_ON;
    }
    return arrived(travel);
}

/* Beginnings */

void travel_begin_continue(struct travel *travel)
{
    begin(travel);
    search_before(travel, travel->origin);
}

void travel_begin_step(struct travel *travel)
{
    begin(travel);
    travel->stepping = true;
    if (travel->origin <= travel->floor) {
        land(travel, travel->floor, VM_STOP_HISTORY_BEGIN);
        return;
    }
    approach(travel, travel->origin);
}

void travel_begin_goto(struct travel *travel, uint64_t icount)
{
    begin(travel);
    uint64_t last = history_end(travel->vm);
    bool early = icount < travel->floor;
    land(travel, early ? travel->floor : min_u64(icount, last), early ? VM_STOP_HISTORY_BEGIN : VM_STOP_USER);
}

void travel_begin_goto_time(struct travel *travel, uint64_t vtime)
{
    struct journal *journal = journal_of(travel);
    begin(travel);
    size_t index = journal_count(journal) - 1;
    while (index > 0 && journal_at(journal, index)->mark.vtime > vtime)
        index--;
    land(travel, journal_at(journal, index)->mark.icount, VM_STOP_USER);
    travel->target_time = vtime;
}

static bool every_hit(struct watch_owner *owner, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    return true;
}

bool travel_begin_who_wrote(struct travel *travel, uint64_t phys, uint64_t length, struct travel_write *write)
{
    begin(travel);
    *write = (struct travel_write){.phys = phys, .bytes = min_u64(length, sizeof(write->old_bytes))};
    travel->write = write;
    travel->owner.hit = every_hit;
    travel->watch = phys_watch_insert(travel->vm->cpu->mmu.phys_watches, phys, length, WATCH_WRITE, &travel->owner);
    if (travel->watch)
        search_before(travel, travel->origin);
    return travel->watch;
}

void travel_begin_memlog(struct travel *travel, uint64_t from, uint64_t to, struct memlog *log)
{
    begin(travel);
    travel->log = log;
    travel->end = to;
    land(travel, from, VM_STOP_USER);
}

enum travel_state travel_turn(struct travel *travel)
{
    switch (travel->phase) {
    case SEARCH:
        return search(travel);
    case APPROACH:
        return approach_more(travel);
    case PREVIOUS:
        return previous(travel);
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
    uint64_t all = travel->origin - travel->floor;
    if (travel->phase == RECORD)
        return (unsigned)((now(travel) - travel->target) * 100 / (travel->end - travel->target));
    return travel->phase == SEARCH && all ? (unsigned)((travel->origin - travel->end) * 100 / all) : 0;
}

void travel_abandon(struct travel *travel)
{
    struct vm *vm = travel->vm;
    end(travel);
    vm->cpu->points_off = true;
    struct journal *journal = journal_of(travel);
    history_restore(vm, journal_find(journal, travel->origin, travel->origin_input));
    while (history_in_past(vm) && (now(travel) < travel->origin || inputs_place(vm->machine.inputs) < travel->origin_input))
        history_run(vm, travel->origin);
    vm->cpu->points_off = false;
}
