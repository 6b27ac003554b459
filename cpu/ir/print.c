/* The IR's text form (-d op) and its verifier. */
#include <stdio.h>

#include "cpu/arch.h"
#include "cpu/ir/ir.h"

static const char *const cc_names[] = {"eq", "ne", "lts", "ges", "ltu", "geu", "les", "gts", "leu", "gtu"};
static_assert(ARRAY_SIZE(cc_names) == IR_GTU + 1, "a name for each condition");

static int print_value(char *text, size_t room, const struct cpu_arch *arch, unsigned value, int32_t imm)
{
    if (value == IR_NONE)
        return snprintf(text, room, " -");
    if (value == IR_IMM)
        return snprintf(text, room, " %#x", (unsigned)imm);
    if (value >= IR_TEMPS)
        return snprintf(text, room, " t%u", value - IR_TEMPS);
    return snprintf(text, room, " %s", arch->globals[value].name);
}

void ir_print_op(const struct ir *ir, const struct ir_op *op, const struct cpu_arch *arch, char *text, size_t room)
{
    assert(op->op < IR_OPCODES);
    const struct ir_op_info *info = &ir_op_info[op->op];
    size_t n = (size_t)snprintf(text, room, op->op == IR_insn ? "%s" : "    %s", info->name);
    if (op->op == IR_setcc || op->op == IR_movcc || op->op == IR_exit_if)
        n += (size_t)snprintf(text + n, room - n, ".%s", cc_names[op->sub]);
    if (op->op == IR_call)
        n += (size_t)snprintf(text + n, room - n, " %s", arch->helpers[op->aux].name);
    if (op->op == IR_insn || info->form == IR_FORM_DI || op->op == IR_extract)
        n += (size_t)snprintf(text + n, room - n, " %#x%s", (unsigned)op->imm, op->op == IR_insn && op->aux ? " slot" : "");
    const uint16_t values[] = {op->d, op->a, op->b, op->c};
    for (unsigned i = 0; i < 4; i++)
        if (values[i] != IR_NONE)
            n += (size_t)print_value(text + n, room - n, arch, values[i], op->imm);
    if (info->form == IR_FORM_FPU && ir_fpu_distance(op))
        n += (size_t)snprintf(text + n, room - n, " double");
    if (info->form == IR_FORM_FPU && info->flags & IR_LEAVES && op->op != IR_ldf && op->op != IR_stf)
        n += (size_t)snprintf(text + n, room - n, " %s %#x", arch->helpers[ir_fpu_helper(op)].name, (unsigned)op->imm);
    if (op->op == IR_ldf || op->op == IR_stf)
        n += (size_t)snprintf(text + n, room - n, " +%d%s", op->imm, op->aux & MO_SWAP ? " swapped" : "");
    if (op->op == IR_ld || op->op == IR_st)
        n += (size_t)snprintf(text + n, room - n, " +%d %u%s%s", op->imm, 8u << (op->sub & MO_SIZE),
                              op->sub & MO_SIGN ? " signed" : "", op->sub & MO_SWAP ? " swapped" : "");
    if (op->op == IR_call)
        n += (size_t)snprintf(text + n, room - n, " %#x", (unsigned)op->imm);
    assert(n < room);
    if (info->form == IR_FORM_EXIT)
        snprintf(text + n, room - n, " -> %#x count %u", ir->exits[op->aux].pc, ir->exits[op->aux].count);
}

void ir_print(const struct ir *ir, const struct cpu_arch *arch, void (*line)(void *opaque, const char *text), void *opaque)
{
    char text[160];
    for (unsigned i = 0; i < ir->nops; i++) {
        ir_print_op(ir, &ir->ops[i], arch, text, sizeof(text));
        line(opaque, text);
    }
}

static bool value_exists(const struct ir *ir, const struct cpu_arch *arch, unsigned value)
{
    return value < IR_TEMPS ? value < arch->nglobals : value < IR_TEMPS + ir->ntemps;
}

static const char *verify_op(const struct ir *ir, const struct ir_op *op, const struct cpu_arch *arch)
{
    const struct ir_op_info *info = &ir_op_info[op->op];
    bool wants_d = (info->form == IR_FORM_FPU && op->op != IR_stf) || info->form == IR_FORM_DI || info->form == IR_FORM_DA ||
                   info->form == IR_FORM_DAB || info->form == IR_FORM_DABC;
    if (op->d != IR_NONE && (!value_exists(ir, arch, op->d) || op->d == arch->zero_global))
        return "a result that is no value or is the zero register";
    if (wants_d && op->d == IR_NONE)
        return "no result";
    if (op->a != IR_NONE && !value_exists(ir, arch, op->a))
        return "a is no value";
    if (op->b != IR_NONE && op->b != IR_IMM && !value_exists(ir, arch, op->b))
        return "b is no value";
    if (op->c != IR_NONE && !value_exists(ir, arch, op->c))
        return "c is no value";
    if (ir_high_result(op) != IR_NONE && !value_exists(ir, arch, ir_high_result(op)))
        return "a high word that is no value";
    if (op->op == IR_call && op->aux >= arch->nhelpers)
        return "no such helper";
    if (info->form == IR_FORM_EXIT && op->aux >= ir->nexits)
        return "no such exit";
    return NULL;
}

const char *ir_verify(const struct ir *ir, const struct cpu_arch *arch)
{
    bool written = false; /* a global, in this unit */
    for (unsigned i = 0; i < ir->nops; i++) {
        const struct ir_op *op = &ir->ops[i];
        unsigned flags = ir_op_info[op->op].flags;
        const char *wrong = verify_op(ir, op, arch);
        if (wrong)
            return wrong;
        if (op->op == IR_insn && !(op->aux & IR_SLOT))
            written = false;
        bool pure = op->op == IR_call && arch->helpers[op->aux].flags & HELPER_PURE;
        if (flags & IR_LEAVES && written && !pure)
            return "a global is written before an operation that may leave the unit";
        if (op->d != IR_NONE && op->d < IR_TEMPS)
            written = true;
        if (!(flags & IR_END) != (i + 1 < ir->nops))
            return "an ending operation in the middle, or none at the end";
    }
    return ir->nops && ir->ops[0].op == IR_insn ? NULL : "does not begin with an instruction";
}
