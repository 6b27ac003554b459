/* The evaluator: of verified programs only, so that nothing is checked here but what a value decides. */
#include "cpu/agent_ops.h"

#include <string.h>

#include "cpu/agent_format.h"

struct evaluation {
    const struct agent_interface *machine;
    void *opaque;
    enum agent_result result; /* AGENT_DONE until something fails */
};

static double as_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t as_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static uint64_t float_op(unsigned op, uint64_t a, uint64_t b)
{
    double x = as_double(a), y = as_double(b);
    switch (op) {
    case AGENT_add:
        return as_bits(x + y);
    case AGENT_sub:
        return as_bits(x - y);
    case AGENT_mul:
        return as_bits(x * y);
    case AGENT_div_signed:
        return as_bits(x / y);
    case AGENT_equal:
        return x == y;
    default:
        assert(op == AGENT_less_signed);
        return x < y;
    }
}

/* The most negative number divided by -1 is itself, as it wraps everywhere else. */
static uint64_t divide(struct evaluation *e, unsigned op, uint64_t a, uint64_t b)
{
    bool remainder = op == AGENT_rem_signed || op == AGENT_rem_unsigned;
    if (!b) {
        e->result = AGENT_DIVIDED_BY_ZERO;
        return 0;
    }
    if (op == AGENT_div_unsigned || op == AGENT_rem_unsigned)
        return remainder ? a % b : a / b;
    if (b == UINT64_MAX)
        return remainder ? 0 : 0 - a;
    return (uint64_t)(remainder ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b);
}

static uint64_t shift(unsigned op, uint64_t a, uint64_t b)
{
    if (op == AGENT_rsh_signed)
        return (uint64_t)((int64_t)a >> min_u64(b, 63));
    if (b > 63)
        return 0;
    return op == AGENT_lsh ? a << b : a >> b;
}

static uint64_t binary(struct evaluation *e, unsigned op, uint64_t a, uint64_t b)
{
    switch (op) {
    case AGENT_add:
        return a + b;
    case AGENT_sub:
        return a - b;
    case AGENT_mul:
        return a * b;
    case AGENT_div_signed:
    case AGENT_div_unsigned:
    case AGENT_rem_signed:
    case AGENT_rem_unsigned:
        return divide(e, op, a, b);
    case AGENT_lsh:
    case AGENT_rsh_signed:
    case AGENT_rsh_unsigned:
        return shift(op, a, b);
    case AGENT_bit_and:
        return a & b;
    case AGENT_bit_or:
        return a | b;
    case AGENT_bit_xor:
        return a ^ b;
    case AGENT_equal:
        return a == b;
    case AGENT_less_signed:
        return (int64_t)a < (int64_t)b;
    default:
        assert(op == AGENT_less_unsigned);
        return a < b;
    }
}

/* What has no integer becomes 0. */
static uint64_t to_integer(double value)
{
    return value >= -0x1p63 && value < 0x1p63 ? (uint64_t)(int64_t)value : 0;
}

static uint64_t unary(const uint8_t *at, uint64_t a)
{
    unsigned unused = 64u - at[1]; /* of ext and zero_ext; their operand is 1 to 64 */
    switch (*at) {
    case AGENT_log_not:
        return !a;
    case AGENT_bit_not:
        return ~a;
    case AGENT_ext:
        return (uint64_t)((int64_t)(a << unused) >> unused);
    case AGENT_zero_ext:
        return a << unused >> unused;
    case AGENT_l_to_d:
        return as_bits((double)(int64_t)a);
    default:
        assert(*at == AGENT_d_to_l);
        return to_integer(as_double(a));
    }
}

