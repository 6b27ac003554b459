#include "softmmu/arena.h"

#include <string.h>

#include "unit.h"

#define MIB ((size_t)1 << 20)

static const struct layout_row {
    size_t low, total, cpu, derived;
} layouts[] = {
    {16 * MIB, 20 * MIB, 5000,  3 * MIB},
    {0,        4 * MIB,  4096,  1      },
    {MIB,      MIB,      1,     0      },
    {1 * MIB,  64 * MIB, 12288, 70000  },
};

static size_t pages(size_t size)
{
    return (size + ARENA_PAGE - 1) / ARENA_PAGE * ARENA_PAGE;
}

static void test_layout(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
        const struct layout_row *row = &layouts[i];
        struct arena *arena = arena_new(row->low, row->total, row->cpu, row->derived);
        assert_non_null(arena);
        assert_int_equal((uintptr_t)arena->base % ARENA_PAGE, 0);
        assert_ptr_equal(arena->small + ARENA_SMALL_STATE, arena->base - pages(row->cpu) - row->low);
        assert_ptr_equal(arena->low_ram, row->low ? arena->base - pages(row->cpu) - row->low : NULL);
        assert_int_equal(arena->low_ram_size, row->low);
        assert_ptr_equal(arena->origin, arena->small - (row->total - row->low));
        assert_int_equal(arena_page_of(arena, arena->origin), 0);
        assert_int_equal(arena_page_of(arena, arena->base - 1), arena_page_count(arena) - 1);
        const struct arena_part *cpu = &arena->parts[arena->nparts - 1];
        assert_string_equal(cpu->name, "cpu");
        assert_int_equal(cpu->kind, ARENA_CPU);
        assert_ptr_equal(cpu->at + cpu->size, arena->base);
        assert_int_equal(arena->nparts, row->low ? 2 : 1);
        memset(arena->base, 0xaa, row->derived);
        arena_free(arena);
    }
}

static void test_parts_are_zero_and_apart(void **state)
{
    struct arena *arena = arena_new(MIB, 3 * MIB, 4096, 4096);
    static const struct {
        const char *name;
        enum arena_kind kind;
        size_t size;
    } wanted[] = {
        {"a", ARENA_STATE, 1      },
        {"b", ARENA_RAM,   MIB    },
        {"c", ARENA_STATE, 100    },
        {"d", ARENA_STATE, 16     },
        {"e", ARENA_RAM,   5000   },
        {"f", ARENA_STATE, 0      },
        {"g", ARENA_STATE, 1 << 16},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        uint8_t *at = arena_alloc(arena, wanted[i].name, wanted[i].kind, wanted[i].size);
        bool ram = wanted[i].kind == ARENA_RAM;
        assert_int_equal((uintptr_t)at % (ram ? ARENA_PAGE : 16), 0);
        assert_true(ram ? at >= arena->origin && at < arena->small : at >= arena->small && at < arena->small + ARENA_SMALL_STATE);
        for (size_t k = 0; k < wanted[i].size; k++)
            assert_int_equal(at[k], 0);
        memset(at, 0xff, wanted[i].size);
        const struct arena_part *part = &arena->parts[arena->nparts - 1];
        assert_string_equal(part->name, wanted[i].name);
        assert_ptr_equal(part->at, at);
        assert_int_equal(part->size, ram ? pages(wanted[i].size) : wanted[i].size);
    }
    assert_ptr_equal(arena->start, arena->small - MIB - 8192);
    for (unsigned i = 0; i < arena->nparts; i++)
        for (unsigned j = 0; j < i; j++)
            assert_true(arena->parts[i].at >= arena->parts[j].at + arena->parts[j].size ||
                        arena->parts[j].at >= arena->parts[i].at + arena->parts[i].size);
    arena_free(arena);
}

static struct arena *sample(size_t device_size)
{
    struct arena *arena = arena_new(MIB, 2 * MIB, 4096, 4096);
    arena_alloc(arena, "device", ARENA_STATE, device_size);
    arena_alloc(arena, "flash", ARENA_RAM, MIB);
    return arena;
}

static void test_hash_sees_every_part(void **state)
{
    struct arena *one = sample(64), *two = sample(64), *other = sample(65);
    assert_int_equal(arena_hash(one), arena_hash(two));
    assert_int_not_equal(arena_hash(one), arena_hash(other));
    for (unsigned i = 0; i < one->nparts; i++) {
        const struct arena_part *part = &one->parts[i];
        part->at[part->size - 1] ^= 1;
        assert_int_not_equal(arena_hash(one), arena_hash(two));
        part->at[part->size - 1] ^= 1;
        assert_int_equal(arena_hash(one), arena_hash(two));
    }
    memset(one->base, 0x55, 4096);
    assert_int_equal(arena_hash(one), arena_hash(two));
    arena_free(one);
    arena_free(two);
    arena_free(other);
}

static void test_impossible_sizes_are_refused(void **state)
{
    assert_null(arena_new((size_t)3 << 30, (size_t)3 << 30, 4096, 4096));
    assert_null(arena_new(0, (size_t)1 << 60, 4096, 4096));
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_parts_are_zero_and_apart),
        cmocka_unit_test(test_hash_sees_every_part),
        cmocka_unit_test(test_impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
