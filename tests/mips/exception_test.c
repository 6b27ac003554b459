/* Exceptions and interrupts: vectors, EPC and BD, Cause, nesting, return; Count and Compare; CP0 registers' masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "bench_cpu.h"

#define PC    0x80002000u
#define EBASE 0x81000000u

struct entry {
    const char *name, *model;
    uint32_t status; /* before */
    uint32_t cause;  /* before: IV, IP */
    uint32_t int_ctl;
    enum mips_exception code;
    bool refill;
    uint32_t vector; /* where execution goes on */
};

#define USER    (STATUS_IE | 0x10)
#define LINE(n) (0x100u << (n))

static const struct entry entries[] = {
    {"general",                "24Kf",      0,                               0,                            0,     EXC_SYS,  false, EBASE + 0x180            },
    {"general, BEV",           "24Kf",      STATUS_BEV,                      0,                            0,     EXC_SYS,  false, 0xbfc00380               },
    {"general, release 1",     "4Kc",       0,                               0,                            0,     EXC_SYS,  false, 0x80000180               },
    {"refill",                 "24Kf",      USER,                            0,                            0,     EXC_TLBL, true,  EBASE                    },
    {"refill, BEV",            "24Kf",      STATUS_BEV,                      0,                            0,     EXC_TLBS, true,  0xbfc00200               },
    {"refill in a handler",    "24Kf",      STATUS_EXL,                      0,                            0,     EXC_TLBL, true,  EBASE + 0x180            },
    {"invalid",                "24Kf",      USER,                            0,                            0,     EXC_TLBL, false, EBASE + 0x180            },
    {"modified",               "24Kf",      USER,                            0,                            0,     EXC_MOD,  false, EBASE + 0x180            },
    {"interrupt",              "24Kf",      0xff00 | STATUS_IE,              LINE(2),                      0,     EXC_INT,  false, EBASE + 0x180            },
    {"interrupt, IV",          "24Kf",      0xff00 | STATUS_IE,              LINE(2) | CAUSE_IV,           0,     EXC_INT,  false, EBASE + 0x200            },
    {"interrupt, IV, BEV",     "24Kf",      0xff00 | STATUS_IE | STATUS_BEV, LINE(2) | CAUSE_IV,           0,     EXC_INT,  false, 0xbfc00400               },
    {"interrupt, IV, no VInt", "24Kf",      0xff00 | STATUS_IE,              LINE(2) | CAUSE_IV,           0x20,  EXC_INT,  false, EBASE + 0x200            },
    {"vectored, VS 1",         "24Kf-vint", 0xff00 | STATUS_IE,              LINE(2) | LINE(5) | CAUSE_IV, 0x20,  EXC_INT,  false, EBASE + 0x2a0            },
    {"vectored, masked",       "24Kf-vint", 0x0400 | STATUS_IE,              LINE(2) | LINE(5) | CAUSE_IV, 0x20,  EXC_INT,  false, EBASE + 0x240            },
    {"vectored, VS 16",        "24Kf-vint", 0xff00 | STATUS_IE,              LINE(7) | CAUSE_IV,           0x200, EXC_INT,  false, EBASE + 0x200 + 7 * 0x200},
    {"vectored, VS 0",         "24Kf-vint", 0xff00 | STATUS_IE,              LINE(7) | CAUSE_IV,           0,     EXC_INT,  false, EBASE + 0x200            },
    {"vectored, software",     "24Kf-vint", 0xff00 | STATUS_IE,              LINE(0) | CAUSE_IV,           0x20,  EXC_INT,  false, EBASE + 0x200            },
    {"vectored, no IV",        "24Kf-vint", 0xff00 | STATUS_IE,              LINE(7),                      0x20,  EXC_INT,  false, EBASE + 0x180            },
};

static struct cpu *prepare(const struct entry *entry)
{
    struct cpu *cpu = bench_cpu(entry->model, false);
    struct mips_state *s = mips_state(cpu);
    s->status = entry->status;
    s->cause = entry->cause;
    s->int_ctl = entry->int_ctl;
    s->epc = 0x1234;
    if (mips_model(cpu)->release2)
        s->ebase = EBASE;
    return cpu;
}

