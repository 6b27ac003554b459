/*
 * Two passes. What is known of a value holds until the value is written again: each value has a version, and a copy is
 * good while its source's version is what it was.
 */
#include "cpu/ir/optimise.h"

#include <string.h>

static struct {
    bool known[IR_VALUES], pinned[IR_VALUES];
    uint32_t value[IR_VALUES];
    uint32_t version[IR_VALUES];
    uint16_t copy_of[IR_VALUES]; /* IR_NONE: none */
    uint32_t copy_version[IR_VALUES];
} facts;

/* The value of a pure operation on known operands; false if it is not one that is folded. */
static bool fold(const struct ir_op *op, uint32_t a, uint32_t b, uint32_t *result)
{
    switch ((enum ir_opcode)op->op) {
    case IR_mov:
        *result = a;
        return true;
    case IR_not:
        *result = ~a;
        return true;
    case IR_neg:
        *result = 0u - a;
        return true;
    case IR_add:
        *result = a + b;
        return true;
    case IR_sub:
        *result = a - b;
        return true;
    case IR_and:
        *result = a & b;
        return true;
    case IR_or:
        *result = a | b;
        return true;
    case IR_xor:
        *result = a ^ b;
        return true;
    case IR_shl:
        *result = a << (b & 31);
        return true;
    case IR_shr:
        *result = a >> (b & 31);
        return true;
    case IR_sar:
        *result = (uint32_t)((int32_t)a >> (b & 31));
        return true;
    case IR_setcc:
        *result = ir_cc_holds((enum ir_cc)op->sub, a, b);
        return true;
    default:
        return false;
    }
}

static void forget_globals(const struct cpu_arch *arch)
{
    for (unsigned v = 0; v < arch->nglobals; v++) {
        facts.known[v] = false;
        facts.copy_of[v] = IR_NONE;
        facts.version[v]++;
    }
    if (arch->zero_global >= 0) {
        facts.known[arch->zero_global] = true;
        facts.value[arch->zero_global] = 0;
    }
}

static void begin(const struct ir *ir, const struct cpu_arch *arch)
{
    unsigned values = IR_TEMPS + ir->ntemps;
    assert(values <= IR_VALUES);
    memset(facts.known, 0, values * sizeof(facts.known[0]));
    memset(facts.version, 0, values * sizeof(facts.version[0]));
    memset(facts.copy_of, 0xff, values * sizeof(facts.copy_of[0]));
    for (unsigned v = 0; v < values; v++)
        facts.copy_of[v] = IR_NONE;
    for (unsigned i = 0; i < ARCH_PINNED; i++)
        facts.pinned[arch->pinned[i]] = true;
    forget_globals(arch);
}

static bool is_known(unsigned v)
{
    return v < IR_VALUES && facts.known[v];
}

static unsigned source_of(unsigned v)
{
    if (v >= IR_VALUES || facts.copy_of[v] == IR_NONE)
        return v;
    unsigned source = facts.copy_of[v];
    if (facts.pinned[v] && source < IR_TEMPS && !facts.pinned[source])
        return v; /* a host register is better than memory */
    return facts.version[source] == facts.copy_version[v] ? source : v;
}

static void written(unsigned d)
{
    if (d >= IR_VALUES)
        return;
    facts.known[d] = false;
    facts.copy_of[d] = IR_NONE;
    facts.version[d]++;
}

static void set_known(struct ir_op *op, uint32_t value)
{
    assert(op->d < IR_VALUES);
    unsigned d = op->d;
    *op = (struct ir_op){.op = IR_movi, .d = d, .a = IR_NONE, .b = IR_NONE, .c = IR_NONE, .imm = (int32_t)value};
    written(d);
    facts.known[d] = true;
    facts.value[d] = value;
}

static void make_mov(struct ir_op *op, unsigned source)
{
    assert(source < IR_VALUES && op->d < IR_VALUES);
    unsigned d = op->d;
    *op = (struct ir_op){.op = IR_mov, .d = d, .a = source, .b = IR_NONE, .c = IR_NONE};
}

static void swap_operands(struct ir_op *op)
{
    uint16_t a = op->a;
    op->a = op->b;
    op->b = a;
}

/* Brings a constant operand to b, and b's constant into the operation. */
static void place_constants(struct ir_op *op)
{
    bool compares = op->op == IR_setcc || op->op == IR_exit_if;
    if (op->b != IR_IMM && is_known(op->a) && !is_known(op->b) && op->b < IR_VALUES) {
        if (ir_op_info[op->op].flags & IR_COMMUTES) {
            swap_operands(op);
        } else if (compares) {
            swap_operands(op);
            op->sub = ir_cc_swap((enum ir_cc)op->sub);
        }
    }
    if (op->b < IR_VALUES && is_known(op->b) && ir_op_info[op->op].flags & IR_IMMEDIATE) {
        op->imm = (int32_t)facts.value[op->b];
        op->b = IR_IMM;
    }
}

/* d = a op 0 is d = a. */
static bool is_identity(const struct ir_op *op)
{
    return op->b == IR_IMM && op->imm == 0 && ir_op_info[op->op].flags & IR_ZERO_KEEPS;
}

static void simplify_address(struct ir_op *op)
{
    if (is_known(op->a)) {
        op->imm = (int32_t)((uint32_t)op->imm + facts.value[op->a]);
        op->a = IR_NONE;
    }
}

