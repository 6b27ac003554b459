/* Breakpoints and watches at run time: where the stop stands, what it tells, and that going on executes the unit once. */
#include "tests/core/rig.h"

#include "softmmu/watch.h"

#define WARM 2 /* each test runs its program cold, then with blocks and TLB entries there */

static enum cpu_exit go_on(struct rig *rig, uint64_t until)
{
    const struct debug_event last = rig->cpu->debug;
    rig->cpu->skip_breakpoint = last.reason == DEBUG_BREAKPOINT;
    rig->cpu->skip_watch = last.reason == DEBUG_WATCH && !last.after;
    return cpu_run(rig->cpu, until);
}

static void assert_stopped(struct rig *rig, enum cpu_exit exit, uint64_t icount, uint32_t pc)
{
    assert_int_equal(exit, CPU_EXIT_DEBUG);
    assert_int_equal(rig->cpu->debug.reason, DEBUG_BREAKPOINT);
    assert_int_equal(rig->cpu->debug.pc, pc);
    assert_at(rig, icount, pc);
}

struct breakpoint_row {
    const char *name;
    uint32_t code[6];
    unsigned at; /* instruction with the breakpoint */
    bool hits;
    uint64_t icount; /* of the stop */
    unsigned pc;     /* instruction that it stands at */
    uint32_t t1;     /* there */
    uint64_t after;  /* icount one unit on */
    unsigned after_pc;
};

/* clang-format off */
static const struct breakpoint_row breakpoint_rows[] = {
    {"first",           {ADDIU(T1, T1, 1), NOP, NOP, NOP},                   0, true,  0, 0, 0, 1, 1},
    {"middle",          {ADDIU(T1, T1, 1), NOP, ADDIU(T1, T1, 1), NOP},      2, true,  2, 2, 1, 3, 3},
    {"branch",          {NOP, BEQ(0, 0, 1), ADDIU(T1, T1, 1), NOP, NOP},     1, true,  1, 1, 0, 3, 3},
    {"slot",            {NOP, BEQ(0, 0, 1), ADDIU(T1, T1, 1), NOP, NOP},     2, true,  1, 1, 0, 3, 3},
    {"slot, not taken", {NOP, BNE(0, 0, 1), ADDIU(T1, T1, 1), NOP, NOP},     2, true,  1, 1, 0, 3, 3},
    {"likely, taken",   {NOP, BEQL(0, 0, 1), ADDIU(T1, T1, 1), NOP, NOP},    2, true,  1, 1, 0, 3, 3},
    {"nullified slot",  {NOP, BNEL(0, 0, 1), ADDIU(T1, T1, 1), NOP, NOP},    2, false, 0, 0, 0, 0, 0},
    {"never reached",   {NOP, BEQ(0, 0, 2), NOP, ADDIU(T1, T1, 1), NOP},     3, false, 0, 0, 0, 0, 0},
    {"target",          {NOP, BEQ(0, 0, 2), NOP, NOP, ADDIU(T1, T1, 1)},     4, true,  3, 4, 0, 4, 5},
};
/* clang-format on */

static void check_breakpoint(struct rig *rig, const struct breakpoint_row *row)
{
    uint32_t at = RIG_CODE + 4 * row->at;
    cpu_breakpoint_insert(rig->cpu, at);
    rig_start(rig, 0);
    enum cpu_exit exit = cpu_run(rig->cpu, 5);
    if (row->hits) {
        assert_stopped(rig, exit, row->icount, RIG_CODE + 4 * row->pc);
        assert_int_equal(rig->s->gpr[T1], row->t1);
        assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_DEBUG); /* without leave to pass it stops again */
        assert_at(rig, row->icount, RIG_CODE + 4 * row->pc);
        assert_int_equal(go_on(rig, row->icount + 1), CPU_EXIT_LIMIT);
        assert_at(rig, row->after, RIG_CODE + 4 * row->after_pc);
    } else {
        assert_int_equal(exit, CPU_EXIT_LIMIT);
    }
    assert_true(cpu_breakpoint_remove(rig->cpu, at));
    rig_start(rig, 0);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
}

