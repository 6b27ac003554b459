#include "src/monitor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "src/monitor_internal.h"
#include "src/symbols.h"
#include "src/target.h"

enum { DUMP_DEFAULT = 64, DUMP_LINE = 16 };
#define DUMP_MAX (UINT64_C(1) << 20)

/* A row of the command table, or of a command's own table of topics. */
struct command {
    const char *name, *alias, *parameters, *help;
    unsigned least, most; /* arguments */
    bool (*run)(struct monitor *monitor);
};

static void say_list(struct monitor *monitor, const char *format, va_list args)
{
    char text[512];
    int length = vsnprintf(text, sizeof(text), format, args);
    assert(length >= 0);
    monitor->print(monitor->opaque, text, (size_t)min_u64((uint64_t)length, sizeof(text) - 1));
}

void say(struct monitor *monitor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list(monitor, format, args);
    va_end(args);
}

bool fail(struct monitor *monitor, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say_list(monitor, format, args);
    va_end(args);
    return false;
}

static void say_line(void *opaque, const char *text)
{
    say(opaque, "%s\n", text);
}

/* Arguments */

bool parse_number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return end != text && *end == 0;
}

bool parse_address(struct monitor *monitor, const char *text, uint64_t *address)
{
    char name[256];
    uint64_t offset = 0;
    if (parse_number(text, address))
        return true;
    size_t length = strcspn(text, "+");
    bool good = length < sizeof(name) && (!text[length] || parse_number(text + length + 1, &offset));
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    if (!good || !symbols_find(monitor->vm->symbols, name, address))
        return fail(monitor, "%s: no such symbol, and not a number\n", text);
    *address += offset;
    return true;
}

static bool parse_switch(struct monitor *monitor, const char *text, bool *value)
{
    *value = strcasecmp(text, "on") == 0;
    return *value || strcasecmp(text, "off") == 0 || fail(monitor, "%s: must be on or off\n", text);
}

/* info ... */

static void say_fields(struct monitor *monitor, const struct cpu_register *row, uint64_t value)
{
    say(monitor, " [");
    for (const struct register_field *field = row->fields; field->name; field++) {
        assert(field->first <= field->last && field->last < row->bits);
        unsigned width = field->last - field->first + 1u;
        uint64_t part = value >> field->first & (UINT64_MAX >> (64 - width));
        if (width > 1)
            say(monitor, " %s=%" PRIu64, field->name, part);
        else if (part)
            say(monitor, " %s", field->name);
    }
    say(monitor, " ]");
}

/* Four to a line; one with fields has a line of its own. */
static bool info_registers(struct monitor *monitor)
{
    const struct cpu_arch *arch = monitor->vm->cpu->arch;
    unsigned column = 0;
    for (unsigned i = 0; i < arch->nregisters; i++) {
        const struct cpu_register *row = &arch->registers[i];
        if (!row->read)
            continue;
        if (row->fields && column)
            say(monitor, "\n");
        uint64_t value = row->read(monitor->vm->cpu, row->arg);
        say(monitor, "%-10s%0*" PRIx64, row->name, row->bits / 4, value);
        if (row->fields)
            say_fields(monitor, row, value);
        column = row->fields || column == 3 ? 0 : column + 1;
        say(monitor, "%s", column ? "  " : "\n");
    }
    say(monitor, "%s", column ? "\n" : "");
    return true;
}

static bool info_tlb(struct monitor *monitor)
{
    const struct cpu *cpu = monitor->vm->cpu;
    if (!cpu->arch->print_tlb)
        return fail(monitor, "this CPU has no TLB\n");
    cpu->arch->print_tlb(monitor->vm->cpu, say_line, monitor);
    return true;
}

static bool info_mtree(struct monitor *monitor)
{
    physmap_print(monitor->vm->machine.phys, say_line, monitor);
    return true;
}

struct breakpoint_list {
    struct monitor *monitor;
    unsigned count;
};

static void say_breakpoint(void *opaque, enum target_point type, uint32_t address, uint64_t length)
{
    struct breakpoint_list *list = opaque;
    uint64_t offset;
    if (type >= TARGET_WRITE_WATCH)
        return;
    const char *name = symbols_name(list->monitor->vm->symbols, address, &offset);
    say(list->monitor, "%s  0x%08" PRIx32, type == TARGET_HARDWARE_BREAK ? "hardware" : "software", address);
    if (name)
        say(list->monitor, "  %s+0x%" PRIx64, name, offset);
    say(list->monitor, "\n");
    list->count++;
}

