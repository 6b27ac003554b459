/*
 * The event `run` is the machine's turn in the loop: while the VM runs it executes one slice and comes again at once, as a timer of
 * no time, which lets sockets, signals and the console go first. While the guest idles it is a timer for the next deadline. A stop
 * is noted where it is asked for and done in the machine's turn, so that no handler runs inside another's call.
 */
#include "src/vm.h"

#include <event2/event.h>
#include <string.h>
#include <time.h>

#include "softmmu/alloc.h"
#include "softmmu/host_clock.h"
#include "src/build.h"
#include "src/debug_write.h"
#include "src/history.h"
#include "src/memlog.h"
#include "src/options.h"
#include "src/rate.h"
#include "src/serial.h"
#include "src/step.h"
#include "src/travel.h"
#include "src/watchpoint.h"

enum { PRIORITY_MACHINE = 2, MAX_HANDLERS = 8 };
enum { SLICE_US = 1000, SLICE_DEBUGGER_US = 100 };
enum { SLICE_LEAST_INSNS = 256, SLICE_FIRST_INSNS = 10000 };
#define PROGRESS_NS UINT64_C(1000000000)
/* Shorter waits cost more than they last. */
enum { SHORTEST_WAIT_NS = 20000 };

struct vm_loop {
    struct event *run;
    struct vm_run how;
    bool stop_wanted;
    enum vm_stop_reason stop_as;
    bool idle;              /* the CPU waits, and so do we; the clock stands at the jump's start */
    uint64_t idle_since;    /* host ns */
    uint64_t idle_wait;     /* host ns, UINT64_MAX: no deadline */
    uint64_t idle_deadline; /* guest ns */
    uint64_t host_last;     /* host ns up to which rate control has accounted */
    uint64_t guest_last;    /* guest ns likewise; with sleep=off without idle time, which passes at no host time */
    bool stalled;           /* a serial line's back end, or the debugger's, is full; that time is not the guest's */
    uint64_t slice_insns;
    struct rate rate;
    uint64_t told;                   /* host ns: when progress was told last */
    struct debug_event debug_before; /* a travel that comes back: what the last stop was for */
    struct {
        vm_change_fn *fn;
        void *opaque;
    } handlers[MAX_HANDLERS];
    unsigned nhandlers;
    bool quitting;
    int status;
};

static void come_again(struct vm *vm, uint64_t ns)
{
    struct timeval wait = {.tv_sec = (time_t)(ns / 1000000000u), .tv_usec = (suseconds_t)(ns % 1000000000u / 1000)};
    evtimer_add(vm->loop->run, &wait);
}

void vm_wake(struct vm *vm)
{
    if (vm->state == VM_RUNNING)
        come_again(vm, 0);
}

/* Run state */

void vm_add_change_state_handler(struct vm *vm, vm_change_fn *fn, void *opaque)
{
    struct vm_loop *loop = vm->loop;
    assert(loop->nhandlers < MAX_HANDLERS);
    loop->handlers[loop->nhandlers].fn = fn;
    loop->handlers[loop->nhandlers++].opaque = opaque;
}

static void change_state(struct vm *vm, enum vm_state state)
{
    vm->state = state;
    for (unsigned i = 0; i < vm->loop->nhandlers; i++)
        vm->loop->handlers[i].fn(vm->loop->handlers[i].opaque, state, vm->stop_reason);
}

static uint64_t paced_time(const struct vm *vm)
{
    uint64_t now = clock_now(vm->machine.clock);
    return vm->options->icount_sleep ? now : now - vm->machine.clock->idle_ns;
}

void vm_start(struct vm *vm, const struct vm_run *run)
{
    struct vm_loop *loop = vm->loop;
    if (vm->state == VM_RUNNING)
        return;
    loop->how = run ? *run : (struct vm_run){.kind = VM_RUN_FREE};
    loop->stop_wanted = false;
    loop->host_last = host_clock_ns();
    loop->guest_last = paced_time(vm);
    loop->told = host_clock_ns();
    loop->debug_before = vm->cpu->debug;
    vm->looking = loop->how.comes_back;
    vm->travels = loop->how.kind == VM_RUN_TRAVEL;
    vm->cpu->debug.reason = DEBUG_NONE;
    if (loop->how.kind == VM_RUN_STEP || loop->how.kind == VM_RUN_RANGE)
        step_begin(vm, &loop->how);
    else if (loop->how.kind == VM_RUN_FREE)
        history_drop_temporary(vm, 0);
    change_state(vm, VM_RUNNING);
    vm_wake(vm);
}

