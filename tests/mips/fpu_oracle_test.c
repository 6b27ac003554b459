/*
 * The FPU's arithmetic against an independent implementation: each instruction runs on Unicorn's 24Kf, in a loop over random
 * operands and all rounding modes, and result and FCSR are compared with what cpu/mips/fpu.c computes.
 *
 * Not compared, since Unicorn departs from the architecture there:
 *  - abs and neg of NaNs: with ABS2008 = 0 any NaN operand is Invalid (volume II, ABS.fmt and NEG.fmt); Unicorn changes the
 *    sign, quietly.
 *  - cvt.s.d of a quiet NaN whose fraction loses all its bits: Unicorn's result is an infinity; volume I, "Invalid Operation
 *    Exception", has a quiet operand give a quiet NaN.
 *  - FS: Unicorn flushes results to zero whatever the rounding mode, and no operands.
 */
#include "cpu/mips/fpu.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unicorn/unicorn.h>

#define CODE  0x10000u
#define DATA  0x100000u
#define CASES 4096

/* One operation in guest memory. */
struct sample {
    uint32_t fcsr, pad;
    uint64_t fs, ft, fr, result;
    uint32_t fcsr_after, pad2;
};
static_assert(sizeof(struct sample) == 48, "the guest's loop has these offsets");

enum shape { BINARY, UNARY, MADD, CONVERT, INTEGER, COMPARE };

struct row {
    const char *name;
    uint32_t word; /* fd = $f0, fs = $f2, ft = $f4, fr = $f6 */
    enum shape shape;
    enum fpu_format from, to;
    int detail; /* INTEGER: rounding mode, -1: FCSR's; MADD: bit 0 subtract, bit 1 negate; COMPARE: condition */
    uint64_t (*binary)(struct fpu *, enum fpu_format, uint64_t, uint64_t);
    uint64_t (*unary)(struct fpu *, enum fpu_format, uint64_t);
    bool no_nan; /* see above */
};

#define OPERATION(fmt, ft, function) (0x44000000u | (fmt) << 21 | (ft) << 16 | 2 << 11 | (function))
#define ROW(name, word, shape, from, to, detail, binary, unary, no_nan)                                                          \
    {                                                                                                                            \
        name, word, shape, from, to, detail, binary, unary, no_nan                                                               \
    }
#define FORMATS(name, ft, function, shape, binary, unary, no_nan)                                                                \
    ROW(name ".s", OPERATION(16u, ft, function), shape, FPU_S, FPU_S, 0, binary, unary, no_nan),                                 \
        ROW(name ".d", OPERATION(17u, ft, function), shape, FPU_D, FPU_D, 0, binary, unary, no_nan)
#define BINARIES(name, function, operation)        FORMATS(name, 4, function, BINARY, operation, NULL, false)
#define UNARIES(name, function, operation, no_nan) FORMATS(name, 0, function, UNARY, NULL, operation, no_nan)
#define MADDS(name, function, detail)                                                                                            \
    ROW(name ".s", 0x4cc41000u | (function) << 3, MADD, FPU_S, FPU_S, detail, NULL, NULL, false),                                \
        ROW(name ".d", 0x4cc41001u | (function) << 3, MADD, FPU_D, FPU_D, detail, NULL, NULL, false)
#define INTEGERS(name, to, function, mode)                                                                                       \
    ROW(name ".s", OPERATION(16u, 0, function), INTEGER, FPU_S, to, mode, NULL, NULL, false),                                    \
        ROW(name ".d", OPERATION(17u, 0, function), INTEGER, FPU_D, to, mode, NULL, NULL, false)
#define CONVERSION(name, fmt, function, to, from) ROW(name, OPERATION(fmt, 0, function), CONVERT, from, to, 0, NULL, NULL, false)
#define CONDITION(name, condition)                                                                                               \
    ROW("c." name ".s", OPERATION(16u, 4, 0x30 | condition), COMPARE, FPU_S, FPU_S, condition, NULL, NULL, false),               \
        ROW("c." name ".d", OPERATION(17u, 4, 0x30 | condition), COMPARE, FPU_D, FPU_D, condition, NULL, NULL, false)

