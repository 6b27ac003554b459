/* The TLB's instructions. What the core derived from an entry is flushed only if the entry could be in use and really changes. */
#include "cpu/mips/tlb.h"

#include <stdio.h>
#include <string.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/mmu.h"

/* What follows lies where it did if the code that changed the mapping, at pc, is in a fixed segment, as it nearly always is. */
static void look_up_again(struct cpu *cpu, uint32_t pc)
{
    if (pc < UNMAPPED_FIRST || pc > UNMAPPED_LAST)
        cpu_look_up_again(cpu);
}

void mips_mapping_changed(struct cpu *cpu)
{
    cpu_flush_outside(cpu, UNMAPPED_FIRST, UNMAPPED_LAST);
    look_up_again(cpu, cpu_unit_pc(cpu));
}

void mips_tlb_reset(struct cpu *cpu)
{
    struct mips_state *s = mips_state(cpu);
    for (unsigned i = 0; i < MIPS_TLB_MAX; i++)
        s->tlb[i] = (struct mips_tlb_entry){.vpn2 = (UNMAPPED_FIRST + i * 0x2000) | MIPS_TLB_UNWRITTEN};
    s->last_tlbwr = UINT32_MAX;
    if (mips_wiring(cpu))
        mips_wiring(cpu)->tlb_index_of = 0;
}

static struct mips_tlb_index *index_in_step(const struct cpu *cpu)
{
    struct mips_wiring *wiring = mips_wiring(cpu);
    if (UNLIKELY(wiring->tlb_index_of != cpu->flushes + 1)) { /* the saved state may have been replaced */
        mips_tlb_index_build(&wiring->tlb_index, mips_state(cpu), mips_model(cpu)->tlb_entries);
        wiring->tlb_index_of = cpu->flushes + 1;
    }
    return &wiring->tlb_index;
}

int mips_tlb_find(const struct cpu *cpu, uint32_t va)
{
    return mips_tlb_index_find(index_in_step(cpu), mips_state(cpu), va);
}

static uint32_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xd6e8feb86659fd93u;
    return (uint32_t)(x >> 32);
}

static unsigned unwired(const struct cpu *cpu)
{
    assert(mips_state(cpu)->wired < mips_model(cpu)->tlb_entries);
    return mips_model(cpu)->tlb_entries - mips_state(cpu)->wired;
}

uint32_t mips_tlb_random(const struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    assert(s->wired < mips_model(cpu)->tlb_entries);
    uint32_t mixed = mix((uint64_t)s->random_word << 32 ^ cpu->machine->clock->icount), n = unwired(cpu);
    return s->wired + (n & (n - 1) ? mixed % n : mixed & (n - 1)); /* nobody has wired any, mostly: no need to divide */
}

/* The page mask as hardware takes it: a run of ones; holes are filled. */
static uint32_t whole_mask(uint32_t mask)
{
    for (unsigned shift = 1; shift < 16; shift <<= 1)
        mask |= mask >> shift;
    return mask & 0x1fffe000;
}

static void entry_from_registers(const struct mips_state *s, struct mips_tlb_entry *entry)
{
    memset(entry->pad, 0, sizeof(entry->pad));
    entry->page_mask = whole_mask(s->page_mask);
    entry->vpn2 = s->entry_hi & ENTRYHI_VPN2 & ~entry->page_mask;
    entry->asid = s->entry_hi & ENTRYHI_ASID;
    entry->global = s->entry_lo[0] & s->entry_lo[1] & ENTRYLO_G;
    entry->lo[0] = s->entry_lo[0] & ~ENTRYLO_G;
    entry->lo[1] = s->entry_lo[1] & ~ENTRYLO_G;
}

static bool changes_half(const struct mips_tlb_entry *old, const struct mips_tlb_entry *new, unsigned half)
{
    bool same = old->vpn2 == new->vpn2 && old->page_mask == new->page_mask && old->asid == new->asid &&
                old->global == new->global && old->lo[half] == new->lo[half];
    return old->lo[half] & ENTRYLO_V && !same;
}

/* Pages of another ASID are not in the core's tables: a change of ASID flushes them. True: something was flushed. */
static bool flush_changed(struct cpu *cpu, const struct mips_tlb_entry *old, const struct mips_tlb_entry *new)
{
    if (!old->global && old->asid != (mips_state(cpu)->entry_hi & ENTRYHI_ASID))
        return false;
    bool even = changes_half(old, new, 0), odd = changes_half(old, new, 1);
    if (!even && !odd)
        return false;
    uint32_t size = mips_tlb_page_size(old);
    cpu_flush_range(cpu, old->vpn2 + (even ? 0 : size), old->vpn2 + (odd ? 2 * size : size) - 1);
    return true;
}

