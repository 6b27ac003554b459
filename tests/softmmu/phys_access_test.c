#include "softmmu/physmap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

/* A device that keeps its calls as text. Its registers' bytes are the low bytes of their offsets plus 0x40, lowest address lowest. */
struct chip {
    char calls[512];
};

static uint64_t pattern(uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)(uint8_t)(0x40 + offset + i) << (8 * i);
    return value;
}

static void note(struct chip *chip, const char *format, ...) PRINTF_LIKE(2, 3);
static void note(struct chip *chip, const char *format, ...)
{
    size_t used = strlen(chip->calls);
    va_list args;
    va_start(args, format);
    vsnprintf(chip->calls + used, sizeof(chip->calls) - used, format, args);
    va_end(args);
}

static uint64_t little_read(void *opaque, uint64_t offset, unsigned size)
{
    note(opaque, "r%u@%" PRIx64 " ", size, offset);
    return pattern(offset, size);
}

/* The same bytes, as a big-endian CPU's native word. */
static uint64_t big_read(void *opaque, uint64_t offset, unsigned size)
{
    return byte_swap(little_read(opaque, offset, size), size);
}

static uint64_t little_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return pattern(offset, size);
}

static void chip_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    note(opaque, "w%u@%" PRIx64 "=%" PRIx64 " ", size, offset, value);
}

static const struct mmio_ops any = {little_read, chip_write, little_peek, 0, 0};
static const struct mmio_ops words = {little_read, chip_write, little_peek, 4, 4};
static const struct mmio_ops bytes_only = {little_read, chip_write, little_peek, 1, 1};
static const struct mmio_ops wide = {little_read, chip_write, little_peek, 1, 8};
static const struct mmio_ops native = {big_read, chip_write, NULL, 4, 4};
static const struct mmio_ops mute;

static struct physmap *map_with(const struct mmio_ops *ops, unsigned flags, bool big_endian, struct chip *chip)
{
    struct physmap *map = physmap_new("test", 32, 0xff, big_endian);
    memset(chip, 0, sizeof(*chip));
    physmap_add(map, 0x1000, 0,
                &(struct region){.name = "chip", .kind = REGION_MMIO, .flags = flags, .size = 0x20, .ops = ops, .opaque = chip});
    return map;
}

static void test_device_reads(void **state)
{
    static const struct {
        const struct mmio_ops *ops;
        unsigned flags, offset, size;
        const char *calls;
    } rows[] = {
        {&any,        0,                0,    4, "r4@0 "               },
        {&any,        0,                3,    1, "r1@3 "               },
        {&any,        0,                8,    8, "r4@8 r4@c "          },
        {&any,        0,                1,    4, "r1@1 r2@2 r1@4 "     },
        {&words,      0,                2,    1, "r4@0 "               },
        {&words,      0,                1,    2, "r4@0 "               },
        {&words,      0,                6,    4, "r4@4 r4@8 "          },
        {&words,      0,                4,    8, "r4@4 r4@8 "          },
        {&bytes_only, 0,                4,    4, "r1@4 r1@5 r1@6 r1@7 "},
        {&wide,       0,                8,    8, "r8@8 "               },
        {&wide,       0,                4,    8, "r4@4 r4@8 "          },
        {&native,     REGION_CPU_ORDER, 4,    4, "r4@4 "               },
        {&native,     REGION_CPU_ORDER, 5,    1, "r4@4 "               },
        {&native,     REGION_CPU_ORDER, 6,    2, "r4@4 "               },
        {&native,     REGION_CPU_ORDER, 0x10, 8, "r4@10 r4@14 "        },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct chip chip;
        struct physmap *map = map_with(rows[i].ops, rows[i].flags, true, &chip);
        assert_int_equal(physmap_read(map, 0x1000 + rows[i].offset, rows[i].size), pattern(rows[i].offset, rows[i].size));
        assert_string_equal(chip.calls, rows[i].calls);
        if (rows[i].ops->peek)
            assert_int_equal(physmap_peek(map, 0x1000 + rows[i].offset, rows[i].size), pattern(rows[i].offset, rows[i].size));
        else
            assert_int_equal(physmap_peek(map, 0x1000 + rows[i].offset, 1), 0xff);
        assert_string_equal(chip.calls, rows[i].calls);
        physmap_free(map);
    }
}

