#include "src/watchpoint.h"

#include <inttypes.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/phys_watch.h"
#include "softmmu/sorted.h"
#include "src/notice.h"
#include "src/watch_note.h"

/* A hit for which something is to be done. */
struct pending {
    unsigned number;
    struct debug_event hit;
};

/* One that was removed leaves its number behind, so that removing does not move the others each time. */
struct numbered {
    unsigned number;
    struct watchpoint *watchpoint; /* NULL: gone */
};

struct watchpoints {
    struct numbered *list; /* by number */
    size_t count, gone, capacity;
    unsigned last_number;
    struct pending *pending;
    size_t npending, pending_capacity;
    bool stop; /* one of the hits since is to stop */
};

/* gdb shows a write watch when the value has changed; here the bytes are compared where they are. */
static bool changes(const struct watch_access *access, uint64_t offset, uint64_t length)
{
    return !access->before || !access->after || memcmp(access->before + offset, access->after + offset, length) != 0;
}

static bool counts(const struct watchpoint *watchpoint, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    const struct watchpoint_spec *spec = &watchpoint->spec;
    struct cpu *cpu = watchpoint->vm->cpu;
    if (spec->kind == WATCH_WRITE && !spec->any && !changes(access, offset, length))
        return false;
    if (spec->asid >= 0 && (access->source == WATCH_BY_DMA || cpu->arch->address_space(cpu) != (uint32_t)spec->asid))
        return false;
    return !spec->condition || spec->condition->holds(spec->condition, watchpoint->vm, access);
}

static void tell(struct watchpoint *watchpoint, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    struct vm *vm = watchpoint->vm;
    struct debug_event event = cpu_watch_event(vm->cpu, access, offset, length);
    notice(vm, "%s", watch_note_make(vm, watchpoint, &event));
}

/* Counts a hit here, once for all times that time comes by. */
static void count_hit(struct watchpoint *watchpoint, uint64_t now)
{
    struct watch_tally *tally = &watchpoint->tally;
    if (now < tally->known_to)
        return;
    watchpoint->hits++;
    tally->last = now;
    if (tally->kept == watchpoint->spec.count)
        return;
    tally->at = alloc_room(tally->at, &tally->capacity, tally->kept + 1, sizeof(*tally->at));
    tally->at[tally->kept++] = now;
}

/* Does a hit here that counts stop, or do what it does? */
static bool is_due(const struct watchpoint *watchpoint, uint64_t now)
{
    const struct watchpoint_spec *spec = &watchpoint->spec;
    const struct watch_tally *tally = &watchpoint->tally;
    if (spec->count)
        return tally->kept == spec->count && now >= tally->at[spec->count - 1];
    return !spec->log || spec->action || spec->stop;
}

void watchpoints_rewound(struct vm *vm)
{
    struct watchpoints *all = vm->watchpoints;
    for (size_t i = 0; all && i < all->count; i++)
        if (all->list[i].watchpoint && all->list[i].watchpoint->hits)
            all->list[i].watchpoint->tally.known_to = all->list[i].watchpoint->tally.last + 1;
}

void watchpoints_cut(struct vm *vm, uint64_t icount)
{
    struct watchpoints *all = vm->watchpoints;
    for (size_t i = 0; all && i < all->count; i++) {
        struct watchpoint *watchpoint = all->list[i].watchpoint;
        if (!watchpoint)
            continue;
        struct watch_tally *tally = &watchpoint->tally;
        size_t before = tally->kept;
        while (tally->kept && tally->at[tally->kept - 1] >= icount)
            tally->kept--;
        if (tally->kept < before)
            watchpoint->hits = tally->kept;
        tally->known_to = min_u64(tally->known_to, icount);
    }
}

