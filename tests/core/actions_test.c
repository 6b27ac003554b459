/* Points with conditions: each hit is asked once, and the guest runs as if there were none. */
#include "cpu/actions.h"
#include "cpu/mips/registers.h"
#include "softmmu/alloc.h"
#include "softmmu/watch.h"
#include "tests/core/rig.h"

#include <string.h>

enum { COUNTER = 7, LIMIT = 400 };

/* variable COUNTER counts the evaluations; then false. */
#define COUNTS AGENT_getv, 0, COUNTER, AGENT_const8, 1, AGENT_add, AGENT_setv, 0, COUNTER, AGENT_pop
static const uint8_t counts_false[] = {COUNTS, AGENT_const8, 0, AGENT_end};
static const uint8_t t1_is_5[] = {COUNTS, AGENT_reg, 0, T1, AGENT_const8, 5, AGENT_equal, AGENT_end};
static const uint8_t value_is_5[] = {
    COUNTS, AGENT_reg, AGENT_REGISTER_VALUE >> 8, AGENT_REGISTER_VALUE & 255, AGENT_const8, 5, AGENT_equal, AGENT_end};
static const uint8_t third_is_negative[] = {COUNTS, AGENT_const8, 1,           AGENT_l_to_d,      AGENT_const8,
                                            3,      AGENT_l_to_d, AGENT_float, AGENT_div_signed,  AGENT_const8,
                                            0,      AGENT_l_to_d, AGENT_float, AGENT_less_signed, AGENT_end};
static const uint8_t reads_fcsr[] = {COUNTS, AGENT_reg, 0, MIPS_REGISTER_FCSR, AGENT_const16, 0x10, 0x04, AGENT_equal, AGENT_end};
static const uint8_t faults[] = {AGENT_const8, 0, AGENT_ref32, AGENT_end};
static const uint8_t read_counter[] = {AGENT_getv, 0, COUNTER, AGENT_const8, 0, AGENT_setv, 0, COUNTER, AGENT_pop, AGENT_end};
static const uint8_t prints_t1[] = {AGENT_reg, 0, T1, AGENT_const8, 0,   AGENT_const8, 0, AGENT_printf,
                                    1,         0, 4,  '%',          'd', ' ',          0, AGENT_end};

static char printed[256];

static void print(void *opaque, const char *text, size_t length)
{
    strncat(printed, text, length);
}

static struct agent_program *program(struct rig *rig, const uint8_t *bytes, size_t length)
{
    const char *error;
    struct agent_program *made = actions_program(rig->cpu, bytes, length, &error);
    assert_non_null(made);
    return made;
}

static struct point_actions *condition(struct rig *rig, const uint8_t *bytes, size_t length)
{
    struct point_actions *actions = alloc_zeroed(sizeof(*actions));
    actions->conditions = alloc_zeroed(sizeof(*actions->conditions));
    actions->conditions[0] = program(rig, bytes, length);
    actions->nconditions = 1;
    return actions;
}
#define CONDITION(rig, bytes) condition(rig, bytes, sizeof(bytes))

/* And from then on 0. */
static uint64_t evaluations(struct rig *rig)
{
    struct agent_program *reader = program(rig, read_counter, sizeof(read_counter));
    uint64_t count = 0;
    /* getv leaves the count below the 0 that is set and popped */
    assert_int_equal(actions_evaluate(rig->cpu, reader, NULL, &count), AGENT_DONE);
    agent_program_free(reader);
    return count;
}

/* A loop of 7: t1 counts; stores, a call with a slot that stores, a taken and a not taken branch. */
static void load_loop(struct rig *rig)
{
    rig_code(rig, ADDIU(T1, T1, 1), SW(T1, 0, A1), ADDIU(T2, T1, 1), BNE(0, 0, 1), SW(T2, 4, A1), BEQ(0, 0, -6), SB(T1, 8, A1));
    rig_start(rig, 0);
}
enum { LOOP = 7 };

struct outcome {
    uint64_t icount;
    uint32_t pc, gpr[32], memory[3];
};

