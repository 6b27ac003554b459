/* The CPU's side of the access log (softmmu/memlog.h): what is under way, where and when. */
#ifndef CPU_LOG_ACCESS_H
#define CPU_LOG_ACCESS_H

#include "cpu/cpu.h"

struct memlog;

/* At a boundary: from here on accesses go to this log; NULL: to none. */
void cpu_set_log(struct cpu *cpu, struct memlog *log);

/* mmu_ops.log. */
void cpu_log_access(void *cpu, const struct mmu_logged *access);
/* mmu_ops.log_page. */
void cpu_log_page(void *cpu, unsigned mode, uint32_t va, uint64_t phys, const uint8_t *host);
/* A page of the arena was written past the CPU. */
void cpu_log_written(struct cpu *cpu, size_t arena_page, enum phys_writer who);
/* Memory is another, or answers at other addresses. */
void cpu_log_memory_moved(struct cpu *cpu);
/* Between two units, no generated code is under way. */
void cpu_log_boundary_now(struct cpu *cpu);
static inline void cpu_log_boundary(struct cpu *cpu)
{
    if (UNLIKELY(cpu->mmu.log_inline))
        cpu_log_boundary_now(cpu);
}
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