static void put_off(struct watchpoint *watchpoint, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    struct watchpoints *all = watchpoint->vm->watchpoints;
    if (!watchpoint->spec.action || watchpoint->spec.stop)
        all->stop = true;
    if (!watchpoint->spec.action)
        return;
    all->pending = alloc_room(all->pending, &all->pending_capacity, all->npending + 1, sizeof(*all->pending));
    all->pending[all->npending++] =
        (struct pending){watchpoint->number, cpu_watch_event(watchpoint->vm->cpu, access, offset, length)};
}

static bool hit(struct watch_owner *owner, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    struct watchpoint *watchpoint = (struct watchpoint *)owner;
    const struct watchpoint_spec *spec = &watchpoint->spec;
    static_assert(offsetof(struct watchpoint, owner) == 0, "an owner is its watchpoint");
    uint64_t now = watchpoint->vm->machine.clock->icount;
    if (!counts(watchpoint, access, offset, length))
        return false;
    if (watchpoint->vm->travels)
        return (spec->stop || !spec->action) && is_due(watchpoint, now);
    count_hit(watchpoint, now);
    if (spec->log)
        tell(watchpoint, access, offset, length);
    if (!is_due(watchpoint, now))
        return false;
    put_off(watchpoint, access, offset, length);
    return true;
}

static bool numbered_before(const void *listed, const void *number)
{
    return ((const struct numbered *)listed)->number < *(const unsigned *)number;
}

/* Where the first is whose number is not below this one. */
static size_t place_from(const struct watchpoints *all, unsigned number)
{
    assert(all);
    return sorted_before(all->list, all->count, sizeof(*all->list), numbered_before, &number);
}

struct watchpoint *watchpoint_numbered(const struct vm *vm, unsigned number)
{
    const struct watchpoints *all = vm->watchpoints;
    size_t place = all ? place_from(all, number) : 0;
    return all && place < all->count && all->list[place].number == number ? all->list[place].watchpoint : NULL;
}

/* An action may remove watchpoints, and add some. */
bool watchpoints_act(struct vm *vm)
{
    struct watchpoints *all = vm->watchpoints;
    struct debug_event *stop = &vm->cpu->debug;
    if (!all || stop->reason != DEBUG_WATCH)
        return false;
    const struct watchpoint *told = watchpoint_of(stop->watch);
    unsigned number = told ? told->number : 0;
    bool stops = all->stop || !told || !all->npending;
    for (size_t i = 0; i < all->npending; i++) {
        struct pending pending = all->pending[i];
        struct watchpoint *watchpoint = watchpoint_numbered(vm, pending.number);
        if (watchpoint)
            watchpoint->spec.action->run(watchpoint->spec.action, vm, &pending.hit);
    }
    if (told && !watchpoint_numbered(vm, number))
        stop->watch = NULL;
    all->npending = 0;
    all->stop = false;
    return !stops;
}

static bool arm(struct watchpoint *watchpoint)
{
    const struct watchpoint_spec *spec = &watchpoint->spec;
    struct mmu *mmu = &watchpoint->vm->cpu->mmu;
    if (spec->physical)
        watchpoint->phys = phys_watch_insert(mmu->phys_watches, spec->first, spec->length, spec->kind, &watchpoint->owner);
    else if (spec->first <= UINT32_MAX && spec->length <= (UINT64_C(1) << 32) - spec->first)
        watchpoint->watch = watch_insert_owned(mmu->watches, spec->first, spec->length, spec->kind, &watchpoint->owner);
    return watchpoint->phys || watchpoint->watch;
}

static struct watchpoints *all_of(struct vm *vm)
{
    if (!vm->watchpoints)
        vm->watchpoints = alloc_zeroed(sizeof(*vm->watchpoints));
    return vm->watchpoints;
}

struct watchpoint *watchpoint_add(struct vm *vm, const struct watchpoint_spec *spec)
{
    struct watchpoints *all = all_of(vm);
    struct watchpoint *watchpoint = alloc_zeroed(sizeof(*watchpoint));
    *watchpoint = (struct watchpoint){.owner = {hit}, .vm = vm, .spec = *spec};
    if (!arm(watchpoint)) {
        free(watchpoint);
        return NULL;
    }
    watchpoint->number = ++all->last_number;
    all->list = alloc_room(all->list, &all->capacity, all->count + 1, sizeof(*all->list));
    all->list[all->count++] = (struct numbered){watchpoint->number, watchpoint};
    return watchpoint;
}

