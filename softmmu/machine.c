#include "softmmu/machine.h"

void machine_init(struct machine *machine, struct arena *arena, bool big_endian)
{
    assert(arena && arena->base);
    *machine = (struct machine){.arena = arena, .big_endian = big_endian};
    machine->clock = arena_alloc(arena, "clock", ARENA_STATE, sizeof(*machine->clock));
    machine->clock->rate = CLOCK_RATE_SHIFT(0);
    machine->s = arena_alloc(arena, "machine", ARENA_STATE, sizeof(*machine->s));
    timers_init(&machine->timers, arena);
    machine->inputs = inputs_new(machine->clock);
}

void machine_kick(struct machine *machine)
{
    if (machine->kick)
        machine->kick(machine->kick_opaque);
}

void machine_request(struct machine *machine, enum machine_request request)
{
    /* A reset asked for while power-off is due does not bring the machine back. */
    if (request == REQUEST_NONE || request > machine->s->request)
        machine->s->request = request;
    if (request != REQUEST_NONE)
        machine_kick(machine);
}

void machine_reset_devices(struct machine *machine)
{
    for (unsigned i = 0; i < machine->ndevices; i++)
        if (machine->devices[i].class->reset)
            machine->devices[i].class->reset(machine->devices[i].device);
}

void machine_loaded(struct machine *machine)
{
    for (unsigned i = 0; i < machine->ndevices; i++)
        if (machine->devices[i].class->loaded)
            machine->devices[i].class->loaded(machine->devices[i].device);
    timers_refresh(&machine->timers);
}

static bool fields_cover_state(const struct device_class *class)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < class->nfields; i++)
        sum += (uint64_t) class->fields[i].size * class->fields[i].count;
    return sum == class->state_size;
}

void *device_register(struct machine *machine, const struct device_class *class, const char *instance, void *device)
{
    assert(machine->ndevices < MACHINE_MAX_DEVICES);
    assert(fields_cover_state(class));
    assert(instance);
    struct machine_device *row = &machine->devices[machine->ndevices++];
    row->class = class;
    row->instance = instance;
    row->device = device;
    row->state = arena_alloc(machine->arena, instance, ARENA_STATE, class->state_size);
    return row->state;
}
