/* The software TLB's entries: filling and flushing. */
#include "softmmu/tlb.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/journal.h"
#include "softmmu/machine.h"
#include "softmmu/memlog.h"
#include "softmmu/tlb_internal.h"

static void invalidate(struct tlb_entry *entry)
{
    entry->tag = TLB_INVALID;
}

void mmu_flush_all(struct mmu *mmu)
{
    struct tlb_entry *entry = &mmu->tlb[0][0][0];
    for (unsigned i = 0; i < MMU_MODES * 2 * TLB_ENTRIES; i++)
        invalidate(&entry[i]);
    page_slots_forget_all(mmu);
}

static uint8_t filled_bit(unsigned mode, unsigned store)
{
    static_assert(MMU_MODES * 2 <= 8, "a bit each");
    return (uint8_t)(1u << (2 * mode + store));
}

static bool inside(const struct tlb_entry *entry, uint32_t first, uint32_t last)
{
    uint32_t page = entry->tag & GUEST_PAGE_MASK;
    return page >= (first & GUEST_PAGE_MASK) && page <= last;
}

/* Most pages that a guest takes out of its TLB have not been accessed since: code, and data that was in its neighbourhood. */
static void flush_page(struct mmu *mmu, uint32_t va)
{
    unsigned i = tlb_index(va);
    for (unsigned mode = 0; mode < MMU_MODES && mmu->filled[i]; mode++)
        for (unsigned store = 0; store < 2; store++) {
            struct tlb_entry *entry = &mmu->tlb[mode][store][i];
            if (!(mmu->filled[i] & filled_bit(mode, store)) || !inside(entry, va, va))
                continue;
            invalidate(entry);
            mmu->filled[i] &= (uint8_t)~filled_bit(mode, store);
        }
}

void mmu_flush_range(struct mmu *mmu, uint32_t first, uint32_t last)
{
    assert(first <= last);
    uint64_t pages = ((uint64_t)(last >> GUEST_PAGE_BITS) - (first >> GUEST_PAGE_BITS)) + 1;
    page_slots_forget(mmu, first, last);
    if (pages <= 64) {
        for (uint64_t i = 0; i < pages; i++)
            flush_page(mmu, first + (uint32_t)(i << GUEST_PAGE_BITS));
        return;
    }
    struct tlb_entry *entry = &mmu->tlb[0][0][0];
    for (unsigned i = 0; i < MMU_MODES * 2 * TLB_ENTRIES; i++)
        if (inside(&entry[i], first, last))
            invalidate(&entry[i]);
}

void mmu_flush_outside(struct mmu *mmu, uint32_t keep_first, uint32_t keep_last)
{
    assert(keep_first <= keep_last);
    struct tlb_entry *entry = &mmu->tlb[0][0][0];
    for (unsigned i = 0; i < MMU_MODES * 2 * TLB_ENTRIES; i++)
        if (!inside(&entry[i], keep_first, keep_last))
            invalidate(&entry[i]);
    if (keep_first)
        page_slots_forget(mmu, 0, keep_first - 1);
    if (keep_last != UINT32_MAX)
        page_slots_forget(mmu, keep_last + 1, UINT32_MAX);
}

/* Every write entry onto the page gets the flag; which virtual pages lead there is not known, so all are looked at. */
void mmu_protect_page(struct mmu *mmu, size_t arena_page)
{
    assert(arena_page < arena_page_count(mmu->machine->arena));
    const uint8_t *host = mmu->machine->arena->origin + (arena_page << ARENA_PAGE_BITS);
    page_slots_forget_stores(mmu);
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++) {
            struct tlb_entry *entry = &mmu->tlb[mode][1][i];
            uint32_t page = entry->tag & GUEST_PAGE_MASK;
            if (!(entry->tag & (TLB_INVALID | TLB_IO)) && (uint8_t *)(entry->addend + page) == host)
                entry->tag |= TLB_CLEAN;
        }
}

void mmu_dirty_page(struct mmu *mmu, size_t arena_page)
{
    assert(arena_page < arena_page_count(mmu->machine->arena));
    uint8_t *flags = &mmu->page_flags[arena_page];
    if (!(*flags & PAGE_DIRTY) && mmu->journal)
        journal_save_page(mmu->journal, arena_page);
    *flags |= PAGE_DIRTY;
}

