#include "softmmu/saved_pages.h"

#include <string.h>
#include <zstd.h>

#include "softmmu/alloc.h"
#include "softmmu/sorted.h"
#include "softmmu/arena.h"
#include "softmmu/page_pool.h"

/* Pages compressed as one: enough for a good ratio, few enough that reading one back stays cheap. */
enum { GROUP_PAGES = 64, LEVEL = -3 };

/* Some of its pages, the compressed bytes behind it. Lives while any row points to it. */
struct page_group {
    uint32_t size;
    uint16_t count, live;
    uint8_t bytes[];
};

void page_store_init(struct page_store *store)
{
    *store = (struct page_store){.pool = page_pool_new(),
                                 .compressor = alloc_checked(ZSTD_createCCtx()),
                                 .decompressor = alloc_checked(ZSTD_createDCtx()),
                                 .scratch = alloc_zeroed(GROUP_PAGES * ARENA_PAGE)};
}

void page_store_free(struct page_store *store)
{
    page_pool_free(store->pool);
    ZSTD_freeCCtx(store->compressor);
    ZSTD_freeDCtx(store->decompressor);
    free(store->scratch);
}

size_t page_store_used(const struct page_store *store)
{
    return page_pool_used(store->pool) + store->group_bytes;
}

static bool is_zero(const uint8_t *bytes)
{
    uint64_t first;
    memcpy(&first, bytes, sizeof(first));
    return first == 0 && memcmp(bytes, bytes + sizeof(first), ARENA_PAGE - sizeof(first)) == 0;
}

static struct saved_page *append(struct saved_pages *set)
{
    set->rows = alloc_room(set->rows, &set->capacity, set->count + 1, sizeof(*set->rows));
    set->sorted = false;
    return &set->rows[set->count++];
}

void saved_pages_add(struct saved_pages *set, struct page_store *store, uint32_t page, const uint8_t *bytes)
{
    struct saved_page *row = append(set);
    *row = (struct saved_page){.page = page, .kind = SAVED_ZERO};
    if (is_zero(bytes))
        return;
    row->kind = SAVED_RAW;
    row->raw = page_pool_take(store->pool);
    memcpy(row->raw, bytes, ARENA_PAGE);
    set->raw++;
}

void saved_pages_move(struct saved_pages *set, const struct saved_page *row)
{
    *append(set) = *row;
    set->raw += row->kind == SAVED_RAW;
}

static int compare_rows(const void *a, const void *b)
{
    uint32_t left = ((const struct saved_page *)a)->page, right = ((const struct saved_page *)b)->page;
    return (left > right) - (left < right);
}

void saved_pages_sort(struct saved_pages *set)
{
    if (!set->sorted && set->count > 1)
        qsort(set->rows, set->count, sizeof(*set->rows), compare_rows);
    set->sorted = true;
}

const struct saved_page *saved_pages_find(const struct saved_pages *set, uint32_t page)
{
    assert(set->sorted || set->count == 0);
    const struct saved_page key = {.page = page};
    return set->count ? bsearch(&key, set->rows, set->count, sizeof(key), compare_rows) : NULL;
}

static bool page_before(const void *row, const void *page)
{
    return ((const struct saved_page *)row)->page < *(const size_t *)page;
}

bool saved_pages_any(const struct saved_pages *set, size_t first, size_t last)
{
    assert(first <= last);
    assert(set->sorted || set->count == 0);
    size_t place = sorted_before(set->rows, set->count, sizeof(*set->rows), page_before, &first);
    return place < set->count && set->rows[place].page <= last;
}

static const uint8_t *unpack(struct page_store *store, const struct page_group *group)
{
    if (store->unpacked != group) {
        size_t size = group->count * ARENA_PAGE;
        size_t got = ZSTD_decompressDCtx(store->decompressor, store->scratch, size, group->bytes, group->size);
        assert(got == size);
        (void)got;
        store->unpacked = group;
    }
    return store->scratch;
}

