/*
 * PIIX4 function 1: the IDE controller, with no drive on either channel.
 *
 * Document: 82371AB data sheet, section 5; SFF-8038i (bus master registers).
 * Regions: bus master registers behind BAR 4 (16 bytes of I/O). Lines: none without drives.
 *
 * Every register of a channel reads 0, so that BSY is never seen and drivers find nobody.
 * NOT EMULATED: drives, DMA transfers; timing registers are storage.
 */
#include "devices/piix4_internal.h"

#include "devices/piix4.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define BUS_MASTER_SIZE 16

struct piix4_ide_state {
    uint8_t bus_master[BUS_MASTER_SIZE]; /* command, -, status, -, descriptor table; once for each channel */
};

struct piix4_ide {
    struct piix4_ide_state *s;
};

static const struct field piix4_ide_fields[] = {
    FIELD_ARRAY(struct piix4_ide_state, bus_master),
};

static const struct piix4_byte bus_master_rows[BUS_MASTER_SIZE] = {
    [0] = {0x09, 0   },
      [2] = {0x60, 0x06},
      [4] = {0xfc, 0   },
      [5] = {0xff, 0   },
      [6] = {0xff, 0   },
      [7] = {0xff, 0   },
    [8] = {0x09, 0   },
      [10] = {0x60, 0x06},
      [12] = {0xfc, 0   },
      [13] = {0xff, 0   },
      [14] = {0xff, 0   },
      [15] = {0xff, 0   },
};

static const struct pci_row ide_rows[] = {
    {PCI_ID,    0x71118086, 0, 0},
    PCI_ROW_COMMAND(0x02800000),
    {PCI_CLASS, 0x01018000, 0, 0},
    PCI_ROW_HEADER(0),
};

static uint64_t empty_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static uint64_t empty_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void empty_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

static const struct mmio_ops empty_ops = {empty_read, empty_write, empty_peek, 1, 4};

void piix4_ide_ports(bool control, struct region *out)
{
    *out = (struct region){.name = "ide", .kind = REGION_MMIO, .size = control ? 1 : 8, .ops = &empty_ops};
}

static uint64_t bus_master_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return piix4_read_bytes(((const struct piix4_ide *)opaque)->s->bus_master, offset, size);
}

static uint64_t bus_master_read(void *opaque, uint64_t offset, unsigned size)
{
    return bus_master_peek(opaque, offset, size);
}

static void bus_master_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_ide *ide = opaque;
    piix4_write_bytes(ide->s->bus_master, bus_master_rows, offset, value, size);
}

static const struct mmio_ops bus_master_ops = {bus_master_read, bus_master_write, bus_master_peek, 1, 4};

static void piix4_ide_reset(void *device)
{
    struct piix4_ide *ide = device;
    *ide->s = (struct piix4_ide_state){0};
}

static int piix4_ide_check(const void *state)
{
    const struct piix4_ide_state *s = state;
    for (unsigned i = 0; i < BUS_MASTER_SIZE; i++)
        if (s->bus_master[i] & ~bus_master_rows[i].writable)
            return -1;
    return 0;
}

const struct device_class piix4_ide_class = {
    "piix4-ide",     1,    sizeof(struct piix4_ide_state), piix4_ide_fields, ARRAY_SIZE(piix4_ide_fields), piix4_ide_reset,
    piix4_ide_check, NULL,
};

void piix4_ide_new(struct machine *machine, struct pci_bus *bus)
{
    struct piix4_ide *ide = alloc_zeroed(sizeof(*ide));
    ide->s = device_register(machine, &piix4_ide_class, "piix4-ide", ide);
    const struct pci_function_config config = {"piix4-ide-pci", PIIX4_SLOT, 1, ide_rows, ARRAY_SIZE(ide_rows), ~0u, NULL, NULL};
    struct pci_function *function = pci_function_new(bus, &config);
    struct region region = {.name = "ide-bus-master", .kind = REGION_MMIO, .size = BUS_MASTER_SIZE, .ops = &bus_master_ops};
    region.opaque = ide;
    pci_function_bar(function, 4, true, &region);
}
