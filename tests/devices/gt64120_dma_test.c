#include "devices/gt64120_dma.h"

#include "devices/gt64120.h"
#include "tests/devices/rig.h"

#include <stdlib.h>
#include <string.h>

#define BASE      0x1be00000
#define COUNT(n)  (BASE + 0x800 + 4 * (n))
#define SOURCE(n) (BASE + 0x810 + 4 * (n))
#define DEST(n)   (BASE + 0x820 + 4 * (n))
#define NEXT(n)   (BASE + 0x830 + 4 * (n))
#define CTRL(n)   (BASE + 0x840 + 4 * (n))
#define NOW(n)    (BASE + 0x870 + 4 * (n))
#define CAUSE     (BASE + 0xc18)
#define MASK      (BASE + 0xc1c)
#define DEVICE    0x1c000000

/* Control words. */
#define SOURCE_DOWN 0x004
#define SOURCE_HOLD 0x008
#define DEST_DOWN   0x010
#define DEST_HOLD   0x020
#define BURST_1     0x140
#define BURST_4     0x080
#define BURST_64    0x1c0
#define SINGLE      0x200
#define AT_END      0x400
#define BLOCK       0x800
#define ENABLE      0x1000
#define FETCH       0x2000
#define ACTIVE      0x4000
#define ABORT       0x100000
#define GO          (SINGLE | BLOCK | ENABLE)

/* RAM at i is i * 4 as a word, up to 0x4000; from there on 0. */
#define WORDS 0x1000

/* One channel's registers. */
#define SET(n, count, source, dest)                                                                                              \
    {STORE, COUNT(n), count}, {STORE, SOURCE(n), source},                                                                        \
    {                                                                                                                            \
        STORE, DEST(n), dest                                                                                                     \
    }
#define RECORD(at, count, source, dest, next)                                                                                    \
    {STORE, at, count}, {STORE, (at) + 4, source}, {STORE, (at) + 8, dest},                                                      \
    {                                                                                                                            \
        STORE, (at) + 12, next                                                                                                   \
    }

