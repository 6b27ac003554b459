/*
 * What holds for every chip: its field table covers its state, reset is one state, check() takes any bytes, and the arena is
 * all there is to a chip: a machine that gets another's arena goes on as the other does.
 */
#include "tests/devices/rig.h"

#include <stdlib.h>
#include <string.h>

#include "tests/devices/every_chip.h"

#define SEED 0x9e3779b97f4a7c15u

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void each_device(void (*fn)(const struct machine_device *device))
{
    struct rig *rig = rig_new(false);
    every_chip_new(rig);
    assert_true(rig->machine.ndevices > 15);
    for (unsigned i = 0; i < rig->machine.ndevices; i++)
        fn(&rig->machine.devices[i]);
    rig_free(rig);
}

static void check_fields(const struct machine_device *device)
{
    const struct device_class *class = device->class;
    uint32_t end = 0;
    for (unsigned i = 0; i < class->nfields; i++) {
        assert_int_equal(class->fields[i].offset, end);
        end += class->fields[i].size * class->fields[i].count;
    }
    assert_int_equal(end, class->state_size);
}

static void test_fields(void **state)
{
    each_device(check_fields);
}

static void check_reset(const struct machine_device *device)
{
    uint8_t *first = malloc(device->class->state_size);
    assert_non_null(first);
    device->class->reset(device->device);
    memcpy(first, device->state, device->class->state_size);
    device->class->reset(device->device);
    assert_memory_equal(first, device->state, device->class->state_size);
    assert_int_equal(device->class->check(device->state), 0);
    free(first);
}

static void test_reset(void **state)
{
    each_device(check_reset);
}

static void check_random(const struct machine_device *device)
{
    uint64_t seed = SEED;
    uint8_t *bytes = device->state;
    for (unsigned round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < device->class->state_size; i++)
            bytes[i] = next_random(&seed) >> 32;
        int verdict = device->class->check(device->state);
        assert_true(verdict == 0 || verdict == -1);
    }
}

static void test_check(void **state)
{
    each_device(check_random);
}

/* Where a guest finds registers; the controller's window registers are left alone, the guest would lose all others. */
static const struct place {
    bool memory;
    uint32_t first, count;
} places[] = {
    {false, 0x20,       2    },
    {false, 0xa0,       2    },
    {false, 0x4d0,      2    },
    {false, 0x40,       4    },
    {false, 0x70,       4    },
    {false, 0x3f8,      8    },
    {false, 0x3f0,      2    },
    {false, 0xcf9,      1    },
    {false, 0x1f0,      8    },
    {false, 0x1000,     0x40 },
    {false, 0x1100,     16   },
    {false, 0x1040,     32   },
    {false, 0x1060,     16   },
    {true,  0x1be00c00, 0x100},
    {true,  0x1be00cf8, 8    },
    {true,  0x1f000400, 0x60 },
    {true,  0x1f000b00, 0x20 },
    {true,  0x1f000900, 0x40 },
    {true,  0x1e000000, 0x40 },
};

static void poke(struct rig *rig, uint64_t *seed)
{
    uint64_t random = next_random(seed);
    const struct place *place = &places[random % ARRAY_SIZE(places)];
    struct physmap *map = place->memory ? rig->machine.phys : rig->io;
    uint64_t at = place->first + (random >> 8) % place->count;
    uint8_t byte = random >> 24;
    if (place->memory)
        at &= ~UINT64_C(3);
    unsigned size = place->memory ? 4 : 1;
    switch (random >> 40 & 7) {
    case 0:
        physmap_read(map, at, size);
        break;
    case 1:
        rig_wait(rig, (random >> 44) % 3000000);
        break;
    case 2:
        inputs_apply_now(rig->machine.inputs, INPUT_CONSOLE, 0, &byte, 1);
        break;
    default:
        physmap_write(map, at, at == 0x1be00cf8 ? (0x80000000 | (random >> 44 & 0x5ffc)) : next_random(seed), size);
    }
}

static void compare(struct rig *a, struct rig *b)
{
    assert_int_equal(arena_hash(a->machine.arena), arena_hash(b->machine.arena));
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
        for (uint32_t at = places[i].first; at < places[i].first + places[i].count; at++) {
            bool memory = places[i].memory;
            assert_int_equal(physmap_peek(memory ? a->machine.phys : a->io, at, 1),
                             physmap_peek(memory ? b->machine.phys : b->io, at, 1));
        }
}

static void copy_arena(struct rig *to, const struct rig *from)
{
    for (unsigned i = 0; i < from->machine.arena->nparts; i++)
        memcpy(to->machine.arena->parts[i].at, from->machine.arena->parts[i].at, from->machine.arena->parts[i].size);
    timers_refresh(&to->machine.timers);
}

static void test_arena_is_all(void **state)
{
    struct rig *a = rig_new(false), *b = rig_new(false);
    every_chip_new(a);
    struct every_chip *chips = every_chip_new(b);
    uint64_t seed = SEED;
    for (unsigned round = 0; round < 30; round++) {
        for (unsigned i = 0; i < 300; i++)
            poke(a, &seed);
        copy_arena(b, a);
        every_chip_remap(chips);
        compare(a, b);
        uint64_t other_seed = seed;
        for (unsigned i = 0; i < 300; i++) {
            poke(a, &seed);
            poke(b, &other_seed);
        }
        compare(a, b);
    }
    for (unsigned i = 0; i < a->machine.ndevices; i++)
        assert_int_equal(a->machine.devices[i].class->check(a->machine.devices[i].state), 0);
    rig_free(a);
    rig_free(b);
}

/* Looking changes nothing. */
static void test_peek(void **state)
{
    struct rig *rig = rig_new(false);
    every_chip_new(rig);
    uint64_t seed = SEED;
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 100; i++)
            poke(rig, &seed);
        uint64_t before = arena_hash(rig->machine.arena);
        compare(rig, rig);
        assert_int_equal(arena_hash(rig->machine.arena), before);
    }
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),       cmocka_unit_test(test_reset), cmocka_unit_test(test_check),
        cmocka_unit_test(test_arena_is_all), cmocka_unit_test(test_peek),
    };
    return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
