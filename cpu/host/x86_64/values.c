/*
 * Where values are. A pinned global is in its register. Any other global is always right in memory, and may be in a local register
 * too. A temp is in a local register, or in its slot once it was pushed out.
 */
#include "cpu/host/x86_64/emit_fpu.h"

static const uint8_t local_regs[LOCALS] = {R10, R11};

struct mem value_mem(const struct emitter *e, unsigned value)
{
    assert(value < IR_VALUES);
    if (value < IR_TEMPS)
        return mem_base(RBP, global_offset(e->cpu, value));
    return mem_base(RBP, (int32_t)(offsetof(struct cpu, temp_slots) + 8 * (value - IR_TEMPS)));
}

enum reg value_reg(const struct emitter *e, unsigned value)
{
    if (value < IR_TEMPS && e->pinned[value] != NO_REG)
        return e->pinned[value];
    for (unsigned i = 0; i < LOCALS; i++)
        if (e->local[i].value == value)
            return local_regs[i];
    return NO_REG;
}

static bool dying(const struct emitter *e, unsigned value)
{
    return value >= IR_TEMPS && e->last_use[value] <= e->index;
}

static void push_out(struct emitter *e, unsigned i)
{
    assert(i < LOCALS);
    struct local *local = &e->local[i];
    if (local->dirty && e->last_use[local->value] >= e->index)
        emit_rm(e->c, OP_STORE, true, local_regs[i], value_mem(e, local->value));
    *local = (struct local){IR_NONE, false};
}

static bool read_later(const struct emitter *e, unsigned value)
{
    return e->last_use[value] > e->index;
}

/* Preference: free, what nobody needs, a global's copy, the temp that is needed latest. */
static unsigned local_cost(const struct emitter *e, unsigned i)
{
    const struct local *local = &e->local[i];
    if (local->value == IR_NONE || !read_later(e, local->value))
        return 0;
    return local->dirty ? 2 + IR_MAX_OPS - e->last_use[local->value] : 1;
}

static unsigned choose_local(const struct emitter *e, unsigned keep_a, unsigned keep_b)
{
    unsigned best = LOCALS;
    for (unsigned i = 0; i < LOCALS; i++) {
        unsigned value = e->local[i].value;
        bool kept = value != IR_NONE && (value == keep_a || value == keep_b) && !dying(e, value);
        if (!kept && (best == LOCALS || local_cost(e, i) < local_cost(e, best)))
            best = i;
    }
    return best;
}

static enum reg use_width(struct emitter *e, unsigned value, enum reg scratch, bool wide)
{
    enum reg reg = value_reg(e, value);
    if (reg != NO_REG)
        return reg;
    emit_rm(e->c, OP_MOV, wide, scratch, value_mem(e, value));
    return scratch;
}

enum reg use(struct emitter *e, unsigned value, enum reg scratch)
{
    return use_width(e, value, scratch, false);
}

enum reg use64(struct emitter *e, unsigned value, enum reg scratch)
{
    return use_width(e, value, scratch, true);
}

/* A global that is read more than once may as well be loaded into a local register that has nothing better to hold. */
static enum reg load_copy(struct emitter *e, unsigned value)
{
    if (value >= IR_TEMPS || !read_later(e, value))
        return NO_REG;
    for (unsigned i = 0; i < LOCALS; i++)
        if (e->local[i].value == IR_NONE || e->last_use[e->local[i].value] < e->index) {
            e->local[i] = (struct local){(uint16_t)value, false};
            emit_rm(e->c, OP_MOV, false, local_regs[i], value_mem(e, value));
            return local_regs[i];
        }
    return NO_REG;
}

struct operand operand_of(struct emitter *e, unsigned value)
{
    enum reg reg = value_reg(e, value);
    if (reg == NO_REG)
        reg = load_copy(e, value);
    return (struct operand){reg, value_mem(e, value)};
}

