/* The table of agent opcodes, between the verifier and the evaluator. */
#ifndef CPU_AGENT_OPS_H
#define CPU_AGENT_OPS_H

#include "cpu/agent.h"

enum agent_kind { AGENT_KIND_UNKNOWN, AGENT_KIND_BINARY, AGENT_KIND_UNARY, AGENT_KIND_LOAD, AGENT_KIND_OTHER };
enum agent_operand {
    AGENT_OPERAND_NONE,
    AGENT_OPERAND_BYTE,     /* any */
    AGENT_OPERAND_BITS,     /* 1 to 64 */
    AGENT_OPERAND_PICK,     /* a place in the stack, 0 the top */
    AGENT_OPERAND_FLOAT_OP, /* the opcode that is meant for doubles */
    AGENT_OPERAND_CONST8,
    AGENT_OPERAND_HALF, /* any, two bytes */
    AGENT_OPERAND_JUMP, /* from the program's start */
    AGENT_OPERAND_REGISTER,
    AGENT_OPERAND_VARIABLE,
    AGENT_OPERAND_CONST16,
    AGENT_OPERAND_CONST32,
    AGENT_OPERAND_CONST64,
    AGENT_OPERAND_FORMAT, /* a byte: the number of arguments; two: the length of the format that follows, its zero byte included */
};

struct agent_op {
    uint8_t kind, operand, pops, pushes;
};

extern const struct agent_op agent_ops[256];

struct agent_program {
    size_t length;
    uint8_t bytes[];
};

/* Big-endian, as operands are. */
static inline uint64_t agent_operand(const uint8_t *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

/* By operand: bytes of the instruction without a format's text. */
static const uint8_t agent_fixed_sizes[] = {
    [AGENT_OPERAND_NONE] = 1,     [AGENT_OPERAND_BYTE] = 2,     [AGENT_OPERAND_BITS] = 2,    [AGENT_OPERAND_PICK] = 2,
    [AGENT_OPERAND_FLOAT_OP] = 2, [AGENT_OPERAND_CONST8] = 2,   [AGENT_OPERAND_HALF] = 3,    [AGENT_OPERAND_JUMP] = 3,
    [AGENT_OPERAND_REGISTER] = 3, [AGENT_OPERAND_VARIABLE] = 3, [AGENT_OPERAND_CONST16] = 3, [AGENT_OPERAND_CONST32] = 5,
    [AGENT_OPERAND_CONST64] = 9,  [AGENT_OPERAND_FORMAT] = 4,
};

static inline size_t agent_size(const uint8_t *at)
{
    size_t size = agent_fixed_sizes[agent_ops[*at].operand];
    return *at == AGENT_printf ? size + agent_operand(at + 2, 2) : size;
}

#endif
