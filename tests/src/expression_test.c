/* What expressions are worth, and what is said of those that are none. */
#include "src/expression.h"
#include "src/symbols.h"
#include "tests/core/rig.h"

#include <string.h>

static const struct agent_access store = {.value = 0x1122334455667788,
                                          .old = 0xffffffff00000005,
                                          .phys = 0x10000,
                                          .address = RIG_DATA,
                                          .size = 8,
                                          .pc = RIG_CODE + 4,
                                          .store = true};

struct row {
    const char *text;
    uint64_t value;
};

/* a0 is -2, a1 is RIG_DATA, t0 is 7; memory at RIG_DATA: the words 0x81828384, 5; STATUS is 0x402, ASID 0x21; at icount 0. */
static const struct row rows[] = {
    {"17",                               17                 },
    {"0x10",                             16                 },
    {"010",                              10                 },
    {"0xffffffffffffffff",               UINT64_MAX         },
    {"'A'",                              65                 },
    {"1 + 2 * 3",                        7                  },
    {"(1 + 2) * 3",                      9                  },
    {"7 - 2 - 1",                        4                  },
    {"100 / 7 % 4",                      2                  },
    {"-7 / 2",                           (uint64_t)-3       },
    {"-7 % 4",                           (uint64_t)-3       },
    {"0x7fffffff + 1",                   (uint64_t)INT32_MIN},
    {"0xffffffff + 1",                   0                  },
    {"0x100000000 + 1",                  0x100000001        },
    {"~0",                               UINT64_MAX         },
    {"~0 == 0xffffffff",                 1                  },
    {"!5 + !0",                          1                  },
    {"1 << 4 | 1",                       17                 },
    {"6 & 3 ^ 1",                        3                  },
    {"1 << 33",                          0                  },
    {"-16 >> 2",                         (uint64_t)-4       },
    {"0xf0000000 >> 28",                 15                 },
    {"1 < 2",                            1                  },
    {"2 <= 1",                           0                  },
    {"2 >= 2",                           1                  },
    {"2 > 2",                            0                  },
    {"-1 < 1",                           1                  },
    {"-1 < 0x80000000",                  0                  },
    {"0x80000000 > -1",                  0                  },
    {"3 != 4",                           1                  },
    {"1 == 1 == 1",                      1                  },
    {"2 && 4",                           1                  },
    {"2 && 0",                           0                  },
    {"0 || 8",                           1                  },
    {"0 || 0",                           0                  },
    {"1 || 1 && 0",                      1                  },
    {"0 && [0x7ffffff0]",                0                  },
    {"1 || [0x7ffffff0]",                1                  },
    {"1 && 2 && 3 || 0 && 1",            1                  },
    {"a0",                               (uint64_t)-2       },
    {"$a0 == -2",                        1                  },
    {"a0 == 0xfffffffe",                 1                  },
    {"a0 < 0",                           1                  },
    {"(u32)a0 > 0x80000000",             1                  },
    {"(u8)a0",                           0xfe               },
    {"(s8)0xff",                         (uint64_t)-1       },
    {"(u16)-1",                          0xffff             },
    {"(s64)a0 < 0",                      1                  },
    {"$r4 + t0",                         5                  },
    {"-t0",                              (uint64_t)-7       },
    {"- -t0",                            7                  },
    {"pc",                               RIG_CODE           },
    {"pc > 0x80000000",                  1                  },
    {"status",                           0x402              },
    {"status.EXL",                       1                  },
    {"$status.im == 4",                  1                  },
    {"status.IE",                        0                  },
    {"asid",                             0x21               },
    {"mode",                             0                  },
    {"icount",                           0                  },
    {"[a1 + 4]",                         5                  },
    {"[RIG]",                            0x81828384         },
    {"&RIG + 4 == a1 + 4",               1                  },
    {"*(u32 *)a1",                       0x81828384         },
    {"*(s32*)a1 < 0",                    1                  },
    {"*(u32 *)(a1 + 4) * 2",             10                 },
    {"u32[a1] == s32[a1]",               1                  },
    {"u16 [ a1 + 4 * 1 ] | u16[a1 + 6]", 5                  },
    {"value",                            0                  },
    {"store",                            0                  },
};

