#include "src/load_state.h"

#include <string.h>

#include "softmmu/machine_file.h"
#include "src/debug_write.h"
#include "src/history.h"

struct position {
    uint64_t icount, inputs, hash;
};

/* Can it be applied when replay comes to it? */
static bool valid_input(void *vm, const struct input *input)
{
    static const uint8_t zeros[sizeof(uint64_t)];
    switch ((enum input_kind)input->kind) {
    case INPUT_CONSOLE:
        return true;
    case INPUT_RATE:
        return input->length == sizeof(zeros) && memcmp(input->bytes, zeros, sizeof(zeros)) != 0;
    case INPUT_IDLE_END:
        return input->length == sizeof(uint64_t);
    case INPUT_DEBUG_WRITE:
        return debug_write_valid(vm, input);
    case INPUT_RESET:
        return input->length == 0;
    case INPUT_KIND_COUNT:
        break;
    }
    return false;
}

/* Each checkpoint's place in the log is between inputs before it and inputs after it, the last one's here. */
static bool history_fits(const struct vm *vm)
{
    const struct inputs *inputs = vm->machine.inputs;
    const struct journal *journal = history_journal(vm);
    const struct checkpoint_mark *mark = NULL;
    for (size_t i = 0; i < journal_count(journal); i++) {
        mark = &journal_at(journal, i)->mark;
        if (mark->input > inputs_count(inputs))
            return false;
        size_t place = (size_t)mark->input;
        if ((place > 0 && inputs_at(inputs, place - 1)->icount > mark->icount) ||
            (place < inputs_count(inputs) && inputs_at(inputs, place)->icount < mark->icount))
            return false;
    }
    return mark->icount == vm->machine.clock->icount && mark->vtime == clock_now(vm->machine.clock) &&
           mark->input == inputs_count(inputs);
}

static bool get_history(struct vm *vm, struct stream *stream)
{
    bool in_file = stream_get_u8(stream);
    if (in_file && !vm->history)
        return stream_refuse(stream, "it has a history: -history off does not go with it");
    if (in_file && !journal_get(history_journal(vm), stream))
        return false;
    if (vm->history)
        history_loaded(vm, in_file);
    return !vm->history || history_fits(vm) || stream_refuse(stream, "the file makes no sense: its history is in disorder");
}

static bool check_devices(const struct machine *machine, struct stream *stream)
{
    for (unsigned i = 0; i < machine->ndevices; i++) {
        const struct machine_device *device = &machine->devices[i];
        if (device->class->check && device->class->check(device->state) != 0)
            return stream_refuse(stream, "the file makes no sense: its %s is in a state that no guest can reach",
                                 device->instance);
    }
    return true;
}

static bool get_machine(struct vm *vm, struct position *position, struct stream *stream)
{
    struct machine *machine = &vm->machine;
    if (!machine_check_layout(machine, stream))
        return false;
    if (stream_get_u32(stream) != vm->cpu->arch->state_size)
        return stream_refuse(stream, "another stakeout's machine: its CPU has a state of another size");
    if (!machine_get_arena(machine, stream) || !check_devices(machine, stream))
        return false;
    if (!machine->clock->rate)
        return stream_refuse(stream, "the file makes no sense: time stands still");
    if (!machine_get_inputs(machine, stream, valid_input, vm) || !get_history(vm, stream))
        return false;
    position->icount = stream_get_u64(stream);
    position->inputs = stream_get_u64(stream);
    position->hash = stream_get_u64(stream);
    return stream_end_reached(stream);
}

static bool stands_at(const struct vm *vm, const struct position *position)
{
    return vm->machine.clock->icount == position->icount && inputs_place(vm->machine.inputs) == position->inputs;
}

/* From the present back to where time stood. */
static bool go_to(struct vm *vm, const struct position *position, struct stream *stream)
{
    if (position->icount < history_start(vm) || position->icount > history_end(vm) || !vm->history)
        return stream_refuse(stream, "where it stood, at icount %llu, is not in its history (-history keeps back to %llu)",
                             (unsigned long long)position->icount, (unsigned long long)history_start(vm));
    history_restore(vm, journal_find(history_journal(vm), position->icount, position->inputs));
    for (uint64_t icount = UINT64_MAX, place = 0; history_in_past(vm) && !stands_at(vm, position);) {
        if (icount == vm->machine.clock->icount && place == inputs_place(vm->machine.inputs))
            break;
        icount = vm->machine.clock->icount;
        place = inputs_place(vm->machine.inputs);
        history_run(vm, position->icount);
    }
    return true;
}

static bool settle(struct vm *vm, const struct position *position, struct stream *stream)
{
    machine_loaded(&vm->machine);
    cpu_loaded(vm->cpu);
    if (!stands_at(vm, position) && !go_to(vm, position, stream))
        return false;
    bool same = stands_at(vm, position) && arena_hash(vm->machine.arena) == position->hash;
    return same || stream_refuse(stream, "another stakeout saved it: this one does not repeat its history");
}

bool load_state(struct vm *vm, struct stream *stream)
{
    struct position position = {0};
    return get_machine(vm, &position, stream) && settle(vm, &position, stream);
}
