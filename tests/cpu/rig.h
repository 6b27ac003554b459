/* A MIPS CPU with 1 MiB of RAM and nothing else, whose whole state a test sets and looks at. */
#ifndef TESTS_CPU_RIG_H
#define TESTS_CPU_RIG_H

#include "cpu/mips/mips.h"
#include "cpu/mips/state.h"

#define RIG_RAM       ((size_t)1 << 20)
#define RIG_VECTOR    0x80000180u
#define RIG_DEBUG     0xbfc00480u /* the debug vector: a page of RAM of its own */
#define RIG_DATA      0x80020000u /* what test programs load from and store to */
#define RIG_DATA_SIZE 0x4000u
#define RIG_CODE      0x80040000u /* up to the end of RAM */

struct rig_config {
    enum cpu_accel accel;
    unsigned max_block; /* 0: as many as there may be */
    bool big_endian;
    size_t code_cache; /* 0: 16 MiB */
    unsigned toggles;  /* enum cpu_toggle */
};

struct rig {
    struct machine machine;
    struct cpu *cpu;
    struct mips_state *s;
};

/* False: this build has no host back end. */
bool rig_has_jit(void);

/* How it runs code, for messages: "jit, max_block 7, big-endian, no pins". */
const char *rig_name(const struct rig_config *config);

void rig_open(struct rig *rig, const struct rig_config *config);
void rig_close(struct rig *rig);

/* Bytes of RAM, as a loader puts and gets them. */
void rig_write(struct rig *rig, uint32_t va, const void *bytes, size_t length);
void rig_read(const struct rig *rig, uint32_t va, void *bytes, size_t length);
void rig_words(struct rig *rig, uint32_t va, const uint32_t *words, size_t count);

/* Makes the state a copy of this one, and time 0. What the core derived is dropped only if it may not be kept. */
void rig_restore(struct rig *rig, const struct mips_state *state);

static inline uint64_t rig_icount(const struct rig *rig)
{
    return rig->machine.clock->icount;
}

#endif