static struct outcome outcome(struct rig *rig)
{
    struct outcome o = {.icount = rig->clock->icount, .pc = *cpu_pc(rig->cpu)};
    memcpy(o.gpr, rig->s->gpr, sizeof(o.gpr));
    for (unsigned i = 0; i < 3; i++)
        o.memory[i] = rig_word(rig, RIG_DATA + 4 * i);
    return o;
}

static uint64_t run_to_limit(struct rig *rig, struct outcome *o)
{
    load_loop(rig);
    evaluations(rig);
    while (rig->clock->icount < LIMIT) /* as slices do, at any place */
        assert_int_equal(cpu_run(rig->cpu, min_u64(LIMIT, rig->clock->icount + 1 + rig->clock->icount % 17)), CPU_EXIT_LIMIT);
    *o = outcome(rig);
    return evaluations(rig);
}

/* How often an instruction of the loop is begun before the limit; a slot is when its branch is. */
static uint64_t times(unsigned instruction)
{
    unsigned unit = instruction == 4 ? 3 : instruction == 6 ? 5 : instruction;
    return LIMIT / LOOP + (LIMIT % LOOP > unit);
}

static void test_false_breakpoints(void **state)
{
    struct rig *rig = *state;
    struct outcome plain, watched;
    run_to_limit(rig, &plain);
    for (unsigned at = 0; at < LOOP; at++) {
        struct point_actions *actions = CONDITION(rig, counts_false);
        cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4 * at);
        cpu_breakpoint_attach(rig->cpu, RIG_CODE + 4 * at, actions);
        uint64_t count = run_to_limit(rig, &watched);
        assert_memory_equal(&plain, &watched, sizeof(plain));
        assert_int_equal(count, times(at));
        cpu_breakpoint_detach(rig->cpu, RIG_CODE + 4 * at, actions);
        assert_true(cpu_breakpoint_remove(rig->cpu, RIG_CODE + 4 * at));
        actions_free(actions);
    }
}

/* All at once, on branches and their slots too. */
static void test_false_everywhere(void **state)
{
    struct rig *rig = *state;
    struct point_actions *actions[LOOP];
    struct outcome plain, watched;
    uint64_t expected = 0;
    run_to_limit(rig, &plain);
    for (unsigned at = 0; at < LOOP; at++) {
        actions[at] = CONDITION(rig, counts_false);
        cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4 * at);
        cpu_breakpoint_attach(rig->cpu, RIG_CODE + 4 * at, actions[at]);
        expected += times(at);
    }
    assert_int_equal(run_to_limit(rig, &watched), expected);
    assert_memory_equal(&plain, &watched, sizeof(plain));
    for (unsigned at = 0; at < LOOP; at++) {
        cpu_breakpoint_detach(rig->cpu, RIG_CODE + 4 * at, actions[at]);
        cpu_breakpoint_remove(rig->cpu, RIG_CODE + 4 * at);
        actions_free(actions[at]);
    }
}

static void test_true_breakpoint(void **state)
{
    struct rig *rig = *state;
    static const struct {
        unsigned at, stands; /* instructions */
        uint64_t icount;
    } rows[] = {
        {0, 0, 5 * LOOP    },
        {2, 2, 4 * LOOP + 2},
        {3, 3, 4 * LOOP + 3},
        {4, 3, 4 * LOOP + 3},
        {6, 5, 4 * LOOP + 5},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t pc = RIG_CODE + 4 * rows[i].at;
        struct point_actions *actions = CONDITION(rig, t1_is_5);
        cpu_breakpoint_insert(rig->cpu, pc);
        cpu_breakpoint_attach(rig->cpu, pc, actions);
        load_loop(rig);
        assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_DEBUG);
        assert_int_equal(rig->cpu->debug.reason, DEBUG_BREAKPOINT);
        assert_at(rig, rows[i].icount, RIG_CODE + 4 * rows[i].stands);
        assert_int_equal(rig->s->gpr[T1], 5);
        rig->cpu->skip_breakpoint = true;
        assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_LIMIT);
        cpu_breakpoint_insert(rig->cpu, pc); /* another one there, without a condition */
        load_loop(rig);
        assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_DEBUG);
        assert_true(rig->clock->icount < LOOP);
        cpu_breakpoint_remove(rig->cpu, pc);
        cpu_breakpoint_detach(rig->cpu, pc, actions);
        cpu_breakpoint_remove(rig->cpu, pc);
        actions_free(actions);
    }
}

