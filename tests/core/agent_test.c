/* Agent expressions: what each opcode does, what the verifier refuses, and that nothing random goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/agent.h"

/* A machine of four registers, register n holding 0xfffffff0 + n, and 16 bytes of memory from 0x1000 on, each its number. */
enum { REGISTERS = 4, MEMORY = 0x1000, MEMORY_SIZE = 16 };

static struct {
    char printed[4096];
    size_t length;
    char traced[64];
    uint64_t variables[AGENT_VARIABLES];
} machine;

static bool has_register(void *opaque, unsigned number)
{
    return number < REGISTERS;
}

static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    assert_true(number < REGISTERS);
    *value = 0xfffffff0u + number;
    return number != 3;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    if (address < MEMORY || address + length > MEMORY + MEMORY_SIZE || address + length < address)
        return false;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(address - MEMORY + i + (address >= MEMORY + 8 ? 'a' - 8 : 0));
    return true;
}

static void print(void *opaque, const char *text, size_t length)
{
    assert_true(length <= AGENT_TEXT);
    if (machine.length + length > sizeof(machine.printed))
        machine.length = 0;
    memcpy(machine.printed + machine.length, text, length);
    machine.length += length;
}

static void trace(void *opaque, uint64_t address, uint64_t length, bool until_zero)
{
    snprintf(machine.traced, sizeof(machine.traced), "%llx %llx%s", (unsigned long long)address, (unsigned long long)length,
             until_zero ? " string" : "");
}

static struct agent_interface interface = {
    .long_size = 4,
    .has_register = has_register,
    .read_register = read_register,
    .read_memory = read_memory,
    .print = print,
    .trace = trace,
    .variables = machine.variables,
};

struct bytes {
    size_t length;
    const uint8_t *at;
};
#define CODE(...)                                                                                                                \
    {                                                                                                                            \
        sizeof((uint8_t[]){__VA_ARGS__}), (const uint8_t[])                                                                      \
        {                                                                                                                        \
            __VA_ARGS__                                                                                                          \
        }                                                                                                                        \
    }
#define C(n)     AGENT_const8, n
#define MINUS(n) AGENT_const8, n, AGENT_const8, 0, AGENT_swap, AGENT_sub
#define END      AGENT_end

struct value_row {
    const char *name;
    struct bytes code;
    enum agent_result result;
    uint64_t value;
};

