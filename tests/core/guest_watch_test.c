/* The guest's own watch registers: what matches, the exception, what waits for EXL and ERL, and that they are derived from state alone. */
#include "tests/core/rig.h"

#include <string.h>

#include "cpu/mips/cp0.h"
#include "softmmu/watch.h"

#define MAPPED           0x00400000u
#define ASID             7u
#define G                WATCHHI_G
#define W                1u
#define R                2u
#define I                4u
#define WARM             2
#define LWL(rt, imm, rs) MEM(0x22, rt, imm, rs)

enum outcome { RUNS, EXCEPTION, LATER };

struct row {
    const char *name;
    uint32_t lo, hi; /* of the third pair */
    uint32_t status, va;
    uint32_t code[4]; /* A1: va */
    enum outcome outcome;
    unsigned at, bd;    /* the unit that the exception is in, counted in instructions; instructions begun of it - 1 */
    uint32_t seen;      /* bits in WatchHi */
    unsigned nullified; /* instructions before it that do not count */
};

#define DATA(va_, code_)                                                                                                         \
    0, va_,                                                                                                                      \
    {                                                                                                                            \
        NOP, code_, NOP, NOP                                                                                                     \
    }

/* clang-format off */
static const struct row rows[] = {
    {"load",                      RIG_DATA | R,      G,     DATA(RIG_DATA, LW(T1, 0, A1)),      EXCEPTION, 1, 0, R, 0},
    {"store",                     RIG_DATA | W,      G,     DATA(RIG_DATA, SW(T1, 0, A1)),      EXCEPTION, 1, 0, W, 0},
    {"load, write watch",         RIG_DATA | W,      G,     DATA(RIG_DATA, LW(T1, 0, A1)),      RUNS,      0, 0, 0, 0},
    {"store, read watch",         RIG_DATA | R,      G,     DATA(RIG_DATA, SW(T1, 0, A1)),      RUNS,      0, 0, 0, 0},
    {"both kinds",                RIG_DATA | R | W,  G,     DATA(RIG_DATA, SW(T1, 0, A1)),      EXCEPTION, 1, 0, W, 0},
    {"upper word of the doubleword", RIG_DATA | W,   G,     DATA(RIG_DATA + 4, SW(T1, 0, A1)),  EXCEPTION, 1, 0, W, 0},
    {"last byte of it",           RIG_DATA | W,      G,     DATA(RIG_DATA + 7, SB(T1, 0, A1)),  EXCEPTION, 1, 0, W, 0},
    {"doubleword before",         RIG_DATA | W,      G,     DATA(RIG_DATA - 4, SW(T1, 0, A1)),  RUNS,      0, 0, 0, 0},
    {"doubleword behind",         RIG_DATA | W,      G,     DATA(RIG_DATA + 8, SW(T1, 0, A1)),  RUNS,      0, 0, 0, 0},
    {"partial store",             RIG_DATA | W,      G,     DATA(RIG_DATA + 1, SWL(T1, 0, A1)), EXCEPTION, 1, 0, W, 0},
    {"partial load",              RIG_DATA | R,      G,     DATA(RIG_DATA + 1, LWL(T1, 0, A1)), EXCEPTION, 1, 0, R, 0},
    {"failing sc",                RIG_DATA | W,      G,     DATA(RIG_DATA, SC(T1, 0, A1)),      RUNS,      0, 0, 0, 0},
    {"mask, last doubleword",     RIG_DATA | W,      G | 0xff8, DATA(RIG_DATA + 0xffc, SW(T1, 0, A1)), EXCEPTION, 1, 0, W, 0},
    {"mask, behind",              RIG_DATA | W,      G | 0xff8, DATA(RIG_DATA + 0x1000, SW(T1, 0, A1)), RUNS, 0, 0, 0, 0},
    {"mask with a gap, inside",   RIG_DATA | W,      G | 0x100, DATA(RIG_DATA + 0x100, SW(T1, 0, A1)), EXCEPTION, 1, 0, W, 0},
    {"mask with a gap, the gap",  RIG_DATA | W,      G | 0x100, DATA(RIG_DATA + 0x80, SW(T1, 0, A1)), RUNS, 0, 0, 0, 0},
    {"address bits under the mask", RIG_DATA | 0x38 | W, G | 0x78, DATA(RIG_DATA, SW(T1, 0, A1)), EXCEPTION, 1, 0, W, 0},
    {"this ASID",                 MAPPED | W,        ASID << 16, DATA(MAPPED, SW(T1, 0, A1)),   EXCEPTION, 1, 0, W, 0},
    {"another ASID",              MAPPED | W,        6 << 16, DATA(MAPPED, SW(T1, 0, A1)),      RUNS,      0, 0, 0, 0},
    {"ASID counts unmapped, too", RIG_DATA | W,      6 << 16, DATA(RIG_DATA, SW(T1, 0, A1)),    RUNS,      0, 0, 0, 0},
    {"virtual addresses only",    RIG_DATA | W,      G,     DATA(RIG_DATA + 0x20000000, SW(T1, 0, A1)), RUNS, 0, 0, 0, 0},
    {"before an address error",   RIG_DATA | W,      G,     DATA(RIG_DATA + 1, SW(T1, 0, A1)),  EXCEPTION, 1, 0, W, 0},
    {"before a TLB refill",       0x00700000 | W,    G,     DATA(0x00700000, SW(T1, 0, A1)),    EXCEPTION, 1, 0, W, 0},
    {"a device",                  RIG_DEVICE | W,    G,     DATA(RIG_DEVICE, SW(T1, 0, A1)),    EXCEPTION, 1, 0, W, 0},
    {"in a slot",                 RIG_DATA | W,      G, 0, RIG_DATA, {NOP, BEQ(0, 0, 1), SW(T1, 0, A1), NOP}, EXCEPTION, 1, 1, W, 0},
    {"EXL: later",                RIG_DATA | W,      G, STATUS_EXL, RIG_DATA, {NOP, SW(T1, 0, A1), ERET, NOP}, LATER, 0, 0, W, 0},
    {"ERL: later",                RIG_DATA | W,      G, STATUS_ERL, RIG_DATA, {NOP, SW(T1, 0, A1), ERET, NOP}, LATER, 0, 0, W, 0},
    {"EXL: not matched",          RIG_DATA | R,      G, STATUS_EXL, RIG_DATA, {NOP, SW(T1, 0, A1), NOP, NOP}, RUNS, 0, 0, 0, 0},
    {"fetch",                     (RIG_CODE + 8) | I, G, 0, RIG_DATA, {NOP, NOP, NOP, NOP},     EXCEPTION, 2, 0, I, 0},
    {"fetch, upper word",         RIG_CODE | I,      G, 0, RIG_DATA, {NOP, NOP, NOP, NOP},      EXCEPTION, 0, 0, I, 0},
    {"fetch, EXL: later",         RIG_CODE | I,      G, STATUS_EXL, RIG_DATA + 8, {NOP, NOP, ERET, NOP},  LATER,     0, 0, I, 0},
    {"fetch, data watch",         (RIG_CODE + 8) | R | W, G, 0, RIG_DATA, {NOP, NOP, NOP, NOP}, RUNS,      0, 0, 0, 0},
    {"fetch, another ASID",       (RIG_CODE + 8) | I, 6 << 16, 0, RIG_DATA, {NOP, NOP, NOP, NOP}, RUNS,    0, 0, 0, 0},
    {"data, fetch watch",         RIG_DATA | I,      G,     DATA(RIG_DATA, SW(T1, 0, A1)),      RUNS,      0, 0, 0, 0},
    {"fetch of a slot",           (RIG_CODE + 8) | I, G, 0, RIG_DATA, {NOP, BEQ(0, 0, 2), NOP, NOP}, EXCEPTION, 1, 1, I, 0},
    {"fetch of a nullified slot", (RIG_CODE + 8) | I, G, 0, RIG_DATA, {NOP, BNEL(0, 0, 2), NOP, NOP}, EXCEPTION, 3, 0, I, 1},
};
/* clang-format on */

