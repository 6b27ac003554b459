/*
 * A watched byte is about to be touched (design section 6). Every watch that is hit is asked once whether it wants a stop; that is
 * done in place, with the registers right, so that a hit that nobody wants costs no more than the question.
 *
 * By the CPU: the unit is left with nothing of it done. Stop before: that is the stop. Stop after: the hit is kept, the unit runs alone
 * with watches passed over, and the stop comes at its end. By a device: the transfer goes on, and the stop comes at the first
 * boundary at or after it.
 */
#include "cpu/debug.h"

#include "cpu/actions.h"
#include "cpu/log_access.h"
#include "softmmu/phys_watch.h"
#include "softmmu/watch_map.h"

struct choice {
    struct cpu *cpu;
    const struct watch_access *access;
    struct watch *watch;
    uint64_t offset, length; /* the watched bytes in the access */
};

/*
 * One without an owner, who would not learn of it else; then as watch_find() chooses: the lowest byte, then the watch that begins lowest,
 * then the shortest.
 */
static bool goes_first(const struct choice *choice, const struct watch *watch, uint64_t offset)
{
    if (!watch->owner != !choice->watch->owner)
        return !watch->owner;
    if (offset != choice->offset)
        return offset < choice->offset;
    if (watch->first != choice->watch->first)
        return watch->first < choice->watch->first;
    return watch->last < choice->watch->last;
}

/* gdb's watches: the pc is that of the unit, where the stop would be. */
static bool wants_stop(struct cpu *cpu, const struct watch *watch, const struct watch_access *access)
{
    const struct agent_access seen = actions_access(cpu, access, cpu_unit_pc(cpu));
    return actions_stop(cpu, watch->actions, &seen);
}

static void consider(void *opaque, struct watch *watch, uint64_t offset, uint64_t length)
{
    struct choice *choice = opaque;
    const struct cpu *cpu = choice->cpu;
    if (cpu->points_off && (!watch->owner || watch->owner != cpu->sole_owner))
        return;
    if ((watch->owner || watch->actions) && choice->access->source == WATCH_BY_CPU) {
        cpu_sync_icount(choice->cpu);
        cpu_settle_fpu(choice->cpu);
    }
    if (watch->owner && !watch->owner->hit(watch->owner, choice->access, offset, length))
        return;
    if (watch->actions && !wants_stop(choice->cpu, watch, choice->access))
        return;
    if (choice->watch && !goes_first(choice, watch, offset))
        return;
    choice->watch = watch;
    choice->offset = offset;
    choice->length = length;
}

