/* From guest code to a block of IR: the core walks units, the architecture's translate_unit() emits each. */
#ifndef CPU_TRANSLATE_H
#define CPU_TRANSLATE_H

#include "cpu/cpu.h"

#define BLOCK_MAX_INSNS 64

/* How far a block goes on. */
enum block_reach {
    REACH_BRANCH, /* up to a conditional branch, or to where another block begins: each instruction is translated once, mostly */
    REACH_RUN,    /* over branches behind which code has run: what is hot, and no more than that */
    REACH_ALL,    /* over all conditional branches */
};

struct translator {
    struct ir *ir;
    struct cpu *cpu;
    const struct cpu_arch *arch;
    uint32_t pc;               /* of the next unit: translate_unit() moves it on */
    uint32_t key;              /* arch->state_key() of the block */
    uint32_t depends_on;       /* bits of arch->optional_key that its code was made for */
    bool position_independent; /* it may run wherever the pc has the same arch->code_bits() */
    bool cut;                  /* it could go on, with a longer reach */
    bool done;                 /* set by translate_unit(): the unit ended the block with an IR_END operation */
    bool big_endian;
    uint32_t start;         /* pc of the block */
    uint32_t last_pc;       /* of its last instruction */
    uint64_t phys[2];       /* physical address of the block's page and of the next one, if reached (else UINT64_MAX) */
    const uint8_t *host[2]; /* these pages' memory; NULL: no plain memory */
    bool cacheable;         /* all in plain memory */
    bool spans; /* its slot lies on a page that may be mapped anew: it is one unit, and holds while that page is at phys[1] */
};

/*
 * The 32-bit instruction word at pc, which is on the block's first page or the one after it. False: it cannot be fetched (a fault
 * of the second page, in a delay slot): the front end emits what raises that exception when execution gets there.
 */
bool translator_fetch32(struct translator *t, uint32_t pc, uint32_t *word);

/* Translates the block at (pc, key) into cpu->blocks->ir, of at most max_insns (rounded up to a unit). phys: of pc. */
void translate_block(struct cpu *cpu, uint32_t pc, uint64_t phys, uint32_t key, unsigned max_insns, enum block_reach reach);

#endif
