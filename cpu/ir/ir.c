/* Building blocks of IR. */
#include "cpu/ir/ir.h"

#include <string.h>

const struct ir_op_info ir_op_info[IR_OPCODES] = {
#define OP(name, form, flags) {#name, IR_FORM_##form, flags},
#include "cpu/ir/ops.def"
#undef OP
};

enum ir_cc ir_cc_swap(enum ir_cc cc)
{
    static const uint8_t swapped[] = {
        [IR_EQ] = IR_EQ,   [IR_NE] = IR_NE,   [IR_LTS] = IR_GTS, [IR_GES] = IR_LES, [IR_LTU] = IR_GTU,
        [IR_GEU] = IR_LEU, [IR_LES] = IR_GES, [IR_GTS] = IR_LTS, [IR_LEU] = IR_GEU, [IR_GTU] = IR_LTU,
    };
    assert(cc < ARRAY_SIZE(swapped));
    return swapped[cc];
}

bool ir_cc_holds(enum ir_cc cc, uint32_t a, uint32_t b)
{
    int32_t sa = (int32_t)a, sb = (int32_t)b;
    switch (cc) {
    case IR_EQ:
        return a == b;
    case IR_NE:
        return a != b;
    case IR_LTS:
        return sa < sb;
    case IR_GES:
        return sa >= sb;
    case IR_LTU:
        return a < b;
    case IR_GEU:
        return a >= b;
    case IR_LES:
        return sa <= sb;
    case IR_GTS:
        return sa > sb;
    case IR_LEU:
        return a <= b;
    case IR_GTU:
        return a > b;
    }
    return false;
}

uint32_t ir_divide(enum ir_opcode opcode, uint32_t a, uint32_t b)
{
    int32_t sa = (int32_t)a, sb = (int32_t)b;
    switch (opcode) {
    case IR_divs:
        return b == 0 ? (sa >= 0 ? 0xffffffffu : 1) : sb == -1 ? 0u - a : (uint32_t)(sa / sb);
    case IR_divu:
        return b == 0 ? 0xffffffffu : a / b;
    case IR_rems:
        return b == 0 ? a : sb == -1 ? 0 : (uint32_t)(sa % sb);
    default:
        assert(opcode == IR_remu);
        return b == 0 ? a : a % b;
    }
}

void ir_reset(struct ir *ir)
{
    ir->nops = ir->nexits = ir->ntemps = ir->count = 0;
    ir->full = false;
}

unsigned ir_temp(struct ir *ir)
{
    if (ir->ntemps == IR_MAX_TEMPS) {
        ir->full = true;
        return IR_TEMPS;
    }
    return IR_TEMPS + ir->ntemps++;
}

struct ir_op *ir_emit(struct ir *ir, enum ir_opcode opcode)
{
    assert(opcode < IR_OPCODES);
    static struct ir_op spill; /* where operations go that find no room; the block is shortened then */
    struct ir_op *op = &spill;
    if (ir->nops < IR_MAX_OPS)
        op = &ir->ops[ir->nops++];
    else
        ir->full = true;
    *op = (struct ir_op){.op = opcode, .d = IR_NONE, .a = IR_NONE, .b = IR_NONE, .c = IR_NONE};
    return op;
}

void ir_insn(struct ir *ir, uint32_t pc, bool slot)
{
    assert(!slot || ir->count);
    struct ir_op *op = ir_emit(ir, IR_insn);
    op->imm = (int32_t)pc;
    op->aux = slot ? IR_SLOT : 0;
    ir->count++;
}

static void constant(struct ir *ir, enum ir_opcode opcode, unsigned d, uint32_t imm)
{
    struct ir_op *op = ir_emit(ir, opcode);
    op->d = d;
    op->imm = (int32_t)imm;
}

void ir_movi(struct ir *ir, unsigned d, uint32_t imm)
{
    constant(ir, IR_movi, d, imm);
}