/* In the midst of a block the condition sees registers as they are at the access. */
static void test_watches(void **state)
{
    struct rig *rig = *state;
    static const struct {
        unsigned offset; /* watched */
        bool by_value;
        bool after;
        uint64_t icount; /* of the stop, before the unit */
        unsigned unit;   /* instructions */
    } rows[] = {
        {0, false, false, 4 * LOOP + 1, 1},
        {0, true,  false, 4 * LOOP + 1, 1},
        {4, false, false, 4 * LOOP + 3, 2},
        {4, true,  false, 3 * LOOP + 3, 2},
        {8, false, false, 4 * LOOP + 5, 2},
        {0, false, true,  4 * LOOP + 1, 1},
        {8, true,  true,  4 * LOOP + 5, 2},
    };
    struct outcome plain, watched;
    run_to_limit(rig, &plain);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct point_actions *actions = rows[i].by_value ? CONDITION(rig, value_is_5) : CONDITION(rig, t1_is_5);
        struct point_actions *never = CONDITION(rig, counts_false);
        struct watch *watch = watch_insert(rig->cpu->mmu.watches, RIG_DATA + rows[i].offset, 4, WATCH_WRITE, rows[i].after);
        watch->actions = actions;
        load_loop(rig);
        evaluations(rig);
        assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_DEBUG);
        assert_int_equal(rig->cpu->debug.reason, DEBUG_WATCH);
        assert_int_equal(rig->clock->icount, rows[i].icount + (rows[i].after ? rows[i].unit : 0));
        assert_int_equal(watch->hits, 1);
        assert_int_equal(evaluations(rig), rows[i].icount / LOOP + 1);
        watch->actions = never;
        assert_int_equal(run_to_limit(rig, &watched), times(rows[i].offset == 0 ? 1 : rows[i].offset == 4 ? 4 : 6));
        assert_memory_equal(&plain, &watched, sizeof(plain));
        watch_remove(rig->cpu->mmu.watches, RIG_DATA + rows[i].offset, 4, WATCH_WRITE);
        actions_free(actions);
        actions_free(never);
    }
}

static void test_failing_condition(void **state)
{
    struct rig *rig = *state;
    struct point_actions *actions = CONDITION(rig, faults);
    actions_print_to(print, NULL);
    printed[0] = 0;
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4);
    cpu_breakpoint_attach(rig->cpu, RIG_CODE + 4, actions);
    load_loop(rig);
    assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_DEBUG);
    assert_at(rig, 1, RIG_CODE + 4);
    assert_string_equal(printed, "the condition at 80001004 cannot be evaluated: it reads memory that is not there\n");
    cpu_breakpoint_detach(rig->cpu, RIG_CODE + 4, actions);
    cpu_breakpoint_remove(rig->cpu, RIG_CODE + 4);
    actions_free(actions);
}

static void check_commands(struct rig *rig, unsigned at)
{
    struct point_actions *actions = alloc_zeroed(sizeof(*actions));
    actions->commands = alloc_zeroed(sizeof(*actions->commands));
    actions->commands[0] = program(rig, prints_t1, sizeof(prints_t1));
    actions->ncommands = 1;
    actions_print_to(print, NULL);
    printed[0] = 0;
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4 * at);
    cpu_breakpoint_attach(rig->cpu, RIG_CODE + 4 * at, actions);
    load_loop(rig);
    assert_int_equal(cpu_run(rig->cpu, 5 * LOOP), CPU_EXIT_LIMIT);
    assert_string_equal(printed, "1 2 3 4 5 ");
    printed[0] = 0;
    load_loop(rig);
    while (rig->clock->icount < 5 * LOOP) { /* in steps, each of which passes over what stands where it begins */
        rig->cpu->skip_breakpoint = true;
        assert_int_equal(cpu_run(rig->cpu, rig->clock->icount + 1), CPU_EXIT_LIMIT);
    }
    assert_string_equal(printed, "1 2 3 4 5 ");
    cpu_breakpoint_detach(rig->cpu, RIG_CODE + 4 * at, actions);
    cpu_breakpoint_remove(rig->cpu, RIG_CODE + 4 * at);
    actions_free(actions);
    actions_print_to(NULL, NULL);
}

