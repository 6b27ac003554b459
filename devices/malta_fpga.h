/* The Malta board's FPGA: switches, LEDs, soft reset, general-purpose pins, the I2C bus with the memory module's EEPROM. */
#ifndef DEVICES_MALTA_FPGA_H
#define DEVICES_MALTA_FPGA_H

#include "softmmu/device.h"

struct malta_fpga;

#define MALTA_DISPLAY_SIZE 8

extern const struct device_class malta_fpga_class;

/* low_ram: bytes, what the memory module's EEPROM tells. */
struct malta_fpga *malta_fpga_new(struct machine *machine, const char *instance, uint64_t low_ram);
/* 1 MiB at 0x1f000000; the CBUS UART inside is a chip of its own, to be mapped with a higher priority. */
void malta_fpga_region(struct malta_fpga *fpga, struct region *out);
/* The REVISION word, 4 bytes at 0x1fc00010, that covers the copy of the flash there. */
void malta_fpga_revision_region(struct malta_fpga *fpga, struct region *out);
/* What the 8-character display shows; not terminated. */
const uint8_t *malta_fpga_display(const struct malta_fpga *fpga);

#endif