static void enters(void **state)
{
    const struct entry *entry = *state;
    bool nested = entry->status & STATUS_EXL, interrupt = entry->code == EXC_INT;
    for (unsigned slot = 0; slot < (interrupt ? 1 : 2); slot++) {
        struct cpu *cpu = prepare(entry);
        struct mips_state *s = mips_state(cpu);
        bench_at(cpu, PC, slot);
        if (interrupt)
            mips_take_interrupt(cpu);
        else if (entry->code == EXC_SYS)
            mips_raise(cpu, entry->code, 0);
        else
            mips_raise_tlb(cpu, entry->code, 0x00403abc, entry->refill);
        assert_int_equal(s->pc, entry->vector);
        assert_int_equal(s->epc, nested ? 0x1234 : PC);
        assert_int_equal(s->cause >> 31, nested ? 0 : slot);
        assert_int_equal(s->cause >> 2 & 31, entry->code);
        assert_int_equal(s->status, entry->status | STATUS_EXL);
        assert_int_equal(bench.counted, interrupt ? 0 : 1 + slot);
        assert_int_equal(bench.left, !interrupt);
    }
}

static void coprocessor_number(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    bench_at(cpu, PC, false);
    mips_raise(cpu, EXC_CPU, 2);
    assert_int_equal(mips_state(cpu)->cause >> CAUSE_CE_SHIFT & 3, 2);
    bench_at(cpu, PC, false);
    mips_raise(cpu, EXC_CPU, 1);
    assert_int_equal(mips_state(cpu)->cause >> CAUSE_CE_SHIFT & 3, 1);
}

static void tlb_registers(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    s->entry_hi = 0x12345042;
    s->context = 0xab800000;
    mips_raise_tlb(cpu, EXC_TLBL, 0x7fff3abc, true);
    assert_int_equal(s->bad_vaddr, 0x7fff3abc);
    assert_int_equal(s->entry_hi, 0x7fff2042);
    assert_int_equal(s->context, 0xab800000 | 0x7fff3abc >> 13 << 4);
}

static void returns(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    s->status = STATUS_EXL | STATUS_ERL | 0x10;
    s->epc = 0x400100;
    s->error_epc = 0x80003000;
    s->ll_bit = 1;
    helper_eret(cpu, 0, 0, 0);
    assert_int_equal(s->pc, 0x80003000);
    assert_int_equal(s->status, STATUS_EXL | 0x10);
    assert_int_equal(s->ll_bit, 0);
    assert_int_equal(mips_state_key(cpu) & KEY_USER, 0);
    helper_eret(cpu, 0, 0, 0);
    assert_int_equal(s->pc, 0x400100);
    assert_int_equal(mips_state_key(cpu) & KEY_USER, KEY_USER);
    assert_int_equal(cpu->leave, LEAVE_LOOK_UP);
}

static void debug_exception(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    s->status = USER | 0xff00;
    s->cause = LINE(2);
    bench_at(cpu, 0x400100, true);
    helper_raise(cpu, 0, 0, EXC_DEBUG);
    assert_int_equal(s->pc, 0xbfc00480);
    assert_int_equal(s->depc, 0x400100);
    assert_int_equal(s->debug, DEBUG_DM | DEBUG_DBD | DEBUG_DBP);
    assert_int_equal(mips_state_key(cpu) & KEY_USER, 0);
    assert_false(mips_interrupt_pending(cpu));
    helper_deret(cpu, 0, 0, 0);
    assert_int_equal(s->pc, 0x400100);
    assert_int_equal(mips_state_key(cpu) & KEY_USER, KEY_USER);
    bench_at(cpu, PC, false);
    helper_deret(cpu, 0, 0, 0); /* not in debug mode */
    assert_int_equal(s->cause >> 2 & 31, EXC_RI);
}

static void when_pending(void **state)
{
    static const struct {
        uint32_t status, cause;
        bool pending;
    } rows[] = {
        {STATUS_IE | 0x0400,              LINE(2), true },
        {STATUS_IE | 0x0800,              LINE(2), false},
        {0x0400,                          LINE(2), false},
        {STATUS_IE | STATUS_EXL | 0x0400, LINE(2), false},
        {STATUS_IE | STATUS_ERL | 0x0400, LINE(2), false},
        {STATUS_IE | 0x0100,              LINE(0), true },
    };
    struct cpu *cpu = bench_cpu("24Kf", false);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        mips_state(cpu)->status = rows[i].status;
        mips_state(cpu)->cause = rows[i].cause;
        assert_int_equal(mips_interrupt_pending(cpu), rows[i].pending);
    }
}

/* Software interrupts come by a write of Cause; a pending and enabled one asks to leave. */
static void software_interrupt(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    mips_state(cpu)->status = STATUS_IE | 0x0100;
    bench_at(cpu, PC, false);
    helper_mtc0(cpu, 0x200, 0, CP0_CAUSE);
    assert_int_equal(cpu->leave, 0);
    helper_mtc0(cpu, 0xffffffff, 0, CP0_CAUSE);
    assert_int_equal(mips_state(cpu)->cause, 0x08800300);
    assert_int_equal(cpu->leave, 1);
}

