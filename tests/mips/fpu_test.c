/*
 * The FPU against vectors worked out by hand from the MIPS32 architecture manual, volumes I (FPU chapter) and II, and IEEE 754:
 * arithmetic, then registers, FCSR and traps. The exception entry is a stand-in that notes what was raised.
 */
#include "cpu/mips/fpu.h"
#include "cpu/mips/fpu_ops.h"
#include "cpu/mips/helper.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { RN, RZ, RP, RM, FS = FCSR_FS, FS_RP = FS | RP, FS_RM = FS | RM, ENABLE_U = FPU_UNDERFLOW << FCSR_ENABLES_SHIFT };
enum { I = FPU_INEXACT, U = FPU_UNDERFLOW, O = FPU_OVERFLOW, Z = FPU_DIVIDE_BY_ZERO, V = FPU_INVALID, OI = O | I, UI = U | I };

struct row {
    const char *name;
    helper_fn *helper;
    uint32_t fcsr;
    uint64_t fs, ft, fr, result;
    unsigned flags;
};

#define DEFAULT_D 0x7ff7ffffffffffffull

static const struct row rows[] = {
    {"exact sum",            helper_add_s,     RN,    0x3f800000,         0x3f800000,         0,          0x40000000,         0 },
    {"half ulp, to nearest", helper_add_s,     RN,    0x3f800000,         0x33800000,         0,          0x3f800000,         I },
    {"half ulp, up",         helper_add_s,     RP,    0x3f800000,         0x33800000,         0,          0x3f800001,         I },
    {"half ulp, down",       helper_add_s,     RM,    0xbf800000,         0xb3800000,         0,          0xbf800001,         I },
    {"half ulp, to zero",    helper_add_s,     RZ,    0xbf800000,         0xb3800000,         0,          0xbf800000,         I },
    {"x - x",                helper_sub_d,     RN,    0x4008000000000000, 0x4008000000000000, 0,          0,                  0 },
    {"x - x, down",          helper_sub_d,     RM,    0x4008000000000000, 0x4008000000000000, 0,          0x8000000000000000, 0 },
    {"infinity - infinity",  helper_sub_s,     RN,    0x7f800000,         0x7f800000,         0,          0x7fbfffff,         V },
    {"signalling NaN",       helper_add_s,     RN,    0x3f800000,         0x7fc00000,         0,          0x7fbfffff,         V },
    {"signalling double",    helper_mul_d,     RN,    0xfff8000000000001, 0x3ff0000000000000, 0,          DEFAULT_D,          V },
    {"signalling first",     helper_add_s,     RN,    0x7f800001,         0x7fc00000,         0,          0x7fbfffff,         V },
    {"quiet NaN, first",     helper_add_s,     RN,    0xff812345,         0x7f800001,         0,          0xff812345,         0 },
    {"quiet NaN, second",    helper_div_s,     RN,    0x3f800000,         0x7f800001,         0,          0x7f800001,         0 },
    {"1 / 0",                helper_div_s,     RN,    0x3f800000,         0x80000000,         0,          0xff800000,         Z },
    {"0 / 0",                helper_div_d,     RN,    0,                  0,                  0,          DEFAULT_D,          V },
    {"infinity * 0",         helper_mul_s,     RN,    0x7f800000,         0x80000000,         0,          0x7fbfffff,         V },
    {"overflow, nearest",    helper_mul_s,     RN,    0x7f7fffff,         0x40000000,         0,          0x7f800000,         OI},
    {"overflow, to zero",    helper_mul_s,     RZ,    0x7f7fffff,         0x40000000,         0,          0x7f7fffff,         OI},
    {"exact subnormal",      helper_mul_s,     RN,    0x00800000,         0x3f000000,         0,          0x00400000,         0 },
    {"inexact subnormal",    helper_mul_s,     RN,    0x00800001,         0x3f000000,         0,          0x00400000,         UI},
    {"tiny, then normal",    helper_mul_s,     RN,    0x3f7fffff,         0x00800000,         0,          0x00800000,         UI},
    {"normal by rounding",   helper_cvt_s_d,   RN,    0x380ffffff8000000, 0,                  0,          0x00800000,         I },
    {"FS: result to zero",   helper_mul_s,     FS,    0x80800000,         0x3f000000,         0,          0x80000000,         UI},
    {"FS: result up",        helper_mul_s,     FS_RP, 0x00800000,         0x3f000000,         0,          0x00800000,         UI},
    {"FS: -result up",       helper_mul_s,     FS_RP, 0x80800000,         0x3f000000,         0,          0x80000000,         UI},
    {"FS: -result down",     helper_mul_d,     FS_RM, 0x8010000000000000, 0x3fe0000000000000, 0,          0x8010000000000000, UI},
    {"FS: operand",          helper_add_s,     FS,    0x00000001,         0x3f800000,         0,          0x3f800000,         0 },
    {"FS: divisor",          helper_div_s,     FS,    0x3f800000,         0x80000001,         0,          0xff800000,         Z },
    {"square root",          helper_sqrt_d,    RN,    0x4022000000000000, 0,                  0,          0x4008000000000000, 0 },
    {"sqrt of -0",           helper_sqrt_s,    RN,    0x80000000,         0,                  0,          0x80000000,         0 },
    {"sqrt of -1",           helper_sqrt_s,    RN,    0xbf800000,         0,                  0,          0x7fbfffff,         V },
    {"reciprocal",           helper_recip_s,   RN,    0x40800000,         0,                  0,          0x3e800000,         0 },
    {"rsqrt",                helper_rsqrt_d,   RN,    0x4010000000000000, 0,                  0,          0x3fe0000000000000, 0 },
    {"rsqrt of 0",           helper_rsqrt_s,   RN,    0,                  0,                  0,          0x7f800000,         Z },
    {"abs",                  helper_abs_d,     RN,    0xc008000000000000, 0,                  0,          0x4008000000000000, 0 },
    {"neg",                  helper_neg_s,     RN,    0x00000001,         0,                  0,          0x80000001,         0 },
    {"neg of quiet NaN",     helper_neg_s,     RN,    0x7f800001,         0,                  0,          0x7f800001,         V },
    {"abs of signalling",    helper_abs_s,     RN,    0xffc00000,         0,                  0,          0x7fbfffff,         V },
    {"madd rounds twice",    helper_madd_s,    RN,    0x3f800001,         0x3f800001,         0xbf800002, 0,                  I },
    {"msub",                 helper_msub_s,    RN,    0x40000000,         0x40400000,         0x3f800000, 0x40a00000,         0 },
    {"nmadd of a zero",      helper_nmadd_s,   RN,    0x3f800001,         0x3f800001,         0xbf800002, 0x80000000,         I },
    {"nmsub",                helper_nmsub_s,   RN,    0x40000000,         0x40400000,         0x3f800000, 0xc0a00000,         0 },
    {"cvt.w tie to even",    helper_cvt_w_s,   RN,    0x40200000,         0,                  0,          2,                  I },
    {"cvt.w up",             helper_cvt_w_s,   RP,    0x40200000,         0,                  0,          3,                  I },
    {"round ignores RM",     helper_round_w_s, RP,    0x40200000,         0,                  0,          2,                  I },
    {"floor",                helper_floor_w_s, RN,    0xbfc00000,         0,                  0,          0xfffffffe,         I },
    {"ceil",                 helper_ceil_w_d,  RN,    0xbff8000000000000, 0,                  0,          0xffffffff,         I },
    {"trunc of subnormal",   helper_trunc_w_d, RP,    1,                  0,                  0,          0,                  I },
    {"ceil of subnormal",    helper_ceil_l_d,  RN,    1,                  0,                  0,          1,                  I },
    {"NaN to integer",       helper_trunc_w_s, RN,    0xffbfffff,         0,                  0,          0x7fffffff,         V },
    {"2^31 to word",         helper_cvt_w_s,   RN,    0x4f000000,         0,                  0,          0x7fffffff,         V },
    {"-2^31 to word",        helper_cvt_w_s,   RN,    0xcf000000,         0,                  0,          0x80000000,         0 },
    {"-2^31 - 1/2 nearest",  helper_cvt_w_d,   RN,    0xc1e0000000100000, 0,                  0,          0x80000000,         I },
    {"-2^31 - 1/2 down",     helper_cvt_w_d,   RM,    0xc1e0000000100000, 0,                  0,          0x7fffffff,         V },
    {"2^63 to long",         helper_cvt_l_d,   RN,    0x43e0000000000000, 0,                  0,          INT64_MAX,          V },
    {"-2^63 to long",        helper_cvt_l_s,   RN,    0xdf000000,         0,                  0,          0x8000000000000000, 0 },
    {"-infinity to long",    helper_cvt_l_d,   RN,    0xfff0000000000000, 0,                  0,          INT64_MAX,          V },
    {"cvt.s.w",              helper_cvt_s_w,   RN,    0x7fffffff,         0,                  0,          0x4f000000,         I },
    {"cvt.s.w to zero",      helper_cvt_s_w,   RZ,    0x7fffffff,         0,                  0,          0x4effffff,         I },
    {"cvt.d.w",              helper_cvt_d_w,   RN,    0xffffffff,         0,                  0,          0xbff0000000000000, 0 },
    {"cvt.d.l down",         helper_cvt_d_l,   RM,    0x8000000000000001, 0,                  0,          0xc3e0000000000000, I },
    {"cvt.d.s of quiet",     helper_cvt_d_s,   RN,    0xff800001,         0,                  0,          0xfff0000020000000, 0 },
    {"signalling cvt.d.s",   helper_cvt_d_s,   RN,    0x7fc00000,         0,                  0,          DEFAULT_D,          V },
    {"NaN losing bits",      helper_cvt_s_d,   RN,    0xfff0000000000001, 0,                  0,          0x7fbfffff,         0 },
};

