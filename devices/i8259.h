/* Intel 8259A interrupt controllers, the master/slave pair of a PC south bridge. */
#ifndef DEVICES_I8259_H
#define DEVICES_I8259_H

#include "softmmu/device.h"

struct i8259;

enum i8259_region_id {
    I8259_MASTER, /* 2 bytes, port 0x20 */
    I8259_SLAVE,  /* 2 bytes, port 0xa0 */
    I8259_ELCR,   /* 2 bytes, port 0x4d0 */
};

extern const struct device_class i8259_class;

/* intr: the master's INT output. */
struct i8259 *i8259_new(struct machine *machine, const char *instance, struct irq intr);
void i8259_region(struct i8259 *pic, enum i8259_region_id id, struct region *out);
/* Input 0..15; input 2 is ORed with the slave's output. */
struct irq i8259_irq_input(struct i8259 *pic, unsigned line);
/* The INTA cycle: the vector (ICW2 | level), with its side effects. With nothing pending level 7 of the chip that was asked. */
int i8259_acknowledge(struct i8259 *pic);

#endif
