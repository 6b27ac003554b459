/*
 * Maps of watched pages: a byte for each byte of the page, not 0 if a watch of the kind lies on it. They keep a watched page fast for
 * its unwatched bytes; the answer about a hit still comes from the watch set. One for each page and kind that is accessed while watched.
 */
#ifndef SOFTMMU_WATCH_MAP_H
#define SOFTMMU_WATCH_MAP_H

#include "softmmu/base.h"

struct watch_maps;
struct watch_set;

struct watch_maps *watch_maps_new(void);
void watch_maps_free(struct watch_maps *maps);
/* The map of the page at this guest address; it stays where it is until the page is forgotten. kind: WATCH_READ or WATCH_WRITE. */
const uint8_t *watch_map_of(struct watch_maps *maps, const struct watch_set *set, uint32_t page, unsigned kind);
/* The set changed in this range: TLB entries with these maps have been flushed. */
void watch_maps_forget(struct watch_maps *maps, uint32_t first, uint32_t last);

#endif
