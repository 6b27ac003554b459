/*
 * PCI bus 0 and the configuration space of its functions.
 *
 * Document: PCI Local Bus Specification 2.2, chapter 6 (configuration space), 2.2.6 (interrupt pins).
 * Lines: PIRQA..PIRQD out, each the OR of the pins that are wired to it.
 *
 * A base address register maps its region while COMMAND enables its space, but not at address 0 nor at all ones, the two
 * values that it holds while the guest sizes it.
 *
 * NOT EMULATED: buses behind bridges, capabilities, master and target aborts in STATUS, special cycles (lost).
 */
#include "devices/pci.h"

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define SLOTS      32
#define FUNCTIONS  8
#define ROM_BAR    6
#define FIRST_SLOT 10 /* the slot whose pin A is on PIRQA */

enum { COMMAND_IO = 0x0001, COMMAND_MEMORY = 0x0002, COMMAND_NO_INTX = 0x0400, STATUS_INTX = 0x00080000 };
enum { BAR_IO = 0x1, ROM_ENABLE = 0x1 };

struct pci_state {
    uint32_t config[64];
    uint8_t pin; /* level of the interrupt pin, before COMMAND masks it */
    uint8_t pad[3];
};

struct pci_function {
    struct pci_state *s;
    struct pci_bus *bus;
    struct pci_function_config config;
    struct pci_bar {
        uint32_t size; /* 0: there is none */
        bool io;
        unsigned handle;
    } bar[PCI_BARS];
};

struct pci_bus {
    struct machine *machine;
    struct physmap *memory, *io;
    struct irq pirq[PCI_PIRQS];
    struct pci_function *at[SLOTS][FUNCTIONS];
};

static const struct field pci_fields[] = {
    FIELD_ARRAY(struct pci_state, config),
    FIELD(struct pci_state, pin),
    FIELD_ARRAY(struct pci_state, pad),
};

static unsigned bar_offset(unsigned index)
{
    assert(index <= ROM_BAR);
    return index == ROM_BAR ? 0x30 : 0x10 + 4 * index;
}

/* What the function's table says of a dword; base address registers have no row. */
static struct pci_row find_row(const struct pci_function *function, unsigned offset)
{
    assert(offset < 256 && !(offset & 3));
    for (unsigned i = 0; i < function->config.nrows; i++)
        if (function->config.rows[i].offset == offset)
            return function->config.rows[i];
    for (unsigned i = 0; i < PCI_BARS; i++) {
        const struct pci_bar *bar = &function->bar[i];
        if (bar->size && bar_offset(i) == offset)
            return (struct pci_row){offset, bar->io ? BAR_IO : 0, -bar->size | (i == ROM_BAR ? ROM_ENABLE : 0), 0};
    }
    return (struct pci_row){offset, 0, offset >= 0x40 ? function->config.storage : 0, 0};
}

static void map_bar(struct pci_function *function, unsigned index)
{
    assert(index < PCI_BARS);
    const struct pci_bar *bar = &function->bar[index];
    if (!bar->size)
        return;
    uint32_t value = function->s->config[bar_offset(index) / 4], address = value & -bar->size;
    bool enabled = function->s->config[PCI_COMMAND / 4] & (bar->io ? COMMAND_IO : COMMAND_MEMORY);
    if (index == ROM_BAR && !(value & ROM_ENABLE))
        enabled = false;
    if (address == 0 || address == -bar->size)
        enabled = false;
    physmap_move(bar->io ? function->bus->io : function->bus->memory, bar->handle, address, enabled ? bar->size : 0);
}

static int pirq_of(const struct pci_function *function)
{
    unsigned pin = bits32(function->s->config[PCI_INTERRUPT / 4], 15, 8);
    return pin >= 1 && pin <= 4 ? (int)((pin - 1 + function->config.slot + SLOTS - FIRST_SLOT) % PCI_PIRQS) : -1;
}

static bool asserts(const struct pci_function *function)
{
    return function->s->pin && !(function->s->config[PCI_COMMAND / 4] & COMMAND_NO_INTX);
}

static void update_pirqs(struct pci_bus *bus)
{
    bool level[PCI_PIRQS] = {false};
    for (unsigned i = 0; i < SLOTS * FUNCTIONS; i++) {
        const struct pci_function *function = bus->at[i / FUNCTIONS][i % FUNCTIONS];
        if (function && asserts(function) && pirq_of(function) >= 0)
            level[pirq_of(function)] = true;
    }
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        irq_set(&bus->pirq[i], level[i]);
}

static void pci_remap(struct pci_function *function)
{
    for (unsigned i = 0; i < PCI_BARS; i++)
        map_bar(function, i);
    if (function->config.changed)
        function->config.changed(function->config.opaque);
}

