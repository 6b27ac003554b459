/* The machine's making and end, and the inputs that are the machine's own. */
#include <event2/event.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "src/build.h"
#include "src/debug_write.h"
#include "src/history.h"
#include "src/memlog.h"
#include "src/options.h"
#include "src/travel.h"
#include "src/vm_internal.h"

enum { PRIORITY_MACHINE = 2 };

void vm_reset(struct vm *vm)
{
    assert(vm->cpu);
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

static void apply_rate(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    uint64_t rate;
    assert(input->length == sizeof(rate));
    memcpy(&rate, input->bytes, sizeof(rate));
    clock_set_rate(vm->machine.clock, rate);
}

static void on_turn(evutil_socket_t fd, short what, void *vm)
{
    vm_turn(vm);
}

struct vm *vm_new(struct event_base *base, const struct vm_options *options)
{
    struct vm *vm = alloc_zeroed(sizeof(*vm));
    vm->base = base;
    vm->options = options;
    vm->stop_reason = VM_STOP_START;
    vm->watch_note = true;
    vm->loop = alloc_zeroed(sizeof(*vm->loop));
    vm->loop->slice_insns = VM_FIRST_SLICE_INSNS;
    vm->loop->run = alloc_checked(evtimer_new(base, on_turn, vm));
    event_priority_set(vm->loop->run, PRIORITY_MACHINE);
    if (!build_machine(vm)) {
        vm_free(vm);
        return NULL;
    }
    inputs_connect(vm->machine.inputs, INPUT_RATE, 0, apply_rate, vm);
    inputs_connect(vm->machine.inputs, INPUT_IDLE_END, 0, vm_apply_idle_end, vm);
    inputs_connect(vm->machine.inputs, INPUT_RESET, 0, apply_reset, vm);
    inputs_on_submit(vm->machine.inputs, vm_input_came, vm);
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
