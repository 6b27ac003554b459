#include "tests/history/known.h"

#include <string.h>

#include "softmmu/alloc.h"

void known_free(struct known *known)
{
    free(known->list);
}

/* The first one that is not before icount. */
static size_t place_of(const struct known *known, uint64_t icount)
{
    size_t low = 0, high = known->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (known->list[middle].icount < icount)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct known_position *known_at(const struct known *known, uint64_t icount)
{
    size_t place = place_of(known, icount);
    return place < known->count && known->list[place].icount == icount ? &known->list[place] : NULL;
}

bool known_check(struct known *known, const struct known_position *position)
{
    size_t place = place_of(known, position->icount);
    if (place < known->count && known->list[place].icount == position->icount) {
        known->compared++;
        return known->list[place].hash == position->hash;
    }
    known->list = alloc_room(known->list, &known->capacity, known->count + 1, sizeof(*known->list));
    memmove(&known->list[place + 1], &known->list[place], (known->count - place) * sizeof(*known->list));
    known->list[place] = *position;
    known->count++;
    return true;
}

void known_forget(struct known *known, uint64_t icount, bool at_it)
{
    known->count = min_u64(known->count, place_of(known, at_it ? icount : icount + 1));
}
