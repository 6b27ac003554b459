/*
 * A recursive descent through C's levels of precedence. Each rule leaves code that pushes one value, and returns the value's type;
 * a value of 32 bits lies on the stack extended to 64 as its type says, so that comparisons need no width.
 */
#include "src/expression.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/register_name.h"
#include "src/symbols.h"

enum { LONGEST_NAME = 128, DEEPEST = 64 };

struct type {
    bool wide, is_signed;
};

static const struct type type_int = {false, true}, type_unsigned = {false, false}, type_wide = {true, false};

struct compiler {
    struct cpu *cpu;
    struct symbols *symbols;
    const char *text, *at;
    uint8_t code[AGENT_LONGEST];
    size_t length;
    unsigned depth; /* of rules inside each other */
    char *error;    /* "": none so far */
    size_t room;
};

/* What memory and casts are called. */
static const struct named_type {
    const char *name;
    unsigned bits;
    bool is_signed;
} named_types[] = {
    {"u8",  8,  false},
    {"s8",  8,  true },
    {"u16", 16, false},
    {"s16", 16, true },
    {"u32", 32, false},
    {"s32", 32, true },
    {"u64", 64, false},
    {"s64", 64, true },
};

/* What is neither register nor symbol. */
static const struct {
    const char *name;
    unsigned number;
    bool wide;
} own_names[] = {
    {"value",   AGENT_REGISTER_VALUE,   false},
    {"value64", AGENT_REGISTER_VALUE,   true },
    {"old",     AGENT_REGISTER_OLD,     false},
    {"old64",   AGENT_REGISTER_OLD,     true },
    {"size",    AGENT_REGISTER_SIZE,    false},
    {"address", AGENT_REGISTER_ADDRESS, false},
    {"phys",    AGENT_REGISTER_PHYS,    true },
    {"store",   AGENT_REGISTER_STORE,   false},
    {"mode",    AGENT_REGISTER_MODE,    false},
    {"icount",  AGENT_REGISTER_ICOUNT,  true },
};

/* Operators of two operands; a higher level binds closer. What has `swapped` is the opcode of its operands the other way round. */
static const struct operator
{
    const char *text;
    unsigned level, op_signed, op_unsigned;
    bool swapped, negated, compares;
}
operators[] = {
    {"||", 1,  0,                 0,                   false, false, false},
    {"&&", 2,  0,                 0,                   false, false, false},
    {"==", 6,  AGENT_equal,       AGENT_equal,         false, false, true },
    {"!=", 6,  AGENT_equal,       AGENT_equal,         false, true,  true },
    {"<<", 8,  AGENT_lsh,         AGENT_lsh,           false, false, false},
    {">>", 8,  AGENT_rsh_signed,  AGENT_rsh_unsigned,  false, false, false},
    {"<=", 7,  AGENT_less_signed, AGENT_less_unsigned, true,  true,  true },
    {">=", 7,  AGENT_less_signed, AGENT_less_unsigned, false, true,  true },
    {"|",  3,  AGENT_bit_or,      AGENT_bit_or,        false, false, false},
    {"^",  4,  AGENT_bit_xor,     AGENT_bit_xor,       false, false, false},
    {"&",  5,  AGENT_bit_and,     AGENT_bit_and,       false, false, false},
    {"<",  7,  AGENT_less_signed, AGENT_less_unsigned, false, false, true },
    {">",  7,  AGENT_less_signed, AGENT_less_unsigned, true,  false, true },
    {"+",  9,  AGENT_add,         AGENT_add,           false, false, false},
    {"-",  9,  AGENT_sub,         AGENT_sub,           false, false, false},
    {"*",  10, AGENT_mul,         AGENT_mul,           false, false, false},
    {"/",  10, AGENT_div_signed,  AGENT_div_unsigned,  false, false, false},
    {"%",  10, AGENT_rem_signed,  AGENT_rem_unsigned,  false, false, false},
};
enum { LEVEL_OR = 1, LEVEL_AND = 2, LEVEL_SHIFT = 8 };

static struct type unary(struct compiler *c);
static struct type binary(struct compiler *c, unsigned level);

/* The first error is the one that is told. */
static struct type fail(struct compiler *c, const char *format, ...) PRINTF_LIKE(2, 3);

static struct type fail(struct compiler *c, const char *format, ...)
{
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (!c->error[0])
        snprintf(c->error, c->room, "at character %zu: %s", (size_t)(c->at - c->text) + 1, what);
    c->at += strlen(c->at);
    return type_int;
}

