/*
 * A conventional PCI bus: configuration space, base address registers, interrupt pins. One bus, number 0.
 *
 * A function is a table of configuration dwords plus regions behind its base address registers; the chip that owns it
 * hears of configuration writes and otherwise has nothing to do with them.
 */
#ifndef DEVICES_PCI_H
#define DEVICES_PCI_H

#include "softmmu/device.h"

struct pci_bus;
struct pci_function;

#define PCI_PIRQS 4
#define PCI_BARS  7 /* 0x10..0x24 and, as number 6, the expansion ROM at 0x30 */

/* Offsets of configuration dwords that functions of any kind have. */
enum { PCI_ID = 0x00, PCI_COMMAND = 0x04, PCI_CLASS = 0x08, PCI_HEADER = 0x0c, PCI_INTERRUPT = 0x3c };

/* One dword of configuration space. What no row names reads 0 and is read-only (but see `storage` below). */
struct pci_row {
    uint8_t offset;
    uint32_t reset;
    uint32_t writable;
    uint32_t clear; /* bits that a write of 1 clears */
};

/* Command: I/O, memory, master, special cycles, MWI, parity, SERR, INTx disable. Status: the error bits. */
#define PCI_ROW_COMMAND(status_command)                                                                                          \
    {                                                                                                                            \
        PCI_COMMAND, status_command, 0x0000055f, 0xf9000000                                                                      \
    }
#define PCI_ROW_HEADER(value)                                                                                                    \
    {                                                                                                                            \
        PCI_HEADER, value, 0x0000ffff, 0                                                                                         \
    }
#define PCI_ROW_INTERRUPT(value)                                                                                                 \
    {                                                                                                                            \
        PCI_INTERRUPT, value, 0x000000ff, 0                                                                                      \
    }

struct pci_function_config {
    const char *instance;
    uint8_t slot, function;
    const struct pci_row *rows;
    unsigned nrows;
    uint32_t storage;              /* writable bits of the dwords from 0x40 on that have no row */
    void (*changed)(void *opaque); /* after each configuration write, each reset, each pci_bus_remap(); may be NULL */
    void *opaque;
};

extern const struct device_class pci_class; /* of each function */

/* memory, io: the bus's address spaces, 32 bits wide both; the board makes them. */
struct pci_bus *pci_bus_new(struct machine *machine, struct physmap *memory, struct physmap *io);
struct physmap *pci_bus_memory(const struct pci_bus *bus);
struct physmap *pci_bus_io(const struct pci_bus *bus);
/* Where the wires PIRQA..PIRQD lead: pin p of slot s is on number (p + s - 10) mod 4, A being 0. */
void pci_bus_connect(struct pci_bus *bus, const struct irq pirq[PCI_PIRQS]);
/* Maps again what the functions' registers say. To be called after the arena was written from outside. */
void pci_bus_remap(struct pci_bus *bus);

/* A configuration cycle; size 1, 2, 4, not crossing a dword. All ones where there is no function. */
uint32_t pci_bus_read(const struct pci_bus *bus, unsigned slot, unsigned function, unsigned offset, unsigned size);
void pci_bus_write(struct pci_bus *bus, unsigned slot, unsigned function, unsigned offset, uint32_t value, unsigned size);

struct pci_function *pci_function_new(struct pci_bus *bus, const struct pci_function_config *config);
/* Puts a region behind base address register `index`; its size is the region's, a power of two from 4 (I/O) or 16 on. */
void pci_function_bar(struct pci_function *function, unsigned index, bool io, const struct region *region);
/* A configuration dword as it stands; offset is a multiple of 4. */
uint32_t pci_function_config(const struct pci_function *function, unsigned offset);
/* As if the guest had written the dword, past all masks. */
void pci_function_preset(struct pci_function *function, unsigned offset, uint32_t value);
/* The function's interrupt pin (the one its configuration names at 0x3d). */
void pci_function_interrupt(struct pci_function *function, bool level);

#endif