void emit_operand(struct emitter *e, unsigned opcode, bool wide, enum reg reg, struct operand operand)
{
    if (operand.reg == NO_REG)
        emit_rm(e->c, opcode, wide, reg, operand.mem);
    else if (opcode != OP_MOV || wide || reg != operand.reg)
        emit_rr(e->c, opcode, wide, reg, operand.reg);
}

bool lives_in_memory(const struct emitter *e, unsigned value)
{
    return value < IR_TEMPS && value_reg(e, value) == NO_REG && !read_later(e, value);
}

enum reg define(struct emitter *e, unsigned value, unsigned keep_a, unsigned keep_b)
{
    enum reg reg = value_reg(e, value);
    if (reg != NO_REG)
        return reg;
    return lives_in_memory(e, value) ? RAX : hold(e, value, keep_a, keep_b);
}

enum reg hold(struct emitter *e, unsigned value, unsigned keep_a, unsigned keep_b)
{
    unsigned i = choose_local(e, keep_a, keep_b);
    if (i ==
        LOCALS) /* both hold operands that are needed later: one goes to its slot, and stays readable in its register till then */
        i = 0;
    if (!(e->local[i].value != IR_NONE && dying(e, e->local[i].value)))
        push_out(e, i);
    e->local[i] = (struct local){(uint16_t)value, false};
    return local_regs[i];
}

void defined(struct emitter *e, unsigned value)
{
    if (value < IR_TEMPS) {
        enum reg reg = value_reg(e, value);
        if (e->pinned[value] == NO_REG)
            emit_rm(e->c, OP_STORE, false, reg == NO_REG ? RAX : reg, value_mem(e, value));
        return;
    }
    for (unsigned i = 0; i < LOCALS; i++)
        if (e->local[i].value == value)
            e->local[i].dirty = true;
}

void load_value(struct emitter *e, enum reg reg, unsigned value, int32_t imm)
{
    if (value == IR_IMM) {
        emit_mov_imm(e->c, reg, (uint32_t)imm);
        return;
    }
    enum reg from = value_reg(e, value);
    if (from == NO_REG)
        emit_rm(e->c, OP_MOV, false, reg, value_mem(e, value));
    else if (from != reg)
        emit_rr(e->c, OP_MOV, false, reg, from);
}

void forget_local(struct emitter *e, unsigned value)
{
    for (unsigned i = 0; i < LOCALS; i++)
        if (e->local[i].value == value)
            e->local[i] = (struct local){IR_NONE, false};
}

void forget_globals_in_locals(struct emitter *e)
{
    for (unsigned i = 0; i < LOCALS; i++)
        if (e->local[i].value < IR_TEMPS)
            e->local[i] = (struct local){IR_NONE, false};
}

static void note_use(struct emitter *e, unsigned value, unsigned i)
{
    if (value < IR_VALUES)
        e->last_use[value] = (uint16_t)i;
}

void begin_values(struct emitter *e)
{
    const struct ir *ir = e->ir;
    assert(e->jit->npinned <= PINNED && ir->ntemps <= IR_MAX_TEMPS);
    for (unsigned g = 0; g < IR_TEMPS; g++)
        e->pinned[g] = NO_REG;
    for (unsigned i = 0; i < e->jit->npinned; i++)
        e->pinned[e->cpu->arch->pinned[i]] = pinned_regs[i];
    for (unsigned i = 0; i < LOCALS; i++)
        e->local[i] = (struct local){IR_NONE, false};
    fpr_begin(e);
    for (unsigned v = 0; v < IR_TEMPS + ir->ntemps; v++)
        e->last_use[v] = 0;
    for (unsigned i = 0; i < ir->nops; i++) {
        note_use(e, ir->ops[i].a, i);
        note_use(e, ir->ops[i].b, i);
        note_use(e, ir->ops[i].c, i);
        if (ir_op_info[ir->ops[i].op].flags & IR_READS_D)
            note_use(e, ir->ops[i].d, i);
    }
}
