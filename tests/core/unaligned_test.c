/* lwl, lwr, swl and swr, alone and in pairs: exactly their bytes, whatever they meet, each with its own place if it is left. */
#include "tests/core/rig.h"

#include <string.h>

#include "cpu/mips/cp0.h"
#include "softmmu/watch.h"

#define PASSES     5 /* cold and translated */
#define LONG_AFTER 100
#define STAY       BEQ(0, 0, -1), NOP
#define OLD        0xa1b2c3d4u /* of registers */
#define WINDOW     8           /* bytes of memory that are looked at */

/* A start finds the TLB empty: the n instructions in front are run again with their pages in it. */
#define AGAIN(n) BEQ(0, 0, -1 - (n)), NOP

static const uint8_t pattern[WINDOW] = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87};

enum { LEFT = 1, STORE = 2 };
static const struct row {
    const char *name;
    uint32_t opcode;
    unsigned traits;
} rows[] = {
    {"lwl", 0x22, LEFT        },
    {"lwr", 0x26, 0           },
    {"swl", 0x2a, LEFT | STORE},
    {"swr", 0x2e, STORE       },
};

/* As the manual has it: from the byte addressed to an end of its word, in the register from one end on. Bit n: byte n is touched. */
static unsigned model(const struct rig *rig, const struct row *row, uint8_t *memory, unsigned at, uint32_t *reg)
{
    bool left = row->traits & LEFT;
    int step = left == rig->machine.big_endian ? 1 : -1, byte = left ? 3 : 0;
    unsigned touched = 0, word = at / 4;
    for (unsigned n = at; n / 4 == word; n += (unsigned)step, byte += left ? -1 : 1) {
        uint32_t mask = 0xffu << (8 * byte);
        if (row->traits & STORE)
            memory[n] = (uint8_t)(*reg >> (8 * byte));
        else
            *reg = (*reg & ~mask) | (uint32_t)memory[n] << (8 * byte);
        touched |= 1u << n;
    }
    return touched;
}

static uint8_t *window(const struct rig *rig, uint32_t va)
{
    return rig->machine.arena->low_ram + (va & 0x1fffffff);
}

static void start(struct rig *rig, unsigned reg)
{
    rig_start(rig, 0);
    memcpy(window(rig, RIG_DATA), pattern, sizeof(pattern));
    rig->s->gpr[reg] = reg ? OLD : 0;
    rig->cpu->skip_watch = false;
}

static void check_bytes(struct rig *rig, const struct row *row, unsigned at, unsigned reg)
{
    uint8_t memory[WINDOW];
    uint32_t expected = reg ? OLD : 0;
    memcpy(memory, pattern, sizeof(memory));
    model(rig, row, memory, at, &expected);
    rig_code(rig, MEM(row->opcode, reg, (int)at - 16, A1), AGAIN(1));
    for (unsigned pass = 0; pass < PASSES; pass++) {
        start(rig, reg);
        rig->s->gpr[A1] = RIG_DATA + 16;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->gpr[reg], reg ? expected : 0);
        assert_memory_equal(window(rig, RIG_DATA), memory, sizeof(memory));
    }
}

static void test_bytes(void **state)
{
    static const uint8_t registers[] = {0, V0, T1, 23}; /* in a host register or not */
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned at = 0; at < WINDOW; at++)
            for (size_t r = 0; r < ARRAY_SIZE(registers); r++)
                check_bytes(*state, &rows[i], at, registers[r]);
}

/* The pair that moves the word at an address, in the order in which compilers emit it, is written for little-endian and mirrored. */
#define LOW(rig)  ((rig)->machine.big_endian ? 3 : 0)
#define HIGH(rig) ((rig)->machine.big_endian ? 0 : 3)

