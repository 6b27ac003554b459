/* What the files of the PIIX4 share. */
#ifndef DEVICES_PIIX4_INTERNAL_H
#define DEVICES_PIIX4_INTERNAL_H

#include "devices/pci.h"

#define PIIX4_SLOT 0x0a

void piix4_ide_new(struct machine *machine, struct pci_bus *bus);
void piix4_uhci_new(struct machine *machine, struct pci_bus *bus);
void piix4_pm_new(struct machine *machine, struct pci_bus *bus);
/* The ports of an IDE channel with no drive on it. */
void piix4_ide_ports(bool control, struct region *out);

/* A byte-wide register that is mostly storage: which bits can be written, and which a write of 1 clears. */
struct piix4_byte {
    uint8_t writable, clear;
};

static inline void piix4_write_bytes(uint8_t *bytes, const struct piix4_byte *rows, uint64_t offset, uint64_t value,
                                     unsigned size)
{
    for (unsigned i = 0; i < size; i++, value >>= 8) {
        uint8_t *byte = &bytes[offset + i];
        const struct piix4_byte *row = &rows[offset + i];
        *byte = (*byte & ~row->writable) | (value & row->writable);
        *byte &= ~(value & row->clear);
    }
}

static inline uint32_t piix4_read_bytes(const uint8_t *bytes, uint64_t offset, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)bytes[offset + i] << 8 * i;
    return value;
}

#endif
