#include "softmmu/watch_map.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/tlb.h"
#include "softmmu/watch.h"

enum { BUCKETS = WATCH_MAPS_MOST };
#define NOWHERE UINT64_MAX

struct link {
    struct watch_map *next, **to; /* to: what points here */
};

struct watch_map {
    struct link link[WATCH_SETS]; /* in the bucket of its page in each set that has a part in it */
    uint64_t at[WATCH_SETS];      /* of the page; NOWHERE: the set has no part in the map */
    unsigned kind;
    uint8_t bytes[GUEST_PAGE];
};

struct watch_maps {
    struct watch_map *bucket[WATCH_SETS][BUCKETS];
    size_t count;
};

struct watch_maps *watch_maps_new(void)
{
    return alloc_zeroed(sizeof(struct watch_maps));
}

static unsigned bucket_of(uint64_t page)
{
    return page >> GUEST_PAGE_BITS & (BUCKETS - 1);
}

static void link_in(struct watch_map *map, unsigned space, struct watch_map **bucket)
{
    map->link[space] = (struct link){*bucket, bucket};
    if (*bucket)
        (*bucket)->link[space].to = &map->link[space].next;
    *bucket = map;
}

static void drop(struct watch_maps *maps, struct watch_map *map)
{
    assert(maps->count);
    for (unsigned space = 0; space < WATCH_SETS; space++) {
        const struct link *link = &map->link[space];
        if (map->at[space] == NOWHERE)
            continue;
        *link->to = link->next;
        if (link->next)
            link->next->link[space].to = link->to;
    }
    free(map);
    maps->count--;
}

/* From one watched byte to the next: the set gives the lowest at or after a place. */
static void draw(struct watch_map *map, const struct watch_set *set, uint64_t page)
{
    assert(!(page & (GUEST_PAGE - 1)));
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

static struct watch_map *add(struct watch_maps *maps, const struct watch_page *page, unsigned kind)
{
    struct watch_map *map = alloc_zeroed(sizeof(*map));
    map->kind = kind;
    for (unsigned i = 0; i < WATCH_SETS; i++) {
        map->at[i] = page->set[i] ? page->at[i] : NOWHERE;
        if (!page->set[i])
            continue;
        draw(map, page->set[i], page->at[i]);
        link_in(map, i, &maps->bucket[i][bucket_of(page->at[i])]);
    }
    maps->count++;
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
    assert(kind == WATCH_READ || kind == WATCH_WRITE);
    unsigned first = 0;
    while (!page->set[first]) {
        first++;
        assert(first < WATCH_SETS);
    }
    for (struct watch_map *map = maps->bucket[first][bucket_of(page->at[first])]; map; map = map->link[first].next)
        if (is_map_of(map, page, kind))
            return map->bytes;
    assert(!watch_maps_full(maps));
    return add(maps, page, kind)->bytes;
}

static void forget_in(struct watch_maps *maps, enum watch_space space, unsigned bucket, uint64_t first, uint64_t last)
{
    for (struct watch_map *map = maps->bucket[space][bucket], *next; map; map = next) {
        next = map->link[space].next;
        if (map->at[space] <= last && (map->at[space] | (GUEST_PAGE - 1)) >= first)
            drop(maps, map);
    }
}

void watch_maps_forget(struct watch_maps *maps, enum watch_space space, uint64_t first, uint64_t last)
{
    assert(space < WATCH_SETS && first <= last);
    uint64_t pages = (last >> GUEST_PAGE_BITS) - (first >> GUEST_PAGE_BITS) + 1;
    unsigned bucket = bucket_of(first);
    for (uint64_t i = 0; i < min_u64(pages, BUCKETS); i++)
        forget_in(maps, space, (bucket + (unsigned)i) & (BUCKETS - 1), first, last);
}

bool watch_maps_full(const struct watch_maps *maps)
{
    return maps->count >= WATCH_MAPS_MOST;
}

void watch_maps_forget_all(struct watch_maps *maps)
{
    for (unsigned space = 0; space < WATCH_SETS; space++)
        watch_maps_forget(maps, space, 0, UINT64_MAX);
    assert(maps->count == 0);
}

void watch_maps_free(struct watch_maps *maps)
{
    watch_maps_forget_all(maps);
    free(maps);
}
