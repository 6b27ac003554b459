#include <stdio.h>

#include "gdbstub/gdbstub.h"
#include "src/monitor.h"
#include "src/target_internal.h"
#include "src/travel.h"

bool target_run_running(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->state == VM_RUNNING;
}

void target_run_stop(void *opaque)
{
    vm_stop(target_stop_attended(opaque), VM_STOP_USER);
}

/* From the position last reported at least one unit runs before a point that the client has seen can stop it again. */
static void pass_position(const struct stub_target *target)
{
    struct cpu *cpu = target->vm->cpu;
    bool same = target->reported.icount == target->vm->machine.clock->icount && target->reported.pc == *cpu_pc(cpu);
    cpu->skip_breakpoint = same && !target->reported.pc_written;
    if (!cpu->skip_breakpoint)
        cpu->asked = cpu->slot_asked = NOT_ASKED;
    cpu->skip_watch = cpu->skip_breakpoint && !cpu->debug.after &&
                      (target->last.kind == TARGET_STOP_WATCH || target->last.kind == TARGET_STOP_MONITOR_WATCH);
}

static void say_progress(struct vm *vm)
{
    struct stub_target *target = target_present();
    char text[64];
    int length = snprintf(text, sizeof(text), "searching the past: %u %%\n", travel_percent(vm->travel));
    assert(length > 0 && (size_t)length < sizeof(text));
    if (target)
        gdbstub_console(target->stub, text, (size_t)length);
}

static void go_back(struct stub_target *target, const struct target_resume *how)
{
    struct vm *vm = target_stop_attended(target);
    assert(vm->travel);
    assert(how->kind == TARGET_CONTINUE || how->kind == TARGET_STEP);
    if (how->kind == TARGET_CONTINUE)
        travel_begin_continue(vm->travel);
    else
        travel_begin_step(vm->travel);
    vm_start(vm, &(struct vm_run){.kind = VM_RUN_TRAVEL, .progress = say_progress});
}

void target_run_resume(void *opaque, const struct target_resume *how)
{
    static const enum vm_run_kind kinds[] = {
        [TARGET_CONTINUE] = VM_RUN_FREE,
        [TARGET_STEP] = VM_RUN_STEP,
        [TARGET_RANGE] = VM_RUN_RANGE,
    };
    struct stub_target *target = opaque;
    assert(target->vm->state == VM_STOPPED);
    target_text_say_held(target);
    if (how->direction == TARGET_BACKWARD) {
        go_back(target, how);
        return;
    }
    assert(how->kind < ARRAY_SIZE(kinds));
    struct vm_run run = {.kind = kinds[how->kind], .start = (uint32_t)how->start, .end = (uint32_t)how->end};
    pass_position(target);
    vm_start(target_stop_attended(target), &run);
}

bool target_run_can_reverse(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->history;
}

void target_run_detach(void *opaque, enum target_detach how)
{
    struct stub_target *target = opaque;
    struct vm *vm = target->vm;
    target_points_client_gone(target);
    if (vm->command.opaque == target && vm->command.busy) {
        monitor_await(vm, NULL, NULL, NULL);
        vm_stop(vm, VM_STOP_USER);
    }
    vm->debugger_waits = false;
    if (how == TARGET_DETACH && vm->state == VM_STOPPED) {
        pass_position(target);
        vm_start(vm, NULL);
    }
    target->reported.pc_written = false;
}

void target_run_kill(void *opaque)
{
    struct stub_target *target = opaque;
    vm_quit(target->vm, 0);
}

void target_run_set_into(void *opaque, bool into)
{
    struct stub_target *target = opaque;
    target->vm->step_into = into;
}

bool target_run_into(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->step_into;
}
