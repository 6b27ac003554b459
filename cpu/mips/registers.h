/* The registers as debuggers see them: gdb's classic numbers, then our own feature from MIPS_REGISTER_OWN on. */
#ifndef CPU_MIPS_REGISTERS_H
#define CPU_MIPS_REGISTERS_H

#include "cpu/arch.h"

enum {
    MIPS_REGISTER_STATUS = 32,
    MIPS_REGISTER_LO,
    MIPS_REGISTER_HI,
    MIPS_REGISTER_BADVADDR,
    MIPS_REGISTER_CAUSE,
    MIPS_REGISTER_PC,
    MIPS_REGISTER_F0,
    MIPS_REGISTER_FCSR = 70,
    MIPS_REGISTER_FIR,
    MIPS_REGISTER_OWN = 73, /* 72 does not exist */
    MIPS_REGISTER_FH0 = MIPS_REGISTER_OWN + 28,
    MIPS_REGISTER_WATCH1 = MIPS_REGISTER_FH0 + 32, /* the second pair of watch registers and those after it */
    MIPS_REGISTER_END = MIPS_REGISTER_WATCH1 + 6,
};

#define MIPS_REGISTERS (MIPS_REGISTER_END - 1)

extern const struct cpu_register mips_registers[MIPS_REGISTERS];

#endif
