/* What every chip declares, so that saving, comparing and printing state needs no code of its own. */
#ifndef SOFTMMU_DEVICE_H
#define SOFTMMU_DEVICE_H

#include "softmmu/base.h"
#include "softmmu/irq.h"
#include "softmmu/physmap.h"

struct machine;

/* One member of a state struct: its sizes add up to the struct's, so no padding can hide. */
struct field {
    const char *name;
    uint16_t offset, size; /* size: of one element */
    uint32_t count;
};
#define FIELD(type, member)                                                                                                      \
    {                                                                                                                            \
#member, offsetof(type, member), sizeof(((type *)0)->member), 1                                                          \
    }
#define FIELD_ARRAY(type, member)                                                                                                \
    {                                                                                                                            \
#member, offsetof(type, member), sizeof(((type *)0)->member[0]), ARRAY_SIZE(((type *)0)->member)                         \
    }

struct device_class {
    const char *name;
    uint16_t version;
    uint32_t state_size;
    const struct field *fields;
    unsigned nfields;
    void (*reset)(void *device);     /* power-on values; also drops its output lines */
    int (*check)(const void *state); /* after a load: 0, or -1 for a state that no guest can reach */
    void (*loaded)(void *device);    /* the state was replaced: derives anew what depends on it (mappings); may be NULL */
};

#define MACHINE_MAX_DEVICES 48

/*
 * Makes the device known to the machine (reset order = order of creation) and gives it zeroed arena state.
 * device: the wiring struct that class functions get.
 */
void *device_register(struct machine *machine, const struct device_class *class, const char *instance, void *device);

#endif
