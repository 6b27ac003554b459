/* What the front end's files share: globals, operands of instructions, exceptions, branches. */
#ifndef CPU_MIPS_TRANSLATE_H
#define CPU_MIPS_TRANSLATE_H

#include "cpu/mips/helper.h"
#include "cpu/mips/insn.h"
#include "cpu/translate.h"

/* Coprocessor 0 registers that are read, and if `written` written by mtc0, without a helper: only the guest's own instructions and exceptions change them. */
enum cp0_global {
#define CP0_GLOBAL(id, member, written) CP0_GLOBAL_##id,
#include "cpu/mips/cp0_globals.def"
#undef CP0_GLOBAL
    CP0_GLOBALS
};

/*
 * IR globals. GPRs come first: number n is GPR n, 0 reads zero. Helpers may write FPRs and FCSR, no others, but for sc, behind which
 * G_LL_BIT is written anyway, and eret, which ends the block.
 */
enum mips_global {
    G_GPR = 0,
    G_HI = 32,
    G_LO,
    G_FPR_LO,                 /* + n: low word (FR=0: the whole register) */
    G_FPR_HI = G_FPR_LO + 32, /* + n: high word, FR=1 only */
    G_FCSR = G_FPR_HI + 32,
    G_USER_LOCAL,
    G_LL_ADDRESS,
    G_LL_BIT,
    G_LL_VALUE,
    G_CP0, /* + enum of cp0_globals.def: coprocessor 0 registers that are plain words */
    MIPS_GLOBALS = G_CP0 + CP0_GLOBALS
};
static_assert(MIPS_GLOBALS <= IR_TEMPS, "globals have numbers below those of temps");

#define INSN(name, bits, format, flags, text) void tr_##name(struct translator *t, const struct mips_insn *i);
#include "cpu/mips/insn.def"
#include "cpu/mips/insn_fpu.def"
#undef INSN

/* The value of GPR n as the instruction reads it. */
unsigned gpr(const struct mips_insn *i, unsigned n);
/* Where the instruction puts its result for GPR n: the register, or a temp for r0. Written last, see ir.h. */
unsigned gpr_dest(struct translator *t, unsigned n);
/* GPR rd = rs if (a cc imm), for movz, movn, movf, movt. */
void tr_move_if(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, int32_t imm);
/* Memory operation of this size (MO_8 ...) in the guest's byte order. */
unsigned tr_memop(const struct translator *t, unsigned size);
/* Address rs + rt of indexed accesses, as a temp. */
unsigned tr_indexed_address(struct translator *t, const struct mips_insn *i);

/*
 * Raises an exception, unconditionally: the unit and the block end here (nothing may be emitted after it for this instruction).
 * imm: enum mips_exception, or RAISE_CPU(n).
 */
void tr_raise(struct translator *t, const struct mips_insn *i, uint32_t imm);
/* After a helper that may have called cpu_leave_soon(): the last thing an instruction emits. */
void tr_leave_soon(struct translator *t, const struct mips_insn *i);

/*
 * Conditional branch with its slot, as taken if (a cc b): the whole unit. b may be IR_IMM, then the comparison is with imm. For
 * bc1f/bc1t: a is a temp made before (it must not be a global that the slot could write). The row's I_LIKELY counts.
 */
void tr_branch(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, unsigned b, int32_t imm);

/* struct cpu_arch's: emits the unit at t->pc. */
void mips_translate_unit(struct translator *t);

/* Translates one instruction at i->pc (in a slot if i->unit->in_slot). */
void tr_instruction(struct translator *t, struct mips_insn *i, uint32_t word);

#endif
