/*
 * A machine that is taken through time at random: live runs with keys typed, and every way to go back and forth. After each move the
 * state at the position must be what it was each time before.
 */
#ifndef TESTS_HISTORY_WALK_H
#define TESTS_HISTORY_WALK_H

#include "src/vm.h"
#include "tests/determinism/random.h"
#include "tests/history/known.h"

struct event;

struct walk_options {
    uint64_t moves, seed;
    uint64_t turns; /* most turns of the loop in a live run */
    uint64_t start; /* history is at least so many instructions long before the first move */
    uint64_t keys;  /* keys are typed */
    uint64_t write; /* the debugger writes now and then */
    uint64_t bound; /* not 0: host memory for the past, less than -history takes */
    uint64_t trace; /* a line for each move */
};

struct walk {
    struct walk_options options;
    struct vm *vm;
    int keys; /* file descriptor: what is written there is typed */
    struct event *console;
    uint64_t printed;
    uint64_t random;
    struct known known;
    uint64_t end; /* the present's position */
    uint64_t done, hits, typed, cuts, steps_back;
    bool failed;
};

uint64_t walk_random(struct walk *walk, uint64_t limit);
uint64_t walk_now(const struct walk *walk);
/* The resume is run to its end. */
void walk_resume(struct walk *walk, const struct vm_run *run);
/* As gdb does it: a point at the position last reported is passed. */
void walk_pass_position(struct walk *walk);
/* Compares the state here with what is known of it. */
void walk_check(struct walk *walk, const char *what);
void walk_fail(struct walk *walk, const char *format, ...) PRINTF_LIKE(2, 3);
void walk_goto(struct walk *walk, uint64_t icount);

/* Random moves, checked one by one. */
void walk_moves(struct walk *walk);

/* oracle.c: what forward runs saw is what going back finds, in the other order. */
void oracle_points(struct walk *walk);
void oracle_steps(struct walk *walk);
void oracle_steps_over(struct walk *walk);

#endif
