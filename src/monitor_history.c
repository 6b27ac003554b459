/* The monitor's commands about time: when, goto, checkpoint, who-wrote, info history. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/history.h"
#include "src/monitor_internal.h"
#include "src/symbols.h"
#include "src/travel.h"

static struct travel_write found;

bool monitor_has_history(struct monitor *monitor)
{
    return monitor->vm->history || fail(monitor, "no history is kept: -history off\n");
}

bool monitor_stands(struct monitor *monitor)
{
    return monitor->vm->state == VM_STOPPED || fail(monitor, "the machine runs; stop it first\n");
}

static void say_seconds(struct monitor *monitor, uint64_t ns)
{
    say(monitor, "%" PRIu64 ".%09" PRIu64 " s", ns / 1000000000, ns % 1000000000);
}

bool monitor_when(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    uint64_t now = vm->machine.clock->icount, end = history_end(vm), start = history_start(vm);
    say(monitor, "icount %" PRIu64 ", virtual time ", now);
    say_seconds(monitor, clock_now(vm->machine.clock));
    if (!vm->history)
        say(monitor, "; no history is kept\n");
    else if (!history_in_past(vm))
        say(monitor, "; the present. History goes back to icount %" PRIu64 " (%.1f %% of the run)\n", start,
            end ? 100.0 * (double)(end - start) / (double)end : 100.0);
    else
        say(monitor, "; %.1f %% of the way from icount %" PRIu64 " to the present at %" PRIu64 "\n",
            end > start ? 100.0 * (double)(now - start) / (double)(end - start) : 100.0, start, end);
    return true;
}

bool monitor_info_history(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    struct journal_stats stats;
    if (!monitor_has_history(monitor))
        return false;
    struct journal *journal = history_journal(vm);
    journal_statistics(journal, &stats);
    monitor_when(monitor);
    say(monitor, "%zu checkpoints, the longest interval takes %.0f ms to replay\n", journal_count(journal),
        (double)stats.longest_ns / 1e6);
    say(monitor, "%.1f of %.1f MiB used; %" PRIu64 " pages saved since the start, %" PRIu64 " compressed\n",
        (double)stats.used / 1048576, (double)stats.bound / 1048576, stats.saved_pages, stats.packed_pages);
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct checkpoint *checkpoint = journal_at(journal, i);
        if (!checkpoint->name[0])
            continue;
        say(monitor, "%-*s icount %" PRIu64 ", ", CHECKPOINT_NAME, checkpoint->name, checkpoint->mark.icount);
        say_seconds(monitor, checkpoint->mark.vtime);
        say(monitor, "\n");
    }
    return true;
}

static const struct checkpoint *named(struct vm *vm, const char *name)
{
    struct journal *journal = history_journal(vm);
    for (size_t i = 0; i < journal_count(journal); i++)
        if (strcmp(journal_at(journal, i)->name, name) == 0)
            return journal_at(journal, i);
    return NULL;
}

bool monitor_checkpoint(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    const char *name = monitor->arguments[0];
    if (!monitor_has_history(monitor) || !monitor_stands(monitor))
        return false;
    if (strlen(name) >= CHECKPOINT_NAME || strchr("0123456789+-.", name[0]))
        return fail(monitor, "%s: a name must begin with a letter and be shorter than %d\n", name, CHECKPOINT_NAME);
    if (named(vm, name))
        return fail(monitor, "%s: there is a checkpoint of this name\n", name);
    journal_set_name(history_journal(vm), history_checkpoint(vm), name);
    return true;
}

/* Travel under way for a command */

static void say_progress(struct vm *vm)
{
    assert(vm->command.busy && vm->travel);
    struct monitor late = {.vm = vm, .print = vm->command.print, .opaque = vm->command.opaque};
    if (late.print)
        say(&late, "searching the past: %u %%\n", travel_percent(vm->travel));
}

void monitor_end_command(struct vm *vm, bool good)
{
    assert(vm->command.busy);
    void (*done)(void *opaque, bool good) = vm->command.done;
    void *opaque = vm->command.opaque;
    vm->command.busy = false;
    vm->command.done = NULL;
    vm->command.print = NULL;
    if (done)
        done(opaque, good);
}

/* Nobody is asked for text before monitor_await(): a travel takes at least one turn of the loop. */
bool monitor_begin_travel(struct monitor *monitor, bool comes_back, void (*over)(struct vm *vm, bool arrived))
{
    struct vm *vm = monitor->vm;
    assert(vm->state == VM_STOPPED && !vm->command.busy);
    vm->command.busy = true;
    vm_start(vm, &(struct vm_run){.kind = VM_RUN_TRAVEL, .comes_back = comes_back, .over = over, .progress = say_progress});
    return true;
}

void monitor_await(struct vm *vm, monitor_print_fn *print, void (*done)(void *opaque, bool good), void *opaque)
{
    assert(vm->command.busy);
    vm->command.print = print;
    vm->command.done = done;
    vm->command.opaque = opaque;
}

