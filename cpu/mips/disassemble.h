/* Instruction words as text, in the o32 syntax of GNU as. */
#ifndef CPU_MIPS_DISASSEMBLE_H
#define CPU_MIPS_DISASSEMBLE_H

#include "softmmu/base.h"

struct cpu;

/* One line for the word at pc; release2: rows of release 2 count. Words that are no instruction come out as ".word 0x...". */
void mips_disassemble_word(uint32_t word, uint32_t pc, bool release2, char *text, size_t room);

/* struct cpu_arch's. */
unsigned mips_disassemble(const struct cpu *cpu, uint32_t pc, const uint8_t *bytes, size_t length, char *text, size_t room);
const char *mips_access_base(const struct cpu *cpu, const uint8_t *bytes);

#endif
