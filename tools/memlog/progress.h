/* A progress bar on stderr, if that is a terminal, for what takes longer than a moment. */
#ifndef TOOLS_MEMLOG_PROGRESS_H
#define TOOLS_MEMLOG_PROGRESS_H

#include "softmmu/base.h"

struct progress {
    bool wanted, shown;
    uint64_t begin, last; /* the host's clock, ns */
};

void progress_begin(struct progress *progress, bool quiet);
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Clears the line. */
void progress_end(struct progress *progress);

#endif
