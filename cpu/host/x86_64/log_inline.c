/*
 * The access log in generated code (softmmu/memlog.h, "Inline logging").
 *
 * A block writes as little as a reader needs to know each address and stored value. Most are what another was plus a constant: fields of
 * one structure, registers that were saved and a stack pointer moved, what a load just brought. So each value of the block is followed as a
 * root and an offset; the first access that needs a root writes a word, the others refer to it, to a constant, or to a loaded value.
 *
 * What goes to C is logged there as well, by itself, and then counts instead of the site.
 */
#include "cpu/host/x86_64/emit.h"

#include <string.h>

#include "softmmu/alloc.h"

/* Roots: 0 is the constant 0, then what this block took in or computed, each with its place in the log once it has one. */
enum { NO_WORD = 0xff, NO_REF = 0xffff, ROOTS_MAX = IR_TEMPS + 2 * IR_MAX_OPS };

struct value {
    uint16_t root;
    uint32_t offset;
};

static struct {
    struct value values[IR_VALUES];
    struct memlog_ref refs[ROOTS_MAX]; /* root + 0; from NO_REF: none yet */
    unsigned nroots;
    struct memlog_site sites[MEMLOG_SITES_MAX];
    uint8_t words_to[MEMLOG_SITES_MAX + 1]; /* words that the sites before it need */
    unsigned nsites, nwords;
    uint8_t address_word[MEMLOG_SITES_MAX], value_word[MEMLOG_SITES_MAX]; /* written by this site; or NO_WORD */
    uint32_t number;
} plan;

/* Planning */

static void set_root(unsigned value)
{
    plan.refs[plan.nroots].from = NO_REF;
    plan.values[value] = (struct value){(uint16_t)plan.nroots++, 0};
}

static void set_constant(unsigned value, uint32_t constant)
{
    plan.values[value] = (struct value){0, constant};
}

static struct value moved(struct value value, uint32_t distance)
{
    return (struct value){value.root, value.offset + distance};
}

static void forget_globals(const struct emitter *e)
{
    for (unsigned g = 0; g < e->cpu->arch->nglobals; g++)
        if ((int)g == e->cpu->arch->zero_global)
            set_constant(g, 0);
        else
            set_root(g);
}

/* How the log says the value; *word: the one that the site must write for that, or NO_WORD. */
static struct memlog_ref refer(struct value value, uint8_t *word)
{
    struct memlog_ref *root = &plan.refs[value.root];
    *word = NO_WORD;
    if (root->from == NO_REF) {
        *word = (uint8_t)plan.nwords++;
        *root = (struct memlog_ref){memlog_from_word(*word), 0u - value.offset};
    }
    return (struct memlog_ref){root->from, root->offset + value.offset};
}

static bool is_load(const struct ir_op *op)
{
    return op->op == IR_ld || op->op == IR_ldf;
}

static bool is_access(const struct ir_op *op)
{
    return is_load(op) || op->op == IR_st || op->op == IR_stf;
}

static unsigned memop_of(const struct ir_op *op)
{
    return op->op == IR_ldf || op->op == IR_stf ? op->aux : op->sub;
}

/* Stored values of other widths than a general register's are always written. */
static struct memlog_ref refer_stored(const struct ir_op *op, uint8_t *word)
{
    bool wide = (memop_of(op) & MO_SIZE) == MO_64;
    if (op->op == IR_st && !wide)
        return refer(plan.values[op->b], word);
    *word = (uint8_t)plan.nwords;
    plan.nwords += wide ? 2 : 1;
    return (struct memlog_ref){memlog_from_word(*word), 0};
}

static void plan_access(const struct ir_op *op, unsigned insn, bool slot)
{
    unsigned i = plan.nsites++;
    struct value address = op->a == IR_NONE ? (struct value){0, 0} : plan.values[op->a];
    struct memlog_site *site = &plan.sites[i];
    *site = (struct memlog_site){
        .insn = (uint8_t)insn, .slot = slot, .store = !is_load(op), .memop = (uint8_t)(memop_of(op) & (MO_SIZE | MO_SIGN))};
    site->address = refer(moved(address, (uint32_t)op->imm), &plan.address_word[i]);
    plan.value_word[i] = NO_WORD;
    if (site->store)
        site->value = refer_stored(op, &plan.value_word[i]);
    plan.words_to[i + 1] = (uint8_t)plan.nwords;
}

