/*
 * Calls of C functions; and what helpers do of which is known how they access memory (enum helper_flags): that is done here where the
 * software TLB has the page and nothing is flagged there. A stub behind the block calls the helper for all else.
 */
#include "cpu/host/x86_64/emit_fpu.h"

/* What stands in call_a and call_b is taken over. */
static void emit_call_to_c(struct emitter *e, helper_fn *fn, uint32_t imm, unsigned before, unsigned slot)
{
    assert(fn);
    emit_mov_imm(e->c, RCX, imm);
    emit_mov_imm64(e->c, RAX, (uintptr_t)fn);
    emit_call_to(e->c, e->jit->thunk_call);
    note_place(e, before, slot);
}

static void call_function(struct emitter *e, const struct ir_op *op, helper_fn *fn, uint32_t imm)
{
    if (op->a != IR_NONE)
        emit_rm(e->c, OP_STORE, false, use(e, op->a, RAX), mem_base(RBP, CPU_OFFSET(call_a)));
    if (op->b == IR_IMM)
        emit_store_imm(e->c, mem_base(RBP, CPU_OFFSET(call_b)), (uint32_t)op->imm);
    else if (op->b != IR_NONE)
        emit_rm(e->c, OP_STORE, false, use(e, op->b, RAX), mem_base(RBP, CPU_OFFSET(call_b)));
    emit_call_to_c(e, fn, imm, e->before, e->slot);
    fpr_forget_all(e);
}

static void result_from_rax(struct emitter *e, const struct ir_op *op)
{
    if (op->d == IR_NONE)
        return;
    enum reg d = define(e, op->d, IR_NONE, IR_NONE);
    emit_rr(e->c, OP_MOV, false, d, RAX);
    defined(e, op->d);
}

static uint32_t divide(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t opcode)
{
    return ir_divide((enum ir_opcode)opcode, a, b);
}

void emit_divide(struct emitter *e, const struct ir_op *op)
{
    call_function(e, op, divide, op->op);
    result_from_rax(e, op);
}

static const struct ir_helper *helper_of(const struct emitter *e, const struct ir_op *op)
{
    return &e->cpu->arch->helpers[op->aux];
}

static void emit_helper_call(struct emitter *e, const struct ir_op *op)
{
    const struct ir_helper *helper = helper_of(e, op);
    emit_count(e, COUNT_HELPERS);
    call_function(e, op, helper->fn, (uint32_t)op->imm);
    if (!(helper->flags & HELPER_PURE)) {
        forget_globals_in_locals(e);
        e->called = true;
    }
    result_from_rax(e, op);
}

/* Where the operation's values are, for the stub too. */
static struct stub *take_operands(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = new_stub(e, STUB_CALL);
    load_value(e, RAX, op->a, 0);
    stub->reg = value_reg(e, op->b);
    if (op->c != IR_NONE) {
        enum reg c = use(e, op->c, RCX);
        emit_rr(e->c, OP_TEST, false, c, c);
    }
    if (op->d != IR_NONE)
        stub->result = define(e, op->d, op->a, op->b); /* which moves at most, and leaves the flags alone */
    if (op->c != IR_NONE)
        stub->from[1] = emit_jcc(e->c, COND_E);
    return stub;
}

/* reg = b */
static void load_b(struct emitter *e, const struct ir_op *op, const struct stub *stub, enum reg reg)
{
    if (stub->reg == NO_REG)
        emit_rm(e->c, OP_MOV, false, reg, value_mem(e, op->b));
    else
        emit_rr(e->c, OP_MOV, false, reg, stub->reg);
}

/* eax = address, ecx = index of the TLB's entry * 16 */
static void emit_physical(struct emitter *e, const struct stub *stub)
{
    struct code *c = e->c;
    emit_rm(c, OP_MOV, false, RDX,
            mem_index(RBP, RCX, 0, tlb_offset(e->mode, false) + (int32_t)offsetof(struct tlb_entry, frame)));
    emit_shift_imm(c, SHIFT_SHL, false, RDX, GUEST_PAGE_BITS);
    emit_alu_imm(c, ALU_AND, false, RAX, (int32_t)~GUEST_PAGE_MASK);
    emit_rr(c, OP_OR, false, RAX, RDX);
    if (stub->result != RAX)
        emit_rr(c, OP_MOV, false, stub->result, RAX);
}

static bool is_left(unsigned access)
{
    return access == HELPER_LOADS_LEFT || access == HELPER_STORES_LEFT;
}

/* eax = address: ecx = by how much the word is to be shifted, modulo 32. */
static void emit_distance(struct code *c, unsigned access, unsigned memop)
{
    bool swapped = memop & MO_SWAP;
    emit_rm(c, OP_LEA, false, RCX, mem_index(NO_REG, RAX, 3, 0));
    if (is_left(access) != swapped)
        emit_alu_imm(c, ALU_XOR, false, RCX, 24);
}

