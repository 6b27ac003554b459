/*
 * Operations that consume another's result take its operands instead: a branch those of the comparison, an addition those of a shift or of an
 * addition of a constant before it (`lea`). The first operation goes if its result was seen by nobody else.
 */
#include "cpu/ir/optimise.h"

#include <string.h>

static struct {
    int def[IR_VALUES]; /* the operation that wrote it last, or -1 */
    uint32_t version[IR_VALUES];
    unsigned reads[IR_VALUES];                             /* since then */
    unsigned observed[IR_VALUES];                          /* `observations` then */
    uint32_t version_a[IR_MAX_OPS], version_b[IR_MAX_OPS]; /* of each operation's operands as it read them */
    unsigned observations;
    const struct cpu_arch *arch;
    struct ir *ir;
} now;

static void forget_globals(void)
{
    for (unsigned v = 0; v < IR_TEMPS; v++) {
        now.def[v] = -1;
        now.version[v]++;
    }
}

static uint32_t version_of(unsigned v)
{
    return v < IR_VALUES ? now.version[v] : 0;
}

static void note_read(unsigned v)
{
    if (v < IR_VALUES)
        now.reads[v]++;
}

static void note(struct ir_op *op, unsigned i)
{
    assert(i < IR_MAX_OPS);
    note_read(op->a);
    note_read(op->b);
    note_read(op->c);
    if (ir_op_info[op->op].flags & IR_READS_D)
        note_read(op->d);
    now.version_a[i] = version_of(op->a);
    now.version_b[i] = version_of(op->b);
    if (ir_observes(op, now.arch)) {
        now.observations++;
        if (op->op == IR_call)
            forget_globals();
    }
    if (op->d >= IR_VALUES)
        return;
    if (ir_high_result(op) != IR_NONE)
        now.version[ir_high_result(op)]++;
    now.version[op->d]++;
    now.def[op->d] = (int)i;
    now.reads[op->d] = 0;
    now.observed[op->d] = now.observations;
}

/* What made this value, if it is such an operation. */
static struct ir_op *maker(unsigned v, enum ir_opcode opcode)
{
    if (v >= IR_VALUES || now.def[v] < 0 || now.ir->ops[now.def[v]].op != opcode)
        return NULL;
    return &now.ir->ops[now.def[v]];
}

/* The operands of the operation that made v are what they were. */
static bool operands_stand(unsigned v)
{
    assert(v < IR_VALUES && now.def[v] >= 0);
    const struct ir_op *op = &now.ir->ops[now.def[v]];
    return op->a != v && op->b != v && version_of(op->a) == now.version_a[now.def[v]] &&
           version_of(op->b) == now.version_b[now.def[v]];
}

/* Nobody has seen v, and the operation under way overwrites it: what made it may go. */
static bool may_remove(const struct ir_op *op, unsigned v)
{
    return op->d == v && !now.reads[v] && (v >= IR_TEMPS || now.observed[v] == now.observations);
}

/* if (v != 0) where v = a cc b: if (a cc b) */
static void fuse_compare(struct ir_op *op)
{
    const struct ir_op *compare = maker(op->a, IR_setcc);
    if (!compare || op->b != IR_IMM || op->imm != 0 || (op->sub != IR_NE && op->sub != IR_EQ) || !operands_stand(op->a))
        return;
    op->sub = op->sub == IR_NE ? compare->sub : (uint8_t)ir_cc_negate((enum ir_cc)compare->sub);
    op->imm = compare->imm;
    op->b = compare->b;
    op->a = compare->a;
}

/*
 * v, made by `from`, is to be replaced by from's operands in op. True if these may be read: they stand; or v alone was its own operand, and without
 * `from`, which is removed then, it still holds that.
 */
static bool take_over(const struct ir_op *op, unsigned v, struct ir_op *from)
{
    bool remove = may_remove(op, v);
    if (!operands_stand(v)) {
        bool in_place = from->a == v && from->b == IR_IMM;
        if (!in_place || !remove)
            return false;
    }
    if (remove) {
        now.def[v] = -1;
        from->op = IR_REMOVED;
    }
    return true;
}

static bool is_scale(const struct ir_op *op)
{
    return op && op->b == IR_IMM && op->imm >= 1 && op->imm <= 3;
}

static void make_lea(struct ir_op *op, unsigned a, unsigned b, unsigned scale, int32_t imm)
{
    assert(scale <= 3 && a < IR_VALUES);
    *op = (struct ir_op){
        .op = IR_lea, .aux = (uint16_t)scale, .d = op->d, .a = (uint16_t)a, .b = (uint16_t)b, .c = IR_NONE, .imm = imm};
}

/* d = (x + imm) << scale: what is left is a shift of x with a constant behind it. */
static void fuse_shift(struct ir_op *op)
{
    struct ir_op *sum = maker(op->a, IR_add);
    if (now.arch->zero_global < 0 || !is_scale(op) || !sum || sum->b != IR_IMM)
        return;
    struct ir_op copy = *sum;
    if (take_over(op, op->a, sum))
        make_lea(op, (unsigned)now.arch->zero_global, copy.a, (unsigned)op->imm, (int32_t)((uint32_t)copy.imm << op->imm));
}

/* d = a + v, v = x << scale or (x << scale) + imm. */
static bool fuse_scaled(struct ir_op *op, unsigned a, unsigned v)
{
    struct ir_op *shift = maker(v, IR_shl), *lea = maker(v, IR_lea);
    if (a == v || (!is_scale(shift) && !(lea && lea->a == now.arch->zero_global)))
        return false;
    struct ir_op copy = shift ? *shift : *lea;
    bool in_place = lea && lea->b == v && may_remove(op, v);
    if (!(shift ? take_over(op, v, shift) : operands_stand(v) || in_place))
        return false;
    if (lea && may_remove(op, v))
        lea->op = IR_REMOVED;
    if (shift)
        make_lea(op, a, copy.a, (unsigned)copy.imm, 0);
    else
        make_lea(op, a, copy.b, copy.aux, copy.imm);
    return true;
}

static void fuse_sum(struct ir_op *op)
{
    if (op->b != IR_IMM && !fuse_scaled(op, op->a, op->b))
        fuse_scaled(op, op->b, op->a);
}

static void begin(struct ir *ir, const struct cpu_arch *arch)
{
    unsigned values = IR_TEMPS + ir->ntemps;
    assert(values <= IR_VALUES && ir->nops <= IR_MAX_OPS);
    memset(now.def, 0xff, values * sizeof(now.def[0]));
    memset(now.version, 0, values * sizeof(now.version[0]));
    now.observations = 0;
    now.arch = arch;
    now.ir = ir;
}

void ir_fuse(struct ir *ir, const struct cpu_arch *arch)
{
    begin(ir, arch);
    for (unsigned i = 0; i < ir->nops; i++) {
        struct ir_op *op = &ir->ops[i];
        if (op->op == IR_REMOVED)
            continue;
        if (op->op == IR_exit_if)
            fuse_compare(op);
        else if (op->op == IR_shl)
            fuse_shift(op);
        else if (op->op == IR_add)
            fuse_sum(op);
        note(op, i);
    }
}
