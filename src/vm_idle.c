/* Idle time: the wait for the next deadline at the host's pace, and input that ends it. */
#include <string.h>

#include "softmmu/host_clock.h"
#include "src/options.h"
#include "src/vm_internal.h"

/* Shorter waits cost more than they last. */
enum { SHORTEST_WAIT_NS = 20000 };

static void end_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    assert(loop->idle);
    uint64_t now = host_clock_ns();
    if (vm->options->icount_sleep)
        rate_idle(&loop->rate, now - loop->host_last, vm_paced_time(vm) - loop->guest_last);
    loop->host_last = now;
    loop->guest_last = vm_paced_time(vm);
    loop->idle = false;
    vm_come_again(vm, 0);
}

/* The deadline that the CPU waited for is here. */
static void finish_wait(struct vm *vm)
{
    assert(vm->loop->idle && vm->loop->idle_deadline != TIMER_OFF);
    cpu_idle_jump(vm->cpu, vm->loop->idle_deadline);
    end_wait(vm);
}

/* Input came: guest time goes to where the host's clock says that it is. The input then is applied one count later. */
static void cut_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t start = clock_now(vm->machine.clock);
    uint64_t vtime = start + rate_waited(&loop->rate, host_clock_ns() - loop->idle_since);
    assert(loop->idle);
    if (loop->idle_wait != UINT64_MAX && vtime + (vm->machine.clock->rate >> 32) + 1 >= loop->idle_deadline) {
        finish_wait(vm);
        return;
    }
    inputs_apply_now(vm->machine.inputs, INPUT_IDLE_END, 0, &vtime, sizeof(vtime));
    end_wait(vm);
}

void vm_begin_wait(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t deadline = vm->machine.timers.next, now = clock_now(vm->machine.clock);
    assert(!loop->idle);
    if (inputs_pending(vm->machine.inputs)) {
        vm_come_again(vm, 0);
        return;
    }
    loop->idle = true;
    loop->idle_since = host_clock_ns();
    loop->idle_deadline = deadline;
    loop->idle_wait = deadline == TIMER_OFF ? UINT64_MAX : rate_wait(&loop->rate, deadline > now ? deadline - now : 0);
    if (loop->idle_wait < SHORTEST_WAIT_NS)
        finish_wait(vm);
    else if (loop->idle_wait != UINT64_MAX)
        vm_come_again(vm, loop->idle_wait);
}

/* The deadline that was waited for may have come. */
void vm_wait_turn(struct vm *vm)
{
    struct vm_loop *loop = vm->loop;
    uint64_t waited = host_clock_ns() - loop->idle_since;
    assert(loop->idle);
    if (waited >= loop->idle_wait)
        finish_wait(vm);
    else if (loop->idle_wait != UINT64_MAX)
        vm_come_again(vm, loop->idle_wait - waited);
}

void vm_input_came(void *opaque)
{
    struct vm *vm = opaque;
    if (vm->loop->idle)
        cut_wait(vm);
    else
        cpu_leave_soon(vm->cpu);
}

void vm_apply_idle_end(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    uint64_t vtime;
    assert(input->length == sizeof(vtime));
    memcpy(&vtime, input->bytes, sizeof(vtime));
    cpu_idle_jump(vm->cpu, vtime);
}