static const struct row rows[] = {
    ROW("one block: nothing before its time, all of it then, and the interrupt", SET(0, 0x40, 0x1000, 0x8004),
        {STORE, MASK, 0x10}, {STORE, CTRL(0), GO | BURST_64}, {LOAD, CTRL(0), GO | BURST_64 | ACTIVE}, {WAIT, 0, 0x27f},
        {LOAD, 0x8004, 0}, {PROBE, 0, 0}, {WAIT, 0, 1}, {LOAD, 0x8004, 0x1000}, {LOAD, 0x8040, 0x103c}, {LOAD, 0x8044, 0},
        {LOAD, 0x8000, 0}, {PROBE, 0, 1}, {LOAD, CTRL(0), GO | BURST_64}, {LOAD, COUNT(0), 0}, {LOAD, SOURCE(0), 0x1040},
        {LOAD, DEST(0), 0x8044}, {LOAD, CAUSE, 0x40000011}, {STORE, CAUSE, 0xffffffff}, {PROBE, 0, 1}, {STORE, CAUSE, 0xffffffef},
        {LOAD, CAUSE, 0}, {PROBE, 0, 0}),
    ROW("every channel has its own registers and cause", SET(1, 4, 0x1000, 0x8000), SET(2, 4, 0x1004, 0x8004),
        SET(3, 4, 0x1008, 0x8008), {STORE, CTRL(1), GO}, {STORE, CTRL(2), GO}, {STORE, CTRL(3), GO}, {WAIT, 0, 40},
        {LOAD, CAUSE, 0x21}, {WAIT, 0, 40}, {LOAD, CAUSE, 0x61}, {WAIT, 0, 40}, {LOAD, CAUSE, 0xe1}, {LOAD, 0x8000, 0x1000},
        {LOAD, 0x8004, 0x1004}, {LOAD, 0x8008, 0x1008}, {PROBE, 0, 0}),
    ROW("odd lengths and addresses", SET(0, 7, 0x1002, 0x8001), {STORE, CTRL(0), GO | BURST_4}, {WAIT, 0, 70},
        {LOAD, 0x8000, 0x04000000}, {LOAD, 0x8004, 0x08000010}, {LOAD, 0x8008, 0}),
    ROW("a long one comes in pieces, with its progress in the registers", SET(0, 0x900, 0x1000, 0x8000),
        {STORE, CTRL(0), GO | BURST_64}, {WAIT, 0, 10240}, {LOAD, COUNT(0), 0x500}, {LOAD, SOURCE(0), 0x1400},
        {LOAD, DEST(0), 0x8400}, {LOAD, 0x83fc, 0x13fc}, {LOAD, 0x8400, 0}, {WAIT, 0, 10240}, {LOAD, COUNT(0), 0x100},
        {LOAD, CTRL(0), GO | BURST_64 | ACTIVE}, {WAIT, 0, 2560}, {LOAD, COUNT(0), 0}, {LOAD, 0x88fc, 0x18fc},
        {LOAD, CAUSE, 0x11}),
    ROW("two at once take turns", SET(0, 0x800, 0x1000, 0x8000), SET(2, 0x800, 0x2000, 0x9000), {STORE, CTRL(0), GO},
        {STORE, CTRL(2), GO}, {WAIT, 0, 10240}, {LOAD, COUNT(0), 0x400}, {LOAD, COUNT(2), 0x800}, {WAIT, 0, 10240},
        {LOAD, COUNT(0), 0x400}, {LOAD, COUNT(2), 0x400}, {WAIT, 0, 20480}, {LOAD, CAUSE, 0x51}, {LOAD, 0x87fc, 0x17fc},
        {LOAD, 0x97fc, 0x27fc}),
    ROW("downwards, burst by burst", SET(0, 12, 0x1008, 0x8008), {STORE, CTRL(0), GO | BURST_4 | SOURCE_DOWN | DEST_DOWN},
        {WAIT, 0, 120}, {LOAD, 0x8000, 0x1000}, {LOAD, 0x8004, 0x1004}, {LOAD, 0x8008, 0x1008}, {LOAD, 0x800c, 0},
        {LOAD, SOURCE(0), 0xffc}),
    ROW("upwards from downwards mirrors words", SET(0, 12, 0x1008, 0x8000), {STORE, CTRL(0), GO | BURST_4 | SOURCE_DOWN},
        {WAIT, 0, 120}, {LOAD, 0x8000, 0x1008}, {LOAD, 0x8004, 0x1004}, {LOAD, 0x8008, 0x1000}),
    ROW("a held source fills", SET(0, 12, 0x1004, 0x8000), {STORE, CTRL(0), GO | BURST_4 | SOURCE_HOLD}, {WAIT, 0, 120},
        {LOAD, 0x8000, 0x1004}, {LOAD, 0x8004, 0x1004}, {LOAD, 0x8008, 0x1004}, {LOAD, 0x800c, 0}, {LOAD, SOURCE(0), 0x1004}),
    ROW("a held destination keeps the last", SET(0, 12, 0x1004, 0x8000), {STORE, CTRL(0), GO | BURST_4 | DEST_HOLD},
        {WAIT, 0, 120}, {LOAD, 0x8000, 0x100c}, {LOAD, 0x8004, 0}),
    ROW("to a device, byte by byte", SET(0, 4, 0x1234, DEVICE), {STORE, CTRL(0), GO | BURST_1 | DEST_HOLD}, {WAIT, 0, 40},
        {LOAD, DEVICE, 4 << 24}, {LOAD, CAUSE, 0x11}),
    ROW("from a device", {STORE1, DEVICE, 0}, {STORE1, DEVICE, 0}, SET(0, 4, DEVICE, 0x8000), {STORE, CTRL(0), GO}, {WAIT, 0, 40},
        {LOAD, 0x8000, 2 << 24}, {LOAD, CAUSE, 0x11}),
    ROW("a chain: records fetched in order, an interrupt for each", RECORD(0x7000, 8, 0x1000, 0x8000, 0x7020),
        RECORD(0x7020, 4, 0x2000, 0x9000, 0), {STORE, NEXT(1), 0x7000}, {STORE, CTRL(1), BLOCK | ENABLE | FETCH}, {WAIT, 0, 160},
        {LOAD, NOW(1), 0x7000}, {LOAD, NEXT(1), 0x7020}, {LOAD, COUNT(1), 8}, {LOAD, CTRL(1), BLOCK | ENABLE | ACTIVE},
        {WAIT, 0, 80}, {LOAD, CAUSE, 0x21}, {LOAD, CTRL(1), BLOCK | ENABLE | ACTIVE | FETCH}, {STORE, CAUSE, 0}, {WAIT, 0, 200},
        {LOAD, NOW(1), 0x7020}, {LOAD, 0x8004, 0x1004}, {LOAD, 0x9000, 0x2000}, {LOAD, CAUSE, 0x21},
        {LOAD, CTRL(1), BLOCK | ENABLE}),
    ROW("a chain: the interrupt at the end only", RECORD(0x7000, 8, 0x1000, 0x8000, 0x7020), RECORD(0x7020, 4, 0x2000, 0x9000, 0),
        {STORE, NEXT(0), 0x7000}, {STORE, CTRL(0), BLOCK | ENABLE | FETCH | AT_END}, {WAIT, 0, 240}, {LOAD, CAUSE, 0},
        {WAIT, 0, 200}, {LOAD, CAUSE, 0x11}),
    ROW("a chain from registers: the first record is what they say", RECORD(0x7000, 4, 0x2000, 0x9000, 0),
        SET(0, 4, 0x1000, 0x8000), {STORE, NEXT(0), 0x7000}, {STORE, CTRL(0), BLOCK | ENABLE}, {WAIT, 0, 40},
        {LOAD, 0x8000, 0x1000}, {WAIT, 0, 200}, {LOAD, 0x9000, 0x2000}, {LOAD, CAUSE, 0x11}),
    ROW("a record without bytes is passed over", RECORD(0x7000, 0, 0x1000, 0x8000, 0x7020), RECORD(0x7020, 4, 0x2000, 0x9000, 0),
        {STORE, NEXT(0), 0x7000}, {STORE, CTRL(0), BLOCK | ENABLE | FETCH}, {WAIT, 0, 360}, {LOAD, 0x8000, 0},
        {LOAD, 0x9000, 0x2000}),
    ROW("disabled it pauses, enabled it goes on", SET(0, 0x800, 0x1000, 0x8000), {STORE, CTRL(0), GO}, {WAIT, 0, 10240},
        {STORE, CTRL(0), SINGLE | BLOCK}, {LOAD, CTRL(0), SINGLE | BLOCK}, {WAIT, 0, 100000}, {LOAD, COUNT(0), 0x400},
        {STORE, CTRL(0), GO}, {WAIT, 0, 10239}, {LOAD, COUNT(0), 0x400}, {WAIT, 0, 1}, {LOAD, COUNT(0), 0},
        {LOAD, 0x87fc, 0x17fc}),
    ROW("abort", SET(0, 0x800, 0x1000, 0x8000), {STORE, CTRL(0), GO}, {WAIT, 0, 10240}, {STORE, CTRL(0), GO | ABORT},
        {LOAD, CTRL(0), SINGLE | BLOCK}, {WAIT, 0, 100000}, {LOAD, COUNT(0), 0x400}, {LOAD, CAUSE, 0}),
    ROW("nobody answers", SET(0, 0x40, 0x1000, 0x30000000), {STORE, CTRL(0), GO}, {WAIT, 0, 640}, {LOAD, CAUSE, 0x5},
        {LOAD, CTRL(0), GO}, {LOAD, COUNT(0), 0x40}),
    ROW("on demand it waits", SET(0, 0x40, 0x1000, 0x8000), {STORE, CTRL(0), SINGLE | ENABLE}, {WAIT, 0, 100000},
        {LOAD, CTRL(0), SINGLE | ENABLE | ACTIVE}, {LOAD, COUNT(0), 0x40}),
    ROW("nothing to do", {STORE, CTRL(0), GO}, {LOAD, CTRL(0), GO}, {WAIT, 0, 1000}, {LOAD, CAUSE, 0}),
    ROW("bytes of a register, and read-only ones", {STORE, COUNT(3), 0x11223344}, {STORE1, COUNT(3) + 1, 0xee},
        {LOAD, COUNT(3), 0x1122ee44}, {STORE, NOW(3), 0x1234}, {LOAD, NOW(3), 0}, {STORE, CTRL(3), ACTIVE | ABORT},
        {LOAD, CTRL(3), 0}, {STORE, BASE + 0x860, 0x55}, {LOAD, BASE + 0x860, 0x55}),
};

