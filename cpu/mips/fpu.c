/*
 * The host computes what involves no NaN; NaNs, flushing, comparisons and conversions to integers are done here on the bits,
 * since in these MIPS differs from IEEE 754-2008 hosts.
 */
#include "cpu/mips/fpu.h"
#include "cpu/mips/fpu_host.h"
#include <math.h>
#include <string.h>

/* Masks of the format's fields. */
struct layout {
    unsigned fraction_bits;
    uint64_t sign, infinity, fraction, signalling, default_nan;
};
static const struct layout layouts[2] = {
    [FPU_S] = {23, 0x80000000,         0x7f800000,         0x007fffff,         0x00400000,         0x7fbfffff        },
    [FPU_D] = {52, 0x8000000000000000, 0x7ff0000000000000, 0x000fffffffffffff, 0x0008000000000000, 0x7ff7ffffffffffff},
};

/* 1.0: its exponent field is the bias. */
static uint64_t one(const struct layout *layout)
{
    return layout->infinity >> 1 & layout->infinity;
}

static float single_of(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float value;

    memcpy(&value, &word, sizeof(value));
    return value;
}

static uint64_t single_bits(float value)
{
    uint32_t word;

    memcpy(&word, &value, sizeof(word));
    return word;
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t double_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* What the host does between fpu_host_begin() and _end(). Every operation takes two operands; a unary one ignores the second. */
typedef uint64_t host_fn(uint64_t a, uint64_t b);

#define HOST_OP(name, operand, operand_of, result, bits_of, expression)                                                          \
    static uint64_t name(uint64_t a, uint64_t b)                                                                                 \
    {                                                                                                                            \
        volatile operand x = operand_of(a), y = operand_of(b);                                                                   \
        volatile result r = (expression);                                                                                        \
                                                                                                                                 \
        (void)y;                                                                                                                 \
        return bits_of(r);                                                                                                       \
    }
HOST_OP(add_s, float, single_of, float, single_bits, x + y)
HOST_OP(sub_s, float, single_of, float, single_bits, x - y)
HOST_OP(mul_s, float, single_of, float, single_bits, (x) * (y))
HOST_OP(div_s, float, single_of, float, single_bits, x / y)
HOST_OP(sqrt_s, float, single_of, float, single_bits, sqrtf(x))
HOST_OP(add_d, double, double_of, double, double_bits, x + y)
HOST_OP(sub_d, double, double_of, double, double_bits, x - y)
HOST_OP(mul_d, double, double_of, double, double_bits, (x) * (y))
HOST_OP(div_d, double, double_of, double, double_bits, x / y)
HOST_OP(sqrt_d, double, double_of, double, double_bits, sqrt(x))
HOST_OP(s_to_d, float, single_of, double, double_bits, x)
HOST_OP(d_to_s, double, double_of, float, single_bits, (float)x)
HOST_OP(integer_to_s, int64_t, (int64_t), float, single_bits, (float)x)
HOST_OP(integer_to_d, int64_t, (int64_t), double, double_bits, (double)x)

static bool is_nan(const struct layout *layout, uint64_t a)
{
    return (a & ~layout->sign) > layout->infinity;
}

static bool is_subnormal(const struct layout *layout, uint64_t a)
{
    return !(a & layout->infinity) && (a & layout->fraction);
}

static bool is_signalling(const struct layout *layout, uint64_t a)
{
    return is_nan(layout, a) && (a & layout->signalling);
}

/* The result of an operation with a NaN among its operands. */
static uint64_t propagate_nan(struct fpu *fpu, const struct layout *layout, uint64_t a, uint64_t b)
{
    assert(is_nan(layout, a) || is_nan(layout, b));
    if (is_signalling(layout, a) || is_signalling(layout, b)) {
        fpu->flags |= FPU_INVALID;
        return layout->default_nan;
    }
    return is_nan(layout, a) ? a : b;
}

static uint64_t flush_operand(const struct fpu *fpu, const struct layout *layout, uint64_t a)
{
    return (fpu->fcsr & FCSR_FS) && is_subnormal(layout, a) ? a & layout->sign : a;
}

/* FS: a tiny result becomes zero, or the smallest normal number if the rounding mode points away from zero. */
static uint64_t flush_result(const struct fpu *fpu, const struct layout *layout, uint64_t result)
{
    uint64_t sign = result & layout->sign;
    enum fpu_rounding away = sign ? FPU_DOWN : FPU_UP;

    return fpu_rounding(fpu) == away ? sign | (layout->fraction + 1) : sign;
}

static uint64_t finish_subnormal(struct fpu *fpu, const struct layout *layout, uint64_t result)
{
    if (fpu->fcsr & FCSR_FS) {
        fpu->flags |= FPU_UNDERFLOW | FPU_INEXACT;
        return flush_result(fpu, layout, result);
    }
    /* With the trap enabled tininess alone is an underflow, loss of accuracy or not. */
    if (fpu->fcsr & (uint32_t)FPU_UNDERFLOW << FCSR_ENABLES_SHIFT)
        fpu->flags |= FPU_UNDERFLOW;
    return result;
}

/* Runs the host's operation; the result has the format of layout. */
static uint64_t on_host(struct fpu *fpu, const struct layout *layout, host_fn *host, uint64_t a, uint64_t b)
{
    enum fpu_rounding rounding = fpu_rounding(fpu);
    uint64_t result;
    unsigned flags;

    fpu_host_begin(rounding);
    result = host(a, b);
    flags = fpu_host_end(rounding);
    fpu->flags |= flags;
    if (flags & FPU_INVALID)
        return layout->default_nan;
    return is_subnormal(layout, result) ? finish_subnormal(fpu, layout, result) : result;
}

static inline uint64_t arithmetic(struct fpu *fpu, enum fpu_format format, host_fn *const host[2], uint64_t a, uint64_t b)
{
    const struct layout *layout = &layouts[format];

    assert(format <= FPU_D);
    if (is_nan(layout, a) || is_nan(layout, b))
        return propagate_nan(fpu, layout, a, b);
    return on_host(fpu, layout, host[format], flush_operand(fpu, layout, a), flush_operand(fpu, layout, b));
}

uint64_t fpu_add(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft)
{
    static host_fn *const host[2] = {add_s, add_d};

    return arithmetic(fpu, format, host, fs, ft);
}

uint64_t fpu_sub(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft)
{
    static host_fn *const host[2] = {sub_s, sub_d};

    return arithmetic(fpu, format, host, fs, ft);
}

uint64_t fpu_mul(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft)
{
    static host_fn *const host[2] = {mul_s, mul_d};

    return arithmetic(fpu, format, host, fs, ft);
}

uint64_t fpu_div(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft)
{
    static host_fn *const host[2] = {div_s, div_d};

    return arithmetic(fpu, format, host, fs, ft);
}

uint64_t fpu_sqrt(struct fpu *fpu, enum fpu_format format, uint64_t fs)
{
    static host_fn *const host[2] = {sqrt_s, sqrt_d};

    return arithmetic(fpu, format, host, fs, fs);
}

uint64_t fpu_recip(struct fpu *fpu, enum fpu_format format, uint64_t fs)
{
    return fpu_div(fpu, format, one(&layouts[format]), fs);
}

uint64_t fpu_rsqrt(struct fpu *fpu, enum fpu_format format, uint64_t fs)
{
    return fpu_recip(fpu, format, fpu_sqrt(fpu, format, fs));
}

/* With ABS2008 = 0 these are arithmetic: any NaN operand is Invalid, and its sign stays (volume II, ABS.fmt, NEG.fmt). */
static uint64_t change_sign(struct fpu *fpu, enum fpu_format format, uint64_t a, uint64_t cleared, uint64_t flipped)
{
    const struct layout *layout = &layouts[format];

    if (is_nan(layout, a)) {
        fpu->flags |= FPU_INVALID;
        return propagate_nan(fpu, layout, a, a);
    }
    a = (a & ~cleared) ^ flipped;
    return is_subnormal(layout, a) && (fpu->fcsr & FCSR_FS) ? finish_subnormal(fpu, layout, a) : a;
}

uint64_t fpu_abs(struct fpu *fpu, enum fpu_format format, uint64_t fs)
{
    return change_sign(fpu, format, fs, layouts[format].sign, 0);
}

uint64_t fpu_neg(struct fpu *fpu, enum fpu_format format, uint64_t fs)
{
    return change_sign(fpu, format, fs, 0, layouts[format].sign);
}

uint64_t fpu_madd(struct fpu *fpu, enum fpu_format format, uint64_t fs, uint64_t ft, uint64_t fr, bool subtract, bool negate)
{
    uint64_t product = fpu_mul(fpu, format, fs, ft);
    uint64_t sum = subtract ? fpu_sub(fpu, format, product, fr) : fpu_add(fpu, format, product, fr);

    return negate ? sum ^ layouts[format].sign : sum;
}

/* A NaN keeps its sign and as much of its fraction as fits. */
static uint64_t convert_nan(struct fpu *fpu, enum fpu_format to, enum fpu_format from, uint64_t a)
{
    const struct layout *source = &layouts[from], *target = &layouts[to];
    unsigned shift = layouts[FPU_D].fraction_bits - layouts[FPU_S].fraction_bits;
    uint64_t fraction = to == FPU_D ? (a & source->fraction) << shift : (a & source->fraction) >> shift;

    if (is_signalling(source, a))
        fpu->flags |= FPU_INVALID;
    if (is_signalling(source, a) || !fraction)
        return target->default_nan;
    return (a & source->sign ? target->sign : 0) | target->infinity | fraction;
}

uint64_t fpu_convert(struct fpu *fpu, enum fpu_format to, enum fpu_format from, uint64_t fs)
{
    static host_fn *const from_float[2] = {[FPU_S] = d_to_s, [FPU_D] = s_to_d};
    static host_fn *const from_integer[2] = {[FPU_S] = integer_to_s, [FPU_D] = integer_to_d};

    assert(to <= FPU_D && to != from);
    if (from == FPU_W)
        fs = (uint64_t)(int64_t)(int32_t)fs;
    if (from >= FPU_W)
        return on_host(fpu, &layouts[to], from_integer[to], fs, 0);
    if (is_nan(&layouts[from], fs))
        return convert_nan(fpu, to, from, fs);
    return on_host(fpu, &layouts[to], from_float[to], flush_operand(fpu, &layouts[from], fs), 0);
}

/* The magnitude significand * 2^exponent (exponent < 0) as an integer, and what was dropped, compared with half. */
enum dropped { DROPPED_NOTHING, DROPPED_BELOW_HALF, DROPPED_HALF, DROPPED_ABOVE_HALF };

static uint64_t shift_out(uint64_t significand, int exponent, enum dropped *dropped)
{
    unsigned count = exponent < -63 ? 63 : (unsigned)-exponent;
    uint64_t rest = significand & ((1ull << count) - 1), half = 1ull << (count - 1);

    *dropped = !rest ? DROPPED_NOTHING : rest < half ? DROPPED_BELOW_HALF : rest == half ? DROPPED_HALF : DROPPED_ABOVE_HALF;
    return significand >> count;
}

static bool rounds_up(enum fpu_rounding rounding, bool negative, bool odd, enum dropped dropped)
{
    switch (rounding) {
    case FPU_NEAREST:
        return dropped == DROPPED_ABOVE_HALF || (dropped == DROPPED_HALF && odd);
    case FPU_UP:
        return dropped && !negative;
    case FPU_DOWN:
        return dropped && negative;
    default:
        return false;
    }
}

uint64_t fpu_to_integer(struct fpu *fpu, enum fpu_format to, enum fpu_format from, enum fpu_rounding rounding, uint64_t fs)
{
    const struct layout *layout = &layouts[from];
    uint64_t a = flush_operand(fpu, layout, fs), largest = to == FPU_W ? INT32_MAX : INT64_MAX, magnitude;
    int biased = (int)((a & layout->infinity) >> layout->fraction_bits), bias = (int)(one(layout) >> layout->fraction_bits);
    int exponent = (biased ? biased : 1) - bias - (int)layout->fraction_bits;
    bool negative = (a & layout->sign) != 0;
    enum dropped dropped = DROPPED_NOTHING;

    assert(from <= FPU_D && to >= FPU_W);
    magnitude = (a & layout->fraction) | (biased ? layout->fraction + 1 : 0);
    if (exponent < 0)
        magnitude = shift_out(magnitude, exponent, &dropped);
    else if (exponent + (int)layout->fraction_bits < 64)
        magnitude <<= exponent;
    else
        magnitude = UINT64_MAX; /* also NaN and infinity: their exponent is the largest */
    magnitude += rounds_up(rounding, negative, magnitude & 1, dropped);
    if (magnitude > largest + negative) {
        fpu->flags |= FPU_INVALID;
        return largest;
    }
    fpu->flags |= dropped ? FPU_INEXACT : 0;
    return (negative ? 0 - magnitude : magnitude) & (largest << 1 | 1);
}

/* Order of non-NaN values as integers; both zeros are 0. */
static int64_t order(const struct layout *layout, uint64_t a)
{
    int64_t magnitude = (int64_t)(a & ~layout->sign);

    return a & layout->sign ? -magnitude : magnitude;
}

bool fpu_compare(struct fpu *fpu, enum fpu_format format, unsigned condition, uint64_t fs, uint64_t ft)
{
    const struct layout *layout = &layouts[format];
    int64_t a, b;

    assert(condition < 16 && format <= FPU_D);
    if (is_nan(layout, fs) || is_nan(layout, ft)) {
        if ((condition & 8) || is_signalling(layout, fs) || is_signalling(layout, ft))
            fpu->flags |= FPU_INVALID;
        return condition & 1;
    }
    a = order(layout, flush_operand(fpu, layout, fs));
    b = order(layout, flush_operand(fpu, layout, ft));
    return ((condition & 2) && a == b) || ((condition & 4) && a < b);
}
