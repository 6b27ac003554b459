#include "tests/determinism/page_hashes.h"

#include <xxhash.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

struct page_hashes {
    struct mmu *mmu;
    size_t count;
    uint64_t *hash; /* of each page of each RAM part, in the arena's order of parts */
};

static struct page_hashes *present; /* NULL: none are kept */

void __real_mmu_clean_all(struct mmu *mmu);
void __wrap_mmu_clean_all(struct mmu *mmu);

typedef void page_fn(struct page_hashes *hashes, size_t index, const uint8_t *page);

static void each_page(struct page_hashes *hashes, page_fn *fn)
{
    const struct arena *arena = hashes->mmu->machine->arena;
    size_t index = 0;
    for (const struct arena_part *part = arena->parts; part < arena->parts + arena->nparts; part++)
        for (size_t at = 0; part->kind == ARENA_RAM && at < part->size; at += ARENA_PAGE)
            fn(hashes, index++, part->at + at);
}

static uint64_t hash_page(const uint8_t *page)
{
    return XXH3_64bits(page, ARENA_PAGE);
}

static void count_page(struct page_hashes *hashes, size_t index, const uint8_t *page)
{
    hashes->count++;
}

static void fill_page(struct page_hashes *hashes, size_t index, const uint8_t *page)
{
    hashes->hash[index] = hash_page(page);
}

static void refresh_page(struct page_hashes *hashes, size_t index, const uint8_t *page)
{
    if (hashes->mmu->page_flags[arena_page_of(hashes->mmu->machine->arena, page)] & PAGE_DIRTY)
        hashes->hash[index] = hash_page(page);
}

/* Whoever makes the pages clean (history does, at each checkpoint), what was written until then is hashed first. */
void __wrap_mmu_clean_all(struct mmu *mmu)
{
    if (present)
        each_page(present, refresh_page);
    __real_mmu_clean_all(mmu);
}

struct page_hashes *page_hashes_new(struct mmu *mmu)
{
    struct page_hashes *hashes = alloc_zeroed(sizeof(*hashes));
    hashes->mmu = mmu;
    each_page(hashes, count_page);
    hashes->hash = alloc_zeroed(hashes->count * sizeof(*hashes->hash));
    each_page(hashes, fill_page);
    mmu_clean_all(mmu);
    present = hashes;
    return hashes;
}

void page_hashes_free(struct page_hashes *hashes)
{
    present = NULL;
    free(hashes->hash);
    free(hashes);
}

static uint64_t hash_rest(const struct arena *arena)
{
    uint64_t part_hash[ARENA_MAX_PARTS];
    size_t count = 0;
    for (const struct arena_part *part = arena->parts; part < arena->parts + arena->nparts; part++)
        if (part->kind != ARENA_RAM)
            part_hash[count++] = XXH3_64bits(part->at, part->size);
    return XXH3_64bits(part_hash, count * sizeof(*part_hash));
}

struct state_hash page_hashes_take(struct page_hashes *hashes)
{
    mmu_clean_all(hashes->mmu);
    return (struct state_hash){
        .ram = XXH3_64bits(hashes->hash, hashes->count * sizeof(*hashes->hash)),
        .rest = hash_rest(hashes->mmu->machine->arena),
    };
}

size_t page_hashes_stale(const struct page_hashes *hashes)
{
    struct page_hashes fresh = {.mmu = hashes->mmu, .hash = alloc_zeroed(hashes->count * sizeof(*fresh.hash))};
    size_t stale = 0;
    each_page(&fresh, fill_page);
    for (size_t i = 0; i < hashes->count; i++)
        stale += fresh.hash[i] != hashes->hash[i];
    free(fresh.hash);
    return stale;
}
