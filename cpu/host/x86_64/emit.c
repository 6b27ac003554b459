/*
 * IR to x86-64, one operation after the other: operands in registers or memory, the result in its register. Cold code is kept as
 * stubs and emitted behind the block.
 */
#include "cpu/host/x86_64/emit_fpu.h"

#include <string.h>

#include "softmmu/alloc.h"

struct stub *new_stub(struct emitter *e, enum stub_kind kind)
{
    assert(e->nstubs < MAX_STUBS);
    struct stub *stub = &e->stubs[e->nstubs++];
    *stub = (struct stub){.kind = kind,
                          .index = (uint16_t)e->index,
                          .before = e->before,
                          .slot = e->slot,
                          .charged = e->charged,
                          .nlogged = e->nlogged,
                          .reg = NO_REG};
    fpr_note(e, stub);
    return stub;
}

void emit_count(struct emitter *e, enum code_counter counter)
{
    if (UNLIKELY(e->jit->counting))
        emit_inc64(e->c, mem_base(RBP, CPU_OFFSET(counts.in_code) + 8 * (int32_t)counter));
}

void note_place(struct emitter *e, unsigned before, unsigned slot)
{
    emit_test_imm(e->c, place_word(e->jit->current, e->number, before, slot));
}

typedef void emit_fn(struct emitter *e, const struct ir_op *op);

void emit_insn(struct emitter *e, const struct ir_op *op)
{
    e->slot = op->aux & IR_SLOT;
    assert(!e->slot || e->count == e->before + 1);
    if (!e->slot) {
        if (e->called)
            emit_leave_check(e, (uint32_t)op->imm, false);
        e->before = e->count;
    }
    e->count++;
}

static void emit_movi(struct emitter *e, const struct ir_op *op)
{
    if (lives_in_memory(e, op->d)) {
        emit_store_imm(e->c, value_mem(e, op->d), (uint32_t)op->imm);
        return;
    }
    enum reg d = define(e, op->d, IR_NONE, IR_NONE);
    if (op->imm)
        emit_mov_imm(e->c, d, (uint32_t)op->imm);
    else
        emit_rr(e->c, OP_XOR, false, d, d);
    defined(e, op->d);
}

static void emit_movpc(struct emitter *e, const struct ir_op *op)
{
    emit_pc(e, define(e, op->d, IR_NONE, IR_NONE), (uint32_t)op->imm);
    defined(e, op->d);
}

static void emit_mov(struct emitter *e, const struct ir_op *op)
{
    struct operand a = operand_of(e, op->a);
    if (lives_in_memory(e, op->d) && a.reg != NO_REG) {
        emit_rm(e->c, OP_STORE, false, a.reg, value_mem(e, op->d));
        return;
    }
    emit_operand(e, OP_MOV, false, define(e, op->d, op->a, IR_NONE), a);
    defined(e, op->d);
}

/* d = a, in d's register, for operations that work in place. */
static enum reg copy_to_result(struct emitter *e, const struct ir_op *op)
{
    struct operand a = operand_of(e, op->a);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    emit_operand(e, OP_MOV, false, d, a);
    return d;
}

static void emit_unary(struct emitter *e, const struct ir_op *op)
{
    enum reg d = copy_to_result(e, op);
    if (op->op == IR_not)
        emit_not(e->c, d);
    else if (op->op == IR_neg)
        emit_neg(e->c, d);
    else
        emit_bswap(e->c, false, d);
    defined(e, op->d);
}

/* Bytes within halves: all four reversed, then the halves exchanged. */
static void emit_bswap16(struct emitter *e, const struct ir_op *op)
{
    enum reg d = copy_to_result(e, op);
    emit_bswap(e->c, false, d);
    emit_shift_imm(e->c, SHIFT_ROL, false, d, 16);
    defined(e, op->d);
}

static void emit_extend(struct emitter *e, const struct ir_op *op)
{
    struct operand a = operand_of(e, op->a);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    emit_operand(e, op->op == IR_sext8 ? OP_MOVSX8 : OP_MOVSX16, false, d, a);
    defined(e, op->d);
}