/* Code */

static void emit(struct compiler *c, unsigned byte)
{
    assert(byte <= UINT8_MAX);
    if (c->length == sizeof(c->code))
        fail(c, "the expression is too long");
    else
        c->code[c->length++] = (uint8_t)byte;
}

static void emit_bytes(struct compiler *c, uint64_t value, unsigned size)
{
    assert(size && size <= sizeof(value));
    while (size-- > 0)
        emit(c, (uint8_t)(value >> 8 * size));
}

static void emit_constant(struct compiler *c, uint64_t value)
{
    unsigned log2_size = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
    emit(c, AGENT_const8 + log2_size);
    emit_bytes(c, value, 1u << log2_size);
}

static void emit_register(struct compiler *c, unsigned number)
{
    assert(number <= UINT16_MAX);
    emit(c, AGENT_reg);
    emit_bytes(c, number, 2);
}

static void emit_extension(struct compiler *c, unsigned bits, bool is_signed)
{
    assert(bits && bits <= 64);
    emit(c, is_signed ? AGENT_ext : AGENT_zero_ext);
    emit(c, bits);
}

/* The top of the stack into what its type looks like there. */
static void emit_type(struct compiler *c, struct type type)
{
    if (!type.wide)
        emit_extension(c, 32, type.is_signed);
}

/* 1 for any value but 0. */
static void emit_truth(struct compiler *c)
{
    emit(c, AGENT_log_not);
    emit(c, AGENT_log_not);
}

/* A jump to be patched: the place of its operand. */
static size_t emit_jump(struct compiler *c, unsigned op)
{
    assert(op == AGENT_goto || op == AGENT_if_goto);
    emit(c, op);
    emit_bytes(c, 0, 2);
    return c->length - 2;
}

static void patch_jump(struct compiler *c, size_t place)
{
    if (c->error[0])
        return;
    assert(place + 2 <= c->length && !c->code[place] && !c->code[place + 1]);
    c->code[place] = (uint8_t)(c->length >> 8);
    c->code[place + 1] = (uint8_t)c->length;
}

/* Text */

static void skip_space(struct compiler *c)
{
    while (isspace((unsigned char)*c->at))
        c->at++;
}

static bool take(struct compiler *c, const char *text)
{
    skip_space(c);
    if (strncmp(c->at, text, strlen(text)) != 0)
        return false;
    c->at += strlen(text);
    return true;
}

static void expect(struct compiler *c, const char *text)
{
    if (!take(c, text))
        fail(c, "'%s' is missing", text);
}

static bool in_name(char character)
{
    return isalnum((unsigned char)character) || character == '_';
}

static bool take_name(struct compiler *c, char name[LONGEST_NAME])
{
    size_t length = 0;
    skip_space(c);
    if (isdigit((unsigned char)*c->at))
        return false;
    while (in_name(c->at[length]) && length < LONGEST_NAME - 1)
        length++;
    memcpy(name, c->at, length);
    name[length] = 0;
    c->at += length;
    return length && !in_name(*c->at);
}

/* A type's name, if it stands here and `after` behind it, which is then taken too. */
static const struct named_type *take_type(struct compiler *c, const char *after)
{
    const char *from = c->at;
    char name[LONGEST_NAME];
    if (take_name(c, name))
        for (size_t i = 0; i < ARRAY_SIZE(named_types); i++)
            if (strcmp(name, named_types[i].name) == 0 && take(c, after))
                return &named_types[i];
    c->at = from;
    return NULL;
}

/* Values */

/* C's promotion: what is narrower than int becomes one. */
static struct type promoted(const struct named_type *type)
{
    return (struct type){type->bits == 64, type->is_signed || type->bits < 32};
}

static struct type load(struct compiler *c, const struct named_type *type)
{
    emit(c, type->bits == 8 ? AGENT_ref8 : type->bits == 16 ? AGENT_ref16 : type->bits == 32 ? AGENT_ref32 : AGENT_ref64);
    if (type->bits < 64)
        emit_extension(c, type->bits, type->is_signed);
    return promoted(type);
}

static struct type cast(struct compiler *c, const struct named_type *type)
{
    if (type->bits < 64)
        emit_extension(c, type->bits, type->is_signed);
    return promoted(type);
}

