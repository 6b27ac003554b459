/*
 * The one door for everything from outside: console bytes, the clock rate, the end of an idle wait, debugger writes.
 * The host submits; the run loop applies at a boundary, which stamps the input with its icount and appends it to the log.
 */
#ifndef SOFTMMU_INPUT_H
#define SOFTMMU_INPUT_H

#include "softmmu/base.h"

struct clock_state;

enum input_kind {
    INPUT_CONSOLE,     /* bytes for serial line `channel` */
    INPUT_RATE,        /* u64 rate */
    INPUT_IDLE_END,    /* u64 vtime at which an idle wait ended early */
    INPUT_DEBUG_WRITE, /* what the debugger wrote: address or register, and bytes */
    INPUT_RESET,       /* a person's reset: power-on state */
    INPUT_KIND_COUNT
};

#define INPUT_CHANNELS 8

struct input {
    uint64_t icount;
    uint16_t kind, channel;
    uint32_t length;
    const uint8_t *bytes;
};

typedef void input_fn(void *opaque, const struct input *input);

struct inputs; /* outside the arena: the log is history, not state */

struct inputs *inputs_new(struct clock_state *clock);
void inputs_free(struct inputs *inputs);
void inputs_connect(struct inputs *inputs, enum input_kind kind, unsigned channel, input_fn *fn, void *opaque);
/* Called (if set) when something was submitted to an empty queue: ends an idle wait, leaves the running slice soon. */
void inputs_on_submit(struct inputs *inputs, void (*fn)(void *opaque), void *opaque);
/* Queues a copy; it is applied at the next boundary that the run loop leaves. */
void inputs_submit(struct inputs *inputs, enum input_kind kind, unsigned channel, const void *bytes, size_t length);
bool inputs_pending(const struct inputs *inputs);
/* Applies and logs all that is queued, in order, stamped with clock->icount. */
void inputs_apply(struct inputs *inputs);
/* Logs and applies at once, past the queue (rate changes at a slice's end, debugger writes while stopped). */
void inputs_apply_now(struct inputs *inputs, enum input_kind kind, unsigned channel, const void *bytes, size_t length);
/*
 * Does an input of this kind belong to the arriving part of its boundary, so that it replaces state N (timetravel.md)? The others
 * are applied when N is left.
 */
bool input_arrives(enum input_kind kind);
/* The last input that was applied at the present icount is one of those which are applied when a boundary is left. */
bool inputs_left_here(const struct inputs *inputs);

/*
 * Replay. In the past inputs come from the log and the queue stands; inputs_pending() means the log's leaving inputs stamped with the
 * present icount, inputs_apply() these and what was applied at that count after them, which may be a jump that ends the boundary.
 */
void inputs_rewind(struct inputs *inputs, size_t place);
/* How many of the log's inputs lie before this position: all at the present. */
size_t inputs_place(const struct inputs *inputs);
/* The next one to replay, or NULL. */
const struct input *inputs_next(const struct inputs *inputs);
/* Applies it. */
void inputs_replay(struct inputs *inputs);
/* This position is the present, where new input is taken; what the log has beyond it is forgotten. */
void inputs_go_live(struct inputs *inputs);

/* The log so far. */
size_t inputs_count(const struct inputs *inputs);
const struct input *inputs_at(const struct inputs *inputs, size_t index);
/* One more at its end, from a file: it is not applied. Keeps a copy of the bytes. */
void inputs_append(struct inputs *inputs, const struct input *input);

#endif