static bool info_breakpoints(struct monitor *monitor)
{
    struct breakpoint_list list = {monitor, 0};
    target_each_point(say_breakpoint, &list);
    if (!list.count)
        say(monitor, "no breakpoints are set (gdb takes its own away while the machine is stopped)\n");
    return true;
}

static bool info_icount(struct monitor *monitor)
{
    const struct clock_state *clock = monitor->vm->machine.clock;
    uint64_t now = clock_now(clock);
    say(monitor, "icount        %" PRIu64 "\n", clock->icount);
    say(monitor, "virtual time  %" PRIu64 ".%09" PRIu64 " s\n", now / 1000000000, now % 1000000000);
    say(monitor, "rate          %.6f ns an instruction\n", (double)clock->rate / 4294967296.0);
    return true;
}

static bool info_jit(struct monitor *monitor)
{
    cpu_print_stats(monitor->vm->cpu, say_line, monitor);
    return true;
}

static bool info_status(struct monitor *monitor)
{
    static const char *const reasons[] = {
        [VM_STOP_START] = "not started yet",      [VM_STOP_USER] = "by the user",
        [VM_STOP_BREAKPOINT] = "at a breakpoint", [VM_STOP_WATCH] = "at a watchpoint",
        [VM_STOP_STEP] = "after a step",          [VM_STOP_HISTORY_BEGIN] = "at the start of history",
        [VM_STOP_HISTORY_END] = "at the present", [VM_STOP_SHUTDOWN] = "the guest has shut down",
    };
    assert(monitor->vm->stop_reason < ARRAY_SIZE(reasons) && reasons[monitor->vm->stop_reason]);
    if (monitor->vm->state == VM_RUNNING)
        say(monitor, "running\n");
    else
        say(monitor, "stopped: %s\n", reasons[monitor->vm->stop_reason]);
    return true;
}

static bool info_symbols(struct monitor *monitor)
{
    const char *source = symbols_source(monitor->vm->symbols);
    say(monitor, "%zu symbols%s%s\n", symbols_count(monitor->vm->symbols), source ? ", from " : "", source ? source : "");
    return true;
}

static const struct command topics[] = {
    {"registers",   "r",  "", "the CPU's registers, with their fields",        0, 0, info_registers          },
    {"tlb",         NULL, "", "the guest's TLB",                               0, 0, info_tlb                },
    {"mtree",       NULL, "", "the physical address map",                      0, 0, info_mtree              },
    {"watchpoints", NULL, "", "watched ranges, and the last hit",              0, 0, monitor_info_watchpoints},
    {"breakpoints", "b",  "", "breakpoints",                                   0, 0, info_breakpoints        },
    {"icount",      NULL, "", "instructions executed, and the guest's time",   0, 0, info_icount             },
    {"jit",         NULL, "", "translated code: blocks, links, slow paths",    0, 0, info_jit                },
    {"history",     NULL, "", "how far the past reaches, and its checkpoints", 0, 0, monitor_info_history    },
    {"status",      NULL, "", "whether the machine runs, and why it does not", 0, 0, info_status             },
    {"symbols",     NULL, "", "how many symbols are known, and from where",    0, 0, info_symbols            },
    {NULL,          NULL, "", NULL,                                            0, 0, NULL                    },
};

static void say_table(struct monitor *monitor, const struct command *table, const char *prefix)
{
    for (const struct command *row = table; row->name; row++) {
        char usage[80];
        assert(row->least <= row->most && row->most <= ARGUMENTS_MAX);
        int length = snprintf(usage, sizeof(usage), "%s%s%s%s%s%s", prefix, row->name, row->alias ? ", " : "",
                              row->alias ? row->alias : "", row->parameters[0] ? " " : "", row->parameters);
        assert(length > 0 && (size_t)length < sizeof(usage));
        say(monitor, "%-28s %s\n", usage, row->help);
    }
}

static const struct command *find_command(const struct command *table, const char *name)
{
    for (; table->name; table++)
        if (strcasecmp(table->name, name) == 0 || (table->alias && strcasecmp(table->alias, name) == 0))
            return table;
    return NULL;
}

static bool info(struct monitor *monitor)
{
    if (!monitor->count) {
        say_table(monitor, topics, "info ");
        return true;
    }
    const struct command *topic = find_command(topics, monitor->arguments[0]);
    return topic ? topic->run(monitor) : fail(monitor, "info %s: no such topic; try info\n", monitor->arguments[0]);
}

/* The machine's run */

static bool reset(struct monitor *monitor)
{
    vm_reset(monitor->vm);
    return true;
}

