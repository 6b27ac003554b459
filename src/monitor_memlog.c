/* The monitor's command memlog. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/history.h"
#include "src/memlog.h"
#include "src/monitor_internal.h"
#include "src/travel.h"

/* Of a replay. One command at a time. */
static struct memlog *replayed;

/* The arguments from `first` on, as -memlog has them: spaces and commas part alike. */
static void join(const struct monitor *monitor, unsigned first, char *text, size_t room)
{
    size_t used = 0;
    assert(room && first <= monitor->count);
    text[0] = '\0';
    for (unsigned i = first; i < monitor->count && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s", i > first ? "," : "", monitor->arguments[i]);
}

static bool usage(struct monitor *monitor)
{
    return fail(monitor, "usage: memlog start FILE [FILTER...] | stop | replay FROM TO FILE [FILTER...]\n"
                         "FILTER: phys=RANGE virt=RANGE pc=RANGE when=RANGE (FIRST..LAST, ADDR+LENGTH, ADDR) kind=rwx\n");
}

static void say_size(struct monitor *monitor, const struct memlog *log)
{
    if (!memlog_is_plain(log)) /* else most are not counted one by one */
        say(monitor, "%" PRIu64 " accesses logged, ", memlog_added(log));
    say(monitor, "%.1f MiB\n", (double)memlog_size(log) / 1048576);
}

static bool start(struct monitor *monitor)
{
    char text[MONITOR_LINE], error[1024];
    if (monitor->vm->memlog)
        return fail(monitor, "a log is being written; memlog stop ends it\n");
    join(monitor, 1, text, sizeof(text));
    return memlog_start(monitor->vm, text, error, sizeof(error)) || fail(monitor, "%s\n", error);
}

static bool stop(struct monitor *monitor)
{
    if (!monitor->vm->memlog)
        return fail(monitor, "no log is being written\n");
    memlog_flush(monitor->vm->memlog);
    say_size(monitor, monitor->vm->memlog);
    return memlog_stop(monitor->vm);
}

static void replay_over(struct vm *vm, bool arrived)
{
    assert(replayed);
    struct monitor late = {.vm = vm, .print = vm->command.print, .opaque = vm->command.opaque};
    bool good = memlog_end(replayed);
    if (late.print && !good)
        say(&late, "%s\n", memlog_error(replayed));
    else if (late.print && !arrived)
        say(&late, "interrupted; what was logged so far is good\n");
    if (late.print)
        say_size(&late, replayed);
    memlog_free(replayed);
    replayed = NULL;
    monitor_end_command(vm, good && arrived);
}

static bool parse_position(struct monitor *monitor, const char *text, uint64_t *icount)
{
    struct vm *vm = monitor->vm;
    if (strcmp(text, "start") == 0)
        *icount = history_start(vm);
    else if (strcmp(text, "end") == 0)
        *icount = history_end(vm);
    else if (!parse_number(text, icount))
        return fail(monitor, "%s: must be an icount, start, or end\n", text);
    return true;
}

static bool replay(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    struct memlog_spec spec;
    char text[MONITOR_LINE], error[1024];
    uint64_t from, to;
    assert(!replayed);
    if (!monitor_has_history(monitor) || !monitor_stands(monitor) || !parse_position(monitor, monitor->arguments[1], &from) ||
        !parse_position(monitor, monitor->arguments[2], &to))
        return false;
    if (from >= to || from < history_start(vm) || to > history_end(vm))
        return fail(monitor, "history is from icount %" PRIu64 " to %" PRIu64 "; FROM must be less than TO\n", history_start(vm),
                    history_end(vm));
    join(monitor, 3, text, sizeof(text));
    if (!memlog_parse(vm, text, &spec, error, sizeof(error)) ||
        !(replayed = memlog_new(spec.path, &vm->machine, &spec.filter, error, sizeof(error))))
        return fail(monitor, "%s\n", error);
    travel_begin_memlog(vm->travel, from, to, replayed);
    return monitor_begin_travel(monitor, true, replay_over);
}

bool monitor_memlog(struct monitor *monitor)
{
    static const struct {
        const char *name;
        unsigned least, most;
        bool (*run)(struct monitor *monitor);
    } rows[] = {
        {"start",  2, ARGUMENTS_MAX, start },
        {"stop",   1, 1,             stop  },
        {"replay", 4, ARGUMENTS_MAX, replay},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows) && monitor->count; i++)
        if (strcmp(monitor->arguments[0], rows[i].name) == 0)
            return monitor->count >= rows[i].least && monitor->count <= rows[i].most ? rows[i].run(monitor) : usage(monitor);
    return usage(monitor);
}
