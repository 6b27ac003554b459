/* The substance that chips and CPU share: arena, map, clock, timers, inputs, the list of devices. Built once by a board. */
#ifndef SOFTMMU_MACHINE_H
#define SOFTMMU_MACHINE_H

#include "softmmu/arena.h"
#include "softmmu/clock.h"
#include "softmmu/device.h"
#include "softmmu/input.h"
#include "softmmu/physmap.h"
#include "softmmu/timer.h"

/* What a chip asks of the machine; acted on at the next boundary. */
enum machine_request { REQUEST_NONE, REQUEST_RESET, REQUEST_POWEROFF };

struct machine_state {
    uint32_t request; /* enum machine_request: arena state, since a stop may come before it is acted on */
    uint32_t pad;
};

struct machine {
    struct arena *arena;
    struct physmap *phys; /* what the CPU sees */
    struct clock_state *clock;
    struct timers timers;
    struct inputs *inputs;
    struct machine_state *s;
    bool big_endian;
    struct machine_device {
        const struct device_class *class;
        const char *instance;
        void *device, *state;
    } devices[MACHINE_MAX_DEVICES];
    unsigned ndevices;
    const char *bus_master;     /* the device whose transfer is under way (dma.h), or NULL */
    void (*kick)(void *opaque); /* leave generated code after the present unit */
    void *kick_opaque;
};

/* The parts of machine over an arena; phys is made by the board. */
void machine_init(struct machine *machine, struct arena *arena, bool big_endian);
void machine_request(struct machine *machine, enum machine_request request);
void machine_kick(struct machine *machine);
/* Resets every device in order of creation. */
void machine_reset_devices(struct machine *machine);
/* The arena was written from outside (a checkpoint): what devices and timers derive from it is made anew. */
void machine_loaded(struct machine *machine);
static inline uint64_t machine_now(const struct machine *machine)
{
    return clock_now(machine->clock);
}

#endif
