/*
 * PIIX4 function 3: power management and SMBus host.
 *
 * Document: 82371AB data sheet, section 7 (PMBA 0x40, PMREGMISC 0x80, SMBBA 0x90, SMBHSTCFG 0xd2, I/O registers).
 * Regions: 64 bytes of I/O at PMBA, 16 at SMBBA; it maps them itself. Lines: none.
 *
 * Writing SUS_EN with suspend type 0 switches the machine off. The timer counts 3.579545 MHz of virtual time.
 * NOT EMULATED: SCI and SMI, suspend states other than off, idle timers, everything on the SMBus (no address answers).
 */
#include "devices/piix4_internal.h"

#include "devices/piix4.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define PM_SIZE    64
#define SMBUS_SIZE 16
#define PM_HZ      3579545u
#define NS_PER_S   1000000000u

enum { PM_CONTROL_HIGH = 0x05, PM_TIMER = 0x08, PM_GPO = 0x34 };
enum { CONTROL_HIGH_SUSPEND = 0x20, CONTROL_HIGH_TYPE = 0x1c };
enum { SMBUS_STATUS = 0, SMBUS_CONTROL = 2 };
enum { SMBUS_STATUS_NO_ANSWER = 0x04, SMBUS_CONTROL_START = 0x40 };

struct piix4_pm_state {
    uint8_t pm[PM_SIZE];
    uint8_t smbus[SMBUS_SIZE];
};

struct piix4_pm {
    struct piix4_pm_state *s;
    struct machine *machine;
    struct physmap *io;
    struct pci_function *function;
    unsigned pm, smbus; /* handles */
};

static const struct field piix4_pm_fields[] = {
    FIELD_ARRAY(struct piix4_pm_state, pm),
    FIELD_ARRAY(struct piix4_pm_state, smbus),
};

/* Status registers are missing: nothing sets a bit in them. */
static const struct piix4_byte pm_bytes[PM_SIZE] = {
    [0x02] = {0x21,              0},
      [0x03] = {0x05,              0}, /* PMEN */
    [0x04] = {0x03,              0},
      [PM_CONTROL_HIGH] = {CONTROL_HIGH_TYPE, 0}, /* PMCNTRL */
    [0x0e] = {0x01,              0},
      [0x0f] = {0x0f,              0}, /* GPEN */
    [0x10] = {0xff,              0},
      [0x11] = {0xff,              0},
    [0x12] = {0xff,              0},
      [0x13] = {0xff,              0}, /* PCNTRL */
    [0x20] = {0xff,              0},
      [0x21] = {0xff,              0}, /* GLBEN */
    [0x28] = {0xff,              0},
      [0x29] = {0xff,              0},
    [0x2a] = {0xff,              0},
      [0x2b] = {0xff,              0}, /* GLBCTL */
    [0x2c] = {0xff,              0},
      [0x2d] = {0xff,              0},
    [0x2e] = {0xff,              0},
      [0x2f] = {0xff,              0}, /* DEVCTL */
    [0x34] = {0xff,              0},
      [0x35] = {0xff,              0},
    [0x36] = {0xff,              0},
      [0x37] = {0x7f,              0}, /* GPOREG */
};

static const struct piix4_byte smbus_bytes[SMBUS_SIZE] = {
    [SMBUS_STATUS] = {0,    0x1e},
      [0x01] = {0,    0x3c},
      [SMBUS_CONTROL] = {0x1d, 0   },
      [0x03] = {0xff, 0   },
    [0x04] = {0xff, 0   },
      [0x05] = {0xff, 0   },
      [0x06] = {0xff, 0   },
      [0x07] = {0xff, 0   },
    [0x08] = {0x0f, 0   },
      [0x0a] = {0xff, 0   },
      [0x0b] = {0xff, 0   },
};

static const struct pci_row pm_rows[] = {
    {PCI_ID,    0x71138086, 0,          0},
    PCI_ROW_COMMAND(0x02800000),
    {PCI_CLASS, 0x06800003, 0,          0},
    PCI_ROW_HEADER(0),
    PCI_ROW_INTERRUPT(0x00000100),     {0x40,      0x00000001, 0x0000ffc0, 0},
    {0x58,      0x02000000, 0xffffffff, 0},
    {0x5c,      0x90000000, 0xffffffff, 0},
    {0x60,      0x60000000, 0xffffffff, 0},
    {0x64,      0x98000000, 0xffffffff, 0},
    {0x90,      0x00001101, 0x0000fff0, 0},
    {0xd0,      0x00090000, 0xffffffff, 0},
};