void vm_stop(struct vm *vm, enum vm_stop_reason reason)
{
    struct vm_loop *loop = vm->loop;
    if (vm->state == VM_STOPPED || loop->stop_wanted)
        return;
    loop->stop_wanted = true;
    loop->stop_as = reason;
    cpu_stop_soon(vm->cpu);
    come_again(vm, 0);
}

static void stop_now(struct vm *vm, enum vm_stop_reason reason)
{
    struct vm_loop *loop = vm->loop;
    loop->stop_wanted = loop->idle = false;
    event_del(loop->run);
    vm->stop_reason = reason;
    change_state(vm, VM_STOPPED);
    if (reason == VM_STOP_SHUTDOWN)
        vm_quit(vm, 0);
}

void vm_quit(struct vm *vm, int status)
{
    vm->loop->quitting = true;
    vm->loop->status = status;
    event_base_loopbreak(vm->base);
}

int vm_loop(struct vm *vm)
{
    while (!vm->loop->quitting && event_base_dispatch(vm->base) == 0)
        ;
    return vm->loop->status;
}

void vm_reset(struct vm *vm)
{
    history_cut(vm);
    inputs_apply_now(vm->machine.inputs, INPUT_RESET, 0, NULL, 0);
    vm_wake(vm);
}

static void apply_reset(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    machine_request(&vm->machine, REQUEST_NONE);
    build_power_on(vm);
}

static void act_on_request(struct vm *vm)
{
    bool reset = vm->machine.s->request == REQUEST_RESET, stepping = vm->loop->how.kind != VM_RUN_FREE;
    if (vm->machine.s->request == REQUEST_NONE)
        return;
    if (!reset || vm->options->no_reboot) {
        stop_now(vm, VM_STOP_SHUTDOWN);
        return;
    }
    build_reset(vm);
    if (stepping)
        stop_now(vm, VM_STOP_STEP);
}

/* Idle time */

static void end_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t now = host_clock_ns();
    if (vm->options->icount_sleep)
        rate_idle(&loop->rate, now - loop->host_last, paced_time(vm) - loop->guest_last);
    loop->host_last = now;
    loop->guest_last = paced_time(vm);
    loop->idle = false;
    come_again(vm, 0);
}

/* The deadline that the CPU waited for is here. */
static void finish_wait(struct vm *vm)
{
    cpu_idle_jump(vm->cpu, vm->loop->idle_deadline);
    end_wait(vm);
}

/* Input came: guest time goes to where the host's clock says that it is. The input then is applied one count later. */
static void cut_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t start = clock_now(vm->machine.clock);
    uint64_t vtime = start + rate_waited(&loop->rate, host_clock_ns() - loop->idle_since);
    if (loop->idle_wait != UINT64_MAX && vtime + (vm->machine.clock->rate >> 32) + 1 >= loop->idle_deadline) {
        finish_wait(vm);
        return;
    }
    inputs_apply_now(vm->machine.inputs, INPUT_IDLE_END, 0, &vtime, sizeof(vtime));
    end_wait(vm);
}

static void begin_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t deadline = vm->machine.timers.next, now = clock_now(vm->machine.clock);
    if (inputs_pending(vm->machine.inputs)) {
        come_again(vm, 0);
        return;
    }
    loop->idle = true;
    loop->idle_since = host_clock_ns();
    loop->idle_deadline = deadline;
    loop->idle_wait = deadline == TIMER_OFF ? UINT64_MAX : rate_wait(&loop->rate, deadline > now ? deadline - now : 0);
    if (loop->idle_wait < SHORTEST_WAIT_NS)
        finish_wait(vm);
    else if (loop->idle_wait != UINT64_MAX)
        come_again(vm, loop->idle_wait);
}

static void on_submit(void *opaque)
{
    struct vm *vm = opaque;
    if (vm->loop->idle)
        cut_wait(vm);
    else
        cpu_leave_soon(vm->cpu);
}

static void apply_idle_end(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    uint64_t vtime;
    assert(input->length == sizeof(vtime));
    memcpy(&vtime, input->bytes, sizeof(vtime));
    cpu_idle_jump(vm->cpu, vtime);
}

static void apply_rate(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    uint64_t rate;
    assert(input->length == sizeof(rate));
    memcpy(&rate, input->bytes, sizeof(rate));
    clock_set_rate(vm->machine.clock, rate);
}

/* Slices */

static uint64_t slice_ns(const struct vm *vm)
{
    if (vm->options->slice_us)
        return vm->options->slice_us * 1000u;
    return (vm->debugger_waits ? SLICE_DEBUGGER_US : SLICE_US) * 1000u;
}