static void test_breakpoints(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(breakpoint_rows); i++) {
        const struct breakpoint_row *row = &breakpoint_rows[i];
        print_message("    %s\n", row->name);
        rig_words(rig, RIG_CODE, row->code, ARRAY_SIZE(row->code));
        for (unsigned pass = 0; pass < WARM; pass++)
            check_breakpoint(rig, row);
    }
}

/* A stop on the slot has no trace of the branch, also where the branch overwrites its own target's register. */
static void test_link_before_slot(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, JALR(T9, T9), ADDIU(T1, T1, 1), NOP, NOP, NOP, NOP, NOP);
    rig_start(rig, 0);
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 8);
    rig->s->gpr[T9] = RIG_CODE + 20;
    assert_stopped(rig, cpu_run(rig->cpu, 10), 1, RIG_CODE + 4);
    assert_int_equal(rig->s->gpr[T9], RIG_CODE + 20);
    assert_int_equal(go_on(rig, 3), CPU_EXIT_LIMIT);
    assert_at(rig, 3, RIG_CODE + 20);
    assert_int_equal(rig->s->gpr[T9], RIG_CODE + 12);
    assert_int_equal(rig->s->gpr[T1], 1);
}

/* A breakpoint at the position of a stop does not hit before an input's interrupt is taken there; one on the vector has its own. */
static void test_breakpoint_on_vector(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, NOP, NOP);
    rig_start(rig, 0x401);
    cpu_breakpoint_insert(rig->cpu, RIG_VECTOR);
    assert_int_equal(cpu_run(rig->cpu, 2), CPU_EXIT_LIMIT);
    irq_set(&rig->irq, true);
    assert_stopped(rig, cpu_run(rig->cpu, 10), 3, RIG_VECTOR);
    assert_int_equal(rig->s->epc, RIG_CODE + 8);
}

/* Going on from a breakpoint when an interrupt is due: the interrupt is the unit, and the breakpoint hits after its return. */
static void test_interrupt_at_breakpoint(void **state)
{
    struct rig *rig = *state;
    const uint32_t handler[] = {0x42000018}; /* eret */
    rig_words(rig, RIG_VECTOR, handler, 1);
    rig_code(rig, NOP, ADDIU(T1, T1, 1), NOP);
    rig_start(rig, 0x401);
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4);
    assert_stopped(rig, cpu_run(rig->cpu, 10), 1, RIG_CODE + 4);
    irq_set(&rig->irq, true);
    assert_int_equal(go_on(rig, 2), CPU_EXIT_LIMIT);
    assert_at(rig, 2, RIG_VECTOR);
    irq_set(&rig->irq, false);
    assert_stopped(rig, cpu_run(rig->cpu, 10), 3, RIG_CODE + 4);
    assert_int_equal(rig->s->gpr[T1], 0);
}

struct watch_row {
    const char *name;
    uint32_t code[4];
    int first; /* watched: bytes from RIG_DATA on */
    unsigned length, kind;
    bool hits;
    unsigned begin; /* instruction at which the unit begins; its icount too */
    unsigned pc;    /* accessing instruction */
    int va;         /* of the access, from RIG_DATA */
    unsigned size;
    enum access_kind access;
    int lowest;
    uint64_t value;
    unsigned units; /* instructions of the unit */
};

#define VALUE 0x5566aabbu
#define OLD   0x01020304u

