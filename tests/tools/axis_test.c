/* tools/memlog: the map's address axis, its pixels, ticks and labels. */
#include "tests/softmmu/unit.h"

#include <string.h>

#include "tools/memlog/heat.h"
#include "tools/memlog/labels.h"
#include "tools/memlog/ticks.h"

#define HEIGHT 400

static struct grid *grid_of(const struct range *touched, size_t count)
{
    struct grid *grid = grid_new();
    for (size_t i = 0; i < count; i++)
        for (uint64_t at = touched[i].first; at <= touched[i].last; at += 16)
            grid_add(grid, i, at, true);
    grid_sort(grid);
    return grid;
}

/* Bands stand one above the other, from the bottom to the top, and each place is where it should be. */
static void check_scale(const struct scale *scale, double height)
{
    double y, last = height;
    assert_true(scale->bands[0].bottom == height && scale->bands[scale->count - 1].top == 0);
    for (size_t i = 0; i < scale->count; i++) {
        const struct band *band = &scale->bands[i];
        assert_true(band->bottom <= last && band->top < band->bottom && band->top >= 0);
        assert_true(!i || scale->bands[i - 1].last < band->first);
        assert_true(scale_place(scale, band->first, &y) && y == band->bottom);
        assert_true(scale_place(scale, band->last, &y) && y >= band->top && y < band->bottom);
        last = band->top;
    }
}

static void gaps(void **state)
{
    static const struct range touched[] = {
        {0x1000,     0x1fff    },
        {0x2100,     0x2fff    },
        {0x80000000, 0x80000fff}
    };
    struct scale scale;
    double y;
    struct grid *grid = grid_of(touched, ARRAY_SIZE(touched));
    scale_make(&scale, grid, NULL, 0, HEIGHT);
    check_scale(&scale, HEIGHT);
    assert_int_equal(scale.count, 2); /* 256 bytes are no gap */
    assert_int_equal(scale.bands[0].first, 0x1000);
    assert_int_equal(scale.bands[0].last, 0x2fff);
    assert_int_equal(scale.bands[1].gap, 0x80000000 - 0x3000);
    assert_true(scale.bands[0].bottom - scale.bands[0].top > scale.bands[1].bottom - scale.bands[1].top);
    assert_false(scale_place(&scale, 0x3000, &y));
    assert_false(scale_place(&scale, 0xfff, &y));
    grid_free(grid);
}

static void regions(void **state)
{
    static const struct range touched[] = {
        {0x1000, 0x3fff}
    };
    static const struct region list[] = {
        {"b", {0x2000, 0x2fff}, true },
        {"a", {0x0000, 0x2fff}, false},
        {"c", {0x8000, 0x8fff}, false},
    };
    struct scale scale;
    struct grid *grid = grid_of(touched, ARRAY_SIZE(touched));
    scale_make(&scale, grid, list, ARRAY_SIZE(list), HEIGHT);
    check_scale(&scale, HEIGHT);
    assert_int_equal(scale.count, 3);
    assert_ptr_equal(scale.bands[0].region, &list[1]);
    assert_ptr_equal(scale.bands[1].region, &list[0]);
    assert_null(scale.bands[2].region);
    assert_int_equal(scale.bands[1].gap, 0);
    assert_int_equal(scale.bands[2].first, 0x3000);
    grid_free(grid);
}

/* More than there is room for: the narrowest gaps are shown instead of folded, and regions are given up last. */
static void too_many(void **state)
{
    static struct range touched[200];
    static struct region list[200];
    struct scale scale;
    for (unsigned i = 0; i < ARRAY_SIZE(touched); i++) {
        touched[i] = (struct range){(uint64_t)i * i * 0x10000, (uint64_t)i * i * 0x10000 + 0xff};
        list[i] = (struct region){"r", touched[i], false};
    }
    struct grid *far = grid_new();
    for (uint64_t i = 0; i < 16; i++)
        grid_add(far, i, i << 60, true);
    grid_sort(far);
    scale_make(&scale, far, NULL, 0, 180);
    check_scale(&scale, 180);
    grid_free(far);
    struct grid *grid = grid_of(touched, ARRAY_SIZE(touched));
    scale_make(&scale, grid, NULL, 0, HEIGHT);
    check_scale(&scale, HEIGHT);
    assert_in_range(scale.count, 1, 8);
    scale_make(&scale, grid, list, ARRAY_SIZE(list), HEIGHT);
    check_scale(&scale, HEIGHT);
    assert_in_range(scale.count, 1, 8);
    grid_free(grid);
}