/* A word goes from everywhere to everywhere, over the end of a page too. */
static void test_copy(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, LWR(T1, LOW(rig), A1), LWL(T1, HIGH(rig), A1), SWR(T1, LOW(rig), A2), SWL(T1, HIGH(rig), A2), AGAIN(4));
    for (unsigned i = 0; i < PASSES * 64; i++) {
        uint8_t *from = window(rig, RIG_DATA + 0xffc), *to = window(rig, RIG_DATA + 0x1ffc);
        unsigned a = i & 7, b = i >> 3 & 7;
        uint8_t expected[16] = {0};
        start(rig, T1);
        memset(to, 0, sizeof(expected));
        for (unsigned n = 0; n < 16; n++)
            from[n] = (uint8_t)(i + 17 * n);
        memcpy(expected + b, from + a, 4);
        rig->s->gpr[A1] = RIG_DATA + 0xffc + a;
        rig->s->gpr[A2] = RIG_DATA + 0x1ffc + b;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_memory_equal(to, expected, sizeof(expected));
    }
}

/* The base is the target, and the second half of a pair is a slot. */
static void test_base_and_slot(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, LWR(T1, LOW(rig), A1), BEQ(0, 0, 1), LWL(T1, HIGH(rig), A1), NOP, LWL(A1, 2, A1), STAY);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint32_t base = RIG_DATA + 1, word = 0;
        uint8_t memory[WINDOW];
        memcpy(memory, pattern, sizeof(memory));
        model(rig, &rows[0], memory, 3, &base);
        memcpy(&word, pattern + 1, 4);
        start(rig, T1);
        rig->s->gpr[A1] = RIG_DATA + 1;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->gpr[T1], rig->machine.big_endian ? __builtin_bswap32(word) : word);
        assert_int_equal(rig->s->gpr[A1], base);
    }
}

/* What is copied into a register that the back end would rather not read: the copy's source changes in between. */
static void test_old_value_is_a_copy(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, ADDU(T1, V0, 0), LWL(T1, 1, A1), ADDU(T2, T1, 0), ADDIU(T1, 0, 5), SWR(T2, 1, A1), ADDU(V1, T2, T1), STAY);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint8_t memory[WINDOW];
        uint32_t loaded = OLD;
        memcpy(memory, pattern, sizeof(memory));
        model(rig, &rows[0], memory, 1, &loaded);
        model(rig, &rows[3], memory, 1, &loaded);
        start(rig, V0);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->gpr[V1], loaded + 5);
        assert_int_equal(rig->s->gpr[V0], OLD);
        assert_memory_equal(window(rig, RIG_DATA), memory, sizeof(memory));
    }
}

#define WARM (4u * 16) /* instructions until the page is in the TLB, without a flag */

/* A watch on each byte: it hits at the first instruction that touches the byte, and at no other. */
static void check_watch(struct rig *rig, const struct row *first, const struct row *second, unsigned byte)
{
    unsigned kind = first->traits & STORE ? WATCH_WRITE : WATCH_READ;
    unsigned low = LOW(rig) + 1, high = HIGH(rig) + 1, touched[2];
    uint8_t memory[WINDOW];
    uint32_t reg = OLD;
    memcpy(memory, pattern, sizeof(memory));
    touched[0] = model(rig, first, memory, first->traits & LEFT ? high : low, &reg);
    touched[1] = model(rig, second, memory, second->traits & LEFT ? high : low, &reg);
    start(rig, T1);
    cpu_run(rig->cpu, WARM);
    struct watch *watch = watch_insert(rig->cpu->mmu.watches, RIG_DATA + byte, 1, kind, false);
    for (unsigned i = 0; i < 2; i++) {
        if (!(touched[i] >> byte & 1))
            continue;
        assert_int_equal(cpu_run(rig->cpu, LONG_AFTER), CPU_EXIT_DEBUG);
        assert_at(rig, WARM + i, RIG_CODE + 4 * i);
        assert_ptr_equal(rig->cpu->debug.watch, watch);
        assert_int_equal(rig->cpu->debug.lowest, RIG_DATA + byte);
        assert_int_equal(rig->cpu->debug.va, RIG_DATA + (unsigned)__builtin_ctz(touched[i]));
        assert_int_equal(rig->cpu->debug.size, __builtin_popcount(touched[i]));
        rig->cpu->skip_watch = true;
    }
    assert_int_equal(cpu_run(rig->cpu, WARM + 4), CPU_EXIT_LIMIT);
    assert_int_equal(watch->hits, (touched[0] >> byte & 1) + (touched[1] >> byte & 1));
    assert_int_equal(rig->s->gpr[T1], reg);
    assert_memory_equal(window(rig, RIG_DATA), memory, sizeof(memory));
    watch_remove(rig->cpu->mmu.watches, RIG_DATA + byte, 1, kind);
}

