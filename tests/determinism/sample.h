/* One run under observation. */
#ifndef TESTS_DETERMINISM_SAMPLE_H
#define TESTS_DETERMINISM_SAMPLE_H

#include <stdio.h>

#include "softmmu/log.h"
#include "tests/determinism/page_hashes.h"
#include "tests/determinism/points.h"
#include "tests/determinism/random.h"

struct vm;

/* Texts that were not given are NULL, numbers 0 unless said. */
struct sample_options {
    const char *out;         /* file, instead of standard output */
    const char *until;       /* ends the run when the console has shown it */
    const char *save_points; /* file for the points that never hit */
    const char *load_points; /* such a file: these are placed instead of random ones, when those were */
    const char *serve;       /* where debuggers connect (src/target.h); the run begins when one lets it */
    uint64_t limit;          /* icount that ends the run */
    uint64_t gap;            /* mean distance of positions, in instructions */
    uint64_t every;          /* only each so-manieth position is stopped at */
    uint64_t check;          /* each so-manieth sample checks the kept hashes */
    uint64_t seed;
    uint64_t slice;          /* runs in pieces of so many instructions */
    uint64_t points;         /* how many points to place at random */
    uint64_t late_interrupt; /* the first interrupt from this icount on comes one unit late */
};

struct sample {
    struct sample_options options;
    struct vm *vm;
    FILE *out;
    struct page_hashes *hashes;
    struct points *points; /* NULL: none */
    uint64_t count, console_bytes;
    uint64_t random, position; /* of sample_next_position() */
    char tail[64];             /* of the console */
    bool seen;                 /* `until` was shown */
};

/* The icount of the next sample; each call goes one further. */
uint64_t sample_next_position(struct sample *sample);
/* Writes the line of this moment. False after an error line: what tells written pages has missed one. */
bool sample_take(struct sample *sample);
bool sample_over(const struct sample *sample);

#endif