static void count_matches(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    helper_mtc0(cpu, 1000, 0, CP0_COUNT);
    helper_mtc0(cpu, 1004, 0, CP0_COMPARE); /* 4 ticks are 25 ns */
    bench_pass(cpu, 24);
    assert_int_equal(cp0_read(cpu, CP0_COUNT), 1003);
    assert_int_equal(s->cause, 0);
    bench_pass(cpu, 1);
    assert_int_equal(cp0_read(cpu, CP0_COUNT), 1004);
    assert_int_equal(s->cause, CAUSE_TI | CAUSE_IP7);
    helper_mtc0(cpu, 1004, 0, CP0_COMPARE); /* equality now is no match */
    bench_pass(cpu, 1000);
    assert_int_equal(s->cause, 0);
    bench_pass(cpu, ((uint64_t)1 << 32) * 25 / 4 - 1001);
    assert_int_equal(s->cause, 0);
    bench_pass(cpu, 1);
    assert_int_equal(cp0_read(cpu, CP0_COUNT), 1004);
    assert_int_equal(s->cause, CAUSE_TI | CAUSE_IP7);
}

/* The first nanosecond at which Count has the value, whatever the phase. */
static void count_is_exact(void **state)
{
    for (uint32_t start = 0; start < 50; start++)
        for (uint32_t distance = 1; distance < 20; distance++) {
            struct cpu *cpu = bench_cpu("24Kf", false);
            bench_pass(cpu, start);
            uint32_t compare = cp0_read(cpu, CP0_COUNT) + distance;
            helper_mtc0(cpu, compare, 0, CP0_COMPARE);
            while (!(mips_state(cpu)->cause & CAUSE_TI)) {
                assert_int_not_equal(cp0_read(cpu, CP0_COUNT), compare);
                bench_pass(cpu, 1);
            }
            assert_int_equal(cp0_read(cpu, CP0_COUNT), compare);
        }
}

static void count_stops(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    helper_mtc0(cpu, 100, 0, CP0_COMPARE);
    bench_pass(cpu, 250);
    helper_mtc0(cpu, CAUSE_DC, 0, CP0_CAUSE);
    bench_pass(cpu, 100000);
    assert_int_equal(cp0_read(cpu, CP0_COUNT), 40);
    assert_int_equal(s->cause, CAUSE_DC);
    helper_mtc0(cpu, 0, 0, CP0_CAUSE);
    bench_pass(cpu, 374);
    assert_int_equal(s->cause, 0);
    bench_pass(cpu, 1);
    assert_int_equal(s->cause, CAUSE_TI | CAUSE_IP7);
}

/* Release 1 has IP7 but no TI. */
static void timer_of_release1(void **state)
{
    struct cpu *cpu = bench_cpu("4Kc", false);
    helper_mtc0(cpu, 4, 0, CP0_COMPARE);
    bench_pass(cpu, 25);
    assert_int_equal(cp0_read(cpu, CP0_CAUSE), CAUSE_IP7);
    helper_mtc0(cpu, 4, 0, CP0_COMPARE);
    assert_int_equal(cp0_read(cpu, CP0_CAUSE), 0);
}

/* What a register reads after all ones were written, by model. */
static void masks(void **state)
{
    static const struct {
        const char *model;
        unsigned number;
        uint32_t reads;
    } rows[] = {
        {"24Kf",      CP0_EBASE,     0xbffff000},
        {"24Kf",      CP0_HWRENA,    0x2000000f},
        {"24Kf",      CP0_PAGEMASK,  0x1fffe000},
        {"24Kf",      CP0_ENTRYHI,   0xffffe0ff},
        {"24Kf",      CP0_ENTRYLO0,  0x03ffffff},
        {"24Kf",      CP0_WIRED,     63        },
        {"24Kf",      CP0_CONTEXT,   0xff800000},
        {"24Kf",      CP0_STATUS,    0x3678ff1f},
        {"24Kf",      CP0_INTCTL,    0xe0000000},
        {"24Kf-vint", CP0_INTCTL,    0xe00003e0},
        {"24Kf",      CP0_CONFIG0,   0x80000487},
        {"24Kf",      CP0_CONFIG1,   0xfe190c8f},
        {"24Kf",      CP0_CONFIG3,   0x00002000},
        {"24Kf",      CP0_WATCHLO,   0xffffffff},
        {"24Kf",      CP0_WATCHLO3,  0xffffffff},
        {"24Kf",      CP0_WATCHHI,   0xc0ff0ff8},
        {"24Kf",      CP0_WATCHHI2,  0xc0ff0ff8},
        {"24Kf",      CP0_WATCHHI3,  0x40ff0ff8},
        {"4Kc",       CP0_WATCHLO,   0xffffffff},
        {"4Kc",       CP0_WATCHHI,   0x40ff0ff8},
        {"4Kc",       CP0_WATCHLO1,  0         },
        {"4Kc",       CP0_CONFIG1,   0x9e190c8a},
        {"24Kf",      CP0_USERLOCAL, 0xffffffff},
        {"24Kf",      CP0_PRID,      0x00019300},
        {"24Kf",      CP0_PAGEGRAIN, 0         },
        {"24Kf",      CP0_INDEX,     63        },
        {"24Kc",      CP0_CONFIG1,   0xfe190c8e},
        {"24Kc",      CP0_STATUS,    0x1278ff1f},
        {"4Kc",       CP0_EBASE,     0         },
        {"4Kc",       CP0_HWRENA,    0         },
        {"4Kc",       CP0_USERLOCAL, 0         },
        {"4Kc",       CP0_PRID,      0x00018000},
        {"24Kf",      22 << 3,       0         },
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cpu *cpu = bench_cpu(rows[i].model, false);
        helper_mtc0(cpu, 0xffffffff, 0, rows[i].number);
        assert_int_equal(helper_mfc0(cpu, 0, 0, rows[i].number), rows[i].reads);
    }
    assert_int_equal(cp0_read(bench_cpu("24Kf", true), CP0_CONFIG0), 0x80008482);
}

