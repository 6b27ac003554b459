/* libunicorn as another MIPS: a 24Kf with the rig's RAM, in kernel mode. */
#ifndef TESTS_CPU_ORACLE_H
#define TESTS_CPU_ORACLE_H

#include "tests/cpu/random_code.h"

#define ORACLE_TRACE 256

struct oracle;

/* How a program ended. */
struct oracle_run {
    int exception;                /* enum mips_exception, or -1: it came to its end */
    unsigned icount;              /* instructions begun */
    uint32_t trace[ORACLE_TRACE]; /* their addresses; with nullified slots, which are not counted in icount */
    unsigned ntrace;
    struct mips_state state; /* general and FPU registers, hi, lo, fcsr; the rest is what it was */
};

struct oracle *oracle_new(bool big_endian);
void oracle_free(struct oracle *oracle);
/* Its RAM, for tests to fill and compare; code that ran once must not change. */
uint8_t *oracle_ram(struct oracle *oracle);
/* Runs from program->start to program->end, or to the first exception. */
void oracle_run(struct oracle *oracle, const struct program *program, struct oracle_run *run);

#endif
