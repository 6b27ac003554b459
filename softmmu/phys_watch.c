#include "softmmu/phys_watch.h"

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

struct phys_watch {
    uint64_t first, last;
    unsigned kind;
    struct watch_owner *owner;
    struct watch **pieces;
    size_t npieces, capacity;
    struct phys_watch *older, *younger;
};

struct phys_watches {
    struct machine *machine;
    struct watch_set *places;
    struct phys_watch *oldest, *youngest;
};

uint64_t phys_watch_place(const struct machine *machine, uint64_t phys, uint64_t *length)
{
    assert(*length);
    struct phys_place place = physmap_find(machine->phys, phys);
    *length = min_u64(*length, place.length);
    if (place.region && (place.region->kind == REGION_RAM || place.region->kind == REGION_ROM))
        return (uint64_t)(place.region->host + place.offset - machine->arena->origin);
    return phys | PLACE_BUS;
}

struct phys_watches *phys_watches_new(struct machine *machine, void (*changed)(void *opaque, uint64_t first, uint64_t last),
                                      void *opaque)
{
    struct phys_watches *watches = alloc_zeroed(sizeof(*watches));
    watches->machine = machine;
    watches->places = watch_set_new();
    watch_on_change(watches->places, changed, opaque);
    return watches;
}

/* A range may lead to one place twice, by way of an alias; it is watched once. */
static void add_piece(struct phys_watches *watches, struct phys_watch *watch, uint64_t first, uint64_t last)
{
    assert(first <= last);
    for (size_t i = 0; i < watch->npieces; i++) {
        const struct watch *piece = watch->pieces[i];
        if (piece->last < first || piece->first > last)
            continue;
        uint64_t below = piece->first, above = piece->last;
        if (first < below)
            add_piece(watches, watch, first, below - 1);
        if (last > above)
            add_piece(watches, watch, above + 1, last);
        return;
    }
    watch->pieces = alloc_room(watch->pieces, &watch->capacity, watch->npieces + 1, sizeof(struct watch *));
    watch->pieces[watch->npieces++] = watch_insert_owned(watches->places, first, last - first + 1, watch->kind, watch->owner);
}

static void add_pieces(struct phys_watches *watches, struct phys_watch *watch)
{
    for (uint64_t at = watch->first, length; at <= watch->last; at += length) {
        length = watch->last - at + 1;
        uint64_t place = phys_watch_place(watches->machine, at, &length);
        add_piece(watches, watch, place, place + length - 1);
    }
}

static void drop_pieces(struct phys_watches *watches, struct phys_watch *watch)
{
    while (watch->npieces)
        watch_drop(watches->places, watch->pieces[--watch->npieces]);
}

struct phys_watch *phys_watch_insert(struct phys_watches *watches, uint64_t first, uint64_t length, unsigned kind,
                                     struct watch_owner *owner)
{
    assert(kind >= WATCH_READ && kind <= WATCH_ACCESS && owner);
    if (!length || first >= PLACE_BUS || length > PLACE_BUS - first)
        return NULL;
    struct phys_watch *watch = alloc_zeroed(sizeof(*watch));
    *watch = (struct phys_watch){.first = first, .last = first + length - 1, .kind = kind, .owner = owner};
    watch->older = watches->youngest;
    *(watches->youngest ? &watches->youngest->younger : &watches->oldest) = watch;
    watches->youngest = watch;
    add_pieces(watches, watch);
    return watch;
}

void phys_watch_remove(struct phys_watches *watches, struct phys_watch *watch)
{
    drop_pieces(watches, watch);
    *(watch->older ? &watch->older->younger : &watches->oldest) = watch->younger;
    *(watch->younger ? &watch->younger->older : &watches->youngest) = watch->older;
    free(watch->pieces);
    free(watch);
}

void phys_watches_free(struct phys_watches *watches)
{
    watch_on_change(watches->places, NULL, NULL);
    while (watches->oldest)
        phys_watch_remove(watches, watches->oldest);
    assert(!watches->youngest);
    watch_set_free(watches->places);
    free(watches);
}

/* Most watches lie in one place, and stay there whatever else moves. */
static bool is_in_place(const struct phys_watches *watches, const struct phys_watch *watch)
{
    uint64_t wanted = watch->last - watch->first + 1, length = wanted;
    uint64_t place = phys_watch_place(watches->machine, watch->first, &length);
    return watch->npieces == 1 && length == wanted && watch->pieces[0]->first == place;
}

void phys_watches_follow_map(struct phys_watches *watches)
{
    for (struct phys_watch *watch = watches->oldest; watch; watch = watch->younger) {
        if (is_in_place(watches, watch))
            continue;
        drop_pieces(watches, watch);
        add_pieces(watches, watch);
    }
}

struct watch_set *phys_watches_places(const struct phys_watches *watches)
{
    return watches->places;
}

unsigned phys_watches_kinds(const struct phys_watches *watches, uint64_t phys, uint64_t length)
{
    unsigned kinds = 0;
    if (!watch_count(watches->places))
        return 0;
    for (uint64_t piece; length; length -= piece, phys += piece) {
        piece = length;
        uint64_t place = phys_watch_place(watches->machine, phys, &piece);
        kinds |= watch_page_kinds(watches->places, place, place + piece - 1);
    }
    return kinds;
}

/* One piece of an access whose bytes have places in a row. */
struct run {
    uint64_t place, offset, length;
    void (*fn)(void *opaque, struct watch *watch, uint64_t offset, uint64_t length);
    void *opaque;
};

static void tell_hit(void *opaque, struct watch *watch)
{
    const struct run *run = opaque;
    uint64_t first = watch->first > run->place ? watch->first : run->place;
    uint64_t last = min_u64(watch->last, run->place + run->length - 1);
    run->fn(run->opaque, watch, run->offset + (first - run->place), last - first + 1);
}

void phys_watches_each_hit(const struct phys_watches *watches, uint64_t phys, uint64_t length, unsigned kinds,
                           void (*fn)(void *opaque, struct watch *watch, uint64_t offset, uint64_t length), void *opaque)
{
    if (!watch_count(watches->places))
        return;
    for (uint64_t done = 0; done < length;) {
        struct run run = {.offset = done, .length = length - done, .fn = fn, .opaque = opaque};
        run.place = phys_watch_place(watches->machine, phys + done, &run.length);
        watch_each_hit(watches->places, run.place, run.length, kinds, tell_hit, &run);
        done += run.length;
    }
}
