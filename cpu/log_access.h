/* The CPU's side of the access log (softmmu/memlog.h): what is under way, where and when. */
#ifndef CPU_LOG_ACCESS_H
#define CPU_LOG_ACCESS_H

#include "cpu/cpu.h"

struct memlog;

/* At a boundary: from here on accesses go to this log; NULL: to none. */
void cpu_set_log(struct cpu *cpu, struct memlog *log);

/* mmu_ops.log. */
void cpu_log_access(void *cpu, const struct mmu_logged *access);
/* A device or the walker touches memory. */
void cpu_log_dma(struct cpu *cpu, const struct watch_access *access);
/* The unit under way is left by a stop before it did anything. */
void cpu_log_unit_left(struct cpu *cpu);
/* The instruction at pc has begun. */
void cpu_log_fetch_now(struct cpu *cpu, uint32_t pc);
static inline void cpu_log_fetch(struct cpu *cpu, uint32_t pc)
{
    if (UNLIKELY(cpu->fetch_log))
        cpu_log_fetch_now(cpu, pc);
}

#endif
