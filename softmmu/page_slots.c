#include "softmmu/page_slots.h"

#include <string.h>

#include "softmmu/tlb.h"

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

/* Empties the slots of these pages, and notes whose pages are left. */
static void forget_pages(uint8_t *noted, uint32_t *tag, uint32_t first, uint32_t extent)
{
    for (unsigned i = 0; i < PAGE_SLOTS; i++) {
        uint32_t page = tag[i] & GUEST_PAGE_MASK;
        if (tag[i] & TLB_INVALID)
            continue;
        if (page - first <= extent)
            tag[i] = TLB_INVALID;
        else
            noted[page_slots_note(page)] = 1;
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
    uint32_t page = first & GUEST_PAGE_MASK, extent = (last & GUEST_PAGE_MASK) - page;
    if (!may_hold(mmu, page, extent))
        return;
    memset(mmu->slot_pages, 0, sizeof(mmu->slot_pages));
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned store = 0; store < 2; store++) {
            forget_pages(mmu->slot_pages, mmu->slots[mode][store].tag, page, extent);
            forget_pages(mmu->slot_pages, mmu->watch_slots[mode][store].tag, page, extent);
        }
}
