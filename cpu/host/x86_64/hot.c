/*
 * Which blocks are hot. The instructions that end a budget are where most time is spent; the blocks that begin among them go
 * on over branches from then on.
 */
#include "cpu/host/x86_64/x86_64.h"

static uint64_t *hot_start_at(struct cpu *cpu, uint64_t phys)
{
    return &cpu->jit->hot_starts[phys / 4 % HOT_STARTS];
}

bool hot_at(struct cpu *cpu, uint64_t phys)
{
    return *hot_start_at(cpu, phys) == phys;
}

/* Has what comes behind the block run too? */
static bool goes_on(struct cpu *cpu, const struct host_block *block, uint32_t key)
{
    uint32_t length = block->block.count * cpu->arch->insn_align;
    return block->cut && block_find(cpu->blocks, BLOCK_HOST, block->block.pc + length, key, block->block.phys + length);
}

static void note_hot(struct cpu *cpu, uint32_t pc, uint32_t key)
{
    struct mmu_page page;
    if (!cpu->arch->translate(cpu, pc, ACCESS_FETCH, cpu->arch->key_mode(key), true, &page))
        return;
    uint64_t phys = (page.phys & ~(uint64_t)(GUEST_PAGE - 1)) | (pc & ~GUEST_PAGE_MASK);
    struct block *block = block_find(cpu->blocks, BLOCK_HOST, pc, key, phys);
    if (!block || !goes_on(cpu, (struct host_block *)block, key))
        return;
    *hot_start_at(cpu, phys) = phys;
    block_drop(cpu, block);
}

void hot_run_last(struct cpu *cpu)
{
    cpu->interpreted.count = 0;
    interp_run(cpu);
    uint32_t key = cpu->arch->state_key(cpu);
    for (unsigned i = 0; i < cpu->interpreted.count && i < ARRAY_SIZE(cpu->interpreted.pc); i++)
        note_hot(cpu, cpu->interpreted.pc[i], key);
}