static void test_commands(void **state)
{
    struct rig *rig = *state;
    check_commands(rig, 2); /* in the midst, a branch, its slot */
    check_commands(rig, 3);
    check_commands(rig, 4);
}

/* While the CPU waits, the boundary is looked at again and again: the point there is asked once. */
static void test_waiting(void **state)
{
    struct rig *rig = *state;
    struct point_actions *actions = CONDITION(rig, counts_false);
    rig_code(rig, WAIT, ADDIU(T1, T1, 1), BEQ(0, 0, -1), NOP);
    rig_start(rig, 0x401);
    rig->cpu->idle_jumps = false;
    cpu_breakpoint_insert(rig->cpu, RIG_CODE + 4);
    cpu_breakpoint_attach(rig->cpu, RIG_CODE + 4, actions);
    evaluations(rig);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_IDLE);
    assert_int_equal(evaluations(rig), 1);
    cpu_breakpoint_detach(rig->cpu, RIG_CODE + 4, actions);
    cpu_breakpoint_remove(rig->cpu, RIG_CODE + 4);
    actions_free(actions);
}

#define ADD_D(fd, fs, ft) (0x46200000u | (ft) << 16 | (fs) << 11 | (fd) << 6)
enum { STATUS_CU1 = 0x20000000, FCSR_INEXACT = 0x1004, FPU_LOOP = 6 };

/* Sums of 1.0, or of 1.0 and a number so small that they are inexact, with a store between them. */
static void start_sums(struct rig *rig, uint32_t small)
{
    rig_code(rig, ADD_D(4, 0, 2), SW(T1, 0, A1), ADD_D(6, 2, 2), SW(T1, 4, A1), BEQ(0, 0, -5), NOP);
    rig_start(rig, STATUS_CU1);
    rig->s->fpr_lo[1] = 0x3ff00000;
    rig->s->fpr_lo[3] = small;
}

static void set_watch(struct rig *rig, struct point_actions *actions)
{
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, false)->actions = actions;
}

/* What a condition computes is not the guest's floating point. */
static void test_float_condition(void **state)
{
    struct rig *rig = *state;
    struct point_actions *actions = CONDITION(rig, third_is_negative);
    set_watch(rig, actions);
    evaluations(rig);
    start_sums(rig, 0x3ff00000);
    assert_int_equal(cpu_run(rig->cpu, LIMIT), CPU_EXIT_LIMIT);
    assert_int_equal(rig->s->fcsr, 0);
    assert_int_equal(rig->s->fpr_lo[5], 0x40000000);
    assert_int_equal(evaluations(rig), (LIMIT - 2) / FPU_LOOP + 1);
    watch_remove_all(rig->cpu->mmu.watches);
    actions_free(actions);
}

/* And it sees what the guest's raised: Inexact by the sum before the store, the other is exact. */
static void test_fcsr_condition(void **state)
{
    struct rig *rig = *state;
    struct point_actions *actions = CONDITION(rig, reads_fcsr);
    set_watch(rig, actions);
    start_sums(rig, 0x00100000);
    while (cpu_run(rig->cpu, 100) == CPU_EXIT_LIMIT && rig->clock->icount < 100)
        ;
    assert_int_equal(rig->cpu->debug.reason, DEBUG_WATCH);
    assert_int_equal(rig->clock->icount, 1);
    assert_int_equal(rig->s->fcsr, FCSR_INEXACT);
    rig->cpu->skip_watch = true;
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_int_equal(rig->s->fcsr, FCSR_INEXACT & 0x7f);
    watch_remove_all(rig->cpu->mmu.watches);
    actions_free(actions);
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"false breakpoints",   test_false_breakpoints},
        {"false everywhere",    test_false_everywhere },
        {"true breakpoints",    test_true_breakpoint  },
        {"watches",             test_watches          },
        {"failing conditions",  test_failing_condition},
        {"commands",            test_commands         },
        {"waiting",             test_waiting          },
        {"float condition",     test_float_condition  },
        {"FCSR in a condition", test_fcsr_condition   },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
