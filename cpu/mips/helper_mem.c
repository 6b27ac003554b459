/* Unaligned words (lwl, lwr, swl, swr) and sc. Each makes at most one access and changes state only after it. */
#include "cpu/mips/helper.h"
#include "cpu/mips/mmu.h"

/*
 * The bytes of the aligned word that an instruction moves, and where they stand in the register: `length` bytes from address
 * `first`; most: they are the register's most significant bytes, else its least significant.
 */
struct part {
    uint32_t first;
    unsigned length;
    bool most;
};

/* lwl and swl take the bytes from the address up in significance (big-endian: to the word's end), lwr and swr the others. */
static struct part part_of(const struct cpu *cpu, uint32_t va, bool left)
{
    unsigned n = va & 3;
    bool to_end = left == cpu->machine->big_endian;
    return (struct part){to_end ? va : va & ~3u, to_end ? 4 - n : n + 1, left};
}

/* Bit position in the register of the k-th byte in address order. */
static unsigned byte_position(const struct cpu *cpu, const struct part *part, unsigned k)
{
    unsigned significance = cpu->machine->big_endian ? part->length - 1 - k : k;
    return 8 * (significance + (part->most ? 4 - part->length : 0));
}

static unsigned mode_of(const struct cpu *cpu)
{
    return cpu->arch->mmu_mode(cpu);
}

/* BadVAddr must be the instruction's address, which need not be the first byte touched: a fault is then raised before. */
static bool may_access(struct cpu *cpu, uint32_t va, const struct part *part, enum access_kind kind)
{
    struct mmu_page page;
    return part->first == va || mips_translate(cpu, va, kind, mode_of(cpu), false, &page);
}

static uint32_t load_part(struct cpu *cpu, uint32_t va, uint32_t word, bool left)
{
    struct part part = part_of(cpu, va, left);
    uint8_t bytes[4];
    if (!may_access(cpu, va, &part, ACCESS_LOAD) || !mmu_load_bytes(&cpu->mmu, part.first, part.length, mode_of(cpu), bytes))
        return 0;
    for (unsigned k = 0; k < part.length; k++) {
        unsigned position = byte_position(cpu, &part, k);
        word = (word & ~(0xffu << position)) | (uint32_t)bytes[k] << position;
    }
    return word;
}

static void store_part(struct cpu *cpu, uint32_t va, uint32_t word, bool left)
{
    struct part part = part_of(cpu, va, left);
    uint8_t bytes[4];
    for (unsigned k = 0; k < part.length; k++)
        bytes[k] = (uint8_t)(word >> byte_position(cpu, &part, k));
    if (may_access(cpu, va, &part, ACCESS_STORE))
        mmu_store_bytes(&cpu->mmu, part.first, part.length, mode_of(cpu), bytes);
}

uint32_t helper_lwl(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    return load_part(cpu, a, b, true);
}

uint32_t helper_lwr(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    return load_part(cpu, a, b, false);
}

uint32_t helper_swl(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    store_part(cpu, a, b, true);
    return 0;
}

uint32_t helper_swr(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    store_part(cpu, a, b, false);
    return 0;
}

/* One CPU, and eret clears the bit: nobody else can have written the word while it is set. A failing sc touches no memory. */
uint32_t helper_sc(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    if (a & 3) {
        mips_misaligned(cpu, a, ACCESS_STORE);
        return 0;
    }
    bool holds = s->ll_bit && s->ll_address == a;
    if (holds && !mmu_store(&cpu->mmu, a, imm, mode_of(cpu), b))
        return 0;
    s->ll_bit = 0;
    return holds;
}
