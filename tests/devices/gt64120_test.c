#include "devices/gt64120.h"

#include "tests/devices/rig.h"

#define RESET_BASE 0x14000000
#define BASE       0x1be00000

static const struct row reset_rows[] = {
    ROW("registers at 0x14000000, reset values", {LOAD, RESET_BASE + 0x000, 0x1000}, {LOAD, RESET_BASE + 0x048, 0x80},
        {LOAD, RESET_BASE + 0x050, 0x0f}, {LOAD, RESET_BASE + 0x058, 0x90}, {LOAD, RESET_BASE + 0x080, 0x790},
        {LOAD, RESET_BASE + 0x068, 0xa0}, {LOAD, RESET_BASE + 0xc00, 0x10001}, {LOAD, RESET_BASE + 0x46c, 0x146fffff},
        {LOAD, RESET_BASE + 0x120, 3}, {LOAD, RESET_BASE + 0xffc, 0}),
    ROW("windows at reset", {LOAD1, 0x10000100, 0x5a}, {LOAD, 0x12000000, 0x12000000}, {LOAD, 0xf2000000, 0xf2000000},
        {LOAD, 0x18000100, 0}),
    /* The stores of the board's start-up code. */
    ROW("start-up code moves registers and windows", {STORE, RESET_BASE + 0x68, 0xdf}, {LOAD, RESET_BASE + 0x68, 0},
        {LOAD, BASE + 0x68, 0xdf}, {STORE, BASE + 0x48, 0xc0}, {STORE, BASE + 0x50, 0x40}, {STORE, BASE + 0x58, 0x80},
        {STORE, BASE + 0x60, 0x3f}, {STORE, BASE + 0x80, 0xc1}, {STORE, BASE + 0x88, 0x5e}, {LOAD1, 0x18000100, 0x5a},
        {LOAD, 0x10000000, 0x10000000}, {LOAD, 0x17fffffc, 0x17fffffc}, {LOAD, 0x18200000, 0x18200000},
        {LOAD, 0x1bdffffc, 0x1bdffffc}, {LOAD, 0x12000000, 0x12000000}, {LOAD, 0xf2000000, 0}, {LOAD, BASE + 0x0f0, 0xc0},
        {LOAD, BASE + 0x0f8, 0x80}, {LOAD, BASE + 0x100, 0xc1}),
};

static const struct row rows[] = {
    ROW("the preset is what the start-up code does", {LOAD, BASE + 0x68, 0xdf}, {LOAD, BASE + 0x48, 0xc0},
        {LOAD, BASE + 0x50, 0x40}, {LOAD, BASE + 0x0f0, 0xc0}, {LOAD1, 0x18000100, 0x5a}, {LOAD, 0x1bdffffc, 0x1bdffffc},
        {LOAD1, 0x18200100, 0x00}),
    ROW("a low end above the high end switches a window off", {STORE, BASE + 0x60, 0}, {LOAD, 0x10000000, 0x10000000},
        {LOAD, 0x10200000, 0}, {STORE, BASE + 0x58, 0x81}, {LOAD, 0x10000000, 0}, {LOAD, 0x10200000, 0},
        {STORE, BASE + 0x58, 0x80}, {LOAD, 0x10000000, 0x10000000}),
    ROW("a window above 4 GiB is off", {STORE, BASE + 0x58, 0x7f80}, {LOAD, 0x10000000, 0}),
    ROW("read-only registers and write masks", {STORE, BASE + 0x120, 0}, {LOAD, BASE + 0x120, 3},
        {STORE, BASE + 0xc00, 0xffffffff}, {LOAD, BASE + 0xc00, 0x0401fc0f}, {STORE, BASE + 0xc1c, 0xffffffff},
        {LOAD, BASE + 0xc1c, 0x3c3ffffe}, {STORE, BASE + 0xc18, 0xfff3ffff}, {LOAD, BASE + 0xc18, 0}),
    ROW("bytes and halves of a register", {STORE, BASE + 0xc04, 0x11223344}, {STORE1, BASE + 0xc05, 0xee},
        {LOAD, BASE + 0xc04, 0x1122ee44}, {STORE2, BASE + 0xc06, 0xaabb}, {LOAD, BASE + 0xc04, 0xaabbee44},
        {LOAD1, BASE + 0xc07, 0xaa}, {LOAD2, BASE + 0xc04, 0xee44}),
    /* As Linux reads a configuration dword: aborts cleared, address, data, cause. */
    ROW("configuration cycles", {STORE, BASE + 0xc18, 0xfff3ffff}, {STORE, BASE + 0xcf8, 0x80000000},
        {LOAD, BASE + 0xcfc, 0x462011ab}, {LOAD, BASE + 0xc18, 0}, {STORE, BASE + 0xcf8, 0x80005800},
        {LOAD, BASE + 0xcfc, 0x12345678}, {LOOK, BASE + 0xcfc, 0x12345678}, {STORE, BASE + 0xcf8, 0x80006000},
        {LOAD, BASE + 0xcfc, 0xffffffff}, {STORE, BASE + 0xcf8, 0x80015800}, {LOAD, BASE + 0xcfc, 0xffffffff},
        {STORE, BASE + 0xcf8, 0x00005800}, {LOAD, BASE + 0xcfc, 0xffffffff}),
    ROW("configuration bytes", {STORE, BASE + 0xcf8, 0x80005840}, {STORE, BASE + 0xcfc, 0}, {STORE1, BASE + 0xcfe, 0x99},
        {LOAD, BASE + 0xcfc, 0x00990000}, {LOAD1, BASE + 0xcfe, 0x99}),
    ROW("without MByteSwap other functions' data is swapped", {STORE, BASE + 0xc00, 0}, {STORE, BASE + 0xcf8, 0x80005800},
        {LOAD, BASE + 0xcfc, 0x78563412}, {STORE, BASE + 0xcf8, 0x80000000}, {LOAD, BASE + 0xcfc, 0x462011ab},
        {STORE, BASE + 0xcf8, 0x80005840}, {STORE1, BASE + 0xcff, 0x77}, {LOAD1, BASE + 0xcff, 0x77},
        {LOAD, BASE + 0xcfc, 0x77000000}, {STORE, BASE + 0xc00, 1}, {LOAD, BASE + 0xcfc, 0x77}),
    ROW("the chip's own base addresses are fixed", {STORE, BASE + 0xcf8, 0x80000020}, {STORE, BASE + 0xcfc, 0xffffffff},
        {LOAD, BASE + 0xcfc, 0x14000000}),
    ROW("interrupt acknowledge on reading only", {LOOK, BASE + 0xc34, 0}, {LOAD, BASE + 0xc34, 1}, {LOAD, BASE + 0xc34, 2},
        {LOOK, BASE + 0xc34, 0}, {LOAD, BASE + 0xc34, 3}),
};

