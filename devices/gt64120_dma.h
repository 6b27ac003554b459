/* The four DMA channels of the GT-64120: a part of that chip, which hands register accesses on. */
#ifndef DEVICES_GT64120_DMA_H
#define DEVICES_GT64120_DMA_H

#include "softmmu/device.h"

struct gt64120_dma;

struct gt64120_dma_config {
    const char *instance;
    /* Bits of the interrupt cause register that are to be set: 0x10 << n channel n is done, 4 an address that nobody answers. */
    void (*cause)(void *opaque, uint32_t bits);
    void *opaque;
};

extern const struct device_class gt64120_dma_class;

struct gt64120_dma *gt64120_dma_new(struct machine *machine, const struct gt64120_dma_config *config);

/* Registers, by their offsets in the GT-64120: words. Reads have no side effect. */
bool gt64120_dma_has(unsigned offset);
uint32_t gt64120_dma_read(const struct gt64120_dma *dma, unsigned offset);
void gt64120_dma_write(struct gt64120_dma *dma, unsigned offset, uint32_t value);

#endif
