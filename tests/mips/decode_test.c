/* The rows of insn.def and insn_fpu.def: well-formed, disjoint, and decoded and printed as GNU as writes them. */
#include "cpu/mips/decode.h"
#include "cpu/mips/disassemble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void rows_are_disjoint(void **state)
{
    mips_decode_init();
    for (unsigned i = 0; i < MIPS_OPCODES; i++)
        for (unsigned k = 0; k < i; k++) {
            const struct mips_row *a = &mips_rows[i], *b = &mips_rows[k];
            if (!(a->mask & b->mask & (a->match ^ b->match)))
                fail_msg("%s and %s overlap", a->name, b->name);
        }
}

static uint32_t next_random(uint32_t *seed)
{
    return *seed = *seed * 1664525 + 1013904223;
}

/* A word made of a row's fixed bits and anything else decodes to that row. */
static void rows_decode_to_themselves(void **state)
{
    uint32_t seed = 1;
    mips_decode_init();
    for (unsigned i = 0; i < MIPS_OPCODES * 64u; i++) {
        const struct mips_row *row = &mips_rows[i / 64];
        struct mips_insn insn = {0};
        uint32_t word = row->match | (next_random(&seed) & ~row->mask);
        if (mips_decode(word, true, &insn) != row || insn.opcode != i / 64)
            fail_msg("%08x: not %s", word, row->name);
        const struct mips_row *old = mips_decode(word, false, &insn);
        if (old != (row->flags & I_R2 ? NULL : row))
            fail_msg("%08x: release 1 has %s", word, row->name);
    }
}

/* Every letter of every text prints: the disassembler asserts on one that it does not know. */
static void rows_disassemble(void **state)
{
    mips_decode_init();
    for (unsigned i = 0; i < MIPS_OPCODES; i++) {
        char text[80], small[8];
        mips_disassemble_word(mips_rows[i].match, 0x80001000, true, text, sizeof(text));
        assert_true(strlen(text) > 0);
        assert_null(strchr(text, '%'));
        mips_disassemble_word(mips_rows[i].match, 0x80001000, true, small, sizeof(small));
        assert_int_equal(strncmp(small, text, 7), 0);
        assert_true(strlen(small) < sizeof(small));
    }
}

struct row {
    uint32_t word;
    bool release2;
    const char *text; /* at 0x80001000; NULL: Reserved Instruction */
};

static const struct row rows[] = {
    {0x00000000,                                      true,  "nop"                  },
    {0x00000040,                                      true,  "ssnop"                },
    {0x000000c0,                                      true,  "ehb"                  },
    {0x00084080,                                      true,  "sll\tt0,t0,2"         },
    {0x000840c2,                                      true,  "srl\tt0,t0,3"         },
    {0x002840c2,                                      true,  "ror\tt0,t0,3"         },
    {0x002840c2,                                      false, NULL                   },
    {0x01284046,                                      true,  "rorv\tt0,t0,t1"       },
    {0x8fbf0014,                                      true,  "lw\tra,20(sp)"        },
    {0xac450008,                                      true,  "sw\ta1,8(v0)"         },
    {0xa3a4ffff,                                      true,  "sb\ta0,-1(sp)"        },
    {0x27bdffe0,                                      true,  "addiu\tsp,sp,-32"     },
    {0x24020fa4,                                      true,  "li\tv0,4004"          },
    {0x34028000,                                      true,  "li\tv0,0x8000"        },
    {0x3c021234,                                      true,  "lui\tv0,0x1234"       },
    {0x00801021,                                      true,  "move\tv0,a0"          },
    {0x00041023,                                      true,  "negu\tv0,a0"          },
    {0x03e00008,                                      true,  "jr\tra"               },
    {0x03e00408,                                      true,  "jr.hb\tra"            },
    {0x0320f809,                                      true,  "jalr\tt9"             },
    {0x00801009,                                      true,  "jalr\tv0,a0"          },
    {0x0c000400,                                      true,  "jal\t0x80001000"      },
    {0x1000ffff,                                      true,  "b\t0x80001000"        },
    {0x10400003,                                      true,  "beqz\tv0,0x80001010"  },
    {0x54400003,                                      true,  "bnezl\tv0,0x80001010" },
    {0x04110001,                                      true,  "bal\t0x80001008"      },
    {0x40026000,                                      true,  "mfc0\tv0,$12"         },
    {0x40827801,                                      true,  "mtc0\tv0,$15,1"       },
    {0x7c03e83b,                                      true,  "rdhwr\tv1,$29"        },
    {0x7c03e83b,                                      false, NULL                   },
    {0x7c8239c0,                                      true,  "ext\tv0,a0,7,8"       },
    {0x7c8239c4,                                      true,  "ins\tv0,a0,7,1"       },
    {0x42000018,                                      true,  "eret"                 },
    {0x42000020,                                      true,  "wait"                 },
    {0x41606000,                                      true,  "di\tzero"             },
    {0x41606020,                                      true,  "ei\tzero"             },
    {0x0000000c,                                      true,  "syscall\t0x0"         },
    {0xbc810000,                                      true,  "cache\t0x1,0(a0)"     },
    {0x46062081,                                      true,  "sub.s\t$f2,$f4,$f6"   },
    {0x46000000 | 17 << 21 | 4 << 11 | 3 << 8 | 0x3c, true,  "c.lt.d\t$fcc3,$f4,$f0"},
    {0x4c000000,                                      false, NULL                   },
    {0x00000001 | 1 << 17,                            true,  NULL                   },
    {0x70000006,                                      true,  NULL                   },
    {0xffffffff,                                      true,  NULL                   },
};

static void sample(void **state)
{
    const struct row *row = *state;
    char text[80], want[80];
    snprintf(want, sizeof(want), ".word\t0x%x", row->word);
    mips_disassemble_word(row->word, 0x80001000, row->release2, text, sizeof(text));
    assert_string_equal(text, row->text ? row->text : want);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows) + 3] = {
        cmocka_unit_test(rows_are_disjoint),
        cmocka_unit_test(rows_decode_to_themselves),
        cmocka_unit_test(rows_disassemble),
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i + 3] = (struct CMUnitTest){rows[i].text ? rows[i].text : "reserved", sample, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
