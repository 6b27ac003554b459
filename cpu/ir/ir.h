/*
 * The intermediate representation of a block: straight-line code over 32-bit values.
 *
 * A value is a global (a word of guest state; numbers below IR_TEMPS, named by the architecture's table) or a temp (live in
 * this block only). Globals may be written any number of times, temps too. 64-bit values exist in temps only.
 *
 * Rules for front ends:
 *  - Each instruction begins with `insn`. One without IR_SLOT begins a unit.
 *  - Within a unit, no global is written before the last operation that may leave the unit (ld, st, call, exit_if): then
 *    the globals at such a point are those of the unit's start. (A copy of an operand that the slot overwrites goes to a temp; a link
 *    value is a constant to the slot's code and is stored after the slot, unless the slot writes that register.)
 *    A helper that leaves must do so before it changes state itself.
 *  - A block ends with exactly one IR_END operation.
 *
 * A block that is position-independent (cpu/translate.h) may run on other pages than the one that it was made on. The pcs in it, of `insn`,
 * of exits but for IR_EXIT_FAR and of `movpc`, are as far on then as the block is.
 */
#ifndef CPU_IR_IR_H
#define CPU_IR_IR_H

#include "softmmu/base.h"

enum ir_opcode {
#define OP(name, form, flags) IR_##name,
#include "cpu/ir/ops.def"
#undef OP
    IR_OPCODES
};

enum ir_form {
    IR_FORM_NONE,
    IR_FORM_DI,
    IR_FORM_DA,
    IR_FORM_DAB,
    IR_FORM_DABC,
    IR_FORM_AB,
    IR_FORM_CALL,
    IR_FORM_FPU,
    IR_FORM_EXIT
};

enum ir_flags {
    IR_COMMUTES = 1,
    IR_READS_D = 2,   /* d is an input too */
    IR_LEAVES = 4,    /* may leave the unit: every global must be right in the state there */
    IR_SIDE_EXIT = 8, /* may leave the block at this unit's end */
    IR_END = 16,
    IR_IMMEDIATE = 32,  /* back ends take b = IR_IMM */
    IR_ZERO_KEEPS = 64, /* a op 0 is a */
    IR_FPR_D = 128,     /* floating point: d is a register of the operation's width; such operands are never replaced by others */
    IR_FPR_A = 256,
    IR_FPR_B = 512,
    IR_FPR_C = 1024,
};

/* Conditions; negation is ^ 1. ORDER: pairs. */
enum ir_cc { IR_EQ, IR_NE, IR_LTS, IR_GES, IR_LTU, IR_GEU, IR_LES, IR_GTS, IR_LEU, IR_GTU };

/* What fcmp asks of ordered operands; bits: equal, less. */
enum ir_fpu_relation { IR_FPU_NEVER, IR_FPU_EQUAL, IR_FPU_LESS, IR_FPU_LESS_OR_EQUAL };

#define IR_TEMPS     128 /* first temp's number: an architecture has at most this many globals */
#define IR_MAX_TEMPS 896
#define IR_VALUES    (IR_TEMPS + IR_MAX_TEMPS)
#define IR_NONE      0xfffe
#define IR_IMM       0xffff
#define IR_SLOT      1 /* aux of insn */

struct ir_op {
    uint8_t op, sub;
    uint16_t aux;
    uint16_t d, a, b, c;
    int32_t imm;
};
static_assert(sizeof(struct ir_op) == 16, "an operation is 16 bytes");

enum ir_exit_kind {
    IR_EXIT_LINK,     /* pc known, may be linked */
    IR_EXIT_FAR,      /* pc known, the same wherever the block runs */
    IR_EXIT_INDIRECT, /* pc computed */
    IR_EXIT_MAIN,     /* to the dispatcher, pc known (or in `a`) */
    IR_EXIT_STATE,    /* the pc is in the state already (eret); to the dispatcher if anything asked to leave */
};

struct ir_exit {
    uint32_t pc;
    uint16_t count; /* instructions of the block executed when it leaves here */
    uint16_t kind;
};

#define IR_MAX_OPS   2048
#define IR_MAX_EXITS 80

struct ir {
    struct ir_op ops[IR_MAX_OPS];
    unsigned nops;
    struct ir_exit exits[IR_MAX_EXITS];
    unsigned nexits;
    unsigned ntemps;
    unsigned count; /* instructions so far: what an exit added now has executed */
    bool full;      /* an operation, temp or exit found no room: the translator drops the last unit */
};

struct ir_op_info {
    const char *name;
    enum ir_form form;
    unsigned flags;
};
extern const struct ir_op_info ir_op_info[IR_OPCODES];

/* Floating-point operations: sub = distance | relation << 6, aux = helper | bit << 8 (ldf, stf: the memop). */
static inline unsigned ir_fpu_distance(const struct ir_op *op)
{
    return op->sub & 63;
}
static inline enum ir_fpu_relation ir_fpu_relation(const struct ir_op *op)
{
    return (enum ir_fpu_relation)(op->sub >> 6);
}
static inline unsigned ir_fpu_helper(const struct ir_op *op)
{
    return op->aux & 0xff;
}
static inline unsigned ir_fpu_bit(const struct ir_op *op)
{
    return op->aux >> 8;
}
/* The other word that an operation writes, or IR_NONE. */
static inline unsigned ir_high_result(const struct ir_op *op)
{
    return ir_op_info[op->op].flags & IR_FPR_D && ir_fpu_distance(op) ? op->d + ir_fpu_distance(op) : IR_NONE;
}

