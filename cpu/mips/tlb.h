/* A TLB entry's page. */
#ifndef CPU_MIPS_TLB_H
#define CPU_MIPS_TLB_H

#include "cpu/mips/state.h"

/* Bytes of one page of the pair. page_mask is a run of ones from bit 13 up: tlbwi and tlbwr see to that. */
static inline uint32_t mips_tlb_page_size(const struct mips_tlb_entry *entry)
{
    return ((entry->page_mask | 0x1fff) + 1) >> 1;
}

#endif
