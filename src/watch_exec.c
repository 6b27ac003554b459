#include "src/watch_exec.h"

#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "src/monitor.h"
#include "src/notice.h"

struct watch_exec {
    struct watch_action action;
    char command[MONITOR_LINE];
    char text[MONITOR_LINE + 8]; /* exec 'COMMAND' */
};

/* Commands print in pieces; what is told are whole lines. */
struct lines {
    struct vm *vm;
    char text[512];
    size_t length;
};

static void tell_line(struct lines *lines)
{
    assert(lines->length < sizeof(lines->text));
    notice(lines->vm, "%.*s\n", (int)lines->length, lines->text);
    lines->length = 0;
}

static void take(void *opaque, const char *text, size_t length)
{
    struct lines *lines = opaque;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            tell_line(lines);
        else if (lines->length < sizeof(lines->text) - 1)
            lines->text[lines->length++] = text[i];
    }
}

static void run(struct watch_action *action, struct vm *vm, const struct debug_event *hit)
{
    struct lines lines = {.vm = vm};
    char command[MONITOR_LINE];
    strcpy(command, ((struct watch_exec *)action)->command);
    monitor_command(vm, command, take, &lines);
    if (lines.length)
        tell_line(&lines);
}

static void free_exec(struct watch_action *action)
{
    free(action);
}

struct watch_action *watch_exec_new(const char *command)
{
    struct watch_exec *exec = alloc_zeroed(sizeof(*exec));
    assert(strlen(command) < sizeof(exec->command));
    strcpy(exec->command, command);
    snprintf(exec->text, sizeof(exec->text), "exec '%s'", command);
    exec->action = (struct watch_action){run, free_exec, exec->text};
    return &exec->action;
}