static inline enum ir_cc ir_cc_negate(enum ir_cc cc)
{
    return (enum ir_cc)(cc ^ 1);
}
/* The condition with its operands exchanged. */
enum ir_cc ir_cc_swap(enum ir_cc cc);
bool ir_cc_holds(enum ir_cc cc, uint32_t a, uint32_t b);
/* divs, divu, rems, remu as ops.def defines them: no divisor traps. */
uint32_t ir_divide(enum ir_opcode opcode, uint32_t a, uint32_t b);

void ir_reset(struct ir *ir);
unsigned ir_temp(struct ir *ir);
struct ir_op *ir_emit(struct ir *ir, enum ir_opcode op);
/* An instruction begins; counts it. */
void ir_insn(struct ir *ir, uint32_t pc, bool slot);
void ir_movi(struct ir *ir, unsigned d, uint32_t imm);
void ir_movpc(struct ir *ir, unsigned d, uint32_t pc);
/* d = op a; d = a op b; d = a op imm. */
void ir_unary(struct ir *ir, enum ir_opcode op, unsigned d, unsigned a);
void ir_binary(struct ir *ir, enum ir_opcode op, unsigned d, unsigned a, unsigned b);
void ir_binary_imm(struct ir *ir, enum ir_opcode op, unsigned d, unsigned a, int32_t imm);
void ir_extract(struct ir *ir, unsigned d, unsigned a, unsigned position, unsigned size);
void ir_deposit(struct ir *ir, unsigned d, unsigned a, unsigned b, unsigned position, unsigned size);
void ir_setcc(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, unsigned b);
void ir_setcc_imm(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, int32_t imm);
/* if (a cc imm) d = c */
void ir_movcc_imm(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, int32_t imm, unsigned c);
void ir_load(struct ir *ir, unsigned memop, unsigned d, unsigned a, int32_t displacement);
void ir_store(struct ir *ir, unsigned memop, unsigned b, unsigned a, int32_t displacement);
/* helper: index into the architecture's helper table. */
void ir_call(struct ir *ir, unsigned helper, unsigned d, unsigned a, unsigned b, uint32_t imm);
/* The same, of a helper with HELPER_STORES_IF. */
void ir_call_if(struct ir *ir, unsigned helper, unsigned d, unsigned a, unsigned b, uint32_t imm, unsigned c);
/* Floating point; distance as in ops.def. */
void ir_fpu(struct ir *ir, enum ir_opcode op, unsigned helper, uint32_t imm, unsigned distance, unsigned d, unsigned a,
            unsigned b, unsigned c);
void ir_fpu_compare(struct ir *ir, enum ir_fpu_relation relation, unsigned helper, uint32_t imm, unsigned distance, unsigned d,
                    unsigned bit, unsigned a, unsigned b);
void ir_fpu_move(struct ir *ir, unsigned distance, unsigned d, unsigned a);
void ir_fpu_load(struct ir *ir, unsigned memop, unsigned distance, unsigned d, unsigned a, int32_t displacement);
void ir_fpu_store(struct ir *ir, unsigned memop, unsigned distance, unsigned b, unsigned a, int32_t displacement);
/* Side exit to a known pc if the condition holds; counts the instructions begun so far. */
void ir_exit_if(struct ir *ir, enum ir_cc cc, unsigned a, unsigned b, uint32_t pc);
void ir_exit_if_imm(struct ir *ir, enum ir_cc cc, unsigned a, int32_t imm, uint32_t pc);
/* After an operation that may have made an interrupt pending, changed a mapping or asked to stop: next is the pc of the next unit. */
void ir_leave_if(struct ir *ir, uint32_t next);
/* The block's end. */
void ir_exit(struct ir *ir, uint32_t pc);
void ir_exit_far(struct ir *ir, uint32_t pc);
void ir_exit_indirect(struct ir *ir, unsigned a);
void ir_exit_main(struct ir *ir, uint32_t pc);         /* to the dispatcher, pc known */
void ir_exit_main_indirect(struct ir *ir, unsigned a); /* to the dispatcher, pc in a value */
void ir_exit_state(struct ir *ir);                     /* to the dispatcher, pc is in the state already */

struct cpu_arch;
/* An operation in text form. */
void ir_print_op(const struct ir *ir, const struct ir_op *op, const struct cpu_arch *arch, char *text, size_t room);
/* Prints a block in text form for -d op. */
void ir_print(const struct ir *ir, const struct cpu_arch *arch, void (*line)(void *opaque, const char *text), void *opaque);
/* Checks what the rules above and the forms demand; NULL, or what is wrong. */
const char *ir_verify(const struct ir *ir, const struct cpu_arch *arch);

#endif
