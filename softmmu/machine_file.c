/*
 * Layout: u32 number of parts {text name; u8 kind; u64 size; u64 place from the arena's origin}, u32 number of devices {text class; text
 * instance; u32 version; u32 state size; u64 hash of the field list}, u32 number of timers {text name}.
 * Arena: u32 number of pages, then, as long as there are pages that are not zero, in ascending order u32 page and its bytes, then u32 -1.
 * Inputs: u32 number {u64 icount; u32 kind; u32 channel; u32 length; bytes}.
 */
#include "softmmu/machine_file.h"

#include <string.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "softmmu/alloc.h"
#include "softmmu/stream.h"

#define NO_MORE UINT32_MAX
enum { PAGE_BYTES = ARENA_PAGE + 4, PAGES_A_CALL = 512 };

/* Layout */

static uint64_t hash_fields(const struct device_class *class)
{
    XXH3_state_t *state = alloc_checked(XXH3_createState());
    XXH3_64bits_reset(state);
    for (const struct field *field = class->fields; field < class->fields + class->nfields; field++) {
        const uint32_t place[] = {field->offset, field->size, field->count};
        assert(field->size && field->offset + field->size * field->count <= class->state_size);
        XXH3_64bits_update(state, field->name, strlen(field->name) + 1);
        XXH3_64bits_update(state, place, sizeof(place));
    }
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}

static uint64_t place_of(const struct machine *machine, const struct arena_part *part)
{
    assert((const uint8_t *)part->at >= machine->arena->origin);
    return (uint64_t)(part->at - machine->arena->origin);
}

void machine_put_layout(const struct machine *machine, struct stream *stream)
{
    const struct arena *arena = machine->arena;
    stream_put_u32(stream, arena->nparts);
    for (const struct arena_part *part = arena->parts; part < arena->parts + arena->nparts; part++) {
        stream_put_text(stream, part->name);
        stream_put_u8(stream, (uint8_t)part->kind);
        stream_put_u64(stream, part->size);
        stream_put_u64(stream, place_of(machine, part));
    }
    stream_put_u32(stream, machine->ndevices);
    for (unsigned i = 0; i < machine->ndevices; i++) {
        const struct device_class *class = machine->devices[i].class;
        stream_put_text(stream, class->name);
        stream_put_text(stream, machine->devices[i].instance);
        stream_put_u32(stream, class->version);
        stream_put_u32(stream, class->state_size);
        stream_put_u64(stream, hash_fields(class));
    }
    stream_put_u32(stream, machine->timers.count);
    for (unsigned i = 0; i < machine->timers.count; i++)
        stream_put_text(stream, machine->timers.wiring[i].name);
}

/* The next text is this one; else the error says what the file has in its place. */
static bool same_text(struct stream *stream, const char *what, const char *here)
{
    char *there = stream_get_text(stream);
    bool same = stream_good(stream) && strcmp(there, here) == 0;
    if (!same)
        stream_refuse(stream, "another stakeout's machine: it has %s %.40s where this one has %.40s", what, there, here);
    free(there);
    return same;
}

static bool same_count(struct stream *stream, const char *what, unsigned here)
{
    uint32_t there = stream_get_u32(stream);
    return there == here ||
           stream_refuse(stream, "another stakeout's machine: it has %u %s where this one has %u", there, what, here);
}

static bool same_part(const struct machine *machine, const struct arena_part *part, struct stream *stream)
{
    if (!same_text(stream, "memory", part->name))
        return false;
    bool same = stream_get_u8(stream) == part->kind;
    same &= stream_get_u64(stream) == part->size;
    same &= stream_get_u64(stream) == place_of(machine, part);
    return same || stream_refuse(stream, "another stakeout's machine: its %.40s has another size or place", part->name);
}

static bool same_device(const struct machine_device *device, struct stream *stream)
{
    const struct device_class *class = device->class;
    if (!same_text(stream, "the chip", class->name) || !same_text(stream, "the chip", device->instance))
        return false;
    uint32_t version = stream_get_u32(stream);
    if (version != class->version)
        return stream_refuse(stream, "another stakeout's machine: its %.40s has a state of version %u, this one's of version %u",
                             device->instance, version, class->version);
    bool same = stream_get_u32(stream) == class->state_size;
    same &= stream_get_u64(stream) == hash_fields(class);
    return same || stream_refuse(stream, "another stakeout's machine: its %.40s has another state", device->instance);
}

