/*
 * What no other MIPS can be asked about: coprocessor 0, exceptions' traces in it, and where the oracle departs from the manual.
 * Each row of cp0_rows.def is a few instructions, the state before and the state that the manual demands after. MIPS32
 * Architecture release 2, volumes II (instructions) and III (CP0); values of the model: 24K software manual.
 */
#include "tests/cpu/random_code.h"

#include <stdio.h>
#include <string.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/decode.h"
#include "softmmu/alloc.h"
#include "tests/softmmu/unit.h"

#define WORDS       6
#define MAX_CHANGES 12
#define CODE        RIG_CODE
#define AWAY        (RIG_CODE + 0x100) /* a jump to itself stands there, as behind the row's code and at the vectors */
#define USER        0x00040000u        /* RIG_CODE's memory, mapped at this address by MAP_USER */
/* A page that a row maps, and where: the first, second or third page of data, which hold 0. */
#define PAGE        0x00021000u
#define PFN(n)      (((RIG_DATA & 0x1fffffff) + (n)*0x1000) >> 6 | 6)
#define OTHER_CODE  (RIG_CODE + 0x2000)
#define T0          8
#define T1          9
#define T2          16

struct word {
    uint16_t offset, set; /* of struct mips_state */
    uint32_t value;
};
#define W(member, value)                                                                                                         \
    {                                                                                                                            \
        offsetof(struct mips_state, member), 1, value                                                                            \
    }
#define MAP_USER W(tlb[0].vpn2, USER), W(tlb[0].lo[0], USER >> 6 | 6), W(tlb[0].lo[1], (USER + 0x1000) >> 6 | 6)

struct row {
    const char *name;
    uint16_t opcode; /* the row of the instruction table that this is about */
    unsigned icount;
    uint32_t pc, start; /* 0: see cp0_rows.def */
    uint32_t code[WORDS];
    struct word before[MAX_CHANGES], after[MAX_CHANGES];
};

#define CP0(op, rt, rd, sel)   (0x40000000u | (op) << 21 | (uint32_t)(rt) << 16 | (rd) << 11 | (sel))
#define MFC0(rt, rd, sel)      CP0(0u, rt, rd, sel)
#define MTC0(rt, rd, sel)      CP0(4u, rt, rd, sel)
#define CO(function)           (0x42000000u | (function))
#define RDHWR(rt, rd)          (0x7c00003bu | (rt) << 16 | (rd) << 11)
#define MEM(op, rt, base, imm) ((uint32_t)(op) << 26 | (base) << 21 | (rt) << 16 | ((imm)&0xffff))
/* sw of T1 or T2 to the page; lw from the data by way of kseg0, whose address is in T2. */
#define SW(rt)                 MEM(0x2b, rt, T1, 0)
#define LW_DATA(rt, at)        MEM(0x23, rt, T2, at)
#define BEQ_ALWAYS             0x10000003u
#define BAL                    0x04110003u
#define SYSCALL                0x0000000cu
#define ERET                   CO(0x18)
#define CODE_OF(exception)     ((uint32_t)(exception) << 2)

/* clang-format off */
#define LIST(...) {__VA_ARGS__}
#define ROW(name, opcode, icount, pc, start, code, before, after) {name, MIPS_##opcode, icount, pc, start, code, before, after},
/* clang-format on */
static const struct row rows[] = {
#include "tests/cpu/cp0_rows.def"
};

static struct rig rig;
static struct mips_state reset_state;

static void set_words(struct mips_state *s, const struct word *words)
{
    for (unsigned i = 0; i < MAX_CHANGES && words[i].set; i++)
        memcpy((uint8_t *)s + words[i].offset, &words[i].value, sizeof(words[i].value));
}

static unsigned wrong_words(const struct row *row, const char *what)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < MAX_CHANGES && row->after[i].set; i++) {
        uint32_t value;
        memcpy(&value, (const uint8_t *)rig.s + row->after[i].offset, sizeof(value));
        if (value != row->after[i].value) {
            print_message("  %s: word %u of the expected: %08x, not %08x\n", what, i, value, row->after[i].value);
            wrong++;
        }
    }
    return wrong;
}

