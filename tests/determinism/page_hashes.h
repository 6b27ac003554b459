/*
 * Hashes of the whole arena, quickly: each page of RAM keeps its hash, and only pages that were written since the last look are
 * hashed again. Which these are the software TLB's dirty mechanism tells, so that one is tested as well. One at a
 * time: the linker replaces mmu_clean_all() (--wrap).
 */
#ifndef TESTS_DETERMINISM_PAGE_HASHES_H
#define TESTS_DETERMINISM_PAGE_HASHES_H

#include "softmmu/tlb.h"

struct page_hashes;

struct state_hash {
    uint64_t ram;  /* RAM and device memories */
    uint64_t rest; /* CPU, devices, clock, timers */
};

/* Hashes every page, and makes all pages clean. */
struct page_hashes *page_hashes_new(struct mmu *mmu);
void page_hashes_free(struct page_hashes *hashes);

/* The state now; makes all pages clean. */
struct state_hash page_hashes_take(struct page_hashes *hashes);
/* Right after page_hashes_take(): how many kept hashes are not those of their pages. Anything but 0 is an error. */
size_t page_hashes_stale(const struct page_hashes *hashes);

#endif
