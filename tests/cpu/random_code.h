/*
 * Random programs made of the rows of the instruction table: each row's own bit pattern with random fields. Some registers hold
 * what random instructions need and are never written by them.
 */
#ifndef TESTS_CPU_RANDOM_CODE_H
#define TESTS_CPU_RANDOM_CODE_H

#include "cpu/mips/insn.h"
#include "tests/cpu/rig.h"

enum random_register {
    REG_BASE0 = 16, /* addresses in the data area */
    REG_BASE1 = 29,
    REG_JUMP0 = 18, /* addresses in the program, ahead of any jump to them */
    REG_JUMP1 = 19,
    REG_INDEX = 20, /* small, a multiple of 8 */
    REG_NONZERO = 21,
    REG_FCSR = 22,  /* an FCSR that enables no trap and flushes nothing */
    REG_COUNT = 23, /* times to run the loop; without a loop an FCCR */
    REG_PATCH = 24, /* an instruction to be stored at REG_CODE + a displacement */
    REG_CODE = 25,
    REG_K0 = 26, /* exception handlers use these */
    REG_K1 = 27,
    REG_STATUS = 28, /* a Status to be written */
    REG_LO = 30,     /* an EntryLo to be written */
};

#define PROGRAM_WORDS 48

struct random_options {
    bool strict;     /* only what the architecture defines, and no coprocessor 0 */
    bool fr;         /* the FPU has 32 64-bit registers */
    bool misaligned; /* some accesses are */
    bool traps;      /* some FPU exceptions are enabled */
    bool loop;       /* the program is run REG_COUNT times and ends in a jump to itself */
    bool patch;      /* it stores an instruction into itself */
    bool mapped;     /* the data are reached by mapped addresses */
    bool user;       /* user mode: start and data must be mapped */
    bool invalid;    /* some words are no instructions */
    bool fpu;        /* mostly floating point */
    bool no_nan;     /* the FPU's registers hold no NaN at the start */
    unsigned length; /* random instructions */
    int row;         /* one that is among the first, or -1 */
};

struct program {
    uint32_t start, end; /* where execution comes to at last */
    unsigned count;      /* words from start on */
    uint32_t words[PROGRAM_WORDS];
    struct mips_state state; /* to begin with */
    /* generator's */
    struct random_options options;
    uint64_t *random;
    bool linked,
        stored; /* strict: an ll was emitted, and then a store, or an sc to elsewhere (then what the next sc does is undefined) */
    uint32_t link; /* the ll's base and offset */
    int link_offset;
};

/* The state's pc is start; `base` is a state of the CPU after reset, whose other registers are kept. */
void random_program(struct program *program, const struct mips_state *base, uint32_t start, const struct random_options *options,
                    uint64_t *random);

/* Handlers that go on behind the faulting instruction, and map pages of kuseg onto themselves. */
void random_handlers(struct rig *rig);

/* Prints words, disassembled. */
void random_print(const struct program *program);

/* Rows that strict programs never have; rows that they have only as the first, with no_nan (fpu_oracle_test.c says why). */
bool random_is_system(unsigned opcode);
bool random_needs_no_nan(unsigned opcode);

/* Bytes that the row's access must be aligned to. */
unsigned random_alignment(unsigned opcode);

#endif
