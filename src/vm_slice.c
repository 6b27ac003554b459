/* One slice of the guest: how long it is, what it runs, and what it means for the guest's clock. */
#include "softmmu/host_clock.h"
#include "src/history.h"
#include "src/memlog.h"
#include "src/options.h"
#include "src/serial.h"
#include "src/step.h"
#include "src/vm_internal.h"
#include "src/watchpoint.h"

enum { SLICE_US = 1000, SLICE_DEBUGGER_US = 100, SLICE_LEAST_INSNS = 256 };

uint64_t vm_paced_time(const struct vm *vm)
{
    uint64_t now = clock_now(vm->machine.clock);
    return vm->options->icount_sleep ? now : now - vm->machine.clock->idle_ns;
}

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
    uint64_t now = host_clock_ns(), guest = vm_paced_time(vm), insns = vm->machine.clock->icount - before_insns, rate;
    if (insns == 0) /* a change of rate would make another state of a position that was seen */
        return;
    adapt_slice(vm, insns, now - before_host);
    bool automatic = vm->options->icount_shift < 0;
    if (automatic && rate_slice(&loop->rate, now - loop->host_last, insns, guest - loop->guest_last, &rate))
        inputs_apply_now(vm->machine.inputs, INPUT_RATE, 0, &rate, sizeof(rate));
    loop->host_last = now;
    loop->guest_last = guest;
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
    bool past = history_in_past(vm);
    enum cpu_exit exit = run_slice(vm);
    if (vm->replay_stop && past && !history_in_past(vm) && exit == CPU_EXIT_LIMIT)
        vm_stop(vm, VM_STOP_HISTORY_END);
    vm->loop->host_last = host_clock_ns();
    vm->loop->guest_last = vm_paced_time(vm);
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

enum cpu_exit vm_run_slice(struct vm *vm)
{
    return history_in_past(vm) ? run_past_slice(vm) : run_live_slice(vm);
}
