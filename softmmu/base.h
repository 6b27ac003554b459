/* What every file may use: fixed-width types, assertions, and a handful of macros. */
#ifndef SOFTMMU_BASE_H
#define SOFTMMU_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)          (sizeof(a) / sizeof((a)[0]))
#define LIKELY(x)              __builtin_expect(!!(x), 1)
#define UNLIKELY(x)            __builtin_expect(!!(x), 0)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Bits hi..lo of a word, and a word with these bits replaced. */
static inline uint32_t bits32(uint32_t word, unsigned hi, unsigned lo)
{
    return (word >> lo) & (0xffffffffu >> (31 - (hi - lo)));
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The low `size` bytes of a value in the other byte order; size is 1, 2, 4 or 8. */
static inline uint64_t byte_swap(uint64_t value, unsigned size)
{
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

#endif
