/*
 * A debugger that stakes out addresses at random and only looks: its stops must not change the guest. Breakpoints go on
 * instructions of pages with translated code, watches on bytes of pages that were just written.
 */
#ifndef TESTS_DETERMINISM_POINTS_H
#define TESTS_DETERMINISM_POINTS_H

#include "cpu/cpu.h"

struct points;

/* seed: not 0; at most `most` points are placed in the course of the run. */
struct points *points_new(struct cpu *cpu, uint64_t seed, size_t most);
void points_free(struct points *points);

/* Places some more, or what was loaded for this moment; to be called at each sample while PAGE_DIRTY marks what was written lately. */
void points_place(struct points *points, uint64_t sample);
/* cpu_run() stopped for a point: notes it, and makes ready to go on. The third hit removes a point. False: it is none of ours. */
bool points_hit(struct points *points);
uint64_t points_hits(const struct points *points);
size_t points_count(const struct points *points);

/* The points that never hit, one a line; and what such a file says instead of random ones. False: it cannot be written or read. */
bool points_save(const struct points *points, const char *path);
bool points_load(struct points *points, const char *path);

#endif
