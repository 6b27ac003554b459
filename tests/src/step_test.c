/*
 * The rules of a step, against a CPU that is a script: each unit is a row that says what the state is after it. The step must
 * stop behind exactly the unit that completes the stepped context.
 */
#include "tests/softmmu/unit.h"

#include <stdlib.h>
#include <string.h>

#include "src/history.h"
#include "src/step.h"

struct fake_state {
    uint32_t pc, in_handler, mode, sp, space, waiting;
};

/* What one unit does. */
struct unit {
    uint32_t pc, in_handler, mode, sp, space, waiting;
    enum cpu_exit exit; /* of the history_run() that runs it */
    bool nothing;       /* no progress is made */
};

enum { UNITS_MAX = 8 };

static struct {
    const struct unit *units;
    unsigned next;
    bool skipped[UNITS_MAX]; /* was skip_breakpoint set for this unit? */
} script;

static void set_state(struct cpu *cpu, const struct unit *unit)
{
    *(struct fake_state *)cpu_state(cpu) =
        (struct fake_state){unit->pc, unit->in_handler, unit->mode, unit->sp, unit->space, unit->waiting};
}

enum cpu_exit history_run(struct vm *vm, uint64_t until)
{
    struct cpu *cpu = vm->cpu;
    const struct unit *unit = &script.units[script.next];
    assert_true(script.next < UNITS_MAX);
    assert_int_equal(until, cpu->machine->clock->icount + 1);
    script.skipped[script.next++] = cpu->skip_breakpoint;
    if (unit->nothing)
        return unit->exit;
    cpu->skip_breakpoint = cpu->skip_watch = false;
    cpu->machine->clock->icount++;
    set_state(cpu, unit);
    return unit->exit;
}

bool history_in_past(const struct vm *vm)
{
    return false;
}

static void fake_context(const struct cpu *cpu, struct step_context *context)
{
    const struct fake_state *state = cpu_state(cpu);
    *context = (struct step_context){state->in_handler, state->mode, state->sp, state->space};
}

static bool fake_waiting(const struct cpu *cpu)
{
    const struct fake_state *state = cpu_state(cpu);
    return state->waiting;
}

static const struct cpu_arch arch = {
    .name = "fake",
    .state_size = sizeof(struct fake_state),
    .pc_offset = offsetof(struct fake_state, pc),
    .insn_align = 4,
    .step_context = fake_context,
    .waiting = fake_waiting,
};

#define PC      0x1000
#define VECTOR  0x80000180
#define USER    .mode = 1, .sp = 0x500, .space = 7
#define SERVING .in_handler = 1, .sp = 0x500
#define KERNEL  .sp = 0x400

static const struct row {
    const char *name;
    enum vm_run_kind kind;
    bool into;
    struct unit start, units[UNITS_MAX];
    unsigned taken;   /* units that the step runs */
    unsigned calls;   /* of step_run() until it is over */
    unsigned skipped; /* mask: units run with skip_breakpoint */
} rows[] = {
    {"plain",                                                       VM_RUN_STEP,  false, {.pc = PC, USER},        {{.pc = PC + 4, USER}},        1, 1, 1},
    {"self-branch is progress",                                     VM_RUN_STEP,  false, {.pc = PC, USER},        {{.pc = PC, USER}},            1, 1, 1},
    {"interrupt passes, then the unit",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, USER},
     {{.pc = VECTOR, SERVING}, {.pc = VECTOR + 4, KERNEL}, {.pc = PC, USER}, {.pc = PC + 4, USER}},
     4,                                                                                                                                             1,
     9                                                                                                                                                  },
    {"syscall returns behind itself",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, USER},
     {{.pc = VECTOR, SERVING}, {.pc = VECTOR + 4, SERVING}, {.pc = PC + 4, USER}},
     3,                                                                                                                                             1,
     1                                                                                                                                                  },
    {"another thread and another process are not home",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, USER},
     {{.pc = VECTOR, SERVING},
      {.pc = PC + 4, .mode = 1, .sp = 0x600, .space = 7},
      {.pc = PC + 4, .mode = 1, .sp = 0x500, .space = 8},
      {.pc = PC + 4, USER}},
     4,                                                                                                                                             1,
     1                                                                                                                                                  },
    {"refill and then a fault: the unit is tried until it is done",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, USER},
     {{.pc = VECTOR, SERVING}, {.pc = PC, USER}, {.pc = VECTOR, SERVING}, {.pc = PC, USER}, {.pc = PC + 4, USER}},
     5,                                                                                                                                             1,
     1 | 4 | 16                                                                                                                                         },
    {"into handlers",                                               VM_RUN_STEP,  true,  {.pc = PC, USER},        {{.pc = VECTOR, SERVING}},     1, 1, 1},
    {"the level set by the instruction itself",                     VM_RUN_STEP,  false, {.pc = PC, .sp = 0x500}, {{.pc = PC + 4, SERVING}},     1, 1, 1},
    {"inside a handler",                                            VM_RUN_STEP,  false, {.pc = VECTOR, SERVING}, {{.pc = VECTOR + 4, SERVING}}, 1, 1, 1},
    {"eret leaves a handler",                                       VM_RUN_STEP,  false, {.pc = VECTOR, SERVING}, {{.pc = PC, USER}},            1, 1, 1},
    {"idle jumps pass",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, KERNEL, .waiting = 1},
     {{.pc = PC, KERNEL, .waiting = 1},
      {.pc = PC, KERNEL, .waiting = 1},
      {.pc = VECTOR, .in_handler = 1, KERNEL},
      {.pc = PC, KERNEL},
      {.pc = PC + 4, KERNEL}},
     5,                                                                                                                                             1,
     1 | 16                                                                                                                                             },
    {"idle jumps pass when stepping into, too",
     VM_RUN_STEP,                                                                 true,
     {.pc = PC, KERNEL, .waiting = 1},
     {{.pc = PC, KERNEL, .waiting = 1}, {.pc = VECTOR, .in_handler = 1, KERNEL}},
     2,                                                                                                                                             1,
     1                                                                                                                                                  },
    {"idle at the host's pace",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, KERNEL, .waiting = 1},
     {{.nothing = true, .exit = CPU_EXIT_IDLE}, {.pc = PC + 4, KERNEL}},
     2,                                                                                                                                             2,
     3                                                                                                                                                  },
    {"a request after the last unit",
     VM_RUN_STEP,                                                                 false,
     {.pc = PC, USER},
     {{.pc = PC + 4, USER, .exit = CPU_EXIT_REQUEST}},
     1,                                                                                                                                             1,
     1                                                                                                                                                  },
    {"range",
     VM_RUN_RANGE,                                                                false,
     {.pc = PC, USER},
     {{.pc = PC + 4, USER}, {.pc = VECTOR, SERVING}, {.pc = PC + 4, USER}, {.pc = PC + 8, USER}},
     4,                                                                                                                                             1,
     1                                                                                                                                                  },
    {"range left at its first unit",                                VM_RUN_RANGE, false, {.pc = PC, USER},        {{.pc = PC - 4, USER}},        1, 1, 1},
};