static void emit_binary_imm(struct emitter *e, const struct ir_op *op, unsigned alu)
{
    if (op->a == op->d && lives_in_memory(e, op->d)) {
        emit_alu_mem_imm(e->c, alu, value_mem(e, op->d), op->imm);
        return;
    }
    struct operand a = operand_of(e, op->a);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    if (a.reg != NO_REG && d != a.reg && (alu == ALU_ADD || alu == ALU_SUB)) {
        int32_t disp = alu == ALU_ADD ? op->imm : (int32_t)(0u - (uint32_t)op->imm);
        emit_rm(e->c, OP_LEA, false, d, mem_base(a.reg, disp));
    } else if (alu == ALU_AND && op->imm == 0xff) {
        emit_operand(e, OP_MOVZX8, false, d, a);
    } else if (alu == ALU_AND && op->imm == 0xffff) {
        emit_operand(e, OP_MOVZX16, false, d, a);
    } else {
        emit_operand(e, OP_MOV, false, d, a);
        emit_alu_imm(e->c, alu, false, d, op->imm);
    }
    defined(e, op->d);
}

static const struct {
    uint16_t opcode;
    uint8_t alu;
} arithmetic[IR_OPCODES] = {
    [IR_add] = {OP_ADD,  ALU_ADD},
      [IR_sub] = {OP_SUB,  ALU_SUB},
      [IR_and] = {OP_AND,  ALU_AND},
      [IR_or] = {OP_OR,   ALU_OR },
    [IR_xor] = {OP_XOR,  ALU_XOR},
      [IR_mul] = {OP_IMUL, 0      },
      [IR_add64] = {OP_ADD,  0      },
      [IR_sub64] = {OP_SUB,  0      },
};

/* d = a op b; d may be the register of either. */
static void emit_two(struct emitter *e, const struct ir_op *op, bool wide, struct operand a, struct operand b)
{
    unsigned opcode = arithmetic[op->op].opcode;
    assert(opcode);
    enum reg d = define(e, op->d, op->a, op->b);
    bool commutes = ir_op_info[op->op].flags & IR_COMMUTES;
    if (commutes && ((d == b.reg && d != a.reg) || (a.reg == NO_REG && b.reg != NO_REG))) {
        struct operand swapped = a;
        a = b;
        b = swapped;
    }
    if (d == b.reg && d != a.reg) {
        emit_operand(e, OP_MOV, wide, RAX, a);
        emit_rr(e->c, opcode, wide, RAX, d);
        emit_rr(e->c, OP_MOV, wide, d, RAX);
    } else if (opcode == OP_ADD && d != a.reg && a.reg != NO_REG && b.reg != NO_REG) {
        emit_rm(e->c, OP_LEA, wide, d, mem_index(a.reg, b.reg, 0, 0));
    } else {
        if (d != a.reg)
            emit_operand(e, OP_MOV, wide, d, a);
        emit_operand(e, opcode, wide, d, b);
    }
    defined(e, op->d);
}

static void emit_binary(struct emitter *e, const struct ir_op *op)
{
    unsigned opcode = arithmetic[op->op].opcode;
    if (op->b == IR_IMM && op->op != IR_mul) {
        emit_binary_imm(e, op, arithmetic[op->op].alu);
        return;
    }
    if (op->b == IR_IMM)
        emit_mov_imm(e->c, RCX, (uint32_t)op->imm);
    struct operand b = op->b == IR_IMM ? (struct operand){.reg = RCX} : operand_of(e, op->b);
    if (op->a == op->d && op->op != IR_mul && b.reg != NO_REG && lives_in_memory(e, op->d))
        emit_rm(e->c, opcode - OP_TO_MEMORY, false, b.reg, value_mem(e, op->d));
    else
        emit_two(e, op, false, operand_of(e, op->a), b);
}

static void emit_lea(struct emitter *e, const struct ir_op *op)
{
    assert(op->aux <= 3);
    enum reg b = use(e, op->b, RCX);
    enum reg a = op->a == e->cpu->arch->zero_global ? NO_REG : use(e, op->a, RAX);
    enum reg d = define(e, op->d, op->a, op->b);
    emit_rm(e->c, OP_LEA, false, d, mem_index(a, b, op->aux, op->imm));
    defined(e, op->d);
}

/* The products' operands are extended on the way; sums, all 64 bits of temps. */
static void emit_mul64(struct emitter *e, const struct ir_op *op)
{
    bool extends = op->op == IR_muls64;
    struct operand a = operand_of(e, op->a), b = operand_of(e, op->b);
    emit_operand(e, extends ? OP_MOVSXD : OP_MOV, extends, RCX, b);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    emit_operand(e, extends ? OP_MOVSXD : OP_MOV, extends, d, a);
    emit_rr(e->c, OP_IMUL, true, d, RCX);
    defined(e, op->d);
}

