/* A machine with a program that writes pages for ever, and its history, moved by hand: no event loop, no host clock. */
#ifndef TESTS_SAVE_RIG_H
#define TESTS_SAVE_RIG_H

#include "src/history.h"
#include "src/options.h"
#include "src/save.h"
#include "src/travel.h"

struct event_base;

struct rig {
    struct event_base *base;
    struct vm_options options;
    struct vm *vm;
};

enum { RIG_OPTIONS = 24 };

/* Stakeout's options, ends with NULL. False: refused. */
bool rig_options(struct rig *rig, const char *const *words);
/* The raw program for this byte order, in a file of this name. */
void rig_write_program(const char *path, bool big_endian);
/* The machine of the options: with a program, or out of a file. False after an error line. */
bool rig_open(struct rig *rig);
void rig_close(struct rig *rig);

/* From the present on: in slices after each of which a checkpoint is due. */
void rig_run(struct rig *rig, uint64_t until);
/* As `monitor goto`. */
void rig_goto(struct rig *rig, uint64_t icount);
/* NULL: done. The error, to be given back with free(). */
char *rig_save(struct rig *rig, const char *path);

static inline uint64_t rig_icount(const struct rig *rig)
{
    return rig->vm->machine.clock->icount;
}
static inline uint64_t rig_hash(const struct rig *rig)
{
    return arena_hash(rig->vm->machine.arena);
}

#endif