/* clang-format off */
static const struct value_row value_rows[] = {
    {"nothing",            CODE(END), AGENT_DONE, 0},
    {"const8",             CODE(C(0xfe), END), AGENT_DONE, 0xfe},
    {"const16",            CODE(AGENT_const16, 0x12, 0x34, END), AGENT_DONE, 0x1234},
    {"const32",            CODE(AGENT_const32, 0x81, 2, 3, 4, END), AGENT_DONE, 0x81020304},
    {"const64",            CODE(AGENT_const64, 1, 2, 3, 4, 5, 6, 7, 8, END), AGENT_DONE, 0x0102030405060708},
    {"add",                CODE(C(3), C(4), AGENT_add, END), AGENT_DONE, 7},
    {"sub",                CODE(C(3), C(4), AGENT_sub, END), AGENT_DONE, UINT64_MAX},
    {"mul",                CODE(C(3), C(4), AGENT_mul, END), AGENT_DONE, 12},
    {"div_signed",         CODE(MINUS(7), C(2), AGENT_div_signed, END), AGENT_DONE, (uint64_t)-3},
    {"div_signed by 0",    CODE(C(7), C(0), AGENT_div_signed, END), AGENT_DIVIDED_BY_ZERO, 0},
    {"div_signed wraps",   CODE(AGENT_const64, 0x80, 0, 0, 0, 0, 0, 0, 0, MINUS(1), AGENT_div_signed, END), AGENT_DONE, UINT64_C(1) << 63},
    {"rem_signed wraps",   CODE(AGENT_const64, 0x80, 0, 0, 0, 0, 0, 0, 0, MINUS(1), AGENT_rem_signed, END), AGENT_DONE, 0},
    {"div_unsigned",       CODE(MINUS(1), C(2), AGENT_div_unsigned, END), AGENT_DONE, INT64_MAX},
    {"div_unsigned by 0",  CODE(C(7), C(0), AGENT_div_unsigned, END), AGENT_DIVIDED_BY_ZERO, 0},
    {"rem_signed",         CODE(MINUS(7), C(4), AGENT_rem_signed, END), AGENT_DONE, (uint64_t)-3},
    {"rem_unsigned",       CODE(MINUS(1), C(10), AGENT_rem_unsigned, END), AGENT_DONE, 5},
    {"rem_unsigned by 0",  CODE(C(7), C(0), AGENT_rem_unsigned, END), AGENT_DIVIDED_BY_ZERO, 0},
    {"lsh",                CODE(C(3), C(4), AGENT_lsh, END), AGENT_DONE, 48},
    {"lsh by 64",          CODE(C(3), C(64), AGENT_lsh, END), AGENT_DONE, 0},
    {"rsh_signed",         CODE(MINUS(16), C(2), AGENT_rsh_signed, END), AGENT_DONE, (uint64_t)-4},
    {"rsh_signed by 64",   CODE(MINUS(16), C(64), AGENT_rsh_signed, END), AGENT_DONE, UINT64_MAX},
    {"rsh_unsigned",       CODE(MINUS(1), C(60), AGENT_rsh_unsigned, END), AGENT_DONE, 15},
    {"log_not of 5",       CODE(C(5), AGENT_log_not, END), AGENT_DONE, 0},
    {"log_not of 0",       CODE(C(0), AGENT_log_not, END), AGENT_DONE, 1},
    {"bit_and",            CODE(C(6), C(12), AGENT_bit_and, END), AGENT_DONE, 4},
    {"bit_or",             CODE(C(6), C(12), AGENT_bit_or, END), AGENT_DONE, 14},
    {"bit_xor",            CODE(C(6), C(12), AGENT_bit_xor, END), AGENT_DONE, 10},
    {"bit_not",            CODE(C(1), AGENT_bit_not, END), AGENT_DONE, ~UINT64_C(1)},
    {"equal",              CODE(C(6), C(6), AGENT_equal, END), AGENT_DONE, 1},
    {"not equal",          CODE(C(6), C(7), AGENT_equal, END), AGENT_DONE, 0},
    {"less_signed",        CODE(MINUS(6), C(7), AGENT_less_signed, END), AGENT_DONE, 1},
    {"less_unsigned",      CODE(MINUS(6), C(7), AGENT_less_unsigned, END), AGENT_DONE, 0},
    {"ext 8",              CODE(C(0x80), AGENT_ext, 8, END), AGENT_DONE, (uint64_t)-128},
    {"ext 9",              CODE(C(0x80), AGENT_ext, 9, END), AGENT_DONE, 128},
    {"ext 64",             CODE(C(0x80), AGENT_ext, 64, END), AGENT_DONE, 128},
    {"zero_ext 4",         CODE(C(0xab), AGENT_zero_ext, 4, END), AGENT_DONE, 11},
    {"zero_ext 64",        CODE(MINUS(1), AGENT_zero_ext, 64, END), AGENT_DONE, UINT64_MAX},
    {"ref8",               CODE(AGENT_const16, 0x10, 1, AGENT_ref8, END), AGENT_DONE, 1},
    {"ref16",              CODE(AGENT_const16, 0x10, 1, AGENT_ref16, END), AGENT_DONE, 0x0201},
    {"ref32",              CODE(AGENT_const16, 0x10, 1, AGENT_ref32, END), AGENT_DONE, 0x04030201},
    {"ref64",              CODE(AGENT_const16, 0x10, 0, AGENT_ref64, END), AGENT_DONE, 0x0706050403020100},
    {"ref8 of nothing",    CODE(C(1), AGENT_ref8, END), AGENT_NO_MEMORY, 0},
    {"ref32 across the end", CODE(AGENT_const16, 0x10, 13, AGENT_ref32, END), AGENT_NO_MEMORY, 0},
    {"l_to_d, d_to_l",     CODE(MINUS(5), AGENT_l_to_d, AGENT_d_to_l, END), AGENT_DONE, (uint64_t)-5},
    {"l_to_d",             CODE(C(1), AGENT_l_to_d, END), AGENT_DONE, 0x3ff0000000000000},
    {"d_to_l of NaN",      CODE(MINUS(1), AGENT_d_to_l, END), AGENT_DONE, 0},
    {"float add",          CODE(C(1), AGENT_l_to_d, C(1), AGENT_l_to_d, AGENT_float, AGENT_add, END), AGENT_DONE, 0x4000000000000000},
    {"float div",          CODE(C(1), AGENT_l_to_d, C(2), AGENT_l_to_d, AGENT_float, AGENT_div_signed, END), AGENT_DONE, 0x3fe0000000000000},
    {"float less",         CODE(MINUS(1), AGENT_l_to_d, C(0), AGENT_l_to_d, AGENT_float, AGENT_less_signed, END), AGENT_DONE, 1},
    {"ref_float",          CODE(AGENT_const16, 0x10, 0, AGENT_ref_float, END), AGENT_DONE, 0x3860402000000000},
    {"ref_double",         CODE(AGENT_const16, 0x10, 0, AGENT_ref_double, END), AGENT_DONE, 0x0706050403020100},
    {"ref_long_double",    CODE(AGENT_const16, 0x10, 0, AGENT_ref_long_double, END), AGENT_DONE, 0x0706050403020100},
    {"if_goto taken",      CODE(C(9), C(1), AGENT_if_goto, 0, 10, AGENT_pop, C(8), END), AGENT_DONE, 9},
    {"if_goto not taken",  CODE(C(9), C(0), AGENT_if_goto, 0, 10, AGENT_pop, C(8), END), AGENT_DONE, 8},
    {"goto",               CODE(AGENT_goto, 0, 4, END, C(8), END), AGENT_DONE, 8},
    {"goto without end",   CODE(AGENT_goto, 0, 0), AGENT_TOO_LONG, 0},
    {"a loop",             CODE(C(10), C(1), AGENT_sub, AGENT_dup, AGENT_if_goto, 0, 2, END), AGENT_DONE, 0},
    {"reg",                CODE(AGENT_reg, 0, 2, END), AGENT_DONE, 0xfffffff2},
    {"reg that fails",     CODE(AGENT_reg, 0, 3, END), AGENT_NO_REGISTER, 0},
    {"dup",                CODE(C(3), AGENT_dup, AGENT_add, END), AGENT_DONE, 6},
    {"pop",                CODE(C(3), C(4), AGENT_pop, END), AGENT_DONE, 3},
    {"swap",               CODE(C(3), C(4), AGENT_swap, AGENT_sub, END), AGENT_DONE, 1},
    {"pick 0",             CODE(C(3), C(4), AGENT_pick, 0, END), AGENT_DONE, 4},
    {"pick 1",             CODE(C(3), C(4), AGENT_pick, 1, END), AGENT_DONE, 3},
    {"rot: top",           CODE(C(1), C(2), C(3), AGENT_rot, END), AGENT_DONE, 2},
    {"rot: second",        CODE(C(1), C(2), C(3), AGENT_rot, AGENT_pop, END), AGENT_DONE, 1},
    {"rot: third",         CODE(C(1), C(2), C(3), AGENT_rot, AGENT_pop, AGENT_pop, END), AGENT_DONE, 3},
    {"setv",               CODE(C(7), AGENT_setv, 0, 200, END), AGENT_DONE, 7},
    {"getv",               CODE(AGENT_getv, 0, 200, END), AGENT_DONE, 7},
    {"tracev",             CODE(C(7), AGENT_tracev, 0, 200, END), AGENT_DONE, 7},
    {"trace",              CODE(C(1), C(2), C(3), AGENT_trace, END), AGENT_DONE, 1},
    {"trace_quick",        CODE(C(1), AGENT_trace_quick, 9, END), AGENT_DONE, 1},
    {"trace16",            CODE(C(1), AGENT_trace16, 1, 9, END), AGENT_DONE, 1},
    {"tracenz",            CODE(C(1), C(2), C(3), AGENT_tracenz, END), AGENT_DONE, 1},
};

