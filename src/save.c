#include "src/save.h"

#include "softmmu/alloc.h"
#include "softmmu/machine_file.h"
#include "src/boards/board.h"
#include "src/history.h"
#include "src/options.h"
#include "src/symbols.h"

struct save {
    struct vm *vm;
    struct stream *stream;
    unsigned step; /* of steps[]: the next one */
    size_t page;   /* of the arena: the next one */
    struct journal_place place;
};

static const uint8_t *present_page(const void *opaque, size_t page)
{
    const struct vm *vm = opaque;
    return vm->history ? journal_present_page(history_journal(vm), page) : vm->machine.arena->origin + (page << ARENA_PAGE_BITS);
}

/* Symbols that were found in the guest's memory will be found there again. */
static struct saved_images images_of(const struct vm *vm)
{
    return (struct saved_images){vm->kernel, vm->initrd, symbols_source(vm->symbols) ? NULL : vm->symbols};
}

/* Steps */

static bool put_options(struct save *save)
{
    const struct vm *vm = save->vm;
    const struct vm_options *options = vm->options;
    stream_put_text(save->stream, STAKEOUT_VERSION);
    stream_put_text(save->stream, vm->board->name);
    stream_put_text(save->stream, options->cpu ? options->cpu : vm->board->default_cpu);
    stream_put_u64(save->stream, options->memory ? options->memory : vm->board->default_memory);
    stream_put_u8(save->stream, vm->machine.big_endian);
    stream_put_u32(save->stream, (uint32_t)(options->icount_shift + 1));
    stream_put_text(save->stream, options->append);
    return true;
}

static bool put_images(struct save *save)
{
    struct saved_images images = images_of(save->vm);
    saved_images_put(&images, save->stream);
    return true;
}

static bool put_layout(struct save *save)
{
    machine_put_layout(&save->vm->machine, save->stream);
    stream_put_u32(save->stream, save->vm->cpu->arch->state_size);
    return true;
}

static bool put_arena(struct save *save)
{
    return machine_put_arena(&save->vm->machine, present_page, save->vm, save->stream, &save->page);
}

static bool put_inputs(struct save *save)
{
    machine_put_inputs(&save->vm->machine, save->stream);
    stream_put_u8(save->stream, save->vm->history != NULL);
    return true;
}

static bool put_journal(struct save *save)
{
    return !save->vm->history || journal_put(history_journal(save->vm), save->stream, &save->place);
}

static bool put_position(struct save *save)
{
    const struct machine *machine = &save->vm->machine;
    stream_put_u64(save->stream, machine->clock->icount);
    stream_put_u64(save->stream, inputs_place(machine->inputs));
    stream_put_u64(save->stream, arena_hash(machine->arena));
    return true;
}

static bool commit(struct save *save)
{
    stream_commit(save->stream);
    return true;
}

static bool (*const steps[])(struct save *save) = {
    put_options, put_images, put_layout, put_arena, put_inputs, put_journal, put_position, commit,
};

/* The calls */

static uint64_t size_of(const struct vm *vm)
{
    struct saved_images images = images_of(vm);
    uint64_t size = machine_arena_size(&vm->machine, present_page, vm) + saved_images_size(&images);
    return vm->history ? size + journal_file_size(history_journal(vm)) : size;
}

struct save *save_begin(struct vm *vm, const char *path)
{
    assert(vm->state == VM_STOPPED);
    struct save *save = alloc_zeroed(sizeof(*save));
    save->vm = vm;
    if (vm->history && !history_in_past(vm))
        history_checkpoint(vm);
    save->stream = stream_create(path, SAVE_VERSION, size_of(vm));
    return save;
}

bool save_turn(struct save *save)
{
    assert(save->step < ARRAY_SIZE(steps));
    if (stream_good(save->stream) && steps[save->step](save))
        save->step++;
    return !stream_good(save->stream) || save->step == ARRAY_SIZE(steps);
}

unsigned save_percent(const struct save *save)
{
    return stream_percent(save->stream);
}

const char *save_error(const struct save *save)
{
    return stream_good(save->stream) ? NULL : stream_error(save->stream);
}

void save_free(struct save *save)
{
    stream_free(save->stream);
    free(save);
}