/* clang-format off */
static const struct watch_row watch_rows[] = {
    {"store",           {NOP, SW(T0, 0, A1), NOP, NOP},       0, 4, WATCH_WRITE,  true,  1, 1, 0, 4, ACCESS_STORE, 0, VALUE,        1},
    {"store, access",   {NOP, SW(T0, 0, A1), NOP, NOP},       0, 4, WATCH_ACCESS, true,  1, 1, 0, 4, ACCESS_STORE, 0, VALUE,        1},
    {"store, read",     {NOP, SW(T0, 0, A1), NOP, NOP},       0, 4, WATCH_READ,   false, 0, 0, 0, 0, ACCESS_STORE, 0, 0,            0},
    {"its third byte",  {NOP, SW(T0, 0, A1), NOP, NOP},       2, 1, WATCH_WRITE,  true,  1, 1, 0, 4, ACCESS_STORE, 2, VALUE,        1},
    {"watch begins before", {NOP, SW(T0, 4, A1), NOP, NOP},   2, 9, WATCH_WRITE,  true,  1, 1, 4, 4, ACCESS_STORE, 4, VALUE,        1},
    {"byte beside",     {NOP, SB(T0, 1, A1), NOP, NOP},       2, 1, WATCH_WRITE,  false, 0, 0, 0, 0, ACCESS_STORE, 0, 0,            0},
    {"byte",            {NOP, SB(T0, 2, A1), NOP, NOP},       0, 4, WATCH_WRITE,  true,  1, 1, 2, 1, ACCESS_STORE, 2, VALUE & 0xff, 1},
    {"load",            {NOP, LW(T1, 0, A1), NOP, NOP},       3, 1, WATCH_READ,   true,  1, 1, 0, 4, ACCESS_LOAD,  3, OLD,          1},
    {"load, write",     {NOP, LW(T1, 0, A1), NOP, NOP},       3, 1, WATCH_WRITE,  false, 0, 0, 0, 0, ACCESS_LOAD,  0, 0,            0},
    {"store in a slot", {NOP, BEQ(0, 0, 1), SW(T0, 0, A1), NOP}, 0, 4, WATCH_WRITE, true, 1, 2, 0, 4, ACCESS_STORE, 0, VALUE,       2},
    {"load in a slot",  {NOP, BEQ(0, 0, 1), LW(T1, 0, A1), NOP}, 0, 4, WATCH_READ, true, 1, 2, 0, 4, ACCESS_LOAD,  0, OLD,          2},
    {"failing sc",      {NOP, SC(T0, 0, A1), NOP, NOP},       0, 4, WATCH_ACCESS, false, 0, 0, 0, 0, ACCESS_STORE, 0, 0,            0},
    {"misaligned",      {NOP, SW(T0, 1, A1), NOP, NOP},       0, 8, WATCH_ACCESS, false, 0, 0, 0, 0, ACCESS_STORE, 0, 0,            0},
};
/* clang-format on */

static void start_watching(struct rig *rig)
{
    const uint32_t old = OLD;
    rig_start(rig, 0);
    rig_words(rig, RIG_DATA, &old, 1);
    rig->s->gpr[T0] = VALUE;
}

static void assert_event(struct rig *rig, const struct watch_row *row, const struct watch *watch, bool after)
{
    const struct debug_event *event = &rig->cpu->debug;
    assert_int_equal(event->reason, DEBUG_WATCH);
    assert_ptr_equal(event->watch, watch);
    assert_int_equal(event->lowest, RIG_DATA + (uint32_t)row->lowest);
    assert_int_equal(event->va, RIG_DATA + (uint32_t)row->va);
    assert_int_equal(event->size, row->size);
    assert_int_equal(event->kind, row->access);
    assert_int_equal(event->pc, RIG_CODE + 4 * row->pc);
    assert_int_equal(event->after, after);
    if (row->access == ACCESS_STORE || after)
        assert_int_equal(event->value, row->value);
}

static void assert_done(struct rig *rig, const struct watch_row *row, bool done)
{
    uint32_t pc = RIG_CODE + 4 * (row->begin + (done ? row->units : 0));
    assert_at(rig, row->begin + (done ? row->units : 0), pc);
    if (row->access == ACCESS_LOAD)
        assert_int_equal(rig->s->gpr[T1], done ? OLD : 0);
    else if (row->size == 4 && row->va == 0)
        assert_int_equal(rig_word(rig, RIG_DATA), done ? VALUE : OLD);
}

