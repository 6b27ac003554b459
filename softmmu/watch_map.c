#include "softmmu/watch_map.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/tlb.h"
#include "softmmu/watch.h"

enum { BUCKETS = 256 };

struct watch_map {
    struct watch_map *next;
    uint32_t page;
    unsigned kind;
    uint8_t bytes[GUEST_PAGE];
};

struct watch_maps {
    struct watch_map *bucket[BUCKETS];
};

struct watch_maps *watch_maps_new(void)
{
    return alloc_zeroed(sizeof(struct watch_maps));
}

static unsigned bucket_of(uint32_t page)
{
    return page >> GUEST_PAGE_BITS & (BUCKETS - 1);
}

/* From one watched byte to the next: the set gives the lowest at or after a place. */
static void draw(struct watch_map *map, const struct watch_set *set)
{
    uint64_t end = (uint64_t)map->page + GUEST_PAGE, lowest;
    for (uint64_t at = map->page; at < end;) {
        const struct watch *watch = watch_find(set, at, end - at, map->kind, &lowest);
        if (!watch)
            return;
        uint64_t last = min_u64(watch->last, end - 1);
        memset(&map->bytes[lowest - map->page], 1, last - lowest + 1);
        at = last + 1;
    }
}

const uint8_t *watch_map_of(struct watch_maps *maps, const struct watch_set *set, uint32_t page, unsigned kind)
{
    struct watch_map **bucket = &maps->bucket[bucket_of(page)];
    for (struct watch_map *map = *bucket; map; map = map->next)
        if (map->page == page && map->kind == kind)
            return map->bytes;
    struct watch_map *map = alloc_zeroed(sizeof(*map));
    map->page = page;
    map->kind = kind;
    map->next = *bucket;
    *bucket = map;
    draw(map, set);
    return map->bytes;
}

static void forget_in(struct watch_map **at, uint32_t first, uint32_t last)
{
    while (*at) {
        struct watch_map *map = *at;
        if (map->page <= last && (map->page | ~GUEST_PAGE_MASK) >= first) {
            *at = map->next;
            free(map);
        } else {
            at = &map->next;
        }
    }
}

void watch_maps_forget(struct watch_maps *maps, uint32_t first, uint32_t last)
{
    uint32_t pages = (last >> GUEST_PAGE_BITS) - (first >> GUEST_PAGE_BITS) + 1;
    if (pages >= BUCKETS) {
        for (unsigned i = 0; i < BUCKETS; i++)
            forget_in(&maps->bucket[i], first, last);
        return;
    }
    for (uint32_t i = 0; i < pages; i++)
        forget_in(&maps->bucket[bucket_of(first + (i << GUEST_PAGE_BITS))], first, last);
}

void watch_maps_free(struct watch_maps *maps)
{
    watch_maps_forget(maps, 0, UINT32_MAX);
    free(maps);
}
