/* Labels beside an axis, moved apart so that none covers another. */
#ifndef TOOLS_MEMLOG_LABELS_H
#define TOOLS_MEMLOG_LABELS_H

#include "softmmu/base.h"

struct label {
    double y;  /* what it is about */
    double at; /* where it stands: its middle */
    char text[96];
    bool strong;
};

/* Keeps the first ones that `height` has room for at `line` each, sorts them by y and places them. Returns how many are left. */
size_t labels_spread(struct label *labels, size_t count, double height, double line);

#endif