static const struct {
    const char *name;
    struct bytes code;
    const char *error; /* a part of it */
} refused_rows[] = {
    {"empty",               {0, NULL}, "past its end"},
    {"no end",              CODE(C(1)), "past its end"},
    {"opcode 0",            CODE(0, END), "unknown opcode"},
    {"opcode 0x31",         CODE(0x31, END), "unknown opcode"},
    {"opcode 0xff",         CODE(END, 0xff), "unknown opcode"},
    {"cut const8",          CODE(AGENT_const8), "ends inside"},
    {"cut const64",         CODE(AGENT_const64, 1, 2, 3, 4, 5, 6, 7), "ends inside"},
    {"cut printf",          CODE(AGENT_printf, 0, 0), "ends inside"},
    {"cut format",          CODE(AGENT_printf, 0, 0, 5, 'a', 0), "ends inside"},
    {"add of one",          CODE(C(1), AGENT_add, END), "takes more"},
    {"pick too deep",       CODE(C(1), AGENT_pick, 1, END), "takes more"},
    {"jump behind the end", CODE(AGENT_goto, 0, 4, END), "past its end"},
    {"jump into const16",   CODE(AGENT_goto, 0, 4, AGENT_const16, 0x27, 0x27, END), "middle"},
    {"two depths",          CODE(C(1), AGENT_if_goto, 0, 7, C(1), END), "different depth"},
    {"grows in a loop",     CODE(C(1), AGENT_goto, 0, 0), "different depth"},
    {"unknown register",    CODE(AGENT_reg, 0, REGISTERS, END), "unknown register"},
    {"unknown variable",    CODE(AGENT_getv, 1, 0, END), "variable"},
    {"ext 0",               CODE(C(1), AGENT_ext, 0, END), "bits"},
    {"zero_ext 65",         CODE(C(1), AGENT_zero_ext, 65, END), "bits"},
    {"float shift",         CODE(C(1), C(1), AGENT_float, AGENT_lsh, END), "floating-point"},
    {"format without zero", CODE(C(0), C(0), AGENT_printf, 0, 0, 1, 'a', END), "zero byte"},
    {"format of length 0",  CODE(C(0), C(0), AGENT_printf, 0, 0, 0, END), "zero byte"},
    {"arguments missing",   CODE(C(0), C(0), AGENT_printf, 0, 0, 3, '%', 'd', 0, END), "another number"},
    {"arguments too many",  CODE(C(0), C(0), C(0), AGENT_printf, 1, 0, 1, 0, END), "another number"},
    {"stack under printf",  CODE(C(0), C(0), AGENT_printf, 1, 0, 3, '%', 'd', 0, END), "takes more"},
    {"%n",                  CODE(C(0), C(0), C(0), AGENT_printf, 1, 0, 3, '%', 'n', 0, END), "conversion"},
    {"%f",                  CODE(C(0), C(0), C(0), AGENT_printf, 1, 0, 3, '%', 'f', 0, END), "conversion"},
    {"% at the end",        CODE(C(0), C(0), C(0), AGENT_printf, 1, 0, 2, '%', 0, END), "conversion"},
};
/* clang-format on */

