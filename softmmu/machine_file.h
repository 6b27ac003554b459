/* The machine's substance in a file: what it is made of, the bytes of the arena, the input log. */
#ifndef SOFTMMU_MACHINE_FILE_H
#define SOFTMMU_MACHINE_FILE_H

#include "softmmu/machine.h"

struct stream;

/* What an arena's bytes mean: parts, timers, and devices with the versions and fields of their states. */
void machine_put_layout(const struct machine *machine, struct stream *stream);
/* False: this machine's is another one; the stream's error names what differs. */
bool machine_check_layout(const struct machine *machine, struct stream *stream);

/* One page of the arena as it is to be saved. */
typedef const uint8_t *machine_page_fn(const void *opaque, size_t page);
/* Bytes that machine_put_arena() will put. */
uint64_t machine_arena_size(const struct machine *machine, machine_page_fn *page, const void *opaque);
/* Some pages at a time from number *at on, which begins as 0. True: all is put. */
bool machine_put_arena(const struct machine *machine, machine_page_fn *page, const void *opaque, struct stream *stream,
                       size_t *at);
bool machine_get_arena(struct machine *machine, struct stream *stream);

void machine_put_inputs(const struct machine *machine, struct stream *stream);
/* Can an input like this be applied? */
typedef bool machine_input_fn(void *opaque, const struct input *input);
/* Into an empty log. */
bool machine_get_inputs(struct machine *machine, struct stream *stream, machine_input_fn *valid, void *opaque);

#endif
