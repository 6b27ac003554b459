/* Intel 8254 interval timer, clocked at 1193182 Hz of virtual time. */
#ifndef DEVICES_I8254_H
#define DEVICES_I8254_H

#include "softmmu/device.h"

#define I8254_HZ 1193182u

struct i8254;

extern const struct device_class i8254_class;

/* out: OUT of counter 0 (IRQ 0). */
struct i8254 *i8254_new(struct machine *machine, const char *instance, struct irq out);
/* 4 bytes, port 0x40. */
void i8254_region(struct i8254 *pit, struct region *out);

#endif