static void emit_add64(struct emitter *e, const struct ir_op *op)
{
    emit_two(e, op, true, operand_of(e, op->a), operand_of(e, op->b));
}

/* Two globals that lie in memory as one 64-bit word. */
static bool one_word(const struct emitter *e, unsigned low, unsigned high)
{
    return low < IR_TEMPS && high < IR_TEMPS && e->pinned[low] == NO_REG && e->pinned[high] == NO_REG &&
           global_offset(e->cpu, high) == global_offset(e->cpu, low) + 4;
}

static void emit_concat(struct emitter *e, const struct ir_op *op)
{
    if (one_word(e, op->a, op->b)) {
        emit_rm(e->c, OP_MOV, true, define(e, op->d, IR_NONE, IR_NONE), value_mem(e, op->a));
        defined(e, op->d);
        return;
    }
    load_value(e, RAX, op->b, 0);
    emit_shift_imm(e->c, SHIFT_SHL, true, RAX, 32);
    load_value(e, RCX, op->a, 0);
    enum reg d = define(e, op->d, op->a, op->b);
    emit_rr(e->c, OP_OR, true, RAX, RCX);
    emit_rr(e->c, OP_MOV, true, d, RAX);
    defined(e, op->d);
}

/* Both halves of a value go to one word: one store, and nothing for the second operation. */
static bool store_halves(struct emitter *e, const struct ir_op *low)
{
    const struct ir_op *high = low + 1;
    if (low->op != IR_low32 || e->index + 1 >= e->ir->nops || high->op != IR_high32 || high->a != low->a)
        return false;
    if (!one_word(e, low->d, high->d))
        return false;
    emit_rm(e->c, OP_STORE, true, use64(e, low->a, RAX), value_mem(e, low->d));
    forget_local(e, low->d);
    forget_local(e, high->d);
    e->index++;
    return true;
}

static void emit_half(struct emitter *e, const struct ir_op *op)
{
    if (store_halves(e, op))
        return;
    enum reg a = use64(e, op->a, RAX);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    if (op->op == IR_high32) {
        if (d != a)
            emit_rr(e->c, OP_MOV, true, d, a);
        emit_shift_imm(e->c, SHIFT_SHR, true, d, 32);
    } else {
        emit_rr(e->c, OP_MOV, false, d, a);
    }
    defined(e, op->d);
}

static void emit_shift(struct emitter *e, const struct ir_op *op)
{
    static const uint8_t shifts[] = {[IR_shl] = SHIFT_SHL, [IR_shr] = SHIFT_SHR, [IR_sar] = SHIFT_SAR, [IR_rotr] = SHIFT_ROR};
    unsigned shift = shifts[op->op];
    if (op->b == IR_IMM) {
        enum reg d = copy_to_result(e, op);
        if (op->imm & 31)
            emit_shift_imm(e->c, shift, false, d, (unsigned)op->imm & 31);
        defined(e, op->d);
        return;
    }
    load_value(e, RCX, op->b, 0);
    load_value(e, RAX, op->a, 0);
    enum reg d = define(e, op->d, op->a, op->b);
    emit_shift_cl(e->c, shift, RAX);
    emit_rr(e->c, OP_MOV, false, d, RAX);
    defined(e, op->d);
}

static void emit_clz(struct emitter *e, const struct ir_op *op)
{
    load_value(e, RAX, op->a, 0);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    if (e->jit->has_lzcnt) {
        emit_rr(e->c, 0x200 | OP_LZCNT, false, d, RAX);
    } else { /* bsr of 2a + 1: 32 - its index */
        emit_rm(e->c, OP_LEA, true, RAX, mem_index(RAX, RAX, 0, 1));
        emit_rr(e->c, 0x1bd, true, RAX, RAX);
        emit_neg(e->c, RAX);
        emit_rm(e->c, OP_LEA, false, d, mem_base(RAX, 32));
    }
    defined(e, op->d);
}