static const struct {
    const char *format;
    unsigned arguments; /* of these three, the first ones */
    uint64_t argument[3];
    const char *printed;
} format_rows[] = {
    {"plain",               0, {0},                                    "plain"              },
    {"100%%\\n",            0, {0},                                    "100%\n"             },
    {"\\t\\x\\\\\\\"\\101", 0, {0},                                    "\tx\\\"A"           },
    {"%d %i %u",            3, {(uint64_t)-1, 0xffffffff, UINT64_MAX}, "-1 -1 4294967295"   },
    {"%x %X %o",            3, {0xab, 0xab, 8},                        "ab AB 10"           },
    {"%hhd %hd",            2, {0x1ff, 0x18000},                       "-1 -32768"          },
    {"%ld %lx",             2, {0xffffffff, UINT64_MAX},               "-1 ffffffff"        },
    {"%lld %llx",           2, {UINT64_MAX, UINT64_MAX},               "-1 ffffffffffffffff"},
    {"%5d|%-5d|%05d",       3, {1, 2, 3},                              "    1|2    |00003"  },
    {"%.3d|%#x|%+d",        3, {1, 2, 3},                              "001|0x2|+3"         },
    {"%c%c",                2, {'h', 0x100 + 'i'},                     "hi"                 },
    {"%p",                  1, {0xffffffff80001234},                   "0x80001234"         },
    {"%s",                  1, {MEMORY + 8},                           "abcdefgh"           },
    {"%.3s|%5s|",           2, {MEMORY + 8, MEMORY + 14},              "abc|   gh|"         },
    {"%s",                  1, {1},                                    ""                   },
};

static struct agent_program *program_new(const struct bytes *code, const char **error)
{
    return agent_program_new(code->at, code->length, &interface, NULL, error);
}

static void test_values(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(value_rows); i++) {
        const struct value_row *row = &value_rows[i];
        const char *error;
        uint64_t value = 0;
        print_message("    %s\n", row->name);
        struct agent_program *program = program_new(&row->code, &error);
        assert_null(error);
        assert_int_equal(agent_run(program, &interface, NULL, &value), row->result);
        assert_int_equal(value, row->value);
        assert_non_null(agent_result_text(row->result));
        agent_program_free(program);
    }
    assert_string_equal(machine.traced, "2 3 string");
}

static void test_big_endian(void **state)
{
    const struct bytes code = CODE(AGENT_const16, 0x10, 1, AGENT_ref32, END);
    const char *error;
    uint64_t value;
    struct agent_program *program = program_new(&code, &error);
    interface.big_endian = true;
    assert_int_equal(agent_run(program, &interface, NULL, &value), AGENT_DONE);
    interface.big_endian = false;
    assert_int_equal(value, 0x01020304);
    agent_program_free(program);
}

static void test_refused(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused_rows); i++) {
        const char *error = NULL;
        print_message("    %s\n", refused_rows[i].name);
        assert_null(program_new(&refused_rows[i].code, &error));
        assert_non_null(error);
        assert_non_null(strstr(error, refused_rows[i].error));
    }
}

