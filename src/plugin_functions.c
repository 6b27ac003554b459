/* What a plug-in can ask of the machine. */
#include <string.h>

#include "softmmu/alloc.h"
#include "src/debug_write.h"
#include "src/notice.h"
#include "src/plugin.h"
#include "src/register_name.h"
#include "src/symbols.h"
#include "src/watchpoint.h"

static_assert((int)STAKEOUT_READ == WATCH_READ && (int)STAKEOUT_WRITE == WATCH_WRITE && (int)STAKEOUT_ACCESS == WATCH_ACCESS,
              "kinds are handed over as they are");
static_assert((int)STAKEOUT_BY_CPU == WATCH_BY_CPU && (int)STAKEOUT_BY_DMA == WATCH_BY_DMA &&
                  (int)STAKEOUT_BY_WALKER == WATCH_BY_WALKER,
              "sources too");

/* Watches */

struct plugin_watch {
    struct watch_action action;
    struct stakeout *plugin;
    unsigned number;
    stakeout_hit_fn *fn;
    void *opaque;
};

static void tell_hit(struct watch_action *action, struct vm *vm, const struct debug_event *hit)
{
    const struct plugin_watch *watch = (const struct plugin_watch *)action;
    assert(watch->fn && watch->number);
    const struct stakeout_hit told = {
        .watch = watch->number,
        .source = (enum stakeout_source)hit->source,
        .device = hit->device,
        .write = hit->kind == ACCESS_STORE,
        .known = hit->known,
        .size = hit->size,
        .address = hit->lowest,
        .physical = hit->phys,
        .value = hit->value,
        .old = hit->old,
        .pc = hit->pc,
    };
    if (!watch->plugin->ended)
        watch->fn(watch->opaque, watch->plugin, &told);
}

static void free_watch(struct watch_action *action)
{
    free(action);
}

static unsigned add_watch(struct stakeout *machine, enum stakeout_space space, uint64_t address, uint64_t length,
                          enum stakeout_kind kind, stakeout_hit_fn *fn, void *opaque)
{
    if (machine->in_unit || !fn || kind < STAKEOUT_READ || kind > STAKEOUT_ACCESS)
        return 0;
    struct plugin_watch *watch = alloc_zeroed(sizeof(*watch));
    *watch = (struct plugin_watch){
        {tell_hit, free_watch, machine->argv[0]},
        machine, 0, fn, opaque
    };
    struct watchpoint_spec spec = {.physical = space == STAKEOUT_PHYSICAL,
                                   .first = space == STAKEOUT_PHYSICAL ? address : (uint32_t)address,
                                   .length = length,
                                   .kind = kind,
                                   .asid = -1,
                                   .any = true,
                                   .action = &watch->action};
    const struct watchpoint *made = watchpoint_add(machine->vm, &spec);
    if (!made)
        free(watch);
    else
        watch->number = made->number;
    return made ? made->number : 0;
}

static bool is_own(const struct stakeout *machine, const struct watchpoint *watchpoint)
{
    const struct watch_action *action = watchpoint->spec.action;
    return action && action->run == tell_hit && ((const struct plugin_watch *)action)->plugin == machine;
}

static bool remove_watch(struct stakeout *machine, unsigned number)
{
    struct watchpoint *watchpoint = watchpoint_numbered(machine->vm, number);
    if (machine->in_unit || !watchpoint || !is_own(machine, watchpoint))
        return false;
    watchpoint_remove(machine->vm, watchpoint);
    return true;
}

/* State changes and exceptions */

static void on_state(struct stakeout *machine, stakeout_state_fn *fn, void *opaque)
{
    machine->state.fn = fn;
    machine->state.opaque = opaque;
}

static void tell_exception(void *opaque, unsigned code)
{
    struct stakeout *machine = opaque;
    const struct vm *vm = machine->vm;
    const struct stakeout_exception exception = {code};
    if (machine->ended || !machine->exception.fn || vm->looking || vm->travels)
        return;
    assert(!machine->in_unit);
    machine->in_unit = true;
    machine->exception.fn(machine->exception.opaque, machine, &exception);
    machine->in_unit = false;
}

static void on_exception(struct stakeout *machine, stakeout_exception_fn *fn, void *opaque)
{
    if (!machine->listener.fn) {
        assert(!machine->exception.fn);
        machine->listener = (struct exception_listener){tell_exception, machine, NULL};
        cpu_listen_to_exceptions(machine->vm->cpu, &machine->listener);
    }
    machine->exception.fn = fn;
    machine->exception.opaque = opaque;
}

/* State */

static bool read_register(struct stakeout *machine, const char *name, uint64_t *value)
{
    struct cpu *cpu = machine->vm->cpu;
    const struct cpu_register *row = register_by_name(cpu->arch, name);
    if (!row || !row->read)
        return false;
    *value = row->read(cpu, row->arg);
    return true;
}

static bool write_register(struct stakeout *machine, const char *name, uint64_t value)
{
    const struct cpu_register *row = register_by_name(machine->vm->cpu->arch, name);
    return row && !machine->in_unit && debug_write_register(machine->vm, row->number, value);
}

static size_t read_memory(struct stakeout *machine, enum stakeout_space space, uint64_t address, void *bytes, size_t length)
{
    struct vm *vm = machine->vm;
    uint8_t *to = bytes;
    size_t done = 0;
    if (space == STAKEOUT_VIRTUAL)
        return cpu_debug_read(vm->cpu, (uint32_t)address, to, length);
    if (phys_read(vm->machine.phys, address, to, length, PHYS_DEBUGGER))
        return length;
    while (done < length && phys_read(vm->machine.phys, address + done, to + done, 1, PHYS_DEBUGGER))
        done++;
    return done;
}

static size_t write_memory(struct stakeout *machine, enum stakeout_space space, uint64_t address, const void *bytes,
                           size_t length)
{
    if (machine->in_unit || !length)
        return 0;
    if (space == STAKEOUT_VIRTUAL)
        return debug_write_memory(machine->vm, (uint32_t)address, bytes, length);
    return debug_write_physical(machine->vm, address, bytes, length) ? length : 0;
}

static bool big_endian(struct stakeout *machine)
{
    return machine->vm->machine.big_endian;
}

static const char *symbol(struct stakeout *machine, uint64_t address, uint64_t *offset)
{
    return symbols_name(machine->vm->symbols, (uint32_t)address, offset);
}

static bool find_symbol(struct stakeout *machine, const char *name, uint64_t *address)
{
    return symbols_find(machine->vm->symbols, name, address);
}

static uint64_t icount(struct stakeout *machine)
{
    return machine->vm->machine.clock->icount;
}

static uint64_t nanoseconds(struct stakeout *machine)
{
    return clock_now(machine->vm->machine.clock);
}

static void print(struct stakeout *machine, const char *line)
{
    notice(machine->vm, "%s\n", line);
}

static void stop(struct stakeout *machine)
{
    vm_stop(machine->vm, VM_STOP_USER);
}

const struct stakeout_functions plugin_functions = {
    .version = STAKEOUT_PLUGIN_VERSION,
    .watch = add_watch,
    .unwatch = remove_watch,
    .on_state = on_state,
    .on_exception = on_exception,
    .read_register = read_register,
    .write_register = write_register,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .big_endian = big_endian,
    .symbol = symbol,
    .find_symbol = find_symbol,
    .icount = icount,
    .nanoseconds = nanoseconds,
    .print = print,
    .stop = stop,
};
