/*
 * Floating-point operations in SSE2 (struct fpu_lazy in cpu/cpu.h; jit.md 5). The host computes; if the result, or the FPU's mode, may ask for
 * more than the result, a stub behind the block calls the operation's helper instead. The mode costs nothing: results are compared
 * with limits that are zero unless the mode is plain. What the operation raised is left for later: its helper and operands are noted.
 */
#include "cpu/host/x86_64/emit_fpu.h"

#include "cpu/ir/optimise.h"

static struct mem fpu_mem(size_t offset)
{
    return mem_base(RBP, (int32_t)(offsetof(struct cpu, fpu) + offset));
}

static bool is_double(const struct ir_op *op)
{
    return ir_fpu_distance(op) != 0;
}

static struct stub *begin(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = new_stub(e, STUB_FPU);
    stub->op = *op;
    emit_count(e, COUNT_FPU);
    fpr_release(e);
    return stub;
}

static void slow_if(struct emitter *e, struct stub *stub, enum cond cond)
{
    unsigned i = 0;
    while (stub->from[i])
        i++;
    assert(i < ARRAY_SIZE(stub->from));
    stub->from[i] = emit_jcc(e->c, cond);
}

static void slow_if_by_helper(struct emitter *e, struct stub *stub)
{
    emit_alu_mem_imm(e->c, ALU_CMP, fpu_mem(offsetof(struct fpu_lazy, mode)), FPU_BY_HELPER);
    slow_if(e, stub, COND_E);
}

/* eax = the result's sign and exponent, and what follows in that word. */
static void high_word(struct emitter *e, unsigned xmm, bool wide)
{
    emit_sse_rr(e->c, SSE_MOVD_STORE, wide, xmm, RAX);
    if (wide)
        emit_shift_imm(e->c, SHIFT_SHR, true, RAX, 32);
}

/* To the stub unless the result is of a size that a sum may have: below infinity. */
static void check_sum(struct emitter *e, struct stub *stub, unsigned xmm, bool wide)
{
    enum fpu_limit limit = wide ? FPU_DOUBLE_SUM : FPU_SINGLE_SUM;
    high_word(e, xmm, wide);
    emit_rr(e->c, OP_ADD, false, RAX, RAX);
    emit_rm(e->c, OP_CMP, false, RAX, fpu_mem(offsetof(struct fpu_lazy, limit) + limit * sizeof(uint32_t)));
    slow_if(e, stub, COND_AE);
}

/* The same for a product, which must not be tiny either. */
static void check_product(struct emitter *e, struct stub *stub, unsigned xmm, bool wide)
{
    enum fpu_limit limit = wide ? FPU_DOUBLE_PRODUCT : FPU_SINGLE_PRODUCT;
    high_word(e, xmm, wide);
    emit_rm(e->c, OP_LEA, false, RAX, mem_index(RAX, RAX, 0, -(int32_t)(wide ? FPU_DOUBLE_LEAST : FPU_SINGLE_LEAST)));
    emit_rm(e->c, OP_CMP, false, RAX, fpu_mem(offsetof(struct fpu_lazy, limit) + limit * sizeof(uint32_t)));
    slow_if(e, stub, COND_AE);
}

/* Is what an operation raised overwritten before anyone can look? */
static bool is_overwritten(const struct emitter *e)
{
    for (unsigned i = e->index + 1; i < e->ir->nops; i++) {
        const struct ir_op *op = &e->ir->ops[i];
        if (op->op == IR_ldf || op->op == IR_stf)
            return false;
        if (ir_op_info[op->op].form == IR_FORM_FPU && op->op != IR_fmov)
            return true;
        if (ir_observes(op, e->cpu->arch))
            return false;
    }
    return false;
}

/* Notes that what this operation raised is found from its operands. */
static void note_operands(struct emitter *e, const struct ir_op *op, const unsigned *operands, unsigned count)
{
    if (is_overwritten(e))
        return;
    emit_store_imm(e->c, fpu_mem(offsetof(struct fpu_lazy, last)), FPU_LAST_HELPER + ir_fpu_helper(op));
    for (unsigned i = 0; i < count; i++)
        emit_sse_rm(e->c, SSE_MOVQ_STORE, operands[i], fpu_mem(offsetof(struct fpu_lazy, operand) + i * sizeof(uint64_t)));
}