static void test_limits(void **state)
{
    static uint8_t code[AGENT_LONGEST + 1];
    const char *error;
    memset(code, AGENT_dup, sizeof(code));
    code[0] = AGENT_const8;
    code[AGENT_DEEPEST + 1] = AGENT_end; /* const8 1 and so many less one dups */
    struct agent_program *program = agent_program_new(code, AGENT_DEEPEST + 2, &interface, NULL, &error);
    uint64_t value;
    assert_non_null(program);
    assert_int_equal(agent_run(program, &interface, NULL, &value), AGENT_DONE);
    assert_int_equal(value, AGENT_dup);
    agent_program_free(program);
    code[AGENT_DEEPEST + 1] = AGENT_dup;
    code[AGENT_DEEPEST + 2] = AGENT_end;
    assert_null(agent_program_new(code, AGENT_DEEPEST + 3, &interface, NULL, &error));
    assert_non_null(strstr(error, "too deep"));
    assert_null(agent_program_new(code, sizeof(code), &interface, NULL, &error));
    assert_non_null(strstr(error, "too long"));
}

/* The arguments in their order of pushing, the first last; then channel and function. */
static size_t make_printf(uint8_t *code, const char *format, unsigned arguments, const uint64_t *argument)
{
    size_t n = 0, length = strlen(format) + 1;
    for (unsigned i = arguments; i-- > 0;) {
        code[n++] = AGENT_const64;
        for (unsigned byte = 8; byte-- > 0;)
            code[n++] = (uint8_t)(argument[i] >> 8 * byte);
    }
    memcpy(code + n, (const uint8_t[]){C(0), C(0), AGENT_printf, (uint8_t)arguments, 0, (uint8_t)length}, 8);
    memcpy(code + n + 8, format, length);
    code[n + 8 + length] = AGENT_end;
    return n + 9 + length;
}

static void test_printf(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(format_rows); i++) {
        uint8_t code[256];
        const char *error;
        uint64_t value;
        size_t length = make_printf(code, format_rows[i].format, format_rows[i].arguments, format_rows[i].argument);
        print_message("    %s\n", format_rows[i].format);
        struct agent_program *program = agent_program_new(code, length, &interface, NULL, &error);
        assert_non_null(program);
        machine.length = 0;
        assert_int_equal(agent_run(program, &interface, NULL, &value), AGENT_DONE);
        machine.printed[machine.length] = 0;
        assert_string_equal(machine.printed, format_rows[i].printed);
        agent_program_free(program);
    }
}

static uint64_t seed = 0x5eed;

static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 11) % n;
}

/* Bytes that are often an instruction with room for its operands and often have something on the stack. */
static size_t random_code(uint8_t *code, size_t room)
{
    static const uint8_t codes[] = {
#define AGENT_OP(name, code, kind, operand, pops, pushes) code,
#include "cpu/agent_ops.def"
#undef AGENT_OP
    };
    size_t n = 0;
    bool sane = below(4);
    while (n < room - 12 && below(30)) {
        if (sane && below(2)) {
            code[n++] = AGENT_const16;
            code[n++] = (uint8_t)(below(4) ? 0x10 : 0);
            code[n++] = (uint8_t)below(20);
            continue;
        }
        code[n++] = codes[below(ARRAY_SIZE(codes))];
        for (unsigned operands = sane ? below(3) : below(9); operands > 0; operands--)
            code[n++] = (uint8_t)(below(3) ? below(4) : sane ? below(40) : below(256));
    }
    code[n++] = AGENT_end;
    return n;
}

static void test_random(void **state)
{
    unsigned accepted = 0, results[5] = {0};
    for (unsigned i = 0; i < 400000; i++) {
        uint8_t *code = test_malloc(256); /* its exact length: reads past the end are found by sanitizers */
        size_t length = random_code(code, 200);
        uint8_t *exact = test_malloc(length);
        memcpy(exact, code, length);
        test_free(code);
        const char *error = NULL;
        uint64_t value;
        struct agent_program *program = agent_program_new(exact, length, &interface, NULL, &error);
        assert_true((program == NULL) == (error != NULL));
        test_free(exact);
        if (!program)
            continue;
        accepted++;
        results[agent_run(program, &interface, NULL, &value)]++;
        agent_program_free(program);
    }
    print_message("%u accepted, %u of them done\n", accepted, results[AGENT_DONE]);
    assert_true(accepted > 20000 && results[AGENT_DONE] > 10000 && results[AGENT_NO_MEMORY] && results[AGENT_TOO_LONG]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_big_endian), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_printf),     cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