void mmu_clean_all(struct mmu *mmu)
{
    size_t pages = arena_page_count(mmu->machine->arena);
    for (size_t i = 0; i < pages; i++)
        mmu->page_flags[i] &= (uint8_t)~PAGE_DIRTY;
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned i = 0; i < TLB_ENTRIES; i++)
            if (!(mmu->tlb[mode][1][i].tag & (TLB_INVALID | TLB_IO)))
                mmu->tlb[mode][1][i].tag |= TLB_CLEAN;
    page_slots_forget_stores(mmu);
}

/* The entry that was there and the slots that were filled from it. */
static void drop_only_entry(struct mmu *mmu)
{
    if (!mmu->only)
        return;
    page_slots_forget(mmu, mmu->only->tag & GUEST_PAGE_MASK, mmu->only->tag & GUEST_PAGE_MASK);
    invalidate(mmu->only);
}

struct tlb_entry *mmu_fill(struct mmu *mmu, uint32_t va, enum access_kind kind, unsigned mode)
{
    assert(mode < MMU_MODES);
    struct mmu_page page;
    bool store = kind == ACCESS_STORE;
    if (!mmu->ops->translate(mmu->cpu, va, kind, mode, false, &page)) {
        mmu->faults++;
        return NULL;
    }
    uint32_t base = va & GUEST_PAGE_MASK;
    uint64_t phys = page.phys & ~(uint64_t)(GUEST_PAGE - 1);
    struct phys_place place = physmap_find(mmu->machine->phys, phys);
    struct tlb_entry *entry = &mmu->tlb[mode][store][tlb_index(va)];
    bool memory = place.region && place.length >= GUEST_PAGE &&
                  (place.region->kind == REGION_RAM || (place.region->kind == REGION_ROM && !store));
    if (UNLIKELY(mmu->one_entry)) {
        drop_only_entry(mmu);
        mmu->only = entry;
    }
    entry->frame = (uint32_t)(phys >> GUEST_PAGE_BITS);
    entry->tag = base | (memory ? 0 : TLB_IO) | (mmu->fault_first ? TLB_SLOW : 0);
    mmu->filled[tlb_index(va)] |= filled_bit(mode, store);
    mmu->fills++;
    uint8_t *host = memory ? place.region->host + place.offset : NULL;
    mmu_watch_entry(mmu, entry, host, store, &mmu->watch_map[mode][store][tlb_index(va)]);
    if (UNLIKELY(mmu->log_inline) && memory && place.region->kind == REGION_RAM)
        mmu->ops->log_page(mmu->cpu, mode, base, phys, host);
    else if (UNLIKELY(mmu->log) && memlog_wants_page(mmu->log, store ? MEMLOG_STORE : MEMLOG_LOAD, base, phys))
        entry->tag |= TLB_LOG;
    if (!memory)
        return entry;
    uint8_t flags = mmu->page_flags[arena_page_of(mmu->machine->arena, host)];
    entry->addend = (intptr_t)host - (intptr_t)base;
    if (store && (flags & (PAGE_CODE | PAGE_DIRTY)) != PAGE_DIRTY)
        entry->tag |= TLB_CLEAN;
    return entry;
}

const uint8_t *mmu_code_host(struct mmu *mmu, uint64_t phys)
{
    struct phys_place place = physmap_find(mmu->machine->phys, phys & ~(uint64_t)(GUEST_PAGE - 1));
    if (!place.region || place.length < GUEST_PAGE || (place.region->kind != REGION_RAM && place.region->kind != REGION_ROM))
        return NULL;
    return place.region->host + place.offset + (phys & (GUEST_PAGE - 1));
}

void mmu_init(struct mmu *mmu, struct machine *machine, const struct mmu_ops *ops, void *cpu)
{
    assert(!mmu->page_flags);
    assert(machine && ops && ops->translate);
    mmu->machine = machine;
    mmu->ops = ops;
    mmu->cpu = cpu;
    mmu->page_flags = alloc_zeroed(arena_page_count(machine->arena));
    mmu_watches_init(mmu);
    mmu_flush_all(mmu);
}

void mmu_free(struct mmu *mmu)
{
    mmu_watches_free(mmu);
    free(mmu->page_flags);
}
