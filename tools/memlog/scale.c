#include "tools/memlog/scale.h"

#include <math.h>

#define GAP_HEIGHT   15.0 /* pixels */
#define JOINT_HEIGHT 1.0  /* between bands that adjoin */
#define LEAST_HEIGHT 15.0 /* of a band: a line of text */

/* A bin belongs to the region that holds its middle. */
static const struct region *region_of(const struct region *regions, size_t nregions, uint64_t middle)
{
    for (size_t i = 0; i < nregions; i++)
        if (range_meets(&regions[i].range, middle, 1))
            return &regions[i];
    return NULL;
}

/* False: they are too many. */
static bool make_bands(struct scale *scale, const struct grid *grid, const struct region *regions, size_t nregions, uint64_t gap,
                       size_t most)
{
    uint64_t bytes = (uint64_t)1 << grid->bin_shift;
    struct band *band = NULL;
    scale->count = 0;
    for (size_t i = 0; i < grid->nrows; i++) {
        uint64_t first = grid->rows[i].bin << grid->bin_shift, left_out = band ? first - band->last - 1 : 0;
        const struct region *region = region_of(regions, nregions, first + bytes / 2);
        assert(!band || first > band->last);
        if (!band || region != band->region || left_out > gap) {
            if (scale->count == most)
                return false;
            band = &scale->bands[scale->count++];
            *band = (struct band){.first = first, .region = region, .gap = left_out > gap ? left_out : 0};
        }
        band->last = first + (bytes - 1);
    }
    return true;
}

/* The finest division that the height has room for: wider gaps are shown as if they were touched until it is met. */
static void divide(struct scale *scale, const struct grid *grid, const struct region *regions, size_t nregions, size_t most)
{
    uint64_t bytes = (uint64_t)1 << grid->bin_shift, gap = bytes * (grid->nrows / 32 + 4);
    while (!make_bands(scale, grid, regions, nregions, gap, most)) {
        if (gap == UINT64_MAX)
            nregions = 0;
        else
            gap = gap > UINT64_MAX / 2 ? UINT64_MAX : gap * 2;
    }
}

static double space_below(const struct band *band)
{
    return band->gap ? GAP_HEIGHT : JOINT_HEIGHT;
}

/* What is left when all bands have their least height is shared out. */
static void place(struct scale *scale, unsigned height)
{
    double room = height, weight = 0, y = height, exact = height;
    for (size_t i = 0; i < scale->count; i++) {
        room -= LEAST_HEIGHT + (i ? space_below(&scale->bands[i]) : 0);
        weight += sqrt(band_bytes(&scale->bands[i]));
    }
    for (size_t i = 0; i < scale->count; i++) {
        struct band *band = &scale->bands[i];
        y -= i ? space_below(band) : 0;
        exact -= (i ? space_below(band) : 0) + LEAST_HEIGHT + room * sqrt(band_bytes(band)) / weight;
        band->bottom = y;
        band->top = y = i + 1 == scale->count ? 0 : floor(exact + 0.5);
    }
}

void scale_make(struct scale *scale, const struct grid *grid, const struct region *regions, size_t nregions, unsigned height)
{
    assert(grid->nrows);
    size_t most = (size_t)(height / (2 * LEAST_HEIGHT + GAP_HEIGHT));
    divide(scale, grid, regions, nregions, most < 1 ? 1 : most > SCALE_BANDS ? SCALE_BANDS : most);
    place(scale, height);
}

bool scale_place(const struct scale *scale, uint64_t address, double *y)
{
    for (size_t i = 0; i < scale->count; i++) {
        const struct band *band = &scale->bands[i];
        if (address < band->first || address > band->last)
            continue;
        *y = band->bottom - (double)(address - band->first) / band_bytes(band) * (band->bottom - band->top);
        return true;
    }
    return false;
}
