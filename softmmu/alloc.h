/* Host memory for wiring and history, never for guest state. A host without memory ends the run with a message. */
#ifndef SOFTMMU_ALLOC_H
#define SOFTMMU_ALLOC_H

#include <stdlib.h>

#include "softmmu/base.h"
#include "softmmu/log.h"

static inline void *alloc_checked(void *memory)
{
    if (!memory) {
        report_error("the host is out of memory");
        exit(1);
    }
    return memory;
}

/* Zeroed; to be given back with free(). */
static inline void *alloc_zeroed(size_t size)
{
    return alloc_checked(calloc(1, size ? size : 1));
}

/* `array` with room for `needed` elements, moved and doubled when `*capacity` is below that; new elements are not zeroed. */
static inline void *alloc_room(void *array, size_t *capacity, size_t needed, size_t element)
{
    if (needed <= *capacity)
        return array;
    *capacity = needed < 8 ? 8 : needed * 2;
    return alloc_checked(reallocarray(array, *capacity, element));
}

#endif
