/* The dispatcher: budgets, deadlines, idle time, inputs, requests, code that changes. */
#include "tests/core/rig.h"

#include <string.h>

static uint64_t slice_sizes = 0x1234567;

/* Units of 1, 1 and 2 instructions, for ever; every boundary's state is a function of its icount. */
static void loop_program(struct rig *rig)
{
    rig_code(rig, ADDIU(T0, T0, 1), ADDIU(T1, T1, 2), BNE(T0, 0, -3), ADDIU(T3, T3, 1));
}

static uint64_t loop_boundary(uint64_t at_least)
{
    return at_least % 4 == 3 ? at_least + 1 : at_least;
}

static void assert_loop_state(const struct rig *rig, uint64_t icount)
{
    assert_at(rig, icount, RIG_CODE + 4 * (icount % 4));
    assert_int_equal(rig->s->gpr[T0], (icount + 3) / 4);
    assert_int_equal(rig->s->gpr[T1], 2 * ((icount + 2) / 4));
    assert_int_equal(rig->s->gpr[T3], icount / 4);
}

static void test_budgets(void **state)
{
    struct rig *rig = *state;
    uint64_t until = 0;
    loop_program(rig);
    rig_start(rig, 0);
    for (unsigned i = 0; i < 3000; i++) {
        until += random_below(&slice_sizes, i % 2 ? 6 : 300);
        uint64_t before = rig->clock->icount;
        assert_int_equal(cpu_run(rig->cpu, until), CPU_EXIT_LIMIT);
        assert_loop_state(rig, until <= before ? before : loop_boundary(until));
    }
}

static void check_loop(struct rig *rig)
{
    assert_loop_state(rig, rig->clock->icount);
}

static void test_deadlines(void **state)
{
    struct rig *rig = *state;
    loop_program(rig);
    rig->on_timer = check_loop;
    for (unsigned shift = 0; shift <= 3; shift += 3)
        for (uint64_t deadline = 1; deadline < 150; deadline++) {
            rig_start(rig, 0);
            rig->clock->rate = CLOCK_RATE_SHIFT(shift);
            timer_set(&rig->machine.timers, rig->timer, deadline);
            assert_int_equal(cpu_run(rig->cpu, 160), CPU_EXIT_LIMIT);
            assert_int_equal(rig->nfired, 1);
            assert_int_equal(rig->fired[0], loop_boundary((deadline + (1u << shift) - 1) >> shift));
            assert_loop_state(rig, 160);
        }
}

static void arm_timer(struct rig *rig, uint64_t value)
{
    timer_set(&rig->machine.timers, rig->timer, rig->clock->icount + value);
}

/* A deadline that an access makes earlier, inside the block that is running. */
static void test_deadline_from_access(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, NOP, SW(T0, 0, A0), NOP, NOP, BEQ(0, 0, 1), NOP, NOP, NOP, NOP, NOP, NOP, BEQ(0, 0, -1), NOP);
    rig_warm(rig, 20);
    rig->on_write = arm_timer;
    for (uint32_t delta = 0; delta < 12; delta++) {
        rig_start(rig, 0);
        rig->s->gpr[T0] = delta;
        assert_int_equal(cpu_run(rig->cpu, 20), CPU_EXIT_LIMIT);
        assert_int_equal(rig->access[0].icount, 2);
        uint64_t at = 2 + (delta ? delta : 1); /* at the boundary behind the access at the earliest */
        assert_int_equal(rig->nfired, 1);
        assert_int_equal(rig->fired[0], at == 6 || at == 13 ? at + 1 : at);
    }
}

/* Memory that a block is never kept of: each unit of it is run alone. */
#define SLOW_CODE 0xbe000000u
#define SLOW_PHYS 0x1e000000u

static uint64_t slow_code(void *opaque, uint64_t offset, unsigned size)
{
    static const uint32_t code[] = {NOP, NOP, SW(T0, 0, A0), NOP, NOP, BEQ(0, 0, -1), NOP};
    assert_int_equal(size, 4);
    return offset / 4 < ARRAY_SIZE(code) ? code[offset / 4] : NOP;
}

/* A deadline that an access of a unit run alone makes earlier: with a budget that reaches far beyond it. */
static void test_deadline_from_unit_alone(void **state)
{
    static const struct mmio_ops ops = {.read = slow_code};
    struct rig *rig = *state;
    const struct region region = {
        .name = "slow", .kind = REGION_MMIO, .flags = REGION_CPU_ORDER, .size = GUEST_PAGE, .ops = &ops, .opaque = rig};
    physmap_add(rig->machine.phys, SLOW_PHYS, 0, &region);
    rig->on_write = arm_timer;
    for (uint32_t delta = 0; delta < 12; delta++) {
        rig_start(rig, 0);
        *cpu_pc(rig->cpu) = SLOW_CODE;
        rig->s->gpr[T0] = delta;
        assert_int_equal(cpu_run(rig->cpu, 1000), CPU_EXIT_LIMIT);
        uint64_t at = 2 + (delta ? delta : 1);
        assert_int_equal(rig->nfired, 1);
        assert_int_equal(rig->fired[0], at >= 6 && at % 2 == 0 ? at + 1 : at);
    }
}

