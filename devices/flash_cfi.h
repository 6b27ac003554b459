/* Boot flash: two 16-bit chips with the Intel command set, side by side on a 32-bit bus, 4 MiB. */
#ifndef DEVICES_FLASH_CFI_H
#define DEVICES_FLASH_CFI_H

#include "softmmu/device.h"

struct flash_cfi;

#define FLASH_CFI_SIZE   ((size_t)4 << 20) /* also what it takes of the arena's RAM */
#define FLASH_CFI_SECTOR ((size_t)64 << 10)

extern const struct device_class flash_cfi_class;

/* Erased. Maps itself into machine->phys at base: memory while it is read as such, registers while it answers commands. */
struct flash_cfi *flash_cfi_new(struct machine *machine, const char *instance, uint64_t base);
/* The same memory once more, read-only and deaf to commands, for the board to map. */
void flash_cfi_copy_region(struct flash_cfi *flash, struct region *out);
/* Maps again what the state says. To be called after the arena was written from outside. */
void flash_cfi_remap(struct flash_cfi *flash);

#endif
