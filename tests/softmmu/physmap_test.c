#include "softmmu/physmap.h"

#include <string.h>

#include "unit.h"

static uint8_t memory[1 << 16];

static struct region ram(const char *name, uint64_t size)
{
    return (struct region){.name = name, .kind = REGION_RAM, .size = size, .host = memory};
}

static struct region mmio(const char *name, uint64_t size)
{
    static const struct mmio_ops ops;
    return (struct region){.name = name, .kind = REGION_MMIO, .size = size, .ops = &ops};
}

static struct region window(const char *name, uint64_t size, struct physmap *target, uint64_t at)
{
    return (struct region){.name = name, .kind = REGION_WINDOW, .size = size, .target = target, .target_base = at};
}

struct expected {
    uint64_t addr;
    const char *name; /* NULL: nothing answers */
    uint64_t offset, length;
};

static void check(const struct physmap *map, const struct expected *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct phys_place place = physmap_find(map, rows[i].addr);
        if (!rows[i].name) {
            assert_null(place.region);
        } else {
            assert_non_null(place.region);
            assert_string_equal(place.region->name, rows[i].name);
            assert_int_equal(place.offset, rows[i].offset);
        }
        assert_int_equal(place.length, rows[i].length);
    }
}

static void test_priorities_and_aliases(void **state)
{
    struct physmap *map = physmap_new("test", 32, 0, false);
    struct region low = ram("low", 0x8000), uart = mmio("uart", 0x100), big = mmio("big", 0x1000);
    unsigned low_handle = physmap_add(map, 0, 0, &low);
    physmap_add(map, 0x1000, 1, &uart);
    physmap_add(map, 0x1080, -1, &big);
    physmap_add(map, 0xfffff800, 0, &big);
    physmap_add_alias(map, 0x20000000, 0, low_handle, 0x4000, 0x1000);
    static const struct expected rows[] = {
        {0,          "low",  0,      0x1000    },
        {0xfff,      "low",  0xfff,  1         },
        {0x1000,     "uart", 0,      0x100     },
        {0x10ff,     "uart", 0xff,   1         },
        {0x1100,     "low",  0x1100, 0x6f00    },
        {0x8000,     NULL,   0,      0x1fff8000},
        {0x20000004, "low",  0x4004, 0xffc     },
        {0x20001000, NULL,   0,      0xdfffe800},
        {0xfffff900, "big",  0x100,  0x700     },
    };
    check(map, rows, ARRAY_SIZE(rows));
    assert_null(physmap_find(map, 0x100000000).region);
    assert_null(physmap_find(map, UINT64_MAX).region);
    assert_ptr_equal(physmap_find(map, 0x20000000).region, physmap_find(map, 0x4000).region);
    physmap_free(map);
}

static void test_windows(void **state)
{
    struct physmap *cpu = physmap_new("cpu", 32, 0, false), *bus = physmap_new("bus", 32, 0xff, false);
    struct region main_ram = ram("ram", 0x1000), card = mmio("card", 0x100);
    struct region to_bus = window("to bus", 0x10000, bus, 0x400), to_ram = window("to ram", 0x1000, cpu, 0);
    physmap_add(cpu, 0, 0, &main_ram);
    physmap_add(cpu, 0x10000, 1, &to_bus);
    struct region below = mmio("below", 0x20000);
    physmap_add(cpu, 0x10000, 0, &below);
    physmap_add(bus, 0x600, 0, &card);
    /* the bus sees the CPU's RAM, the CPU sees the bus: a circle of maps, not of addresses */
    physmap_add(bus, 0x8000, 0, &to_ram);
    static const struct expected rows[] = {
        {0x10000, NULL,    0,       0x200  },
        {0x10210, "card",  0x10,    0xf0   },
        {0x10300, NULL,    0,       0x7900 },
        {0x17c10, "ram",   0x10,    0xff0  },
        {0x18c00, NULL,    0,       0x7400 },
        {0x20000, "below", 0x10000, 0x10000},
    };
    check(cpu, rows, ARRAY_SIZE(rows));
    assert_int_equal(physmap_peek(cpu, 0x10000, 2), 0xffff);
    assert_int_equal(physmap_peek(cpu, 0x5000, 2), 0);
    physmap_free(bus);
    assert_null(physmap_find(cpu, 0x10210).region);
    physmap_free(cpu);
}