static void test_access_icount(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, LW(V0, 0, A0), NOP, SW(T0, 4, A0), BEQ(0, 0, 1), LW(V1, 8, A0), NOP, NOP);
    for (unsigned pass = 0; pass < 2; pass++) {
        static const struct rig_access expected[] = {
            {1, 0, 0, 4, false},
            {3, 4, 7, 4, true },
            {4, 8, 0, 4, false}
        };
        rig_start(rig, 0);
        rig->s->gpr[T0] = 7;
        assert_int_equal(cpu_run(rig->cpu, 7), CPU_EXIT_LIMIT);
        assert_int_equal(rig->naccesses, 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(rig->access[i].icount, expected[i].icount);
            assert_int_equal(rig->access[i].offset, expected[i].offset);
            assert_int_equal(rig->access[i].value, expected[i].value);
            assert_int_equal(rig->access[i].write, expected[i].write);
        }
        assert_int_equal(rig->s->gpr[V0], 0x11223344);
        assert_int_equal(rig->s->gpr[V1], 0x11223344);
    }
}

static void raise_line(struct rig *rig, uint64_t value)
{
    irq_set(&rig->irq, value);
}

static void test_interrupt_after_access(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, SW(T0, 0, A0), ADDIU(T1, T1, 1), NOP, NOP);
    rig_warm(rig, 5);
    rig->on_write = raise_line;
    rig_start(rig, 0x401);
    rig->s->gpr[T0] = 1;
    assert_int_equal(cpu_run(rig->cpu, 2), CPU_EXIT_LIMIT);
    assert_at(rig, 2, RIG_CODE + 8);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT); /* entering the vector counts one and runs nothing */
    assert_at(rig, 3, RIG_VECTOR);
    assert_int_equal(rig->s->epc, RIG_CODE + 8);
    assert_int_equal(rig->s->gpr[T1], 0);
}

static void line_up(struct rig *rig)
{
    irq_set(&rig->irq, true);
}

static void start_waiting(struct rig *rig)
{
    rig_code(rig, NOP, WAIT, NOP, NOP);
    rig->on_timer = line_up;
    rig_start(rig, 0x401);
    timer_set(&rig->machine.timers, rig->timer, 5000);
}

static void test_idle_jump(void **state)
{
    struct rig *rig = *state;
    start_waiting(rig);
    assert_int_equal(cpu_run(rig->cpu, 2), CPU_EXIT_LIMIT);
    assert_at(rig, 2, RIG_CODE + 8);
    assert_true(rig->s->waiting);
    assert_int_equal(clock_now(rig->clock), 2);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_int_equal(clock_now(rig->clock), 5000);
    assert_int_equal(rig->fired[0], 3);
    assert_at(rig, 3, RIG_CODE + 8);
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT);
    assert_at(rig, 4, RIG_VECTOR);
    assert_false(rig->s->waiting);
    assert_int_equal(rig->s->epc, RIG_CODE + 8);
}

static void test_idle_exit(void **state)
{
    struct rig *rig = *state;
    start_waiting(rig);
    rig->cpu->idle_jumps = false;
    for (unsigned i = 0; i < 2; i++) { /* and a look at it changes nothing */
        assert_int_equal(cpu_run(rig->cpu, 100), CPU_EXIT_IDLE);
        assert_at(rig, 2, RIG_CODE + 8);
    }
    cpu_idle_jump(rig->cpu, 5000);
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT);
    assert_at(rig, 4, RIG_VECTOR);
}

static void take_input(void *opaque, const struct input *input)
{
    struct rig *rig = opaque;
    rig->noted = input->icount;
    irq_set(&rig->irq, true);
}

static void test_inputs(void **state)
{
    struct rig *rig = *state;
    loop_program(rig);
    inputs_connect(rig->machine.inputs, INPUT_CONSOLE, 0, take_input, rig);
    rig_start(rig, 0x401);
    assert_int_equal(cpu_run(rig->cpu, 10), CPU_EXIT_LIMIT);
    inputs_submit(rig->machine.inputs, INPUT_CONSOLE, 0, "x", 1);
    assert_int_equal(cpu_run(rig->cpu, 10), CPU_EXIT_LIMIT); /* a stop at 10 stands before the inputs stamped 10 */
    assert_true(inputs_pending(rig->machine.inputs));
    assert_int_equal(cpu_run(rig->cpu, 11), CPU_EXIT_LIMIT);
    assert_false(inputs_pending(rig->machine.inputs));
    assert_int_equal(rig->noted, 10);
    assert_at(rig, 11, RIG_VECTOR); /* its interrupt comes before the unit there */
    assert_int_equal(inputs_at(rig->machine.inputs, 0)->icount, 10);
}