/* The next slice's length from what this one took; a short one tells little, so growth is slow. */
static void adapt_slice(struct vm *vm, uint64_t insns, uint64_t took)
{
    struct vm_loop *loop = vm->loop;
    uint64_t wanted = took ? insns * slice_ns(vm) / took : VM_SLICE_MOST_INSNS;
    bool tells = took >= slice_ns(vm) || insns >= loop->slice_insns;
    if (!tells)
        return;
    wanted = min_u64(wanted, min_u64(loop->slice_insns * 2, VM_SLICE_MOST_INSNS));
    loop->slice_insns = wanted < SLICE_LEAST_INSNS ? SLICE_LEAST_INSNS : wanted;
}

static void account_slice(struct vm *vm, uint64_t before_insns, uint64_t before_host)
{
    struct vm_loop *loop = vm->loop;
    uint64_t now = host_clock_ns(), guest = paced_time(vm), insns = vm->machine.clock->icount - before_insns, rate;
    if (insns == 0) /* a change of rate would make another state of a position that was seen */
        return;
    adapt_slice(vm, insns, now - before_host);
    bool automatic = vm->options->icount_shift < 0;
    if (automatic && rate_slice(&loop->rate, now - loop->host_last, insns, guest - loop->guest_last, &rate))
        inputs_apply_now(vm->machine.inputs, INPUT_RATE, 0, &rate, sizeof(rate));
    loop->host_last = now;
    loop->guest_last = guest;
}

static void stop_for_debug(struct vm *vm)
{
    static const enum vm_stop_reason reasons[] = {
        [DEBUG_NONE] = VM_STOP_USER,
        [DEBUG_BREAKPOINT] = VM_STOP_BREAKPOINT,
        [DEBUG_WATCH] = VM_STOP_WATCH,
        [DEBUG_STEP] = VM_STOP_STEP,
    };
    stop_now(vm, reasons[vm->cpu->debug.reason]);
}

static enum cpu_exit run_units(struct vm *vm, uint64_t insns)
{
    struct cpu *cpu = vm->cpu;
    if (vm->loop->how.kind == VM_RUN_FREE)
        return history_run(vm, vm->machine.clock->icount + insns);
    if (step_run(vm))
        return CPU_EXIT_DEBUG;
    if (vm->machine.s->request != REQUEST_NONE)
        return CPU_EXIT_REQUEST;
    bool idle = cpu->arch->waiting(cpu) && !cpu->arch->interrupt_pending(cpu) &&
                (!cpu->idle_jumps || vm->machine.timers.next == TIMER_OFF);
    return idle ? CPU_EXIT_IDLE : CPU_EXIT_LIMIT;
}

/* A hit with an action is no stop: what is to be done is done here, and the unit that made the access is run. */
static enum cpu_exit run_slice(struct vm *vm)
{
    struct cpu *cpu = vm->cpu;
    enum cpu_exit exit = run_units(vm, vm->loop->slice_insns);
    while (exit == CPU_EXIT_DEBUG && watchpoints_act(vm) && !vm->loop->stop_wanted) {
        cpu->skip_breakpoint = cpu->skip_watch = !cpu->debug.after;
        cpu->debug.reason = DEBUG_NONE;
        exit = run_units(vm, 1);
    }
    return exit;
}

/*
 * Input was applied at this boundary, and nothing ran after it: the CPU waits on all the same, or a watch stopped the unit. A jump of no
 * length ends the boundary, so that no state but the one before the input is ever seen at this count.
 */
static bool leave_input_behind(struct vm *vm)
{
    uint64_t vtime = clock_now(vm->machine.clock);
    if (!inputs_left_here(vm->machine.inputs))
        return false;
    inputs_apply_now(vm->machine.inputs, INPUT_IDLE_END, 0, &vtime, sizeof(vtime));
    return true;
}

/* The host's clock has no say in the past; rate control goes on from here when time gets back to the present. */
static enum cpu_exit run_past_slice(struct vm *vm)
{
    if (serials_typed(vm->serials))
        history_cut(vm);
    enum cpu_exit exit = run_slice(vm);
    vm->loop->host_last = host_clock_ns();
    vm->loop->guest_last = paced_time(vm);
    return exit == CPU_EXIT_IDLE ? CPU_EXIT_LIMIT : exit;
}

static enum cpu_exit run_live_slice(struct vm *vm)
{
    uint64_t before_insns = vm->machine.clock->icount, before_host = host_clock_ns(), before_cpu = host_cpu_ns();
    enum cpu_exit exit = run_slice(vm);
    bool left = (exit == CPU_EXIT_IDLE || exit == CPU_EXIT_DEBUG) && leave_input_behind(vm);
    if (left && exit == CPU_EXIT_IDLE)
        exit = CPU_EXIT_LIMIT;
    uint64_t took = host_cpu_ns() - before_cpu;
    account_slice(vm, before_insns, before_host);
    memlog_slice_done(vm);
    history_slice_done(vm, took);
    return exit;
}

