/*
 * Guest loads and stores (jit.md 3.5). The look for the page is inline, in the way that suits the site (sites.c): in the segment that maps low
 * RAM linearly, one compare with a limit; in the slot that holds the page of the last time; in the software TLB. A failure or a flag goes
 * to a stub behind the block, which calls a thunk.
 */
#include "cpu/host/x86_64/emit_fpu.h"

int32_t tlb_offset(unsigned mode, bool store)
{
    assert(mode < MMU_MODES);
    return (int32_t)(offsetof(struct cpu, mmu) + offsetof(struct mmu, tlb) +
                     (mode * 2 + store) * sizeof(struct tlb_entry) * TLB_ENTRIES);
}

struct slot_offsets slot_offsets(unsigned mode, bool store, bool watch)
{
    assert(mode < MMU_MODES);
    size_t mmu = offsetof(struct cpu, mmu), pair = mode * 2 + store;
    size_t plain = mmu + offsetof(struct mmu, slots) + pair * sizeof(struct page_slots);
    size_t watched = mmu + offsetof(struct mmu, watch_slots) + pair * sizeof(struct watch_slots);
    if (!watch)
        return (struct slot_offsets){.tag = (int32_t)(plain + offsetof(struct page_slots, tag)),
                                     .addend = (int32_t)(plain + offsetof(struct page_slots, addend))};
    return (struct slot_offsets){.tag = (int32_t)(watched + offsetof(struct watch_slots, tag)),
                                 .addend = (int32_t)(watched + offsetof(struct watch_slots, addend)),
                                 .map = (int32_t)(watched + offsetof(struct watch_slots, map))};
}

/* edx = the tag that a plain entry for the address in eax has, if that is aligned */
static void emit_wanted_tag(struct code *c, unsigned memop)
{
    emit_rr(c, OP_MOV, false, RDX, RAX);
    emit_alu_imm(c, ALU_AND, false, RDX, (int32_t)(GUEST_PAGE_MASK | size_mask(memop)));
}

uint8_t *emit_tag_probe(struct code *c, unsigned mode, unsigned memop, bool store)
{
    static_assert(sizeof(struct tlb_entry) == 16, "the index is shifted by 4");
    emit_rr(c, OP_MOV, false, RCX, RAX);
    emit_shift_imm(c, SHIFT_SHR, false, RCX, GUEST_PAGE_BITS - 4);
    emit_alu_imm(c, ALU_AND, false, RCX, (int32_t)((TLB_ENTRIES - 1) << 4));
    emit_wanted_tag(c, memop);
    emit_rm(c, OP_CMP, false, RDX, mem_index(RBP, RCX, 0, tlb_offset(mode, store)));
    return emit_jcc(c, COND_NE);
}

uint8_t *emit_probe(struct code *c, unsigned mode, unsigned memop, bool store)
{
    uint8_t *miss = emit_tag_probe(c, mode, memop, store);
    emit_rm(c, OP_MOV, true, RCX, mem_index(RBP, RCX, 0, tlb_offset(mode, store) + (int32_t)offsetof(struct tlb_entry, addend)));
    return miss;
}

/* As emit_probe(), in the stub's slot. */
static void emit_slot_probe(struct emitter *e, struct stub *stub, bool store)
{
    assert(stub->site != SITE_DIRECT && stub->page_slot < PAGE_SLOTS);
    const struct slot_offsets at = slot_offsets(e->mode, store, stub->site == SITE_WATCH);
    struct code *c = e->c;
    emit_wanted_tag(c, stub->memop);
    emit_rm(c, OP_CMP, false, RDX, mem_base(RBP, at.tag + 4 * stub->page_slot));
    stub->from[0] = emit_jcc(c, COND_NE);
    if (stub->site == SITE_WATCH) {
        e->cpu->mmu.watch_slots_used = true;
        emit_rm(c, OP_MOV, true, RDX, mem_base(RBP, at.map + 8 * stub->page_slot));
        emit_cmp_mem_zero(c, mem_index(RDX, RAX, 0, 0), stub->memop & MO_SIZE);
        stub->from[1] = emit_jcc(c, COND_NE);
    }
    emit_rm(c, OP_MOV, true, RCX, mem_base(RBP, at.addend + 8 * stub->page_slot));
}