/* Counts the bytes written to it, in its highest byte. */
static uint64_t device_read(void *opaque, uint64_t offset, unsigned size)
{
    return (uint64_t) * (unsigned *)opaque << 24 >> 8 * offset;
}

static void device_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    ++*(unsigned *)opaque;
}

static const struct mmio_ops device_ops = {device_read, device_write, NULL, 1, 4};

static struct rig *dma_rig(unsigned *written)
{
    struct rig *rig = rig_new(false);
    const struct region ram = {.name = "ram", .kind = REGION_RAM, .size = RIG_RAM, .host = rig->machine.arena->low_ram};
    const struct region device = {.name = "device", .kind = REGION_MMIO, .size = 4, .ops = &device_ops, .opaque = written};
    physmap_add(rig->machine.phys, 0, 0, &ram);
    physmap_add(rig->machine.phys, DEVICE, 0, &device);
    struct pci_bus *bus = pci_bus_new(&rig->machine, rig->memory, rig->io);
    const struct gt64120_config config = {"gt", "gt-dma", bus, NULL, NULL, rig_probe(rig, 0)};
    gt64120_preset(gt64120_new(&rig->machine, &config));
    for (uint32_t i = 0; i < WORDS; i++)
        physmap_write(rig->machine.phys, 4 * i, 4 * i, 4);
    return rig;
}