static bool quit(struct monitor *monitor)
{
    vm_quit(monitor->vm, 0);
    return true;
}

static bool stop(struct monitor *monitor)
{
    vm_stop(monitor->vm, VM_STOP_USER);
    return true;
}

/* What the machine stands at was seen, whether a client of the stub is there or not: it must not stop it again at once. */
static bool cont(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    if (vm->state == VM_RUNNING)
        return true;
    vm->cpu->skip_breakpoint = true;
    vm->cpu->skip_watch = vm->stop_reason == VM_STOP_WATCH && !vm->cpu->debug.after;
    vm_start(vm, NULL);
    return true;
}

/* set ... */

static bool set_sstep(struct monitor *monitor)
{
    if (strcasecmp(monitor->arguments[1], "into") != 0 || monitor->count != 3)
        return fail(monitor, "usage: set sstep into on|off\n");
    return parse_switch(monitor, monitor->arguments[2], &monitor->vm->step_into);
}

static bool set_watch_note(struct monitor *monitor)
{
    if (monitor->count != 2)
        return fail(monitor, "usage: set watch-note on|off\n");
    return parse_switch(monitor, monitor->arguments[1], &monitor->vm->watch_note);
}

static bool set_replay_stop(struct monitor *monitor)
{
    if (monitor->count != 2)
        return fail(monitor, "usage: set replay-stop on|off\n");
    return parse_switch(monitor, monitor->arguments[1], &monitor->vm->replay_stop);
}

static const struct command settings[] = {
    {"sstep",       NULL, "into on|off", "on: a step is one unit, into handlers too",      2, 3, set_sstep      },
    {"watch-note",  NULL, "on|off",      "on: a watch hit prints a line about the access", 2, 2, set_watch_note },
    {"replay-stop", NULL, "on|off",      "on: forward from the past stops at the present", 2, 2, set_replay_stop},
    {NULL,          NULL, "",            NULL,                                             0, 0, NULL           },
};

static bool set(struct monitor *monitor)
{
    const struct command *row = monitor->count ? find_command(settings, monitor->arguments[0]) : NULL;
    if (row && monitor->count >= row->least)
        return row->run(monitor);
    say_table(monitor, settings, "set ");
    return !monitor->count;
}

/* Memory */

static void say_dump(struct monitor *monitor, uint64_t address, const uint8_t *bytes, size_t length)
{
    char hex[3 * DUMP_LINE + 1] = "", text[DUMP_LINE + 1] = "";
    assert(length && length <= DUMP_LINE);
    for (size_t i = 0; i < length; i++) {
        snprintf(hex + 3 * i, 4, " %02x", bytes[i]);
        text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    }
    say(monitor, "%08" PRIx64 ":%-48s  %s\n", address, hex, text);
}

/* Bytes done from the start. */
typedef size_t read_fn(struct vm *vm, uint64_t address, uint8_t *bytes, size_t length);

static bool dump(struct monitor *monitor, read_fn *read, uint64_t last_address)
{
    uint64_t address, length = DUMP_DEFAULT;
    if (!parse_address(monitor, monitor->arguments[0], &address))
        return false;
    if (monitor->count > 1 && (!parse_number(monitor->arguments[1], &length) || !length || length > DUMP_MAX))
        return fail(monitor, "%s: the length must be 1 to %" PRIu64 "\n", monitor->arguments[1], DUMP_MAX);
    address &= last_address;
    for (size_t wanted, done; length; address += done, length -= done) {
        uint8_t bytes[DUMP_LINE];
        wanted = (size_t)min_u64(min_u64(length, DUMP_LINE), last_address - address + 1);
        done = wanted ? read(monitor->vm, address, bytes, wanted) : 0;
        assert(done <= wanted);
        if (!done)
            return fail(monitor, "cannot read 0x%" PRIx64 "\n", address);
        say_dump(monitor, address, bytes, done);
    }
    return true;
}

static size_t read_virtual(struct vm *vm, uint64_t address, uint8_t *bytes, size_t length)
{
    return cpu_debug_read(vm->cpu, (uint32_t)address, bytes, length);
}

static size_t read_physical(struct vm *vm, uint64_t address, uint8_t *bytes, size_t length)
{
    size_t done = 0;
    while (done < length && phys_read(vm->machine.phys, address + done, bytes + done, 1, PHYS_DEBUGGER))
        done++;
    return done;
}

static bool examine(struct monitor *monitor)
{
    return dump(monitor, read_virtual, UINT32_MAX);
}

static bool examine_physical(struct monitor *monitor)
{
    return dump(monitor, read_physical, UINT64_MAX >> 1);
}

