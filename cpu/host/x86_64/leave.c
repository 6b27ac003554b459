/* Entering a block and the ways out of it. */
#include <string.h>

#include "cpu/host/x86_64/emit.h"

enum cond cond_of(unsigned cc)
{
    static const uint8_t conds[] = {
        [IR_EQ] = COND_E,   [IR_NE] = COND_NE,  [IR_LTS] = COND_L, [IR_GES] = COND_GE, [IR_LTU] = COND_B,
        [IR_GEU] = COND_AE, [IR_LES] = COND_LE, [IR_GTS] = COND_G, [IR_LEU] = COND_BE, [IR_GTU] = COND_A,
    };
    assert(cc < ARRAY_SIZE(conds));
    return conds[cc];
}

void emit_compare(struct emitter *e, const struct ir_op *op)
{
    enum reg a = value_reg(e, op->a);
    if (op->b == IR_IMM && op->imm == 0 && a != NO_REG) {
        emit_rr(e->c, OP_TEST, false, a, a);
        return;
    }
    if (op->b == IR_IMM && a == NO_REG) {
        emit_alu_mem_imm(e->c, ALU_CMP, value_mem(e, op->a), op->imm);
        return;
    }
    if (op->b == IR_IMM) {
        emit_alu_imm(e->c, ALU_CMP, false, a, op->imm);
        return;
    }
    a = use(e, op->a, RAX);
    enum reg b = value_reg(e, op->b);
    if (b == NO_REG)
        emit_rm(e->c, OP_CMP, false, a, value_mem(e, op->b));
    else
        emit_rr(e->c, OP_CMP, false, a, b);
}

/* A stretch reaches from one side exit to the next, or to the block's end. */
void begin_stretches(struct emitter *e)
{
    e->nstretches = e->stretch = 0;
    for (unsigned i = 0; i < e->ir->nops; i++) {
        const struct ir_op *op = &e->ir->ops[i];
        if (op->op == IR_exit_if || ir_op_info[op->op].flags & IR_END)
            e->stretches[e->nstretches++] = e->ir->exits[op->aux].count;
    }
    assert(e->nstretches);
}

static void charge(struct emitter *e)
{
    assert(e->stretch < e->nstretches);
    unsigned until = e->stretches[e->stretch++];
    if (until > e->charged)
        emit_alu_imm(e->c, ALU_SUB, false, R15, (int)(until - e->charged));
    e->charged = (uint16_t)until;
}

/* Within a page, where links lead, position-independent code need not be told where it is. */
static void emit_arrival(struct emitter *e)
{
    if (!block_bound(&e->block->block))
        emit_rm(e->c, OP_STORE, false, RAX, mem_base(RBP, CPU_OFFSET(code_pc)));
    e->block->linked = e->c->p;
}

/* The budget must do for the whole block, but is charged stretch by stretch: a side exit can then be one jump to its target. */
void emit_entry(struct emitter *e)
{
    emit_arrival(e);
    emit_count(e, COUNT_BLOCKS);
    struct stub *stub = new_stub(e, STUB_BUDGET);
    stub->pc = e->block->block.pc;
    if (e->nstretches == 1) {
        charge(e);
        stub->charged = e->charged;
        stub->from[0] = emit_jcc(e->c, COND_S);
        return;
    }
    emit_alu_imm(e->c, ALU_CMP, false, R15, e->stretches[e->nstretches - 1]);
    stub->from[0] = emit_jcc(e->c, COND_L);
    charge(e);
}

/* What was charged and is not executed. */
static void give_back(struct emitter *e, unsigned charged, unsigned count)
{
    assert(count <= charged);
    if (count < charged)
        emit_alu_imm(e->c, ALU_ADD, false, R15, (int)(charged - count));
}

void emit_pc(struct emitter *e, enum reg reg, uint32_t pc)
{
    const struct block *block = &e->block->block;
    if (block_bound(block)) {
        emit_mov_imm(e->c, reg, pc);
        return;
    }
    emit_rm(e->c, OP_MOV, false, reg, mem_base(RBP, CPU_OFFSET(code_pc)));
    emit_alu_imm(e->c, ALU_AND, false, reg, (int32_t)GUEST_PAGE_MASK);
    emit_alu_imm(e->c, ALU_ADD, false, reg, (int32_t)(pc - (block->pc & GUEST_PAGE_MASK)));
}

/* Goes on to a place of the block if the key is the block's. */
static void emit_guard(struct emitter *e, const uint8_t *to)
{
    uint32_t optional = e->cpu->arch->optional_key;
    assert((e->block->block.key_bits & optional) == optional);
    emit_alu_mem_imm(e->c, ALU_CMP, mem_base(RBP, CPU_OFFSET(optional_key)), (int32_t)(e->block->block.key & optional));
    emit_jcc_to(e->c, COND_E, to);
}

