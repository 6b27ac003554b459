#include "tools/memlog/ticks.h"

#include <inttypes.h>
#include <stdio.h>

uint64_t ticks_decimal_step(double least)
{
    static const unsigned digits[] = {1, 2, 5};
    uint64_t power = 1;
    for (;; power *= 10)
        for (unsigned i = 0; i < ARRAY_SIZE(digits); i++)
            if ((double)(digits[i] * power) >= least || power > UINT64_MAX / 100)
                return digits[i] * power;
}

uint64_t ticks_binary_step(double least)
{
    uint64_t step = 1;
    while ((double)step < least && step < UINT64_C(1) << 63)
        step *= 2;
    return step;
}

static const struct unit {
    uint64_t size;
    const char *name;
} units[] = {
    {UINT64_C(1000000000000), " T"},
    {1000000000,              " G"},
    {1000000,                 " M"},
    {1000,                    " k"},
    {1,                       ""  },
};

const char *ticks_count(uint64_t value, uint64_t step, char *text, size_t size)
{
    assert(step);
    const struct unit *unit = units;
    while (unit->size > 1 && step < unit->size / 10)
        unit++;
    if (!value)
        snprintf(text, size, "0");
    else if (unit->size == 1 || step % unit->size == 0)
        snprintf(text, size, "%" PRIu64 "%s", value / unit->size, unit->name);
    else
        snprintf(text, size, "%.1f%s", (double)value / (double)unit->size, unit->name);
    return text;
}

const char *ticks_rough(uint64_t value, char *text, size_t size)
{
    const struct unit *unit = units;
    while (unit->size > 1 && value < unit->size)
        unit++;
    snprintf(text, size, unit->size == 1 ? "%.0f%s" : "%.1f%s", (double)value / (double)unit->size, unit->name);
    return text;
}

const char *ticks_bytes(double bytes, char *text, size_t size)
{
    assert(bytes >= 0);
    static const char *const names[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    for (; bytes >= 1024 && unit + 1 < ARRAY_SIZE(names); unit++)
        bytes /= 1024;
    snprintf(text, size, bytes >= 100 || bytes == (double)(unsigned)bytes ? "%.0f %s" : "%.1f %s", bytes, names[unit]);
    return text;
}