static void begin(struct rig *rig, const struct row *row)
{
    rig_words(rig, RIG_CODE, row->code, ARRAY_SIZE(row->code));
    rig->s->tlb[0] = (struct mips_tlb_entry){
        .vpn2 = MAPPED, .lo = {0x10000 >> 6 | 7, 0x10000 >> 6 | 7},
             .global = 1
    };
    rig_start(rig, row->status);
    rig->s->cause = 0;
    rig->s->entry_hi = ASID;
    rig->s->epc = rig->s->error_epc = RIG_CODE + 12;
    rig->s->gpr[A1] = row->va;
    rig->s->gpr[T1] = 0x1234;
    memset(rig->machine.arena->low_ram + 0x10000, 0, 16);
}

static void assert_exception(struct rig *rig, uint64_t icount, uint32_t epc, unsigned bd)
{
    assert_at(rig, icount, RIG_VECTOR);
    assert_int_equal(rig->s->epc, epc);
    assert_int_equal(rig->s->cause & (CAUSE_EXCCODE | CAUSE_BD), EXC_WATCH << 2 | (bd ? CAUSE_BD : 0));
    assert_true(rig->s->status & STATUS_EXL);
}

static void check(struct rig *rig, const struct row *row)
{
    uint64_t length = row->outcome == EXCEPTION ? row->at + row->bd + 1 - row->nullified : row->outcome == LATER ? 4 : 3;
    begin(rig, row);
    cp0_write(rig->cpu, CP0_WATCHLO2, row->lo);
    cp0_write(rig->cpu, CP0_WATCHHI2, row->hi | 7);
    assert_int_equal(cpu_run(rig->cpu, length), CPU_EXIT_LIMIT);
    if (row->outcome == EXCEPTION)
        assert_exception(rig, length, RIG_CODE + 4 * row->at, row->bd);
    else if (row->outcome == LATER)
        assert_exception(rig, length, RIG_CODE + 12, 0);
    else
        assert_at(rig, 3, RIG_CODE + 12);
    assert_int_equal(rig->s->cause & CAUSE_WP, row->outcome == LATER ? CAUSE_WP : 0);
    assert_int_equal(rig->s->watch_hi[2], WATCHHI_M | row->hi | row->seen);
    if (row->va == RIG_DATA && row->outcome == LATER)
        assert_int_equal(rig_word(rig, RIG_DATA), 0x1234);
    else if (row->va == RIG_DATA && row->outcome == EXCEPTION)
        assert_int_equal(rig_word(rig, RIG_DATA), 0);
    cp0_write(rig->cpu, CP0_WATCHLO2, 0);
    begin(rig, row);
    assert_int_equal(watch_count(rig->cpu->mmu.guest_watches), 0);
    cpu_run(rig->cpu, 3);
    assert_int_not_equal(rig->s->cause & CAUSE_EXCCODE, EXC_WATCH << 2);
}

