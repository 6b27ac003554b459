/*
 * The event `run` is the machine's turn in the loop: while the VM runs it executes one slice and comes again at once, as a timer of
 * no time, which lets sockets, signals and the console go first. While the guest idles it is a timer for the next deadline. A stop
 * is noted where it is asked for and done in the machine's turn, so that no handler runs inside another's call.
 */
#include "src/vm_internal.h"

#include <event2/event.h>
#include <time.h>

#include "softmmu/host_clock.h"
#include "src/history.h"
#include "src/step.h"

void vm_come_again(struct vm *vm, uint64_t ns)
{
    struct timeval wait = {.tv_sec = (time_t)(ns / 1000000000u), .tv_usec = (suseconds_t)(ns % 1000000000u / 1000)};
    evtimer_add(vm->loop->run, &wait);
}

void vm_wake(struct vm *vm)
{
    if (vm->state == VM_RUNNING)
        vm_come_again(vm, 0);
}

void vm_add_change_state_handler(struct vm *vm, vm_change_fn *fn, void *opaque)
{
    struct vm_loop *loop = vm->loop;
    assert(loop->nhandlers < VM_MAX_HANDLERS);
    loop->handlers[loop->nhandlers].fn = fn;
    loop->handlers[loop->nhandlers++].opaque = opaque;
}

static void change_state(struct vm *vm, enum vm_state state)
{
    vm->state = state;
    for (unsigned i = 0; i < vm->loop->nhandlers; i++)
        vm->loop->handlers[i].fn(vm->loop->handlers[i].opaque, state, vm->stop_reason);
}

void vm_start(struct vm *vm, const struct vm_run *run)
{
    struct vm_loop *loop = vm->loop;
    assert(run == NULL || run->kind != VM_RUN_JOB || (run->comes_back && run->turn));
    if (vm->state == VM_RUNNING)
        return;
    loop->how = run ? *run : (struct vm_run){.kind = VM_RUN_FREE};
    loop->stop_wanted = false;
    loop->host_last = host_clock_ns();
    loop->guest_last = vm_paced_time(vm);
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
    vm_come_again(vm, 0);
}

void vm_stop_now(struct vm *vm, enum vm_stop_reason reason)
{
    assert(vm->state == VM_RUNNING);
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