static void emit_extract(struct emitter *e, const struct ir_op *op)
{
    unsigned position = (unsigned)op->imm & 31, size = (unsigned)op->imm >> 8;
    struct operand a = operand_of(e, op->a);
    enum reg d = define(e, op->d, op->a, IR_NONE);
    if (position == 0 && (size == 8 || size == 16)) {
        emit_operand(e, size == 8 ? OP_MOVZX8 : OP_MOVZX16, false, d, a);
    } else {
        emit_operand(e, OP_MOV, false, d, a);
        if (position)
            emit_shift_imm(e->c, SHIFT_SHR, false, d, position);
        if (position + size < 32)
            emit_alu_imm(e->c, ALU_AND, false, d, (int32_t)((1u << size) - 1));
    }
    defined(e, op->d);
}

static void emit_deposit(struct emitter *e, const struct ir_op *op)
{
    unsigned position = op->aux & 31, size = op->aux >> 8;
    uint32_t mask = (size == 32 ? 0xffffffffu : (1u << size) - 1) << position;
    load_value(e, RAX, op->a, 0);
    load_value(e, RCX, op->b, 0);
    enum reg d = define(e, op->d, op->a, op->b);
    emit_alu_imm(e->c, ALU_AND, false, RAX, (int32_t)~mask);
    if (position)
        emit_shift_imm(e->c, SHIFT_SHL, false, RCX, position);
    emit_alu_imm(e->c, ALU_AND, false, RCX, (int32_t)mask);
    emit_rr(e->c, OP_OR, false, RAX, RCX);
    emit_rr(e->c, OP_MOV, false, d, RAX);
    defined(e, op->d);
}

static void emit_set(struct emitter *e, const struct ir_op *op)
{
    emit_compare(e, op); /* what follows moves, and leaves the flags alone */
    emit_setcc(e->c, cond_of(op->sub), RAX);
    enum reg d = define(e, op->d, IR_NONE, IR_NONE);
    emit_rr(e->c, OP_MOVZX8, false, d, RAX);
    defined(e, op->d);
}

static void emit_movcc(struct emitter *e, const struct ir_op *op)
{
    load_value(e, RDX, op->d, 0);
    load_value(e, RCX, op->c, 0);
    emit_compare(e, op);
    emit_rr(e->c, OP_CMOV | cond_of(op->sub), false, RDX, RCX);
    enum reg d = define(e, op->d, IR_NONE, IR_NONE);
    emit_rr(e->c, OP_MOV, false, d, RDX);
    defined(e, op->d);
}

static emit_fn *const emitters[IR_OPCODES] = {
    [IR_insn] = emit_insn,
    [IR_movi] = emit_movi,
    [IR_movpc] = emit_movpc,
    [IR_mov] = emit_mov,
    [IR_not] = emit_unary,
    [IR_neg] = emit_unary,
    [IR_bswap] = emit_unary,
    [IR_bswap16] = emit_bswap16,
    [IR_sext8] = emit_extend,
    [IR_sext16] = emit_extend,
    [IR_add] = emit_binary,
    [IR_sub] = emit_binary,
    [IR_and] = emit_binary,
    [IR_or] = emit_binary,
    [IR_xor] = emit_binary,
    [IR_mul] = emit_binary,
    [IR_shl] = emit_shift,
    [IR_shr] = emit_shift,
    [IR_sar] = emit_shift,
    [IR_rotr] = emit_shift,
    [IR_divs] = emit_divide,
    [IR_divu] = emit_divide,
    [IR_rems] = emit_divide,
    [IR_remu] = emit_divide,
    [IR_clz] = emit_clz,
    [IR_extract] = emit_extract,
    [IR_deposit] = emit_deposit,
    [IR_setcc] = emit_set,
    [IR_movcc] = emit_movcc,
    [IR_lea] = emit_lea,
    [IR_mulu64] = emit_mul64,
    [IR_muls64] = emit_mul64,
    [IR_add64] = emit_add64,
    [IR_sub64] = emit_add64,
    [IR_concat] = emit_concat,
    [IR_low32] = emit_half,
    [IR_high32] = emit_half,
    [IR_ld] = emit_load,
    [IR_st] = emit_store,
    [IR_call] = emit_call,
    [IR_exit_if] = emit_exit_op,
    [IR_fadd] = emit_fpu_sum,
    [IR_fsub] = emit_fpu_sum,
    [IR_fmul] = emit_fpu_product,
    [IR_fdiv] = emit_fpu_product,
    [IR_fsqrt] = emit_fpu_sqrt,
    [IR_fabs] = emit_fpu_sign,
    [IR_fneg] = emit_fpu_sign,
    [IR_fmadd] = emit_fpu_multiply_add,
    [IR_fmsub] = emit_fpu_multiply_add,
    [IR_fnmadd] = emit_fpu_multiply_add,
    [IR_fnmsub] = emit_fpu_multiply_add,
    [IR_fnear] = emit_fpu_to_integer,
    [IR_ftrunc] = emit_fpu_to_integer,
    [IR_fceil] = emit_fpu_to_integer,
    [IR_ffloor] = emit_fpu_to_integer,
    [IR_fnarrow] = emit_fpu_convert,
    [IR_fwiden] = emit_fpu_convert,
    [IR_fint_s] = emit_fpu_from_integer,
    [IR_fint_d] = emit_fpu_from_integer,
    [IR_fcmp] = emit_fpu_compare,
    [IR_fmov] = emit_fpu_move,
    [IR_ldf] = emit_load,
    [IR_stf] = emit_store,
    [IR_leave_if] = emit_exit_op,
    [IR_exit] = emit_exit_op,
    [IR_exit_ind] = emit_exit_op,
    [IR_exit_main] = emit_exit_op,
};

