/* The monitor's command save. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/monitor_internal.h"
#include "src/save.h"

/* One command at a time. */
static struct save *save;
static char *path;

static struct monitor waiting(struct vm *vm)
{
    return (struct monitor){.vm = vm, .print = vm->command.print, .opaque = vm->command.opaque};
}

static bool turn(struct vm *vm)
{
    assert(save);
    return save_turn(save);
}

static void progress(struct vm *vm)
{
    struct monitor late = waiting(vm);
    if (late.print)
        say(&late, "saving: %u %%\n", save_percent(save));
}

static void say_end(struct monitor *monitor, const char *error, bool complete)
{
    struct stat status;
    if (error)
        say(monitor, "%s\n", error);
    else if (!complete)
        say(monitor, "interrupted; nothing is saved\n");
    else if (stat(path, &status) == 0)
        say(monitor, "saved in %s, %.1f MiB\n", path, (double)status.st_size / 1048576);
}

static void over(struct vm *vm, bool complete)
{
    assert(save && path);
    struct monitor late = waiting(vm);
    const char *error = save_error(save);
    bool good = complete && !error;
    if (late.print)
        say_end(&late, error, complete);
    save_free(save);
    free(path);
    save = NULL;
    path = NULL;
    monitor_end_command(vm, good);
}

bool monitor_save(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    if (vm->state != VM_STOPPED)
        return fail(monitor, "the machine runs; stop it first\n");
    assert(!save && !path && !vm->command.busy);
    path = strdup(monitor->arguments[0]);
    save = save_begin(vm, path);
    if (save_error(save)) {
        fail(monitor, "%s\n", save_error(save));
        save_free(save);
        free(path);
        save = NULL;
        path = NULL;
        return false;
    }
    vm->command.busy = true;
    vm_start(vm, &(struct vm_run){.kind = VM_RUN_JOB, .comes_back = true, .turn = turn, .over = over, .progress = progress});
    return true;
}