static void hardware_registers(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    struct mips_state *s = mips_state(cpu);
    s->status = 0x10;
    s->user_local = 77;
    bench_at(cpu, PC, false);
    helper_rdhwr(cpu, 0, 0, 29);
    assert_true(bench.left);
    s->status = 0x10;
    cp0_write(cpu, CP0_HWRENA, 1u << 29);
    bench_at(cpu, PC, false);
    assert_int_equal(helper_rdhwr(cpu, 0, 0, 29), 77);
    assert_false(bench.left);
    helper_rdhwr(cpu, 0, 0, 2);
    assert_true(bench.left);
    s->status = 0;
    bench_at(cpu, PC, false);
    assert_int_equal(helper_rdhwr(cpu, 0, 0, 3), 2);
    assert_false(bench.left);
    helper_rdhwr(cpu, 0, 0, 5);
    assert_true(bench.left);
}

static void arithmetic_traps(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    bench_at(cpu, PC, false);
    assert_int_equal(helper_add_overflow(cpu, 0x7fffffff, 0xffffffff, 0), 0x7ffffffe);
    assert_int_equal(helper_sub_overflow(cpu, 0x80000000, 0xffffffff, 0), 0x80000001);
    helper_trap(cpu, 1, 2, IR_EQ);
    assert_false(bench.left);
    helper_add_overflow(cpu, 0x7fffffff, 1, 0);
    assert_int_equal(mips_state(cpu)->cause >> 2 & 31, EXC_OV);
    bench_at(cpu, PC, false);
    helper_sub_overflow(cpu, 0x80000000, 1, 0);
    assert_true(bench.left);
    bench_at(cpu, PC, false);
    helper_trap(cpu, 1, 2, IR_LTU);
    assert_int_equal(mips_state(cpu)->cause >> 2 & 31, EXC_TR);
}

static void nullified_link(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    bench_at(cpu, PC, false);
    helper_not_taken_link(cpu, 0xffffffff, 0, IR_LTS);
    assert_false(bench.left);
    helper_not_taken_link(cpu, 1, 0, IR_LTS);
    assert_int_equal(bench.counted, 1);
    assert_int_equal(mips_state(cpu)->pc, PC + 8);
    assert_int_equal(mips_state(cpu)->gpr[31], PC + 8);
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(coprocessor_number), cmocka_unit_test(tlb_registers),  cmocka_unit_test(returns),
        cmocka_unit_test(debug_exception),    cmocka_unit_test(when_pending),   cmocka_unit_test(software_interrupt),
        cmocka_unit_test(count_matches),      cmocka_unit_test(count_is_exact), cmocka_unit_test(count_stops),
        cmocka_unit_test(timer_of_release1),  cmocka_unit_test(masks),          cmocka_unit_test(hardware_registers),
        cmocka_unit_test(arithmetic_traps),   cmocka_unit_test(nullified_link),
    };
    struct CMUnitTest rows[ARRAY_SIZE(entries)];
    for (unsigned i = 0; i < ARRAY_SIZE(entries); i++)
        rows[i] = (struct CMUnitTest){entries[i].name, enters, NULL, NULL, (void *)&entries[i]};
    int failed = cmocka_run_group_tests_name("exception entry", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("exceptions", fixed, NULL, NULL);
}