void emit_page(struct emitter *e, struct stub *stub, bool store)
{
    if (stub->site == SITE_TLB)
        stub->from[0] = emit_probe(e->c, e->mode, stub->memop, store);
    else
        emit_slot_probe(e, stub, store);
}

static struct stub *new_access(struct emitter *e, enum stub_kind kind, const struct ir_op *op)
{
    bool floating = op->op == IR_ldf || op->op == IR_stf;
    uint64_t phys = site_phys(e, e->before, e->slot);
    struct stub *stub = new_stub(e, kind);
    stub->memop = floating ? (uint8_t)op->aux : op->sub;
    assert(stub->memop < MEMOPS);
    stub->site = site_kind(e->cpu, &e->block->block, phys, kind == STUB_STORE);
    stub->page_slot = phys >> 2 & (PAGE_SLOTS - 1);
    return stub;
}

/* eax = a + imm */
static void emit_address(struct emitter *e, const struct ir_op *op)
{
    if (op->a == IR_NONE) {
        emit_mov_imm(e->c, RAX, (uint32_t)op->imm);
        return;
    }
    enum reg a = use(e, op->a, RAX);
    if (op->imm)
        emit_rm(e->c, OP_LEA, false, RAX, mem_base(a, op->imm));
    else if (a != RAX)
        emit_rr(e->c, OP_MOV, false, RAX, a);
}

static unsigned load_opcode(unsigned memop)
{
    bool extend = memop & MO_SIGN;
    switch (memop & MO_SIZE) {
    case MO_8:
        return extend ? OP_MOVSX8 : OP_MOVZX8;
    case MO_16:
        return extend && !(memop & MO_SWAP) ? OP_MOVSX16 : OP_MOVZX16;
    default:
        return OP_MOV;
    }
}

void emit_load_from(struct code *c, unsigned memop, enum reg d, struct mem mem)
{
    bool wide = (memop & MO_SIZE) == MO_64;
    emit_rm(c, load_opcode(memop), wide, d, mem);
    if (!(memop & MO_SWAP) || (memop & MO_SIZE) == MO_8)
        return;
    if ((memop & MO_SIZE) != MO_16) {
        emit_bswap(c, wide, d);
        return;
    }
    emit_rol16(c, d);
    if (memop & MO_SIGN)
        emit_rr(c, OP_MOVSX16, false, d, d);
}

/* edx = offset into the linear segment */
static void emit_direct_offset(struct emitter *e, const struct ir_op *op)
{
    int32_t offset = (int32_t)((uint32_t)op->imm - e->cpu->arch->direct_base);
    if (op->a == IR_NONE) {
        emit_mov_imm(e->c, RDX, (uint32_t)offset);
        return;
    }
    enum reg a = use(e, op->a, RAX);
    emit_rm(e->c, OP_LEA, false, RDX, mem_base(a, offset));
}

/* The register for the result; an FPU register's value comes by way of rax. */
static enum reg result_reg(struct emitter *e, const struct ir_op *op)
{
    return op->op == IR_ldf ? RAX : define(e, op->d, IR_NONE, IR_NONE);
}

static void emit_direct_load(struct emitter *e, const struct ir_op *op, struct stub *stub)
{
    assert(e->jit->low_ram && e->mode == 0);
    struct code *c = e->c;
    emit_direct_offset(e, op);
    stub->reg = result_reg(e, op);
    if (size_mask(stub->memop)) {
        emit_test_imm8(c, RDX, (uint8_t)size_mask(stub->memop));
        stub->from[1] = emit_jcc(c, COND_NE);
    }
    emit_rm(c, OP_CMP, false, RDX, mem_base(RBP, CPU_OFFSET(direct_limit)));
    stub->from[0] = emit_jcc(c, COND_AE);
    emit_load_from(c, stub->memop, stub->reg, mem_index(RBP, RDX, 0, e->jit->low_ram));
}