static void plan_result(const struct ir_op *op)
{
    if (op->op == IR_mov) {
        plan.values[op->d] = plan.values[op->a];
    } else if (op->op == IR_movi || op->op == IR_movpc) { /* blocks that log are bound to their pc */
        set_constant(op->d, (uint32_t)op->imm);
    } else if ((op->op == IR_add || op->op == IR_sub) && op->b == IR_IMM) {
        plan.values[op->d] = moved(plan.values[op->a], op->op == IR_add ? (uint32_t)op->imm : 0u - (uint32_t)op->imm);
    } else {
        set_root(op->d);
        if (op->op == IR_ld && (op->sub & MO_SIZE) != MO_64)
            plan.refs[plan.nroots - 1] = (struct memlog_ref){memlog_from_site(plan.nsites - 1), 0};
        if (ir_high_result(op) != IR_NONE)
            set_root(ir_high_result(op));
    }
}

static bool has_result(const struct ir_op *op)
{
    enum ir_form form = ir_op_info[op->op].form;
    return op->op != IR_stf && op->d < IR_VALUES &&
           (form == IR_FORM_DI || form == IR_FORM_DA || form == IR_FORM_DAB || form == IR_FORM_DABC || form == IR_FORM_CALL ||
            form == IR_FORM_FPU);
}

static void plan_ops(const struct emitter *e)
{
    unsigned count = 0;
    bool slot = false;
    for (unsigned i = 0; i < e->ir->nops; i++) {
        const struct ir_op *op = &e->ir->ops[i];
        if (op->op == IR_insn) {
            slot = op->aux & IR_SLOT;
            count++;
        }
        if (is_access(op))
            plan_access(op, count - 1, slot);
        if (op->op == IR_call && !(e->cpu->arch->helpers[op->aux].flags & HELPER_PURE))
            forget_globals(e);
        if (has_result(op))
            plan_result(op);
    }
}

static void keep_plan(struct emitter *e)
{
    struct host_log *log = alloc_zeroed(sizeof(*log) + (plan.nsites + 1) * sizeof(log->sites[0]));
    log->number = plan.number;
    log->nsites = (uint8_t)plan.nsites;
    for (unsigned i = 0; i <= plan.nsites; i++) {
        log->sites[i].insn = i < plan.nsites ? plan.sites[i].insn : 0;
        log->sites[i].words = plan.words_to[i];
    }
    e->block->log = log;
}

void log_begin(struct emitter *e)
{
    e->nlogged = 0;
    plan.nsites = plan.nwords = 0;
    if (LIKELY(!e->cpu->mmu.log_inline))
        return;
    plan.refs[0] = (struct memlog_ref){MEMLOG_CONSTANT, 0};
    plan.nroots = 1;
    forget_globals(e);
    for (unsigned t = 0; t < e->ir->ntemps; t++) /* a temp is written before it is read */
        set_constant(IR_TEMPS + t, 0);
    plan_ops(e);
    if (!plan.nsites)
        return;
    plan.number = memlog_add_block(e->cpu->mmu.log, e->block->block.pc, e->cpu->arch->insn_align, e->mode, plan.sites,
                                   plan.nsites, plan.nwords);
    keep_plan(e);
}

/* Emission */

static struct mem entry_word(unsigned word)
{
    return mem_base(RCX, (int32_t)(4 * (MEMLOG_ENTRY_HEAD + word)));
}

static void load_entry(struct emitter *e)
{
    emit_rm(e->c, OP_MOV, true, RCX, mem_base(RBP, CPU_OFFSET(log.at)));
}

void log_address(struct emitter *e)
{
    if (LIKELY(!plan.nsites))
        return;
    uint8_t word = plan.address_word[e->nlogged];
    if (word == NO_WORD)
        return;
    load_entry(e);
    emit_rm(e->c, OP_STORE, false, RAX, entry_word(word));
}

