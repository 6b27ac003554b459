#include "src/memlog.h"

#include <stdio.h>
#include <string.h>

#include "cpu/log_access.h"
#include "softmmu/log.h"
#include "src/notice.h"
#include "src/options.h"
#include "src/options_value.h"
#include "src/symbols.h"
#include "src/vm.h"

static bool bad(char *error, size_t room, const char *item)
{
    snprintf(error, room,
             "%s: must be phys=, virt=, pc= or when= with FIRST..LAST, ADDR+LENGTH or ADDR, or kind= with letters of rwx", item);
    return false;
}

static bool parse_end(struct vm *vm, const char *text, size_t length, uint64_t *value)
{
    char name[256];
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    return length && length < sizeof(name) && (value_number(name, value) || symbols_find(vm->symbols, name, value));
}

static bool parse_range(struct vm *vm, const char *text, struct memlog_range *range)
{
    const char *dots = strstr(text, ".."), *plus = strrchr(text, '+');
    uint64_t length = 1;
    *range = MEMLOG_ALL;
    if (dots) {
        bool first = dots == text || parse_end(vm, text, (size_t)(dots - text), &range->first);
        return first && (!dots[2] || parse_end(vm, dots + 2, strlen(dots + 2), &range->last)) && range->first <= range->last;
    }
    if (!parse_end(vm, text, plus ? (size_t)(plus - text) : strlen(text), &range->first) ||
        (plus && !value_size(plus + 1, 1, &length)))
        return false;
    range->last = range->first + length - 1;
    return length && range->last >= range->first;
}

/* Symbols of the guest's are sign-extended by some; its addresses have 32 bits. */
static void take_virtual(struct memlog_range *range)
{
    range->first &= UINT32_MAX;
    range->last = range->last == UINT64_MAX ? UINT64_MAX : range->last & UINT32_MAX;
}

static bool parse_kinds(const char *text, unsigned *kinds)
{
    static const struct {
        char letter;
        unsigned kinds;
    } rows[] = {
        {'r', 1u << MEMLOG_LOAD | 1u << MEMLOG_DMA_READ  },
        {'w', 1u << MEMLOG_STORE | 1u << MEMLOG_DMA_WRITE},
        {'x', 1u << MEMLOG_FETCH                         },
    };
    *kinds = 0;
    for (; *text; text++) {
        unsigned i = 0;
        while (i < ARRAY_SIZE(rows) && rows[i].letter != *text)
            i++;
        if (i == ARRAY_SIZE(rows))
            return false;
        *kinds |= rows[i].kinds;
    }
    return *kinds;
}

static bool parse_item(struct vm *vm, const struct value_list *list, struct memlog_filter *filter)
{
    const struct {
        const char *key;
        struct memlog_range *range;
    } rows[] = {
        {"phys", &filter->phys},
        {"virt", &filter->virt},
        {"pc",   &filter->pc  },
        {"when", &filter->when},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (strcmp(list->key, rows[i].key) == 0)
            return parse_range(vm, list->value, rows[i].range);
    return strcmp(list->key, "kind") == 0 && parse_kinds(list->value, &filter->kinds);
}

bool memlog_parse(struct vm *vm, const char *text, struct memlog_spec *spec, char *error, size_t room)
{
    size_t path = strcspn(text, ",");
    const char *items = text + path + (text[path] == ',');
    *spec = (struct memlog_spec){
        .filter = {.virt = MEMLOG_ALL, .phys = MEMLOG_ALL, .pc = MEMLOG_ALL, .when = MEMLOG_ALL}
    };
    spec->filter.kinds = (1u << MEMLOG_KINDS) - 1 - (1u << MEMLOG_FETCH);
    if (!path || path >= sizeof(spec->path) || strlen(items) > MEMLOG_FILTER_MAX) {
        snprintf(error, room, "%s: expected FILE[,phys=RANGE][,virt=RANGE][,kind=rwx][,pc=RANGE][,when=RANGE]", text);
        return false;
    }
    memcpy(spec->path, text, path);
    strcpy(spec->filter.text, items);
    struct value_list list;
    for (value_list_begin(&list, items, NULL); value_list_next(&list);)
        if (!parse_item(vm, &list, &spec->filter))
            return bad(error, room, list.key);
    take_virtual(&spec->filter.virt);
    take_virtual(&spec->filter.pc);
    return true;
}

/* The CPU is slowed down by a log only around the time that it is about. */
static void attach(struct vm *vm)
{
    struct memlog *log = memlog_is_near(vm->memlog, vm->machine.clock->icount, VM_SLICE_MOST_INSNS) ? vm->memlog : NULL;
    if (vm->cpu->mmu.log != log)
        cpu_set_log(vm->cpu, log);
}

bool memlog_start(struct vm *vm, const char *text, char *error, size_t room)
{
    assert(!vm->memlog);
    struct memlog_spec spec;
    if (!memlog_parse(vm, text, &spec, error, room))
        return false;
    vm->memlog = memlog_new(spec.path, &vm->machine, &spec.filter, error, room);
    if (!vm->memlog)
        return false;
    memlog_pause(vm->memlog, vm->muted);
    attach(vm);
    return true;
}

bool memlog_stop(struct vm *vm)
{
    struct memlog *log = vm->memlog;
    if (!log)
        return true;
    vm->memlog = NULL;
    cpu_set_log(vm->cpu, NULL);
    bool good = memlog_end(log);
    if (!good)
        notice(vm, "memlog: %s; the log ends here, and what it has is good\n", memlog_error(log));
    memlog_free(log);
    return good;
}

/* What code wrote in the past goes while the log pauses; then it learns of pages anew, as they are reached. */
void memlog_mute(struct vm *vm, bool on)
{
    if (!vm->memlog)
        return;
    if (!on && vm->cpu->mmu.log == vm->memlog)
        cpu_set_log(vm->cpu, vm->memlog);
    memlog_pause(vm->memlog, on);
}

void memlog_slice_done(struct vm *vm)
{
    if (LIKELY(!vm->memlog))
        return;
    if (memlog_error(vm->memlog))
        memlog_stop(vm);
    else
        attach(vm);
}

/* Who looks at the machine may look at its log. */
static void changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    struct vm *vm = opaque;
    if (state == VM_STOPPED && vm->memlog)
        memlog_flush(vm->memlog);
}

bool memlog_power_on(struct vm *vm)
{
    char error[1024];
    vm_add_change_state_handler(vm, changed, vm);
    if (!vm->options->memlog || memlog_start(vm, vm->options->memlog, error, sizeof(error)))
        return true;
    report_error("-memlog: %s", error);
    return false;
}