void ir_movpc(struct ir *ir, unsigned d, uint32_t pc)
{
    constant(ir, IR_movpc, d, pc);
}

void ir_unary(struct ir *ir, enum ir_opcode opcode, unsigned d, unsigned a)
{
    struct ir_op *op = ir_emit(ir, opcode);
    op->d = d;
    op->a = a;
}

void ir_binary(struct ir *ir, enum ir_opcode opcode, unsigned d, unsigned a, unsigned b)
{
    struct ir_op *op = ir_emit(ir, opcode);
    op->d = d;
    op->a = a;
    op->b = b;
}

void ir_binary_imm(struct ir *ir, enum ir_opcode opcode, unsigned d, unsigned a, int32_t imm)
{
    struct ir_op *op = ir_emit(ir, opcode);
    op->d = d;
    op->a = a;
    op->b = IR_IMM;
    op->imm = imm;
}

void ir_extract(struct ir *ir, unsigned d, unsigned a, unsigned position, unsigned size)
{
    struct ir_op *op = ir_emit(ir, IR_extract);
    assert(size >= 1 && position + size <= 32);
    op->d = d;
    op->a = a;
    op->imm = (int32_t)(size << 8 | position);
}

void ir_deposit(struct ir *ir, unsigned d, unsigned a, unsigned b, unsigned position, unsigned size)
{
    struct ir_op *op = ir_emit(ir, IR_deposit);
    assert(size >= 1 && position + size <= 32);
    op->d = d;
    op->a = a;
    op->b = b;
    op->aux = size << 8 | position;
}

void ir_setcc(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, unsigned b)
{
    ir_binary(ir, IR_setcc, d, a, b);
    ir->ops[ir->nops - 1].sub = cc;
}

void ir_setcc_imm(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, int32_t imm)
{
    ir_binary_imm(ir, IR_setcc, d, a, imm);
    ir->ops[ir->nops - 1].sub = cc;
}

void ir_movcc_imm(struct ir *ir, enum ir_cc cc, unsigned d, unsigned a, int32_t imm, unsigned c)
{
    struct ir_op *op = ir_emit(ir, IR_movcc);
    op->sub = cc;
    op->d = d;
    op->a = a;
    op->b = IR_IMM;
    op->c = c;
    op->imm = imm;
}

void ir_load(struct ir *ir, unsigned memop, unsigned d, unsigned a, int32_t displacement)
{
    struct ir_op *op = ir_emit(ir, IR_ld);
    op->sub = memop;
    op->d = d;
    op->a = a;
    op->imm = displacement;
}

void ir_store(struct ir *ir, unsigned memop, unsigned b, unsigned a, int32_t displacement)
{
    struct ir_op *op = ir_emit(ir, IR_st);
    op->sub = memop;
    op->a = a;
    op->b = b;
    op->imm = displacement;
}

void ir_call_if(struct ir *ir, unsigned helper, unsigned d, unsigned a, unsigned b, uint32_t imm, unsigned c)
{
    struct ir_op *op = ir_emit(ir, IR_call);
    op->aux = helper;
    op->d = d;
    op->a = a;
    op->b = b;
    op->c = c;
    op->imm = (int32_t)imm;
}

void ir_call(struct ir *ir, unsigned helper, unsigned d, unsigned a, unsigned b, uint32_t imm)
{
    ir_call_if(ir, helper, d, a, b, imm, IR_NONE);
}

void ir_fpu(struct ir *ir, enum ir_opcode opcode, unsigned helper, uint32_t imm, unsigned distance, unsigned d, unsigned a,
            unsigned b, unsigned c)
{
    struct ir_op *op = ir_emit(ir, opcode);
    assert(ir_op_info[opcode].form == IR_FORM_FPU && helper < 256 && distance < 64);
    op->sub = (uint8_t)distance;
    op->aux = (uint16_t)helper;
    op->imm = (int32_t)imm;
    op->d = d;
    op->a = a;
    op->b = b;
    op->c = c;
}

