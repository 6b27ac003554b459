/* Watch hits, and the limit of direct loads that read watches lower. */
#ifndef CPU_DEBUG_H
#define CPU_DEBUG_H

#include "cpu/cpu.h"

/* mmu_ops.watched and .watches_changed. */
bool cpu_watched(void *cpu, const struct watch_access *access);
void cpu_watches_changed(void *cpu, unsigned space, uint64_t first, uint64_t last);
/* mmu_ops.guest_watched. */
bool cpu_guest_watched(void *cpu, uint32_t va, enum access_kind kind, bool deferred);
/* The instruction at pc is about to run: true: the guest watches it, and the exception was entered. */
bool cpu_fetch_watch_hit(struct cpu *cpu, uint32_t pc);
/* phys_hooks.touch. */
void cpu_memory_touched(void *cpu, const struct watch_access *access);
/* cpu->direct_limit anew: how much of low RAM direct loads may reach past the TLB. */
void cpu_update_direct_limit(struct cpu *cpu);

#endif