static unsigned run_row(const struct row *row, unsigned more, const char *what)
{
    static const uint32_t zero[RIG_DATA_SIZE / 4];
    struct mips_state s = reset_state;
    s.status = 0;
    s.compare = 0x10000000;
    s.pc = row->start ? row->start : CODE;
    set_words(&s, row->before);
    rig_write(&rig, RIG_DATA, zero, sizeof(zero));
    rig_restore(&rig, &s);
    cpu_run(rig.cpu, row->icount + more);
    unsigned wrong = wrong_words(row, what);
    uint32_t pc = row->pc ? row->pc : (row->start ? row->start : CODE) + 4 * row->icount;
    if (rig.s->pc != pc) {
        print_message("  %s: pc %08x, not %08x\n", what, rig.s->pc, pc);
        wrong++;
    }
    return wrong;
}

static void test_row(void **state)
{
    const struct row *row = *state;
    static const uint32_t stay[] = {0x1000ffff, 0};
    unsigned count = row->icount < WORDS && !row->pc ? row->icount : WORDS;
    rig_words(&rig, CODE, row->code, WORDS);
    rig_words(&rig, CODE + 4 * count, stay, 2);
    unsigned wrong = run_row(row, 0, "to the count");
    wrong += run_row(row, 200, "beyond the count"); /* with a budget that generated code will begin with */
    assert_int_equal(wrong, 0);
}

static unsigned uncovered(void)
{
    unsigned missing = 0;
    for (unsigned opcode = 0; opcode < MIPS_OPCODES; opcode++) {
        bool found = !random_is_system(opcode);
        for (size_t i = 0; i < ARRAY_SIZE(rows) && !found; i++)
            found = rows[i].opcode == opcode;
        if (!found) {
            print_message("no row about %s\n", mips_rows[opcode].name);
            missing++;
        }
    }
    return missing;
}

static int run_config(const struct rig_config *config)
{
    static const uint32_t stay[] = {0x1000ffff, 0};
    static const uint32_t places[] = {RIG_VECTOR, RIG_VECTOR & 0xfffff000, RIG_DEBUG & 0xfffff000, RIG_DEBUG, AWAY};
    static const uint32_t other[] = {0, 0x24080005, 0x1000ffff, 0}; /* nop; addiu t0, zero, 5; b .; nop */
    struct CMUnitTest tests[ARRAY_SIZE(rows)];
    const char *name = rig_name(config);
    if (config->accel == ACCEL_JIT && !rig_has_jit()) {
        print_message("%s: NOT TESTED, this build has no host back end\n", name);
        return 0;
    }
    rig_open(&rig, config);
    reset_state = *rig.s;
    rig_words(&rig, OTHER_CODE, other, ARRAY_SIZE(other));
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        rig_words(&rig, places[i], stay, 2);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    int failed = _cmocka_run_group_tests(name, tests, ARRAY_SIZE(rows), NULL, NULL);
    rig_close(&rig);
    return failed;
}

int main(void)
{
    static const struct rig_config configs[] = {
        {ACCEL_INTERP, 0, false, 0, 0                },
        {ACCEL_INTERP, 0, true,  0, 0                },
        {ACCEL_JIT,    0, false, 0, 0                },
        {ACCEL_JIT,    0, true,  0, 0                },
        {ACCEL_JIT,    1, false, 0, 0                },
        {ACCEL_JIT,    0, false, 0, CPU_NO_PINS      },
        {ACCEL_JIT,    0, false, 0, CPU_ONE_TLB_ENTRY},
        {ACCEL_JIT,    0, false, 0, CPU_LONG_BLOCKS  },
    };
    int failed = 0;
    mips_decode_init();
    for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
        failed += run_config(&configs[i]);
    return failed + (int)uncovered();
}