static void check_watch(struct rig *rig, const struct watch_row *row, bool after, uint64_t until)
{
    uint64_t first = RIG_DATA + (uint32_t)row->first;
    struct watch *watch = watch_insert(rig->cpu->mmu.watches, first, row->length, row->kind, after);
    start_watching(rig);
    enum cpu_exit exit = cpu_run(rig->cpu, until);
    if (!row->hits) {
        assert_int_equal(exit, CPU_EXIT_LIMIT);
        assert_int_equal(watch->hits, 0);
    } else {
        assert_int_equal(exit, CPU_EXIT_DEBUG);
        assert_event(rig, row, watch, after);
        assert_done(rig, row, after);
        assert_int_equal(watch->hits, 1);
        assert_int_equal(go_on(rig, row->begin + row->units), CPU_EXIT_LIMIT);
        assert_done(rig, row, true);
        assert_int_equal(watch->hits, 1);
    }
    assert_true(watch_remove(rig->cpu->mmu.watches, first, row->length, row->kind));
    start_watching(rig);
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT);
}

static void test_watches(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(watch_rows); i++) {
        const struct watch_row *row = &watch_rows[i];
        print_message("    %s\n", row->name);
        rig_words(rig, RIG_CODE, row->code, ARRAY_SIZE(row->code));
        for (unsigned pass = 0; pass < WARM; pass++) {
            check_watch(rig, row, false, 4);
            check_watch(rig, row, true, 4);
            /* the limit falls on the boundary at which the hit is told */
            check_watch(rig, row, true, row->hits ? row->begin + row->units : 4);
        }
    }
}

/* A hit that stops after its unit, in a unit that runs alone anyway: stopped at before, in either way, or beside a breakpoint. */
static void test_stop_after_in_unit_alone(void **state)
{
    static const uint32_t codes[][3] = {
        {NOP, SW(T0, 0,     A1), NOP},
        { NOP, BEQ(0,     0, 1),   SW(T0, 0, A1)},
    };
    struct rig *rig = *state;
    for (unsigned i = 0; i < WARM * ARRAY_SIZE(codes); i++) {
        unsigned slot = i % ARRAY_SIZE(codes);
        rig_words(rig, RIG_CODE, codes[slot], ARRAY_SIZE(codes[slot]));
        for (uint32_t at = RIG_CODE + 4; at <= RIG_CODE + 4 + 4 * slot; at += 4) {
            struct watch *watch = watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, true);
            cpu_breakpoint_insert(rig->cpu, at);
            start_watching(rig);
            assert_stopped(rig, cpu_run(rig->cpu, 10), 1, RIG_CODE + 4);
            assert_int_equal(go_on(rig, 10), CPU_EXIT_DEBUG);
            assert_int_equal(rig->cpu->debug.reason, DEBUG_WATCH);
            assert_true(rig->cpu->debug.after);
            assert_int_equal(rig->cpu->debug.value, VALUE);
            assert_int_equal(rig->cpu->debug.pc, RIG_CODE + 4 + 4 * slot);
            assert_at(rig, 2 + slot, RIG_CODE + 8 + 4 * slot);
            assert_int_equal(rig_word(rig, RIG_DATA), VALUE);
            assert_int_equal(watch->hits, 1);
            assert_int_equal(go_on(rig, 10), CPU_EXIT_LIMIT);
            cpu_breakpoint_remove(rig->cpu, at);
            watch_remove(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE);
        }
    }
}