void log_value(struct emitter *e, const struct ir_op *op, const struct stub *stub)
{
    if (LIKELY(!plan.nsites))
        return;
    uint8_t word = plan.value_word[e->nlogged];
    bool wide = (stub->memop & MO_SIZE) == MO_64;
    if (word == NO_WORD)
        return;
    load_entry(e);
    if (stub->xmm[0])
        emit_sse_rm(e->c, wide ? SSE_MOVQ_STORE : SSE_MOVD_STORE, stub->xmm[0], entry_word(word));
    else if (stub->constant)
        emit_store_imm_size(e->c, entry_word(word), 0, wide ? MO_64 : MO_32);
    else
        emit_rm(e->c, OP_STORE, wide, value_reg(e, op->b), entry_word(word));
}

static void log_member_value(struct emitter *e, const struct member *member)
{
    uint8_t word = plan.value_word[e->nlogged];
    bool wide = (member->op->sub & MO_SIZE) == MO_64;
    enum reg reg = member->reg;
    if (word == NO_WORD)
        return;
    if (reg == NO_REG)
        emit_rm(e->c, OP_MOV, wide, reg = RDX, value_mem(e, member->op->b));
    emit_rm(e->c, OP_STORE, wide, reg, entry_word(word));
}

static void log_member_address(struct emitter *e, const struct member *member)
{
    uint8_t word = plan.address_word[e->nlogged];
    if (word == NO_WORD)
        return;
    if (member->offset)
        emit_rm(e->c, OP_LEA, false, RDX, mem_base(RAX, member->offset));
    emit_rm(e->c, OP_STORE, false, member->offset ? RDX : RAX, entry_word(word));
}

void log_group(struct emitter *e, const struct stub *stub)
{
    if (LIKELY(!plan.nsites))
        return;
    load_entry(e);
    for (unsigned i = 0; i < stub->members; i++, e->nlogged++) {
        const struct member *member = &e->members[stub->first_member + i];
        log_member_address(e, member);
        if (member->op->op == IR_st)
            log_member_value(e, member);
    }
}

void log_done(struct emitter *e)
{
    e->nlogged++;
}

bool log_exit(struct emitter *e, unsigned nsites, unsigned count)
{
    struct code *c = e->c;
    if (LIKELY(!plan.nsites) || !nsites)
        return false;
    unsigned nwords = plan.words_to[nsites];
    uint32_t number = memlog_add_exit(e->cpu->mmu.log, plan.number, nsites, count, nwords);
    load_entry(e);
    emit_store_imm(c, mem_base(RCX, 0), number);
    emit_rm(c, OP_MOV, false, RAX, mem_base(RBP, CPU_OFFSET(icount_end)));
    emit_rr(c, OP_SUB, false, RAX, R15);
    emit_rm(c, OP_STORE, false, RAX, mem_base(RCX, 4));
    emit_alu_imm(c, ALU_ADD, true, RCX, (int32_t)(4 * (MEMLOG_ENTRY_HEAD + nwords)));
    emit_rm(c, OP_STORE, true, RCX, mem_base(RBP, CPU_OFFSET(log.at)));
    emit_rm(c, OP_CMP, true, RCX, mem_base(RBP, CPU_OFFSET(log.limit)));
    uint8_t *room = emit_jcc(c, COND_BE);
    emit_call_to(c, e->jit->thunk_log_full);
    patch32(room, c->p);
    return true;
}

void log_left(struct cpu *cpu)
{
    const struct host_block *block = (const struct host_block *)block_at(cpu, cpu->host_return);
    const struct host_log *log = block->log;
    struct unit_place at;
    host_backend->place(cpu, cpu->host_return, &at);
    unsigned before = (at.pc - block->block.pc) / cpu->arch->insn_align, nsites = 0;
    while (log && nsites < log->nsites && log->sites[nsites].insn < before)
        nsites++;
    uint64_t here = cpu->icount_end - (uint64_t)((int64_t)cpu->budget + at.give_back);
    if (nsites)
        memlog_add_partial(cpu->mmu.log, log->number, nsites, here - before, log->sites[nsites].words);
}
