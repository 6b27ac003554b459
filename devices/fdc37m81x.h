/* SMSC FDC37M81x super-I/O chip: its configuration registers. */
#ifndef DEVICES_FDC37M81X_H
#define DEVICES_FDC37M81X_H

#include "softmmu/device.h"

struct fdc37m81x;

extern const struct device_class fdc37m81x_class;

struct fdc37m81x *fdc37m81x_new(struct machine *machine, const char *instance);
/* 2 bytes, port 0x3f0. */
void fdc37m81x_region(struct fdc37m81x *sio, struct region *out);

#endif
