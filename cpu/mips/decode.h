/* The decoder's tables. */
#ifndef CPU_MIPS_DECODE_H
#define CPU_MIPS_DECODE_H

#include "cpu/mips/insn.h"

/* Computes masks and look-up tables from the rows, once; mips_decode() calls it. */
void mips_decode_init(void);

#endif
