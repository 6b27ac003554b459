#include "src/build.h"

#include <time.h>

#include "softmmu/log.h"
#include "src/boards/board.h"
#include "src/loader.h"
#include "src/options.h"
#include "src/saved_images.h"
#include "src/serial.h"
#include "src/symbols.h"
#include "src/kernel_symbols.h"
#include "src/watchpoint.h"

#define MIB ((uint64_t)1 << 20)

/* What time control starts with: near to what the back ends do, until the first measurement. */
#define FIRST_RATE_JIT    ((uint64_t)2 << 32)
#define FIRST_RATE_INTERP ((uint64_t)30 << 32)

static bool find_board(struct vm *vm)
{
    const char *name = vm->options->machine ? vm->options->machine : boards[0]->name;
    vm->board = board_find(name);
    if (!vm->board)
        report_error("-M %s: no such machine (-M help lists them)", name);
    return vm->board;
}

static bool take_images(struct vm *vm, struct saved_images *images)
{
    vm->kernel = images->kernel;
    vm->initrd = images->initrd;
    vm->symbols = images->symbols;
    *images = (struct saved_images){0};
    return vm->kernel;
}

static bool open_images(struct vm *vm)
{
    const struct vm_options *options = vm->options;
    if (options->images)
        return take_images(vm, options->images);
    if (!options->kernel) {
        report_error("nothing to run: -kernel FILE is missing");
        return false;
    }
    vm->symbols = symbols_new();
    vm->kernel = options->kernel_address == UINT64_MAX ? image_open_elf(options->kernel, vm->symbols)
                                                       : image_open_raw(options->kernel, (uint32_t)options->kernel_address);
    if (!vm->kernel)
        return false;
    if (options->initrd && !(vm->initrd = image_open_raw(options->initrd, 0)))
        return false;
    if (options->kernel_address == UINT64_MAX && options->endian >= 0 && vm->kernel->big_endian != options->endian) {
        report_error("%s: a %s-endian program, against -endian", options->kernel, vm->kernel->big_endian ? "big" : "little");
        return false;
    }
    return true;
}

static bool memory_size(const struct vm *vm, uint64_t *memory)
{
    const struct board *board = vm->board;
    *memory = vm->options->memory ? vm->options->memory : board->default_memory;
    if (*memory >= board->min_memory && *memory <= board->max_memory && *memory % MIB == 0)
        return true;
    report_error("-m: the machine %s takes whole MiB from %u to %u", board->name, (unsigned)(board->min_memory / MIB),
                 (unsigned)(board->max_memory / MIB));
    return false;
}

static uint64_t rtc_base_ns(const struct vm_options *options)
{
    struct timespec now;
    struct tm local;
    if (options->rtc_fixed)
        return (uint64_t)options->rtc_base * 1000000000u;
    clock_gettime(CLOCK_REALTIME, &now);
    if (options->rtc_local && localtime_r(&now.tv_sec, &local))
        now.tv_sec += local.tm_gmtoff;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void set_clock(struct vm *vm)
{
    const struct vm_options *options = vm->options;
    uint64_t first = options->accel_jit ? FIRST_RATE_JIT : FIRST_RATE_INTERP;
    clock_set_rate(vm->machine.clock, options->icount_shift < 0 ? first : CLOCK_RATE_SHIFT(options->icount_shift));
    vm->machine.clock->rtc_base_ns = rtc_base_ns(options);
    vm->cpu->idle_jumps = !options->icount_sleep;
}

bool build_machine(struct vm *vm)
{
    assert(!vm->cpu);
    uint64_t memory;
    if (!find_board(vm) || !memory_size(vm, &memory) || !open_images(vm))
        return false;
    bool big_endian = vm->options->endian < 0 ? vm->kernel->big_endian : vm->options->endian;
    vm->serials = serials_new(vm, vm->board->serials);
    if (!vm->serials || !vm->board->build(vm, big_endian, memory))
        return false;
    set_clock(vm);
    kernel_symbols_follow(vm);
    return vm->board->check(vm);
}

void build_power_on(struct vm *vm)
{
    assert(vm->cpu && vm->board);
    machine_reset_devices(&vm->machine);
    cpu_reset(vm->cpu);
    vm->board->load(vm);
    cpu_flush_all(vm->cpu);
}

void build_reset(struct vm *vm)
{
    machine_request(&vm->machine, REQUEST_NONE);
    build_power_on(vm);
    vm->machine.clock->icount++;
}

void build_free(struct vm *vm)
{
    serials_free(vm->serials);
    watchpoints_free(vm);
    if (vm->cpu)
        cpu_free(vm->cpu);
    inputs_free(vm->machine.inputs);
    physmap_free(vm->machine.phys);
    arena_free(vm->machine.arena);
    symbols_free(vm->symbols);
    image_free(vm->kernel);
    image_free(vm->initrd);
}