static struct type number(struct compiler *c)
{
    char *end;
    uint64_t value = strtoull(c->at, &end, c->at[0] == '0' && (c->at[1] | 32) == 'x' ? 16 : 10);
    if (end == c->at || in_name(*end))
        return fail(c, "not a number");
    c->at = end;
    emit_constant(c, value);
    return (struct type){value > UINT32_MAX, value <= INT32_MAX || (value > UINT32_MAX && value <= INT64_MAX)};
}

static struct type character(struct compiler *c)
{
    c->at++;
    if (!c->at[0] || c->at[0] == '\\' || c->at[1] != '\'')
        return fail(c, "a character is one between quotes, without a backslash");
    emit_constant(c, (uint8_t)*c->at);
    c->at += 2;
    return type_int;
}

static struct type field_of(struct compiler *c, const struct cpu_register *row, const struct register_field *field)
{
    assert(field->first <= field->last && field->last < row->bits);
    emit_register(c, row->number);
    emit_constant(c, field->first);
    emit(c, AGENT_rsh_unsigned);
    emit_extension(c, field->last - field->first + 1u, false);
    return type_unsigned;
}

static struct type register_value(struct compiler *c, const struct cpu_register *row)
{
    char name[LONGEST_NAME];
    if (take(c, ".")) {
        const struct register_field *field = take_name(c, name) ? register_field_by_name(row, name) : NULL;
        return field ? field_of(c, row, field) : fail(c, "%s has no such field", row->name);
    }
    struct type type = {row->bits == 64, row->bits == 32 && row->number != c->cpu->arch->pc_register};
    emit_register(c, row->number);
    emit_type(c, type);
    return type;
}

static struct type address_space(struct compiler *c)
{
    const struct cpu_arch *arch = c->cpu->arch;
    for (unsigned i = 0; i < arch->nregisters; i++) {
        const struct register_field *field = register_field_by_name(&arch->registers[i], "ASID");
        if (field)
            return field_of(c, &arch->registers[i], field);
    }
    return fail(c, "this CPU has no address space numbers");
}

/* `plain`: without a '$' in front, so that it may be a name of ours, or a symbol. */
static struct type named(struct compiler *c, bool plain)
{
    char name[LONGEST_NAME];
    uint64_t address;
    if (!take_name(c, name))
        return fail(c, "a value is missing");
    for (size_t i = 0; i < ARRAY_SIZE(own_names); i++)
        if (strcmp(name, own_names[i].name) == 0) {
            struct type type = own_names[i].wide ? type_wide : type_unsigned;
            emit_register(c, own_names[i].number);
            emit_type(c, type);
            return type;
        }
    if (strcmp(name, "asid") == 0)
        return address_space(c);
    const struct cpu_register *row = register_by_name(c->cpu->arch, name);
    if (row)
        return register_value(c, row);
    if (!plain || !symbols_find(c->symbols, name, &address))
        return fail(c, "'%s' is neither a register nor a symbol", name);
    emit_constant(c, (uint32_t)address);
    return type_unsigned;
}

static struct type primary(struct compiler *c)
{
    static const struct named_type word = {"u32", 32, false};
    skip_space(c);
    const struct named_type *type = take_type(c, "[");
    struct type result;
    if (type || take(c, "[")) {
        binary(c, LEVEL_OR);
        expect(c, "]");
        return load(c, type ? type : &word);
    }
    if (take(c, "(")) {
        result = binary(c, LEVEL_OR);
        expect(c, ")");
        return result;
    }
    if (isdigit((unsigned char)*c->at))
        return number(c);
    if (*c->at == '\'')
        return character(c);
    bool dollar = take(c, "$");
    return named(c, !dollar);
}

static struct type sign(struct compiler *c, unsigned op)
{
    struct type type;
    if (op == AGENT_sub) /* from 0 */
        emit_constant(c, 0);
    type = unary(c);
    emit(c, op);
    emit_type(c, type);
    return type;
}

/* After '*': "(TYPE *) ADDRESS". */
static struct type pointed_to(struct compiler *c)
{
    const struct named_type *type = take(c, "(") ? take_type(c, "*") : NULL;
    if (!type)
        return fail(c, "say what is read: *(u32 *) ADDRESS");
    expect(c, ")");
    unary(c);
    return load(c, type);
}