static void test_circle_of_windows_ends(void **state)
{
    struct physmap *one = physmap_new("one", 32, 0x11, false), *two = physmap_new("two", 32, 0x22, false);
    struct region to_two = window("to two", 0x1000, two, 0), to_one = window("to one", 0x1000, one, 0);
    physmap_add(one, 0, 0, &to_two);
    physmap_add(two, 0, 0, &to_one);
    assert_null(physmap_find(one, 0).region);
    assert_null(physmap_find(two, 0xfff).region);
    physmap_free(one);
    physmap_free(two);
}

static void count_change(void *opaque)
{
    ++*(unsigned *)opaque;
}

static void test_moves_are_told(void **state)
{
    struct physmap *cpu = physmap_new("cpu", 32, 0, false), *bus = physmap_new("bus", 32, 0, false);
    struct region card = mmio("card", 0x100), main_ram = ram("ram", 0x1000);
    struct region to_bus = window("to bus", 0, bus, 0x1000);
    unsigned cpu_changes = 0, bus_changes = 0;
    unsigned win = physmap_add(cpu, 0x10000, 0, &to_bus);
    unsigned bar = physmap_add(bus, 0x1000, 0, &card);
    physmap_on_change(cpu, count_change, &cpu_changes);
    physmap_on_change(bus, count_change, &bus_changes);
    const struct {
        struct physmap *map;
        unsigned handle;
        uint64_t base, size;
        unsigned cpu_changes, bus_changes; /* after it */
        const char *at_10000;
    } rows[] = {
        {bus, bar, 0x2000,  0x100,  0, 1, NULL  }, /* the window is off */
        {cpu, win, 0x10000, 0x800,  0, 1, NULL  }, /* on, but nothing is seen through it */
        {bus, bar, 0x1000,  0x100,  1, 2, "card"},
        {bus, bar, 0x1000,  0x100,  1, 2, "card"}, /* no change */
        {cpu, win, 0x10000, 0x1000, 1, 2, "card"}, /* more of nothing */
        {bus, bar, 0x1000,  0,      2, 3, NULL  },
        {bus, bar, 0x5000,  0,      2, 3, NULL  }, /* moved while off */
        {bus, bar, 0x1000,  0x80,   3, 4, "card"},
        {cpu, win, 0x20000, 0x1000, 4, 4, NULL  },
        {cpu, win, 0x10000, 0x1000, 5, 4, "card"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        physmap_move(rows[i].map, rows[i].handle, rows[i].base, rows[i].size);
        assert_int_equal(cpu_changes, rows[i].cpu_changes);
        assert_int_equal(bus_changes, rows[i].bus_changes);
        const struct region *region = physmap_find(cpu, 0x10000).region;
        assert_int_equal(region != NULL, rows[i].at_10000 != NULL);
    }
    /* RAM does not grow with the size of its decoder */
    unsigned bank = physmap_add(cpu, 0x40000, 0, &main_ram);
    physmap_move(cpu, bank, 0x40000, 0x100000);
    assert_int_equal(physmap_find(cpu, 0x40000).length, 0x1000);
    assert_null(physmap_find(cpu, 0x41000).region);
    physmap_free(cpu);
    physmap_free(bus);
}

enum { SPACE = 256, LAYERS = 12 };

struct layer {
    unsigned handle, base, size, offset;
    int priority;
    const struct region *region;
};

/* The answer by the definition: the highest priority, of equals the youngest. */
static const struct layer *oracle_find(const struct layer *layers, unsigned count, unsigned addr)
{
    const struct layer *best = NULL;
    for (unsigned i = 0; i < count; i++) {
        const struct layer *layer = &layers[i];
        if (addr >= layer->base && addr - layer->base < layer->size && (!best || layer->priority >= best->priority))
            best = layer;
    }
    return best;
}

static void check_all_addresses(const struct physmap *map, const struct layer *layers, unsigned count, uint64_t *seed)
{
    for (unsigned i = 0; i < SPACE; i++) {
        unsigned addr = (unsigned)random_below(seed, SPACE);
        const struct layer *layer = oracle_find(layers, count, addr);
        struct phys_place place = physmap_find(map, addr);
        assert_int_equal(layer != NULL, place.region != NULL);
        unsigned end = addr;
        while (end < SPACE && oracle_find(layers, count, end) == layer)
            end++;
        if (layer) {
            assert_string_equal(place.region->name, layer->region->name);
            assert_int_equal(place.offset, layer->offset + addr - layer->base);
        }
        if (end < SPACE || layer)
            assert_int_equal(place.length, end - addr);
    }
}

static void test_random_layers(void **state)
{
    static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5"};
    uint64_t seed = 6;
    for (unsigned round = 0; round < 60; round++) {
        struct physmap *map = physmap_new("random", 8, 0, false);
        struct layer layers[LAYERS];
        struct region regions[6];
        for (unsigned i = 0; i < LAYERS; i++) {
            struct layer *layer = &layers[i];
            *layer = (struct layer){.base = (unsigned)random_below(&seed, SPACE), .priority = (int)random_below(&seed, 4) - 1};
            layer->size = (unsigned)random_below(&seed, 100);
            if (i < 6) {
                regions[i] = mmio(names[i], layer->size);
                layer->region = &regions[i];
                layer->handle = physmap_add(map, layer->base, layer->priority, &regions[i]);
            } else {
                const struct layer *of = &layers[i - 6];
                layer->region = of->region;
                layer->offset = (unsigned)random_below(&seed, of->region->size + 1);
                layer->handle = physmap_add_alias(map, layer->base, layer->priority, of->handle, layer->offset, layer->size);
            }
            check_all_addresses(map, layers, i + 1, &seed);
        }
        for (unsigned i = 0; i < 10; i++) {
            struct layer *layer = &layers[random_below(&seed, LAYERS)];
            layer->base = (unsigned)random_below(&seed, SPACE);
            layer->size = (unsigned)random_below(&seed, 100);
            physmap_move(map, layer->handle, layer->base, layer->size);
            check_all_addresses(map, layers, LAYERS, &seed);
        }
        physmap_free(map);
    }
}

static void test_whole_64_bit_space(void **state)
{
    struct physmap *map = physmap_new("wide", 64, 0xff, false);
    struct region top = mmio("top", 0x1000);
    assert_int_equal(physmap_find(map, 0).length, UINT64_MAX);
    physmap_add(map, 0 - (uint64_t)0x800, 0, &top);
    assert_int_equal(physmap_find(map, 0 - (uint64_t)0x10).offset, 0x7f0);
    assert_int_equal(physmap_find(map, UINT64_MAX).length, 1);
    assert_null(physmap_find(map, 0).region);
    physmap_free(map);
}

static void join(void *opaque, const char *text)
{
    strcat(strcat(opaque, text), "\n");
}

static void test_print(void **state)
{
    struct physmap *cpu = physmap_new("cpu", 32, 0, false), *bus = physmap_new("bus", 16, 0xff, false);
    struct region main_ram = ram("ram", 0x1000), to_bus = window("io", 0x1000, bus, 0x100), uart = mmio("uart", 8);
    physmap_add(cpu, 0x18000000, 2, &to_bus);
    unsigned bank = physmap_add(cpu, 0, 0, &main_ram);
    physmap_add_alias(cpu, 0x80000, 0, bank, 0x800, 0x400);
    unsigned off = physmap_add(bus, 0x2f8, 0, &uart);
    physmap_add(bus, 0x3f8, 0, &uart);
    physmap_move(bus, off, 0x2f8, 0);
    char text[1024] = "";
    physmap_print(cpu, join, text);
    assert_string_equal(text, "cpu: up to ffffffff, undecoded 00\n"
                              "  00000000-00000fff priority 0: ram ram\n"
                              "  00080000-000803ff priority 0: alias of ram ram from its byte 00000800 on\n"
                              "  18000000-18000fff priority 2: window io onto bus at 00000100\n"
                              "    bus: up to 0000ffff, undecoded ff\n"
                              "      off priority 0: mmio uart\n"
                              "      000003f8-000003ff priority 0: mmio uart\n");
    physmap_free(cpu);
    physmap_free(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priorities_and_aliases),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_circle_of_windows_ends),
        cmocka_unit_test(test_moves_are_told),
        cmocka_unit_test(test_random_layers),
        cmocka_unit_test(test_whole_64_bit_space),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