static void note_exact(struct emitter *e)
{
    if (!is_overwritten(e))
        emit_store_imm(e->c, fpu_mem(offsetof(struct fpu_lazy, last)), FPU_LAST_EXACT);
}

static void finish(struct emitter *e, struct stub *stub)
{
    stub->back = e->c->p;
    fpr_note(e, stub);
}

static unsigned copy(struct emitter *e, unsigned xmm)
{
    unsigned result = fpr_scratch(e);
    emit_sse_rr(e->c, SSE_MOVAPS, false, result, xmm);
    return result;
}

static unsigned scalar(const struct ir_op *op, unsigned operation)
{
    return (is_double(op) ? SSE_DOUBLE : SSE_SINGLE) | operation;
}

void emit_fpu_sum(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op);
    const unsigned operands[] = {fpr_use(e, op->a, distance), fpr_use(e, op->b, distance)};
    unsigned result = copy(e, operands[0]);
    emit_sse_rr(e->c, scalar(op, op->op == IR_fadd ? SSE_ADD : SSE_SUB), false, result, operands[1]);
    check_sum(e, stub, result, distance);
    note_operands(e, op, operands, 2);
    fpr_define(e, result, op->d, distance);
    finish(e, stub);
}

/* Zeros are below the limit: the stub looks whether an operand is one too. */
void emit_fpu_product(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op);
    const unsigned operands[] = {fpr_use(e, op->a, distance), fpr_use(e, op->b, distance)};
    unsigned result = copy(e, operands[0]);
    emit_sse_rr(e->c, scalar(op, op->op == IR_fmul ? SSE_MUL : SSE_DIV), false, result, operands[1]);
    check_product(e, stub, result, distance);
    stub->exact = e->c->p;
    stub->xmm[0] = (uint8_t)result;
    stub->xmm[1] = (uint8_t)operands[0];
    stub->xmm[2] = (uint8_t)(op->op == IR_fmul ? operands[1] : operands[0]);
    note_operands(e, op, operands, 2);
    fpr_define(e, result, op->d, distance);
    finish(e, stub);
}

void emit_fpu_sqrt(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op), operand = fpr_use(e, op->a, distance), result = copy(e, operand);
    emit_sse_rr(e->c, scalar(op, SSE_SQRT), false, result, operand);
    check_sum(e, stub, result, distance);
    note_operands(e, op, &operand, 1);
    fpr_define(e, result, op->d, distance);
    finish(e, stub);
}

/* xmm1 = the sign bit, or all others. */
static void sign_mask(struct emitter *e, bool wide, bool sign)
{
    emit_sse_rr(e->c, SSE_PCMPEQD, false, XMM1, XMM1);
    emit_sse_shift(e->c, wide, sign, XMM1, sign ? (wide ? 63 : 31) : 1);
}

void emit_fpu_sign(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op), result = copy(e, fpr_use(e, op->a, distance));
    sign_mask(e, distance, op->op == IR_fneg);
    emit_sse_rr(e->c, op->op == IR_fneg ? SSE_XORPS : SSE_ANDPS, false, result, XMM1);
    check_sum(e, stub, result, distance);
    note_exact(e);
    fpr_define(e, result, op->d, distance);
    finish(e, stub);
}

void emit_fpu_multiply_add(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op);
    bool subtracts = op->op == IR_fmsub || op->op == IR_fnmsub, negates = op->op == IR_fnmadd || op->op == IR_fnmsub;
    const unsigned operands[] = {fpr_use(e, op->a, distance), fpr_use(e, op->b, distance), fpr_use(e, op->c, distance)};
    unsigned result = copy(e, operands[0]);
    emit_sse_rr(e->c, scalar(op, SSE_MUL), false, result, operands[1]);
    check_product(e, stub, result, distance);
    emit_sse_rr(e->c, scalar(op, subtracts ? SSE_SUB : SSE_ADD), false, result, operands[2]);
    check_sum(e, stub, result, distance);
    if (negates) {
        sign_mask(e, distance, true);
        emit_sse_rr(e->c, SSE_XORPS, false, result, XMM1);
    }
    note_operands(e, op, operands, 3);
    fpr_define(e, result, op->d, distance);
    finish(e, stub);
}

