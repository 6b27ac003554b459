/* The monitor's commands for watchpoints. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "softmmu/watch.h"
#include "src/monitor_internal.h"
#include "src/watch_condition.h"
#include "src/watch_exec.h"
#include "src/watch_note.h"
#include "src/watchpoint.h"

static const char *const kinds[] = {[WATCH_READ] = "read", [WATCH_WRITE] = "write", [WATCH_ACCESS] = "access"};

static bool usage(struct monitor *monitor)
{
    say(monitor, "usage: watch phys:ADDR[,LEN] | virt:ADDR[,LEN]  [r|w|rw] [asid N] [count N] [any]\n"
                 "             [log] [stop] [exec 'COMMAND'] [if EXPR]\n"
                 "  r, w, rw  which accesses (w)\n"
                 "  asid N    in this address space only\n"
                 "  count N   stops at the Nth hit and those after it\n"
                 "  log       prints a line for each hit and goes on\n");
    return fail(monitor,
                "  exec 'COMMAND'  does this command at each hit, where it would stop, and goes on\n"
                "  stop      stops with log and exec, too\n"
                "  any       a write that changes nothing counts, too\n"
                "  if EXPR   counts only when this is not 0: value, old, size, address, store; a0, pc, status.EXL, asid,\n"
                "            mode, icount; [ADDR], u8[ADDR], *(s16 *) ADDR; C's operators\n");
}

/* phys:ADDR[,LEN]. A physical range may be named by a symbol: the memory that it is mapped to now. */
static bool parse_range(struct monitor *monitor, char *text, struct watchpoint_spec *spec)
{
    char *comma = strrchr(text, ',');
    uint64_t direct;
    spec->length = 4;
    if (strncmp(text, "phys:", 5) != 0 && strncmp(text, "virt:", 5) != 0)
        return fail(monitor, "%s: a range is phys:ADDR,LEN or virt:ADDR,LEN\n", text);
    spec->physical = text[0] == 'p';
    if (comma)
        *comma = '\0';
    if (comma && !parse_number(comma + 1, &spec->length))
        return fail(monitor, "%s: not a length\n", comma + 1);
    if (!parse_address(monitor, text + 5, &spec->first))
        return false;
    if (!spec->physical)
        spec->first &= UINT32_MAX;
    if (!spec->physical || parse_number(text + 5, &direct))
        return true;
    struct cpu *cpu = monitor->vm->cpu;
    struct mmu_page page;
    if (!cpu_debug_translate(cpu, (uint32_t)spec->first, &page))
        return fail(monitor, "%s: not mapped now, so it has no physical address\n", text + 5);
    spec->first = page.phys;
    return true;
}

