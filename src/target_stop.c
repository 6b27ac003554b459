#include <string.h>

#include "gdbstub/gdbstub.h"
#include "src/target_internal.h"
#include "src/watch_note.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

static uint64_t sign_extended(uint32_t address)
{
    return (uint64_t)(int64_t)(int32_t)address;
}

static void breakpoint_stop(const struct stub_target *target, struct target_stop *stop)
{
    bool hard = target_points_has(target, *cpu_pc(target->vm->cpu), TARGET_HARDWARE_BREAK);
    stop->kind = hard ? TARGET_STOP_HWBREAK : TARGET_STOP_SWBREAK;
}

/* A watch that is none of the client's is the monitor's. */
static void watch_stop(const struct stub_target *target, struct target_stop *stop)
{
    const struct debug_event *hit = &target->vm->cpu->debug;
    const struct point *point = target_points_of_watch(target, hit->watch);
    stop->kind = point ? TARGET_STOP_WATCH : TARGET_STOP_MONITOR_WATCH;
    stop->address = sign_extended(hit->lowest);
    if (point)
        stop->point = point->type;
}

static void make_stop(const struct stub_target *target, enum vm_stop_reason reason, struct target_stop *stop)
{
    *stop = (struct target_stop){.kind = TARGET_STOP_SIGNAL, .signal = SIGNAL_TRAP};
    switch (reason) {
    case VM_STOP_START:
        break;
    case VM_STOP_USER:
        stop->signal = SIGNAL_INT;
        break;
    case VM_STOP_BREAKPOINT:
        breakpoint_stop(target, stop);
        break;
    case VM_STOP_WATCH:
        watch_stop(target, stop);
        break;
    case VM_STOP_STEP:
        stop->kind = TARGET_STOP_STEP;
        break;
    case VM_STOP_HISTORY_BEGIN:
        stop->kind = TARGET_STOP_HISTORY_BEGIN;
        break;
    case VM_STOP_HISTORY_END:
        stop->kind = TARGET_STOP_HISTORY_END;
        break;
    case VM_STOP_SHUTDOWN:
        *stop = (struct target_stop){.kind = TARGET_STOP_EXITED};
        break;
    }
}

void target_stop_note_position(struct stub_target *target)
{
    target->reported.icount = target->vm->machine.clock->icount;
    target->reported.pc = *cpu_pc(target->vm->cpu);
}

void target_stop_at_start(struct stub_target *target)
{
    assert(target->vm->state == VM_STOPPED);
    make_stop(target, VM_STOP_START, &target->last);
    target_stop_note_position(target);
}

/* Any packet but those of the first contact comes by here before it matters: a client is there. */
struct vm *target_stop_attended(struct stub_target *target)
{
    target->vm->debugger_waits = true;
    return target->vm;
}

void target_stop_changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    struct stub_target *target = target_present();
    if (!target || state != VM_STOPPED || target->vm->looking)
        return;
    make_stop(target, reason, &target->last);
    target_stop_note_position(target);
    target->reported.pc_written = false;
    if (reason == VM_STOP_WATCH) {
        const char *note = watch_note_take(target->vm);
        if (target->vm->watch_note && !watch_note_told())
            gdbstub_console(target->stub, note, strlen(note));
    }
    gdbstub_stopped(target->stub, &target->last);
}

void target_stop_last(void *opaque, struct target_stop *stop)
{
    struct stub_target *target = opaque;
    target_stop_attended(target);
    target_stop_note_position(target);
    *stop = target->last;
}