/* rax is the value of an FPU register. */
static void loaded_fpr(struct emitter *e, const struct ir_op *op)
{
    unsigned distance = ir_fpu_distance(op);
    fpr_release(e);
    unsigned xmm = fpr_scratch(e);
    emit_sse_rr(e->c, SSE_MOVD_LOAD, distance, xmm, RAX);
    fpr_define(e, xmm, op->d, distance);
}

void count_access(struct emitter *e, const struct stub *stub, bool store)
{
    static const uint8_t counters[][2] = {
        [SITE_DIRECT] = {COUNT_DIRECT_LOADS, COUNT_TLB_STORES },
        [SITE_SLOT] = {COUNT_SLOT_LOADS,   COUNT_SLOT_STORES},
        [SITE_TLB] = {COUNT_TLB_LOADS,    COUNT_TLB_STORES },
        [SITE_WATCH] = {COUNT_SLOT_LOADS,   COUNT_SLOT_STORES}
    };
    emit_count(e, counters[stub->site][store]);
}

/* The result's register is taken after the address is read and before the first branch: taking it may push another value out. */
void emit_load(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = new_access(e, STUB_LOAD, op);
    if (emit_group(e, op, stub))
        return;
    count_access(e, stub, false);
    if (stub->site == SITE_DIRECT) {
        emit_direct_load(e, op, stub);
    } else {
        emit_address(e, op);
        stub->reg = result_reg(e, op);
        log_address(e);
        emit_page(e, stub, false);
        emit_load_from(e->c, stub->memop, stub->reg, mem_index(RCX, RAX, 0, 0));
    }
    stub->back = e->c->p;
    log_done(e);
    if (op->op == IR_ldf)
        loaded_fpr(e, op);
    else
        defined(e, op->d);
}

void emit_store_to(struct code *c, unsigned memop, enum reg value, struct mem mem)
{
    switch (memop & MO_SIZE) {
    case MO_8:
        emit_store8(c, value, mem);
        break;
    case MO_16:
        emit_store16(c, value, mem);
        break;
    default:
        emit_rm(c, OP_STORE, (memop & MO_SIZE) == MO_64, value, mem);
    }
}

void emit_swap(struct code *c, unsigned memop, enum reg value)
{
    if (!(memop & MO_SWAP) || (memop & MO_SIZE) == MO_8)
        return;
    if ((memop & MO_SIZE) == MO_16)
        emit_rol16(c, value);
    else
        emit_bswap(c, (memop & MO_SIZE) == MO_64, value);
}

static enum reg swapped(struct emitter *e, unsigned memop, enum reg value)
{
    if (!(memop & MO_SWAP) || (memop & MO_SIZE) == MO_8)
        return value;
    emit_rr(e->c, OP_MOV, true, RDX, value);
    emit_swap(e->c, memop, RDX);
    return RDX;
}

static void emit_fpr_value(struct emitter *e, const struct stub *stub, struct mem mem)
{
    bool wide = (stub->memop & MO_SIZE) == MO_64;
    if (stub->memop & MO_SWAP) {
        emit_sse_rr(e->c, SSE_MOVD_STORE, wide, stub->xmm[0], RDX);
        emit_bswap(e->c, wide, RDX);
        emit_rm(e->c, OP_STORE, wide, RDX, mem);
    } else {
        emit_sse_rm(e->c, wide ? SSE_MOVQ_STORE : SSE_MOVD_STORE, stub->xmm[0], mem);
    }
}

static void emit_value(struct emitter *e, const struct stub *stub)
{
    struct mem mem = mem_index(RCX, RAX, 0, 0);
    if (stub->xmm[0])
        emit_fpr_value(e, stub, mem);
    else if (stub->constant)
        emit_store_imm_size(e->c, mem, 0, stub->memop & MO_SIZE);
    else
        emit_store_to(e->c, stub->memop, swapped(e, stub->memop, stub->reg), mem);
}

