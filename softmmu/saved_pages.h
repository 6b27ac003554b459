/*
 * A set of saved arena pages: one interval's undo copies, ordered by page. A copy is raw, all zero (costs nothing), or one of a group
 * that is compressed together.
 */
#ifndef SOFTMMU_SAVED_PAGES_H
#define SOFTMMU_SAVED_PAGES_H

#include "softmmu/base.h"

struct page_group;
struct page_pool;

enum saved_kind { SAVED_ZERO, SAVED_RAW, SAVED_GROUP };

struct saved_page {
    uint32_t page; /* of the arena */
    uint16_t kind; /* enum saved_kind */
    uint16_t slot; /* SAVED_GROUP: which of the group */
    union {
        uint8_t *raw;
        struct page_group *group;
    };
};

struct saved_pages {
    struct saved_page *rows;
    size_t count, capacity;
    bool sorted;
    size_t raw; /* rows of kind SAVED_RAW */
};

/* Where copies live, and what they take. One for all sets of a journal. */
struct page_store {
    struct page_pool *pool;
    size_t group_bytes;
    void *compressor, *decompressor;
    const struct page_group *unpacked; /* whose pages are in scratch */
    uint8_t *scratch;
    uint64_t compressed_pages;
};

void page_store_init(struct page_store *store);
void page_store_free(struct page_store *store);
/* All that saved copies take, in bytes. */
size_t page_store_used(const struct page_store *store);

/* Appends a copy of the page's bytes; the set is to be sorted before it is looked into. The page must not be in it yet. */
void saved_pages_add(struct saved_pages *set, struct page_store *store, uint32_t page, const uint8_t *bytes);
/* Appends a row of another set, which gives it up. */
void saved_pages_move(struct saved_pages *set, const struct saved_page *row);
void saved_pages_sort(struct saved_pages *set);
const struct saved_page *saved_pages_find(const struct saved_pages *set, uint32_t page);
/* Is any page of first..last in it? */
bool saved_pages_any(const struct saved_pages *set, size_t first, size_t last);
/* The bytes; good until the next call. */
const uint8_t *saved_page_bytes(struct page_store *store, const struct saved_page *row);
void saved_page_free(struct page_store *store, const struct saved_page *row);
void saved_pages_clear(struct saved_pages *set, struct page_store *store);
/* Merges `newer` into `older`: where both have a page the older copy stays. newer is empty afterwards. */
void saved_pages_merge(struct saved_pages *older, struct saved_pages *newer, struct page_store *store);
/* Compresses raw rows from row `from` on, a group of them; the row to go on from, or `count` when all is done. */
size_t saved_pages_compress(struct saved_pages *set, struct page_store *store, size_t from);

#endif
