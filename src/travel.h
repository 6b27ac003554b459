/*
 * Going back: reverse step, reverse continue, goto, and the search for the last write (timetravel.md, "History"; rsp.md section 1).
 *
 * A travel is done in slices, so that the loop stays awake: travel_begin_...() sets it up, travel_turn() does some ms of it. It restores
 * a checkpoint, replays the interval with the points armed, keeps the last event before where it came from, and goes on to
 * older intervals until there is one. travel_abandon() goes back to where it began.
 */
#ifndef SRC_TRAVEL_H
#define SRC_TRAVEL_H

#include "src/vm.h"

enum travel_state {
    TRAVEL_GOES_ON,
    TRAVEL_ARRIVED, /* vm->travel->reason says how; cpu->debug describes a watch hit */
};

struct travel;

struct travel *travel_new(struct vm *vm);
void travel_free(struct travel *travel);

/* To the last breakpoint or watch hit before here, else to the start of history. */
void travel_begin_continue(struct travel *travel);
/* To the position before this one in the stepped context, or (vm->step_into) before this unit. */
void travel_begin_step(struct travel *travel);
/* To the first boundary at or after a position; or to a virtual time. */
void travel_begin_goto(struct travel *travel, uint64_t icount);
void travel_begin_goto_time(struct travel *travel, uint64_t vtime);

/* The last write to any byte of a physical range, by CPU or DMA, and what is told of it. Time comes back to where it was. */
struct travel_write {
    bool found;
    uint64_t icount; /* of the writing unit's start, or of the boundary behind a DMA */
    struct debug_event hit;
    uint64_t phys;                        /* the range asked for */
    size_t bytes;                         /* of it, below: as many as fit */
    uint8_t old_bytes[16], new_bytes[16]; /* before and after, in the order of addresses */
};
/* False: nothing can be watched there (the range is empty or wraps). */
bool travel_begin_who_wrote(struct travel *travel, uint64_t phys, uint64_t length, struct travel_write *write);

/* To a position, and from there on a stretch up to `to` in which accesses go to the log; then time comes back to where it was. */
struct memlog;
void travel_begin_memlog(struct travel *travel, uint64_t from, uint64_t to, struct memlog *log);

enum travel_state travel_turn(struct travel *travel);
enum vm_stop_reason travel_reason(const struct travel *travel);
/* How far the search has come from where it began to the start of history, in percent. */
unsigned travel_percent(const struct travel *travel);
/* Back to where it began, at once. */
void travel_abandon(struct travel *travel);

#endif