/* eax, xmm truncated, is brought to the next integer in the direction asked for: xmm1 is what it is as a number. */
static void correct_truncated(struct emitter *e, const struct ir_op *op, struct stub *stub, unsigned xmm)
{
    unsigned compare = is_double(op) ? SSE_UCOMISD : SSE_UCOMISS;
    emit_sse_rr(e->c, scalar(op, SSE_FROM_INTEGER), false, XMM1, RAX);
    emit_rr(e->c, OP_XOR, false, RCX, RCX);
    if (op->op == IR_ffloor)
        emit_sse_rr(e->c, compare, false, XMM1, xmm);
    else
        emit_sse_rr(e->c, compare, false, xmm, XMM1);
    emit_setcc(e->c, COND_A, RCX);
    emit_rr(e->c, op->op == IR_ffloor ? OP_SUB : OP_ADD, false, RAX, RCX);
    slow_if(e, stub, COND_O);
}

/* The truncation below may set the host's flag though the whole is Invalid. */
static void slow_unless_inexact(struct emitter *e, struct stub *stub)
{
    emit_alu_mem_imm(e->c, ALU_CMP, fpu_mem(offsetof(struct fpu_lazy, mode)), FPU_PLAIN);
    slow_if(e, stub, COND_NE);
}

/* What does not fit is 0x80000000, as is the one number that does. */
void emit_fpu_to_integer(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned operand = fpr_use(e, op->a, ir_fpu_distance(op));
    bool corrected = op->op == IR_fceil || op->op == IR_ffloor;
    if (corrected)
        slow_unless_inexact(e, stub);
    else
        slow_if_by_helper(e, stub);
    emit_sse_rr(e->c, scalar(op, op->op == IR_fnear ? SSE_TO_INTEGER : SSE_TRUNCATE), false, RAX, operand);
    emit_alu_imm(e->c, ALU_CMP, false, RAX, INT32_MIN);
    slow_if(e, stub, COND_E);
    if (corrected)
        correct_truncated(e, op, stub, operand);
    note_operands(e, op, &operand, 1);
    emit_rm(e->c, OP_STORE, false, RAX, value_mem(e, op->d));
    forget_local(e, op->d);
    fpr_written(e, op->d);
    finish(e, stub);
}

void emit_fpu_convert(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op), result;
    if (op->op == IR_fwiden) {
        unsigned operand = fpr_use_word(e, op->a);
        result = copy(e, operand);
        emit_sse_rr(e->c, SSE_SINGLE | SSE_CONVERT, false, result, operand);
        check_sum(e, stub, result, true);
        note_exact(e);
        fpr_define(e, result, op->d, distance);
    } else {
        unsigned operand = fpr_use(e, op->a, distance);
        result = copy(e, operand);
        emit_sse_rr(e->c, SSE_DOUBLE | SSE_CONVERT, false, result, operand);
        check_product(e, stub, result, false);
        stub->exact = e->c->p;
        stub->xmm[0] = (uint8_t)result;
        stub->xmm[1] = stub->xmm[2] = (uint8_t)operand;
        note_operands(e, op, &operand, 1);
        fpr_define(e, result, op->d, 0);
    }
    finish(e, stub);
}

void emit_fpu_from_integer(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned operand = fpr_use_word(e, op->a), result = fpr_scratch(e);
    if (op->op == IR_fint_d) {
        emit_sse_rr(e->c, SSE_CVTDQ2PD, false, result, operand);
        note_exact(e);
        fpr_define(e, result, op->d, ir_fpu_distance(op));
        return;
    }
    emit_sse_rr(e->c, SSE_MOVD_STORE, false, operand, RAX); /* cvtdq2ps would look at what is above, too */
    emit_sse_rr(e->c, SSE_XORPS, false, result, result);
    emit_sse_rr(e->c, SSE_SINGLE | SSE_FROM_INTEGER, false, result, RAX);
    check_sum(e, stub, result, false);
    note_operands(e, op, &operand, 1);
    fpr_define(e, result, op->d, 0);
    finish(e, stub);
}

