#include "softmmu/page_slots.h"

#include <string.h>

#include "softmmu/tlb.h"

#define SCANS_A_NOTE 32

static void forget_tags(uint32_t *tag)
{
    for (unsigned i = 0; i < PAGE_SLOTS; i++)
        tag[i] = TLB_INVALID;
}

void page_slots_forget_stores(struct mmu *mmu)
{
    for (unsigned mode = 0; mode < MMU_MODES; mode++) {
        forget_tags(mmu->slots[mode][1].tag);
        forget_tags(mmu->watch_slots[mode][1].tag);
    }
}

void page_slots_forget_all(struct mmu *mmu)
{
    page_slots_forget_stores(mmu);
    for (unsigned mode = 0; mode < MMU_MODES; mode++) {
        forget_tags(mmu->slots[mode][0].tag);
        forget_tags(mmu->watch_slots[mode][0].tag);
    }
    memset(mmu->slot_pages, 0, sizeof(mmu->slot_pages));
}

/* Without a branch, for vectors. */
static void forget_pages(uint32_t *tag, uint32_t first, uint32_t extent)
{
    for (unsigned i = 0; i < PAGE_SLOTS; i++)
        tag[i] = (tag[i] & GUEST_PAGE_MASK) - first <= extent ? (uint32_t)TLB_INVALID : tag[i];
}

static void note_pages(uint8_t *noted, const uint32_t *tag)
{
    for (unsigned i = 0; i < PAGE_SLOTS; i++)
        if (!(tag[i] & TLB_INVALID))
            noted[page_slots_note(tag[i])] = 1;
}

/* Notes of pages that have left their slots meanwhile go now and then: making them anew takes longer than to look at all slots. */
static void note_all(struct mmu *mmu)
{
    memset(mmu->slot_pages, 0, sizeof(mmu->slot_pages));
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned store = 0; store < 2; store++) {
            note_pages(mmu->slot_pages, mmu->slots[mode][store].tag);
            note_pages(mmu->slot_pages, mmu->watch_slots[mode][store].tag);
        }
}

static bool may_hold(const struct mmu *mmu, uint32_t first, uint32_t extent)
{
    if (extent >= PAGE_SLOT_NOTES << GUEST_PAGE_BITS)
        return true;
    for (uint32_t at = 0; at <= extent; at += GUEST_PAGE)
        if (mmu->slot_pages[page_slots_note(first + at)])
            return true;
    return false;
}

void page_slots_forget(struct mmu *mmu, uint32_t first, uint32_t last)
{
    assert(first <= last);
    uint32_t page = first & GUEST_PAGE_MASK, extent = (last & GUEST_PAGE_MASK) - page;
    if (!may_hold(mmu, page, extent))
        return;
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned store = 0; store < 2; store++) {
            forget_pages(mmu->slots[mode][store].tag, page, extent);
            if (mmu->watch_slots_used)
                forget_pages(mmu->watch_slots[mode][store].tag, page, extent);
        }
    if (++mmu->slot_scans % SCANS_A_NOTE == 0)
        note_all(mmu);
}
