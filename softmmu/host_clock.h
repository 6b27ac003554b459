/* The host's clock, for pacing and for what work costs; never for what a guest sees. */
#ifndef SOFTMMU_HOST_CLOCK_H
#define SOFTMMU_HOST_CLOCK_H

#include <time.h>

#include "softmmu/base.h"

static inline uint64_t host_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ns of CLOCK_MONOTONIC. */
static inline uint64_t host_clock_ns(void)
{
    return host_ns(CLOCK_MONOTONIC);
}

/* ns that this thread has had a CPU: what work costs, however busy the host is. A system call. */
static inline uint64_t host_cpu_ns(void)
{
    return host_ns(CLOCK_THREAD_CPUTIME_ID);
}

#endif
