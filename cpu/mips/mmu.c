/* Segments and the TLB's look-up. */
#include "cpu/mips/mmu.h"

#include <stdio.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/tlb.h"

enum result { MAPPED, ADDRESS_ERROR, NO_ENTRY, NOT_VALID, NOT_WRITABLE };

static const struct mips_tlb_entry *find_entry(const struct cpu *cpu, uint32_t va)
{
    int found = mips_tlb_find(cpu, va);
    return found < 0 ? NULL : &mips_state(cpu)->tlb[found];
}

static enum result look_up(const struct cpu *cpu, uint32_t va, enum access_kind kind, struct mmu_page *page)
{
    const struct mips_tlb_entry *entry = find_entry(cpu, va);
    if (!entry)
        return NO_ENTRY;
    uint32_t size = mips_tlb_page_size(entry);
    uint32_t lo = entry->lo[va & size ? 1 : 0];
    if (!(lo & ENTRYLO_V))
        return NOT_VALID;
    if (kind == ACCESS_STORE && !(lo & ENTRYLO_D))
        return NOT_WRITABLE;
    page->phys = ((lo << 6) & GUEST_PAGE_MASK & ~(size - 1)) | (va & (size - 1));
    page->writable = lo & ENTRYLO_D;
    return MAPPED;
}

static enum result map(const struct cpu *cpu, uint32_t va, enum access_kind kind, unsigned mode, struct mmu_page *page)
{
    const struct mips_state *s = mips_state(cpu);
    bool user = mode != 0;
    if ((user && va >= UNMAPPED_FIRST) || (kind == ACCESS_FETCH && (va & 3)))
        return ADDRESS_ERROR;
    bool fixed = va >= UNMAPPED_FIRST && va <= UNMAPPED_LAST;
    bool identity = va < UNMAPPED_FIRST && (s->status & STATUS_ERL);
    if (!fixed && !identity)
        return look_up(cpu, va, kind, page);
    page->phys = fixed ? va & 0x1fffffff : va;
    page->writable = true;
    return MAPPED;
}

static void log_refusal(uint32_t va, enum access_kind kind, enum result result)
{
    static const char *const accesses[] = {[ACCESS_LOAD] = "load", [ACCESS_STORE] = "store", [ACCESS_FETCH] = "fetch"};
    static const char *const reasons[] = {"", "address error", "no TLB entry", "TLB entry not valid", "TLB entry not writable"};
    log_printf(LOG_BIT_MMU, "%s of %08x: %s\n", accesses[kind], va, reasons[result]);
}

bool mips_translate(void *opaque, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page)
{
    struct cpu *cpu = opaque;
    bool store = kind == ACCESS_STORE;
    enum result result = map(cpu, va, kind, mode, page);
    if (result == MAPPED)
        return true;
    if (probe)
        return false;
    if (log_enabled(LOG_BIT_MMU))
        log_refusal(va, kind, result);
    if (result == ADDRESS_ERROR)
        mips_raise_address(cpu, store ? EXC_ADES : EXC_ADEL, va);
    else if (result == NOT_WRITABLE)
        mips_raise_tlb(cpu, EXC_MOD, va, false);
    else
        mips_raise_tlb(cpu, store ? EXC_TLBS : EXC_TLBL, va, result == NO_ENTRY);
    return false;
}

void mips_misaligned(void *cpu, uint32_t va, enum access_kind kind)
{
    mips_raise_address(cpu, kind == ACCESS_STORE ? EXC_ADES : EXC_ADEL, va);
}

void mips_bus_error(void *cpu, uint32_t va, enum access_kind kind)
{
    mips_raise(cpu, kind == ACCESS_FETCH ? EXC_IBE : EXC_DBE, 0);
}

bool mips_fixed_mapping(uint32_t va, uint32_t key)
{
    return !(key & KEY_USER) && va >= UNMAPPED_FIRST && va <= UNMAPPED_LAST;
}

/* Whatever the page table says, the word could not be had when the block was made: try again, and failing that a bus error. */
uint32_t helper_slot_fetch(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mmu_page page;
    if (mips_translate(cpu, imm, ACCESS_FETCH, cpu->arch->mmu_mode(cpu), false, &page))
        mips_bus_error(cpu, imm, ACCESS_FETCH);
    return 0;
}

uint32_t helper_translate(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    uint64_t phys = 0;
    mmu_translate(&cpu->mmu, a, cpu->arch->mmu_mode(cpu), &phys);
    return (uint32_t)phys;
}
