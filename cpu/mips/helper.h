/*
 * C functions that generated code calls. Arguments a and b are values, imm is a constant; they never read or write general
 * registers, HI or LO, but for not_taken_link, which leaves. A helper that leaves the unit does so before it changes state.
 */
#ifndef CPU_MIPS_HELPER_H
#define CPU_MIPS_HELPER_H

#include "cpu/cpu.h"
#include "cpu/mips/state.h"
#include "softmmu/log.h"

enum mips_helper {
#define HELPER(name, flags) HELPER_##name,
#include "cpu/mips/helpers.def"
#include "cpu/mips/helpers_fpu.def"
#undef HELPER
    MIPS_HELPERS
};

#define HELPER(name, flags) helper_fn helper_##name;
#include "cpu/mips/helpers.def"
#include "cpu/mips/helpers_fpu.def"
#undef HELPER

extern const struct ir_helper mips_helpers[MIPS_HELPERS];

/* The state key: bit 7 is free. */
enum mips_key {
    KEY_USER = 1,     /* user mode (supervisor counts as user) */
    KEY_ERL = 2,      /* kuseg unmapped */
    KEY_CU1 = 4,      /* FPU usable */
    KEY_FR = 8,       /* 32 64-bit FPU registers; only with KEY_CU1: without, no code depends on it */
    KEY_COP0 = 0x10,  /* COP0 usable in user mode (CU0) */
    KEY_ULR = 0x20,   /* rdhwr $29 allowed in user mode (HWREna) */
    KEY_BOUND = 0x40, /* user mode: code is bound to its addresses, since there are points on instructions */
};

/* Exception codes, Cause.ExcCode. */
enum mips_exception {
    EXC_INT = 0,
    EXC_MOD = 1,
    EXC_TLBL = 2,
    EXC_TLBS = 3,
    EXC_ADEL = 4,
    EXC_ADES = 5,
    EXC_IBE = 6,
    EXC_DBE = 7,
    EXC_SYS = 8,
    EXC_BP = 9,
    EXC_RI = 10,
    EXC_CPU = 11,
    EXC_OV = 12,
    EXC_TR = 13,
    EXC_FPE = 15,
    EXC_WATCH = 23,
    EXC_MCHECK = 24,
    EXC_DEBUG = 32, /* not an ExcCode: the EJTAG debug exception of sdbbp */
};

/* imm of helper_raise for Coprocessor Unusable. */
#define RAISE_CPU(n) (EXC_CPU | (n) << 8)

/* As cpu_state(), without a look at cpu->arch. */
static inline struct mips_state *mips_state(const struct cpu *cpu)
{
    return (struct mips_state *)((uint8_t *)cpu - sizeof(struct mips_state));
}

/*
 * Leaves the unit and enters an exception for the instruction under way. coprocessor: Cause.CE, looked at for EXC_CPU only.
 * The caller returns at once (its result does not matter) and has changed no state before.
 */
void mips_raise(struct cpu *cpu, enum mips_exception code, unsigned coprocessor);

#endif
