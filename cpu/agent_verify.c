/*
 * The verifier. Once through the bytes in their order: instructions and their operands. Then along every way that evaluation
 * can take: the stack's depth, which must be the same whichever way an instruction is reached.
 */
#include "cpu/agent_ops.h"

#include <string.h>

#include "cpu/agent_format.h"
#include "softmmu/alloc.h"

const struct agent_op agent_ops[256] = {
#define AGENT_OP(name, code, kind, operand, pops, pushes) [code] = {AGENT_KIND_##kind, AGENT_OPERAND_##operand, pops, pushes},
#include "cpu/agent_ops.def"
#undef AGENT_OP
};

enum { NO_INSTRUCTION = -2, NOT_REACHED = -1 };

struct verifier {
    const uint8_t *bytes;
    size_t length;
    const struct agent_interface *machine;
    void *opaque;
    int16_t *depth;    /* by place: at an instruction's start, before it */
    uint16_t *pending; /* places whose ways on are still to be followed */
    size_t npending;
};

static const char *check_format(const uint8_t *operand)
{
    size_t length = agent_operand(operand + 1, 2);
    if (!length || operand[3 + length - 1])
        return "a format of the agent expression does not end in a zero byte";
    return agent_format_check((const char *)operand + 3, operand[0]);
}

static const char *check_operand(const struct verifier *v, const uint8_t *at)
{
    enum agent_operand kind = agent_ops[*at].operand;
    uint64_t half = kind >= AGENT_OPERAND_HALF ? agent_operand(at + 1, 2) : 0;
    switch (kind) {
    case AGENT_OPERAND_BITS:
        return at[1] >= 1 && at[1] <= 64 ? NULL : "the agent expression extends from no possible number of bits";
    case AGENT_OPERAND_FLOAT_OP:
        return memchr("\x02\x03\x04\x05\x13\x14", at[1], 6) ? NULL : "the agent expression has an unknown floating-point opcode";
    case AGENT_OPERAND_REGISTER:
        return v->machine->has_register(v->opaque, (unsigned)half) ? NULL : "the agent expression names an unknown register";
    case AGENT_OPERAND_VARIABLE:
        return half < AGENT_VARIABLES ? NULL : "the agent expression has a trace state variable of too high a number";
    case AGENT_OPERAND_FORMAT:
        return check_format(at + 1);
    default:
        return NULL;
    }
}

static bool inside(const struct verifier *v, size_t pc)
{
    size_t left = v->length - pc, fixed = agent_fixed_sizes[agent_ops[v->bytes[pc]].operand];
    return fixed <= left && agent_size(&v->bytes[pc]) <= left;
}

static const char *check_instructions(struct verifier *v)
{
    for (size_t pc = 0; pc < v->length; pc += agent_size(&v->bytes[pc])) {
        if (!agent_ops[v->bytes[pc]].kind)
            return "the agent expression has an unknown opcode";
        if (!inside(v, pc))
            return "the agent expression ends inside an instruction";
        const char *error = check_operand(v, &v->bytes[pc]);
        if (error)
            return error;
        v->depth[pc] = NOT_REACHED;
    }
    return NULL;
}

static const char *reach(struct verifier *v, size_t pc, int depth)
{
    if (pc >= v->length)
        return "the agent expression runs past its end";
    if (v->depth[pc] == NO_INSTRUCTION)
        return "the agent expression jumps into the middle of an instruction";
    if (v->depth[pc] == depth)
        return NULL;
    if (v->depth[pc] != NOT_REACHED)
        return "the agent expression reaches an instruction with stacks of different depth";
    v->depth[pc] = (int16_t)depth;
    v->pending[v->npending++] = (uint16_t)pc;
    return NULL;
}

/* From an instruction to those that may come next. */
static const char *follow(struct verifier *v, size_t pc)
{
    const uint8_t *at = &v->bytes[pc];
    const struct agent_op *op = &agent_ops[*at];
    int needed = op->pops, depth = v->depth[pc], after = depth - op->pops + op->pushes;
    if (op->operand == AGENT_OPERAND_PICK)
        needed = at[1] + 1;
    if (op->operand == AGENT_OPERAND_FORMAT) {
        needed += at[1];
        after -= at[1];
    }
    if (depth < needed)
        return "the agent expression takes more from its stack than there is";
    if (after > AGENT_DEEPEST)
        return "the agent expression's stack is too deep";
    const char *error = NULL;
    if (op->operand == AGENT_OPERAND_JUMP)
        error = reach(v, agent_operand(at + 1, 2), after);
    if (!error && *at != AGENT_goto && *at != AGENT_end)
        error = reach(v, pc + agent_size(&v->bytes[pc]), after);
    return error;
}

static const char *verify(struct verifier *v)
{
    for (size_t pc = 0; pc < v->length; pc++)
        v->depth[pc] = NO_INSTRUCTION;
    const char *error = check_instructions(v);
    if (!error)
        error = reach(v, 0, 0);
    while (!error && v->npending)
        error = follow(v, v->pending[--v->npending]);
    return error;
}

struct agent_program *agent_program_new(const uint8_t *bytes, size_t length, const struct agent_interface *machine, void *opaque,
                                        const char **error)
{
    if (length > AGENT_LONGEST) {
        *error = "the agent expression is too long";
        return NULL;
    }
    struct verifier v = {.bytes = bytes, .length = length, .machine = machine, .opaque = opaque};
    v.depth = alloc_zeroed(length * sizeof(*v.depth));
    v.pending = alloc_zeroed(length * sizeof(*v.pending));
    *error = verify(&v);
    free(v.depth);
    free(v.pending);
    if (*error)
        return NULL;
    struct agent_program *program = alloc_zeroed(sizeof(*program) + length);
    program->length = length;
    memcpy(program->bytes, bytes, length);
    return program;
}

void agent_program_free(struct agent_program *program)
{
    free(program);
}