static void test_watches(void **state)
{
    struct rig *rig = *state;
    for (unsigned store = 0; store < 2; store++) {
        const struct row *left = &rows[2 * store], *right = left + 1;
        rig_code(rig, MEM(right->opcode, T1, LOW(rig) + 1, A1), MEM(left->opcode, T1, HIGH(rig) + 1, A1), AGAIN(2));
        for (unsigned byte = 0; byte < WINDOW; byte++)
            check_watch(rig, right, left, byte);
    }
}

#define MAPPED 0x3000u /* the odd page of a pair of the guest's TLB; the even one behind it is not mapped, or not to be written */

/* The word at the page's last byte: its other bytes cannot be had, and what comes before has been done. */
static void check_fault(struct rig *rig, bool store, uint32_t even_lo, unsigned code)
{
    const struct row *left = &rows[2 * store], *right = left + 1;
    const uint32_t stay[] = {STAY};
    const struct row *first = rig->machine.big_endian ? left : right, *second = rig->machine.big_endian ? right : left;
    rig_code(rig, MEM(first->opcode, T1, 0, A2), MEM(second->opcode, T1, 3, A2), STAY);
    rig_words(rig, RIG_REFILL, stay, 2);
    rig_words(rig, RIG_VECTOR, stay, 2);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint32_t reg = OLD, phys = RIG_DATA & 0x1fffffff;
        uint8_t memory[WINDOW];
        start(rig, T1);
        memcpy(memory, pattern, sizeof(memory));
        memcpy(window(rig, RIG_DATA + 0xffc), pattern, sizeof(pattern));
        model(rig, first, memory, 3, &reg);
        rig->s->tlb[0] = (struct mips_tlb_entry){
            .vpn2 = MAPPED & ~0x1fffu, .lo = {0, phys >> 6 | ENTRYLO_V | ENTRYLO_D},
                   .global = 1
        };
        rig->s->tlb[1] = (struct mips_tlb_entry){
            .vpn2 = MAPPED + 0x1000, .lo = {even_lo, 0},
                   .global = 1
        };
        cpu_flush_all(rig->cpu);
        rig->s->gpr[A2] = MAPPED + 0xfff;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->epc, RIG_CODE + 4);
        assert_int_equal(rig->s->bad_vaddr, MAPPED + 0x1002);
        assert_int_equal(rig->s->cause >> 2 & 31, code);
        assert_int_equal(rig->s->gpr[T1], reg);
        assert_memory_equal(window(rig, RIG_DATA + 0xffc), memory, sizeof(memory));
    }
}

static void test_page_end(void **state)
{
    uint32_t readable = ((RIG_DATA + 0x1000) & 0x1fffffff) >> 6 | ENTRYLO_V;
    check_fault(*state, false, 0, EXC_TLBL);
    check_fault(*state, true, 0, EXC_TLBS);
    check_fault(*state, true, readable, EXC_MOD);
}

