/* Pseudo-random numbers that are the same in each run. */
#ifndef TESTS_DETERMINISM_RANDOM_H
#define TESTS_DETERMINISM_RANDOM_H

#include <stdint.h>

/* xorshift64*: *state must not be 0. Below limit. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (*state * UINT64_C(0x2545f4914f6cdd1d)) % limit;
}

#endif
