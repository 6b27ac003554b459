/* The MIPS TLB: look-up, its instructions, and printing. */
#ifndef CPU_MIPS_MMU_H
#define CPU_MIPS_MMU_H

#include "cpu/cpu.h"

/* struct mmu_ops' and cpu_arch's upcalls; cpu is a struct cpu. */
bool mips_translate(void *cpu, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page);
void mips_misaligned(void *cpu, uint32_t va, enum access_kind kind);
void mips_bus_error(void *cpu, uint32_t va, enum access_kind kind);
bool mips_fixed_mapping(uint32_t va, uint32_t key);
void mips_print_tlb(struct cpu *cpu, void (*line)(void *opaque, const char *text), void *opaque);

/* The number of the entry for an address in the present address space, or -1. */
int mips_tlb_find(const struct cpu *cpu, uint32_t va);
/* No entry matches anything. */
void mips_tlb_reset(struct cpu *cpu);
/* ASID or ERL changed: nothing that was derived from mapped segments holds. */
void mips_mapping_changed(struct cpu *cpu);
/* The Random register: a function of the saved word, icount (to be exact) and Wired. */
uint32_t mips_tlb_random(const struct cpu *cpu);

#endif
