/* Finding the TLB entry of an address without a look at each: lists of entries by hash, made from the saved TLB. */
#ifndef CPU_MIPS_TLB_INDEX_H
#define CPU_MIPS_TLB_INDEX_H

#include "cpu/mips/state.h"

#define TLB_LISTS      256
#define TLB_LIST_LARGE TLB_LISTS /* entries of pages above 4 KiB are all in one list */

/* DERIVED: of the saved TLB. */
struct mips_tlb_index {
    uint8_t first[TLB_LISTS + 1], next[MIPS_TLB_MAX]; /* entry number + 1, or 0 at the end */
};

void mips_tlb_index_build(struct mips_tlb_index *index, const struct mips_state *s, unsigned entries);
/* To be called before and after entry n changes. */
void mips_tlb_index_remove(struct mips_tlb_index *index, const struct mips_state *s, unsigned n);
void mips_tlb_index_add(struct mips_tlb_index *index, const struct mips_state *s, unsigned n);
/* The first entry that matches the address in the present address space, or -1. */
int mips_tlb_index_find(const struct mips_tlb_index *index, const struct mips_state *s, uint32_t va);
/* Would some address match both the new entry, in place of entry n, and another one? */
bool mips_tlb_index_clash(const struct mips_tlb_index *index, const struct mips_state *s, const struct mips_tlb_entry *new,
                          unsigned n);

#endif
