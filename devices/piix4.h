/* Intel 82371AB (PIIX4) south bridge: PCI functions 0a.0 ISA bridge, 0a.1 IDE, 0a.2 USB, 0a.3 power management. */
#ifndef DEVICES_PIIX4_H
#define DEVICES_PIIX4_H

#include "devices/pci.h"

struct piix4;

struct piix4_config {
    const char *instance;
    struct pci_bus *bus;
    struct irq isa[16]; /* the interrupt controllers' inputs, that PCI interrupts are routed to */
};

/* What the board puts into the bus's I/O map: the size is in the region. */
enum piix4_region_id {
    PIIX4_RESET_CONTROL, /* port 0xcf9 */
    PIIX4_IDE0_COMMAND,  /* port 0x1f0 */
    PIIX4_IDE0_CONTROL,  /* port 0x3f6 */
    PIIX4_IDE1_COMMAND,  /* port 0x170 */
    PIIX4_IDE1_CONTROL,  /* port 0x376 */
};

extern const struct device_class piix4_class, piix4_ide_class, piix4_uhci_class, piix4_pm_class;

/* Connects the bus's PIRQ wires. */
struct piix4 *piix4_new(struct machine *machine, const struct piix4_config *config);
void piix4_region(struct piix4 *piix4, enum piix4_region_id id, struct region *out);
/* Interrupt routing as firmware leaves it: PIRQA, B to IRQ 10, C, D to IRQ 11. To be called after each reset when none runs. */
void piix4_preset(struct piix4 *piix4);

#endif