static void emit_stubs(struct emitter *e)
{
    struct code_layout *layout = &e->jit->layout;
    layout->nstubs = e->nstubs;
    for (unsigned i = 0; i < e->nstubs; i++) {
        struct stub *stub = &e->stubs[i];
        layout->stub[i].start = (uint32_t)(e->c->p - e->block->code);
        layout->stub[i].op = stub->index;
        if (stub->kind <= STUB_GROUP)
            emit_memory_stub(e, stub);
        else if (stub->kind == STUB_FPU)
            emit_fpu_stub(e, stub);
        else if (stub->kind == STUB_CALL)
            emit_call_stub(e, stub);
        else
            emit_leave_stub(e, stub);
    }
}

static void keep_tables(struct emitter *e)
{
    struct host_block *block = e->block;
    memcpy(block->exits, e->exits, e->nexits * sizeof(*e->exits));
    block->nexits = (uint16_t)e->nexits;
    block->nstretches = (uint16_t)e->nstretches;
    block->stretches = alloc_zeroed(e->nstretches * sizeof(*block->stretches));
    memcpy(block->stretches, e->stretches, e->nstretches * sizeof(*block->stretches));
}

/* An emitter may do the next operation too. What was written to FPU registers other than by floating point must not be found in SSE's. */
static void emit_op(struct emitter *e)
{
    const struct ir_op *ops = e->ir->ops;
    unsigned first = e->index;
    emitters[ops[first].op](e, &ops[first]);
    for (unsigned i = first; i <= e->index; i++)
        if (ir_op_info[ops[i].op].form != IR_FORM_FPU && ops[i].d < IR_TEMPS)
            fpr_written(e, ops[i].d);
}

struct host_block *compile(struct cpu *cpu)
{
    static struct emitter emitter;
    struct emitter *e = &emitter;
    const struct ir *ir = &cpu->blocks->ir;
    struct host_block *block = alloc_zeroed(sizeof(*block));
    e->cpu = cpu;
    e->jit = cpu->jit;
    e->c = &cpu->jit->code;
    e->ir = ir;
    e->block = block;
    e->mode = cpu->arch->key_mode(cpu->blocks->translator.key);
    e->before = e->count = e->charged = e->nstubs = e->nexits = e->nmembers = 0;
    e->number = cpu->jit->generations[cpu->jit->current].nblocks;
    e->slot = e->called = false;
    block->exits = alloc_zeroed(ir->nexits * sizeof(*block->exits));
    block->code = e->c->p;
    block_add(cpu, &block->block, BLOCK_HOST);
    e->index = 0;
    begin_values(e);
    begin_stretches(e);
    log_begin(e);
    emit_entry(e);
    for (e->index = 0; e->index < ir->nops; e->index++) {
        e->jit->layout.op_start[e->index] = (uint32_t)(e->c->p - block->code);
        emit_op(e);
    }
    block->hot_size = (uint32_t)(e->c->p - block->code);
    emit_stubs(e);
    emit_guards(e);
    keep_tables(e);
    block->code_size = (uint32_t)(e->c->p - block->code);
    return block;
}