static void test_device_writes(void **state)
{
    static const struct {
        const struct mmio_ops *ops;
        unsigned flags;
        bool big;
        unsigned offset, size;
        uint64_t value;
        const char *calls;
    } rows[] = {
        {&any,        0,                true,  0, 4, 0x44332211,         "w4@0=44332211 "              },
        {&any,        0,                true,  4, 8, 0x8877665544332211, "w4@4=44332211 w4@8=88776655 "},
        {&any,        0,                false, 3, 2, 0x2211,             "w1@3=11 w1@4=22 "            },
        {&any,        0,                false, 0, 1, 0xffffff11,         "w1@0=11 "                    },
        {&words,      0,                false, 2, 2, 0x2211,             "w2@2=2211 "                  },
        {&bytes_only, 0,                false, 0, 2, 0x2211,             "w1@0=11 w1@1=22 "            },
        {&wide,       0,                false, 8, 8, 0x8877665544332211, "w8@8=8877665544332211 "      },
        {&native,     REGION_CPU_ORDER, false, 0, 4, 0x44332211,         "w4@0=44332211 "              },
        {&native,     REGION_CPU_ORDER, true,  0, 4, 0x44332211,         "w4@0=11223344 "              },
        {&native,     REGION_CPU_ORDER, true,  2, 2, 0x2211,             "w2@2=1122 "                  },
        {&native,     REGION_CPU_ORDER, true,  0, 8, 0x8877665544332211, "w4@0=11223344 w4@4=55667788 "},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct chip chip;
        struct physmap *map = map_with(rows[i].ops, rows[i].flags, rows[i].big, &chip);
        physmap_write(map, 0x1000 + rows[i].offset, rows[i].value, rows[i].size);
        assert_string_equal(chip.calls, rows[i].calls);
        physmap_free(map);
    }
}

static uint8_t ram_bytes[0x100], rom_bytes[0x100];

struct hook_log {
    char text[256];
    uint8_t before[0x100]; /* RAM as it was at the last call of before */
};

static void on_before(void *opaque, uint8_t *host, size_t length, enum phys_writer who)
{
    struct hook_log *log = opaque;
    memcpy(log->before, ram_bytes, sizeof(ram_bytes));
    size_t used = strlen(log->text);
    bool rom = host >= rom_bytes && host < rom_bytes + sizeof(rom_bytes);
    snprintf(log->text + used, sizeof(log->text) - used, "%s%zx+%zx by %d ", rom ? "rom" : "ram",
             (size_t)(host - (rom ? rom_bytes : ram_bytes)), length, who);
}

static void on_after(void *opaque, uint8_t *host, size_t length, enum phys_writer who)
{
    struct hook_log *log = opaque;
    strncat(log->text, "done ", sizeof(log->text) - strlen(log->text) - 1);
}

/* RAM at 0 and again (upper half) at 0x100; ROM at 0x200; a chip at 0x300; nothing from 0x320 on. */
static struct physmap *mixed_map(struct chip *chip, const struct mmio_ops *rom_ops, struct hook_log *log)
{
    struct physmap *map = physmap_new("test", 32, 0xee, false);
    memset(chip, 0, sizeof(*chip));
    memset(log, 0, sizeof(*log));
    for (unsigned i = 0; i < sizeof(ram_bytes); i++) {
        ram_bytes[i] = (uint8_t)i;
        rom_bytes[i] = (uint8_t)~i;
    }
    unsigned bank = physmap_add(map, 0, 0, &(struct region){.name = "ram", .kind = REGION_RAM, .size = 0x100, .host = ram_bytes});
    physmap_add_alias(map, 0x100, 0, bank, 0x80, 0x80);
    physmap_add(
        map, 0x200, 0,
        &(struct region){.name = "rom", .kind = REGION_ROM, .size = 0x100, .host = rom_bytes, .ops = rom_ops, .opaque = chip});
    physmap_add(map, 0x300, 0, &(struct region){.name = "chip", .kind = REGION_MMIO, .size = 0x20, .ops = &any, .opaque = chip});
    physmap_set_hooks(map, &(struct phys_hooks){on_before, on_after, NULL, log});
    return map;
}