static const struct row rows[] = {
    BINARIES("add", 0, fpu_add),
    BINARIES("sub", 1, fpu_sub),
    BINARIES("mul", 2, fpu_mul),
    BINARIES("div", 3, fpu_div),
    UNARIES("sqrt", 4, fpu_sqrt, false),
    UNARIES("abs", 5, fpu_abs, true),
    UNARIES("neg", 7, fpu_neg, true),
    UNARIES("recip", 0x15, fpu_recip, false),
    UNARIES("rsqrt", 0x16, fpu_rsqrt, false),
    MADDS("madd", 4, 0),
    MADDS("msub", 5, 1),
    MADDS("nmadd", 6, 2),
    MADDS("nmsub", 7, 3),
    INTEGERS("round.l", FPU_L, 8, FPU_NEAREST),
    INTEGERS("round.w", FPU_W, 12, FPU_NEAREST),
    INTEGERS("trunc.l", FPU_L, 9, FPU_TO_ZERO),
    INTEGERS("trunc.w", FPU_W, 13, FPU_TO_ZERO),
    INTEGERS("ceil.l", FPU_L, 10, FPU_UP),
    INTEGERS("ceil.w", FPU_W, 14, FPU_UP),
    INTEGERS("floor.l", FPU_L, 11, FPU_DOWN),
    INTEGERS("floor.w", FPU_W, 15, FPU_DOWN),
    INTEGERS("cvt.l", FPU_L, 0x25, -1),
    INTEGERS("cvt.w", FPU_W, 0x24, -1),
    CONVERSION("cvt.s.d", 17u, 0x20, FPU_S, FPU_D),
    CONVERSION("cvt.s.w", 20u, 0x20, FPU_S, FPU_W),
    CONVERSION("cvt.s.l", 21u, 0x20, FPU_S, FPU_L),
    CONVERSION("cvt.d.s", 16u, 0x21, FPU_D, FPU_S),
    CONVERSION("cvt.d.w", 20u, 0x21, FPU_D, FPU_W),
    CONVERSION("cvt.d.l", 21u, 0x21, FPU_D, FPU_L),
    CONDITION("f", 0),
    CONDITION("un", 1),
    CONDITION("eq", 2),
    CONDITION("ueq", 3),
    CONDITION("olt", 4),
    CONDITION("ult", 5),
    CONDITION("ole", 6),
    CONDITION("ule", 7),
    CONDITION("sf", 8),
    CONDITION("ngle", 9),
    CONDITION("seq", 10),
    CONDITION("ngl", 11),
    CONDITION("lt", 12),
    CONDITION("nge", 13),
    CONDITION("le", 14),
    CONDITION("ngt", 15),
};

