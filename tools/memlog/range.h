/* Ranges of addresses or of instruction counts, as the user writes them: FIRST..LAST, START,LENGTH (or
 * START+LENGTH), or one number or symbol. */
#ifndef TOOLS_MEMLOG_RANGE_H
#define TOOLS_MEMLOG_RANGE_H

#include "softmmu/base.h"

struct names;

struct range {
    uint64_t first, last; /* both belong to it */
};

#define RANGE_ALL ((struct range){0, UINT64_MAX})

static inline bool range_is_all(const struct range *range)
{
    return range->first == 0 && range->last == UINT64_MAX;
}

/* Whether any of the length (at least 1) units from start on belongs to it. */
static inline bool range_meets(const struct range *range, uint64_t start, uint64_t length)
{
    return start <= range->last && start + (length - 1) >= range->first;
}

/* What a suffix k, M, G, T of a number multiplies by, once or several times: of bytes and addresses, of instructions. */
enum range_thousand { RANGE_BYTES = 1024, RANGE_COUNTS = 1000 };

bool range_number(const char *text, enum range_thousand thousand, uint64_t *number);
/*
 * A symbol alone is all of its bytes. In FIRST..LAST either may be left out. names may be NULL: then there are no symbols. False if it
 * is nothing of that: *why then says what is wrong.
 */
bool range_parse(const char *text, enum range_thousand thousand, struct names *names, struct range *range, const char **why);

#endif
