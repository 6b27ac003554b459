/*
 * What is known of single access sites: how generated code had better look for their pages. A site begins with a guess; the thunks that
 * serve where the guess fails take a sample now and then, and if samples come often, the site is noted here and its block dropped, to be
 * made anew when it is next come to.
 */
#include "cpu/host/x86_64/x86_64.h"

/* Instructions between two failures: where they are further apart, they cost too little to be worth a translation. */
#define WORTHWHILE   256u
/* A site whose pages are watched at one time and not at another stays what it then is. */
#define MOST_CHANGES 4

static unsigned hash_of(uint64_t phys, unsigned size)
{
    return (unsigned)((phys >> 2) * 0x9e3779b97f4a7c15u >> 40) & (size - 1);
}

static struct site *site_at(const struct cpu *cpu, uint64_t phys)
{
    return &cpu->jit->sites[hash_of(phys, SITES)];
}

/* Kernels in the linear segment use data in it; mapped code uses mapped data. The access log learns of pages as they come into the TLB. */
static enum site_kind guess(const struct cpu *cpu, const struct block *block, bool store)
{
    bool linear =
        cpu->jit->low_ram && !cpu->mmu.log_inline && cpu->arch->direct_base && cpu->arch->fixed_mapping(block->pc, block->key);
    return !store && linear && cpu->arch->key_mode(block->key) == 0 ? SITE_DIRECT : SITE_SLOT;
}

enum site_kind site_kind(const struct cpu *cpu, const struct block *block, uint64_t phys, bool store)
{
    const struct site *site = site_at(cpu, phys);
    return site->changes && site->phys == phys ? (enum site_kind)site->kind : guess(cpu, block, store);
}

/* For a site of this kind whose guess just failed at this entry, which is plain memory. */
static enum site_kind better_kind(enum site_kind kind, bool watched)
{
    static const uint8_t better[] = {
        [SITE_DIRECT] = SITE_SLOT, [SITE_SLOT] = SITE_TLB, [SITE_TLB] = SITE_TLB, [SITE_WATCH] = SITE_SLOT};
    return watched ? SITE_WATCH : (enum site_kind)better[kind];
}

static bool often(struct cpu *cpu)
{
    uint64_t icount = cpu->icount_end - (uint64_t)(int64_t)cpu->budget, before = cpu->jit->sampled;
    cpu->jit->sampled = icount;
    return icount - before < (uint64_t)SITE_SAMPLE * WORTHWHILE;
}

/* Nothing is wrong with the block: it may run on until it is left. */
static void drop_quietly(struct cpu *cpu, struct block *block)
{
    uint32_t leave = cpu->leave;
    if (!block->dropped)
        block_drop(cpu, block);
    cpu->leave = leave;
}

/* A translation costs as much as some thousand failures: a site must be sampled again and again. */
static bool enough(struct cpu *cpu, uint64_t phys)
{
    struct site_samples *samples = &cpu->jit->samples[hash_of(phys, SAMPLED_SITES)];
    if (samples->phys != phys)
        *samples = (struct site_samples){.phys = phys};
    if (++samples->count < SITE_SAMPLES)
        return false;
    samples->count = 0;
    return true;
}

static void note(struct cpu *cpu, struct block *block, uint64_t phys, enum site_kind kind)
{
    struct site *site = site_at(cpu, phys);
    if (site->phys != phys)
        *site = (struct site){.phys = phys};
    if (site->changes == MOST_CHANGES)
        return;
    site->kind = (uint8_t)kind;
    site->changes++;
    cpu->jit->site_changes++;
    drop_quietly(cpu, block);
}

void site_sampled(struct cpu *cpu, uint32_t va, unsigned mode, bool store, uintptr_t host_return)
{
    const struct tlb_entry *entry = &cpu->mmu.tlb[mode][store][tlb_index(va)];
    cpu->site_sample = SITE_SAMPLE;
    if (!often(cpu) || (entry->tag & ~(uint32_t)TLB_WATCH) != (va & GUEST_PAGE_MASK))
        return;
    struct block *block = block_at(cpu, host_return);
    uint64_t phys = access_phys(cpu, host_return);
    enum site_kind kind = site_kind(cpu, block, phys, store), better = better_kind(kind, entry->tag & TLB_WATCH);
    if (better != kind && enough(cpu, phys))
        note(cpu, block, phys, better);
}
