#include "tools/memlog/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH    40
#define MOMENT   UINT64_C(500000000) /* ns until it is shown */
#define INTERVAL UINT64_C(100000000)

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void progress_begin(struct progress *progress, bool quiet)
{
    *progress = (struct progress){.wanted = !quiet && isatty(STDERR_FILENO), .begin = now()};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
    static const char full[] = "########################################";
    static_assert(sizeof(full) == WIDTH + 1, "as wide as the bar");
    uint64_t time = progress->wanted ? now() : 0;
    if (!progress->wanted || !total || time - progress->begin < MOMENT || time - progress->last < INTERVAL)
        return;
    double share = (double)min_u64(done, total) / (double)total;
    double left = (double)(time - progress->begin) / 1e9 * (1 - share) / (share > 0 ? share : 1);
    fprintf(stderr, "\r[%-*.*s] %3.0f %%, %.0f s left  ", WIDTH, (int)(share * WIDTH), full, share * 100, left);
    progress->last = time;
    progress->shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r%*s\r", WIDTH + 30, "");
    progress->shown = false;
}
