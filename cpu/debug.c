/*
 * A watched byte is about to be touched (design section 6). The unit is left with nothing of it done. Stop before: that is the stop.
 * Stop after: the hit is kept, the unit runs alone with watches passed over, and the stop comes at its end.
 */
#include "cpu/debug.h"

#include "softmmu/watch.h"

bool cpu_watch_hit(void *opaque, struct watch *watch, uint32_t lowest, enum access_kind kind, uint32_t va, unsigned size,
                   uint64_t value)
{
    struct cpu *cpu = opaque;
    if (cpu->skip_watch || cpu->note_watch || (cpu->points_off && watch != cpu->sole_watch))
        return false;
    watch->hits++;
    cpu_leave_unit(cpu);
    cpu_leave_soon(cpu);
    struct debug_event event = {
        .reason = DEBUG_WATCH,
        .watch = watch,
        .lowest = lowest,
        .va = va,
        .size = size,
        .kind = kind,
        .value = value,
        .pc = *cpu_pc(cpu) + (cpu->in_slot ? cpu->arch->insn_align : 0),
    };
    if (watch->stop_after) {
        cpu->note_watch = true;
        cpu->watch_event = event;
    } else {
        cpu->debug = event;
    }
    return true;
}

void cpu_update_direct_limit(struct cpu *cpu)
{
    const struct arena *arena = cpu->machine->arena;
    struct phys_place place = physmap_find(cpu->machine->phys, 0);
    bool linear = place.region && place.region->kind == REGION_RAM && place.region->host + place.offset == arena->low_ram;
    bool watched = watch_page_kinds(cpu->mmu.watches, 0, UINT32_MAX) & WATCH_READ;
    uint64_t length = min_u64(min_u64(place.length, arena->low_ram_size), cpu->arch->direct_size);
    cpu->direct_limit = linear && !watched ? (uint32_t)length : 0;
}

void cpu_watches_changed(void *opaque)
{
    cpu_update_direct_limit(opaque);
}