static uint64_t load(struct evaluation *e, unsigned op, uint64_t address)
{
    static const uint8_t sizes[] = {1, 2, 4, 8, 4, 8, 8}; /* from AGENT_ref8 on */
    assert(op >= AGENT_ref8 && op - AGENT_ref8 < ARRAY_SIZE(sizes));
    unsigned size = sizes[op - AGENT_ref8];
    uint8_t bytes[8];
    uint64_t value = 0;
    if (!e->machine->read_memory(e->opaque, address, bytes, size)) {
        e->result = AGENT_NO_MEMORY;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[e->machine->big_endian ? i : size - 1 - i];
    if (op == AGENT_ref_float) {
        float single;
        memcpy(&single, &(uint32_t){(uint32_t)value}, sizeof(single));
        value = as_bits(single);
    }
    return value;
}

static uint64_t read_register(struct evaluation *e, unsigned number)
{
    uint64_t value = 0;
    if (!e->machine->read_register(e->opaque, number, &value))
        e->result = AGENT_NO_REGISTER;
    return value;
}

static void trace(const struct evaluation *e, uint64_t address, uint64_t length, bool until_zero)
{
    if (e->machine->trace)
        e->machine->trace(e->opaque, address, length, until_zero);
}

/* Opcodes with something of their own to do. sp is the first free place; the new one is returned. */
static uint64_t *other(struct evaluation *e, const uint8_t *at, uint64_t *sp)
{
    uint64_t top = sp[-1];
    switch (*at) {
    case AGENT_float:
        sp[-2] = float_op(at[1], sp[-2], top);
        break;
    case AGENT_const8:
        *sp = at[1];
        break;
    case AGENT_const16:
        *sp = agent_operand(at + 1, 2);
        break;
    case AGENT_const32:
        *sp = agent_operand(at + 1, 4);
        break;
    case AGENT_const64:
        *sp = agent_operand(at + 1, 8);
        break;
    case AGENT_reg:
        *sp = read_register(e, (unsigned)agent_operand(at + 1, 2));
        break;
    case AGENT_dup:
        *sp = top;
        break;
    case AGENT_pick:
        *sp = sp[-1 - at[1]];
        break;
    case AGENT_swap:
        sp[-1] = sp[-2];
        sp[-2] = top;
        break;
    case AGENT_rot:
        sp[-1] = sp[-2];
        sp[-2] = sp[-3];
        sp[-3] = top;
        break;
    case AGENT_getv:
        *sp = e->machine->variables[agent_operand(at + 1, 2)];
        break;
    case AGENT_setv:
        e->machine->variables[agent_operand(at + 1, 2)] = top;
        break;
    case AGENT_trace:
    case AGENT_tracenz:
        trace(e, sp[-2], top, *at == AGENT_tracenz);
        break;
    case AGENT_trace_quick:
    case AGENT_trace16:
        trace(e, top, agent_operand(at + 1, *at == AGENT_trace16 ? 2 : 1), false);
        break;
    case AGENT_printf: /* on top: a function to call, and its first argument; those are for targets with functions */
        agent_format_print((const char *)at + 4, sp - 3, e->machine, e->opaque);
        sp -= at[1];
        break;
    default:
        assert(*at == AGENT_pop || *at == AGENT_tracev);
    }
    return sp - agent_ops[*at].pops + agent_ops[*at].pushes;
}

enum agent_result agent_run(const struct agent_program *program, const struct agent_interface *machine, void *opaque,
                            uint64_t *value)
{
    uint64_t stack[1 + AGENT_DEEPEST] = {0}, *sp = &stack[1]; /* one below: what an empty stack gives */
    struct evaluation e = {machine, opaque, AGENT_DONE};
    const uint8_t *at = program->bytes;
    for (unsigned steps = 0; *at != AGENT_end; steps++) {
        if (steps == AGENT_STEPS)
            return AGENT_TOO_LONG;
        bool jumps = *at == AGENT_goto || (*at == AGENT_if_goto && *--sp);
        if (*at == AGENT_if_goto || *at == AGENT_goto) {
            at = jumps ? program->bytes + agent_operand(at + 1, 2) : at + 3;
            continue;
        }
        switch (agent_ops[*at].kind) {
        case AGENT_KIND_BINARY:
            sp--;
            sp[-1] = binary(&e, *at, sp[-1], *sp);
            break;
        case AGENT_KIND_UNARY:
            sp[-1] = unary(at, sp[-1]);
            break;
        case AGENT_KIND_LOAD:
            sp[-1] = load(&e, *at, sp[-1]);
            break;
        default:
            sp = other(&e, at, sp);
        }
        if (UNLIKELY(e.result != AGENT_DONE))
            return e.result;
        at += agent_size(at);
        assert(at < program->bytes + program->length && sp > stack && sp <= stack + ARRAY_SIZE(stack));
    }
    *value = sp[-1];
    return AGENT_DONE;
}

const char *agent_result_text(enum agent_result result)
{
    static const char *const texts[] = {
        [AGENT_DONE] = "done",
        [AGENT_TOO_LONG] = "it does not end",
        [AGENT_NO_MEMORY] = "it reads memory that is not there",
        [AGENT_NO_REGISTER] = "it reads a register that cannot be read",
        [AGENT_DIVIDED_BY_ZERO] = "it divides by zero",
    };
    assert(result < ARRAY_SIZE(texts));
    return texts[result];
}
