/*
 * Accesses of one kind and size from one base, one behind the other, as functions save and restore registers and copies go: one look for
 * the page serves them all. If it fails, or the group reaches over a page's end, the stub does them one by one, each in its own place, so that
 * one that leaves its unit finds the state as it must be. Two sites that need a way of their own (sites.c) are no group.
 */
#include "cpu/host/x86_64/emit_fpu.h"

/* Of a group's accesses from the lowest to the highest; cpu->direct_group_limit leaves room for it. */
#define MOST_SPAN (GUEST_PAGE / 2)

/* Where the scan for members stands: as emit_insn() moves on. */
struct scan {
    const struct emitter *e;
    unsigned before, count;
    bool slot;
};

static bool scan_insn(struct scan *scan, const struct ir_op *op)
{
    scan->slot = op->aux & IR_SLOT;
    if (!scan->slot) {
        if (scan->e->called)
            return false;
        scan->before = scan->count;
    }
    scan->count++;
    return true;
}

static enum site_kind scan_site(const struct scan *scan, bool store)
{
    return site_kind(scan->e->cpu, &scan->e->block->block, site_phys(scan->e, scan->before, scan->slot), store);
}

static bool alike(const struct ir_op *first, const struct ir_op *op)
{
    return op->op == first->op && op->a == first->a && size_mask(op->sub) == size_mask(first->sub) &&
           ((op->imm ^ first->imm) & (int32_t)size_mask(first->sub)) == 0;
}

struct range {
    int32_t low, high; /* displacements */
};

static bool widen(struct range *range, int32_t imm)
{
    struct range wider = {imm < range->low ? imm : range->low, imm > range->high ? imm : range->high};
    if ((int64_t)wider.high - wider.low > (int64_t)MOST_SPAN)
        return false;
    *range = wider;
    return true;
}

/* The last operation of the group that begins at e->index, which is itself if there is no group. */
static unsigned find_last(const struct emitter *e, enum site_kind site, struct range *range)
{
    const struct ir_op *ops = e->ir->ops, *first = &ops[e->index];
    struct scan scan = {e, e->before, e->count, e->slot};
    bool store = first->op == IR_st;
    unsigned last = e->index;
    *range = (struct range){first->imm, first->imm};
    for (unsigned i = e->index + 1; i < e->ir->nops; i++) {
        if (ops[i].op == IR_insn) {
            if (!scan_insn(&scan, &ops[i]))
                break;
            continue;
        }
        if (!alike(first, &ops[i]) || (!store && (ops[last].d == first->a || ops[i].d >= IR_TEMPS)) ||
            scan_site(&scan, store) != site || !widen(range, ops[i].imm))
            break;
        last = i;
    }
    return last;
}

static bool may_begin(const struct emitter *e, const struct ir_op *op, const struct stub *stub)
{
    if (op->op == IR_ld ? op->d >= IR_TEMPS : op->op != IR_st)
        return false;
    return op->a != IR_NONE && (stub->site == SITE_DIRECT || stub->site == SITE_SLOT);
}

/* eax, or edx for the linear segment, = the lowest address */
static void emit_lowest(struct emitter *e, const struct ir_op *first, const struct stub *stub, int32_t low)
{
    enum reg to = stub->site == SITE_DIRECT ? RDX : RAX, a = use(e, first->a, RAX);
    int32_t imm = stub->site == SITE_DIRECT ? (int32_t)((uint32_t)low - e->cpu->arch->direct_base) : low;
    if (imm)
        emit_rm(e->c, OP_LEA, false, to, mem_base(a, imm));
    else if (a != to)
        emit_rr(e->c, OP_MOV, false, to, a);
}

/* A register for each result, before the first branch, as taking one may push another value out. */
static void take_results(struct emitter *e, const struct stub *stub)
{
    uint16_t taken[LOCALS] = {IR_NONE, IR_NONE};
    unsigned ntaken = 0;
    for (unsigned i = 0; i < stub->members; i++) {
        struct member *member = &e->members[stub->first_member + i];
        unsigned d = member->op->d;
        member->reg = value_reg(e, d);
        if (e->pinned[d] != NO_REG || d == taken[0] || d == taken[1])
            continue;
        bool wanted = member->reg != NO_REG || e->last_use[d] > member->index;
        if (wanted && ntaken < LOCALS) {
            taken[ntaken++] = (uint16_t)d;
            if (member->reg == NO_REG)
                member->reg = hold(e, d, taken[0], taken[1]);
            continue;
        }
        forget_local(e, d);
        member->reg = RAX;
    }
}

static void take_values(struct emitter *e, const struct stub *stub)
{
    for (unsigned i = 0; i < stub->members; i++) {
        struct member *member = &e->members[stub->first_member + i];
        member->constant = member->op->b == e->cpu->arch->zero_global;
        member->reg = value_reg(e, member->op->b);
    }
}

/* rcx, or rbp + rdx for the linear segment, = where the lowest address lies in memory */
static struct mem emit_look(struct emitter *e, struct stub *stub, int32_t span)
{
    struct code *c = e->c;
    unsigned mask = size_mask(stub->memop);
    if (stub->site == SITE_DIRECT) {
        if (mask) {
            emit_test_imm8(c, RDX, (uint8_t)mask);
            stub->from[1] = emit_jcc(c, COND_NE);
        }
        emit_rm(c, OP_CMP, false, RDX, mem_base(RBP, CPU_OFFSET(direct_group_limit)));
        stub->from[0] = emit_jcc(c, COND_AE);
        return mem_index(RBP, RDX, 0, e->jit->low_ram);
    }
    emit_page(e, stub, e->ir->ops[stub->index].op == IR_st);
    emit_rm(c, OP_LEA, false, RDX, mem_base(RAX, span));
    emit_rr(c, OP_XOR, false, RDX, RAX);
    emit_test_reg_imm(c, RDX, GUEST_PAGE_MASK);
    stub->from[1] = emit_jcc(c, COND_NE);
    emit_rr(c, OP_ADD, true, RCX, RAX);
    return mem_base(RCX, 0);
}