static bool print_symbol(struct monitor *monitor)
{
    uint64_t address, offset;
    if (!parse_address(monitor, monitor->arguments[0], &address))
        return false;
    const char *name = symbols_name(monitor->vm->symbols, address, &offset);
    say(monitor, "0x%08" PRIx64, address);
    if (name)
        say(monitor, " %s+0x%" PRIx64, name, offset);
    say(monitor, "\n");
    return true;
}

static bool help(struct monitor *monitor);

static const struct command commands[] = {
    {"help",       "?",  "",                           "this list",                                        0, 1,             help              },
    {"info",       NULL, "[TOPIC]",                    "what there is to know; without a topic, the list", 0, 1,             info              },
    {"stop",       NULL, "",                           "stops the machine",                                0, 0,             stop              },
    {"cont",       "c",  "",                           "lets the machine run on",                          0, 0,             cont              },
    {"reset",      NULL, "",                           "the machine as after power-on",                    0, 0,             reset             },
    {"quit",       "q",  "",                           "ends the program",                                 0, 0,             quit              },
    {"set",        NULL, "NAME VALUE",                 "changes a setting; without a name, the list",      0, 3,             set               },
    {"x",          NULL, "ADDR [LEN]",                 "memory at a virtual address or symbol",            1, 2,             examine           },
    {"xp",         NULL, "ADDR [LEN]",                 "memory at a physical address",                     1, 2,             examine_physical  },
    {"when",       NULL, "",                           "where in its history the machine stands",          0, 0,             monitor_when      },
    {"goto",       NULL, "ICOUNT|TIME|start|end|NAME", "goes to a position, back or forth",                1, 1,             monitor_goto      },
    {"checkpoint", NULL, "NAME",                       "names this position",                              1, 1,             monitor_checkpoint},
    {"who-wrote",  NULL, "ADDR|phys:ADDR [LEN]",       "the last write to these bytes before now",         1, 2,             monitor_who_wrote },
    {"watch",      NULL, "phys:|virt:ADDR,LEN ...",    "a watchpoint; without a range, how",               0, ARGUMENTS_MAX, monitor_watch     },
    {"unwatch",    NULL, "N|all|RANGE",                "removes watchpoints",                              1, ARGUMENTS_MAX, monitor_unwatch   },
    {"memlog",     NULL, "start|stop|replay ...",      "logs accesses to memory; without a word, how",     0, ARGUMENTS_MAX, monitor_memlog    },
    {"save",       NULL, "FILE",                       "the whole machine with its history, for -load",    1, 1,             monitor_save      },
    {"print",      "p",  "ADDR",                       "a symbol's address, or an address's symbol",       1, 1,             print_symbol      },
    {NULL,         NULL, "",                           NULL,                                               0, 0,             NULL              },
};

static bool help(struct monitor *monitor)
{
    say_table(monitor, commands, "");
    say_table(monitor, topics, "info ");
    say_table(monitor, settings, "set ");
    return true;
}

static bool run_command(struct monitor *monitor, const char *name)
{
    const struct command *row = find_command(commands, name);
    if (!row)
        return fail(monitor, "%s: no such command; try help\n", name);
    if (monitor->count < row->least || monitor->count > row->most)
        return fail(monitor, "usage: %s %s\n", row->name, row->parameters);
    return row->run(monitor);
}

static enum monitor_result refuse(struct monitor *monitor, const char *text)
{
    fail(monitor, "%s\n", text);
    return MONITOR_FAILED;
}

enum monitor_result monitor_command(struct vm *vm, const char *line, monitor_print_fn *print, void *opaque)
{
    static const char space[] = " \t\r\n";
    struct monitor monitor = {.vm = vm, .print = print, .opaque = opaque};
    char copy[MONITOR_LINE], *rest = NULL;
    assert(print);
    if (strlen(line) >= sizeof(copy))
        return refuse(&monitor, "the command is too long");
    strcpy(copy, line);
    const char *name = strtok_r(copy, space, &rest);
    for (char *word; (word = strtok_r(NULL, space, &rest));) {
        if (monitor.count == ARGUMENTS_MAX)
            return refuse(&monitor, "too many arguments");
        monitor.arguments[monitor.count++] = word;
    }
    if (vm->command.busy)
        return refuse(&monitor, "another command is under way");
    bool good = !name || run_command(&monitor, name);
    assert(good || !vm->command.busy);
    return vm->command.busy ? MONITOR_LATER : good ? MONITOR_DONE : MONITOR_FAILED;
}