static void test_memory_values(void **state)
{
    struct chip chip;
    struct hook_log log;
    struct physmap *map = mixed_map(&chip, NULL, &log);
    static const struct {
        uint64_t addr;
        unsigned size;
        uint64_t value;
    } rows[] = {
        {0x10,        4, 0x13121110        },
        {0x11,        8, 0x1817161514131211},
        {0xfe,        4, 0x8180fffe        }, /* from the bank into its alias */
        {0x17e,       4, 0xeeeefffe        }, /* from the alias into nothing */
        {0x1ff,       2, 0xffee            }, /* from nothing into ROM */
        {0x2fe,       4, 0x41400001        }, /* from ROM into the chip */
        {0x5000,      2, 0xeeee            },
        {0xffffffff,  8, 0xeeeeeeeeeeeeeeee},
        {0x100000010, 1, 0xee              },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(physmap_read(map, rows[i].addr, rows[i].size), rows[i].value);
        assert_int_equal(physmap_peek(map, rows[i].addr, rows[i].size), rows[i].value);
    }
    physmap_write(map, 0xff, 0x4433, 2);
    assert_int_equal(ram_bytes[0xff], 0x33);
    assert_int_equal(ram_bytes[0x80], 0x44);
    assert_string_equal(log.text, "ramff+1 by 4 done ram80+1 by 4 done ");
    physmap_write(map, 0x200, 0x11, 1);
    assert_int_equal(rom_bytes[0], 0xff);
    physmap_write(map, 0x1000, 0x11, 4);
    physmap_free(map);
}

static void test_rom_with_commands(void **state)
{
    struct chip chip;
    struct hook_log log;
    struct physmap *map = mixed_map(&chip, &any, &log);
    physmap_write(map, 0x210, 0x9070, 2);
    assert_true(phys_write(map, 0x220, "\x98", 1, PHYS_DMA));
    assert_string_equal(chip.calls, "w2@10=9070 w1@20=98 ");
    assert_int_equal(physmap_read(map, 0x210, 1), 0xef);
    assert_string_equal(log.text, "");
    physmap_free(map);
}

static void test_phys_write(void **state)
{
    static const struct {
        uint64_t addr;
        size_t length;
        enum phys_writer who;
        bool all;
        const char *hooks, *calls;
    } rows[] = {
        {0x10,  4, PHYS_DMA,      true,  "ram10+4 by 0 done ",                   ""                },
        {0x10,  0, PHYS_DMA,      true,  "",                                     ""                },
        {0xfe,  4, PHYS_LOADER,   true,  "ramfe+2 by 2 done ram80+2 by 2 done ", ""                },
        {0x17f, 2, PHYS_WALKER,   false, "ramff+1 by 1 done ",                   ""                },
        {0x200, 3, PHYS_LOADER,   true,  "rom0+3 by 2 done ",                    ""                },
        {0x200, 3, PHYS_DEBUGGER, true,  "rom0+3 by 3 done ",                    ""                },
        {0x200, 3, PHYS_DMA,      false, "",                                     ""                },
        {0x300, 2, PHYS_DMA,      true,  "",                                     "w1@0=a0 w1@1=a1 "},
        {0x300, 2, PHYS_WALKER,   false, "",                                     ""                },
        {0x300, 2, PHYS_DEBUGGER, false, "",                                     ""                },
        {0x31f, 2, PHYS_DMA,      false, "",                                     "w1@1f=a0 "       },
        {0x2ff, 2, PHYS_LOADER,   false, "romff+1 by 2 done ",                   ""                },
    };
    static const uint8_t data[] = {0xa0, 0xa1, 0xa2, 0xa3};
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct chip chip;
        struct hook_log log;
        struct physmap *map = mixed_map(&chip, NULL, &log);
        assert_int_equal(phys_write(map, rows[i].addr, data, rows[i].length, rows[i].who), rows[i].all);
        assert_string_equal(log.text, rows[i].hooks);
        assert_string_equal(chip.calls, rows[i].calls);
        physmap_free(map);
    }
}

