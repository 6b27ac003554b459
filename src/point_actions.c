#include "src/point_actions.h"

#include "softmmu/alloc.h"

/* *count programs; on an error those before the bad one, which whoever gave the list frees. */
static const char *make_programs(struct cpu *cpu, const struct target_expression *list, size_t count,
                                 struct agent_program ***programs, size_t *made)
{
    const char *error = NULL;
    *programs = alloc_zeroed(count * sizeof(**programs));
    for (*made = 0; *made < count; (*made)++) {
        struct agent_program *program = actions_program(cpu, list[*made].bytes, list[*made].length, &error);
        if (!program)
            return error;
        (*programs)[*made] = program;
    }
    return NULL;
}

bool point_actions_new(struct cpu *cpu, const struct target_actions *wanted, struct point_actions **made, const char **error)
{
    *made = NULL;
    if (!wanted->nconditions && !wanted->ncommands)
        return true;
    struct point_actions *actions = alloc_zeroed(sizeof(*actions));
    *error = make_programs(cpu, wanted->conditions, wanted->nconditions, &actions->conditions, &actions->nconditions);
    if (!*error)
        *error = make_programs(cpu, wanted->commands, wanted->ncommands, &actions->commands, &actions->ncommands);
    if (*error)
        actions_free(actions);
    else
        *made = actions;
    return !*error;
}