/* swl and its like touch exactly their bytes. */
static void test_partial_store(void **state)
{
    struct rig *rig = *state;
    bool big = rig->machine.big_endian;
    int first = big ? 1 : 0, last = big ? 3 : 1; /* the bytes that swl 1(a1) writes */
    rig_code(rig, SWL(T0, 1, A1), NOP);
    for (int byte = -1; byte <= 4; byte++) {
        watch_insert(rig->cpu->mmu.watches, RIG_DATA + (uint32_t)byte, 1, WATCH_WRITE, false);
        start_watching(rig);
        bool hit = cpu_run(rig->cpu, 1) == CPU_EXIT_DEBUG;
        assert_int_equal(hit, byte >= first && byte <= last);
        if (hit)
            assert_int_equal(rig->cpu->debug.lowest, RIG_DATA + (uint32_t)byte);
        watch_remove(rig->cpu->mmu.watches, RIG_DATA + (uint32_t)byte, 1, WATCH_WRITE);
    }
}

/* A device access that is watched is made once, whichever way the stop stands to it. */
static void test_watched_device(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, LW(T1, 0, A0), SW(T0, 4, A0), NOP);
    for (unsigned after = 0; after < 2; after++) {
        watch_insert(rig->cpu->mmu.watches, RIG_DEVICE, 8, WATCH_ACCESS, after);
        start_watching(rig);
        assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_DEBUG);
        assert_int_equal(rig->naccesses, after ? 1 : 0);
        assert_int_equal(go_on(rig, 4), CPU_EXIT_DEBUG);
        assert_int_equal(rig->naccesses, after ? 2 : 1);
        assert_int_equal(go_on(rig, 4), CPU_EXIT_LIMIT);
        assert_int_equal(rig->naccesses, 2);
        assert_int_equal(rig->access[0].icount, 1);
        assert_int_equal(rig->access[1].icount, 2);
        watch_remove(rig->cpu->mmu.watches, RIG_DEVICE, 8, WATCH_ACCESS);
    }
}

/* Leave to pass one unit holds for that unit only. */
static void test_skip_is_for_one_unit(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, SW(T0, 0, A1), SW(T0, 0, A1), ADDIU(T1, T1, 1), BEQ(0, 0, -4), NOP);
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, false);
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 8);
    start_watching(rig);
    for (uint64_t icount = 0; icount < 50; icount += 5) {
        assert_int_equal(go_on(rig, 100), CPU_EXIT_DEBUG);
        assert_at(rig, icount, RIG_CODE);
        assert_int_equal(go_on(rig, 100), CPU_EXIT_DEBUG);
        assert_at(rig, icount + 1, RIG_CODE + 4);
        assert_stopped(rig, go_on(rig, 100), icount + 2, RIG_CODE + 8);
    }
    assert_int_equal(rig->s->gpr[T1], 9);
}

/* A watched page: what is not watched neither stops nor goes wrong. */
static void test_rest_of_page(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, SW(T0, 8, A1), LW(T1, 8, A1), LB(T2, 8, A1), SB(T1, 12, A1), LW(T3, 12, A1), NOP);
    watch_insert(rig->cpu->mmu.watches, RIG_DATA + 0x800, 4, WATCH_ACCESS, false);
    for (unsigned pass = 0; pass < WARM; pass++) {
        start_watching(rig);
        assert_int_equal(cpu_run(rig->cpu, 6), CPU_EXIT_LIMIT);
        assert_int_equal(rig->s->gpr[T1], VALUE);
        assert_int_equal(rig->s->gpr[T2], rig->machine.big_endian ? 0x55 : 0xffffffbb);
        assert_int_equal(rig_word(rig, RIG_DATA + 8), VALUE);
    }
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"breakpoints",               test_breakpoints             },
        {"link before slot",          test_link_before_slot        },
        {"breakpoint on the vector",  test_breakpoint_on_vector    },
        {"interrupt at a breakpoint", test_interrupt_at_breakpoint },
        {"watches",                   test_watches                 },
        {"stop after, unit alone",    test_stop_after_in_unit_alone},
        {"partial store",             test_partial_store           },
        {"watched device",            test_watched_device          },
        {"a skip is for one unit",    test_skip_is_for_one_unit    },
        {"rest of a watched page",    test_rest_of_page            },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