static void take_slice(struct vm *vm)
{
    enum cpu_exit exit = history_in_past(vm) ? run_past_slice(vm) : run_live_slice(vm);
    switch (exit) {
    case CPU_EXIT_IDLE:
        begin_wait(vm);
        return;
    case CPU_EXIT_DEBUG:
        stop_for_debug(vm);
        return;
    case CPU_EXIT_REQUEST:
        act_on_request(vm);
        break;
    case CPU_EXIT_LIMIT:
        break;
    }
    vm_wake(vm);
}

/* A travel that comes back leaves the last stop, and what it was for, as they were. */
static void end_travel(struct vm *vm, bool arrived)
{
    struct vm_run how = vm->loop->how;
    vm->travels = false;
    if (how.comes_back) {
        vm->cpu->debug = vm->loop->debug_before;
        stop_now(vm, vm->stop_reason);
    } else {
        stop_now(vm, arrived ? travel_reason(vm->travel) : VM_STOP_USER);
    }
    vm->looking = false;
    if (how.over)
        how.over(vm, arrived);
}

static bool travel_or_job_turn(struct vm *vm)
{
    return vm->loop->how.kind == VM_RUN_JOB ? vm->loop->how.turn(vm) : travel_turn(vm->travel) == TRAVEL_ARRIVED;
}

static void travel_slice(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    if (loop->stop_wanted) {
        if (loop->how.kind == VM_RUN_TRAVEL)
            travel_abandon(vm->travel);
        end_travel(vm, false);
        return;
    }
    if (travel_or_job_turn(vm)) {
        end_travel(vm, true);
        return;
    }
    uint64_t now = host_clock_ns();
    if (loop->how.progress && now - loop->told >= PROGRESS_NS) {
        loop->told = now;
        loop->how.progress(vm);
    }
    vm_wake(vm);
}

static void machine_turn(evutil_socket_t fd, short what, void *opaque)
{
    struct vm *vm = opaque;
    struct vm_loop *loop = vm->loop;
    if (vm->state == VM_STOPPED)
        return;
    if (loop->how.kind == VM_RUN_TRAVEL || loop->how.kind == VM_RUN_JOB) {
        travel_slice(vm);
        return;
    }
    if (loop->stop_wanted) {
        stop_now(vm, loop->stop_as);
        return;
    }
    if (loop->idle) {
        uint64_t waited = host_clock_ns() - loop->idle_since;
        if (waited >= loop->idle_wait)
            finish_wait(vm);
        else if (loop->idle_wait != UINT64_MAX)
            come_again(vm, loop->idle_wait - waited);
        return;
    }
    if (vm->held_up || serials_full(vm->serials)) {
        loop->stalled = true;
        return;
    }
    if (loop->stalled)
        loop->host_last = host_clock_ns();
    loop->stalled = false;
    serials_poll(vm->serials);
    take_slice(vm);
}

struct vm *vm_new(struct event_base *base, const struct vm_options *options)
{
    struct vm *vm = alloc_zeroed(sizeof(*vm));
    vm->base = base;
    vm->options = options;
    vm->stop_reason = VM_STOP_START;
    vm->watch_note = true;
    vm->loop = alloc_zeroed(sizeof(*vm->loop));
    vm->loop->slice_insns = SLICE_FIRST_INSNS;
    vm->loop->run = alloc_checked(evtimer_new(base, machine_turn, vm));
    event_priority_set(vm->loop->run, PRIORITY_MACHINE);
    if (!build_machine(vm)) {
        vm_free(vm);
        return NULL;
    }
    inputs_connect(vm->machine.inputs, INPUT_RATE, 0, apply_rate, vm);
    inputs_connect(vm->machine.inputs, INPUT_IDLE_END, 0, apply_idle_end, vm);
    inputs_connect(vm->machine.inputs, INPUT_RESET, 0, apply_reset, vm);
    inputs_on_submit(vm->machine.inputs, on_submit, vm);
    debug_write_connect(vm);
    build_power_on(vm);
    if (options->history) {
        vm->history = history_new(vm, options->history);
        vm->travel = travel_new(vm);
    }
    return vm;
}

void vm_free(struct vm *vm)
{
    if (!vm)
        return;
    if (vm->state == VM_RUNNING && vm->loop->how.kind == VM_RUN_JOB) {
        vm->command.print = NULL;
        vm->command.done = NULL;
        vm->loop->how.over(vm, false);
    }
    memlog_stop(vm);
    travel_free(vm->travel);
    history_free(vm->history);
    build_free(vm);
    event_free(vm->loop->run);
    free(vm->loop);
    free(vm);
}
