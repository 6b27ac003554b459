#include "softmmu/page_slots.h"

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
}

/* Without a branch, for vectors: TLB flushes of single pages are frequent. */
static void forget_pages(uint32_t *tag, uint32_t first, uint32_t extent)
{
    for (unsigned i = 0; i < PAGE_SLOTS; i++)
        tag[i] = (tag[i] & GUEST_PAGE_MASK) - first <= extent ? (uint32_t)TLB_INVALID : tag[i];
}

void page_slots_forget(struct mmu *mmu, uint32_t first, uint32_t last)
{
    uint32_t page = first & GUEST_PAGE_MASK, extent = (last & GUEST_PAGE_MASK) - page;
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned store = 0; store < 2; store++) {
            forget_pages(mmu->slots[mode][store].tag, page, extent);
            forget_pages(mmu->watch_slots[mode][store].tag, page, extent);
        }
}
