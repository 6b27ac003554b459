/* Motorola MC146818 real-time clock with 256 bytes of battery-backed memory, as in a PC south bridge. */
#ifndef DEVICES_MC146818_H
#define DEVICES_MC146818_H

#include "softmmu/device.h"

struct mc146818;

extern const struct device_class mc146818_class;

/* The date is machine->clock->rtc_base_ns plus the virtual time when a guest first looks. irq: IRQ 8. */
struct mc146818 *mc146818_new(struct machine *machine, const char *instance, struct irq irq);
/* 4 bytes, port 0x70: index and data of bytes 0..127, index and data of bytes 128..255. */
void mc146818_region(struct mc146818 *rtc, struct region *out);

#endif
