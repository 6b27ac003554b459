/* The MIPS32 release 2 guest: models, construction, interrupt lines. */
#ifndef CPU_MIPS_MIPS_H
#define CPU_MIPS_MIPS_H

#include "cpu/cpu.h"
#include "softmmu/irq.h"

/* One model: the values that identify it and the registers that it has. Masks: bits that mtc0 can change. */
struct mips_model {
    const char *name;
    uint32_t prid;
    uint32_t config[8]; /* reset values, little-endian; Config.BE is added for big-endian machines */
    uint32_t status_mask, hwr_ena_mask, ebase_mask;
    uint32_t fir; /* 0: no FPU */
    unsigned tlb_entries;
    bool release2;
    unsigned watches; /* pairs of WatchLo and WatchHi, 4 at most */
};
extern const struct mips_model mips_models[];
extern const unsigned mips_model_count;
/* By name, case-insensitively; NULL: none. */
const struct mips_model *mips_model_find(const char *name);

extern const struct cpu_arch mips_arch;

#define MIPS_COUNT_HZ 160000000 /* Count's rate: half of a 320 MHz core's clock */

/* The CPU of this machine (cpu_new() with the MIPS parts wired: Count/Compare timer, lines). NULL and an error line on failure. */
struct cpu *mips_cpu_new(struct machine *machine, const struct mips_model *model, const struct cpu_options *options);
/* Hardware interrupt input IP2..IP7 (ip = 2..7). */
struct irq mips_cpu_irq(struct cpu *cpu, unsigned ip);
/* What a direct kernel start leaves in the registers (malta.md section 3). */
void mips_cpu_start(struct cpu *cpu, uint32_t pc, const uint32_t *args, unsigned nargs, uint32_t sp, uint32_t status);

#endif
