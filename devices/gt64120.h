/* Galileo GT-64120 system controller: address decoding, PCI bridge, configuration cycles, interrupt acknowledge, DMA. */
#ifndef DEVICES_GT64120_H
#define DEVICES_GT64120_H

#include "devices/pci.h"

struct gt64120;

struct gt64120_config {
    const char *instance, *dma_instance;
    struct pci_bus *bus;
    int (*acknowledge)(void *opaque); /* the PCI interrupt acknowledge cycle: returns the vector */
    void *opaque;
    struct irq interrupt; /* to the CPU */
};

extern const struct device_class gt64120_class;

/* Adds its registers and its windows onto the bus to machine->phys, moves them as the guest says; is function 00.0 of the bus. */
struct gt64120 *gt64120_new(struct machine *machine, const struct gt64120_config *config);
/*
 * The Malta's address map, as its start-up code leaves it: registers at 0x1be00000, PCI I/O at 0x18000000 (2 MiB), PCI memory at
 * 0x10000000-0x17ffffff and 0x18200000-0x1bdfffff. To be called after each reset when no firmware does it.
 */
void gt64120_preset(struct gt64120 *gt);
/* Maps again what the registers say. To be called after the arena was written from outside. */
void gt64120_remap(struct gt64120 *gt);

#endif
