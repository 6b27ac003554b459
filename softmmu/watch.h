/*
 * Sets of watched address ranges, virtual or physical. They belong to the debugger: outside the arena, never in a checkpoint.
 *
 * A set answers two questions fast, however many watches it has: which watch does this access hit, and are there any on
 * this page. It knows nothing of TLBs; whoever caches an answer asks to be told of changes.
 */
#ifndef SOFTMMU_WATCH_H
#define SOFTMMU_WATCH_H

#include "softmmu/base.h"

enum watch_kind { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_ACCESS = 3 };

struct watch;
struct watch_owner;
struct point_actions;

/* Who touches memory. */
enum watch_source { WATCH_BY_CPU, WATCH_BY_DMA, WATCH_BY_WALKER };

/* An access that touches watched bytes, told before it is done. */
struct watch_access {
    enum watch_source source;
    bool store;
    uint32_t va;     /* of its first byte; by the CPU only */
    uint64_t phys;   /* of its first byte */
    uint64_t length; /* bytes */
    /* The bytes in the order of their addresses as they are before it, and after it; NULL: not known. A load changes none. */
    const uint8_t *before, *after;
};

/* Whose a watch is. */
struct watch_owner {
    /*
     * The `length` bytes from `offset` on of the access are watched by one of his. He counts and logs as he likes; true: the machine
     * is to stop for it. Called once for each access and watch; must not change any set.
     */
    bool (*hit)(struct watch_owner *owner, const struct watch_access *access, uint64_t offset, uint64_t length);
};

struct watch {
    uint64_t first, last;          /* inclusive */
    unsigned kind;                 /* enum watch_kind */
    bool stop_after;               /* stop after the accessing unit, not before it */
    uint32_t id;                   /* counts from 1 in each set, never used again */
    uint64_t hits;                 /* counted by whoever acts on a hit */
    struct watch_owner *owner;     /* NULL: nobody in particular; each hit stops */
    struct point_actions *actions; /* cpu/actions.h; NULL: each hit stops */
};

struct watch_set;

struct watch_set *watch_set_new(void);
void watch_set_free(struct watch_set *set);

/*
 * Watches `length` bytes. The same range and kind again is the same watch (stop_after stays what it was) and must be removed
 * once more. NULL if length is 0 or the range would wrap. The pointer is good until the watch is removed.
 */
struct watch *watch_insert(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind, bool stop_after);
/* As above for an owner: always a watch of its own, to be removed by watch_drop(). */
struct watch *watch_insert_owned(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind,
                                 struct watch_owner *owner);
void watch_drop(struct watch_set *set, struct watch *watch);
/* False if there is no such watch without an owner. */
bool watch_remove(struct watch_set *set, uint64_t first, uint64_t length, unsigned kind);
void watch_remove_all(struct watch_set *set);

size_t watch_count(const struct watch_set *set);
/* In the order of insertion; fn may remove the watch that it is given. */
void watch_each(struct watch_set *set, void (*fn)(void *opaque, struct watch *watch), void *opaque);

/*
 * The watch of one of the kinds in the mask `kinds` that an access to `length` bytes hits, or NULL. Of several: the one with the lowest
 * byte that is both touched and watched, which goes to *lowest; of these the one that begins lowest, then the shortest.
 * An access that would wrap ends at UINT64_MAX.
 */
struct watch *watch_find(const struct watch_set *set, uint64_t first, uint64_t length, unsigned kinds, uint64_t *lowest);
/* Every watch of one of the kinds that an access to `length` bytes hits, in no order that matters. fn must not change the set. */
void watch_each_hit(const struct watch_set *set, uint64_t first, uint64_t length, unsigned kinds,
                    void (*fn)(void *opaque, struct watch *watch), void *opaque);
/* All kinds that are watched anywhere from first to last (inclusive): the flags for a page. */
unsigned watch_page_kinds(const struct watch_set *set, uint64_t first, uint64_t last);

/* fn is told the range whose answers changed, after each change. */
void watch_on_change(struct watch_set *set, void (*fn)(void *opaque, uint64_t first, uint64_t last), void *opaque);

#endif
