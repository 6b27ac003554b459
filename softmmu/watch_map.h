/*
 * Maps of watched pages: a byte for each byte of the page, not 0 if a watch of the kind lies on it. They keep a watched page fast for
 * its unwatched bytes; the answer about a hit still comes from the watch sets. One for each page and kind that is accessed while watched.
 *
 * A guest page is watched by its own address and by the memory behind it, so a map is drawn from up to WATCH_SETS sets, in
 * each of which the page has an address of its own.
 */
#ifndef SOFTMMU_WATCH_MAP_H
#define SOFTMMU_WATCH_MAP_H

#include "softmmu/base.h"

struct watch_maps;
struct watch_set;

/* By virtual address: the debugger's and the guest's own; by place (softmmu/phys_watch.h). */
enum watch_space { WATCH_VIRTUAL, WATCH_GUEST, WATCH_PLACES, WATCH_SETS };

struct watch_page {
    const struct watch_set *set[WATCH_SETS]; /* NULL: has no watch of the kind on the page */
    uint64_t at[WATCH_SETS];                 /* the page's address there */
};

/* So that their memory is bounded; more than there are TLB entries. */
enum { WATCH_MAPS_MOST = 16384 };

struct watch_maps *watch_maps_new(void);
void watch_maps_free(struct watch_maps *maps);
/* The map of the page; it stays where it is until it is forgotten. kind: WATCH_READ or WATCH_WRITE. Not while they are full. */
const uint8_t *watch_map_of(struct watch_maps *maps, const struct watch_page *page, unsigned kind);
/* A set changed in this range: TLB entries with these maps have been flushed. */
void watch_maps_forget(struct watch_maps *maps, enum watch_space space, uint64_t first, uint64_t last);
bool watch_maps_full(const struct watch_maps *maps);
/* Every TLB entry with a map has been flushed. */
void watch_maps_forget_all(struct watch_maps *maps);

#endif
