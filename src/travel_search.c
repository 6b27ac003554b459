/* The search backwards for what stops: interval by interval, newest first. */
#include "src/travel_internal.h"

enum { EVENTS_A_TURN = 1000 };

struct page_question {
    struct travel *travel;
    bool wrote;
};

static bool wrote_pages(const struct page_question *question, size_t first, size_t last)
{
    return journal_wrote(travel_journal(question->travel), question->travel->interval, first, last);
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
    bool known = cpu->arch->fixed_mapping(va, cpu->arch->debug_key) && cpu_debug_translate(cpu, va, &at);
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
    uint64_t begin = travel_now(travel);
    if (travel->same_watch && begin + TRAVEL_LONGEST_UNIT >= travel->origin)
        return true;
    if (!travel->best.any || travel->best.begin != begin || travel->best.reason != VM_STOP_WATCH)
        travel->best = (struct event){.any = true, .begin = begin, .reason = VM_STOP_WATCH, .hit = *hit};
    return false;
}

static void search_interval(struct travel *travel)
{
    assert(!travel->write || travel->watch);
    travel->phase = SEARCH;
    travel->vm->cpu->on_hit.fn = travel->write ? NULL : note_hit;
    travel->vm->cpu->on_hit.opaque = travel;
    history_restore(travel->vm, travel->interval);
    travel->vm->cpu->points_off = travel->write;
    travel->vm->cpu->sole_owner = travel->write ? &travel->owner : NULL;
}

void travel_search_before(struct travel *travel, uint64_t end)
{
    assert(end <= travel->origin);
    struct journal *journal = travel_journal(travel);
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

static void keep_event(struct travel *travel)
{
    struct cpu *cpu = travel->vm->cpu;
    if (travel->write) {
        travel->write->icount = travel_now(travel);
        return;
    }
    struct event event = {.any = true, .begin = travel_now(travel), .hit = cpu->debug};
    if (cpu->debug.reason == DEBUG_BREAKPOINT) {
        event.reason = VM_STOP_BREAKPOINT;
        cpu->skip_breakpoint = true;
    } else {
        assert(cpu->debug.reason == DEBUG_WATCH);
        event.reason = VM_STOP_WATCH;
        if (!event.hit.after)
            travel_finish_hit_unit(travel);
        if (is_reported(travel, travel_now(travel)))
            return;
    }
    if (event.begin < travel->end || event.hit.after)
        travel->best = event;
}

static enum travel_state found(struct travel *travel)
{
    assert(travel->best.any);
    if (travel->seek_entry)
        travel_end_entry_search(travel);
    travel_land(travel, travel->best.begin, travel->best.reason);
    return TRAVEL_GOES_ON;
}

static enum travel_state found_nothing(struct travel *travel)
{
    if (travel->seek_entry) {
        travel_end_entry_search(travel);
        travel_land(travel, travel->previous, VM_STOP_STEP);
        return TRAVEL_GOES_ON;
    }
    travel_land(travel, travel->floor, VM_STOP_HISTORY_BEGIN);
    return TRAVEL_GOES_ON;
}

static enum travel_state back_at_origin(struct travel *travel)
{
    travel_abandon(travel);
    return TRAVEL_ARRIVED;
}

static enum travel_state interval_done(struct travel *travel)
{
    struct journal *journal = travel_journal(travel);
    if (travel->write && travel->write->found)
        return back_at_origin(travel);
    if (travel->best.any)
        return found(travel);
    do {
        travel->end = journal_at(journal, travel->interval)->mark.icount;
        if (travel->interval == 0)
            return travel->write ? back_at_origin(travel) : found_nothing(travel);
        travel->interval--;
    } while (!may_hold_event(travel));
    search_interval(travel);
    return TRAVEL_GOES_ON;
}

enum travel_state travel_search(struct travel *travel)
{
    struct vm *vm = travel->vm;
    unsigned events = 0;
    while (history_in_past(vm) && travel_now(travel) < travel->end) {
        bool stopped = history_run(vm, travel->end) == CPU_EXIT_DEBUG;
        if (stopped)
            keep_event(travel);
        if (!stopped || ++events == EVENTS_A_TURN)
            return TRAVEL_GOES_ON;
    }
    return interval_done(travel);
}