/* If it is not, the dispatcher finds the block that goes with it. */
void emit_guards(struct emitter *e)
{
    struct host_block *block = e->block;
    block->guarded_code = block->code;
    block->guarded_linked = block->linked;
    if (!(block->block.key_bits & e->cpu->arch->optional_key))
        return;
    block->guarded_linked = e->c->p;
    emit_guard(e, block->linked);
    emit_pc(e, RAX, block->block.pc);
    const uint8_t *miss = e->c->p;
    emit_store_imm_size(e->c, mem_base(RBP, CPU_OFFSET(guarded)), 1, MO_8);
    emit_jmp_to(e->c, e->jit->thunk_miss);
    block->guarded_code = e->c->p;
    emit_guard(e, block->code);
    emit_jmp_to(e->c, miss);
}

static void emit_target(struct emitter *e, enum reg reg, uint32_t pc, bool far)
{
    if (far)
        emit_mov_imm(e->c, reg, pc);
    else
        emit_pc(e, reg, pc);
}

static void leave_to_main(struct emitter *e, uint32_t pc, bool far)
{
    emit_target(e, RAX, pc, far);
    emit_jmp_to(e->c, e->jit->thunk_miss);
}

/* A target on the same page, or one that is mapped for good from a block that is: it may be jumped to without a look. */
static bool may_link(const struct emitter *e, uint32_t pc, bool far)
{
    const struct block *block = &e->block->block;
    const struct cpu_arch *arch = e->cpu->arch;
    if (far && !block_bound(block))
        return false;
    if (arch->fixed_mapping(block->pc, block->key) && arch->fixed_mapping(pc, block->key))
        return true;
    return ((pc ^ block->pc) & GUEST_PAGE_MASK) == 0;
}

/* eax = pc, whose entry in the jump cache lies at entry from base. */
static void jump_by_entry(struct emitter *e, enum reg base, int32_t entry)
{
    struct code *c = e->c;
    emit_rm(c, OP_CMP, false, RAX, mem_base(base, entry + (int32_t)offsetof(struct jump_cache_entry, pc)));
    emit_jcc_to(c, COND_NE, e->jit->thunk_miss);
    emit_alu_mem_imm(c, ALU_CMP, mem_base(base, entry + (int32_t)offsetof(struct jump_cache_entry, key)),
                     (int32_t)jump_key(e->cpu, e->block->block.key));
    emit_jcc_to(c, COND_NE, e->jit->thunk_miss);
    emit_jmp_mem(c, mem_base(base, entry + (int32_t)offsetof(struct jump_cache_entry, code)));
}

/* eax = pc. */
static void jump_by_cache(struct emitter *e)
{
    struct code *c = e->c;
    const struct jump_cache_entry *bank = e->cpu->jump_cache[jump_cache_bank(e->block->block.key)];
    static_assert(sizeof(struct jump_cache_entry) == 16, "the index is scaled by 4 twice");
    emit_rr(c, OP_MOV, false, RCX, RAX);
    emit_alu_imm(c, ALU_AND, false, RCX, (int32_t)(((1u << JUMP_CACHE_BITS) - 1) << 2));
    emit_rm(c, OP_LEA, true, RCX, mem_index(RBP, RCX, 2, (int32_t)((uint8_t *)bank - (uint8_t *)e->cpu)));
    jump_by_entry(e, RCX, 0);
}

static void jump_unlinked(struct emitter *e, uint32_t pc, bool far)
{
    emit_target(e, RAX, pc, far);
    if (far || block_bound(&e->block->block))
        jump_by_entry(e, RBP, (int32_t)((uint8_t *)cpu_jump_cache_at(e->cpu, pc, e->block->block.key) - (uint8_t *)e->cpu));
    else
        jump_by_cache(e);
}

/*
 * A jump to a known pc; site: of a jump that was emitted already and leads here, or NULL. The tail, where the jump goes until it is linked,
 * hands the exit to the dispatcher.
 */
static void jump_known(struct emitter *e, uint32_t pc, bool far, uint8_t *site)
{
    if (!may_link(e, pc, far)) {
        jump_unlinked(e, pc, far);
        return;
    }
    assert(e->nexits < IR_MAX_EXITS);
    struct host_exit *exit = &e->exits[e->nexits];
    exit->site = site ? site : emit_jmp(e->c);
    exit->tail = e->c->p;
    exit->from = e->block;
    exit->pc = pc;
    patch32(exit->site, exit->tail);
    emit_call_to(e->c, e->jit->thunk_unlinked);
    note_place(e, e->nexits++, 0);
}

static void compare_leave(struct emitter *e)
{
    emit_alu_mem_imm(e->c, ALU_CMP, mem_base(RBP, CPU_OFFSET(leave)), 0);
}