/* A store of single bytes to a device that moves something at the first of them: each byte gets where it then belongs. */
static struct {
    unsigned handle;
    uint64_t to;
} moved;

static void move_mapping(struct rig *rig, uint64_t value)
{
    physmap_move(rig->machine.phys, moved.handle, moved.to, GUEST_PAGE);
}

static void check_moving_store(struct rig *rig, unsigned handle, uint64_t from, uint64_t to, unsigned seen)
{
    const bool big = rig->machine.big_endian;
    moved.handle = handle;
    moved.to = to;
    rig_code(rig, NOP, SWL(T0, big ? 1 : 2, A0), NOP, NOP); /* three bytes */
    rig_start(rig, 0);
    rig->s->gpr[T0] = 0x11223344;
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT);
    assert_at(rig, 4, RIG_CODE + 16);
    assert_int_equal(rig->naccesses, seen);
    for (unsigned i = 0; i < seen; i++) {
        assert_int_equal(rig->access[i].offset, big ? 1 + i : i);
        assert_int_equal(rig->access[i].size, 1);
        assert_int_equal(rig->access[i].value, big ? 0x11 * (i + 1) : 0x11 * (3 - i));
        assert_int_equal(rig->access[i].icount, 1);
    }
    physmap_move(rig->machine.phys, handle, from, GUEST_PAGE);
}

static void test_store_moves_mappings(void **state)
{
    static const struct mmio_ops ops = {.write = NULL};
    struct rig *rig = *state;
    const struct region region = {.name = "other", .kind = REGION_MMIO, .size = GUEST_PAGE, .ops = &ops, .opaque = rig};
    unsigned other = physmap_add(rig->machine.phys, 0x1c000000, 0, &region);
    rig->on_write = move_mapping;
    for (unsigned pass = 0; pass < 2; pass++) {
        check_moving_store(rig, other, 0x1c000000, 0x1d000000, 3);
        check_moving_store(rig, rig->device, RIG_DEVICE & 0x1fffffff, 0x1c100000, 1); /* the device itself is gone */
    }
}

static void ask_reset(struct rig *rig, uint64_t value)
{
    machine_request(&rig->machine, REQUEST_RESET);
}

static void test_requests(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, SW(T0, 0, A0), NOP, NOP, NOP, NOP);
    rig_warm(rig, 5);
    rig->on_write = ask_reset;
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_REQUEST);
    assert_at(rig, 2, RIG_CODE + 8);
    machine_request(&rig->machine, REQUEST_NONE);
    cpu_stop_soon(rig->cpu);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_REQUEST);
    assert_at(rig, 2, RIG_CODE + 8);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
    assert_at(rig, 5, RIG_CODE + 20);
}

/* The code writes the word two instructions ahead. */
static void test_code_writes_itself(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, SW(T0, 12, A1), NOP, ADDIU(T3, T3, 1), NOP, NOP);
    rig_start(rig, 0);
    rig->s->gpr[A1] = RIG_CODE;
    for (uint32_t value = 1; value < 20; value++) {
        rig_start(rig, 0);
        rig->s->gpr[A1] = RIG_CODE;
        rig->s->gpr[T0] = ADDIU(T3, T3, value);
        assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
        assert_int_equal(rig->s->gpr[T3], value);
    }
}

/* A store over its own word, in a slot over its branch: what was fetched runs to its end. */
static void test_unit_writes_itself(void **state)
{
    struct rig *rig = *state;
    for (unsigned in_slot = 0; in_slot < 2; in_slot++) {
        rig_code(rig, NOP, in_slot ? BEQ(0, 0, 2) : SW(T0, 4, A1), in_slot ? SW(T0, 4, A1) : NOP, ADDIU(T1, T1, 1), NOP, NOP, NOP,
                 NOP);
        rig_start(rig, 0);
        rig->s->gpr[A1] = RIG_DATA; /* translated and not yet touched */
        assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
        rig_start(rig, 0);
        rig->s->gpr[A1] = RIG_CODE;
        rig->s->gpr[T0] = ADDIU(T3, T3, 1);
        assert_int_equal(cpu_run(rig->cpu, in_slot ? 3 : 2), CPU_EXIT_LIMIT);
        assert_at(rig, in_slot ? 3 : 2, RIG_CODE + (in_slot ? 16 : 8));
        assert_int_equal(rig->s->gpr[T3], 0);
        assert_int_equal(rig_word(rig, RIG_CODE + 4), ADDIU(T3, T3, 1));
    }
}

