/* What more than one of the guests in C does. */
#ifndef GUEST_FUNCTIONS_H
#define GUEST_FUNCTIONS_H

/* The word as a little-endian device's register has it. */
static inline unsigned little(unsigned value)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(value) : value;
}

/* Marsaglia's xorshift; the seed must not be 0. */
static inline unsigned next_random(unsigned *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#endif