/* 4 bins in 400 lines, 4 columns in 8 pixels: each bin and column has its own color, at its place. */
static void pixels(void **state)
{
    struct scale scale;
    struct heat heat;
    struct grid *grid = grid_new();
    for (unsigned i = 0; i < 4; i++)
        for (unsigned n = 0; n < 1 + 9 * i; n++)
            grid_add(grid, i, 16 * i, i & 1);
    grid_sort(grid);
    scale_make(&scale, grid, NULL, 0, HEIGHT);
    heat_make(&heat, grid, &scale, 8, HEIGHT);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < 8; x++) {
            unsigned bin = 3 - y / 100, column = x / 2;
            uint32_t pixel = heat.pixels[y * 8 + x], none = heat_color(-1, -1);
            assert_int_equal(pixel != none, bin == column);
            if (bin == column)
                assert_int_equal((pixel & 0xff) < (pixel >> 16 & 0xff), bin & 1); /* writes are red, reads blue */
        }
    uint32_t fewer = heat.pixels[200 * 8 + 2 * 1 + 100 * 8], more = heat.pixels[3 * 2];
    assert_true((more >> 16 & 0xff) > (fewer >> 16 & 0xff));
    heat_free(&heat);
    grid_free(grid);
}

static void ticks(void **state)
{
    char text[32];
    assert_int_equal(ticks_decimal_step(0), 1);
    assert_int_equal(ticks_decimal_step(3), 5);
    assert_int_equal(ticks_decimal_step(1e9 + 1), 2000000000);
    assert_int_equal(ticks_binary_step(4097), 8192);
    static const struct {
        uint64_t value, step;
        const char *text;
    } rows[] = {
        {0,          500000000, "0"      },
        {1500000000, 500000000, "1.5 G"  },
        {40000000,   20000000,  "40 M"   },
        {400000000,  200000000, "0.4 G"  },
        {1234560,    10,        "1234560"},
        {7,          1,         "7"      },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_string_equal(ticks_count(rows[i].value, rows[i].step, text, sizeof(text)), rows[i].text);
    assert_string_equal(ticks_rough(999, text, sizeof(text)), "999");
    assert_string_equal(ticks_rough(1234567, text, sizeof(text)), "1.2 M");
    assert_string_equal(ticks_bytes(16, text, sizeof(text)), "16 bytes");
    assert_string_equal(ticks_bytes(27.5 * 1048576, text, sizeof(text)), "27.5 MiB");
}

static void labels(void **state)
{
    struct label list[] = {
        {.y = 50,  .text = "a"},
        {.y = 51,  .text = "b"},
        {.y = 0,   .text = "c"},
        {.y = 100, .text = "d"},
        {.y = 99,  .text = "e"}
    };
    assert_int_equal(labels_spread(list, 4, 100, 10), 4);
    static const char *const order[] = {"c", "a", "b", "d"};
    static const double at[] = {5, 50, 60, 95};
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(list[i].text, order[i]);
        assert_true(list[i].at == at[i]);
    }
    struct label crowd[9] = {0};
    assert_int_equal(labels_spread(crowd, 9, 45, 10), 4);
    for (unsigned i = 0; i < 4; i++)
        assert_true(crowd[i].at == 5 + 10 * i);
    assert_int_equal(labels_spread(crowd, 0, 45, 10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps),   cmocka_unit_test(regions), cmocka_unit_test(too_many),
        cmocka_unit_test(pixels), cmocka_unit_test(ticks),   cmocka_unit_test(labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
