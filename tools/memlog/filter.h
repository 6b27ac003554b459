/* Which records are wanted. */
#ifndef TOOLS_MEMLOG_FILTER_H
#define TOOLS_MEMLOG_FILTER_H

#include "tools/memlog/range.h"
#include "tools/memlog/reader.h"

#define KINDS        "rwxRW"
#define KINDS_READS  "rR"
#define KINDS_WRITES "wW"

struct filter {
    struct range phys, virt; /* an access that touches any byte of them */
    struct range pc, when;
    const char *kinds; /* letters of KINDS; NULL: all */
};

#define FILTER_ALL ((struct filter){RANGE_ALL, RANGE_ALL, RANGE_ALL, RANGE_ALL, NULL})

bool filter_matches(const struct filter *filter, const struct memlog_record *record);

/* By the CPU or by a device. */
static inline bool record_writes(const struct memlog_record *record)
{
    return record->kind == 'w' || record->kind == 'W';
}

static inline bool record_is_dma(const struct memlog_record *record)
{
    return record->kind == 'R' || record->kind == 'W';
}

#endif