static void dma_over_code(struct rig *rig, uint64_t value)
{
    uint32_t word = ADDIU(T3, T3, value);
    if (rig->machine.big_endian)
        word = __builtin_bswap32(word);
    phys_write(rig->machine.phys, (RIG_CODE & 0x1fffffff) + 12, &word, sizeof(word), PHYS_DMA);
}

static void test_dma_over_running_code(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, SW(T0, 0, A0), NOP, ADDIU(T3, T3, 1), NOP, NOP);
    rig->on_write = dma_over_code;
    for (uint32_t value = 1; value < 20; value++) {
        rig_start(rig, 0);
        rig->s->gpr[T0] = value;
        assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
        assert_int_equal(rig->s->gpr[T3], value);
        assert_int_equal(rig->naccesses, 1);
        assert_int_equal(rig->access[0].icount, 1);
    }
}

/* An exception counts one, in a slot two; a nullified slot does not count. */
static void test_counts_of_exceptions(void **state)
{
    static const struct {
        uint32_t code[3];
        uint64_t count;
        uint32_t pc, epc;
        bool in_slot;
    } rows[] = {
        {{NOP, LW(T0, 1, A1), NOP},           2, RIG_VECTOR,    RIG_CODE + 4, false},
        {{BEQ(0, 0, 1), LW(T0, 1, A1), NOP},  2, RIG_VECTOR,    RIG_CODE,     true },
        {{BNEL(0, 0, 1), LW(T0, 1, A1), NOP}, 1, RIG_CODE + 8,  0,            false},
        {{BEQL(0, 0, 5), NOP, NOP},           2, RIG_CODE + 24, 0,            false},
    };
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rig_words(rig, RIG_CODE, rows[i].code, 3);
        rig_start(rig, 0);
        rig->s->epc = rig->s->cause = 0;
        assert_int_equal(cpu_run(rig->cpu, rows[i].count), CPU_EXIT_LIMIT);
        assert_at(rig, rows[i].count, rows[i].pc);
        assert_int_equal(rig->s->epc, rows[i].epc);
        assert_int_equal(rig->s->cause >> 31, rows[i].in_slot);
    }
}

/* The jump and its slot are complete; that its target cannot be fetched is the target's exception, not the slot's. */
static void test_fetch_exception_after_slot(void **state)
{
    static const struct {
        uint32_t target, vector;
    } rows[] = {
        {0x00400000,   RIG_REFILL},
        {RIG_CODE + 2, RIG_VECTOR},
    };
    struct rig *rig = *state;
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        rig_code(rig, NOP, JALR(0, T0), ADDIU(T1, T1, 1));
        rig_start(rig, 0);
        rig->s->gpr[T0] = rows[i / 2].target;
        assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_LIMIT);
        assert_at(rig, 4, rows[i / 2].vector);
        assert_int_equal(rig->s->epc, rows[i / 2].target);
        assert_int_equal(rig->s->cause >> 31, 0);
        assert_int_equal(rig->s->gpr[T1], 1);
    }
}

/* Generated code, which runs but for the last instructions, has left a unit at each access; nothing shows it. */
static void test_fault_first(void **state)
{
    struct rig *rig = *state;
    bool faults = rig->cpu->mmu.fault_first;
    rig_code(rig, ADDIU(T0, T0, 1), SW(T0, 0, A1), BNE(T0, 0, -3), LW(T1, 0, A1));
    rig_start(rig, 0);
    assert_int_equal(cpu_run(rig->cpu, 402), CPU_EXIT_LIMIT);
    assert_at(rig, 402, RIG_CODE + 8);
    assert_int_equal(rig->s->gpr[T0], 101);
    assert_int_equal(rig->s->gpr[T1], 100);
    assert_int_equal(rig_word(rig, RIG_DATA), 101);
    assert_in_range(rig->cpu->faulted, faults ? 200 : UINT64_MAX, faults ? 401 : UINT64_MAX);
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"budgets",                      test_budgets                   },
        {"deadlines",                    test_deadlines                 },
        {"deadline from an access",      test_deadline_from_access      },
        {"deadline from a unit alone",   test_deadline_from_unit_alone  },
        {"icount of an access",          test_access_icount             },
        {"interrupt after an access",    test_interrupt_after_access    },
        {"idle jump",                    test_idle_jump                 },
        {"idle exit",                    test_idle_exit                 },
        {"inputs",                       test_inputs                    },
        {"store that moves mappings",    test_store_moves_mappings      },
        {"requests",                     test_requests                  },
        {"code writes itself",           test_code_writes_itself        },
        {"unit writes itself",           test_unit_writes_itself        },
        {"dma over running code",        test_dma_over_running_code     },
        {"counts of exceptions",         test_counts_of_exceptions      },
        {"fetch exception after a slot", test_fetch_exception_after_slot},
        {"faults first",                 test_fault_first               },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
