#include "devices/piix4.h"

#include "tests/devices/rig.h"

/* Configuration space of functions 0a.0 to 0a.3 as I/O here. */
enum { ISA = 0xc000, IDE = 0xc100, USB = 0xc200, PM = 0xc300 };
enum { IDE0 = 0x1f0, IDE0_CTL = 0x3f6, IDE1 = 0x170, IDE1_CTL = 0x376, RCR = 0xcf9 };
#define MS UINT64_C(1000000)

/* The card in slot 0b has its pin A on PIRQB. Probe n is ISA line n. */
static const struct row rows[] = {
    ROW("identities", {IN4, ISA, 0x71108086}, {IN4, IDE, 0x71118086}, {IN4, USB, 0x71128086}, {IN4, PM, 0x71138086},
        {IN4, ISA + 0x0c, 0x00800000}, {IN4, ISA + 8, 0x06010000}, {IN4, IDE + 8, 0x01018000}, {IN4, USB + 8, 0x0c030001},
        {IN4, PM + 8, 0x06800003}, {IN4, PM + 0x90, 0x1101}, {IN4, USB + 0x3c, 0x400}),
    ROW("no route after reset", {IN4, ISA + 0x60, 0x80808080}, {LINE, 0, 1}, {PROBE, 10, 0}, {PROBE, 0, 0}),
    ROW("PIRQB to IRQ 10", {OUT4, ISA + 0x60, 0x0b0b0a0a}, {LINE, 0, 1}, {PROBE, 10, 1}, {PROBE, 11, 0}, {LINE, 0, 0},
        {PROBE, 10, 0}),
    ROW("a new route takes the level along", {OUT4, ISA + 0x60, 0x0b0b0a0a}, {LINE, 0, 1}, {OUT, ISA + 0x61, 0x05},
        {PROBE, 10, 0}, {PROBE, 5, 1}, {OUT, ISA + 0x61, 0x85}, {PROBE, 5, 0}),
    ROW("what Linux writes reads back", {OUT4, ISA + 0x64, 0xc0}, {IN4, ISA + 0x64, 0xc0}, {OUT4, ISA + 0xb0, 0x10000},
        {IN4, ISA + 0xb0, 0x10000}, {OUT4, ISA + 0x80, 0x70000}, {IN4, ISA + 0x80, 0x70000}, {OUT2, ISA + 4, 8},
        {IN2, ISA + 4, 8}, {OUT4, IDE + 0x40, 0x80008000}, {IN4, IDE + 0x40, 0x80008000}, {OUT4, USB + 0xc0, 0x8f00},
        {IN4, USB + 0xc0, 0x8f00}),
    ROW("an empty channel reads 0 everywhere", {OUT, IDE0 + 2, 0x55}, {OUT, IDE0 + 3, 0xaa}, {IN, IDE0 + 2, 0}, {IN, IDE0 + 3, 0},
        {IN, IDE0 + 7, 0}, {IN, IDE0_CTL, 0}, {IN, IDE1 + 7, 0}, {IN, IDE1_CTL, 0}, {IN4, IDE0, 0}),
    ROW("bus master registers", {OUT4, IDE + 0x20, 0x1060}, {OUT2, IDE + 4, 1}, {IN, 0x1062, 0}, {OUT, 0x1062, 0x66},
        {IN, 0x1062, 0x60}, {OUT4, 0x1064, 0xffffffff}, {IN4, 0x1064, 0xfffffffc}, {OUT, 0x1068, 0xff}, {IN, 0x1068, 0x09}),
    ROW("PM base, power-off as Linux does it", {IN2, 0x1000, 0xffff}, {OUT4, PM + 0x40, 0x1000}, {OUT, PM + 0x80, 1},
        {IN4, PM + 0x40, 0x1001}, {IN2, 0x1000, 0}, {REQUEST, 0, REQUEST_NONE}, {OUT2, 0x1004, 0x2000},
        {REQUEST, 0, REQUEST_POWEROFF}),
    ROW("other suspend types do nothing", {OUT4, PM + 0x40, 0x1000}, {OUT, PM + 0x80, 1}, {OUT2, 0x1004, 0x2400},
        {REQUEST, 0, REQUEST_NONE}, {IN2, 0x1004, 0x0400}),
    ROW("PM timer at 3.579545 MHz", {OUT4, PM + 0x40, 0x1000}, {OUT, PM + 0x80, 1}, {IN4, 0x1008, 0}, {WAIT, 0, 1000 * MS},
        {IN4, 0x1008, 3579545}, {PEEK4, 0x1008, 3579545}, {IN, 0x1009, 3579545 >> 8 & 0xff}, {WAIT, 0, 4000 * MS},
        {IN4, 0x1008, 5 * 3579545 & 0xffffff}),
    ROW("nobody answers on the SMBus", {IN, 0x1100, 0}, {OUT, 0x1104, 0xa1}, {OUT, 0x1102, 0x48}, {IN, 0x1100, 0x04},
        {IN, 0x1102, 0x08}, {OUT, 0x1100, 0x04}, {IN, 0x1100, 0}),
    ROW("USB: reset, run, halt", {OUT4, USB + 0x20, 0x1040}, {OUT2, USB + 4, 1}, {IN2, 0x1042, 0x20}, {IN2, 0x1050, 0x80},
        {IN2, 0x1052, 0x80}, {IN2, 0x1054, 0}, {OUT2, 0x1044, 0xf}, {OUT2, 0x1040, 2}, {IN2, 0x1040, 0}, {IN2, 0x1044, 0},
        {OUT4, 0x1048, 0x00123000}, {IN4, 0x1048, 0x00123000}, {OUT2, 0x1046, 0x7fe}, {WAIT, 0, 5 * MS}, {IN2, 0x1046, 0x7fe},
        {OUT2, 0x1040, 0xc1}, {IN2, 0x1042, 0}, {WAIT, 0, 3 * MS}, {IN2, 0x1046, 1}, {OUT2, 0x1040, 0xc0}, {IN2, 0x1042, 0x20},
        {WAIT, 0, 3 * MS}, {IN2, 0x1046, 1}, {OUT2, 0x1050, 0xffff}, {IN2, 0x1050, 0x12c0}),
    ROW("reset control", {OUT, RCR, 2}, {REQUEST, 0, REQUEST_NONE}, {OUT, RCR, 6}, {REQUEST, 0, REQUEST_RESET}, {OUT, RCR, 6},
        {REQUEST, 0, REQUEST_NONE}, {IN, RCR, 6}),
};

