/* The host's clock, for pacing and for what work costs; never for what a guest sees. */
#ifndef SOFTMMU_HOST_CLOCK_H
#define SOFTMMU_HOST_CLOCK_H

#include <time.h>

#include "softmmu/base.h"

/* ns of CLOCK_MONOTONIC. */
static inline uint64_t host_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
