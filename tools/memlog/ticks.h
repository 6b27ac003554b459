/* Round numbers for axes, and numbers as people write them. */
#ifndef TOOLS_MEMLOG_TICKS_H
#define TOOLS_MEMLOG_TICKS_H

#include "softmmu/base.h"

/* The least of 1, 2, 5 times a power of ten that is not below `least`. */
uint64_t ticks_decimal_step(double least);
/* The least power of two that is not below `least`. */
uint64_t ticks_binary_step(double least);
/* "1.5 G", in the unit that suits step. Returns text. */
const char *ticks_count(uint64_t value, uint64_t step, char *text, size_t size);
/* "1.2 G", three digits at most before the unit, one behind the point. Returns text. */
const char *ticks_rough(uint64_t value, char *text, size_t size);
/* "27.1 MiB". Returns text. */
const char *ticks_bytes(double bytes, char *text, size_t size);

#endif
