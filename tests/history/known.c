#include "tests/history/known.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/sorted.h"

void known_free(struct known *known)
{
    free(known->list);
}

static bool is_before(const void *position, const void *icount)
{
    return ((const struct known_position *)position)->icount < *(const uint64_t *)icount;
}

/* The first one that is not before icount. */
static size_t place_of(const struct known *known, uint64_t icount)
{
    return sorted_before(known->list, known->count, sizeof(*known->list), is_before, &icount);
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