static struct type prefixed(struct compiler *c)
{
    if (take(c, "!")) {
        unary(c);
        emit(c, AGENT_log_not);
        return type_int;
    }
    if (take(c, "~"))
        return sign(c, AGENT_bit_not);
    if (take(c, "-"))
        return sign(c, AGENT_sub);
    if (take(c, "+"))
        return unary(c);
    if (take(c, "*"))
        return pointed_to(c);
    if (take(c, "&")) /* a symbol stands for its address anyway */
        return named(c, true);
    const char *from = c->at;
    const struct named_type *type = take(c, "(") ? take_type(c, ")") : NULL;
    if (type) {
        unary(c);
        return cast(c, type);
    }
    c->at = from;
    return primary(c);
}

static struct type unary(struct compiler *c)
{
    if (++c->depth > DEEPEST)
        return fail(c, "too many levels inside each other");
    struct type type = prefixed(c);
    c->depth--;
    return type;
}

/* C's usual conversions: the wider one; of one width the unsigned one. */
static struct type common_type(struct type a, struct type b)
{
    if (a.wide != b.wide)
        return a.wide ? a : b;
    return (struct type){a.wide, a.is_signed && b.is_signed};
}

static bool is_same(struct type a, struct type b)
{
    return a.wide == b.wide && a.is_signed == b.is_signed;
}

static void convert_operands(struct compiler *c, struct type left, struct type right, struct type to)
{
    if (!is_same(right, to))
        emit_type(c, to);
    if (is_same(left, to))
        return;
    emit(c, AGENT_swap);
    emit_type(c, to);
    emit(c, AGENT_swap);
}

static struct type combine(struct compiler *c, const struct operator* operator, struct type left, struct type right)
{
    assert(operator->op_signed && operator->op_unsigned);
    struct type to = operator->level == LEVEL_SHIFT ? left : common_type(left, right);
    if (operator->level != LEVEL_SHIFT)
        convert_operands(c, left, right, to);
    if (operator->swapped)
        emit(c, AGENT_swap);
    emit(c, to.is_signed ? operator->op_signed : operator->op_unsigned);
    if (operator->negated)
        emit(c, AGENT_log_not);
    if (operator->compares)
        return type_int;
    emit_type(c, to);
    return to;
}

/* && and ||, whose right side is evaluated only if it matters. The left side is on the stack. */
static struct type short_circuit(struct compiler *c, const struct operator* operator)
{
    assert(operator->level == LEVEL_OR || operator->level == LEVEL_AND);
    bool is_or = operator->level == LEVEL_OR;
    if (is_or)
        emit(c, AGENT_log_not);
    size_t to_right = emit_jump(c, AGENT_if_goto);
    emit_constant(c, is_or);
    size_t to_end = emit_jump(c, AGENT_goto);
    patch_jump(c, to_right);
    binary(c, operator->level + 1);
    emit_truth(c);
    patch_jump(c, to_end);
    return type_int;
}

static const struct operator* take_operator(struct compiler *c, unsigned level)
{
    skip_space(c);
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) /* ORDER: a text that begins another stands behind it */
        if (strncmp(c->at, operators[i].text, strlen(operators[i].text)) == 0) {
            if (operators[i].level < level)
                return NULL;
            c->at += strlen(operators[i].text);
            return &operators[i];
        }
    return NULL;
}

/* Operators of at least this level, from left to right. */
static struct type binary(struct compiler *c, unsigned level)
{
    const struct operator* operator;
    if (++c->depth > DEEPEST)
        return fail(c, "too many levels inside each other");
    struct type left = unary(c);
    while ((operator= take_operator(c, level))) {
        if (operator->level <= LEVEL_AND)
            left = short_circuit(c, operator);
        else
            left = combine(c, operator, left, binary(c, operator->level + 1));
    }
    c->depth--;
    return left;
}

struct agent_program *expression_compile(const char *text, struct cpu *cpu, struct symbols *symbols, char *error, size_t room)
{
    struct compiler c = {.cpu = cpu, .symbols = symbols, .text = text, .at = text, .error = error, .room = room};
    const char *unsound;
    assert(room);
    error[0] = 0;
    binary(&c, LEVEL_OR);
    skip_space(&c);
    if (*c.at)
        fail(&c, "what stands here is no part of an expression");
    emit(&c, AGENT_end);
    if (error[0])
        return NULL;
    assert(!c.depth);
    struct agent_program *program = actions_program(cpu, c.code, c.length, &unsound);
    if (!program)
        snprintf(error, room, "%s", unsound);
    return program;
}