static bool parse_kind(const char *text, unsigned *kind)
{
    static const struct {
        const char *text;
        unsigned kind;
    } rows[] = {
        {"r",  WATCH_READ  },
        {"w",  WATCH_WRITE },
        {"rw", WATCH_ACCESS},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (strcasecmp(text, rows[i].text) == 0) {
            *kind = rows[i].kind;
            return true;
        }
    return false;
}

/* Words with blanks between them again. The length that it has or would have, 0 if there are none. */
static size_t join(const struct monitor *monitor, unsigned from, unsigned end, char *text, size_t room)
{
    size_t length = 0;
    assert(from <= end && end <= monitor->count);
    for (unsigned i = from; i < end; i++)
        length +=
            (size_t)snprintf(text + length, length < room ? room - length : 0, "%s%s", length ? " " : "", monitor->arguments[i]);
    return length;
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

static bool begins_exec(const struct monitor *monitor, unsigned i)
{
    return strcasecmp(monitor->arguments[i], "exec") == 0 && i + 1 < monitor->count && is_quote(monitor->arguments[i + 1][0]);
}

/* May the expression end before this word? */
static bool begins_option(const struct monitor *monitor, unsigned i)
{
    static const char *const words[] = {"log", "any", "stop", "count", "asid"};
    unsigned kind;
    for (size_t w = 0; w < ARRAY_SIZE(words); w++)
        if (strcasecmp(monitor->arguments[i], words[w]) == 0)
            return true;
    return parse_kind(monitor->arguments[i], &kind) || begins_exec(monitor, i);
}

/* Where words from `from` on must end at the latest: exec has words of its own. */
static unsigned end_of_condition(const struct monitor *monitor, unsigned from)
{
    unsigned end = from;
    while (end < monitor->count && !begins_exec(monitor, end))
        end++;
    return end;
}

/* Up to the first option behind a whole expression, or to the end of the line: asid may be either. */
static bool parse_condition(struct monitor *monitor, unsigned *i, struct watchpoint_spec *spec)
{
    size_t room = sizeof(spec->condition_text);
    unsigned from = *i + 1, last = end_of_condition(monitor, from);
    char error[160];
    if (from == last)
        return fail(monitor, "if: a condition must follow\n");
    for (unsigned end = from + 1; end <= last && !spec->condition; end++) {
        if (end < last && !begins_option(monitor, end))
            continue;
        if (join(monitor, from, end, spec->condition_text, room) >= room)
            return fail(monitor, "the condition is too long\n");
        spec->condition = watch_condition_new(monitor->vm, spec->condition_text, error, sizeof(error));
        *i = end - 1;
    }
    return spec->condition || fail(monitor, "if: %s\n", error);
}

/* exec 'COMMAND', or a command of one word without quotes. */
static bool parse_exec(struct monitor *monitor, unsigned *i, struct watchpoint_spec *spec)
{
    char text[MONITOR_LINE];
    unsigned from = ++*i;
    const char *first = from < monitor->count ? monitor->arguments[from] : "", *last = first;
    bool quoted = is_quote(first[0]);
    while (quoted && *i < monitor->count) {
        last = monitor->arguments[*i];
        size_t size = strlen(last);
        assert(size);
        if (last[size - 1] == first[0] && (last != first || size > 1))
            break;
        ++*i;
    }
    if (*i >= monitor->count || spec->action)
        return fail(monitor, "exec: one command must follow, in quotes: exec 'info registers'\n");
    size_t length = join(monitor, from, *i + 1, text, sizeof(text));
    assert(length < sizeof(text) && length >= 2u * quoted);
    text[length - quoted] = '\0';
    spec->action = watch_exec_new(text + quoted);
    return true;
}

/* The number behind an option's name. */
static bool parse_option_number(struct monitor *monitor, unsigned *i, uint64_t most, uint64_t *value)
{
    const char *name = monitor->arguments[*i];
    if (++*i < monitor->count && parse_number(monitor->arguments[*i], value) && *value <= most)
        return true;
    return fail(monitor, "%s: a number up to %" PRIu64 " must follow\n", name, most);
}

static bool parse_option(struct monitor *monitor, unsigned *i, struct watchpoint_spec *spec)
{
    const char *name = monitor->arguments[*i];
    uint64_t asid;
    assert(*i < monitor->count);
    if (parse_kind(name, &spec->kind))
        return true;
    if (strcasecmp(name, "log") == 0)
        return spec->log = true;
    if (strcasecmp(name, "any") == 0)
        return spec->any = true;
    if (strcasecmp(name, "stop") == 0)
        return spec->stop = true;
    if (strcasecmp(name, "exec") == 0)
        return parse_exec(monitor, i, spec);
    if (strcasecmp(name, "count") == 0)
        return parse_option_number(monitor, i, UINT32_MAX, &spec->count);
    if (strcasecmp(name, "asid") == 0) {
        bool good = parse_option_number(monitor, i, 0xffff, &asid);
        spec->asid = good ? (int)asid : -1;
        return good;
    }
    if (strcasecmp(name, "if") != 0)
        return fail(monitor, "%s: not an option of watch\n", name);
    return parse_condition(monitor, i, spec);
}

static void say_watchpoint(struct monitor *monitor, const struct watchpoint *watchpoint)
{
    const struct watchpoint_spec *spec = &watchpoint->spec;
    assert(spec->kind && spec->kind < ARRAY_SIZE(kinds) && spec->length);
    say(monitor, "%4u  %s  %-6s  0x%08" PRIx64 "-0x%08" PRIx64 "  hits %" PRIu64, watchpoint->number,
        spec->physical ? "phys" : "virt", kinds[spec->kind], spec->first, spec->first + spec->length - 1, watchpoint->hits);
    if (spec->asid >= 0)
        say(monitor, "  asid %d", spec->asid);
    if (spec->count)
        say(monitor, "  count %" PRIu64, spec->count);
    say(monitor, "%s%s%s%s%s", spec->log ? "  log" : "", spec->stop ? "  stop" : "", spec->any ? "  any" : "",
        spec->condition ? "  if " : "", spec->condition ? spec->condition_text : "");
    say(monitor, "%s%s\n", spec->action ? "  " : "", spec->action ? spec->action->text : "");
}

static void drop(struct watchpoint_spec *spec)
{
    if (spec->condition)
        spec->condition->free(spec->condition);
    if (spec->action)
        spec->action->free(spec->action);
}

bool monitor_watch(struct monitor *monitor)
{
    struct watchpoint_spec spec = {.kind = WATCH_WRITE, .asid = -1};
    if (!monitor->count)
        return usage(monitor);
    if (!parse_range(monitor, monitor->arguments[0], &spec))
        return false;
    bool good = true;
    for (unsigned i = 1; i < monitor->count && good; i++)
        good = parse_option(monitor, &i, &spec);
    const struct watchpoint *watchpoint = good ? watchpoint_add(monitor->vm, &spec) : NULL;
    if (!watchpoint)
        drop(&spec);
    if (good && !watchpoint)
        fail(monitor, "the range is empty or goes past the end of memory\n");
    if (!watchpoint)
        return false;
    say_watchpoint(monitor, watchpoint);
    return true;
}

static bool unwatch_range(struct monitor *monitor)
{
    struct watchpoint_spec spec = {.kind = 0};
    struct watchpoint *watchpoint;
    bool removed = false;
    if (!parse_range(monitor, monitor->arguments[0], &spec))
        return false;
    if (monitor->count > 1 && !parse_kind(monitor->arguments[1], &spec.kind))
        return fail(monitor, "%s: must be r, w or rw\n", monitor->arguments[1]);
    while ((watchpoint = watchpoint_find(monitor->vm, spec.physical, spec.first, spec.length, spec.kind))) {
        watchpoint_remove(monitor->vm, watchpoint);
        removed = true;
    }
    return removed || fail(monitor, "there is no such watchpoint; info watchpoints lists them\n");
}

bool monitor_unwatch(struct monitor *monitor)
{
    const char *text = monitor->arguments[0];
    uint64_t number;
    if (strcasecmp(text, "all") == 0) {
        watchpoint_remove_all(monitor->vm);
        return true;
    }
    if (!parse_number(text, &number))
        return unwatch_range(monitor);
    struct watchpoint *watchpoint = number <= UINT32_MAX ? watchpoint_numbered(monitor->vm, (unsigned)number) : NULL;
    if (!watchpoint)
        return fail(monitor, "there is no watchpoint %" PRIu64 "; info watchpoints lists them\n", number);
    watchpoint_remove(monitor->vm, watchpoint);
    return true;
}

struct client_list {
    struct monitor *monitor;
    unsigned count;
};

static void say_client_watch(void *opaque, struct watch *watch)
{
    struct client_list *list = opaque;
    if (watch->owner)
        return;
    assert(watch->kind && watch->kind < ARRAY_SIZE(kinds) && watch->first <= watch->last);
    list->count++;
    say(list->monitor, " gdb  virt  %-6s  0x%08" PRIx64 "-0x%08" PRIx64 "  hits %" PRIu64 "\n", kinds[watch->kind], watch->first,
        watch->last, watch->hits);
}

bool monitor_info_watchpoints(struct monitor *monitor)
{
    struct client_list list = {monitor, 0};
    watch_each(monitor->vm->cpu->mmu.watches, say_client_watch, &list);
    for (const struct watchpoint *at = watchpoint_from(monitor->vm, 1); at; at = watchpoint_from(monitor->vm, at->number + 1)) {
        say_watchpoint(monitor, at);
        list.count++;
    }
    if (!list.count)
        say(monitor, "no watchpoints are set (gdb takes its own away while the machine is stopped)\n");
    if (watch_note_last())
        say(monitor, "last hit: %s", watch_note_last());
    return true;
}
