/* The run loop's rules, against a CPU that is a script: each row says how one cpu_run() ends. Nothing here depends on how long it takes. */
#include "tests/softmmu/unit.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "src/build.h"
#include "src/options.h"
#include "src/serial.h"
#include "src/step.h"

#define NS_PER_INSN 4 /* -icount shift=2 */
#define MS          1000000u

static struct {
    struct vm *vm;
    const enum cpu_exit *exits; /* of the next calls of cpu_run(); after the last one the machine is stopped */
    unsigned nexits, next;
    unsigned power_ons;
    uint64_t idle_at[8]; /* icount and deadline of the waits that were begun */
    unsigned idles;
    bool in_stop; /* vm_stop() is under way */
    enum vm_stop_reason stopped[4];
    unsigned stops;
    unsigned timer;
    char text[64];
} rig;

/* Stand-ins */

static struct vm_options options = {.icount_shift = 2, .icount_sleep = true};

enum cpu_exit cpu_run(struct cpu *cpu, uint64_t until)
{
    struct machine *machine = cpu->machine;
    cpu->stop_soon = false;
    timers_fire(&machine->timers, clock_now(machine->clock));
    inputs_apply(machine->inputs);
    if (rig.next == rig.nexits) {
        vm_stop(rig.vm, VM_STOP_USER);
        return CPU_EXIT_REQUEST;
    }
    enum cpu_exit exit = rig.exits[rig.next++];
    if (exit == CPU_EXIT_LIMIT)
        machine->clock->icount = until;
    if (exit == CPU_EXIT_IDLE)
        rig.idle_at[rig.idles++] = machine->clock->icount;
    return exit;
}

void cpu_idle_jump(struct cpu *cpu, uint64_t vtime)
{
    clock_idle_to(cpu->machine->clock, vtime);
}

void cpu_stop_soon(struct cpu *cpu)
{
    cpu->stop_soon = true;
}

void step_begin(struct vm *vm, const struct vm_run *run)
{
    strcat(rig.text, "begin ");
}

bool step_run(struct vm *vm)
{
    strcat(rig.text, "step ");
    if (vm->machine.s->request != REQUEST_NONE)
        return false;
    vm->cpu->debug.reason = DEBUG_STEP;
    return true;
}

bool serials_full(const struct serials *serials)
{
    return false;
}

bool serials_typed(const struct serials *serials)
{
    return false;
}

void serials_poll(struct serials *serials)
{
}

static void on_timer(void *opaque, uint64_t deadline)
{
    strcat(rig.text, "timer ");
}

static void on_console(void *opaque, const struct input *input)
{
    strcat(rig.text, "console ");
}

bool build_machine(struct vm *vm)
{
    struct arena *arena = arena_new(0, 0, ARENA_PAGE, sizeof(struct cpu));
    assert_non_null(arena);
    machine_init(&vm->machine, arena, false);
    clock_set_rate(vm->machine.clock, CLOCK_RATE_SHIFT(2));
    vm->cpu = (struct cpu *)arena->base;
    vm->cpu->machine = &vm->machine;
    rig.timer = timer_add(&vm->machine.timers, "timer", on_timer, vm);
    inputs_connect(vm->machine.inputs, INPUT_CONSOLE, 0, on_console, vm);
    return true;
}

void build_power_on(struct vm *vm)
{
    rig.power_ons++;
}

void build_reset(struct vm *vm)
{
    machine_request(&vm->machine, REQUEST_NONE);
    build_power_on(vm);
}

void build_free(struct vm *vm)
{
    inputs_free(vm->machine.inputs);
    arena_free(vm->machine.arena);
}

/* The rig */

static void changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    struct vm *vm = opaque;
    assert_false(rig.in_stop);
    if (state != VM_STOPPED)
        return;
    rig.stopped[rig.stops++] = reason;
    event_base_loopbreak(vm->base);
}

static int open_rig(void **state)
{
    struct event_base *base = event_base_new();
    event_base_priority_init(base, 3);
    memset(&rig, 0, sizeof(rig));
    rig.vm = vm_new(base, &options);
    assert_non_null(rig.vm);
    assert_int_equal(rig.vm->state, VM_STOPPED);
    assert_int_equal(rig.power_ons, 1);
    vm_add_change_state_handler(rig.vm, changed, rig.vm);
    return 0;
}

static int close_rig(void **state)
{
    struct event_base *base = rig.vm->base;
    vm_free(rig.vm);
    event_base_free(base);
    options.no_reboot = false;
    return 0;
}

/* Starts, and comes back when the machine has stopped. */
static void run(const enum cpu_exit *exits, unsigned count)
{
    rig.exits = exits;
    rig.nexits = count;
    rig.next = 0;
    vm_start(rig.vm, NULL);
    assert_int_equal(rig.vm->state, VM_RUNNING);
    event_base_dispatch(rig.vm->base);
}

static uint64_t icount(void)
{
    return rig.vm->machine.clock->icount;
}

