#include "softmmu/page_pool.h"

#include <sys/mman.h>

#include "softmmu/alloc.h"
#include "softmmu/arena.h"

/*
 * Chunks are aligned to their size, and the first page of each is its head: a page's chunk is found by masking its address.
 *
 * Most of what saving a page costs is bringing in the place for the copy, so that is done for some at a time. Huge pages are no gain:
 * a host that is itself a virtual machine often has none at hand, and then they cost six times as much.
 */
#define CHUNK       ((size_t)2 << 20)
#define CHUNK_PAGES (CHUNK / ARENA_PAGE - 1)
/* So many empty chunks are kept: bringing memory in anew costs more than copying a page. */
enum { SPARE_CHUNKS = 16 };
enum { PAGES_AT_ONCE = 64 };

struct chunk {
    struct chunk *next, *previous; /* in the list of chunks with a free page */
    struct chunk *all_next, *all_previous;
    unsigned used;
    unsigned nfree;
    unsigned ready;             /* pages that have been brought in: these, from the first on */
    uint16_t free[CHUNK_PAGES]; /* numbers of free pages, a stack */
};

struct page_pool {
    struct chunk *partial, *all;
    size_t used;
    unsigned empty; /* chunks of which no page is taken */
};

struct page_pool *page_pool_new(void)
{
    static_assert(sizeof(struct chunk) <= ARENA_PAGE, "a chunk's head is a page");
    return alloc_zeroed(sizeof(struct page_pool));
}

static void link_partial(struct page_pool *pool, struct chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = pool->partial;
    if (pool->partial)
        pool->partial->previous = chunk;
    pool->partial = chunk;
}

static void unlink_partial(struct page_pool *pool, struct chunk *chunk)
{
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        pool->partial = chunk->next;
    if (chunk->next)
        chunk->next->previous = chunk->previous;
}

static void *map_aligned(void)
{
    uint8_t *at = mmap(NULL, 2 * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    alloc_checked(at == MAP_FAILED ? NULL : at);
    uint8_t *aligned = (uint8_t *)(((uintptr_t)at + CHUNK - 1) & ~(CHUNK - 1));
    if (aligned > at)
        munmap(at, (size_t)(aligned - at));
    munmap(aligned + CHUNK, (size_t)(at + CHUNK - aligned));
    return aligned;
}

static struct chunk *chunk_new(struct page_pool *pool)
{
    struct chunk *chunk = map_aligned();
    chunk->nfree = CHUNK_PAGES;
    for (unsigned i = 0; i < CHUNK_PAGES; i++)
        chunk->free[i] = (uint16_t)(CHUNK_PAGES - 1 - i);
    chunk->all_next = pool->all;
    if (pool->all)
        pool->all->all_previous = chunk;
    pool->all = chunk;
    link_partial(pool, chunk);
    pool->empty++;
    return chunk;
}

static void chunk_free(struct page_pool *pool, struct chunk *chunk)
{
    if (chunk->all_previous)
        chunk->all_previous->all_next = chunk->all_next;
    else
        pool->all = chunk->all_next;
    if (chunk->all_next)
        chunk->all_next->all_previous = chunk->all_previous;
    munmap(chunk, CHUNK);
}

void page_pool_free(struct page_pool *pool)
{
    if (!pool)
        return;
    while (pool->all)
        chunk_free(pool, pool->all);
    free(pool);
}

/* It may fail: then the pages come when they are touched. */
static void bring_in(struct chunk *chunk)
{
    unsigned count = CHUNK_PAGES - chunk->ready < PAGES_AT_ONCE ? CHUNK_PAGES - chunk->ready : PAGES_AT_ONCE;
    madvise((uint8_t *)chunk + (1 + chunk->ready) * ARENA_PAGE, count * ARENA_PAGE, MADV_POPULATE_WRITE);
    chunk->ready += count;
}

uint8_t *page_pool_take(struct page_pool *pool)
{
    struct chunk *chunk = pool->partial ? pool->partial : chunk_new(pool);
    assert(chunk->nfree > 0);
    unsigned number = chunk->free[--chunk->nfree];
    if (number >= chunk->ready)
        bring_in(chunk);
    assert(number < CHUNK_PAGES);
    if (!chunk->nfree)
        unlink_partial(pool, chunk);
    pool->empty -= chunk->used++ == 0;
    pool->used += ARENA_PAGE;
    return (uint8_t *)chunk + (1 + number) * ARENA_PAGE;
}

void page_pool_give(struct page_pool *pool, uint8_t *page)
{
    struct chunk *chunk = (struct chunk *)((uintptr_t)page & ~(CHUNK - 1));
    assert(chunk->used > 0);
    assert(chunk->nfree < CHUNK_PAGES && page != (uint8_t *)chunk && (uintptr_t)page % ARENA_PAGE == 0);
    if (!chunk->nfree)
        link_partial(pool, chunk);
    chunk->free[chunk->nfree++] = (uint16_t)((size_t)(page - (uint8_t *)chunk) / ARENA_PAGE - 1);
    pool->used -= ARENA_PAGE;
    if (--chunk->used > 0)
        return;
    if (pool->empty < SPARE_CHUNKS) {
        pool->empty++;
    } else {
        unlink_partial(pool, chunk);
        chunk_free(pool, chunk);
    }
}

size_t page_pool_used(const struct page_pool *pool)
{
    return pool->used;
}
