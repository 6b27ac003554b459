/* Search in sorted arrays. */
#ifndef SOFTMMU_SORTED_H
#define SOFTMMU_SORTED_H

#include "softmmu/base.h"

/* Does the element come before what is looked for? It must be false of all elements behind one of which it is false. */
typedef bool sorted_before_fn(const void *element, const void *key);

/* How many of `count` elements of `size` bytes come before the key: the place of the first that does not. */
static inline size_t sorted_before(const void *array, size_t count, size_t size, sorted_before_fn *before, const void *key)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before((const uint8_t *)array + middle * size, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#endif
