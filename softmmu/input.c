#include "softmmu/input.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/clock.h"

/* An input and its bytes in one piece; it moves from the queue to the log without being copied, and never again. */
struct entry {
    struct input input;
    struct entry *next; /* in the queue */
    uint8_t bytes[];
};

struct inputs {
    struct clock_state *clock;
    struct entry *first, **last; /* submitted, not yet applied */
    struct entry **log;
    size_t count, capacity;
    bool replaying;
    size_t place; /* while replaying: the next to be applied */
    struct {
        input_fn *fn;
        void *opaque;
    } takers[INPUT_KIND_COUNT][INPUT_CHANNELS];
    void (*on_submit)(void *opaque);
    void *on_submit_opaque;
};

struct inputs *inputs_new(struct clock_state *clock)
{
    assert(clock);
    struct inputs *inputs = alloc_zeroed(sizeof(*inputs));
    inputs->clock = clock;
    inputs->last = &inputs->first;
    return inputs;
}

void inputs_free(struct inputs *inputs)
{
    if (!inputs)
        return;
    for (struct entry *entry = inputs->first, *next; entry; entry = next) {
        next = entry->next;
        free(entry);
    }
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->log[i]);
    free(inputs->log);
    free(inputs);
}

void inputs_connect(struct inputs *inputs, enum input_kind kind, unsigned channel, input_fn *fn, void *opaque)
{
    assert(kind < INPUT_KIND_COUNT && channel < INPUT_CHANNELS);
    inputs->takers[kind][channel].fn = fn;
    inputs->takers[kind][channel].opaque = opaque;
}

void inputs_on_submit(struct inputs *inputs, void (*fn)(void *opaque), void *opaque)
{
    inputs->on_submit = fn;
    inputs->on_submit_opaque = opaque;
}

static struct entry *entry_new(enum input_kind kind, unsigned channel, const void *bytes, size_t length)
{
    assert(kind < INPUT_KIND_COUNT && channel < INPUT_CHANNELS);
    assert(length <= UINT32_MAX);
    assert(bytes || !length);
    struct entry *entry = alloc_zeroed(sizeof(*entry) + length);
    if (length)
        memcpy(entry->bytes, bytes, length);
    entry->input.kind = (uint16_t)kind;
    entry->input.channel = (uint16_t)channel;
    entry->input.length = (uint32_t)length;
    entry->input.bytes = entry->bytes;
    return entry;
}

static void take(struct inputs *inputs, const struct input *input)
{
    assert(input->kind < INPUT_KIND_COUNT && input->channel < INPUT_CHANNELS);
    input_fn *fn = inputs->takers[input->kind][input->channel].fn;
    if (fn)
        fn(inputs->takers[input->kind][input->channel].opaque, input);
}

static void append(struct inputs *inputs, struct entry *entry)
{
    entry->next = NULL;
    inputs->log = alloc_room(inputs->log, &inputs->capacity, inputs->count + 1, sizeof(*inputs->log));
    inputs->log[inputs->count++] = entry;
}

/* The stamp comes before the taker is called, since the taker may count an idle jump. */
static void apply(struct inputs *inputs, struct entry *entry)
{
    entry->input.icount = inputs->clock->icount;
    append(inputs, entry);
    take(inputs, &entry->input);
}

bool input_arrives(enum input_kind kind)
{
    static const bool arrives[INPUT_KIND_COUNT] = {[INPUT_RATE] = true, [INPUT_DEBUG_WRITE] = true, [INPUT_RESET] = true};
    assert(kind < INPUT_KIND_COUNT);
    return arrives[kind];
}

bool inputs_left_here(const struct inputs *inputs)
{
    const struct input *last = inputs->count ? &inputs->log[inputs->count - 1]->input : NULL;
    return !inputs->replaying && last && last->icount == inputs->clock->icount && !input_arrives(last->kind);
}

void inputs_submit(struct inputs *inputs, enum input_kind kind, unsigned channel, const void *bytes, size_t length)
{
    bool was_empty = !inputs->first;
    assert(!*inputs->last);
    struct entry *entry = entry_new(kind, channel, bytes, length);
    *inputs->last = entry;
    inputs->last = &entry->next;
    if (was_empty && inputs->on_submit)
        inputs->on_submit(inputs->on_submit_opaque);
}

bool inputs_pending(const struct inputs *inputs)
{
    if (LIKELY(!inputs->replaying))
        return inputs->first;
    const struct input *next = inputs_next(inputs);
    return next && next->icount == inputs->clock->icount && next->kind != INPUT_IDLE_END && !input_arrives(next->kind);
}

void inputs_apply(struct inputs *inputs)
{
    if (inputs->replaying) {
        uint64_t now = inputs->clock->icount;
        for (const struct input *next = inputs_next(inputs); next && next->icount == now; next = inputs_next(inputs))
            inputs_replay(inputs);
        return;
    }
    /* What a taker submits belongs to the next boundary: else one that always does would hold the guest here forever. */
    struct entry *entry = inputs->first;
    inputs->first = NULL;
    inputs->last = &inputs->first;
    for (struct entry *next; entry; entry = next) {
        next = entry->next;
        apply(inputs, entry);
    }
}

void inputs_apply_now(struct inputs *inputs, enum input_kind kind, unsigned channel, const void *bytes, size_t length)
{
    assert(!inputs->replaying);
    apply(inputs, entry_new(kind, channel, bytes, length));
}

void inputs_rewind(struct inputs *inputs, size_t place)
{
    assert(place <= inputs->count);
    inputs->replaying = true;
    inputs->place = place;
}

size_t inputs_place(const struct inputs *inputs)
{
    return inputs->replaying ? inputs->place : inputs->count;
}

const struct input *inputs_next(const struct inputs *inputs)
{
    return inputs->replaying && inputs->place < inputs->count ? &inputs->log[inputs->place]->input : NULL;
}

void inputs_replay(struct inputs *inputs)
{
    assert(inputs_next(inputs) && inputs_next(inputs)->icount == inputs->clock->icount);
    take(inputs, &inputs->log[inputs->place++]->input);
}

void inputs_go_live(struct inputs *inputs)
{
    while (inputs->replaying && inputs->count > inputs->place)
        free(inputs->log[--inputs->count]);
    inputs->replaying = false;
}

size_t inputs_count(const struct inputs *inputs)
{
    return inputs->count;
}

const struct input *inputs_at(const struct inputs *inputs, size_t index)
{
    assert(index < inputs->count);
    return &inputs->log[index]->input;
}

void inputs_append(struct inputs *inputs, const struct input *input)
{
    assert(!inputs->replaying);
    struct entry *entry = entry_new(input->kind, input->channel, input->bytes, input->length);
    entry->input.icount = input->icount;
    append(inputs, entry);
}