static void dispose(struct watchpoint *watchpoint)
{
    struct mmu *mmu = &watchpoint->vm->cpu->mmu;
    struct watch_condition *condition = watchpoint->spec.condition;
    struct watch_action *action = watchpoint->spec.action;
    if (watchpoint->phys)
        phys_watch_remove(mmu->phys_watches, watchpoint->phys);
    else
        watch_drop(mmu->watches, watchpoint->watch);
    if (condition)
        condition->free(condition);
    if (action)
        action->free(action);
    free(watchpoint->tally.at);
    free(watchpoint);
}

static void close_gaps(struct watchpoints *all)
{
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].watchpoint)
            all->list[count++] = all->list[i];
    all->count = count;
    all->gone = 0;
}

void watchpoint_remove(struct vm *vm, struct watchpoint *watchpoint)
{
    struct watchpoints *all = vm->watchpoints;
    size_t place = place_from(all, watchpoint->number);
    assert(place < all->count && all->list[place].watchpoint == watchpoint);
    all->list[place].watchpoint = NULL;
    dispose(watchpoint);
    if (++all->gone * 2 > all->count)
        close_gaps(all);
}

void watchpoint_remove_all(struct vm *vm)
{
    struct watchpoints *all = vm->watchpoints;
    for (size_t i = 0; all && i < all->count; i++)
        if (all->list[i].watchpoint)
            dispose(all->list[i].watchpoint);
    if (all)
        all->count = all->gone = 0;
}

void watchpoints_free(struct vm *vm)
{
    watchpoint_remove_all(vm);
    if (vm->watchpoints) {
        free(vm->watchpoints->list);
        free(vm->watchpoints->pending);
    }
    free(vm->watchpoints);
    vm->watchpoints = NULL;
}

struct watchpoint *watchpoint_from(const struct vm *vm, unsigned number)
{
    const struct watchpoints *all = vm->watchpoints;
    size_t place = all ? place_from(all, number) : 0;
    while (all && place < all->count && !all->list[place].watchpoint)
        place++;
    return all && place < all->count ? all->list[place].watchpoint : NULL;
}

struct watchpoint *watchpoint_of(const struct watch *watch)
{
    return watch && watch->owner && watch->owner->hit == hit ? (struct watchpoint *)watch->owner : NULL;
}

struct search {
    bool physical;
    uint64_t first, length;
    unsigned kind, lowest; /* the number; 0: none so far */
};

static void compare(struct search *search, const struct watch *watch)
{
    const struct watchpoint *watchpoint = watchpoint_of(watch);
    const struct watchpoint_spec *spec = watchpoint ? &watchpoint->spec : NULL;
    if (!spec || spec->physical != search->physical || spec->first != search->first || spec->length != search->length ||
        (search->kind && spec->kind != search->kind))
        return;
    if (!search->lowest || watchpoint->number < search->lowest)
        search->lowest = watchpoint->number;
}

static void compare_virtual(void *opaque, struct watch *watch)
{
    compare(opaque, watch);
}

static void compare_physical(void *opaque, struct watch *watch, uint64_t offset, uint64_t length)
{
    compare(opaque, watch);
}

struct watchpoint *watchpoint_find(const struct vm *vm, bool physical, uint64_t first, uint64_t length, unsigned kind)
{
    struct mmu *mmu = &vm->cpu->mmu;
    struct search search = {physical, first, length, kind, 0};
    if (physical)
        phys_watches_each_hit(mmu->phys_watches, first, 1, WATCH_ACCESS, compare_physical, &search);
    else
        watch_each_hit(mmu->watches, first, 1, WATCH_ACCESS, compare_virtual, &search);
    return watchpoint_numbered(vm, search.lowest);
}