static void emit_member_load(struct emitter *e, const struct member *member, struct mem mem)
{
    emit_load_from(e->c, member->op->sub, member->reg, mem);
    defined(e, member->op->d);
}

static void emit_member_store(struct emitter *e, const struct member *member, struct mem mem)
{
    unsigned memop = member->op->sub;
    enum reg reg = member->reg;
    if (member->constant) {
        emit_store_imm_size(e->c, mem, 0, memop & MO_SIZE);
        return;
    }
    if (reg == NO_REG)
        emit_rm(e->c, OP_MOV, (memop & MO_SIZE) == MO_64, RAX, value_mem(e, member->op->b));
    else if (memop & MO_SWAP)
        emit_rr(e->c, OP_MOV, true, RAX, reg);
    if (reg == NO_REG || memop & MO_SWAP) {
        emit_swap(e->c, memop, RAX);
        reg = RAX;
    }
    emit_store_to(e->c, memop, reg, mem);
}

/* The members' places are noted, and the operations passed over, up to the last. */
static void note_members(struct emitter *e, struct stub *stub, unsigned last, int32_t low)
{
    assert(last > e->index && last < e->ir->nops);
    const struct ir_op *ops = e->ir->ops;
    stub->first_member = (uint16_t)e->nmembers;
    for (unsigned i = e->index;; e->index = ++i) {
        e->jit->layout.op_start[i] = (uint32_t)(e->c->p - e->block->code);
        if (ops[i].op == IR_insn)
            emit_insn(e, &ops[i]);
        else
            e->members[e->nmembers++] = (struct member){
                .op = &ops[i], .index = (uint16_t)i, .before = e->before, .slot = e->slot, .offset = ops[i].imm - low};
        if (i == last)
            break;
    }
    stub->members = (uint16_t)(e->nmembers - stub->first_member);
}

bool emit_group(struct emitter *e, const struct ir_op *op, struct stub *stub)
{
    struct range range;
    if (!may_begin(e, op, stub))
        return false;
    unsigned last = find_last(e, stub->site, &range);
    if (last == e->index)
        return false;
    bool store = op->op == IR_st;
    stub->kind = STUB_GROUP;
    emit_lowest(e, op, stub, range.low);
    note_members(e, stub, last, range.low);
    if (store)
        take_values(e, stub);
    else
        take_results(e, stub);
    log_group(e, stub);
    struct mem mem = emit_look(e, stub, range.high - range.low);
    for (unsigned i = 0; i < stub->members; i++) {
        const struct member *member = &e->members[stub->first_member + i];
        struct mem at = mem_index(mem.base, mem.index, 0, mem.disp + member->offset);
        count_access(e, stub, store);
        if (store)
            emit_member_store(e, member, at);
        else
            emit_member_load(e, member, at);
    }
    stub->back = e->c->p;
    return true;
}

static void finish_member_load(struct emitter *e, const struct member *member)
{
    bool to_memory = e->pinned[member->op->d] == NO_REG;
    if (member->reg != RAX)
        emit_rr(e->c, OP_MOV, true, member->reg, RAX);
    if (to_memory)
        emit_rm(e->c, OP_STORE, false, member->reg, value_mem(e, member->op->d));
}

static void stub_value(struct emitter *e, const struct member *member)
{
    struct mem value = mem_base(RBP, CPU_OFFSET(store_value));
    enum reg reg = member->reg;
    if (member->constant) {
        emit_store_imm_size(e->c, value, 0, MO_64);
        return;
    }
    if (reg == NO_REG)
        emit_rm(e->c, OP_MOV, (member->op->sub & MO_SIZE) == MO_64, reg = RDX, value_mem(e, member->op->b));
    emit_rm(e->c, OP_STORE, true, reg, value);
}

void emit_group_stub(struct emitter *e, struct stub *stub)
{
    assert(stub->members > 1);
    struct mem lowest = mem_base(RBP, CPU_OFFSET(group_address));
    struct code *c = e->c;
    if (stub->site == SITE_DIRECT)
        emit_rm(c, OP_LEA, false, RAX, mem_base(RDX, (int32_t)e->cpu->arch->direct_base));
    emit_rm(c, OP_STORE, false, RAX, lowest);
    for (unsigned i = 0; i < stub->members; i++) {
        const struct member *member = &e->members[stub->first_member + i];
        bool store = member->op->op == IR_st;
        if (store)
            stub_value(e, member);
        if (i)
            emit_rm(c, OP_MOV, false, RAX, lowest);
        if (member->offset)
            emit_rm(c, OP_LEA, false, RAX, mem_base(RAX, member->offset));
        if (i) /* the group fails once */
            emit_alu_mem_imm(c, ALU_ADD, mem_base(RBP, CPU_OFFSET(site_sample)), 1);
        emit_mov_imm(c, RCX, stub->page_slot);
        emit_call_to(c, e->jit->thunk_access[e->mode][store][member->op->sub].slot);
        note_place(e, member->before, member->slot);
        if (!store)
            finish_member_load(e, member);
    }
    fpr_reload(e, stub);
}