static void test_rows(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned pass = 0; pass < WARM; pass++) {
            print_message("    %s\n", rows[i].name);
            check(rig, &rows[i]);
        }
}

/* An interrupt that is due goes first; the deferred exception follows when its handler returns, until WP is cleared. */
static void test_deferred_after_interrupt(void **state)
{
    struct rig *rig = *state;
    const struct row row = {
        "", RIG_DATA | W, G, STATUS_EXL | STATUS_IE | 0x400, RIG_DATA, {SW(T1, 0, A1), ERET, NOP, NOP},
                   LATER, 0, 0, W, 0
    };
    const uint32_t handler[] = {NOP, ERET};
    rig_words(rig, RIG_VECTOR, handler, 2);
    begin(rig, &row);
    cp0_write(rig->cpu, CP0_WATCHLO, row.lo);
    cp0_write(rig->cpu, CP0_WATCHHI, row.hi);
    irq_set(&rig->irq, true);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_at(rig, 3, RIG_VECTOR);
    assert_int_equal(rig->s->cause & CAUSE_EXCCODE, 0);
    irq_set(&rig->irq, false);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(cpu_run(rig->cpu, 6 + 3 * i), CPU_EXIT_LIMIT);
        assert_exception(rig, 6 + 3 * i, RIG_CODE + 12, 0);
    }
    cp0_write(rig->cpu, CP0_CAUSE, 0);
    assert_int_equal(cpu_run(rig->cpu, 11), CPU_EXIT_LIMIT);
    assert_at(rig, 11, RIG_CODE + 12);
    cp0_write(rig->cpu, CP0_CAUSE, CAUSE_WP); /* software cannot ask for it */
    assert_int_equal(rig->s->cause & CAUSE_WP, 0);
    irq_set(&rig->irq, false);
}

