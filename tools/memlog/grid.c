#include "tools/memlog/grid.h"

#include <string.h>

#include "softmmu/alloc.h"

#define SMALLEST_BIN 4 /* log2 of bytes: no picture has more pixels for less */
#define ROW_BYTES    (GRID_COLUMNS * GRID_KINDS * sizeof(uint32_t))

static_assert(GRID_ROWS < UINT16_MAX && !(GRID_ROWS & (GRID_ROWS - 1)),
              "places in rows are u16, and the table's size is a power of 2");

struct grid *grid_new(void)
{
    struct grid *grid = alloc_zeroed(sizeof(*grid));
    grid->bin_shift = SMALLEST_BIN;
    return grid;
}

void grid_free(struct grid *grid)
{
    for (size_t i = 0; i < grid->nrows; i++)
        free(grid->rows[i].cells);
    free(grid);
}

static void add_saturating(uint32_t *count, uint32_t more)
{
    if (__builtin_add_overflow(*count, more, count))
        *count = UINT32_MAX;
}

/* The place of a bin in the table: of its row, or free. */
static uint16_t *place_of(struct grid *grid, uint64_t bin)
{
    size_t at = (size_t)((bin * UINT64_C(0x9e3779b97f4a7c15)) >> 40);
    for (;; at++) {
        uint16_t *place = &grid->index[at % ARRAY_SIZE(grid->index)];
        if (!*place || grid->rows[*place - 1].bin == bin)
            return place;
    }
}

static void add_cells(uint32_t *cells, const uint32_t *more)
{
    for (size_t i = 0; i < GRID_COLUMNS * GRID_KINDS; i++)
        add_saturating(&cells[i], more[i]);
}

static void coarsen_bins(struct grid *grid)
{
    assert(grid->bin_shift < 63);
    size_t count = grid->nrows;
    memset(grid->index, 0, sizeof(grid->index));
    grid->nrows = 0;
    grid->bin_shift++;
    for (size_t i = 0; i < count; i++) {
        struct grid_row row = {grid->rows[i].bin >> 1, grid->rows[i].cells};
        uint16_t *place = place_of(grid, row.bin);
        if (*place) {
            add_cells(grid->rows[*place - 1].cells, row.cells);
            free(row.cells);
        } else {
            grid->rows[grid->nrows++] = row;
            *place = (uint16_t)grid->nrows;
        }
    }
    grid->recent = NULL;
}

static void coarsen_time(struct grid *grid)
{
    assert(grid->time_shift < 63);
    uint64_t first = grid->first_column;
    for (size_t i = 0; i < grid->nrows; i++) {
        uint32_t *cells = grid->rows[i].cells;
        for (size_t from = 0; from < GRID_COLUMNS; from++) {
            size_t to = (size_t)(((first + from) >> 1) - (first >> 1));
            for (size_t kind = 0; kind < GRID_KINDS; kind++) {
                uint32_t count = cells[from * GRID_KINDS + kind];
                cells[from * GRID_KINDS + kind] = 0;
                add_saturating(&cells[to * GRID_KINDS + kind], count);
            }
        }
    }
    grid->first_column = first >> 1;
    grid->time_shift++;
}

/* Moves the first column back to an earlier one; the caller has made sure that nothing falls off the end. */
static void begin_earlier(struct grid *grid, uint64_t column)
{
    size_t columns = (size_t)(grid->first_column - column), bytes = columns * GRID_KINDS * sizeof(uint32_t);
    assert(column < grid->first_column && columns <= GRID_COLUMNS);
    for (size_t i = 0; i < grid->nrows; i++) {
        char *cells = (char *)grid->rows[i].cells;
        memmove(cells + bytes, cells, ROW_BYTES - bytes);
        memset(cells, 0, bytes);
    }
    grid->first_column = column;
}

static void make_time(struct grid *grid, uint64_t icount)
{
    bool any = grid->counts[0] || grid->counts[1];
    grid->first_icount = any ? min_u64(grid->first_icount, icount) : icount;
    if (!any || icount > grid->last_icount)
        grid->last_icount = icount;
    if (!any)
        grid->first_column = icount >> grid->time_shift;
    while ((grid->last_icount >> grid->time_shift) - (grid->first_icount >> grid->time_shift) >= GRID_COLUMNS)
        coarsen_time(grid);
    if (grid->first_icount >> grid->time_shift < grid->first_column)
        begin_earlier(grid, grid->first_icount >> grid->time_shift);
}

static struct grid_row *row_of(struct grid *grid, uint64_t address)
{
    uint64_t bin = address >> grid->bin_shift;
    if (grid->recent && grid->recent->bin == bin)
        return grid->recent;
    uint16_t *place = place_of(grid, bin);
    while (!*place && grid->nrows == GRID_ROWS) {
        coarsen_bins(grid);
        bin = address >> grid->bin_shift;
        place = place_of(grid, bin);
    }
    if (!*place) {
        assert(grid->nrows < GRID_ROWS);
        grid->rows[grid->nrows++] = (struct grid_row){bin, alloc_zeroed(ROW_BYTES)};
        *place = (uint16_t)grid->nrows;
    }
    return grid->recent = &grid->rows[*place - 1];
}

void grid_add(struct grid *grid, uint64_t icount, uint64_t address, bool write)
{
    if (UNLIKELY(icount > grid->last_icount || icount < grid->first_icount || !(grid->counts[0] | grid->counts[1])))
        make_time(grid, icount);
    struct grid_row *row = row_of(grid, address);
    size_t column = (size_t)((icount >> grid->time_shift) - grid->first_column);
    add_saturating(&row->cells[column * GRID_KINDS + write], 1);
    grid->counts[write]++;
}

static int compare_rows(const void *left, const void *right)
{
    const struct grid_row *a = left, *b = right;
    return (a->bin > b->bin) - (a->bin < b->bin);
}

void grid_sort(struct grid *grid)
{
    qsort(grid->rows, grid->nrows, sizeof(*grid->rows), compare_rows);
    grid->recent = NULL;
}