static void test_before_is_before(void **state)
{
    struct chip chip;
    struct hook_log log;
    struct physmap *map = mixed_map(&chip, NULL, &log);
    assert_true(phys_write(map, 0x20, "\xaa", 1, PHYS_DMA));
    assert_int_equal(log.before[0x20], 0x20);
    assert_int_equal(ram_bytes[0x20], 0xaa);
    physmap_set_hooks(map, &(struct phys_hooks){0});
    assert_true(phys_write(map, 0x20, "\xbb", 1, PHYS_DMA));
    assert_int_equal(ram_bytes[0x20], 0xbb);
    physmap_free(map);
}

static void test_phys_read(void **state)
{
    static const struct {
        uint64_t addr;
        size_t length;
        enum phys_writer who;
        bool all;
        const char *bytes, *calls;
    } rows[] = {
        {0xfe,  4,  PHYS_WALKER,   true,  "\xfe\xff\x80\x81",     ""                    },
        {0x200, 2,  PHYS_DMA,      true,  "\xff\xfe",             ""                    },
        {0x300, 5,  PHYS_DEBUGGER, true,  "\x40\x41\x42\x43\x44", ""                    },
        {0x302, 11, PHYS_DMA,      true,  "BCDEFGHIJKL",          "r2@2 r4@4 r4@8 r1@c "},
        {0x300, 2,  PHYS_WALKER,   false, "\xee\xee",             ""                    },
        {0x31f, 3,  PHYS_DMA,      false, "\x5f\xee\xee",         "r1@1f "              },
        {0x17f, 2,  PHYS_DEBUGGER, false, "\xff\xee",             ""                    },
        {0x17f, 0,  PHYS_DEBUGGER, true,  "",                     ""                    },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct chip chip;
        struct hook_log log;
        uint8_t bytes[17];
        struct physmap *map = mixed_map(&chip, NULL, &log);
        memset(bytes, 0x99, sizeof(bytes));
        assert_int_equal(phys_read(map, rows[i].addr, bytes, rows[i].length, rows[i].who), rows[i].all);
        assert_memory_equal(bytes, rows[i].bytes, rows[i].length);
        assert_int_equal(bytes[rows[i].length], 0x99);
        assert_string_equal(chip.calls, rows[i].calls);
        physmap_free(map);
    }
}

static void test_device_without_functions(void **state)
{
    struct chip chip;
    uint8_t byte;
    struct physmap *map = map_with(&mute, 0, false, &chip);
    assert_int_equal(physmap_read(map, 0x1000, 4), 0xffffffff);
    assert_int_equal(physmap_peek(map, 0x1000, 1), 0xff);
    physmap_write(map, 0x1000, 1, 4);
    assert_false(phys_read(map, 0x1000, &byte, 1, PHYS_DEBUGGER));
    assert_false(phys_write(map, 0x1000, &byte, 1, PHYS_DMA));
    physmap_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device_reads),  cmocka_unit_test(test_device_writes),
        cmocka_unit_test(test_memory_values), cmocka_unit_test(test_rom_with_commands),
        cmocka_unit_test(test_phys_write),    cmocka_unit_test(test_before_is_before),
        cmocka_unit_test(test_phys_read),     cmocka_unit_test(test_device_without_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
