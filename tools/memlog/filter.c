#include "tools/memlog/filter.h"

#include <string.h>

/* What has no pc and no virtual address (DMA) is in no range of them. */
static bool cpu_matches(const struct filter *filter, const struct memlog_record *record)
{
    if (range_is_all(&filter->virt) && range_is_all(&filter->pc))
        return true;
    return (record->flags & MEMLOG_VIRT_KNOWN) && range_meets(&filter->virt, record->virt, record->size) &&
           range_meets(&filter->pc, record->pc, 1);
}

bool filter_matches(const struct filter *filter, const struct memlog_record *record)
{
    return (!filter->kinds || strchr(filter->kinds, record->kind)) && range_meets(&filter->when, record->icount, 1) &&
           range_meets(&filter->phys, record->phys, record->size) && cpu_matches(filter, record);
}
