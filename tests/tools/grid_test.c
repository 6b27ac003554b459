/* tools/memlog: accesses counted by address and time, however far both reach. */
#include "tests/softmmu/unit.h"

#include <stdlib.h>

#include "tools/memlog/grid.h"

static struct grid_row *row_at(struct grid *grid, uint64_t address)
{
    for (size_t i = 0; i < grid->nrows; i++)
        if (grid->rows[i].bin == address >> grid->bin_shift)
            return &grid->rows[i];
    return NULL;
}

static uint32_t count_at(struct grid *grid, uint64_t icount, uint64_t address, bool write)
{
    struct grid_row *row = row_at(grid, address);
    uint64_t column = (icount >> grid->time_shift) - grid->first_column;
    assert_true(!row || column < GRID_COLUMNS);
    return row ? row->cells[column * GRID_KINDS + write] : 0;
}

static void fine(void **state)
{
    struct grid *grid = grid_new();
    for (unsigned i = 0; i < 3; i++)
        grid_add(grid, 1000, 0x100, false);
    grid_add(grid, 1000 + GRID_COLUMNS - 1, 0x11f, true);
    assert_int_equal(grid->time_shift, 0);
    assert_int_equal(grid->nrows, 2);
    assert_int_equal(count_at(grid, 1000, 0x10f, false), 3);
    assert_int_equal(count_at(grid, 1000, 0x10f, true), 0);
    assert_int_equal(count_at(grid, 1000 + GRID_COLUMNS - 1, 0x110, true), 1);
    grid_add(grid, 1000 + GRID_COLUMNS, 0x11f, true);
    assert_int_equal(grid->time_shift, 1);
    assert_int_equal(count_at(grid, 1000, 0x10f, false), 3);
    assert_int_equal(count_at(grid, 1000 + GRID_COLUMNS, 0x110, true), 1);
    grid_free(grid);
}

static void earlier(void **state)
{
    struct grid *grid = grid_new();
    grid_add(grid, 5000, 0, true);
    grid_add(grid, 4000, 0, true);
    assert_int_equal(grid->time_shift, 0);
    assert_int_equal(count_at(grid, 4000, 0, true), 1);
    assert_int_equal(count_at(grid, 5000, 0, true), 1);
    grid_add(grid, 0, 0, true);
    assert_int_equal(grid->time_shift, 2);
    for (unsigned icount = 0; icount <= 5000; icount += icount ? 1000 : 4000)
        assert_int_equal(count_at(grid, icount, 0, true), 1);
    assert_int_equal(grid->first_icount, 0);
    assert_int_equal(grid->last_icount, 5000);
    grid_free(grid);
}

static void full_cell(void **state)
{
    struct grid *grid = grid_new();
    grid_add(grid, 0, 0, false);
    grid_add(grid, 1, 0, false);
    grid->rows[0].cells[0] = UINT32_MAX;
    grid_add(grid, 0, 0, false);
    assert_int_equal(count_at(grid, 0, 0, false), UINT32_MAX);
    grid_add(grid, GRID_COLUMNS, 0, false); /* adds the first two columns up */
    assert_int_equal(count_at(grid, 0, 0, false), UINT32_MAX);
    grid_free(grid);
}

/* Against a plain list: each cell has just what belongs to it, whatever was made coarser and in which order. */
static void random_ones(void **state)
{
    enum { N = 3000 };
    static struct {
        uint64_t icount, address;
        bool write;
    } list[N];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        uint64_t random = seed, counts[GRID_KINDS] = {0};
        unsigned address_bits = 8 + 10 * (unsigned)seed, time_bits = 4 + 8 * (unsigned)seed;
        address_bits = address_bits > 63 ? 63 : address_bits;
        struct grid *grid = grid_new();
        for (unsigned i = 0; i < N; i++) {
            list[i].icount = random_magnitude(&random, time_bits);
            list[i].address = seed & 1 ? random_magnitude(&random, address_bits) : random_u64(&random) >> (64 - address_bits);
            list[i].write = random_u64(&random) >> 63;
            grid_add(grid, list[i].icount, list[i].address, list[i].write);
            counts[list[i].write]++;
        }
        grid_sort(grid);
        assert_int_equal(grid->counts[0], counts[0]);
        assert_int_equal(grid->counts[1], counts[1]);
        uint64_t sum = 0;
        for (size_t row = 0; row < grid->nrows; row++) {
            assert_true(!row || grid->rows[row - 1].bin < grid->rows[row].bin);
            for (size_t cell = 0; cell < GRID_COLUMNS * GRID_KINDS; cell++)
                sum += grid->rows[row].cells[cell];
        }
        assert_int_equal(sum, N);
        for (unsigned i = 0; i < N; i++) {
            struct grid_row *row = row_at(grid, list[i].address);
            assert_non_null(row);
            size_t cell = (size_t)((list[i].icount >> grid->time_shift) - grid->first_column) * GRID_KINDS + list[i].write;
            assert_true(cell < GRID_COLUMNS * GRID_KINDS && row->cells[cell] > 0);
            row->cells[cell]--;
        }
        grid_free(grid);
    }
}

/* More pages than rows, and never more rows than there is memory for. */
static void bounded(void **state)
{
    struct grid *grid = grid_new();
    for (uint64_t page = 0; page < 3 * GRID_ROWS; page++)
        grid_add(grid, page << 40, page << 12, page & 1);
    assert_true(grid->nrows <= GRID_ROWS && grid->nrows > GRID_ROWS / 4);
    assert_int_equal(grid->bin_shift, 14);
    assert_int_equal(grid->counts[0] + grid->counts[1], 3 * GRID_ROWS);
    grid_free(grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fine),        cmocka_unit_test(earlier), cmocka_unit_test(full_cell),
        cmocka_unit_test(random_ones), cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