static uint8_t *emit_leave_test(struct emitter *e)
{
    compare_leave(e);
    return emit_jcc(e->c, COND_NE);
}

/* eax = pc: goes to the dispatcher if anything asked to leave. */
static void miss_if_asked(struct emitter *e)
{
    compare_leave(e);
    emit_jcc_to(e->c, COND_NE, e->jit->thunk_miss);
}

void emit_leave_check(struct emitter *e, uint32_t pc, bool far)
{
    struct stub *stub = new_stub(e, STUB_MAIN);
    stub->from[0] = emit_leave_test(e);
    stub->pc = pc;
    stub->far = far;
    stub->count = e->count;
    e->called = false;
}

static void emit_exit_main(struct emitter *e, const struct ir_op *op, const struct ir_exit *exit)
{
    give_back(e, e->charged, exit->count);
    log_exit(e, e->nlogged, exit->count);
    if (exit->kind == IR_EXIT_STATE) {
        emit_rm(e->c, OP_MOV, false, RAX, pc_word(e->cpu));
        miss_if_asked(e);
        jump_by_cache(e); /* the key is the block's: who changes it asks to leave */
    } else if (op->a != IR_NONE) {
        load_value(e, RAX, op->a, 0);
        emit_jmp_to(e->c, e->jit->thunk_miss);
    } else {
        leave_to_main(e, exit->pc, false);
    }
}

/* After a helper: whoever asked to leave gets both ways of the branch by way of the dispatcher. */
static void emit_choice_check(struct emitter *e, const struct ir_op *op, const struct ir_exit *exit)
{
    struct stub *stub = new_stub(e, STUB_CHOOSE);
    stub->from[0] = emit_leave_test(e);
    stub->op = *op;
    memcpy(stub->local, e->local, sizeof(stub->local));
    stub->pc = exit->pc;
    stub->other_pc = e->block->block.pc + e->count * e->cpu->arch->insn_align;
    stub->count = exit->count;
    e->called = false;
}

static void emit_exit_if(struct emitter *e, const struct ir_op *op, const struct ir_exit *exit)
{
    if (e->called)
        emit_choice_check(e, op, exit);
    emit_compare(e, op);
    struct stub *stub = new_stub(e, STUB_EXIT);
    stub->from[0] = emit_jcc(e->c, cond_of(op->sub));
    stub->pc = exit->pc;
    stub->count = exit->count;
    charge(e);
}

void emit_exit_op(struct emitter *e, const struct ir_op *op)
{
    const struct ir_exit *exit = &e->ir->exits[op->aux];
    switch ((enum ir_opcode)op->op) {
    case IR_exit_if:
        emit_exit_if(e, op, exit);
        break;
    case IR_leave_if:
        emit_leave_check(e, exit->pc, false);
        break;
    case IR_exit:
        if (e->called)
            emit_leave_check(e, exit->pc, exit->kind == IR_EXIT_FAR);
        assert(e->charged == exit->count);
        log_exit(e, e->nlogged, exit->count);
        jump_known(e, exit->pc, exit->kind == IR_EXIT_FAR, NULL);
        break;
    case IR_exit_ind:
        assert(e->charged == exit->count);
        log_exit(e, e->nlogged, exit->count);
        load_value(e, RAX, op->a, 0);
        if (e->called)
            miss_if_asked(e);
        jump_by_cache(e);
        break;
    default:
        assert(op->op == IR_exit_main);
        emit_exit_main(e, op, exit);
    }
}

static void emit_choose_stub(struct emitter *e, const struct stub *stub)
{
    memcpy(e->local, stub->local, sizeof(e->local));
    give_back(e, stub->charged, stub->count);
    log_exit(e, stub->nlogged, stub->count);
    emit_pc(e, RCX, stub->other_pc);
    emit_pc(e, RDX, stub->pc);
    emit_compare(e, &stub->op);
    emit_rr(e->c, OP_CMOV | cond_of(stub->op.sub), false, RCX, RDX);
    emit_rr(e->c, OP_MOV, false, RAX, RCX);
    emit_jmp_to(e->c, e->jit->thunk_miss);
}

void emit_leave_stub(struct emitter *e, struct stub *stub)
{
    patch32(stub->from[0], e->c->p);
    if (stub->kind == STUB_CHOOSE) {
        emit_choose_stub(e, stub);
        return;
    }
    give_back(e, stub->charged, stub->count);
    bool logs = log_exit(e, stub->nlogged, stub->count);
    if (stub->kind == STUB_EXIT)
        jump_known(e, stub->pc, false, logs ? NULL : stub->from[0]);
    else
        leave_to_main(e, stub->pc, stub->far);
}