/* The bits of b that stay are rotated to the end at which the shift lets them in. */
static void emit_partial_load(struct emitter *e, const struct ir_op *op, const struct stub *stub, unsigned access)
{
    struct code *c = e->c;
    bool left = is_left(access);
    emit_rr(c, OP_MOV, false, RDX, RAX);
    emit_alu_imm(c, ALU_AND, false, RDX, ~3);
    emit_load_from(c, (unsigned)op->imm, RDX, mem_index(RCX, RDX, 0, 0));
    emit_distance(c, access, (unsigned)op->imm);
    load_b(e, op, stub, RAX);
    emit_shift_cl(c, left ? SHIFT_ROR : SHIFT_ROL, RAX);
    emit_rr(c, left ? OP_SHLD_CL : OP_SHRD_CL, false, RAX, RDX);
    emit_rr(c, OP_MOV, false, stub->result, RDX);
}

/* The word in memory is changed in two steps: what is replaced is cleared, and then set. */
static void emit_partial_store(struct emitter *e, const struct ir_op *op, const struct stub *stub, unsigned access)
{
    struct code *c = e->c;
    unsigned shift = is_left(access) ? SHIFT_SHR : SHIFT_SHL, memop = (unsigned)op->imm;
    emit_rr(c, OP_MOV, false, RDX, RAX);
    emit_alu_imm(c, ALU_AND, false, RDX, ~3);
    emit_rr(c, OP_ADD, true, RDX, RCX);
    emit_distance(c, access, memop);
    emit_mov_imm(c, RAX, UINT32_MAX);
    emit_shift_cl(c, shift, RAX);
    emit_not(c, RAX);
    emit_swap(c, memop, RAX);
    emit_rm(c, OP_AND - OP_TO_MEMORY, false, RAX, mem_base(RDX, 0));
    load_b(e, op, stub, RAX);
    emit_shift_cl(c, shift, RAX);
    emit_swap(c, memop, RAX);
    emit_rm(c, OP_OR - OP_TO_MEMORY, false, RAX, mem_base(RDX, 0));
}

static void emit_store_if(struct emitter *e, const struct ir_op *op, const struct stub *stub)
{
    load_b(e, op, stub, RDX);
    emit_swap(e->c, (unsigned)op->imm, RDX);
    emit_store_to(e->c, (unsigned)op->imm, RDX, mem_index(RCX, RAX, 0, 0));
    emit_mov_imm(e->c, stub->result, 1);
}

static void emit_access(struct emitter *e, const struct ir_op *op, unsigned access)
{
    bool store = access >= HELPER_STORES_LEFT;
    struct stub *stub = take_operands(e, op);
    unsigned memop = access == HELPER_STORES_IF ? (unsigned)op->imm : MO_8;
    assert((op->d != IR_NONE) == (access != HELPER_STORES_LEFT && access != HELPER_STORES_RIGHT) || access == HELPER_TRANSLATES);
    if (access == HELPER_TRANSLATES) {
        stub->from[0] = emit_tag_probe(e->c, e->mode, memop, false);
        if (op->d != IR_NONE)
            emit_physical(e, stub);
    } else {
        stub->from[0] = emit_probe(e->c, e->mode, memop, store);
        if (access == HELPER_STORES_IF)
            emit_store_if(e, op, stub);
        else if (store)
            emit_partial_store(e, op, stub, access);
        else
            emit_partial_load(e, op, stub, access);
        e->called = true;
    }
    stub->back = e->c->p;
    if (op->d != IR_NONE)
        defined(e, op->d);
}

void emit_call(struct emitter *e, const struct ir_op *op)
{
    unsigned access = helper_of(e, op)->flags & HELPER_ACCESS;
    if (access && !e->cpu->mmu.log_inline)
        emit_access(e, op, access);
    else
        emit_helper_call(e, op);
}

void emit_call_stub(struct emitter *e, const struct stub *stub)
{
    const struct ir_op *op = &e->ir->ops[stub->index];
    for (unsigned i = 0; i < 2; i++)
        if (stub->from[i])
            patch32(stub->from[i], e->c->p);
    emit_count(e, COUNT_HELPERS);
    emit_rm(e->c, OP_STORE, false, RAX, mem_base(RBP, CPU_OFFSET(call_a)));
    if (op->b != IR_NONE) {
        load_b(e, op, stub, RAX);
        emit_rm(e->c, OP_STORE, false, RAX, mem_base(RBP, CPU_OFFSET(call_b)));
    }
    emit_call_to_c(e, helper_of(e, op)->fn, (uint32_t)op->imm, stub->before, stub->slot);
    fpr_reload(e, stub);
    if (op->d != IR_NONE && stub->result != RAX)
        emit_rr(e->c, OP_MOV, false, stub->result, RAX);
    emit_jmp_to(e->c, stub->back);
}
