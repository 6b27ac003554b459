/*
 * Instructions as rows of a table: insn.def (integer, system) and insn_fpu.def (floating point). A row is
 *
 *     INSN(name, bits, format, flags, text)
 *
 * bits: 32 characters, spaces between for the eye; 0 and 1 are fixed, '.' is ignored by the hardware, letters are fields:
 *     s rs   t rt   d rd   b rs as a base   a shift amount or position   m msb (ext: size - 1)   i 16-bit immediate
 *     j 26-bit jump target   l sel   c code (syscall, break, traps, wait)   h hint, cache operation
 *     S fs   T ft   D fd   R fr   C cc   f fmt   o condition of c.cond.fmt
 * format: which general register the instruction writes: N none, D rd, T rt, L r31.
 * text: what the disassembler prints; %LETTER prints the field (register names for register fields), and moreover
 *     %o branch target   %j jump target   %u immediate in hex, unsigned   %z size of ext (msb + 1)
 *     %y size of ins (msb - position + 1)
 *     %0 name of CP0 register (rd, sel)   %w rd as a hardware register number   %q condition's name (eq, olt, ...)
 *     %X fs as a number   %H ".hb" if the hint says so
 */
#ifndef CPU_MIPS_INSN_H
#define CPU_MIPS_INSN_H

#include "softmmu/base.h"

enum mips_opcode {
#define INSN(name, bits, format, flags, text) MIPS_##name,
#include "cpu/mips/insn.def"
#include "cpu/mips/insn_fpu.def"
#undef INSN
    MIPS_OPCODES
};

/* The general register that is written. */
enum mips_format { FORMAT_N, FORMAT_D, FORMAT_T, FORMAT_L };

enum mips_insn_flags {
    I_LOAD = 1,        /* reads memory at rs + imm (indexed: rs + rt) */
    I_STORE = 2,       /* writes memory there */
    I_BRANCH = 4,      /* has a delay slot */
    I_LIKELY = 8,      /* its slot is nullified when it is not taken */
    I_R2 = 0x10,       /* release 2 only */
    I_FPU = 0x20,      /* needs CU1, else Coprocessor Unusable 1 */
    I_COP0 = 0x40,     /* needs kernel mode or CU0, else Coprocessor Unusable 0 */
    I_COP2 = 0x80,     /* Coprocessor Unusable 2, always */
    I_TRAP = 0x100,    /* may raise Trap, Syscall, Breakpoint, Overflow */
    I_NOSLOT = 0x200,  /* Reserved Instruction in a delay slot; every I_BRANCH too */
    I_INDEXED = 0x400, /* the access's address is rs + rt */
};

struct mips_row {
    const char *name, *bits;
    enum mips_format format;
    unsigned flags;
    const char *text;
    uint32_t mask, match; /* computed from bits */
};

/* The unit under translation, as its second instruction (the slot) needs to know it. */
struct mips_unit {
    uint32_t pc;         /* of the unit */
    bool in_slot;        /* the slot is being translated */
    bool leave;          /* the slot may have set cpu->leave: the unit ends the block by way of the dispatcher */
    uint8_t link;        /* register that the branch links to, 0 none; */
    uint16_t link_value; /* the slot reads it as this value (a temp) */
};

struct mips_insn {
    uint32_t word, pc;
    const struct mips_row *row;
    struct mips_unit *unit;
    uint16_t opcode; /* enum mips_opcode */
    uint8_t rs, rt, rd, sa, msb, sel, hint;
    uint8_t fs, ft, fd, fr, fmt, cc, cond;
    int32_t imm; /* sign-extended */
    uint32_t target, code;
};

extern struct mips_row mips_rows[MIPS_OPCODES];

/* Fills the fields of insn (not pc, not unit). NULL: no such instruction. release2: rows of release 2 count. */
const struct mips_row *mips_decode(uint32_t word, bool release2, struct mips_insn *insn);
/* General register that it writes; 0: none. */
unsigned mips_insn_writes(const struct mips_insn *insn);

/* o32 names: "zero", "at", "v0" ... */
extern const char *const mips_gpr_names[32];

#endif
