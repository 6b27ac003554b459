/* The machine's turn in the loop: a slice, a stretch of a travel or job, the end of a wait, or a stop. */
#include "softmmu/host_clock.h"
#include "src/build.h"
#include "src/options.h"
#include "src/serial.h"
#include "src/travel.h"
#include "src/vm_internal.h"

#define PROGRESS_NS UINT64_C(1000000000)

static void act_on_request(struct vm *vm)
{
    bool reset = vm->machine.s->request == REQUEST_RESET, stepping = vm->loop->how.kind != VM_RUN_FREE;
    if (vm->machine.s->request == REQUEST_NONE)
        return;
    if (!reset || vm->options->no_reboot) {
        vm_stop_now(vm, VM_STOP_SHUTDOWN);
        return;
    }
    build_reset(vm);
    if (stepping)
        vm_stop_now(vm, VM_STOP_STEP);
}

static void stop_for_debug(struct vm *vm)
{
    static const enum vm_stop_reason reasons[] = {
        [DEBUG_NONE] = VM_STOP_USER,
        [DEBUG_BREAKPOINT] = VM_STOP_BREAKPOINT,
        [DEBUG_WATCH] = VM_STOP_WATCH,
        [DEBUG_STEP] = VM_STOP_STEP,
    };
    assert(vm->cpu->debug.reason < ARRAY_SIZE(reasons));
    vm_stop_now(vm, reasons[vm->cpu->debug.reason]);
}

static void take_slice(struct vm *vm)
{
    enum cpu_exit exit = vm_run_slice(vm);
    switch (exit) {
    case CPU_EXIT_IDLE:
        vm_begin_wait(vm);
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
    assert(how.kind == VM_RUN_TRAVEL || how.kind == VM_RUN_JOB);
    vm->travels = false;
    if (how.comes_back) {
        vm->cpu->debug = vm->loop->debug_before;
        vm_stop_now(vm, vm->stop_reason);
    } else {
        vm_stop_now(vm, arrived ? travel_reason(vm->travel) : VM_STOP_USER);
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

void vm_turn(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    if (vm->state == VM_STOPPED)
        return;
    if (loop->how.kind == VM_RUN_TRAVEL || loop->how.kind == VM_RUN_JOB) {
        travel_slice(vm);
        return;
    }
    if (loop->stop_wanted) {
        vm_stop_now(vm, loop->stop_as);
        return;
    }
    if (loop->idle) {
        vm_wait_turn(vm);
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
