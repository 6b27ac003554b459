/* What physmap.c (the structure) and phys_access.c (the accesses) share; nobody else includes it. */
#ifndef SOFTMMU_PHYSMAP_INTERNAL_H
#define SOFTMMU_PHYSMAP_INTERNAL_H

#include "softmmu/physmap.h"

/* One thing that was mapped: a region of its own, or an alias. */
struct mapping {
    struct region own;
    const struct region *region; /* &own, or the region of what this is an alias of */
    uint64_t base, size;         /* size 0: off */
    uint64_t offset;             /* into region, of the mapping's first byte */
    int priority;
    bool alias;
};

/* A piece of the address space with one answer. */
struct range {
    uint64_t first, last;
    const struct region *region; /* never a window; NULL: nothing answers, and `undecoded` is read */
    uint64_t offset;             /* into region, of `first` */
    uint8_t undecoded;           /* of the map in which the address ended up */
};

/* All pieces, windows resolved: sorted, without gaps, from address 0 to UINT64_MAX. */
struct view {
    struct range *ranges;
    size_t count, capacity;
    size_t hit; /* the piece that was found last */
};

struct physmap {
    const char *name;
    uint64_t mask; /* highest address */
    uint8_t undecoded;
    bool big_endian;
    struct mapping **mappings; /* each allocated alone: regions are pointed at */
    size_t count, capacity;
    struct physmap **outers; /* maps that have a window onto this one, each once */
    size_t nouters, outers_capacity;
    struct view *view;
    struct view spare; /* the view before the last change: its memory is used again */
    bool affected, differs;
    struct physmap *next_affected; /* these three: in use during a change only */
    void (*changed)(void *opaque);
    void *changed_opaque;
    struct phys_hooks hooks;
};

const struct range *physmap_lookup(const struct physmap *map, uint64_t addr);

#endif