static void goto_over(struct vm *vm, bool arrived)
{
    struct monitor late = {.vm = vm, .print = vm->command.print, .opaque = vm->command.opaque};
    if (late.print && arrived)
        monitor_when(&late);
    else if (late.print)
        say(&late, "interrupted; time stands where it was\n");
    monitor_end_command(vm, arrived);
}

/* "12.5s", "300ms", "7us", "100ns" */
static bool parse_time(const char *text, uint64_t *ns)
{
    static const struct {
        const char *unit;
        double ns;
    } units[] = {
        {"s",  1e9},
        {"ms", 1e6},
        {"us", 1e3},
        {"ns", 1  },
    };
    char *end;
    double value = strtod(text, &end);
    for (unsigned i = 0; i < ARRAY_SIZE(units) && end != text && value >= 0 && value < 1e10; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *ns = (uint64_t)(value * units[i].ns);
            return true;
        }
    return false;
}

bool monitor_goto(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    const char *where = monitor->arguments[0];
    uint64_t number;
    if (!monitor_has_history(monitor) || !monitor_stands(monitor))
        return false;
    const struct checkpoint *checkpoint = named(vm, where);
    if (checkpoint)
        travel_begin_goto(vm->travel, checkpoint->mark.icount);
    else if (strcmp(where, "start") == 0)
        travel_begin_goto(vm->travel, history_start(vm));
    else if (strcmp(where, "end") == 0)
        travel_begin_goto(vm->travel, history_end(vm));
    else if (parse_number(where, &number))
        travel_begin_goto(vm->travel, number);
    else if (parse_time(where, &number))
        travel_begin_goto_time(vm->travel, number);
    else
        return fail(monitor, "%s: must be an icount, a time (1.5s, 20ms), start, end, or a checkpoint's name\n", where);
    return monitor_begin_travel(monitor, false, goto_over);
}

static void say_bytes(struct monitor *monitor, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        say(monitor, "%s%02x", i ? " " : "", bytes[i]);
}

static void say_writer(struct monitor *monitor)
{
    struct vm *vm = monitor->vm;
    const struct debug_event *hit = &found.hit;
    assert(found.found);
    uint64_t offset;
    if (hit->source != WATCH_BY_CPU) {
        say(monitor, "DMA by %s", hit->device ? hit->device : "a device");
        return;
    }
    const char *name = symbols_name(vm->symbols, hit->pc, &offset);
    say(monitor, "pc 0x%08" PRIx32, hit->pc);
    if (name)
        say(monitor, " %s+0x%" PRIx64, name, offset);
}

static void who_wrote_over(struct vm *vm, bool arrived)
{
    struct monitor late = {.vm = vm, .print = vm->command.print, .opaque = vm->command.opaque};
    if (!late.print) {
        monitor_end_command(vm, arrived);
        return;
    }
    if (!arrived)
        say(&late, "interrupted\n");
    else if (!found.found)
        say(&late, "not written by CPU or DMA since history begins, at icount %" PRIu64 "\n", history_start(vm));
    else {
        assert(found.bytes && found.bytes <= sizeof(found.old_bytes));
        say_writer(&late);
        say(&late, ", icount %" PRIu64 ": ", found.icount);
        say_bytes(&late, found.old_bytes, found.bytes);
        say(&late, " -> ");
        say_bytes(&late, found.new_bytes, found.bytes);
        say(&late, "\n");
    }
    monitor_end_command(vm, arrived);
}

/* phys:ADDR is taken as it is, any other address is virtual, as the CPU sees it now. */
static bool physical(struct monitor *monitor, const char *text, uint64_t *address)
{
    struct cpu *cpu = monitor->vm->cpu;
    struct mmu_page page;
    if (strncmp(text, "phys:", 5) == 0)
        return parse_address(monitor, text + 5, address);
    if (strncmp(text, "virt:", 5) == 0)
        text += 5;
    if (!parse_address(monitor, text, address))
        return false;
    if (!cpu_debug_translate(cpu, (uint32_t)*address, &page))
        return fail(monitor, "%s: not mapped now; phys:ADDR names physical memory\n", text);
    *address = page.phys;
    return true;
}

bool monitor_who_wrote(struct monitor *monitor)
{
    uint64_t address, length = 4;
    if (!monitor_has_history(monitor) || !monitor_stands(monitor) || !physical(monitor, monitor->arguments[0], &address))
        return false;
    if (monitor->count > 1 && (!parse_number(monitor->arguments[1], &length) || !length))
        return fail(monitor, "%s: must be a number of bytes\n", monitor->arguments[1]);
    if (!travel_begin_who_wrote(monitor->vm->travel, address, length, &found))
        return fail(monitor, "%s: no such range\n", monitor->arguments[0]);
    return monitor_begin_travel(monitor, true, who_wrote_over);
}