struct memory {
    struct fake_state state;
    struct cpu cpu;
};
static_assert(sizeof(struct fake_state) % _Alignof(struct cpu) == 0, "the state ends where the CPU begins");

/* A machine of which just that is there which a step looks at. */
struct bench {
    struct vm vm;
    struct clock_state clock;
    struct machine_state machine;
    struct memory *memory;
};

static struct bench *bench_new(const struct unit *start, const struct unit *units)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    bench->memory = calloc(1, sizeof(*bench->memory));
    struct cpu *cpu = bench->vm.cpu = &bench->memory->cpu;
    bench->clock.icount = 100;
    bench->vm.machine.clock = &bench->clock;
    bench->vm.machine.s = &bench->machine;
    cpu->arch = &arch;
    cpu->machine = &bench->vm.machine;
    set_state(cpu, start);
    memset(&script, 0, sizeof(script));
    script.units = units;
    return bench;
}

static void bench_free(struct bench *bench)
{
    free(bench->memory);
    free(bench);
}

static void run_row(void **state)
{
    const struct row *row = *state;
    struct bench *bench = bench_new(&row->start, row->units);
    struct cpu *cpu = bench->vm.cpu;
    bench->vm.step_into = row->into;
    cpu->skip_breakpoint = true;

    step_begin(&bench->vm, &(struct vm_run){.kind = row->kind, .start = PC, .end = PC + 8});
    unsigned calls = 1, skipped = 0;
    while (!step_run(&bench->vm))
        assert_true(++calls < UNITS_MAX);
    for (unsigned i = 0; i < script.next; i++)
        skipped |= (unsigned)script.skipped[i] << i;
    assert_int_equal(script.next, row->taken);
    assert_int_equal(calls, row->calls);
    assert_int_equal(skipped, row->skipped);
    assert_int_equal(cpu->debug.reason, DEBUG_STEP);
    bench_free(bench);
}

/* What hits inside a handler ends the step as what it is. */
static void hit_on_the_way(void **state)
{
    static const struct unit units[] = {
        {.pc = VECTOR,    SERVING               },
        {.nothing = true, .exit = CPU_EXIT_DEBUG}
    };
    static const struct unit start = {.pc = PC, USER};
    struct bench *bench = bench_new(&start, units);
    step_begin(&bench->vm, &(struct vm_run){.kind = VM_RUN_STEP});
    bench->vm.cpu->debug.reason = DEBUG_WATCH;
    assert_true(step_run(&bench->vm));
    assert_int_equal(script.next, 2);
    assert_int_equal(bench->vm.cpu->debug.reason, DEBUG_WATCH);
    bench_free(bench);
}

/* The guest has asked for a reset: nobody comes home from it. */
static void reset_on_the_way(void **state)
{
    static const struct unit units[] = {
        {.pc = VECTOR, SERVING}
    };
    static const struct unit start = {.pc = PC, USER};
    struct bench *bench = bench_new(&start, units);
    bench->machine.request = REQUEST_RESET;
    step_begin(&bench->vm, &(struct vm_run){.kind = VM_RUN_STEP});
    assert_true(step_run(&bench->vm));
    assert_int_equal(script.next, 1);
    assert_int_equal(bench->vm.cpu->debug.reason, DEBUG_STEP);
    bench_free(bench);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows) + 2];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, run_row, NULL, NULL, (void *)&rows[i]};
    tests[ARRAY_SIZE(rows)] = (struct CMUnitTest)cmocka_unit_test(hit_on_the_way);
    tests[ARRAY_SIZE(rows) + 1] = (struct CMUnitTest)cmocka_unit_test(reset_on_the_way);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