static void test_row(void **state)
{
    unsigned written = 0;
    struct rig *rig = dma_rig(&written);
    rig_run(rig, *state);
    rig_free(rig);
}

/* Its progress is in the arena: put back in the middle of a transfer it goes on from there. */
static void test_arena(void **state)
{
    unsigned written = 0;
    struct rig *rig = dma_rig(&written);
    static const struct step start[] = {
        SET(0, 0x800, 0x1000, 0x8000), {STORE, CTRL(0), GO   },
            {WAIT,  0,       10245}
    };
    static const struct step rest[] = {
        {WAIT, 0,        10235 },
        {LOAD, COUNT(0), 0     },
        {LOAD, 0x87fc,   0x17fc}
    };
    rig_run(rig, &(struct row){"start", start, ARRAY_SIZE(start)});
    const struct arena *arena = rig->machine.arena;
    size_t size = (size_t)(arena->base - arena->start);
    uint8_t *saved = malloc(size);
    assert_non_null(saved);
    memcpy(saved, arena->start, size);
    for (unsigned i = 0; i < 2; i++) {
        rig_run(rig, &(struct row){"rest", rest, ARRAY_SIZE(rest)});
        memcpy(arena->start, saved, size);
        timers_refresh(&rig->machine.timers);
        assert_int_equal(physmap_read(rig->machine.phys, 0x87fc, 4), 0);
    }
    free(saved);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest arena[] = {cmocka_unit_test(test_arena)};
    return rig_main("gt64120 dma", rows, ARRAY_SIZE(rows), test_row) +
           cmocka_run_group_tests_name("gt64120 dma arena", arena, NULL, NULL);
}