struct space {
    struct pci_bus *bus;
    unsigned function;
};

static uint64_t config_read(void *opaque, uint64_t offset, unsigned size)
{
    const struct space *space = opaque;
    return pci_bus_read(space->bus, 0x0a, space->function, offset, size);
}

static void config_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    const struct space *space = opaque;
    pci_bus_write(space->bus, 0x0a, space->function, offset, value, size);
}

static const struct mmio_ops config_ops = {config_read, config_write, NULL, 1, 4};

static void set_pin(void *opaque, unsigned line, bool level)
{
    pci_function_interrupt(opaque, level);
}

/* A rig with the chip and a card in slot 0b. */
static struct rig *piix4_rig(struct piix4 **piix4, struct space spaces[4])
{
    static const struct pci_row card_row = PCI_ROW_INTERRUPT(0x00000100);
    static const uint16_t ports[] = {RCR, IDE0, IDE0_CTL, IDE1, IDE1_CTL};
    struct rig *rig = rig_new(false);
    struct piix4_config config = {.instance = "piix4", .bus = pci_bus_new(&rig->machine, rig->memory, rig->io)};
    for (unsigned i = 0; i < 16; i++)
        config.isa[i] = rig_probe(rig, i);
    *piix4 = piix4_new(&rig->machine, &config);
    const struct pci_function_config card = {"card", 0x0b, 0, &card_row, 1, 0, NULL, NULL};
    rig->lines[0] = (struct irq){set_pin, pci_function_new(config.bus, &card), 0};
    struct region region;
    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        piix4_region(*piix4, i, &region);
        rig_map(rig, ports[i], &region);
    }
    for (unsigned i = 0; i < 4; i++) {
        spaces[i] = (struct space){config.bus, i};
        region = (struct region){.name = "config", .kind = REGION_MMIO, .size = 256, .ops = &config_ops, .opaque = &spaces[i]};
        rig_map(rig, ISA + 0x100 * i, &region);
    }
    machine_reset_devices(&rig->machine);
    return rig;
}

static void test_row(void **state)
{
    struct piix4 *piix4;
    struct space spaces[4];
    struct rig *rig = piix4_rig(&piix4, spaces);
    rig_run(rig, *state);
    rig_free(rig);
}

static const struct row preset_rows[] = {
    ROW("preset", {IN4, ISA + 0x60, 0x0b0b0a0a}, {LINE, 0, 1}, {PROBE, 10, 1}),
};

static void test_preset(void **state)
{
    struct piix4 *piix4;
    struct space spaces[4];
    struct rig *rig = piix4_rig(&piix4, spaces);
    piix4_preset(piix4);
    rig_run(rig, *state);
    machine_reset_devices(&rig->machine);
    assert_false(rig->probes[10].level);
    rig_free(rig);
}

int main(void)
{
    return rig_main("piix4", rows, ARRAY_SIZE(rows), test_row) +
           rig_main("piix4 preset", preset_rows, ARRAY_SIZE(preset_rows), test_preset);
}
