/* Watch hits, and the limit of direct loads that read watches lower. */
#ifndef CPU_DEBUG_H
#define CPU_DEBUG_H

#include "cpu/cpu.h"

/* mmu_ops.watch_hit and .watches_changed. */
bool cpu_watch_hit(void *cpu, struct watch *watch, uint32_t lowest, enum access_kind kind, uint32_t va, unsigned size,
                   uint64_t value);
void cpu_watches_changed(void *cpu);
/* cpu->direct_limit anew: how much of low RAM direct loads may reach past the TLB. */
void cpu_update_direct_limit(struct cpu *cpu);

#endif
