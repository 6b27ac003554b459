/* Breakpoints: a counted set of virtual addresses. Debugger state, outside the arena. */
#include "cpu/actions.h"
#include "cpu/block.h"
#include "softmmu/alloc.h"

struct breakpoint {
    uint32_t pc, count; /* count 0: free, or was there once (look-ups go on past it) */
    uint32_t plain;     /* of these, those without actions */
    struct point_actions *actions;
};

struct breakpoints {
    size_t size, used, live; /* size: a power of two; used: slots ever taken; live: with a count */
    size_t mapped;           /* of the live, those outside the fixed segments */
    struct breakpoint slot[];
};

static struct breakpoints *new_table(size_t size)
{
    struct breakpoints *table = alloc_zeroed(sizeof(*table) + size * sizeof(struct breakpoint));
    table->size = size;
    return table;
}

/* The slot of pc, or the free one where it would go; bit 0 of a taken slot is set. */
static struct breakpoint *slot_of(struct breakpoints *table, uint32_t pc)
{
    size_t i = pc * 0x9e3779b1u >> 7 & (table->size - 1);
    while (table->slot[i].pc != (pc | 1) && table->slot[i].pc)
        i = (i + 1) & (table->size - 1);
    return &table->slot[i];
}

static void grow(struct cpu *cpu)
{
    struct breakpoints *old = cpu->breakpoints;
    struct breakpoints *table = new_table(!old ? 64 : old->live * 4 > old->size ? old->size * 2 : old->size);
    table->live = old ? old->live : 0;
    table->mapped = old ? old->mapped : 0;
    for (size_t i = 0; old && i < old->size; i++)
        if (old->slot[i].count) {
            *slot_of(table, old->slot[i].pc & ~1u) = old->slot[i];
            table->used++;
        }
    free(old);
    cpu->breakpoints = table;
}

/*
 * One more place, or one less. Blocks that run through the instruction, or through a branch whose slot it is, end before it from now on.
 * Position-independent code does not know its places, so there is none while a place may lie in it (arch->state_key()).
 */
static void points_changed(struct cpu *cpu, uint32_t pc, int change)
{
    struct breakpoints *table = cpu->breakpoints;
    table->live += (size_t)change;
    if (!cpu->arch->fixed_mapping(pc, 0))
        table->mapped += (size_t)change;
    cpu->mapped_points = table->mapped != 0;
    block_drop_virtual(cpu, pc - cpu->arch->insn_align, pc);
}

void cpu_breakpoint_insert(struct cpu *cpu, uint32_t pc)
{
    assert(!(pc & 1));
    if (!cpu->breakpoints || cpu->breakpoints->used * 2 >= cpu->breakpoints->size)
        grow(cpu);
    struct breakpoint *point = slot_of(cpu->breakpoints, pc);
    cpu->breakpoints->used += !point->pc;
    point->pc = pc | 1; /* instructions are aligned to two bytes at least */
    point->plain++;
    if (point->count++ == 0)
        points_changed(cpu, pc, 1);
}

bool cpu_breakpoint_remove(struct cpu *cpu, uint32_t pc)
{
    struct breakpoint *point = cpu->breakpoints ? slot_of(cpu->breakpoints, pc) : NULL;
    if (!point || !point->count)
        return false;
    assert(point->plain);
    point->plain--;
    if (--point->count)
        return true;
    points_changed(cpu, pc, -1);
    if (cpu->breakpoints->live == 0) { /* without any, nobody looks them up */
        free(cpu->breakpoints);
        cpu->breakpoints = NULL;
    }
    return true;
}

bool cpu_point_close(const struct cpu *cpu, uint32_t pc)
{
    uint32_t next = pc + cpu->arch->insn_align;
    return cpu_breakpoint_at(cpu, pc) || cpu_breakpoint_at(cpu, next) ||
           (cpu->fetch_watches && (cpu->arch->fetch_watched(cpu, pc) || cpu->arch->fetch_watched(cpu, next)));
}

bool cpu_breakpoint_at(const struct cpu *cpu, uint32_t pc)
{
    return cpu->breakpoints && slot_of(cpu->breakpoints, pc)->count;
}

void cpu_breakpoint_attach(struct cpu *cpu, uint32_t pc, struct point_actions *actions)
{
    assert(cpu->breakpoints && actions);
    struct breakpoint *point = slot_of(cpu->breakpoints, pc);
    assert(point->plain);
    point->plain--;
    actions->next = point->actions;
    point->actions = actions;
}

void cpu_breakpoint_detach(struct cpu *cpu, uint32_t pc, struct point_actions *actions)
{
    assert(cpu->breakpoints);
    struct breakpoint *point = slot_of(cpu->breakpoints, pc);
    struct point_actions **link = &point->actions;
    while (*link != actions)
        link = &(*link)->next;
    *link = actions->next;
    point->plain++;
}

/* All are asked, since each may have commands to run. */
static bool ask(struct cpu *cpu, const struct breakpoint *point, bool just_commands)
{
    bool stops = point->plain;
    for (const struct point_actions *actions = point->actions; actions; actions = actions->next)
        if (actions->ncommands || !just_commands)
            stops |= actions_stop(cpu, actions, NULL);
    return stops;
}

bool cpu_breakpoint_stops(struct cpu *cpu, uint32_t pc, uint8_t *asked)
{
    const struct breakpoint *point = cpu->breakpoints ? slot_of(cpu->breakpoints, pc) : NULL;
    if (!point || !point->count || *asked == WANTS_TO_PASS || (cpu->skip_breakpoint && *asked != NOT_ASKED))
        return false;
    bool stops = ask(cpu, point, cpu->skip_breakpoint) && !cpu->skip_breakpoint;
    *asked = stops ? WANTS_TO_STOP : WANTS_TO_PASS;
    return stops;
}