static uint64_t number(const struct cpu *cpu, const uint8_t *bytes, uint64_t size)
{
    assert(size >= 1 && size <= 8);
    uint64_t value = 0;
    for (uint64_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[cpu->machine->big_endian ? size - 1 - i : i] << 8 * i;
    return value;
}

struct debug_event cpu_watch_event(struct cpu *cpu, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    assert(length && offset + length <= access->length);
    bool by_cpu = access->source == WATCH_BY_CPU;
    uint64_t from = by_cpu ? 0 : offset, size = by_cpu ? access->length : min_u64(length, 8);
    return (struct debug_event){
        .reason = DEBUG_WATCH,
        .source = access->source,
        .device = by_cpu ? NULL : cpu->machine->bus_master,
        .phys = access->phys + offset,
        .lowest = by_cpu ? access->va + (uint32_t)offset : 0,
        .va = access->va,
        .size = (uint32_t)size,
        .kind = access->store ? ACCESS_STORE : ACCESS_LOAD,
        .known = access->before,
        .value = access->after ? number(cpu, access->after + from, size) : 0,
        .old = access->before ? number(cpu, access->before + from, size) : 0,
        .pc = by_cpu ? cpu_access_pc(cpu) : 0,
        .after = !by_cpu,
    };
}

static struct debug_event event_of(const struct choice *choice)
{
    struct debug_event event = cpu_watch_event(choice->cpu, choice->access, choice->offset, choice->length);
    event.watch = choice->watch;
    return event;
}

bool cpu_watched(void *opaque, const struct watch_access *access)
{
    struct cpu *cpu = opaque;
    struct choice choice = {.cpu = cpu, .access = access};
    if (cpu->skip_watch || cpu->note_watch)
        return false;
    mmu_each_watch(&cpu->mmu, access, consider, &choice);
    if (!choice.watch)
        return false;
    struct debug_event event = event_of(&choice);
    if (cpu->on_hit.fn) {
        cpu_sync_icount(cpu);
        if (!cpu->on_hit.fn(cpu->on_hit.opaque, &event))
            return false;
    }
    choice.watch->hits++;
    cpu_log_unit_left(cpu);
    cpu_leave_unit(cpu);
    cpu_leave_soon(cpu);
    if (choice.watch->stop_after) {
        cpu->note_watch = true;
        cpu->watch_event = event;
    } else {
        cpu->debug = event;
    }
    return true;
}

bool cpu_guest_watched(void *opaque, uint32_t va, enum access_kind kind, bool deferred)
{
    struct cpu *cpu = opaque;
    return cpu->arch->guest_watched(cpu, va, kind, deferred);
}

bool cpu_fetch_watch_hit(struct cpu *cpu, uint32_t pc)
{
    const struct cpu_arch *arch = cpu->arch;
    return arch->fetch_watched(cpu, pc) &&
           (arch->guest_watched(cpu, pc, ACCESS_FETCH, false) || arch->guest_watched(cpu, pc, ACCESS_FETCH, true));
}

void cpu_memory_touched(void *opaque, const struct watch_access *access)
{
    struct cpu *cpu = opaque;
    struct choice choice = {.cpu = cpu, .access = access};
    cpu_log_dma(cpu, access);
    mmu_each_watch(&cpu->mmu, access, consider, &choice);
    if (!choice.watch)
        return;
    choice.watch->hits++;
    cpu_leave_soon(cpu);
    if (cpu->debug.reason != DEBUG_WATCH) /* of several at one boundary the first is told */
        cpu->debug = event_of(&choice);
}

/* What direct loads reach, in the addresses of a set of watches: low RAM as kseg0 and as memory. */
static uint64_t direct_start(const struct cpu *cpu, unsigned space)
{
    const struct arena *arena = cpu->machine->arena;
    return space == WATCH_PLACES ? (uint64_t)(arena->low_ram - arena->origin) : cpu->arch->direct_base;
}

static void set_direct_limit(struct cpu *cpu, uint64_t limit)
{
    assert(limit <= cpu->arch->direct_size);
    cpu->direct_limit = (uint32_t)limit;
    cpu->direct_group_limit = limit > GUEST_PAGE ? (uint32_t)limit - GUEST_PAGE : 0;
}

/* The limit goes down to the first byte at first..last that is read-watched: whole doublewords, as an access may be that wide. */
static bool lower_limit(struct cpu *cpu, unsigned space, uint64_t first, uint64_t last)
{
    assert(space < WATCH_SETS && first <= last);
    const struct mmu *mmu = &cpu->mmu;
    const struct watch_set *sets[WATCH_SETS] = {mmu->watches, mmu->guest_watches, phys_watches_places(mmu->phys_watches)};
    uint64_t start = direct_start(cpu, space), lowest;
    if (!watch_find(sets[space], first, last - first + 1, WATCH_READ, &lowest))
        return false;
    set_direct_limit(cpu, min_u64(cpu->direct_limit, (lowest - start) & ~(uint64_t)7));
    return true;
}

void cpu_update_direct_limit(struct cpu *cpu)
{
    const struct arena *arena = cpu->machine->arena;
    struct phys_place place = physmap_find(cpu->machine->phys, 0);
    bool linear = place.region && place.region->kind == REGION_RAM && place.region->host + place.offset == arena->low_ram;
    cpu->limit_stale = false;
    linear &= !cpu->mmu.log && !cpu->mmu.fault_first;
    uint64_t length = min_u64(min_u64(place.length, arena->low_ram_size), cpu->arch->direct_size);
    set_direct_limit(cpu, linear ? length : 0);
    for (unsigned space = 0; cpu->direct_limit && space < WATCH_SETS; space++)
        lower_limit(cpu, space, direct_start(cpu, space), direct_start(cpu, space) + cpu->direct_limit - 1);
}

/* A new watch lowers the limit at once. Whether one that is gone held it down is found out before the next run. */
void cpu_watches_changed(void *opaque, unsigned space, uint64_t first, uint64_t last)
{
    struct cpu *cpu = opaque;
    uint64_t start = direct_start(cpu, space), end = start + cpu->machine->arena->low_ram_size;
    if (last < start || first >= end)
        return;
    first = first < start ? start : first;
    last = min_u64(last, end - 1);
    if (!lower_limit(cpu, space, first, last) && ((first - start) & ~(uint64_t)7) <= cpu->direct_limit)
        cpu->limit_stale = true;
}
