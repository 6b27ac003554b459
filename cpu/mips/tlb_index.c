/* See tlb_index.h. No guest can write two entries that match one address; of those that come out of a file the lower one answers. */
#include "cpu/mips/tlb_index.h"

#include <string.h>

#include "cpu/mips/cp0.h"

static unsigned list_of(uint32_t va)
{
    return va >> 13 & (TLB_LISTS - 1);
}

static uint8_t *head(struct mips_tlb_index *index, const struct mips_tlb_entry *entry)
{
    return &index->first[entry->page_mask ? TLB_LIST_LARGE : list_of(entry->vpn2)];
}

void mips_tlb_index_add(struct mips_tlb_index *index, const struct mips_state *s, unsigned n)
{
    assert(n < MIPS_TLB_MAX);
    uint8_t *first = head(index, &s->tlb[n]);
    index->next[n] = *first;
    *first = (uint8_t)(n + 1);
}

void mips_tlb_index_remove(struct mips_tlb_index *index, const struct mips_state *s, unsigned n)
{
    uint8_t *at = head(index, &s->tlb[n]);
    while (*at != n + 1) {
        assert(*at);
        at = &index->next[*at - 1];
    }
    *at = index->next[n];
}

void mips_tlb_index_build(struct mips_tlb_index *index, const struct mips_state *s, unsigned entries)
{
    assert(entries <= MIPS_TLB_MAX);
    memset(index, 0, sizeof(*index));
    for (unsigned n = 0; n < entries; n++)
        mips_tlb_index_add(index, s, n);
}

static inline int find_in(const struct mips_tlb_index *index, const struct mips_state *s, unsigned list, uint32_t va, int found)
{
    uint32_t asid = s->entry_hi & ENTRYHI_ASID;
    for (unsigned at = index->first[list]; at; at = index->next[at - 1]) {
        const struct mips_tlb_entry *entry = &s->tlb[at - 1];
        bool matches = (va & ENTRYHI_VPN2 & ~entry->page_mask) == entry->vpn2 && (entry->global || entry->asid == asid);
        if (matches && (found < 0 || (int)at - 1 < found))
            found = (int)at - 1;
    }
    return found;
}

int mips_tlb_index_find(const struct mips_tlb_index *index, const struct mips_state *s, uint32_t va)
{
    return find_in(index, s, TLB_LIST_LARGE, va, find_in(index, s, list_of(va), va, -1));
}

static bool overlap(const struct mips_tlb_entry *a, const struct mips_tlb_entry *b)
{
    uint32_t compared = ENTRYHI_VPN2 & ~(a->page_mask | b->page_mask);
    return !((a->vpn2 | b->vpn2) & MIPS_TLB_UNWRITTEN) && ((a->vpn2 ^ b->vpn2) & compared) == 0 &&
           (a->global || b->global || a->asid == b->asid);
}

static bool clash_in(const struct mips_tlb_index *index, const struct mips_state *s, unsigned list,
                     const struct mips_tlb_entry *new, unsigned n)
{
    for (unsigned at = index->first[list]; at; at = index->next[at - 1])
        if (at - 1 != n && overlap(&s->tlb[at - 1], new))
            return true;
    return false;
}

/* A small page meets small ones of its own list only. */
bool mips_tlb_index_clash(const struct mips_tlb_index *index, const struct mips_state *s, const struct mips_tlb_entry *new,
                          unsigned n)
{
    bool clash = clash_in(index, s, TLB_LIST_LARGE, new, n);
    if (!new->page_mask)
        return clash || clash_in(index, s, list_of(new->vpn2), new, n);
    for (unsigned list = 0; !clash && list < TLB_LISTS; list++)
        clash = clash_in(index, s, list, new, n);
    return clash;
}
