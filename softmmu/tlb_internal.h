/* Shared by tlb.c, mmu_watch.c and access.c. */
#ifndef SOFTMMU_TLB_INTERNAL_H
#define SOFTMMU_TLB_INTERNAL_H

#include "softmmu/tlb.h"

/* Makes the entry for this page; NULL: the guest's exception was entered. */
struct tlb_entry *mmu_fill(struct mmu *mmu, uint32_t va, enum access_kind kind, unsigned mode);

/* The sets of watches and the maps, with their listeners. */
void mmu_watches_init(struct mmu *mmu);
void mmu_watches_free(struct mmu *mmu);
/*
 * Flags a new entry if a watch of its kind lies on the page, `host` being its memory or NULL; for memory sets *map as
 * mmu->watch_map says.
 */
void mmu_watch_entry(struct mmu *mmu, struct tlb_entry *entry, const uint8_t *host, bool store, intptr_t *map);

#endif