/* During that access. */
static const struct row access_rows[] = {
    {"value",                       0x55667788        },
    {"value64",                     0x1122334455667788},
    {"old",                         5                 },
    {"old64 == 0xffffffff00000005", 1                 },
    {"size == 8 && store",          1                 },
    {"address",                     RIG_DATA          },
    {"phys",                        0x10000           },
    {"pc",                          RIG_CODE + 4      },
    {"value > old",                 1                 },
};

static const struct {
    const char *text, *error;
} wrong_rows[] = {
    {"",             "at character 1: a value is missing"                          },
    {"1 +",          "at character 4: a value is missing"                          },
    {"(1",           "at character 3: ')' is missing"                              },
    {"[1",           "at character 3: ']' is missing"                              },
    {"1 2",          "at character 3: what stands here is no part of an expression"},
    {"1)",           "at character 2: what stands here is no part of an expression"},
    {"nothing == 1", "at character 8: 'nothing' is neither a register nor a symbol"},
    {"$RIG",         "at character 5: 'RIG' is neither a register nor a symbol"    },
    {"*a1",          "at character 2: say what is read: *(u32 *) ADDRESS"          },
    {"status.XYZ",   "at character 11: status has no such field"                   },
    {"12x",          "at character 1: not a number"                                },
    {"'ab'",         "at character 2: a character is one between quotes"           },
    {"(u32",         "at character 5: 'u32' is neither a register nor a symbol"    },
};

static uint64_t worth(struct rig *rig, struct symbols *symbols, const char *text, const struct agent_access *access)
{
    char error[160];
    uint64_t value = 0;
    struct agent_program *program = expression_compile(text, rig->cpu, symbols, error, sizeof(error));
    if (!program)
        return 0xbad;
    assert_int_equal(actions_evaluate(rig->cpu, program, access, &value), AGENT_DONE);
    agent_program_free(program);
    return value;
}

static struct symbols *prepare(struct rig *rig)
{
    const uint32_t words[] = {0x81828384, 5};
    struct symbols *symbols = symbols_new();
    symbols_add(symbols, "RIG", RIG_DATA, 4, false);
    rig_start(rig, 0x402);
    rig->s->gpr[A0] = (uint32_t)-2;
    rig->s->gpr[T0] = 7;
    rig->s->entry_hi = 0x21;
    rig_words(rig, RIG_DATA, words, 2);
    return symbols;
}

static void test_values(void **state)
{
    struct rig *rig = *state;
    struct symbols *symbols = prepare(rig);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        print_message("    %s\n", rows[i].text);
        assert_int_equal(worth(rig, symbols, rows[i].text, NULL), rows[i].value);
    }
    for (size_t i = 0; i < ARRAY_SIZE(access_rows); i++) {
        print_message("    %s\n", access_rows[i].text);
        assert_int_equal(worth(rig, symbols, access_rows[i].text, &store), access_rows[i].value);
    }
    symbols_free(symbols);
}

static void test_wrong(void **state)
{
    struct rig *rig = *state;
    struct symbols *symbols = prepare(rig);
    for (size_t i = 0; i < ARRAY_SIZE(wrong_rows); i++) {
        char error[160] = "";
        print_message("    %s\n", wrong_rows[i].text);
        assert_null(expression_compile(wrong_rows[i].text, rig->cpu, symbols, error, sizeof(error)));
        assert_memory_equal(error, wrong_rows[i].error, strlen(wrong_rows[i].error));
    }
    symbols_free(symbols);
}

/* However deep and long: an error or a program, never a crash. */
static void test_limits(void **state)
{
    struct rig *rig = *state;
    static char text[40000];
    char error[160];
    memset(text, '(', sizeof(text) - 1);
    assert_null(expression_compile(text, rig->cpu, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "too many levels"));
    memset(text, '!', sizeof(text) - 1);
    assert_null(expression_compile(text, rig->cpu, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "too many levels"));
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = i % 2 ? '+' : '1';
    text[sizeof(text) - 2] = '1';
    assert_null(expression_compile(text, rig->cpu, NULL, error, sizeof(error)));
    assert_non_null(strstr(error, "too long"));
    memset(text, 'x', sizeof(text) - 1);
    assert_null(expression_compile(text, rig->cpu, NULL, error, sizeof(error)));
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"values", test_values},
        {"wrong",  test_wrong },
        {"limits", test_limits},
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