static uint64_t random64(void)
{
    static uint64_t state = 0x853c49e6748fea9bull;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t random_float(unsigned fraction_bits, unsigned exponent_bits)
{
    uint64_t largest = (1ull << exponent_bits) - 1, exponent = random64() & largest, fraction = random64(), kind = random64();

    if (kind % 16 == 0)
        exponent = kind >> 8 & 1 ? largest : 0;
    else if (kind % 16 < 8)
        exponent = (largest >> 1) - 4 + (kind >> 8) % (kind % 16 < 4 ? 9 : 70); /* near 1, and around the integers' limits */
    if ((kind >> 20) % 4 == 0)
        fraction = (kind >> 24) % 5 ? ~0ull << (kind >> 32) % (fraction_bits + 1) : 0; /* few bits: exact results, ties, limits */
    if ((kind >> 20) % 8 == 1)
        fraction = ~fraction >> (kind >> 32) % 64;
    return (kind >> 63) << (fraction_bits + exponent_bits) | exponent << fraction_bits |
           (fraction & ((1ull << fraction_bits) - 1));
}

static uint64_t random_operand(enum fpu_format format)
{
    uint64_t bits = random64();

    switch (format) {
    case FPU_S:
        return random_float(23, 8);
    case FPU_D:
        return random_float(52, 11);
    case FPU_W:
        return (uint32_t)((int32_t)bits >> (bits >> 32) % 32);
    default:
        return (uint64_t)((int64_t)bits >> random64() % 64);
    }
}

static bool is_nan(enum fpu_format format, uint64_t a)
{
    return format == FPU_S ? (a & 0x7fffffff) > 0x7f800000 : (a & INT64_MAX) > 0x7ff0000000000000;
}

/* Results and FCSR as this emulator has them. */
static void expect(const struct row *row, const struct sample *in, uint64_t *result, uint32_t *fcsr)
{
    struct fpu fpu = {in->fcsr, 0};
    enum fpu_rounding rounding = row->detail < 0 ? (enum fpu_rounding)(in->fcsr & FCSR_RM) : (enum fpu_rounding)row->detail;
    bool condition = false;

    *result = 0;
    switch (row->shape) {
    case BINARY:
        *result = row->binary(&fpu, row->from, in->fs, in->ft);
        break;
    case UNARY:
        *result = row->unary(&fpu, row->from, in->fs);
        break;
    case MADD:
        *result = fpu_madd(&fpu, row->from, in->fs, in->ft, in->fr, row->detail & 1, row->detail & 2);
        break;
    case CONVERT:
        *result = fpu_convert(&fpu, row->to, row->from, in->fs);
        break;
    case INTEGER:
        *result = fpu_to_integer(&fpu, row->to, row->from, rounding, in->fs);
        break;
    case COMPARE:
        condition = fpu_compare(&fpu, row->from, (unsigned)row->detail, in->fs, in->ft);
        break;
    }
    *fcsr = in->fcsr | fpu.flags << FCSR_FLAGS_SHIFT | fpu.flags << FCSR_CAUSE_SHIFT | (condition ? FCSR_CC(0) : 0);
}

static void fill(const struct row *row, struct sample *samples)
{
    for (unsigned i = 0; i < CASES; i++) {
        struct sample *s = &samples[i];

        *s = (struct sample){.fcsr = i & 3};
        do
            s->fs = random_operand(row->from);
        while (row->no_nan && is_nan(row->from, s->fs));
        s->ft = i % 16 ? random_operand(row->from) : s->fs;
        s->fr = random_operand(row->from);
    }
}

static void on_unicorn(uint32_t word, struct sample *samples)
{
    uint32_t code[] = {
        0x8c880000,             /* lw    t0, 0(a0) */
        0x44c8f800,             /* ctc1  t0, $31 */
        0xd4820008,             /* ldc1  $f2, 8(a0) */
        0xd4840010,             /* ldc1  $f4, 16(a0) */
        0xd4860018,             /* ldc1  $f6, 24(a0) */
        0x44800000,             /* mtc1  zero, $f0 */
        0x44e00000,             /* mthc1 zero, $f0 */
        word,       0xf4800020, /* sdc1  $f0, 32(a0) */
        0x4448f800,             /* cfc1  t0, $31 */
        0xac880028,             /* sw    t0, 40(a0) */
        0x24840030,             /* addiu a0, a0, 48 */
        0x24a5ffff,             /* addiu a1, a1, -1 */
        0x14a0fff2,             /* bne   a1, zero, the lw */
        0,
    };
    uint32_t a0 = DATA, a1 = CASES, status = 0x24400004; /* CU1, FR, BEV; ERL: kuseg is unmapped */
    size_t size = CASES * sizeof(*samples);
    uc_engine *uc;

    assert_int_equal(uc_open(UC_ARCH_MIPS, UC_MODE_MIPS32 | UC_MODE_LITTLE_ENDIAN, &uc), UC_ERR_OK);
    assert_int_equal(uc_ctl_set_cpu_model(uc, UC_CPU_MIPS32_24KF), UC_ERR_OK);
    assert_int_equal(uc_mem_map(uc, CODE, 0x1000, UC_PROT_ALL), UC_ERR_OK);
    assert_int_equal(uc_mem_map(uc, DATA, 0x40000, UC_PROT_ALL), UC_ERR_OK);
    assert_true(size <= 0x40000);
    uc_mem_write(uc, CODE, code, sizeof(code));
    uc_mem_write(uc, DATA, samples, size);
    uc_reg_write(uc, UC_MIPS_REG_CP0_STATUS, &status);
    uc_reg_write(uc, UC_MIPS_REG_A0, &a0);
    uc_reg_write(uc, UC_MIPS_REG_A1, &a1);
    assert_int_equal(uc_emu_start(uc, CODE, CODE + sizeof(code), 0, 0), UC_ERR_OK);
    uc_mem_read(uc, DATA, samples, size);
    uc_close(uc);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct sample *samples = calloc(CASES, sizeof(*samples));
    unsigned wrong = 0;

    assert_non_null(samples);
    fill(row, samples);
    on_unicorn(row->word, samples);
    for (unsigned i = 0; i < CASES; i++) {
        const struct sample *s = &samples[i];
        uint64_t result;
        uint32_t fcsr;

        expect(row, s, &result, &fcsr);
        if (result == s->result && fcsr == s->fcsr_after)
            continue;
        if (row->shape == CONVERT && is_nan(row->from, s->fs) && !is_nan(row->to, s->result))
            continue;
        if (wrong++ < 10)
            print_message("%s fs %llx ft %llx fr %llx rm %u: %llx fcsr %x, oracle %llx fcsr %x\n", row->name,
                          (unsigned long long)s->fs, (unsigned long long)s->ft, (unsigned long long)s->fr, s->fcsr,
                          (unsigned long long)result, fcsr, (unsigned long long)s->result, s->fcsr_after);
    }
    free(samples);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows)];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("fpu against an oracle", tests, NULL, NULL);
}
