/*
 * Floating point in generated code against the helpers: short blocks of the FPU's rows on operands at the edges of their formats, in every mode
 * of FCSR. The interpreter, which calls helpers only, is the reference; all registers and FCSR must be the same.
 */
#include <stdio.h>
#include <string.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/decode.h"
#include "cpu/mips/fpu.h"
#include "softmmu/alloc.h"
#include "tests/cpu/random_code.h"
#include "tests/softmmu/unit.h"

#define MAX_FAILURES 5
#define LONGEST      6   /* instructions of a block */
#define SPIN         300 /* instructions that it runs afterwards: only so will generated code run at all */

static const uint32_t singles[] = {
    0x00000000, 0x00000001, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x01000001, 0x1f800000, 0x20000000,
    0x3effffff, 0x3f000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3fc00000, 0x40000000, 0x40490fdb, 0x4b000001, 0x4effffff,
    0x4f000000, 0x4f000001, 0x5f000000, 0x7e800000, 0x7f000000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fbfffff, 0x7fc00000,
};
static const uint64_t doubles[] = {
    0x0000000000000000, 0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x001fffffffffffff,
    0x0020000000000000, 0x1ff0000000000000, 0x2000000000000000, 0x3690000000000000, 0x36a0000000000000, 0x380fffffdfffffff,
    0x380ffffff8000000, 0x3810000000000000, 0x3820000000000000, 0x3fdfffffffffffff, 0x3fe0000000000000, 0x3fefffffffffffff,
    0x3ff0000000000000, 0x3ff0000000000001, 0x3ff8000000000000, 0x4000000000000000, 0x400921fb54442d18, 0x41dfffffff800000,
    0x41dfffffffc00000, 0x41dfffffffe00000, 0x41e0000000000000, 0x41e0000000100000, 0x41e0000000200000, 0x4330000000000001,
    0x47efffffe0000000, 0x47efffffefffffff, 0x47effffff0000000, 0x47f0000000000000, 0x7fd0000000000000, 0x7fe0000000000000,
    0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001, 0x7ff7ffffffffffff, 0x7ff8000000000000,
};

struct bench {
    struct rig reference, rig;
    struct mips_state start, expected;
    uint64_t random;
    uint32_t words[LONGEST + 2];
    unsigned length;
    unsigned rows[MIPS_OPCODES], nrows;
    unsigned blocks, plain, failures;
};

static unsigned blocks_per_order = 60000;

static bool chance(struct bench *b, unsigned n)
{
    return random_below(&b->random, n) == 0;
}

/* What computes, moves and converts; no memory, no branches. */
static void choose_rows(struct bench *b)
{
    for (unsigned i = 0; i < MIPS_OPCODES; i++) {
        unsigned flags = mips_rows[i].flags;
        if (flags & I_FPU && !(flags & (I_LOAD | I_STORE | I_BRANCH)) && i != MIPS_ctc1)
            b->rows[b->nrows++] = i;
    }
}

/* Eight FPU registers, the pairs among them, so that operands and results meet; t0 to t7. */
static uint32_t field(struct bench *b, char letter, unsigned width)
{
    uint32_t n = (uint32_t)random_below(&b->random, 8);
    if (strchr("STDR", letter))
        return chance(b, 8) ? n : n * 2;
    if (strchr("std", letter))
        return 8 + n;
    return (uint32_t)random_u64(&b->random) & ((1u << width) - 1);
}

static uint32_t encode(struct bench *b, unsigned opcode)
{
    uint32_t word = 0;
    unsigned n = 0;
    for (const char *c = mips_rows[opcode].bits; *c;) {
        char letter = *c;
        unsigned width = 0;
        for (; *c == letter; c++)
            width++;
        if (letter == ' ')
            continue;
        n += width;
        uint32_t ones = (uint32_t)((1ull << width) - 1);
        word |= (letter == '1' ? ones : letter == '0' ? 0 : field(b, letter, width) & ones) << (32 - n);
    }
    return word;
}

static uint64_t operand(struct bench *b, bool wide)
{
    uint64_t sign = chance(b, 2) ? 1 : 0;
    if (chance(b, 5))
        return random_u64(&b->random);
    if (wide)
        return doubles[random_below(&b->random, ARRAY_SIZE(doubles))] ^ sign << 63;
    return singles[random_below(&b->random, ARRAY_SIZE(singles))] ^ sign << 31;
}

