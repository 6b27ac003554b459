/* Shared by tlb.c and access.c. */
#ifndef SOFTMMU_TLB_INTERNAL_H
#define SOFTMMU_TLB_INTERNAL_H

#include "softmmu/tlb.h"

/* Makes the entry for this page; NULL: the guest's exception was entered. */
struct tlb_entry *mmu_fill(struct mmu *mmu, uint32_t va, enum access_kind kind, unsigned mode);

#endif
