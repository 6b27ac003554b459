#include "tools/memlog/heat.h"

#include <math.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/sorted.h"

#define LEAST_LIGHT 0.30 /* of a single access */
#define PER_UNIT    (1024.0 * 1e6)

static const double background[3] = {14, 17, 24}; /* red, green, blue */
static const double colors[GRID_KINDS][3] = {
    {0,   150, 255},
    {255, 70,  20 }
};

uint32_t heat_color(double reads, double writes)
{
    const double levels[GRID_KINDS] = {reads, writes};
    uint32_t pixel = 0xff;
    for (unsigned channel = 0; channel < 3; channel++) {
        double light = background[channel];
        for (unsigned kind = 0; kind < GRID_KINDS; kind++)
            if (levels[kind] >= 0)
                light += (LEAST_LIGHT + (1 - LEAST_LIGHT) * fmin(levels[kind], 1)) * colors[kind][channel];
        pixel = pixel << 8 | (uint32_t)fmin(light, 255);
    }
    return pixel;
}

/* How much of the unit interval from `at` on lies between low and high. */
static double overlap(double at, double low, double high)
{
    return fmax(0, fmin(at + 1, high) - fmax(at, low));
}

static bool row_before(const void *row, const void *bin)
{
    return ((const struct grid_row *)row)->bin < *(const uint64_t *)bin;
}

/* Accesses a byte of one line of pixels, which shows the bins from low to high (whole ones and parts) behind bin `base`. */
static void sum_rows(const struct grid *grid, uint64_t base, double low, double high, double *line)
{
    assert(low < high);
    double bytes = (high - low) * (double)((uint64_t)1 << grid->bin_shift);
    uint64_t first = base + (uint64_t)low;
    memset(line, 0, GRID_COLUMNS * GRID_KINDS * sizeof(*line));
    for (size_t i = sorted_before(grid->rows, grid->nrows, sizeof(*grid->rows), row_before, &first); i < grid->nrows; i++) {
        double at = (double)(grid->rows[i].bin - base);
        if (at >= high)
            break;
        double share = overlap(at, low, high) / bytes;
        for (size_t cell = 0; cell < GRID_COLUMNS * GRID_KINDS; cell++)
            line[cell] += share * grid->rows[i].cells[cell];
    }
}

/* The columns of a line of pixels: from first on, in all `columns` (whole ones and parts) for `width` pixels. */
static void sum_columns(const double *line, double first, double columns, unsigned width, double scale, float *densities)
{
    for (unsigned x = 0; x < width; x++) {
        double low = first + columns * x / width, high = first + columns * (x + 1) / width, sums[GRID_KINDS] = {0};
        for (size_t column = (size_t)low; column < GRID_COLUMNS && (double)column < high; column++)
            for (unsigned kind = 0; kind < GRID_KINDS; kind++)
                sums[kind] += overlap((double)column, low, high) * line[column * GRID_KINDS + kind];
        for (unsigned kind = 0; kind < GRID_KINDS; kind++)
            densities[x * GRID_KINDS + kind] = (float)(sums[kind] / (high - low) * scale);
    }
}

static void fill_band(const struct grid *grid, const struct band *band, unsigned width, float *densities)
{
    assert(band->top < band->bottom);
    double line[GRID_COLUMNS * GRID_KINDS], column = (double)((uint64_t)1 << grid->time_shift);
    double bins = band_bytes(band) / (double)((uint64_t)1 << grid->bin_shift), height = band->bottom - band->top;
    double first = ((double)grid->first_icount - (double)grid->first_column * column) / column;
    double columns = ((double)(grid->last_icount - grid->first_icount) + 1) / column;
    for (double y = band->top; y < band->bottom; y++) {
        double low = bins * (band->bottom - y - 1) / height, high = bins * (band->bottom - y) / height;
        sum_rows(grid, band->first >> grid->bin_shift, low, high, line);
        sum_columns(line, first, columns, width, PER_UNIT / column, densities + (size_t)y * width * GRID_KINDS);
    }
}

static void find_limits(struct heat *heat, const float *densities, size_t count)
{
    heat->low = INFINITY;
    heat->high = 0;
    for (size_t i = 0; i < count; i++)
        if (densities[i] > 0) {
            heat->low = fmin(heat->low, densities[i]);
            heat->high = fmax(heat->high, densities[i]);
        }
    assert(heat->high > 0);
    /* Whole powers of ten, and at most six of them: the less is as dark as the least. */
    heat->high = pow(10, ceil(log10(heat->high) - 1e-6));
    heat->low = fmax(pow(10, floor(log10(heat->low) + 1e-6)), heat->high / 1e6);
    heat->low = fmin(heat->low, heat->high / 10);
}

static double level(const struct heat *heat, double density)
{
    return density > 0 ? fmax(0, log(density / heat->low) / log(heat->high / heat->low)) : -1;
}

void heat_make(struct heat *heat, const struct grid *grid, const struct scale *scale, unsigned width, unsigned height)
{
    assert(scale->count && width && height);
    size_t count = (size_t)width * height;
    float *densities = alloc_zeroed(count * GRID_KINDS * sizeof(*densities));
    for (size_t i = 0; i < scale->count; i++)
        fill_band(grid, &scale->bands[i], width, densities);
    find_limits(heat, densities, count * GRID_KINDS);
    heat->pixels = alloc_zeroed(count * sizeof(*heat->pixels));
    for (size_t i = 0; i < count; i++)
        heat->pixels[i] = heat_color(level(heat, densities[i * GRID_KINDS]), level(heat, densities[i * GRID_KINDS + 1]));
    free(densities);
}

void heat_free(struct heat *heat)
{
    free(heat->pixels);
}
