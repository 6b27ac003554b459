/* Host memory in pages of ARENA_PAGE bytes for saved pages; what is not in use goes back to the host in larger pieces. */
#ifndef SOFTMMU_PAGE_POOL_H
#define SOFTMMU_PAGE_POOL_H

#include "softmmu/base.h"

struct page_pool;

struct page_pool *page_pool_new(void);
void page_pool_free(struct page_pool *pool);
/* An uninitialised page. */
uint8_t *page_pool_take(struct page_pool *pool);
void page_pool_give(struct page_pool *pool, uint8_t *page);
/* Bytes of pages taken. */
size_t page_pool_used(const struct page_pool *pool);

#endif