/* A CPU of which only the state and the pointer to the architecture are there. */
static const struct cpu_arch arch = {.name = "mips", .state_size = sizeof(struct mips_state)};
static struct cpu *cpu;
static unsigned raised; /* code of the last exception, 0 none */

void mips_raise(struct cpu *raiser, enum mips_exception code, unsigned coprocessor)
{
    assert_ptr_equal(raiser, cpu);
    raised = code;
}

static int make_cpu(void **state)
{
    uint8_t *memory = calloc(1, arch.state_size + sizeof(struct cpu));

    if (!memory)
        return -1;
    cpu = (struct cpu *)(memory + arch.state_size);
    cpu->arch = &arch;
    return 0;
}

static int free_cpu(void **state)
{
    free((uint8_t *)cpu - arch.state_size);
    return 0;
}

static struct mips_state *fresh_state(uint32_t fcsr)
{
    struct mips_state *s = mips_state(cpu);

    memset(s, 0, sizeof(*s));
    s->fcsr = fcsr;
    raised = 0;
    return s;
}

static void set_wide(struct mips_state *s, unsigned n, uint64_t value)
{
    s->fpr_lo[n] = (uint32_t)value;
    s->fpr_hi[n] = (uint32_t)(value >> 32);
}

#define IMM(fd, fs, ft, fr)                                                                                                      \
    ((uint32_t)(fd) << FPU_IMM_FD | (uint32_t)(fs) << FPU_IMM_FS | (uint32_t)(ft) << FPU_IMM_FT | (uint32_t)(fr) << FPU_IMM_FR)
