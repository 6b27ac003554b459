/* What every test of this folder includes: cmocka, and pseudo-random numbers that are the same in each run. */
#ifndef TESTS_SOFTMMU_UNIT_H
#define TESTS_SOFTMMU_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* xorshift64*: state must not be 0. */
static inline uint64_t random_u64(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return random_u64(state) % limit;
}

/* All magnitudes alike: small numbers are as likely as large ones. */
static inline uint64_t random_magnitude(uint64_t *state, unsigned max_bits)
{
    uint64_t bits = random_below(state, max_bits) + 1;
    return random_u64(state) >> (64 - bits);
}

#endif
