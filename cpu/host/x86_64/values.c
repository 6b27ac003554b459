/*
 * Where values are. A pinned global is in its register. Any other global is always right in memory, and may be in a local register
 * too. A temp is in a local register, or in its slot once it was pushed out.
 */
#include "cpu/host/x86_64/emit.h"

static const uint8_t local_regs[LOCALS] = {R10, R11};

struct mem value_mem(const struct emitter *e, unsigned value)
{
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
    struct local *local = &e->local[i];
    if (local->dirty && e->last_use[local->value] >= e->index)
        emit_rm(e->c, OP_STORE, true, local_regs[i], value_mem(e, local->value));
    *local = (struct local){IR_NONE, false};
}

/* Preference: free, a temp that nobody needs, a global's copy, the temp that is needed latest. */
static unsigned local_cost(const struct emitter *e, unsigned i)
{
    const struct local *local = &e->local[i];
    if (local->value == IR_NONE)
        return 0;
    if (local->value >= IR_TEMPS && e->last_use[local->value] <= e->index)
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

enum reg define(struct emitter *e, unsigned value, unsigned keep_a, unsigned keep_b)
{
    enum reg reg = value_reg(e, value);
    if (reg != NO_REG)
        return reg;
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
        if (e->pinned[value] == NO_REG)
            emit_rm(e->c, OP_STORE, false, value_reg(e, value), value_mem(e, value));
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
    for (unsigned g = 0; g < IR_TEMPS; g++)
        e->pinned[g] = NO_REG;
    for (unsigned i = 0; i < PINNED; i++)
        e->pinned[e->cpu->arch->pinned[i]] = pinned_regs[i];
    for (unsigned i = 0; i < LOCALS; i++)
        e->local[i] = (struct local){IR_NONE, false};
    for (unsigned t = IR_TEMPS; t < IR_TEMPS + ir->ntemps; t++)
        e->last_use[t] = 0;
    for (unsigned i = 0; i < ir->nops; i++) {
        note_use(e, ir->ops[i].a, i);
        note_use(e, ir->ops[i].b, i);
        note_use(e, ir->ops[i].c, i);
        if (ir_op_info[ir->ops[i].op].flags & IR_READS_D)
            note_use(e, ir->ops[i].d, i);
    }
}