/* A big-endian CPU sees registers swapped: values here are bytes in address order, lowest first. */
static const struct row big_endian_rows[] = {
    ROW("big-endian: registers stay little-endian, foreign configuration data does not", {LOAD, BASE + 0x000, 0},
        {LOAD, BASE + 0xc00, 0}, {LOAD, BASE + 0x68, 0xdf}, {STORE, BASE + 0xcf8, 0x80000000}, {LOAD, BASE + 0xcfc, 0x462011ab},
        {STORE, BASE + 0xcf8, 0x80005800}, {LOAD, BASE + 0xcfc, 0x78563412}, {STORE, BASE + 0xc00, 1},
        {LOAD, BASE + 0xcfc, 0x12345678}),
};

static int count(void *opaque)
{
    return ++*(int *)opaque;
}

/* PCI memory that reads as its own address. */
static uint64_t echo_read(void *opaque, uint64_t offset, unsigned size)
{
    return offset;
}

static uint64_t byte_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0x5a;
}

static const struct mmio_ops echo_ops = {echo_read, NULL, NULL, 4, 4};
static const struct mmio_ops byte_ops = {byte_read, NULL, NULL, 1, 1};

static void run(const struct row *row, bool big_endian, bool preset)
{
    static const struct pci_row card[] = {
        {PCI_ID, 0x12345678, 0, 0}
    };
    struct rig *rig = rig_new(big_endian);
    int acknowledged = 0;
    struct pci_bus *bus = pci_bus_new(&rig->machine, rig->memory, rig->io);
    const struct gt64120_config config = {"gt", "gt-dma", bus, count, &acknowledged, rig_probe(rig, 0)};
    struct gt64120 *gt = gt64120_new(&rig->machine, &config);
    const struct pci_function_config function = {"card", 0x0b, 0, card, ARRAY_SIZE(card), ~0u, NULL, NULL};
    pci_function_new(bus, &function);
    const struct region echo = {.name = "echo", .kind = REGION_MMIO, .size = UINT64_C(1) << 32, .ops = &echo_ops};
    const struct region byte = {.name = "byte", .kind = REGION_MMIO, .size = 1, .ops = &byte_ops};
    physmap_add(rig->memory, 0, 0, &echo);
    rig_map(rig, 0x100, &byte);
    machine_reset_devices(&rig->machine);
    if (preset)
        gt64120_preset(gt);
    rig_run(rig, row);
    rig_free(rig);
}

static void test_reset(void **state)
{
    run(*state, false, false);
}

static void test_row(void **state)
{
    run(*state, false, true);
}

static void test_big_endian(void **state)
{
    run(*state, true, true);
}

/* State written from outside takes effect with remap(), also after a guest has used up the places of a window. */
static void test_remap(void **state)
{
    struct rig *rig = rig_new(false);
    const struct gt64120_config config = {"gt",  "gt-dma", pci_bus_new(&rig->machine, rig->memory, rig->io),
                                          count, NULL,     rig_probe(rig, 0)};
    struct gt64120 *gt = gt64120_new(&rig->machine, &config);
    const struct machine_device *device = &rig->machine.devices[0];
    uint8_t saved[4096];
    assert_true(device->class->state_size <= sizeof(saved));
    for (uint32_t i = 0; i < device->class->state_size; i++)
        saved[i] = ((uint8_t *)device->state)[i];
    gt64120_preset(gt);
    for (unsigned i = 0; i < 100; i++)
        physmap_write(rig->machine.phys, BASE + 0x58, i, 4);
    for (uint32_t i = 0; i < device->class->state_size; i++)
        ((uint8_t *)device->state)[i] = saved[i];
    gt64120_remap(gt);
    assert_int_equal(physmap_read(rig->machine.phys, RESET_BASE + 0x68, 4), 0xa0);
    assert_int_equal(physmap_read(rig->machine.phys, BASE + 0x68, 4), 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest remap[] = {cmocka_unit_test(test_remap)};
    return rig_main("gt64120 reset", reset_rows, ARRAY_SIZE(reset_rows), test_reset) +
           rig_main("gt64120", rows, ARRAY_SIZE(rows), test_row) +
           rig_main("gt64120 big-endian", big_endian_rows, ARRAY_SIZE(big_endian_rows), test_big_endian) +
           cmocka_run_group_tests_name("gt64120 remap", remap, NULL, NULL);
}
