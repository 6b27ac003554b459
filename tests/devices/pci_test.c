#include "devices/pci.h"

#include "tests/devices/rig.h"

#define SLOT    0x0b
#define NO_SLOT 0x0c

/* Configuration space as I/O here: 0xc000 + register for the card, 0xd000 for an empty slot. */
enum { CFG = 0xc000, NONE = 0xd000 };

static const struct row rows[] = {
    ROW("an empty slot reads all ones", {IN4, NONE, 0xffffffff}, {IN2, NONE + 2, 0xffff}, {OUT4, NONE + 4, 7},
        {IN4, NONE + 4, 0xffffffff}),
    ROW("header as its rows say", {IN4, CFG, 0x20001022}, {IN2, CFG + 2, 0x2000}, {IN, CFG + 0x0b, 0x02}, {OUT4, CFG, 0},
        {IN4, CFG, 0x20001022}),
    ROW("COMMAND has the bits that Linux toggles", {OUT2, CFG + 4, 0x0507}, {IN2, CFG + 4, 0x0507}, {OUT2, CFG + 4, 0xffff},
        {IN2, CFG + 4, 0x055f}),
    /* Linux writes a byte by writing the whole dword back: status bits that are set are cleared by it, and nothing else. */
    ROW("STATUS is cleared by ones", {IN4, CFG + 4, 0xa2800000}, {OUT4, CFG + 4, 0x22800001}, {IN4, CFG + 4, 0x82800001},
        {OUT, CFG + 7, 0x80}, {IN4, CFG + 4, 0x02800001}),
    ROW("sizes: all ones, read, restore", {OUT4, CFG + 0x10, ~0u}, {IN4, CFG + 0x10, 0xffffffe1}, {OUT4, CFG + 0x14, ~0u},
        {IN4, CFG + 0x14, 0xffff0000}, {OUT4, CFG + 0x18, ~0u}, {IN4, CFG + 0x18, 0}, {OUT4, CFG + 0x30, ~0u},
        {IN4, CFG + 0x30, 0xfffc0001}),
    ROW("an I/O BAR answers where it is, when it is enabled", {OUT4, CFG + 0x10, 0x1060}, {IN4, 0x1060, ~0u}, {OUT2, CFG + 4, 1},
        {IN4, 0x1060, 0x10}, {OUT4, CFG + 0x10, 0x1080}, {IN4, 0x1060, ~0u}, {IN4, 0x1080, 0x10}, {IN4, 0x109c, 0x10},
        {IN4, 0x10a0, ~0u}, {OUT2, CFG + 4, 2}, {IN4, 0x1080, ~0u}),
    ROW("sizing while enabled maps nothing", {OUT2, CFG + 4, 1}, {OUT4, CFG + 0x10, ~0u}, {IN4, 0xffffffe0, ~0u},
        {OUT4, CFG + 0x10, 0}, {IN4, 0, ~0u}),
    ROW("a memory BAR", {OUT4, CFG + 0x14, 0x10040000}, {LOAD, 0x10040000, 0}, {OUT2, CFG + 4, 2}, {LOAD, 0x10040000, 0x14},
        {LOAD, 0x1004fffc, 0x14}, {LOAD, 0x10050000, 0}),
    ROW("an expansion ROM has an enable bit of its own", {OUT2, CFG + 4, 2}, {OUT4, CFG + 0x30, 0x10000000},
        {LOAD, 0x10000000, 0}, {OUT4, CFG + 0x30, 0x10000001}, {LOAD, 0x10000000, 0x30}),
    ROW("interrupt line is storage, the pin is not", {OUT4, CFG + 0x3c, 0xffffffff}, {IN4, CFG + 0x3c, 0x000001ff}),
    ROW("storage from 0x40 on", {OUT4, CFG + 0x40, 0x12345678}, {OUT, CFG + 0x42, 0xff}, {IN4, CFG + 0x40, 0x12ff5678}),
    /* Slot 0b: pin A is on PIRQB. */
    ROW("the pin, INTx disable, and its status bit", {LINE, 0, 1}, {PROBE, 1, 1}, {PROBE, 0, 0}, {IN4, CFG + 4, 0xa2880000},
        {OUT2, CFG + 4, 0x0400}, {PROBE, 1, 0}, {IN4, CFG + 4, 0xa2880400}, {OUT2, CFG + 4, 0}, {PROBE, 1, 1}, {LINE, 0, 0},
        {PROBE, 1, 0}, {IN4, CFG + 4, 0xa2800000}),
    ROW("a wire is the OR of its pins", {LINE, 0, 1}, {LINE, 1, 1}, {LINE, 0, 0}, {PROBE, 1, 1}, {LINE, 1, 0}, {PROBE, 1, 0}),
};