#define COMPARE(cc, condition, fs, ft)                                                                                           \
    (IMM(0, fs, ft, 0) | (uint32_t)(cc) << FPU_IMM_CC | (uint32_t)(condition) << FPU_IMM_CONDITION)

static void test_row(void **state)
{
    const struct row *row = *state;
    struct mips_state *s = fresh_state(row->fcsr | FCSR_CAUSE); /* Cause goes away */

    set_wide(s, 1, row->fs);
    set_wide(s, 2, row->ft);
    set_wide(s, 3, row->fr);
    row->helper(cpu, 0, 0, IMM(4, 1, 2, 3) | FPU_IMM_WIDE);
    assert_int_equal((uint64_t)s->fpr_hi[4] << 32 | s->fpr_lo[4], row->result);
    assert_int_equal(s->fcsr, row->fcsr | row->flags << FCSR_CAUSE_SHIFT | row->flags << FCSR_FLAGS_SHIFT);
    assert_int_equal(raised, 0);
}

static void test_flags_accumulate(void **state)
{
    struct mips_state *s = fresh_state(RN);

    s->fpr_lo[1] = 0x3f800000;
    helper_div_s(cpu, 0, 0, IMM(2, 1, 0, 0));
    helper_add_s(cpu, 0, 0, IMM(2, 1, 1, 0));
    assert_int_equal(s->fpr_lo[2], 0x40000000);
    assert_int_equal(s->fcsr, Z << FCSR_FLAGS_SHIFT);
}

static void test_trap_keeps_destination_and_flags(void **state)
{
    uint32_t fcsr = Z << FCSR_ENABLES_SHIFT | I << FCSR_FLAGS_SHIFT;
    struct mips_state *s = fresh_state(fcsr);

    s->fpr_lo[1] = 0x3f800000;
    s->fpr_lo[2] = 0x12345678;
    helper_div_s(cpu, 0, 0, IMM(2, 1, 0, 0));
    assert_int_equal(raised, EXC_FPE);
    assert_int_equal(s->fpr_lo[2], 0x12345678);
    assert_int_equal(s->fcsr, fcsr | Z << FCSR_CAUSE_SHIFT);
}

static void test_exact_subnormal_traps_underflow(void **state)
{
    struct mips_state *s = fresh_state(ENABLE_U);

    s->fpr_lo[1] = 0x00800000;
    s->fpr_lo[2] = 0x3f000000;
    helper_mul_s(cpu, 0, 0, IMM(3, 1, 2, 0));
    assert_int_equal(raised, EXC_FPE);
    assert_int_equal(s->fcsr, ENABLE_U | U << FCSR_CAUSE_SHIFT);
}

