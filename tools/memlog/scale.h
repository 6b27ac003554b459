/*
 * The address axis of a map. Only what was touched has a place: bands, each with a linear scale of its own, between them gaps. Larger
 * bands are higher, by the square root of their size, so that a small one between large ones can still be seen.
 */
#ifndef TOOLS_MEMLOG_SCALE_H
#define TOOLS_MEMLOG_SCALE_H

#include "tools/memlog/grid.h"
#include "tools/memlog/names.h"

#define SCALE_BANDS 64u

struct band {
    uint64_t first, last;        /* addresses, whole bins */
    double top, bottom;          /* pixels from the top of the axis; whole numbers */
    const struct region *region; /* NULL: none */
    uint64_t gap;                /* bytes left out below it; 0: next to nothing, or it is the lowest */
};

struct scale {
    struct band bands[SCALE_BANDS]; /* the lowest addresses first, which stand at the bottom */
    size_t count;
};

/* regions: their ranges as shown; where they overlap the first wins. The grid is sorted, and not empty. */
void scale_make(struct scale *scale, const struct grid *grid, const struct region *regions, size_t nregions, unsigned height);
/* False: the address has no place. */
bool scale_place(const struct scale *scale, uint64_t address, double *y);

static inline double band_bytes(const struct band *band)
{
    return (double)(band->last - band->first) + 1;
}

#endif