/* A device is read by the word, once, and written by the byte. */
static void test_device(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        for (unsigned at = 4; at < WINDOW; at++) {
            bool store = rows[i].traits & STORE;
            uint8_t memory[WINDOW];
            uint32_t reg = OLD;
            unsigned touched = model(rig, &rows[i], memory, at, &reg), count = (unsigned)__builtin_popcount(touched);
            rig_code(rig, NOP, MEM(rows[i].opcode, T1, at, A0), STAY);
            for (unsigned pass = 0; pass < PASSES; pass++) {
                start(rig, T1);
                cpu_run(rig->cpu, LONG_AFTER);
                assert_int_equal(rig->naccesses, store ? count : 1);
                for (unsigned n = 0; n < rig->naccesses; n++) {
                    assert_int_equal(rig->access[n].offset, store ? (unsigned)__builtin_ctz(touched) + n : 4);
                    assert_int_equal(rig->access[n].size, store ? 1 : 4);
                    assert_int_equal(rig->access[n].write, store);
                    assert_int_equal(rig->access[n].icount, 1);
                }
            }
        }
}

/* One stored over the instruction behind it, whose immediate it changes. */
static void test_own_code(void **state)
{
    struct rig *rig = *state;
    uint32_t place = RIG_CODE + (rig->machine.big_endian ? 7 : 4); /* the least significant byte */
    for (unsigned pass = 0; pass < PASSES; pass++) {
        rig_code(rig, MEM(rig->machine.big_endian ? 0x2e : 0x2a, T1, 0, A2), ADDIU(V0, 0, 1), STAY);
        for (unsigned i = 0; i < PASSES; i++) {
            start(rig, T1);
            rig->s->gpr[A2] = place;
            rig->s->gpr[T1] = rig->machine.big_endian ? ADDIU(V0, 0, 0x20 + i) : (0x20 + i) << 24;
            cpu_run(rig->cpu, LONG_AFTER);
            assert_int_equal(rig->s->gpr[V0], 0x20 + i);
        }
    }
}

/* In a slot: the branch is where the exception returns to. */
static void test_fault_in_slot(void **state)
{
    static const uint32_t stay[] = {STAY};
    struct rig *rig = *state;
    rig_words(rig, RIG_REFILL, stay, 2);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        rig_code(rig, NOP, BEQ(0, 0, 1), MEM(rows[i].opcode, T1, 2, A2), STAY);
        for (unsigned pass = 0; pass < PASSES; pass++) {
            start(rig, T1);
            rig->s->gpr[A2] = pass + 2 < PASSES ? RIG_DATA : MAPPED;
            cpu_run(rig->cpu, LONG_AFTER);
            assert_int_equal(rig->s->epc, pass + 2 < PASSES ? 0 : RIG_CODE + 4);
            assert_int_equal(rig->s->cause & CAUSE_BD, pass + 2 < PASSES ? 0 : CAUSE_BD);
            assert_int_equal(rig->s->bad_vaddr, pass + 2 < PASSES ? 0 : MAPPED + 2);
        }
        rig->s->epc = rig->s->cause = rig->s->bad_vaddr = 0;
    }
}

/* A page that is clean is dirty after it, even if it has been read. */
static void test_dirty(void **state)
{
    struct rig *rig = *state;
    size_t page = arena_page_of(rig->machine.arena, window(rig, RIG_DATA));
    rig_code(rig, LW(T0, 0, A1), LWL(T0, 1, A1), SWL(T1, 1, A1), STAY);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        start(rig, T1);
        mmu_clean_all(&rig->cpu->mmu);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_true(rig->cpu->mmu.page_flags[page] & PAGE_DIRTY);
    }
}

int main(void)
{
    const struct rig_test tests[] = {
        {"bytes",                     test_bytes              },
        {"pairs, page ends",          test_copy               },
        {"base as target, slot",      test_base_and_slot      },
        {"the old value is a copy",   test_old_value_is_a_copy},
        {"watches",                   test_watches            },
        {"faults at a page's end",    test_page_end           },
        {"faults in a slot",          test_fault_in_slot      },
        {"device",                    test_device             },
        {"over the next instruction", test_own_code           },
        {"clean page",                test_dirty              },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
