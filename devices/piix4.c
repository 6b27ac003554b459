/*
 * PIIX4 function 0: the ISA bridge. It routes PCI interrupts to the interrupt controllers and can reset the machine.
 *
 * Document: 82371AB data sheet, section 4 (PIRQRC 0x60..0x63, reset control port 0xcf9).
 * Regions: the reset control port. Lines: PIRQA..PIRQD in, ISA interrupts out.
 *
 * The interrupt controllers, the timer and the clock of this chip are files of their own.
 * NOT EMULATED: DMA controllers, positive decoding, serial interrupts, APM ports; their configuration is storage.
 */
#include "devices/piix4.h"

#include "devices/piix4_internal.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define ROUTES 0x60 /* configuration offset of PIRQRC[A:D] */

enum { ROUTE_DISABLED = 0x80 };
enum { RESET_CPU = 0x04, RESET_WRITABLE = 0x06 };

struct piix4_state {
    uint16_t driven; /* ISA lines that PCI interrupts hold up */
    uint8_t pirq[PCI_PIRQS];
    uint8_t reset_control;
    uint8_t pad;
};

struct piix4 {
    struct piix4_state *s;
    struct machine *machine;
    struct piix4_config config;
    struct pci_function *isa;
};

static const struct field piix4_fields[] = {
    FIELD(struct piix4_state, driven),
    FIELD_ARRAY(struct piix4_state, pirq),
    FIELD(struct piix4_state, reset_control),
    FIELD(struct piix4_state, pad),
};

static const struct pci_row isa_rows[] = {
    {PCI_ID,    0x71108086, 0,          0},
    PCI_ROW_COMMAND(0x02000000),       {PCI_CLASS, 0x06010000, 0,          0},
    PCI_ROW_HEADER(0x00800000),        {0x4c,      0x0003004d, 0xffffffff, 0},
    {ROUTES,    0x80808080, 0x8f8f8f8f, 0},
    {0x68,      0x00000200, 0xffffffff, 0},
    {0x70,      0x00000080, 0xffffffff, 0},
    {0x74,      0x0c0c0000, 0xffffffff, 0},
    {0x78,      0x00000002, 0xffffffff, 0},
    {0xa0,      0x00000008, 0xffffffff, 0},
    {0xa8,      0x0000000f, 0xffffffff, 0},
};

/* Several PIRQs may lead to one ISA line, which then is their OR. */
static void piix4_route(void *opaque)
{
    struct piix4 *piix4 = opaque;
    struct piix4_state *s = piix4->s;
    uint32_t routes = pci_function_config(piix4->isa, ROUTES);
    uint16_t levels = 0;
    for (unsigned i = 0; i < PCI_PIRQS; i++) {
        uint8_t route = routes >> 8 * i;
        if (s->pirq[i] && !(route & ROUTE_DISABLED))
            levels |= 1u << (route & 15);
    }
    uint16_t changed = levels ^ s->driven;
    s->driven = levels;
    for (unsigned line = 0; line < 16; line++)
        if (changed >> line & 1)
            irq_set(&piix4->config.isa[line], levels >> line & 1);
}

static void piix4_pirq(void *opaque, unsigned line, bool level)
{
    struct piix4 *piix4 = opaque;
    assert(line < PCI_PIRQS);
    piix4->s->pirq[line] = level;
    piix4_route(piix4);
}

static uint64_t reset_control_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return ((const struct piix4 *)opaque)->s->reset_control;
}

static uint64_t reset_control_read(void *opaque, uint64_t offset, unsigned size)
{
    return reset_control_peek(opaque, offset, size);
}

static void reset_control_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4 *piix4 = opaque;
    bool rises = value & ~piix4->s->reset_control & RESET_CPU;
    piix4->s->reset_control = value & RESET_WRITABLE;
    if (rises)
        machine_request(piix4->machine, REQUEST_RESET);
}

static const struct mmio_ops reset_control_ops = {reset_control_read, reset_control_write, reset_control_peek, 1, 1};

void piix4_region(struct piix4 *piix4, enum piix4_region_id id, struct region *out)
{
    assert(id <= PIIX4_IDE1_CONTROL);
    if (id != PIIX4_RESET_CONTROL) {
        piix4_ide_ports(id == PIIX4_IDE0_CONTROL || id == PIIX4_IDE1_CONTROL, out);
        return;
    }
    *out = (struct region){.name = "reset-control", .kind = REGION_MMIO, .size = 1, .ops = &reset_control_ops, .opaque = piix4};
}

void piix4_preset(struct piix4 *piix4)
{
    pci_function_preset(piix4->isa, ROUTES, 0x0b0b0a0a);
}

/* The wires' levels belong to the functions that drive them. */
static void piix4_reset(void *device)
{
    struct piix4 *piix4 = device;
    piix4->s->reset_control = 0;
    piix4_route(piix4);
}

static int piix4_check(const void *state)
{
    const struct piix4_state *s = state;
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        if (s->pirq[i] > 1)
            return -1;
    return s->reset_control & ~RESET_WRITABLE ? -1 : 0;
}

const struct device_class piix4_class = {
    "piix4", 1, sizeof(struct piix4_state), piix4_fields, ARRAY_SIZE(piix4_fields), piix4_reset, piix4_check, NULL,
};

struct piix4 *piix4_new(struct machine *machine, const struct piix4_config *config)
{
    assert(config->bus);
    struct piix4 *piix4 = alloc_zeroed(sizeof(*piix4));
    piix4->machine = machine;
    piix4->config = *config;
    piix4->s = device_register(machine, &piix4_class, config->instance, piix4);
    const struct pci_function_config isa = {"piix4-isa", PIIX4_SLOT, 0, isa_rows, ARRAY_SIZE(isa_rows), ~0u, piix4_route, piix4};
    piix4->isa = pci_function_new(config->bus, &isa);
    piix4_ide_new(machine, config->bus);
    piix4_uhci_new(machine, config->bus);
    piix4_pm_new(machine, config->bus);
    struct irq pirq[PCI_PIRQS];
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        pirq[i] = (struct irq){piix4_pirq, piix4, i};
    pci_bus_connect(config->bus, pirq);
    return piix4;
}
