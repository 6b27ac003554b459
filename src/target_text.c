#include <stdio.h>
#include <string.h>

#include "gdbstub/gdbstub.h"
#include "src/monitor.h"
#include "src/target_internal.h"

void target_text_print(void *opaque, const char *text, size_t length)
{
    struct stub_target *target = opaque;
    if (target && target->vm->travels) /* it was printed when it happened */
        return;
    if (!target || !gdbstub_connected(target->stub)) {
        fwrite(text, 1, length, stderr);
        return;
    }
    gdbstub_console(target->stub, text, length);
    target->vm->held_up = gdbstub_full(target->stub);
}

void target_text_drained(void *opaque)
{
    struct stub_target *target = opaque;
    target->vm->held_up = false;
    vm_wake(target->vm);
}

void target_text_say_held(struct stub_target *target)
{
    if (target->held_notice[0])
        target_text_print(target, target->held_notice, strlen(target->held_notice));
    target->held_notice[0] = 0;
}

bool target_text_notice(void *opaque, const char *text)
{
    struct stub_target *target = opaque;
    if (!gdbstub_connected(target->stub))
        return false;
    snprintf(target->held_notice, sizeof(target->held_notice), "%s", text);
    if (target->vm->state == VM_RUNNING)
        target_text_say_held(target);
    return true;
}

static void print_late(void *opaque, const char *text, size_t length)
{
    struct stub_target *target = opaque;
    gdbstub_console(target->stub, text, length);
}

static void command_done(void *opaque, bool good)
{
    struct stub_target *target = opaque;
    assert(target == target_present());
    target_stop_note_position(target);
    gdbstub_command_done(target->stub, good);
}

enum target_command target_text_monitor(void *opaque, const char *command, target_print_fn *print, void *print_opaque)
{
    static const enum target_command results[] = {
        [MONITOR_FAILED] = TARGET_COMMAND_FAILED,
        [MONITOR_DONE] = TARGET_COMMAND_DONE,
        [MONITOR_LATER] = TARGET_COMMAND_LATER,
    };
    struct stub_target *target = opaque;
    enum monitor_result result = monitor_command(target->vm, command, print, print_opaque);
    assert(result < ARRAY_SIZE(results));
    if (result == MONITOR_LATER)
        monitor_await(target->vm, print_late, command_done, target);
    return results[result];
}