/* FR=0: 1.5 + 2.25 in pairs; the odd number means the pair too. */
static void test_register_pairs(void **state)
{
    struct mips_state *s = fresh_state(RN);

    s->fpr_lo[3] = 0x3ff80000;
    s->fpr_lo[5] = 0x40020000;
    helper_add_d(cpu, 0, 0, IMM(6, 2, 5, 0));
    assert_int_equal(s->fpr_lo[6], 0);
    assert_int_equal(s->fpr_lo[7], 0x400e0000);
    assert_int_equal(s->fpr_hi[6], 0);
    helper_cvt_w_d(cpu, 0, 0, IMM(9, 6, 0, 0));
    assert_int_equal(s->fpr_lo[8], 0);
    assert_int_equal(s->fpr_lo[9], 4);
}

/* Truth of the 16 conditions for less, equal, greater, unordered: bit n of `holds` for condition n. */
static void test_conditions(void **state)
{
    static const struct {
        uint32_t fs, ft, holds, invalid;
    } cases[] = {
        {0x3f800000, 0x40000000, 0xf0f0, 0     },
        {0xbf800000, 0x3f800000, 0xf0f0, 0     },
        {0xc0000000, 0xbf800000, 0xf0f0, 0     },
        {0x80000000, 0x00000000, 0xcccc, 0     },
        {0x40000000, 0x3f800000, 0x0000, 0     },
        {0x7f800001, 0x3f800000, 0xaaaa, 0xff00},
        {0x3f800000, 0x7fc00000, 0xaaaa, 0xffff},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases) * 16; i++) {
        unsigned condition = i % 16, cc = i % 8;
        uint32_t others = 0xfe800000u & ~FCSR_CC(cc), flags = cases[i / 16].invalid >> condition & 1 ? V : 0;
        struct mips_state *s = fresh_state(i & 1 ? others : others | FCSR_CC(cc));

        s->fpr_lo[1] = cases[i / 16].fs;
        s->fpr_lo[2] = cases[i / 16].ft;
        helper_c_s(cpu, 0, 0, COMPARE(cc, condition, 1, 2));
        assert_int_equal(s->fcsr, others | (cases[i / 16].holds >> condition & 1 ? FCSR_CC(cc) : 0) | flags << FCSR_CAUSE_SHIFT |
                                      flags << FCSR_FLAGS_SHIFT);
    }
}

static void test_compare_trap_keeps_condition(void **state)
{
    struct mips_state *s = fresh_state(V << FCSR_ENABLES_SHIFT | FCSR_CC(3));

    set_wide(s, 1, 0x7ff0000000000001);
    helper_c_d(cpu, 0, 0, COMPARE(3, 12, 1, 1) | FPU_IMM_WIDE);
    assert_int_equal(raised, EXC_FPE);
    assert_int_equal(s->fcsr, V << FCSR_ENABLES_SHIFT | FCSR_CC(3) | V << FCSR_CAUSE_SHIFT);
}

static void test_control_writes(void **state)
{
    static const struct {
        uint32_t before, control, value, after, code;
    } writes[] = {
        {0,          FPU_FCSR, 0xffffffff,         0xff83ffff, EXC_FPE},
        {0,          FPU_FCSR, 0x007c0003,         0x00000003, 0      },
        {0,          FPU_FCSR, 0x0001f07c,         0x0001f07c, 0      },
        {0,          FPU_FCSR, FCSR_UNIMPLEMENTED, 0x00020000, EXC_FPE},
        {0x0103ffff, FPU_FCCR, 0xffffff81,         0x8183ffff, EXC_FPE},
        {0x00000f80, FPU_FEXR, 0x00001000,         0x00001f80, EXC_FPE},
        {0x00000f03, FPU_FEXR, 0xffff007c,         0x00030f7f, EXC_FPE},
        {0xff800000, FPU_FENR, 0xfffff07b,         0xfe800003, 0      },
        {0x00010000, FPU_FENR, 0x00000806,         0x01010802, EXC_FPE},
        {0x00000003, FPU_FIR,  0xffffffff,         0x00000003, 0      },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(writes); i++) {
        struct mips_state *s = fresh_state(writes[i].before);

        helper_ctc1(cpu, writes[i].value, 0, writes[i].control);
        assert_int_equal(s->fcsr, writes[i].after);
        assert_int_equal(raised, writes[i].code);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_flags_accumulate),
        cmocka_unit_test(test_trap_keeps_destination_and_flags),
        cmocka_unit_test(test_exact_subnormal_traps_underflow),
        cmocka_unit_test(test_register_pairs),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_compare_trap_keeps_condition),
        cmocka_unit_test(test_control_writes),
    };
    struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others)];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    memcpy(tests + ARRAY_SIZE(rows), others, sizeof(others));
    return cmocka_run_group_tests_name("fpu", tests, make_cpu, free_cpu);
}
