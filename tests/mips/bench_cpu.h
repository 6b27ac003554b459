/*
 * A CPU without a core, for tests of what lies below execution: state, clock and timers are real, the core's services are
 * stood in for and noted.
 */
#ifndef TESTS_MIPS_BENCH_CPU_H
#define TESTS_MIPS_BENCH_CPU_H

#include "cpu/mips/cp0.h"

struct bench {
    unsigned flushes;     /* calls of cpu_flush_*() */
    uint32_t first, last; /* of the latest cpu_flush_range() */
    unsigned counted;
    bool left;
};
extern struct bench bench;

/* In reset state; the one before it is gone. The rate is 1 ns an instruction. */
struct cpu *bench_cpu(const char *model, bool big_endian);
/* The next exception comes from an instruction at pc, or from its slot. */
void bench_at(struct cpu *cpu, uint32_t pc, bool in_slot);
/* Lets instructions pass and fires what is due. */
void bench_pass(struct cpu *cpu, uint64_t instructions);

#endif
