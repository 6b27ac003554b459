/*
 * The machine's history: checkpoints laid while it runs, and replay from one (design section 7, timetravel.md).
 *
 * Time stands at the present or in the past. In the past inputs come from the log, nothing is emitted, idle time passes at once, and
 * history_run() is the way to execute. A run that reaches the present goes live there, at a boundary.
 */
#ifndef SRC_HISTORY_H
#define SRC_HISTORY_H

#include "cpu/cpu.h"
#include "softmmu/journal.h"

struct history;
struct vm;

/* The machine as it is now is the start of history. bound: bytes of host memory. */
struct history *history_new(struct vm *vm, size_t bound);
void history_free(struct history *history);

/* All of these take a vm whose history may be NULL (-history off): then time always stands at the present. */
bool history_in_past(const struct vm *vm);
/* The furthest position of the present history. */
uint64_t history_end(const struct vm *vm);
uint64_t history_start(const struct vm *vm);

/*
 * In the past, replay: comes back at `until` with the debugger's writes there applied, at the present, at a stop, at a power-off, or after
 * some ms of work (CPU_EXIT_LIMIT before `until`). At the present cpu_run(), so not for those who only look back.
 */
enum cpu_exit history_run(struct vm *vm, uint64_t until);
/* A live slice took this much CPU time of the host; the clock stands at a boundary. Lays checkpoints when they are due. */
void history_slice_done(struct vm *vm, uint64_t cpu_ns);

/* Time moves to a checkpoint: the arena, and all that is derived from it. */
void history_restore(struct vm *vm, size_t index);
/* A checkpoint where time stands; its number. In the present nothing is laid twice at one position. */
size_t history_checkpoint(struct vm *vm);
/* Checkpoints that were laid for a search are dropped, those after `icount` (0: all). */
void history_drop_temporary(struct vm *vm, uint64_t icount);
/* Something that was not so the first time is about to happen here: what came after is forgotten. At the present: nothing. */
void history_cut(struct vm *vm);

/* The arena and the log came out of a file, the journal too, or (!kept) history begins here. Time stands at the present. */
void history_loaded(struct vm *vm, bool kept);

struct journal *history_journal(const struct vm *vm);
/* Replay time of what lies between two checkpoints and here, as measured when it happened. */
uint64_t history_run_ns(const struct vm *vm);

#endif