/* An entry that would match together with another one is not written: a machine check (24K Software User's Manual, "Machine Check"). */
static void write_entry(struct cpu *cpu, unsigned index, uint32_t pc)
{
    assert(index < mips_model(cpu)->tlb_entries);
    struct mips_state *s = mips_state(cpu);
    struct mips_tlb_entry old = s->tlb[index], new;
    struct mips_tlb_index *lists = index_in_step(cpu);
    entry_from_registers(s, &new);
    if (UNLIKELY(mips_tlb_index_clash(lists, s, &new, index))) {
        log_printf(LOG_BIT_GUEST_ERRORS, "a TLB entry for %08x while another one matches: a machine check\n", new.vpn2);
        s->status |= STATUS_TS;
        mips_raise(cpu, EXC_MCHECK, 0);
        return;
    }
    mips_tlb_index_remove(lists, s, index);
    s->tlb[index] = new;
    mips_tlb_index_add(lists, s, index);
    if (flush_changed(cpu, &old, &new))
        look_up_again(cpu, pc);
}

static unsigned index_of(const struct cpu *cpu)
{
    assert(!(mips_model(cpu)->tlb_entries & (mips_model(cpu)->tlb_entries - 1)));
    return mips_state(cpu)->index & (mips_model(cpu)->tlb_entries - 1);
}

/* imm, of tlbwi and tlbwr: the pc; of position-independent code, which no fixed segment holds, that where it was made. */
uint32_t helper_tlbwi(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    write_entry(cpu, index_of(cpu), imm);
    return 0;
}

uint32_t helper_tlbwr(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    cpu_sync_icount(cpu);
    unsigned index = mips_tlb_random(cpu), n = unwired(cpu);
    if (index == s->last_tlbwr && n > 1)
        index = s->wired + (index - s->wired + 1) % n;
    s->last_tlbwr = index;
    s->random_word = s->random_word * 1664525 + 1013904223;
    write_entry(cpu, index, imm);
    return 0;
}

uint32_t helper_tlbr(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    const struct mips_tlb_entry *entry = &s->tlb[index_of(cpu)];
    s->page_mask = entry->page_mask;
    s->entry_lo[0] = entry->lo[0] | entry->global;
    s->entry_lo[1] = entry->lo[1] | entry->global;
    cp0_write(cpu, CP0_ENTRYHI, (entry->vpn2 & ENTRYHI_VPN2) | entry->asid);
    return 0;
}

uint32_t helper_tlbp(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    int found = mips_tlb_find(cpu, s->entry_hi);
    s->index = found < 0 ? s->index | 0x80000000 : (uint32_t)found;
    return 0;
}

static void print_half(const struct mips_tlb_entry *entry, unsigned half, char *text, size_t room)
{
    uint32_t lo = entry->lo[half], phys = lo << 6 & GUEST_PAGE_MASK;
    if (lo & ENTRYLO_V)
        snprintf(text, room, "%08x %c cache %u", phys, lo & ENTRYLO_D ? 'w' : 'r', lo >> 3 & 7);
    else
        snprintf(text, room, "-");
}

void mips_print_tlb(struct cpu *cpu, void (*line)(void *opaque, const char *text), void *opaque)
{
    const struct mips_state *s = mips_state(cpu);
    char text[128], even[32], odd[32];
    snprintf(text, sizeof(text), "ASID %02x, Wired %u", s->entry_hi & ENTRYHI_ASID, s->wired);
    line(opaque, text);
    for (unsigned i = 0; i < mips_model(cpu)->tlb_entries; i++) {
        const struct mips_tlb_entry *entry = &s->tlb[i];
        print_half(entry, 0, even, sizeof(even));
        print_half(entry, 1, odd, sizeof(odd));
        snprintf(text, sizeof(text), "%2u: %08x, 2 x %u KiB, %s %02x: %s | %s", i, entry->vpn2 & ENTRYHI_VPN2,
                 mips_tlb_page_size(entry) >> 10, entry->global ? "global" : "ASID", entry->asid, even, odd);
        line(opaque, text);
    }
}
