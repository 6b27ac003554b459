#include "softmmu/watch_map.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/tlb.h"
#include "softmmu/watch.h"

enum { BUCKETS = 256 };
#define NOWHERE UINT64_MAX

struct watch_map {
    struct watch_map *next;
    uint64_t at[WATCH_SETS]; /* of the page; NOWHERE: the set has no part in the map */
    unsigned kind;
    uint8_t bytes[GUEST_PAGE];
};

/* A map lies in the bucket of its page in the first set that has a part in it. */
struct watch_maps {
    struct watch_map *bucket[BUCKETS];
    unsigned mixed; /* maps drawn from places and virtual watches both */
};

struct watch_maps *watch_maps_new(void)
{
    return alloc_zeroed(sizeof(struct watch_maps));
}

static unsigned bucket_of(uint64_t page)
{
    return page >> GUEST_PAGE_BITS & (BUCKETS - 1);
}

static bool is_mixed(const struct watch_map *map)
{
    return map->at[WATCH_PLACES] != NOWHERE && (map->at[WATCH_VIRTUAL] != NOWHERE || map->at[WATCH_GUEST] != NOWHERE);
}

/* From one watched byte to the next: the set gives the lowest at or after a place. */
static void draw(struct watch_map *map, const struct watch_set *set, uint64_t page)
{
    uint64_t end = page + GUEST_PAGE, lowest;
    for (uint64_t at = page; at < end;) {
        const struct watch *watch = watch_find(set, at, end - at, map->kind, &lowest);
        if (!watch)
            return;
        uint64_t last = min_u64(watch->last, end - 1);
        memset(&map->bytes[lowest - page], 1, last - lowest + 1);
        at = last + 1;
    }
}

static struct watch_map *map_new(const struct watch_page *page, unsigned kind)
{
    struct watch_map *map = alloc_zeroed(sizeof(*map));
    map->kind = kind;
    for (unsigned i = 0; i < WATCH_SETS; i++) {
        map->at[i] = page->set[i] ? page->at[i] : NOWHERE;
        if (page->set[i])
            draw(map, page->set[i], page->at[i]);
    }
    return map;
}

static bool is_map_of(const struct watch_map *map, const struct watch_page *page, unsigned kind)
{
    for (unsigned i = 0; i < WATCH_SETS; i++)
        if (map->at[i] != (page->set[i] ? page->at[i] : NOWHERE))
            return false;
    return map->kind == kind;
}

const uint8_t *watch_map_of(struct watch_maps *maps, const struct watch_page *page, unsigned kind)
{
    unsigned first = 0;
    while (!page->set[first]) {
        first++;
        assert(first < WATCH_SETS);
    }
    struct watch_map **bucket = &maps->bucket[bucket_of(page->at[first])];
    for (struct watch_map *map = *bucket; map; map = map->next)
        if (is_map_of(map, page, kind))
            return map->bytes;
    struct watch_map *map = map_new(page, kind);
    map->next = *bucket;
    *bucket = map;
    maps->mixed += is_mixed(map);
    return map->bytes;
}

static void forget_in(struct watch_maps *maps, unsigned bucket, enum watch_space space, uint64_t first, uint64_t last)
{
    for (struct watch_map **at = &maps->bucket[bucket]; *at;) {
        struct watch_map *map = *at;
        uint64_t page = map->at[space];
        if (page == NOWHERE || page > last || (page | (GUEST_PAGE - 1)) < first) {
            at = &map->next;
            continue;
        }
        maps->mixed -= is_mixed(map);
        *at = map->next;
        free(map);
    }
}

void watch_maps_forget(struct watch_maps *maps, enum watch_space space, uint64_t first, uint64_t last)
{
    uint64_t pages = (last >> GUEST_PAGE_BITS) - (first >> GUEST_PAGE_BITS) + 1;
    bool anywhere = space == WATCH_PLACES && maps->mixed; /* mixed ones lie where their virtual page says */
    for (unsigned i = 0; i < BUCKETS; i++)
        if (anywhere || pages >= BUCKETS || ((i - bucket_of(first)) & (BUCKETS - 1)) < pages)
            forget_in(maps, i, space, first, last);
}

void watch_maps_free(struct watch_maps *maps)
{
    for (unsigned space = 0; space < WATCH_SETS; space++)
        watch_maps_forget(maps, space, 0, UINT64_MAX);
    free(maps);
}
