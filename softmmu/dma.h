/*
 * A device's own accesses to memory. As phys_read() and phys_write() with PHYS_DMA, and whoever asks during them learns which device
 * it is.
 */
#ifndef SOFTMMU_DMA_H
#define SOFTMMU_DMA_H

#include "softmmu/machine.h"

static inline bool dma_read(struct machine *machine, const char *device, uint64_t addr, void *bytes, size_t length)
{
    machine->bus_master = device;
    bool done = phys_read(machine->phys, addr, bytes, length, PHYS_DMA);
    machine->bus_master = NULL;
    return done;
}

static inline bool dma_write(struct machine *machine, const char *device, uint64_t addr, const void *bytes, size_t length)
{
    machine->bus_master = device;
    bool done = phys_write(machine->phys, addr, bytes, length, PHYS_DMA);
    machine->bus_master = NULL;
    return done;
}

#endif