/* Tests */

static void test_wait_ends_at_the_deadline(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_LIMIT, CPU_EXIT_IDLE};
    timer_set(&rig.vm->machine.timers, rig.timer, 3 * MS);
    run(exits, ARRAY_SIZE(exits));
    assert_int_equal(rig.idles, 1);
    assert_int_equal(icount(), rig.idle_at[0] + 1);
    assert_int_equal(clock_now(rig.vm->machine.clock), 3 * MS);
    assert_string_equal(rig.text, "timer ");
    assert_int_equal(inputs_count(rig.vm->machine.inputs), 0);
}

static void send_input(evutil_socket_t fd, short what, void *opaque)
{
    inputs_submit(rig.vm->machine.inputs, INPUT_CONSOLE, 0, "x", 1);
}

static void stop_by_user(evutil_socket_t fd, short what, void *opaque)
{
    rig.in_stop = true;
    vm_stop(rig.vm, VM_STOP_USER);
    vm_stop(rig.vm, VM_STOP_SHUTDOWN);
    rig.in_stop = false;
}

static void once(event_callback_fn fn)
{
    event_base_once(rig.vm->base, -1, EV_TIMEOUT, fn, NULL, &(struct timeval){.tv_usec = 2000});
}

static void test_input_ends_a_wait(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_LIMIT, CPU_EXIT_IDLE};
    once(send_input);
    run(exits, ARRAY_SIZE(exits));
    uint64_t start = rig.idle_at[0], vtime;
    const struct inputs *inputs = rig.vm->machine.inputs;
    assert_int_equal(inputs_count(inputs), 2);
    const struct input *end = inputs_at(inputs, 0), *console = inputs_at(inputs, 1);
    assert_int_equal(end->kind, INPUT_IDLE_END);
    assert_int_equal(end->icount, start);
    memcpy(&vtime, end->bytes, sizeof(vtime));
    assert_true(vtime > start * NS_PER_INSN);
    assert_int_equal(console->kind, INPUT_CONSOLE);
    assert_int_equal(console->icount, start + 1);
    assert_int_equal(clock_now(rig.vm->machine.clock), vtime);
}

static void test_stop_stands_at_the_waits_start(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_LIMIT, CPU_EXIT_IDLE};
    timer_set(&rig.vm->machine.timers, rig.timer, 3600 * (uint64_t)1000 * MS);
    once(stop_by_user);
    run(exits, ARRAY_SIZE(exits));
    assert_int_equal(icount(), rig.idle_at[0]);
    assert_int_equal(clock_now(rig.vm->machine.clock), icount() * NS_PER_INSN);
    assert_int_equal(rig.stops, 1);
    assert_int_equal(rig.stopped[0], VM_STOP_USER);
    assert_int_equal(inputs_count(rig.vm->machine.inputs), 0);
    /* Going on, the guest still waits from there. */
    run(exits + 1, 0);
    assert_int_equal(icount(), rig.idle_at[0]);
}

static void test_input_while_stopped_waits(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_IDLE};
    once(stop_by_user);
    run(exits, ARRAY_SIZE(exits));
    send_input(-1, 0, NULL);
    assert_true(inputs_pending(rig.vm->machine.inputs));
    assert_int_equal(inputs_count(rig.vm->machine.inputs), 0);
    run(exits, 0);
    assert_int_equal(inputs_count(rig.vm->machine.inputs), 1);
    assert_int_equal(inputs_at(rig.vm->machine.inputs, 0)->icount, rig.idle_at[0]);
}

static void test_debug_stops(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_LIMIT, CPU_EXIT_DEBUG};
    static const enum vm_stop_reason reasons[] = {
        [DEBUG_BREAKPOINT] = VM_STOP_BREAKPOINT, [DEBUG_WATCH] = VM_STOP_WATCH, [DEBUG_STEP] = VM_STOP_STEP};
    enum debug_reason reason = DEBUG_BREAKPOINT + (uintptr_t)*state;
    rig.exits = exits;
    rig.nexits = ARRAY_SIZE(exits);
    vm_start(rig.vm, NULL);
    rig.vm->cpu->debug.reason = reason;
    event_base_dispatch(rig.vm->base);
    assert_int_equal(rig.stopped[0], reasons[reason]);
    assert_int_equal(rig.vm->stop_reason, reasons[reason]);
    assert_int_equal(rig.stops, 1);
}

static void test_step(void **state)
{
    vm_start(rig.vm, &(struct vm_run){.kind = VM_RUN_STEP});
    event_base_dispatch(rig.vm->base);
    assert_string_equal(rig.text, "begin step ");
    assert_int_equal(rig.stopped[0], VM_STOP_STEP);
}

static void test_reset_goes_on(void **state)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_REQUEST, CPU_EXIT_LIMIT};
    machine_request(&rig.vm->machine, REQUEST_RESET);
    run(exits, ARRAY_SIZE(exits));
    assert_int_equal(rig.power_ons, 2);
    assert_int_equal(rig.vm->machine.s->request, REQUEST_NONE);
    assert_int_equal(rig.next, 2);
}

