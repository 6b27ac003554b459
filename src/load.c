#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "softmmu/log.h"
#include "src/console.h"
#include "src/history.h"
#include "src/load_state.h"
#include "src/options.h"
#include "src/save.h"

/* What options point to, for as long as the machine lives. */
static struct {
    char *version, *board, *cpu, *append;
    struct saved_images images;
} kept;

void load_free(void)
{
    free(kept.version);
    free(kept.board);
    free(kept.cpu);
    free(kept.append);
    kept.version = kept.board = kept.cpu = kept.append = NULL;
    saved_images_free(&kept.images);
}

static bool get_options(struct vm_options *options, struct stream *stream)
{
    kept.version = stream_get_text(stream);
    kept.board = stream_get_text(stream);
    kept.cpu = stream_get_text(stream);
    options->memory = stream_get_u64(stream);
    options->endian = stream_get_u8(stream) != 0;
    options->icount_shift = (int)stream_get_u32(stream) - 1;
    kept.append = stream_get_text(stream);
    options->machine = kept.board;
    options->cpu = kept.cpu;
    options->append = kept.append;
    options->images = &kept.images;
    if (options->icount_shift < -1 || options->icount_shift > ICOUNT_SHIFT_MAX)
        return stream_refuse(stream, "the file makes no sense: -icount shift=%d", options->icount_shift);
    return saved_images_get(&kept.images, stream);
}

/* Progress, for files that take long */

static void tell(void *opaque, unsigned percent)
{
    static time_t last;
    time_t now = time(NULL);
    if (last && now > last)
        fprintf(stderr, "stakeout: %s: loading: %u %%\n", (const char *)opaque, percent);
    last = now;
}

/* ^C is a signal until the machine is there. */
static bool fill(struct vm *vm, struct stream *stream)
{
    console_restore();
    bool good = load_state(vm, stream);
    console_resume();
    return good;
}

static void say_loaded(const struct vm *vm, const char *path)
{
    fprintf(stderr, "stakeout: %s: stopped at icount %llu%s; history from %llu to %llu\n", path,
            (unsigned long long)vm->machine.clock->icount, history_in_past(vm) ? ", in the past" : "",
            (unsigned long long)history_start(vm), (unsigned long long)history_end(vm));
}

struct vm *load_machine(struct event_base *base, struct vm_options *options)
{
    struct vm *vm = NULL;
    struct stream *stream = stream_open(options->load, SAVE_VERSION, tell, (void *)options->load);
    if (stream_good(stream) && get_options(options, stream))
        vm = vm_new(base, options);
    bool loaded = vm && fill(vm, stream);
    if (!stream_good(stream))
        report_error("%s", stream_error(stream));
    if (loaded)
        say_loaded(vm, options->load);
    stream_free(stream);
    if (loaded)
        return vm;
    vm_free(vm);
    return NULL;
}