static void pm_map(void *opaque)
{
    struct piix4_pm *pm = opaque;
    bool pm_on = pci_function_config(pm->function, 0x80) & 1;
    bool smbus_on = pci_function_config(pm->function, 0xd0) & 0x00010000;
    physmap_move(pm->io, pm->pm, pci_function_config(pm->function, 0x40) & 0xffc0, pm_on ? PM_SIZE : 0);
    physmap_move(pm->io, pm->smbus, pci_function_config(pm->function, 0x90) & 0xfff0, smbus_on ? SMBUS_SIZE : 0);
}

static uint32_t pm_timer(const struct piix4_pm *pm)
{
    return (unsigned __int128)machine_now(pm->machine) * PM_HZ / NS_PER_S & 0xffffff;
}

static uint64_t pm_peek(const void *opaque, uint64_t offset, unsigned size)
{
    assert(size && offset + size <= PM_SIZE);
    const struct piix4_pm *pm = opaque;
    if ((offset & ~3u) == PM_TIMER)
        return pm_timer(pm) >> 8 * (offset & 3) & 0xffffffffu >> (32 - 8 * size);
    return piix4_read_bytes(pm->s->pm, offset, size);
}

static uint64_t pm_read(void *opaque, uint64_t offset, unsigned size)
{
    return pm_peek(opaque, offset, size);
}

static void pm_suspend(struct piix4_pm *pm)
{
    unsigned type = pm->s->pm[PM_CONTROL_HIGH] >> 2 & 7;
    if (type == 0)
        machine_request(pm->machine, REQUEST_POWEROFF);
    else
        log_printf(LOG_BIT_UNIMP, "piix4: suspend type %u\n", type);
}

static void pm_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm *pm = opaque;
    piix4_write_bytes(pm->s->pm, pm_bytes, offset, value, size);
    if (offset <= PM_CONTROL_HIGH && offset + size > PM_CONTROL_HIGH &&
        (value >> 8 * (PM_CONTROL_HIGH - offset) & CONTROL_HIGH_SUSPEND))
        pm_suspend(pm);
}

static uint64_t smbus_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return piix4_read_bytes(((const struct piix4_pm *)opaque)->s->smbus, offset, size);
}

static uint64_t smbus_read(void *opaque, uint64_t offset, unsigned size)
{
    return smbus_peek(opaque, offset, size);
}

static void smbus_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_pm *pm = opaque;
    piix4_write_bytes(pm->s->smbus, smbus_bytes, offset, value, 1);
    if (offset == SMBUS_CONTROL && (value & SMBUS_CONTROL_START))
        pm->s->smbus[SMBUS_STATUS] |= SMBUS_STATUS_NO_ANSWER;
}

static const struct mmio_ops pm_ops = {pm_read, pm_write, pm_peek, 1, 4};
static const struct mmio_ops smbus_ops = {smbus_read, smbus_write, smbus_peek, 1, 1};

static void piix4_pm_reset(void *device)
{
    struct piix4_pm *pm = device;
    *pm->s = (struct piix4_pm_state){
        .pm = {[PM_GPO] = 0xff, 0xbf, 0xff, 0x7f}
    };
}

static int piix4_pm_check(const void *state)
{
    const struct piix4_pm_state *s = state;
    for (unsigned i = 0; i < PM_SIZE; i++)
        if (s->pm[i] & ~pm_bytes[i].writable)
            return -1;
    for (unsigned i = 0; i < SMBUS_SIZE; i++)
        if (s->smbus[i] & ~(smbus_bytes[i].writable | smbus_bytes[i].clear))
            return -1;
    return 0;
}

const struct device_class piix4_pm_class = {
    "piix4-pm",     1,    sizeof(struct piix4_pm_state), piix4_pm_fields, ARRAY_SIZE(piix4_pm_fields), piix4_pm_reset,
    piix4_pm_check, NULL,
};

void piix4_pm_new(struct machine *machine, struct pci_bus *bus)
{
    struct piix4_pm *pm = alloc_zeroed(sizeof(*pm));
    pm->machine = machine;
    pm->io = pci_bus_io(bus);
    pm->s = device_register(machine, &piix4_pm_class, "piix4-pm", pm);
    struct region pm_region = {.name = "piix4-pm", .kind = REGION_MMIO, .size = PM_SIZE, .ops = &pm_ops, .opaque = pm};
    struct region smbus_region = {.name = "smbus", .kind = REGION_MMIO, .size = SMBUS_SIZE, .ops = &smbus_ops, .opaque = pm};
    pm->pm = physmap_add(pm->io, 0, 1, &pm_region);
    pm->smbus = physmap_add(pm->io, 0, 1, &smbus_region);
    const struct pci_function_config config = {"piix4-pm-pci", PIIX4_SLOT, 3, pm_rows, ARRAY_SIZE(pm_rows), ~0u, pm_map, pm};
    pm->function = pci_function_new(bus, &config);
    piix4_pm_reset(pm);
    pm_map(pm);
}
