/*
 * Physical watches. The ranges are addresses as the CPU sees them in the physical map; what is watched is the memory that answers
 * there, so an access by any other address of it hits too. Where no memory answers (device registers, nothing) it is the address.
 * When the map changes the ranges stay, and what they watch follows.
 *
 * Inside, a watched byte has a place: memory its offset from the arena's origin, else the address with PLACE_BUS set. The
 * places lie in one watch set, in as many watches as a range needs.
 */
#ifndef SOFTMMU_PHYS_WATCH_H
#define SOFTMMU_PHYS_WATCH_H

#include "softmmu/watch.h"

struct machine;
struct phys_watches;

#define PLACE_BUS ((uint64_t)1 << 63)

/* A range. DEBUG: outside the arena. */
struct phys_watch;

/* changed: as of watch_on_change(), for places. */
struct phys_watches *phys_watches_new(struct machine *machine, void (*changed)(void *opaque, uint64_t first, uint64_t last),
                                      void *opaque);
void phys_watches_free(struct phys_watches *watches);
/* NULL if length is 0 or the range would wrap or reach PLACE_BUS. */
struct phys_watch *phys_watch_insert(struct phys_watches *watches, uint64_t first, uint64_t length, unsigned kind,
                                     struct watch_owner *owner);
void phys_watch_remove(struct phys_watches *watches, struct phys_watch *watch);
/* The physical map changed. */
void phys_watches_follow_map(struct phys_watches *watches);

/* The set of places. */
struct watch_set *phys_watches_places(const struct phys_watches *watches);
/* Where the bytes from phys on have their places: the first one's; *length is lowered to how far they go in a row. */
uint64_t phys_watch_place(const struct machine *machine, uint64_t phys, uint64_t *length);
/* All kinds that are watched in `length` bytes from phys on. */
unsigned phys_watches_kinds(const struct phys_watches *watches, uint64_t phys, uint64_t length);
/* fn(opaque, watch, offset, length) for each watch of one of the kinds that an access hits: these of its bytes are watched. */
void phys_watches_each_hit(const struct phys_watches *watches, uint64_t phys, uint64_t length, unsigned kinds,
                           void (*fn)(void *opaque, struct watch *watch, uint64_t offset, uint64_t length), void *opaque);

#endif
