/*
 * A whole machine with its history in one file, for a colleague: no other file is needed to go on with it, back and forth.
 *
 * The file (softmmu/stream.h has its wrapping, machine_file.c, journal_file.c and saved_images.c have the parts), in this order:
 *
 *     text version of the stakeout that saved it
 *     text board; text CPU model; u64 bytes of memory; u8 big-endian; u32 1 + N of -icount shift=N, 0: auto; text -append
 *     images: kernel, initrd, symbols
 *     layout: parts of the arena, chips with the versions of their states, timers; u32 size of the CPU's state
 *     arena: its pages as they are at the present
 *     inputs: the log
 *     u8 1: a history follows; the journal
 *     position: u64 icount, u64 inputs before it, u64 hash of the arena there
 *
 * Not in it: breakpoints and watches, what the host's serial lines hold, and -serial, -gdb, -history and the like, which are the
 * host's matter and named anew with -load.
 *
 * SAVE_VERSION is to be raised whenever a reader of the version before would misread a file: a change above or in the parts, or one of
 * the meaning of the CPU's or the machine's state that leaves the sizes as they are. Chips have versions of their own.
 */
#ifndef SRC_SAVE_H
#define SRC_SAVE_H

#include "src/saved_images.h"
#include "src/vm.h"

#define SAVE_VERSION 1

struct save;
struct event_base;
struct vm_options;

/* The machine is stopped, wherever time stands, and stays so until save_free(). */
struct save *save_begin(struct vm *vm, const char *path);
/* Some ms of the work. True: it is done, or there is an error. */
bool save_turn(struct save *save);
unsigned save_percent(const struct save *save);
/* NULL: all is well so far. */
const char *save_error(const struct save *save);
/* A file that is not complete is taken away. */
void save_free(struct save *save);

/* As vm_new(), from options->load; sets the machine's options, which none of the command line's may contradict. NULL after an error line. */
struct vm *load_machine(struct event_base *base, struct vm_options *options);
/* What the options point to. After vm_free(). */
void load_free(void);

#endif
