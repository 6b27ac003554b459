/*
 * In front of the software TLB: the page that an access site touched last. A slot is found without an index computed from the
 * address, so that the way from the address to the memory is as short as a compare beside it. Back ends fill slots from TLB entries
 * and give each site one of them; whatever makes an entry stale, or flags it, forgets the slots of its page. A slot outlives the
 * entry that it was made from when that entry is merely replaced by another page's.
 */
#ifndef SOFTMMU_PAGE_SLOTS_H
#define SOFTMMU_PAGE_SLOTS_H

#include "softmmu/base.h"

#define PAGE_SLOT_BITS 7
#define PAGE_SLOTS     (1u << PAGE_SLOT_BITS)

/* Of pages whose TLB entry has no flag. DERIVED. */
struct page_slots {
    uint32_t tag[PAGE_SLOTS];    /* as the entry's; TLB_INVALID: empty */
    intptr_t addend[PAGE_SLOTS]; /* likewise */
};
/* Of pages that may be flagged TLB_WATCH, for sites that look at the map of watched bytes first. DERIVED. */
struct watch_slots {
    uint32_t tag[PAGE_SLOTS];
    intptr_t addend[PAGE_SLOTS];
    intptr_t map[PAGE_SLOTS]; /* as mmu->watch_map */
};

/* Whose pages may be in slots: a byte for each page number modulo this. TLB flushes of single pages are frequent and mostly of others. */
#define PAGE_SLOT_NOTES 512u
static inline unsigned page_slots_note(uint32_t page)
{
    return page >> 12 & (PAGE_SLOT_NOTES - 1);
}

struct mmu;

void page_slots_forget_all(struct mmu *mmu);
void page_slots_forget_stores(struct mmu *mmu);
/* Those of pages with a byte in [first, last]. */
void page_slots_forget(struct mmu *mmu, uint32_t first, uint32_t last);

#endif
