/*
 * What tests of chips stand on: a machine without a CPU, and rows of steps (accesses, wires, time) that a chip has to live
 * through.
 * One nanosecond of virtual time is one instruction here.
 */
#ifndef TESTS_DEVICES_RIG_H
#define TESTS_DEVICES_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "softmmu/machine.h"

#define RIG_RAM    ((size_t)1 << 20)
#define RIG_PROBES 16

/* A wire's end: what it carries and how often it rose. */
struct probe {
    bool level;
    unsigned rises;
};

struct rig {
    struct machine machine;
    struct physmap *memory, *io; /* a bus's address spaces, little-endian */
    struct probe probes[RIG_PROBES];
    struct irq lines[RIG_PROBES]; /* the chip's inputs */
    int (*acknowledge)(void *opaque);
    void *chip;
    char output[512];
    size_t output_length;
};

/* Accesses to I/O space are bytes, to machine->phys 32-bit words, unless the name ends in another size. */
enum step_op {
    OUT,
    OUT2,
    OUT4, /* writes value to I/O address `at` */
    IN,
    IN2,
    IN4, /* reads it and expects value */
    PEEK,
    PEEK4, /* as IN, without side effect */
    STORE,
    STORE1,
    STORE2, /* the same three for machine->phys */
    LOAD,
    LOAD1,
    LOAD2,
    LOOK,
    LAST_ACCESS = LOOK,
    WAIT,   /* value ns of virtual time */
    LINE,   /* input `at` gets level value */
    PROBE,  /* expects level value on output `at` */
    RISES,  /* expects that output `at` rose value times since the last RISES */
    ACK,    /* expects vector value */
    FEED,   /* console byte `value`, `at` times */
    REQUEST /* expects the machine's request to be value, and clears it */
};

struct step {
    enum step_op op;
    uint32_t at;
    uint64_t value;
};

struct row {
    const char *name;
    const struct step *steps;
    size_t count;
};
#define ROW(name, ...)                                                                                                           \
    {                                                                                                                            \
        name, (const struct step[]){__VA_ARGS__}, sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step)               \
    }

struct rig *rig_new(bool big_endian);
void rig_free(struct rig *rig);
/* Maps a region into the I/O space. */
void rig_map(struct rig *rig, uint64_t at, const struct region *region);
/* An output wire that ends in probe n. */
struct irq rig_probe(struct rig *rig, unsigned n);
/* Lets time pass; every timer fires at its own deadline. */
void rig_wait(struct rig *rig, uint64_t ns);
void rig_run(struct rig *rig, const struct row *row);
/* One cmocka test for each row, run by fn with the row as its state. Ends main(). */
int rig_main(const char *group, const struct row *rows, size_t count, CMUnitTestFunction fn);

#endif