/* al = the relation; unordered goes to the stub. */
static void relate(struct emitter *e, const struct ir_op *op, struct stub *stub, unsigned a, unsigned b)
{
    static const uint8_t conds[] = {[IR_FPU_EQUAL] = COND_E, [IR_FPU_LESS] = COND_A, [IR_FPU_LESS_OR_EQUAL] = COND_AE};
    enum ir_fpu_relation relation = ir_fpu_relation(op);
    emit_sse_rr(e->c, is_double(op) ? SSE_UCOMISD : SSE_UCOMISS, false, b, a);
    slow_if(e, stub, COND_P);
    if (relation == IR_FPU_NEVER)
        emit_rr(e->c, OP_XOR, false, RAX, RAX);
    else
        emit_setcc(e->c, conds[relation], RAX);
}

void emit_fpu_compare(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = begin(e, op);
    unsigned distance = ir_fpu_distance(op), a = fpr_use(e, op->a, distance), b = fpr_use(e, op->b, distance);
    unsigned bit = ir_fpu_bit(op);
    slow_if_by_helper(e, stub);
    relate(e, op, stub, a, b);
    note_exact(e);
    emit_rr(e->c, OP_MOVZX8, false, RAX, RAX);
    emit_shift_imm(e->c, SHIFT_SHL, false, RAX, bit);
    emit_rm(e->c, OP_MOV, false, RCX, value_mem(e, op->d));
    emit_alu_imm(e->c, ALU_AND, false, RCX, (int32_t) ~(1u << bit));
    emit_rr(e->c, OP_OR, false, RCX, RAX);
    emit_rm(e->c, OP_STORE, false, RCX, value_mem(e, op->d));
    forget_local(e, op->d);
    finish(e, stub);
}

void emit_fpu_move(struct emitter *e, const struct ir_op *op)
{
    fpr_release(e);
    fpr_define(e, copy(e, fpr_use(e, op->a, ir_fpu_distance(op))), op->d, ir_fpu_distance(op));
}

/* To `exact` if the mode is plain, the result is a zero, and one of its operands is. */
static void check_zero(struct emitter *e, const struct stub *stub)
{
    struct code *c = e->c;
    bool wide = is_double(&stub->op), result_wide = wide && stub->op.op != IR_fnarrow;
    emit_alu_mem_imm(c, ALU_CMP, fpu_mem(offsetof(struct fpu_lazy, mode)), 0);
    uint8_t *not_plain = emit_jcc(c, COND_E);
    emit_sse_rr(c, SSE_MOVD_STORE, result_wide, stub->xmm[0], RAX);
    emit_rr(c, OP_ADD, result_wide, RAX, RAX);
    uint8_t *not_zero = emit_jcc(c, COND_NE);
    for (unsigned i = 1; i < 3; i++) {
        emit_sse_rr(c, SSE_MOVD_STORE, wide, stub->xmm[i], RAX);
        emit_rr(c, OP_ADD, wide, RAX, RAX);
        emit_jcc_to(c, COND_E, stub->exact);
    }
    patch32(not_plain, c->p);
    patch32(not_zero, c->p);
}

void emit_fpu_stub(struct emitter *e, struct stub *stub)
{
    for (unsigned i = 0; i < ARRAY_SIZE(stub->from); i++)
        if (stub->from[i])
            patch32(stub->from[i], e->c->p);
    if (!stub->from[0])
        return; /* an operation that needs no help */
    if (stub->exact)
        check_zero(e, stub);
    emit_count(e, COUNT_FPU_HELPERS);
    emit_mov_imm(e->c, RCX, (uint32_t)stub->op.imm);
    emit_mov_imm64(e->c, RAX, (uintptr_t)e->cpu->arch->helpers[ir_fpu_helper(&stub->op)].fn);
    emit_call_to(e->c, e->jit->thunk_call);
    note_place(e, stub->before, stub->slot);
    fpr_reload(e, stub);
    emit_jmp_to(e->c, stub->back);
}