/* True: the block ends here now. */
static bool simplify_exit(struct ir_op *op)
{
    if (op->op != IR_exit_if || op->b != IR_IMM || !is_known(op->a))
        return false;
    bool taken = ir_cc_holds((enum ir_cc)op->sub, facts.value[op->a], (uint32_t)op->imm);
    op->op = taken ? IR_exit : IR_REMOVED;
    op->a = op->b = IR_NONE;
    return taken;
}

static void note_result(struct ir_op *op)
{
    uint32_t result;
    bool pure = ir_op_info[op->op].form != IR_FORM_CALL && op->op != IR_ld;
    bool known_b = op->b == IR_IMM || op->b == IR_NONE;
    if (op->op == IR_movi) {
        set_known(op, (uint32_t)op->imm);
    } else if (pure && is_known(op->a) && known_b && fold(op, facts.value[op->a], (uint32_t)op->imm, &result)) {
        set_known(op, result);
    } else if (op->op == IR_mov) {
        written(op->d);
        if (op->a != op->d) {
            facts.copy_of[op->d] = op->a;
            facts.copy_version[op->d] = facts.version[op->a];
        }
    } else {
        written(op->d);
    }
}

/* True: the block ends with this operation. */
static bool forward_op(struct ir_op *op, const struct cpu_arch *arch)
{
    if (op->op == IR_insn)
        return false;
    unsigned flags = ir_op_info[op->op].flags;
    if (!(flags & IR_FPR_A))
        op->a = source_of(op->a);
    if (op->b != IR_IMM && !(flags & IR_FPR_B))
        op->b = source_of(op->b);
    if (!(flags & IR_FPR_C))
        op->c = source_of(op->c);
    place_constants(op);
    if (op->op == IR_ld || op->op == IR_st || op->op == IR_ldf || op->op == IR_stf)
        simplify_address(op);
    if (op->op == IR_exit_if)
        return simplify_exit(op);
    if (op->op == IR_call && !(arch->helpers[op->aux].flags & HELPER_PURE))
        forget_globals(arch);
    if (is_identity(op))
        make_mov(op, op->a);
    if (ir_op_info[op->op].form == IR_FORM_FPU) {
        written(op->d);
        written(ir_high_result(op));
    } else if (op->d != IR_NONE) {
        note_result(op);
    }
    return false;
}

static void forward(struct ir *ir, const struct cpu_arch *arch)
{
    begin(ir, arch);
    for (unsigned i = 0; i < ir->nops; i++)
        if (forward_op(&ir->ops[i], arch))
            ir->nops = i + 1;
}

static bool has_effect(const struct ir_op *op)
{
    return op->op == IR_insn || ir_op_info[op->op].form == IR_FORM_FPU ||
           ir_op_info[op->op].flags & (IR_LEAVES | IR_SIDE_EXIT | IR_END);
}

/* Everything is looked at where the unit or the block may be left, which it may be behind a unit that called a helper too. */
bool ir_observes(const struct ir_op *op, const struct cpu_arch *arch)
{
    if (op->op == IR_call)
        return !(arch->helpers[op->aux].flags & HELPER_PURE);
    if (op->op == IR_insn)
        return op->sub;
    return ir_op_info[op->op].flags & (IR_LEAVES | IR_SIDE_EXIT | IR_END);
}

/* Marks the units that come after one that called. */
static void mark_observed_units(struct ir *ir, const struct cpu_arch *arch)
{
    bool called = false;
    for (unsigned i = 0; i < ir->nops; i++) {
        struct ir_op *op = &ir->ops[i];
        if (op->op == IR_insn && !(op->aux & IR_SLOT)) {
            op->sub = called;
            called = false;
        } else if (op->op == IR_call) {
            called |= ir_observes(op, arch);
        }
    }
}

/* The high words of what a floating-point operation reads; it is never removed, so nothing is said of what it writes. */
static void need_high_words(const struct ir_op *op, bool needed[IR_VALUES])
{
    unsigned flags = ir_op_info[op->op].flags, distance = ir_fpu_distance(op);
    if (flags & IR_FPR_A)
        needed[op->a + distance] = true;
    if (flags & IR_FPR_B)
        needed[op->b + distance] = true;
    if (flags & IR_FPR_C)
        needed[op->c + distance] = true;
}

static void backward(struct ir *ir, const struct cpu_arch *arch)
{
    static bool needed[IR_VALUES];
    memset(needed, 0, sizeof(needed));
    for (unsigned i = ir->nops; i-- > 0;) {
        struct ir_op *op = &ir->ops[i];
        if (op->op == IR_REMOVED)
            continue;
        if (op->d < IR_VALUES && !needed[op->d] && !has_effect(op)) {
            op->op = IR_REMOVED;
            continue;
        }
        if (op->d < IR_VALUES && !(ir_op_info[op->op].flags & IR_READS_D))
            needed[op->d] = false;
        if (ir_observes(op, arch))
            memset(needed, 1, IR_TEMPS);
        const uint16_t operands[] = {op->a, op->b, op->c};
        for (unsigned k = 0; k < 3; k++)
            if (operands[k] < IR_VALUES)
                needed[operands[k]] = true;
        if (ir_op_info[op->op].form == IR_FORM_FPU)
            need_high_words(op, needed);
    }
}

static void compact(struct ir *ir)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ir->nops; i++)
        if (ir->ops[i].op != IR_REMOVED)
            ir->ops[kept++] = ir->ops[i];
    ir->nops = kept;
}

void ir_optimise(struct ir *ir, const struct cpu_arch *arch)
{
    assert(!ir->full && ir->nops);
    mark_observed_units(ir, arch);
    forward(ir, arch);
    ir_fuse(ir, arch);
    backward(ir, arch);
    compact(ir);
}