static void make_registers(struct bench *b)
{
    struct mips_state *s = &b->start;
    bool fr = chance(b, 3), wide_only = chance(b, 2);
    s->status = STATUS_CU1 | (fr ? STATUS_FR : 0);
    for (unsigned i = 0; i < 32; i += 2) {
        bool wide = wide_only ? !chance(b, 4) : chance(b, 4);
        uint64_t value = wide ? operand(b, true) : operand(b, false) | operand(b, false) << 32;
        s->fpr_lo[i] = (uint32_t)value;
        s->fpr_lo[i + 1] = fr ? (uint32_t)operand(b, false) : (uint32_t)(value >> 32);
        s->fpr_hi[i] = (uint32_t)(value >> 32);
        s->fpr_hi[i + 1] = (uint32_t)operand(b, false);
    }
    for (unsigned i = 8; i < 16; i++)
        s->gpr[i] = chance(b, 2) ? singles[random_below(&b->random, ARRAY_SIZE(singles))] : (uint32_t)random_below(&b->random, 3);
}

/* Half of them as generated code likes it, and those next to it. */
static void make_mode(struct bench *b)
{
    static const uint32_t fields[] = {1, 2, 3, FCSR_FS, 0x80, 0x100, 0x200, 0x400, 0x800};
    uint32_t fcsr = (uint32_t)random_u64(&b->random) & 0xfe83f07c;
    if (chance(b, 3))
        fcsr ^= fields[random_below(&b->random, ARRAY_SIZE(fields))];
    if (chance(b, 8))
        fcsr = (uint32_t)random_u64(&b->random) & FCSR_WRITABLE & ~FCSR_UNIMPLEMENTED;
    b->start.fcsr = fcsr;
    b->plain += !(fcsr & (FCSR_RM | FCSR_FS | FCSR_ENABLES));
}

/* Half of the blocks have one row only, again and again. */
static void make_block(struct bench *b)
{
    bool alike = chance(b, 2);
    unsigned opcode = b->rows[b->blocks % b->nrows];
    b->length = 1 + (unsigned)random_below(&b->random, LONGEST);
    for (unsigned i = 0; i < b->length; i++) {
        b->words[i] = encode(b, opcode);
        if (!alike)
            opcode = b->rows[random_below(&b->random, b->nrows)];
    }
    b->words[b->length] = 0x1000ffff; /* b to itself, nop */
    b->words[b->length + 1] = 0;
    b->blocks++;
    make_registers(b);
    make_mode(b);
}

static void run(struct bench *b, struct rig *rig)
{
    rig_words(rig, RIG_CODE, b->words, b->length + 2);
    rig_restore(rig, &b->start);
    rig->s->pc = RIG_CODE;
    cpu_run(rig->cpu, SPIN);
}

static void complain(struct bench *b)
{
    const struct mips_state *got = b->rig.s, *want = b->reference.s, *start = &b->start;
    static struct program p;
    p.start = RIG_CODE;
    p.count = b->length;
    memcpy(p.words, b->words, sizeof(b->words));
    print_message("  block %u, FR=%d, fcsr %08x: %08x, reference %08x\n", b->blocks, (start->status & STATUS_FR) != 0,
                  start->fcsr, got->fcsr, want->fcsr);
    for (unsigned i = 0; i < 32; i++)
        print_message("  f%u %08x_%08x: %08x_%08x, reference %08x_%08x\n", i, start->fpr_hi[i], start->fpr_lo[i], got->fpr_hi[i],
                      got->fpr_lo[i], want->fpr_hi[i], want->fpr_lo[i]);
    random_print(&p);
    b->failures++;
}

static void test_blocks(void **state)
{
    struct bench *b = alloc_zeroed(sizeof(*b));
    const struct rig_config reference = {ACCEL_INTERP, .big_endian = **(bool **)state},
                            config = {ACCEL_JIT, .big_endian = **(bool **)state};
    if (!rig_has_jit())
        print_message("  NOT TESTED: this build has no host back end\n");
    b->random = 0xf9b10c5 + **(bool **)state;
    mips_decode_init();
    choose_rows(b);
    rig_open(&b->reference, &reference);
    rig_open(&b->rig, &config);
    random_handlers(&b->reference);
    random_handlers(&b->rig);
    b->start = *b->rig.s;
    while (b->blocks < blocks_per_order && b->failures < MAX_FAILURES && rig_has_jit()) {
        make_block(b);
        run(b, &b->reference);
        run(b, &b->rig);
        if (memcmp(b->rig.s, b->reference.s, sizeof(*b->rig.s)))
            complain(b);
    }
    print_message("  %u blocks, %u in the mode that generated code computes in, %u differ\n", b->blocks, b->plain, b->failures);
    unsigned failures = b->failures;
    rig_close(&b->reference);
    rig_close(&b->rig);
    free(b);
    assert_int_equal(failures, 0);
}

int main(int argc, char **argv)
{
    static bool orders[] = {false, true};
    const struct CMUnitTest tests[] = {
        {"little-endian", test_blocks, NULL, NULL, &orders[0]},
        {"big-endian",    test_blocks, NULL, NULL, &orders[1]},
    };
    if (argc > 1)
        blocks_per_order = (unsigned)strtoul(argv[1], NULL, 0);
    return cmocka_run_group_tests_name("floating point in blocks", tests, NULL, NULL);
}
