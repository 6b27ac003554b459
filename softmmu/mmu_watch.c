/*
 * Watches and the software TLB: which entries are flagged, what a change of a set makes stale, and who is hit by an access.
 *
 * A virtual watch is found by the address of the access, a physical one by the place behind it. A page that has both, or either, gets one
 * map of its watched bytes, so that generated code asks once.
 */
#include "softmmu/machine.h"
#include "softmmu/phys_watch.h"
#include "softmmu/tlb_internal.h"
#include "softmmu/watch_map.h"

static unsigned kinds_at(const struct watch_set *set, uint64_t page)
{
    assert(!(page & (GUEST_PAGE - 1)));
    return watch_count(set) ? watch_page_kinds(set, page, page + GUEST_PAGE - 1) : 0;
}

static void drop_all_maps(struct mmu *mmu)
{
    struct tlb_entry *entry = &mmu->tlb[0][0][0];
    for (unsigned i = 0; i < MMU_MODES * 2 * TLB_ENTRIES; i++)
        if (entry[i].tag & TLB_WATCH)
            entry[i].tag = TLB_INVALID;
    page_slots_forget_all(mmu);
    watch_maps_forget_all(mmu->maps);
}

void mmu_watch_entry(struct mmu *mmu, struct tlb_entry *entry, const uint8_t *host, bool store, intptr_t *map)
{
    assert(!(entry->tag & (TLB_INVALID | TLB_WATCH)));
    unsigned kind = store ? WATCH_WRITE : WATCH_READ;
    uint32_t va = entry->tag & GUEST_PAGE_MASK;
    uint64_t phys = (uint64_t)entry->frame << GUEST_PAGE_BITS;
    uint64_t place = host ? (uint64_t)(host - mmu->machine->arena->origin) : 0;
    const struct watch_set *sets[WATCH_SETS] = {mmu->watches, mmu->guest_watches, phys_watches_places(mmu->phys_watches)};
    struct watch_page page = {
        .at = {va, va, place}
    };
    bool any = !host && phys_watches_kinds(mmu->phys_watches, phys, GUEST_PAGE) & kind;
    for (unsigned i = 0; i < (host ? WATCH_SETS : WATCH_PLACES); i++)
        if (kinds_at(sets[i], page.at[i]) & kind) {
            page.set[i] = sets[i];
            any = true;
        }
    if (!any)
        return;
    if (watch_maps_full(mmu->maps))
        drop_all_maps(mmu);
    entry->tag |= TLB_WATCH;
    if (host)
        *map = (intptr_t)watch_map_of(mmu->maps, &page, kind) - (intptr_t)va;
}

static void tell(struct mmu *mmu, enum watch_space space, uint64_t first, uint64_t last)
{
    watch_maps_forget(mmu->maps, space, first, last);
    if (mmu->ops->watches_changed)
        mmu->ops->watches_changed(mmu->cpu, space, first, last);
}

static void virtual_changed(void *opaque, uint64_t first, uint64_t last)
{
    struct mmu *mmu = opaque;
    mmu_flush_range(mmu, (uint32_t)first, (uint32_t)last);
    tell(mmu, WATCH_VIRTUAL, first, last);
}

static void guest_changed(void *opaque, uint64_t first, uint64_t last)
{
    struct mmu *mmu = opaque;
    mmu_flush_range(mmu, (uint32_t)first, (uint32_t)last);
    tell(mmu, WATCH_GUEST, first, last);
}

/* Does the entry lead to one of these places? A page that is not all one piece of memory may: it is looked at anew. */
static bool leads_to(const struct mmu *mmu, const struct tlb_entry *entry, uint64_t first, uint64_t last)
{
    if (entry->tag & TLB_IO)
        return true;
    uint64_t page =
        (uint64_t)((uint8_t *)(entry->addend + (intptr_t)(entry->tag & GUEST_PAGE_MASK)) - mmu->machine->arena->origin);
    return page <= last && page + GUEST_PAGE - 1 >= first;
}

static void places_changed(void *opaque, uint64_t first, uint64_t last)
{
    struct mmu *mmu = opaque;
    struct tlb_entry *entry = &mmu->tlb[0][0][0];
    for (unsigned i = 0; i < MMU_MODES * 2 * TLB_ENTRIES; i++)
        if (!(entry[i].tag & TLB_INVALID) && leads_to(mmu, &entry[i], first, last))
            entry[i].tag = TLB_INVALID;
    page_slots_forget_all(mmu);
    tell(mmu, WATCH_PLACES, first, last);
}

void mmu_watches_init(struct mmu *mmu)
{
    mmu->watches = watch_set_new();
    mmu->guest_watches = watch_set_new();
    mmu->phys_watches = phys_watches_new(mmu->machine, places_changed, mmu);
    mmu->maps = watch_maps_new();
    watch_on_change(mmu->watches, virtual_changed, mmu);
    watch_on_change(mmu->guest_watches, guest_changed, mmu);
}

void mmu_watches_free(struct mmu *mmu)
{
    watch_set_free(mmu->watches);
    watch_set_free(mmu->guest_watches);
    phys_watches_free(mmu->phys_watches);
    watch_maps_free(mmu->maps);
}

void mmu_watches_follow_map(struct mmu *mmu)
{
    phys_watches_follow_map(mmu->phys_watches);
}

struct virtual_access {
    const struct watch_access *access;
    mmu_watch_fn *fn;
    void *opaque;
};

static void tell_virtual(void *opaque, struct watch *watch)
{
    const struct virtual_access *hit = opaque;
    uint64_t va = hit->access->va, first = watch->first > va ? watch->first : va;
    uint64_t last = min_u64(watch->last, va + hit->access->length - 1);
    hit->fn(hit->opaque, watch, first - va, last - first + 1);
}

void mmu_each_watch(struct mmu *mmu, const struct watch_access *access, mmu_watch_fn *fn, void *opaque)
{
    struct virtual_access by_cpu = {access, fn, opaque};
    unsigned kind = access->store ? WATCH_WRITE : WATCH_READ;
    if (access->source == WATCH_BY_CPU)
        watch_each_hit(mmu->watches, access->va, access->length, kind, tell_virtual, &by_cpu);
    phys_watches_each_hit(mmu->phys_watches, access->phys, access->length, kind, fn, opaque);
}