/* The guest arms and disarms in the middle of code that was translated before. */
static void test_armed_by_code(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, ADDIU(T3, T3, 1), MTC0(T2, 18, 1), SW(T1, 0, A1), ADDIU(T3, T3, 1), BEQ(0, 0, -5), NOP);
    for (unsigned fetch = 0; fetch < 2; fetch++) {
        rig_start(rig, 0);
        cp0_write(rig->cpu, CP0_WATCHHI1, G);
        assert_int_equal(cpu_run(rig->cpu, 600), CPU_EXIT_LIMIT);
        assert_at(rig, 600, RIG_CODE);
        rig->s->gpr[T2] = fetch ? (RIG_CODE + 8) | I : RIG_DATA | W;
        assert_int_equal(cpu_run(rig->cpu, 603), CPU_EXIT_LIMIT);
        assert_exception(rig, 603, RIG_CODE + 8, 0);
        assert_int_equal(rig->s->gpr[T3], 201);
        cp0_write(rig->cpu, CP0_WATCHLO1, 0);
    }
}

/* Whoever replaces the state has the watches of the new state at once. */
static void test_state_replaced(void **state)
{
    struct rig *rig = *state;
    const struct row row = {
        "", 0, 0, 0, RIG_DATA, {SW(T1, 0, A1), NOP, NOP, NOP},
             RUNS, 0, 0, 0, 0
    };
    for (unsigned armed = 0; armed < 2; armed++) {
        begin(rig, &row);
        rig->s->watch_lo[0] = armed ? RIG_DATA | W : 0;
        rig->s->watch_hi[0] = G;
        cpu_flush_all(rig->cpu);
        assert_int_equal(cpu_run(rig->cpu, 1), CPU_EXIT_LIMIT);
        assert_at(rig, 1, armed ? RIG_VECTOR : RIG_CODE + 4);
    }
    cpu_reset(rig->cpu);
    assert_int_equal(watch_count(rig->cpu->mmu.guest_watches), 0);
    assert_int_equal(rig->s->watch_hi[0], WATCHHI_M);
    assert_int_equal(rig->s->watch_hi[3], 0);
}

/* A debugger's watch on the same bytes: it stops where the access would be done, and the guest's exception comes as without it. */
static void test_beside_debugger(void **state)
{
    struct rig *rig = *state;
    const struct row row = {
        "", 0, 0, STATUS_EXL, RIG_DATA, {SW(T1, 0, A1), ERET, NOP, NOP},
             RUNS, 0, 0, 0, 0
    };
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, false);
    begin(rig, &row);
    cp0_write(rig->cpu, CP0_WATCHLO, RIG_DATA | W);
    cp0_write(rig->cpu, CP0_WATCHHI, G);
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_DEBUG);
    assert_at(rig, 0, RIG_CODE);
    assert_int_equal(rig->s->cause & CAUSE_WP, 0);
    rig->cpu->skip_watch = true;
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_exception(rig, 3, RIG_CODE + 12, 0);
    rig->s->status &= ~STATUS_EXL;
    rig->s->cause = 0;
    *cpu_pc(rig->cpu) = RIG_CODE;
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT); /* the access is not done: no hit of the debugger's */
    assert_exception(rig, 4, RIG_CODE, 0);
    watch_remove(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE);
    cp0_write(rig->cpu, CP0_WATCHLO, 0);
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"rows",                     test_rows                    },
        {"deferred after interrupt", test_deferred_after_interrupt},
        {"armed by code",            test_armed_by_code           },
        {"state replaced",           test_state_replaced          },
        {"beside a debugger",        test_beside_debugger         },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
