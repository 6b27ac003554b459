/*
 * The documents that a debugger asks for: registers and memory map as XML.
 * Source: GDB manual, appendices "Target Descriptions" and "Memory Map Format".
 */
#ifndef SRC_DESCRIPTION_H
#define SRC_DESCRIPTION_H

#include "cpu/arch.h"

/* target.xml of this architecture, from its register rows; to be given back with free(). */
char *description_target(const struct cpu_arch *arch);
/* The map of a 32-bit address space whose addresses are sign-extended to 64 bits; to be given back with free(). */
char *description_memory_map(void);

#endif
