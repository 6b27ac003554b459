#include "tests/devices/every_chip.h"

#include "devices/fdc37m81x.h"
#include "devices/flash_cfi.h"
#include "devices/gt64120.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/malta_fpga.h"
#include "devices/mc146818.h"
#include "devices/piix4.h"
#include "devices/uart16550.h"
#include "softmmu/alloc.h"

struct every_chip {
    struct rig *rig;
    struct pci_bus *bus;
    struct i8259 *pic;
    struct gt64120 *gt;
    struct flash_cfi *flash;
};

static int acknowledge(void *pic)
{
    return i8259_acknowledge(pic);
}

static void add_pic(struct every_chip *chips)
{
    static const uint16_t ports[] = {0x20, 0xa0, 0x4d0};
    struct region region;
    chips->pic = i8259_new(&chips->rig->machine, "pic", rig_probe(chips->rig, 0));
    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        i8259_region(chips->pic, i, &region);
        rig_map(chips->rig, ports[i], &region);
    }
}

static void add_piix4(struct every_chip *chips)
{
    static const uint16_t ports[] = {0xcf9, 0x1f0, 0x3f6, 0x170, 0x376};
    struct region region;
    struct piix4_config config = {.instance = "piix4", .bus = chips->bus};
    for (unsigned i = 0; i < 16; i++)
        config.isa[i] = i8259_irq_input(chips->pic, i);
    struct piix4 *piix4 = piix4_new(&chips->rig->machine, &config);
    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        piix4_region(piix4, i, &region);
        rig_map(chips->rig, ports[i], &region);
    }
    piix4_preset(piix4);
}

static void add_isa(struct every_chip *chips)
{
    struct rig *rig = chips->rig;
    struct machine *machine = &rig->machine;
    struct region region;
    i8254_region(i8254_new(machine, "pit", i8259_irq_input(chips->pic, 0)), &region);
    rig_map(rig, 0x40, &region);
    mc146818_region(mc146818_new(machine, "rtc", i8259_irq_input(chips->pic, 8)), &region);
    rig_map(rig, 0x70, &region);
    fdc37m81x_region(fdc37m81x_new(machine, "sio"), &region);
    rig_map(rig, 0x3f0, &region);
    uart16550_region(uart16550_new(machine, &(struct uart16550_config){"uart0", 1, 0, i8259_irq_input(chips->pic, 4)}), &region);
    rig_map(rig, 0x3f8, &region);
}

static void add_board(struct every_chip *chips)
{
    struct machine *machine = &chips->rig->machine;
    struct region region;
    malta_fpga_region(malta_fpga_new(machine, "fpga", RIG_RAM), &region);
    physmap_add(machine->phys, 0x1f000000, 0, &region);
    uart16550_region(uart16550_new(machine, &(struct uart16550_config){"uart2", 8, 1, rig_probe(chips->rig, 1)}), &region);
    physmap_add(machine->phys, 0x1f000900, 1, &region);
    chips->flash = flash_cfi_new(machine, "flash", 0x1e000000);
}

struct every_chip *every_chip_new(struct rig *rig)
{
    struct every_chip *chips = alloc_zeroed(sizeof(*chips));
    chips->rig = rig;
    chips->bus = pci_bus_new(&rig->machine, rig->memory, rig->io);
    add_pic(chips);
    const struct gt64120_config gt = {"gt", "gt-dma", chips->bus, acknowledge, chips->pic, rig_probe(chips->rig, 2)};
    chips->gt = gt64120_new(&rig->machine, &gt);
    add_piix4(chips);
    add_isa(chips);
    add_board(chips);
    gt64120_preset(chips->gt);
    return chips;
}

void every_chip_remap(struct every_chip *chips)
{
    gt64120_remap(chips->gt);
    pci_bus_remap(chips->bus);
    flash_cfi_remap(chips->flash);
}
