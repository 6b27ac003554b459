#include "src/watch_condition.h"

#include "softmmu/alloc.h"
#include "src/expression.h"

struct expression_condition {
    struct watch_condition condition;
    struct point_actions *actions; /* the expression as the one condition of a point */
};

static bool holds(struct watch_condition *condition, struct vm *vm, const struct watch_access *access)
{
    struct cpu *cpu = vm->cpu;
    uint32_t pc = access->source == WATCH_BY_CPU ? cpu_access_pc(cpu) : *cpu_pc(cpu);
    const struct agent_access seen = actions_access(cpu, access, pc);
    return actions_stop(cpu, ((struct expression_condition *)condition)->actions, &seen);
}

static void free_condition(struct watch_condition *condition)
{
    actions_free(((struct expression_condition *)condition)->actions);
    free(condition);
}

struct watch_condition *watch_condition_new(struct vm *vm, const char *text, char *error, size_t room)
{
    struct agent_program *program = expression_compile(text, vm->cpu, vm->symbols, error, room);
    if (!program)
        return NULL;
    struct expression_condition *made = alloc_zeroed(sizeof(*made));
    made->condition = (struct watch_condition){holds, free_condition};
    made->actions = alloc_zeroed(sizeof(*made->actions));
    made->actions->conditions = alloc_zeroed(sizeof(*made->actions->conditions));
    made->actions->conditions[0] = program;
    made->actions->nconditions = 1;
    return &made->condition;
}