bool machine_check_layout(const struct machine *machine, struct stream *stream)
{
    const struct arena *arena = machine->arena;
    bool same = same_count(stream, "parts of memory", arena->nparts);
    for (unsigned i = 0; same && i < arena->nparts; i++)
        same = same_part(machine, &arena->parts[i], stream);
    same = same && same_count(stream, "chips", machine->ndevices);
    for (unsigned i = 0; same && i < machine->ndevices; i++)
        same = same_device(&machine->devices[i], stream);
    same = same && same_count(stream, "timers", machine->timers.count);
    for (unsigned i = 0; same && i < machine->timers.count; i++)
        same = same_text(stream, "the timer", machine->timers.wiring[i].name);
    return same;
}

/* Arena */

static bool is_zero(const uint8_t *bytes)
{
    uint64_t first;
    memcpy(&first, bytes, sizeof(first));
    return first == 0 && memcmp(bytes, bytes + sizeof(first), ARENA_PAGE - sizeof(first)) == 0;
}

uint64_t machine_arena_size(const struct machine *machine, machine_page_fn *page, const void *opaque)
{
    uint64_t size = 0;
    for (size_t i = 0; i < arena_page_count(machine->arena); i++)
        size += is_zero(page(opaque, i)) ? 0 : PAGE_BYTES;
    return size;
}

bool machine_put_arena(const struct machine *machine, machine_page_fn *page, const void *opaque, struct stream *stream,
                       size_t *at)
{
    size_t count = arena_page_count(machine->arena), end = (size_t)min_u64(count, *at + PAGES_A_CALL);
    assert(*at <= count && count < NO_MORE);
    if (*at == 0)
        stream_put_u32(stream, (uint32_t)count);
    for (; *at < end; ++*at) {
        const uint8_t *bytes = page(opaque, *at);
        if (is_zero(bytes))
            continue;
        stream_put_u32(stream, (uint32_t)*at);
        stream_put(stream, bytes, ARENA_PAGE);
    }
    if (*at == count)
        stream_put_u32(stream, NO_MORE);
    return *at == count;
}

bool machine_get_arena(struct machine *machine, struct stream *stream)
{
    struct arena *arena = machine->arena;
    uint32_t count = stream_get_u32(stream), next = 0;
    if (stream_good(stream) && count != arena_page_count(arena))
        return stream_refuse(stream, "another stakeout's machine: it has %u pages of memory", count);
    int failed = madvise(arena->origin, (size_t)(arena->base - arena->origin), MADV_DONTNEED); /* all zeros */
    assert(!failed);
    (void)failed;
    for (uint32_t page; stream_good(stream) && (page = stream_get_u32(stream)) != NO_MORE; next = page + 1) {
        if (page < next || page >= count)
            return stream_refuse(stream, "the file makes no sense: its memory is in disorder");
        stream_get(stream, arena->origin + ((size_t)page << ARENA_PAGE_BITS), ARENA_PAGE);
    }
    return stream_good(stream);
}

/* Inputs */

void machine_put_inputs(const struct machine *machine, struct stream *stream)
{
    size_t count = inputs_count(machine->inputs);
    stream_put_u32(stream, (uint32_t)count);
    for (size_t i = 0; i < count && stream_good(stream); i++) {
        const struct input *input = inputs_at(machine->inputs, i);
        assert(input->kind < INPUT_KIND_COUNT && input->channel < INPUT_CHANNELS);
        stream_put_u64(stream, input->icount);
        stream_put_u32(stream, input->kind);
        stream_put_u32(stream, input->channel);
        stream_put_u32(stream, input->length);
        stream_put(stream, input->bytes, input->length);
    }
}

static bool get_input(struct machine *machine, struct stream *stream, uint64_t *icount, machine_input_fn *valid, void *opaque)
{
    struct input input = {.icount = stream_get_u64(stream)};
    uint32_t kind = stream_get_u32(stream), channel = stream_get_u32(stream);
    input.length = stream_get_u32(stream);
    uint8_t *bytes = stream_get_bytes(stream, input.length);
    if (!bytes)
        return false;
    input.kind = (uint16_t)min_u64(kind, INPUT_KIND_COUNT);
    input.channel = (uint16_t)min_u64(channel, INPUT_CHANNELS);
    input.bytes = bytes;
    bool good =
        input.kind < INPUT_KIND_COUNT && input.channel < INPUT_CHANNELS && input.icount >= *icount && valid(opaque, &input);
    *icount = input.icount;
    if (good)
        inputs_append(machine->inputs, &input);
    free(bytes);
    return good || stream_refuse(stream, "the file makes no sense: an input that nothing takes");
}

bool machine_get_inputs(struct machine *machine, struct stream *stream, machine_input_fn *valid, void *opaque)
{
    uint64_t icount = 0;
    uint32_t count = stream_get_u32(stream);
    assert(inputs_count(machine->inputs) == 0);
    for (uint32_t i = 0; i < count && get_input(machine, stream, &icount, valid, opaque); i++)
        ;
    return stream_good(stream);
}