const uint8_t *saved_page_bytes(struct page_store *store, const struct saved_page *row)
{
    assert(row->kind != SAVED_GROUP || row->slot < row->group->count);
    static const uint8_t zeros[ARENA_PAGE];
    switch ((enum saved_kind)row->kind) {
    case SAVED_RAW:
        return row->raw;
    case SAVED_GROUP:
        return unpack(store, row->group) + row->slot * ARENA_PAGE;
    case SAVED_ZERO:
        break;
    }
    return zeros;
}

static size_t group_size(const struct page_group *group)
{
    assert(group->live <= group->count);
    return sizeof(*group) + group->size;
}

void saved_page_free(struct page_store *store, const struct saved_page *row)
{
    assert(row->kind != SAVED_GROUP || row->group->live);
    if (row->kind == SAVED_RAW)
        page_pool_give(store->pool, row->raw);
    if (row->kind != SAVED_GROUP || --row->group->live)
        return;
    if (store->unpacked == row->group)
        store->unpacked = NULL;
    store->group_bytes -= group_size(row->group);
    free(row->group);
}

void saved_pages_clear(struct saved_pages *set, struct page_store *store)
{
    for (size_t i = 0; i < set->count; i++)
        saved_page_free(store, &set->rows[i]);
    free(set->rows);
    *set = (struct saved_pages){0};
}

void saved_pages_merge(struct saved_pages *older, struct saved_pages *newer, struct page_store *store)
{
    saved_pages_sort(older);
    saved_pages_sort(newer);
    struct saved_pages merged = {.sorted = true, .capacity = older->count + newer->count};
    merged.rows = alloc_zeroed(merged.capacity * sizeof(*merged.rows));
    size_t i = 0, j = 0;
    while (i < older->count || j < newer->count) {
        bool take_older = j == newer->count || (i < older->count && older->rows[i].page <= newer->rows[j].page);
        const struct saved_page *row = take_older ? &older->rows[i++] : &newer->rows[j++];
        if (take_older && j < newer->count && newer->rows[j].page == row->page)
            saved_page_free(store, &newer->rows[j++]);
        merged.rows[merged.count++] = *row;
        merged.raw += row->kind == SAVED_RAW;
    }
    free(older->rows);
    free(newer->rows);
    assert(merged.count <= merged.capacity);
    *older = merged;
    *newer = (struct saved_pages){0};
}

static void pack(struct saved_pages *set, struct page_store *store, const size_t *rows, unsigned count)
{
    assert(count >= 1 && count <= GROUP_PAGES && set->raw >= count);
    uint8_t packed[GROUP_PAGES * ARENA_PAGE];
    for (unsigned i = 0; i < count; i++)
        memcpy(store->scratch + i * ARENA_PAGE, set->rows[rows[i]].raw, ARENA_PAGE);
    store->unpacked = NULL;
    size_t size = ZSTD_compressCCtx(store->compressor, packed, sizeof(packed), store->scratch, count * ARENA_PAGE, LEVEL);
    if (ZSTD_isError(size) || size > count * ARENA_PAGE / 8 * 7)
        return; /* does not shrink: stays as it is */
    struct page_group *group = alloc_zeroed(sizeof(*group) + size);
    *group = (struct page_group){.size = (uint32_t)size, .count = (uint16_t)count, .live = (uint16_t)count};
    memcpy(group->bytes, packed, size);
    store->group_bytes += group_size(group);
    for (unsigned i = 0; i < count; i++) {
        struct saved_page *row = &set->rows[rows[i]];
        page_pool_give(store->pool, row->raw);
        *row = (struct saved_page){.page = row->page, .kind = SAVED_GROUP, .slot = (uint16_t)i, .group = group};
    }
    set->raw -= count;
    store->compressed_pages += count;
}

size_t saved_pages_compress(struct saved_pages *set, struct page_store *store, size_t from)
{
    assert(from <= set->count);
    assert(set->sorted || set->count == 0);
    size_t rows[GROUP_PAGES], at = from;
    unsigned count = 0;
    for (; at < set->count && count < GROUP_PAGES; at++)
        if (set->rows[at].kind == SAVED_RAW)
            rows[count++] = at;
    if (count)
        pack(set, store, rows, count);
    return at;
}
