#include "bench_cpu.h"

#include <stdlib.h>
#include <string.h>

#include "cpu/block.h"
#include "cpu/mips/mmu.h"

struct bench bench;

static struct machine machine;
static struct mips_wiring wiring;
static struct watch_set *guest_watches;

static unsigned mode_of(const struct cpu *cpu)
{
    return mips_state_key(cpu) & KEY_USER;
}

static const struct cpu_arch arch = {
    .name = "mips",
    .state_size = sizeof(struct mips_state),
    .pc_offset = offsetof(struct mips_state, pc),
    .mmu_mode = mode_of,
};

void cpu_leave_unit(struct cpu *cpu)
{
    bench.left = true;
}

uint32_t cpu_unit_pc(struct cpu *cpu)
{
    return *cpu_pc(cpu);
}

void cpu_count(struct cpu *cpu, unsigned instructions)
{
    bench.counted += instructions;
}

void cpu_sync_icount(struct cpu *cpu)
{
}

void cpu_flush_range(struct cpu *cpu, uint32_t first, uint32_t last)
{
    bench.flushes++;
    bench.first = first;
    bench.last = last;
}

void cpu_flush_outside(struct cpu *cpu, uint32_t keep_first, uint32_t keep_last)
{
    bench.flushes++;
}

void block_drop_virtual(struct cpu *cpu, uint32_t first, uint32_t last)
{
}

static struct cpu *memory(void)
{
    static uint8_t *block;
    if (!block)
        block = aligned_alloc(ARENA_PAGE, (sizeof(struct mips_state) + sizeof(struct cpu) + 2 * ARENA_PAGE) & ~(ARENA_PAGE - 1));
    memset(block, 0, sizeof(struct mips_state) + sizeof(struct cpu));
    return (struct cpu *)(block + sizeof(struct mips_state));
}

struct cpu *bench_cpu(const char *model, bool big_endian)
{
    if (machine.arena) {
        inputs_free(machine.inputs);
        arena_free(machine.arena);
        watch_set_free(guest_watches);
    }
    machine = (struct machine){0};
    machine_init(&machine, arena_new(0, 0, ARENA_PAGE, ARENA_PAGE), big_endian);
    machine.clock->rate = CLOCK_RATE_SHIFT(0);

    struct cpu *cpu = memory();
    cpu->arch = &arch;
    cpu->arch_config = mips_model_find(model);
    cpu->machine = &machine;
    cpu->arch_wiring = &wiring;
    wiring = (struct mips_wiring){0};
    cpu->mmu.guest_watches = guest_watches = watch_set_new();
    wiring.timer = timer_add(&machine.timers, "compare", mips_count_match, cpu);
    cp0_reset(cpu);
    mips_tlb_reset(cpu);
    bench = (struct bench){0};
    return cpu;
}

void bench_at(struct cpu *cpu, uint32_t pc, bool in_slot)
{
    *cpu_pc(cpu) = pc;
    cpu->in_slot = in_slot;
    bench = (struct bench){0};
    cpu->leave = 0;
}

void bench_pass(struct cpu *cpu, uint64_t instructions)
{
    machine.clock->icount += instructions;
    timers_fire(&machine.timers, machine_now(&machine));
}