/* The value in a register, where the stub finds it again. */
static void take_value(struct emitter *e, const struct ir_op *op, struct stub *stub)
{
    if (op->op == IR_stf) {
        fpr_release(e);
        stub->xmm[0] = (uint8_t)fpr_use(e, op->b, ir_fpu_distance(op));
        fpr_note(e, stub);
        return;
    }
    stub->constant = op->b == e->cpu->arch->zero_global;
    if (!stub->constant && value_reg(e, op->b) == NO_REG) {
        enum reg reg = hold(e, op->b, IR_NONE, IR_NONE);
        emit_rm(e->c, OP_MOV, (stub->memop & MO_SIZE) == MO_64, reg, value_mem(e, op->b));
    }
}

void emit_store(struct emitter *e, const struct ir_op *op)
{
    struct stub *stub = new_access(e, STUB_STORE, op);
    if (emit_group(e, op, stub))
        return;
    count_access(e, stub, true);
    emit_address(e, op);
    log_address(e);
    take_value(e, op, stub);
    log_value(e, op, stub);
    log_done(e);
    emit_page(e, stub, true);
    if (op->op == IR_st && !stub->constant)
        stub->reg = value_reg(e, op->b);
    emit_value(e, stub);
    stub->back = e->c->p;
}

/* After a failed guess. */
static void call_thunk(struct emitter *e, const struct stub *stub, bool store)
{
    const struct access_thunks *thunks = &e->jit->thunk_access[e->mode][store][stub->memop];
    const uint8_t *const by_kind[] = {
        [SITE_DIRECT] = e->jit->thunk_look_up[stub->memop],
        [SITE_SLOT] = thunks->slot,
        [SITE_TLB] = thunks->tlb,
        [SITE_WATCH] = thunks->watch,
    };
    assert(by_kind[stub->site]);
    if (stub->site == SITE_DIRECT)
        emit_count(e, COUNT_FALLEN_LOADS);
    else if (stub->site != SITE_TLB)
        emit_count(e, store ? COUNT_SLOT_STORE_MISSES : COUNT_SLOT_LOAD_MISSES);
    if (stub->site != SITE_TLB)
        emit_count(e, store ? COUNT_TLB_STORES : COUNT_TLB_LOADS);
    if (stub->site == SITE_SLOT || stub->site == SITE_WATCH)
        emit_mov_imm(e->c, RCX, stub->page_slot);
    emit_call_to(e->c, by_kind[stub->site]);
    note_place(e, stub->before, stub->slot);
}

static void finish_load(struct emitter *e, struct stub *stub)
{
    call_thunk(e, stub, false);
    fpr_reload(e, stub);
    if (stub->reg != RAX)
        emit_rr(e->c, OP_MOV, true, stub->reg, RAX);
}

static void finish_store(struct emitter *e, struct stub *stub)
{
    struct mem value = mem_base(RBP, CPU_OFFSET(store_value));
    if (stub->xmm[0]) {
        emit_sse_rm(e->c, (stub->memop & MO_SIZE) == MO_64 ? SSE_MOVQ_STORE : SSE_MOVD_STORE, stub->xmm[0], value);
    } else if (stub->constant) {
        emit_store_imm_size(e->c, value, 0, MO_64);
    } else {
        emit_rm(e->c, OP_STORE, true, stub->reg, value);
    }
    call_thunk(e, stub, true);
    fpr_reload(e, stub);
}

void emit_memory_stub(struct emitter *e, struct stub *stub)
{
    for (unsigned i = 0; i < 2; i++)
        if (stub->from[i])
            patch32(stub->from[i], e->c->p);
    if (stub->kind == STUB_GROUP)
        emit_group_stub(e, stub);
    else if (stub->kind == STUB_STORE)
        finish_store(e, stub);
    else
        finish_load(e, stub);
    emit_jmp_to(e->c, stub->back);
}
