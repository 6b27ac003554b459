#include "tools/memlog/labels.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    const struct label *a = left, *b = right;
    return (a->y > b->y) - (a->y < b->y);
}

size_t labels_spread(struct label *labels, size_t count, double height, double line)
{
    assert(line > 0 && height >= 0);
    size_t room = (size_t)(height / line);
    count = count < room ? count : room;
    if (count)
        qsort(labels, count, sizeof(*labels), compare);
    double limit = line / 2;
    for (size_t i = 0; i < count; i++) {
        labels[i].at = fmax(labels[i].y, limit);
        limit = labels[i].at + line;
    }
    limit = height - line / 2;
    for (size_t i = count; i-- > 0;) {
        labels[i].at = fmin(labels[i].at, limit);
        limit = labels[i].at - line;
    }
    return count;
}