void pci_bus_remap(struct pci_bus *bus)
{
    for (unsigned i = 0; i < SLOTS * FUNCTIONS; i++)
        if (bus->at[i / FUNCTIONS][i % FUNCTIONS])
            pci_remap(bus->at[i / FUNCTIONS][i % FUNCTIONS]);
}

uint32_t pci_bus_read(const struct pci_bus *bus, unsigned slot, unsigned function, unsigned offset, unsigned size)
{
    assert(slot < SLOTS && function < FUNCTIONS && offset < 256 && (offset & 3) + size <= 4);
    const struct pci_function *target = bus->at[slot][function];
    uint32_t value = target ? target->s->config[offset / 4] : 0xffffffff;
    if (target && offset / 4 == PCI_COMMAND / 4 && target->s->pin)
        value |= STATUS_INTX;
    return value >> 8 * (offset & 3) & 0xffffffffu >> (32 - 8 * size);
}

void pci_bus_write(struct pci_bus *bus, unsigned slot, unsigned function, unsigned offset, uint32_t value, unsigned size)
{
    assert(slot < SLOTS && function < FUNCTIONS && offset < 256 && (offset & 3) + size <= 4);
    struct pci_function *target = bus->at[slot][function];
    if (!target)
        return;
    unsigned shift = 8 * (offset & 3);
    uint32_t lanes = 0xffffffffu >> (32 - 8 * size) << shift;
    struct pci_row row = find_row(target, offset & ~3u);
    uint32_t *dword = &target->s->config[offset / 4];
    value <<= shift;
    *dword = (*dword & ~(row.writable & lanes)) | (value & row.writable & lanes);
    *dword &= ~(value & row.clear & lanes);
    pci_remap(target);
    update_pirqs(bus);
}

uint32_t pci_function_config(const struct pci_function *function, unsigned offset)
{
    assert(offset < 256 && (offset & 3) == 0);
    return function->s->config[offset / 4];
}

void pci_function_preset(struct pci_function *function, unsigned offset, uint32_t value)
{
    assert(offset < 256 && (offset & 3) == 0);
    function->s->config[offset / 4] = value;
    pci_remap(function);
    update_pirqs(function->bus);
}

void pci_function_interrupt(struct pci_function *function, bool level)
{
    function->s->pin = level;
    update_pirqs(function->bus);
}

static void pci_reset(void *device)
{
    struct pci_function *function = device;
    for (unsigned i = 0; i < 64; i++)
        function->s->config[i] = find_row(function, 4 * i).reset;
    function->s->pin = 0;
    pci_remap(function);
    update_pirqs(function->bus);
}

static void pci_loaded(void *device)
{
    pci_remap(device);
}

static int pci_check(const void *state)
{
    return ((const struct pci_state *)state)->pin <= 1 ? 0 : -1;
}

const struct device_class pci_class = {
    "pci", 1, sizeof(struct pci_state), pci_fields, ARRAY_SIZE(pci_fields), pci_reset, pci_check, pci_loaded,
};

struct pci_bus *pci_bus_new(struct machine *machine, struct physmap *memory, struct physmap *io)
{
    assert(memory && io);
    struct pci_bus *bus = alloc_zeroed(sizeof(*bus));
    bus->machine = machine;
    bus->memory = memory;
    bus->io = io;
    return bus;
}

struct physmap *pci_bus_memory(const struct pci_bus *bus)
{
    return bus->memory;
}

struct physmap *pci_bus_io(const struct pci_bus *bus)
{
    return bus->io;
}

void pci_bus_connect(struct pci_bus *bus, const struct irq pirq[PCI_PIRQS])
{
    for (unsigned i = 0; i < PCI_PIRQS; i++)
        bus->pirq[i] = pirq[i];
    update_pirqs(bus);
}

struct pci_function *pci_function_new(struct pci_bus *bus, const struct pci_function_config *config)
{
    assert(config->slot < SLOTS && config->function < FUNCTIONS && !bus->at[config->slot][config->function]);
    struct pci_function *function = alloc_zeroed(sizeof(*function));
    function->bus = bus;
    function->config = *config;
    function->s = device_register(bus->machine, &pci_class, config->instance, function);
    for (unsigned i = 0; i < 64; i++)
        function->s->config[i] = find_row(function, 4 * i).reset;
    bus->at[config->slot][config->function] = function;
    return function;
}

void pci_function_bar(struct pci_function *function, unsigned index, bool io, const struct region *region)
{
    assert(index < PCI_BARS && !function->bar[index].size && (region->size & (region->size - 1)) == 0 && region->size >= 4);
    struct physmap *map = io ? function->bus->io : function->bus->memory;
    unsigned handle = physmap_add(map, 0, 1, region);
    function->bar[index] = (struct pci_bar){region->size, io, handle};
    function->s->config[bar_offset(index) / 4] = io ? BAR_IO : 0;
    map_bar(function, index);
}