/* The reset is what is stepped over. */
static void test_reset_ends_a_step(void **state)
{
    machine_request(&rig.vm->machine, REQUEST_RESET);
    vm_start(rig.vm, &(struct vm_run){.kind = VM_RUN_STEP});
    event_base_dispatch(rig.vm->base);
    assert_int_equal(rig.power_ons, 2);
    assert_int_equal(rig.stops, 1);
    assert_int_equal(rig.stopped[0], VM_STOP_STEP);
}

/* How the program ends: with status 0, after the handlers were told. */
static void check_shutdown(enum machine_request request)
{
    static const enum cpu_exit exits[] = {CPU_EXIT_REQUEST, CPU_EXIT_LIMIT};
    rig.exits = exits;
    rig.nexits = ARRAY_SIZE(exits);
    machine_request(&rig.vm->machine, request);
    vm_start(rig.vm, NULL);
    assert_int_equal(vm_loop(rig.vm), 0);
    assert_int_equal(rig.next, 1);
    assert_int_equal(rig.power_ons, 1);
    assert_int_equal(rig.stops, 1);
    assert_int_equal(rig.stopped[0], VM_STOP_SHUTDOWN);
}

static void test_poweroff(void **state)
{
    check_shutdown(REQUEST_POWEROFF);
}

static void test_reset_with_no_reboot(void **state)
{
    options.no_reboot = true;
    check_shutdown(REQUEST_RESET);
}

/* A job: how many turns it takes, and what became of it. */
static struct {
    unsigned turns, length, overs;
    bool complete;
} job;

static bool job_turn(struct vm *vm)
{
    return ++job.turns == job.length;
}

static void job_over(struct vm *vm, bool complete)
{
    job.overs++;
    job.complete = complete;
}

static const struct vm_run job_run = {.kind = VM_RUN_JOB, .comes_back = true, .turn = job_turn, .over = job_over};

/* The machine does not move, and its last stop stays what it was. */
static void test_job(void **state)
{
    memset(&job, 0, sizeof(job));
    job.length = 5;
    rig.vm->stop_reason = VM_STOP_BREAKPOINT;
    rig.vm->cpu->debug.reason = DEBUG_BREAKPOINT;
    vm_start(rig.vm, &job_run);
    event_base_dispatch(rig.vm->base);
    assert_int_equal(job.turns, 5);
    assert_int_equal(job.overs, 1);
    assert_true(job.complete);
    assert_int_equal(icount(), 0);
    assert_int_equal(rig.vm->state, VM_STOPPED);
    assert_int_equal(rig.vm->stop_reason, VM_STOP_BREAKPOINT);
    assert_int_equal(rig.vm->cpu->debug.reason, DEBUG_BREAKPOINT);
}

static void test_job_stopped(void **state)
{
    memset(&job, 0, sizeof(job));
    vm_start(rig.vm, &job_run);
    event_base_loop(rig.vm->base, EVLOOP_ONCE);
    event_base_loop(rig.vm->base, EVLOOP_ONCE);
    assert_in_range(job.turns, 1, 2);
    vm_stop(rig.vm, VM_STOP_USER);
    event_base_dispatch(rig.vm->base);
    assert_int_equal(job.overs, 1);
    assert_false(job.complete);
    assert_int_equal(rig.vm->stop_reason, VM_STOP_START);
}

/* The program ends in the middle of it. */
static void test_job_quit(void **state)
{
    struct vm_options own = {.icount_shift = 2};
    struct event_base *base = event_base_new();
    event_base_priority_init(base, 3);
    struct vm *vm = vm_new(base, &own);
    memset(&job, 0, sizeof(job));
    vm_start(vm, &job_run);
    event_base_loop(base, EVLOOP_ONCE);
    vm_free(vm);
    event_base_free(base);
    assert_int_equal(job.overs, 1);
    assert_false(job.complete);
}

static void test_quit_has_a_status(void **state)
{
    vm_quit(rig.vm, 3);
    assert_int_equal(vm_loop(rig.vm), 3);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_rig, close_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_wait_ends_at_the_deadline),
        TEST(test_input_ends_a_wait),
        TEST(test_stop_stands_at_the_waits_start),
        TEST(test_input_while_stopped_waits),
        TEST(test_step),
        TEST(test_reset_goes_on),
        TEST(test_reset_ends_a_step),
        TEST(test_poweroff),
        TEST(test_reset_with_no_reboot),
        TEST(test_job),
        TEST(test_job_stopped),
        TEST(test_job_quit),
        TEST(test_quit_has_a_status),
        {"breakpoint", test_debug_stops, open_rig, close_rig, (void *)0},
        {"watch",      test_debug_stops, open_rig, close_rig, (void *)1},
        {"step",       test_debug_stops, open_rig, close_rig, (void *)2},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
