/*
 * What a point does when it is hit, other than to stop: its conditions decide whether the hit counts, its commands are run instead
 * of a stop. Debugger state, outside the arena: programs read the guest and never change it.
 */
#ifndef CPU_ACTIONS_H
#define CPU_ACTIONS_H

#include "cpu/agent.h"
#include "cpu/cpu.h"

/* Numbers of `reg` beyond the guest's own registers. Those of the access are 0 at a breakpoint. */
enum {
    AGENT_REGISTER_VALUE = 0xff00, /* stored, or about to be loaded */
    AGENT_REGISTER_OLD,            /* what stands in memory before the access */
    AGENT_REGISTER_SIZE,           /* bytes */
    AGENT_REGISTER_ADDRESS,        /* of the access's first byte; 0 if it is not the CPU's */
    AGENT_REGISTER_PHYS,           /* physical, of the same byte */
    AGENT_REGISTER_STORE,          /* 1 for a store, 0 for a load */
    AGENT_REGISTER_MODE,           /* the CPU's privilege: 0 kernel */
    AGENT_REGISTER_ICOUNT,
    AGENT_REGISTER_END,
};

/* The access that hit a watch. */
struct agent_access {
    uint64_t value, old, phys;
    uint32_t address, size;
    uint32_t pc; /* what the pc register reads as: in the midst of a unit the state has none */
    bool store;
};

struct watch_access;

struct point_actions {
    struct agent_program **conditions; /* one of them true: the hit counts; none at all: each does */
    struct agent_program **commands;   /* run in this order; none: the machine stops */
    size_t nconditions, ncommands;
    struct point_actions *next; /* at the same place; whoever holds the list uses it */
};

/* Of an access that hits a watch. pc: what the pc register is to read as. */
struct agent_access actions_access(struct cpu *cpu, const struct watch_access *access, uint32_t pc);
/* As agent_program_new(), for this CPU's registers. */
struct agent_program *actions_program(struct cpu *cpu, const uint8_t *bytes, size_t length, const char **error);
/* Evaluates one program at the present boundary, or for an access under way (icount must be exact: cpu_sync_icount()). */
enum agent_result actions_evaluate(struct cpu *cpu, const struct agent_program *program, const struct agent_access *access,
                                   uint64_t *value);
/*
 * A hit: evaluates and runs. True: the machine is to stop. A condition that cannot be evaluated counts as true, and the reason is
 * printed. access: NULL at a breakpoint.
 */
bool actions_stop(struct cpu *cpu, const struct point_actions *actions, const struct agent_access *access);
void actions_free(struct point_actions *actions);

/* Where the text of commands and errors goes; nowhere until this is called. */
void actions_print_to(void (*print)(void *opaque, const char *text, size_t length), void *opaque);

#endif
