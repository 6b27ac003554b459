#include "cpu/actions.h"

#include <fenv.h>
#include <inttypes.h>
#include <stdio.h>

#include "softmmu/alloc.h"

static struct {
    void (*print)(void *opaque, const char *text, size_t length);
    void *opaque;
    uint64_t variables[AGENT_VARIABLES];
} debugger;

struct sight {
    struct cpu *cpu;
    const struct agent_access *access;
};

/* Rows are in the order of their numbers, almost without gaps. */
static const struct cpu_register *register_row(const struct cpu_arch *arch, unsigned number)
{
    assert(arch->nregisters);
    unsigned i = number < arch->nregisters ? number : arch->nregisters - 1;
    while (i && arch->registers[i].number > number)
        i--;
    return arch->registers[i].number == number ? &arch->registers[i] : NULL;
}

static bool has_register(void *opaque, unsigned number)
{
    const struct sight *sight = opaque;
    return (number >= AGENT_REGISTER_VALUE && number < AGENT_REGISTER_END) || register_row(sight->cpu->arch, number);
}

static uint64_t access_word(const struct agent_access *access, unsigned number)
{
    if (!access)
        return 0;
    switch (number) {
    case AGENT_REGISTER_VALUE:
        return access->value;
    case AGENT_REGISTER_OLD:
        return access->old;
    case AGENT_REGISTER_SIZE:
        return access->size;
    case AGENT_REGISTER_ADDRESS:
        return access->address;
    case AGENT_REGISTER_PHYS:
        return access->phys;
    default:
        assert(number == AGENT_REGISTER_STORE);
        return access->store;
    }
}

static uint64_t own_word(const struct sight *sight, unsigned number)
{
    struct step_context context;
    if (number == AGENT_REGISTER_ICOUNT)
        return sight->cpu->machine->clock->icount;
    if (number != AGENT_REGISTER_MODE)
        return access_word(sight->access, number);
    sight->cpu->arch->step_context(sight->cpu, &context);
    return context.mode;
}

static bool read_register(void *opaque, unsigned number, uint64_t *value)
{
    const struct sight *sight = opaque;
    const struct cpu_register *row = register_row(sight->cpu->arch, number);
    if (row && !row->read)
        return false;
    if (!row)
        *value = own_word(sight, number);
    else if (sight->access && number == sight->cpu->arch->pc_register)
        *value = sight->access->pc;
    else
        *value = row->read(sight->cpu, row->arg);
    return true;
}

static bool read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    const struct sight *sight = opaque;
    return cpu_debug_read(sight->cpu, (uint32_t)address, bytes, length) == length;
}

static void print(void *opaque, const char *text, size_t length)
{
    if (debugger.print)
        debugger.print(debugger.opaque, text, length);
}

void actions_print_to(void (*print)(void *opaque, const char *text, size_t length), void *opaque)
{
    debugger.print = print;
    debugger.opaque = opaque;
}

static struct agent_interface interface_of(const struct cpu *cpu)
{
    return (struct agent_interface){
        .big_endian = cpu->machine->big_endian,
        .long_size = 4,
        .has_register = has_register,
        .read_register = read_register,
        .read_memory = read_memory,
        .print = print,
        .variables = debugger.variables,
    };
}

/* Of a device's transfer, which may be long, the first eight bytes. */
struct agent_access actions_access(struct cpu *cpu, const struct watch_access *access, uint32_t pc)
{
    assert(access->length);
    struct debug_event event = cpu_watch_event(cpu, access, 0, access->length);
    return (struct agent_access){
        .value = event.value,
        .old = event.old,
        .phys = access->phys,
        .address = access->va,
        .size = (uint32_t)access->length,
        .pc = pc,
        .store = access->store,
    };
}

struct agent_program *actions_program(struct cpu *cpu, const uint8_t *bytes, size_t length, const char **error)
{
    const struct agent_interface interface = interface_of(cpu);
    struct sight sight = {cpu, NULL};
    return agent_program_new(bytes, length, &interface, &sight, error);
}

/* What the debugger computes must not look like the guest's floating point: the host's flag is that of generated code (struct fpu_lazy). */
enum agent_result actions_evaluate(struct cpu *cpu, const struct agent_program *program, const struct agent_access *access,
                                   uint64_t *value)
{
    const struct agent_interface interface = interface_of(cpu);
    struct sight sight = {cpu, access};
    fenv_t guests;
    fegetenv(&guests);
    enum agent_result result = agent_run(program, &interface, &sight, value);
    fesetenv(&guests);
    return result;
}

static void tell_failure(const struct cpu *cpu, const struct agent_access *access, const char *what, enum agent_result result)
{
    char line[128];
    int length = snprintf(line, sizeof(line), "the %s at %08" PRIx32 " cannot be evaluated: %s\n", what,
                          access ? access->pc : *cpu_pc(cpu), agent_result_text(result));
    print(NULL, line, (size_t)length);
}

static bool counts(struct cpu *cpu, const struct point_actions *actions, const struct agent_access *access)
{
    for (size_t i = 0; i < actions->nconditions; i++) {
        uint64_t value;
        enum agent_result result = actions_evaluate(cpu, actions->conditions[i], access, &value);
        if (result != AGENT_DONE)
            tell_failure(cpu, access, "condition", result);
        if (result != AGENT_DONE || value)
            return true;
    }
    return !actions->nconditions;
}

bool actions_stop(struct cpu *cpu, const struct point_actions *actions, const struct agent_access *access)
{
    if (!counts(cpu, actions, access))
        return false;
    for (size_t i = 0; i < actions->ncommands; i++) {
        uint64_t value;
        enum agent_result result = actions_evaluate(cpu, actions->commands[i], access, &value);
        if (result != AGENT_DONE)
            tell_failure(cpu, access, "command", result);
    }
    return !actions->ncommands;
}

void actions_free(struct point_actions *actions)
{
    if (!actions)
        return;
    for (size_t i = 0; i < actions->nconditions; i++)
        agent_program_free(actions->conditions[i]);
    for (size_t i = 0; i < actions->ncommands; i++)
        agent_program_free(actions->commands[i]);
    free(actions->conditions);
    free(actions->commands);
    free(actions);
}