static const struct pci_row card_rows[] = {
    {PCI_ID,    0x20001022, 0, 0},
    PCI_ROW_COMMAND(0xa2800000),   {PCI_CLASS, 0x02000010, 0, 0},
    PCI_ROW_HEADER(0),          PCI_ROW_INTERRUPT(0x00000100),
};

/* What reads as the offset of the base address register that it is behind. */
static uint64_t bar_read(void *opaque, uint64_t offset, unsigned size)
{
    return (uintptr_t)opaque;
}

static const struct mmio_ops bar_ops = {bar_read, NULL, NULL, 4, 4};

static void add_bar(struct pci_function *function, unsigned index, bool io, uint64_t size, uintptr_t reads)
{
    const struct region region = {.name = "bar", .kind = REGION_MMIO, .size = size, .ops = &bar_ops, .opaque = (void *)reads};
    pci_function_bar(function, index, io, &region);
}

struct space {
    struct pci_bus *bus;
    unsigned slot;
};

static uint64_t config_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct space *space = opaque;
    return pci_bus_read(space->bus, space->slot, 0, offset, size);
}

static void config_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const struct space *space = opaque;
    pci_bus_write(space->bus, space->slot, 0, offset, value, size);
}

static const struct mmio_ops config_ops = {config_read, config_write, NULL, 1, 4};

static void set_pin(void *opaque, unsigned line, bool level)
{
    pci_function_interrupt(opaque, level);
}

static void map_space(struct rig *rig, uint64_t at, struct space *space)
{
    const struct region region = {.name = "config", .kind = REGION_MMIO, .size = 256, .ops = &config_ops, .opaque = space};
    rig_map(rig, at, &region);
}

/* The card, and one more function on the same wire: slot 0f, pin A. */
static void test_row(void **state)
{
    struct rig *rig = rig_new(false);
    struct pci_bus *bus = pci_bus_new(&rig->machine, rig->memory, rig->io);
    const struct pci_function_config config = {"card", SLOT, 0, card_rows, ARRAY_SIZE(card_rows), ~0u, NULL, NULL};
    const struct pci_function_config other = {"other", SLOT + 4, 0, card_rows, ARRAY_SIZE(card_rows), ~0u, NULL, NULL};
    struct pci_function *card = pci_function_new(bus, &config);
    add_bar(card, 0, true, 32, 0x10);
    add_bar(card, 1, false, 0x10000, 0x14);
    add_bar(card, 6, false, 0x40000, 0x30);
    rig->lines[0] = (struct irq){set_pin, card, 0};
    rig->lines[1] = (struct irq){set_pin, pci_function_new(bus, &other), 0};
    struct irq pirq[PCI_PIRQS];
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        pirq[i] = rig_probe(rig, i);
    pci_bus_connect(bus, pirq);
    struct space spaces[] = {
        {bus, SLOT   },
        {bus, NO_SLOT}
    };
    map_space(rig, CFG, &spaces[0]);
    map_space(rig, NONE, &spaces[1]);
    const struct region window = {.name = "window", .kind = REGION_WINDOW, .size = UINT64_C(1) << 32, .target = rig->memory};
    physmap_add(rig->machine.phys, 0, 0, &window);
    machine_reset_devices(&rig->machine);
    rig_run(rig, *state);
    rig_free(rig);
}

/* Slot, pin (1 = A), and the wire that the board's table has for it. */
static const struct {
    uint8_t slot, pin, wire;
} wires[] = {
    {0x0a, 4, 3},
    {0x0a, 1, 0},
    {0x0b, 1, 1},
    {0x0c, 1, 2},
    {0x12, 1, 0},
    {0x13, 1, 1},
    {0x14, 3, 0},
    {0x15, 4, 2},
};

static void test_wires(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(wires); i++) {
        struct rig *rig = rig_new(false);
        struct pci_bus *bus = pci_bus_new(&rig->machine, rig->memory, rig->io);
        const struct pci_row row = PCI_ROW_INTERRUPT(wires[i].pin << 8);
        const struct pci_function_config config = {"card", wires[i].slot, 0, &row, 1, 0, NULL, NULL};
        struct irq pirq[PCI_PIRQS];
        for (unsigned n = 0; n < PCI_PIRQS; n++)
            pirq[n] = rig_probe(rig, n);
        pci_bus_connect(bus, pirq);
        pci_function_interrupt(pci_function_new(bus, &config), true);
        for (unsigned n = 0; n < PCI_PIRQS; n++)
            assert_int_equal(rig->probes[n].level, n == wires[i].wire);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wires)};
    return rig_main("pci", rows, ARRAY_SIZE(rows), test_row) + cmocka_run_group_tests_name("pci wires", tests, NULL, NULL);
}