void ir_fpu_compare(struct ir *ir, enum ir_fpu_relation relation, unsigned helper, uint32_t imm, unsigned distance, unsigned d,
                    unsigned bit, unsigned a, unsigned b)
{
    assert(relation < 4 && bit < 256);
    ir_fpu(ir, IR_fcmp, helper, imm, distance, d, a, b, IR_NONE);
    ir->ops[ir->nops - 1].sub |= relation << 6;
    ir->ops[ir->nops - 1].aux |= bit << 8;
}

void ir_fpu_move(struct ir *ir, unsigned distance, unsigned d, unsigned a)
{
    ir_fpu(ir, IR_fmov, 0, 0, distance, d, a, IR_NONE, IR_NONE);
}

void ir_fpu_load(struct ir *ir, unsigned memop, unsigned distance, unsigned d, unsigned a, int32_t displacement)
{
    ir_fpu(ir, IR_ldf, memop, (uint32_t)displacement, distance, d, a, IR_NONE, IR_NONE);
}

void ir_fpu_store(struct ir *ir, unsigned memop, unsigned distance, unsigned b, unsigned a, int32_t displacement)
{
    ir_fpu(ir, IR_stf, memop, (uint32_t)displacement, distance, IR_NONE, a, b, IR_NONE);
}

static unsigned add_exit(struct ir *ir, enum ir_exit_kind kind, uint32_t pc)
{
    if (ir->nexits == IR_MAX_EXITS) {
        ir->full = true;
        return 0;
    }
    ir->exits[ir->nexits] = (struct ir_exit){pc, ir->count, kind};
    return ir->nexits++;
}

static struct ir_op *emit_exit(struct ir *ir, enum ir_opcode opcode, enum ir_exit_kind kind, uint32_t pc)
{
    assert(ir_op_info[opcode].form == IR_FORM_EXIT);
    unsigned exit = add_exit(ir, kind, pc);
    struct ir_op *op = ir_emit(ir, opcode);
    op->aux = exit;
    return op;
}

void ir_exit_if(struct ir *ir, enum ir_cc cc, unsigned a, unsigned b, uint32_t pc)
{
    struct ir_op *op = emit_exit(ir, IR_exit_if, IR_EXIT_LINK, pc);
    op->sub = cc;
    op->a = a;
    op->b = b;
}

void ir_exit_if_imm(struct ir *ir, enum ir_cc cc, unsigned a, int32_t imm, uint32_t pc)
{
    struct ir_op *op = emit_exit(ir, IR_exit_if, IR_EXIT_LINK, pc);
    op->sub = cc;
    op->a = a;
    op->b = IR_IMM;
    op->imm = imm;
}

void ir_leave_if(struct ir *ir, uint32_t next)
{
    emit_exit(ir, IR_leave_if, IR_EXIT_MAIN, next);
}

void ir_exit(struct ir *ir, uint32_t pc)
{
    emit_exit(ir, IR_exit, IR_EXIT_LINK, pc);
}

void ir_exit_far(struct ir *ir, uint32_t pc)
{
    emit_exit(ir, IR_exit, IR_EXIT_FAR, pc);
}

void ir_exit_indirect(struct ir *ir, unsigned a)
{
    emit_exit(ir, IR_exit_ind, IR_EXIT_INDIRECT, 0)->a = a;
}

void ir_exit_main(struct ir *ir, uint32_t pc)
{
    emit_exit(ir, IR_exit_main, IR_EXIT_MAIN, pc);
}

void ir_exit_main_indirect(struct ir *ir, unsigned a)
{
    emit_exit(ir, IR_exit_main, IR_EXIT_MAIN, 0)->a = a;
}

void ir_exit_state(struct ir *ir)
{
    emit_exit(ir, IR_exit_main, IR_EXIT_STATE, 0);
}
