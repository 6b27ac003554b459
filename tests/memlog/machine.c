/*
 * Runs a guest with its accesses logged, and checks that the log is right: its stores and DMA writes over the memory of the start give the
 * memory of the end, its loads read what they leave there, and a replay of a stretch of the past logs what was logged when it happened.
 * Prints lines that two runs alike have in common: the number of accesses, of bytes that devices wrote, their hash, and that of the machine.
 *
 *     machine LOG COUNT SLICE SEED BLOCKS [stakeout's options, of which -icount shift=N,sleep=off and -rtc base=DATE must be there]
 *
 * LOG "" : no log is written, and only the machine's hash printed. SLICE: instructions at a time, at most. BLOCKS: of code until the log
 * forgets them; 0: as many as else.
 */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "cpu/log_access.h"
#include "softmmu/alloc.h"
#include "src/history.h"
#include "src/memlog.h"
#include "src/options.h"
#include "src/travel.h"
#include "tests/determinism/random.h"
#include "tools/memlog/reader.h"

enum { PRIORITIES = 3, NS_AN_INSTRUCTION = 30 };

struct test {
    struct vm *vm;
    const char *path;
    uint64_t count, slice, random, blocks;
    uint8_t *ram; /* as it was at the start, then with what the log says */
    size_t size;
    uint64_t accesses, loads_compared, written_by_dma;
    uint64_t from, to; /* the stretch that is replayed */
};

static bool bad(const char *format, ...) PRINTF_LIKE(1, 2);
static bool bad(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

static bool run_to(struct test *test, uint64_t target)
{
    struct vm *vm = test->vm;
    while (vm->machine.clock->icount < target) {
        uint64_t before = vm->machine.clock->icount;
        uint64_t slice = 1 + (test->slice ? random_below(&test->random, test->slice) : target);
        enum cpu_exit exit = history_run(vm, min_u64(target, before + slice));
        if (exit != CPU_EXIT_LIMIT)
            return bad("the guest ended its run at icount %" PRIu64, vm->machine.clock->icount);
        memlog_slice_done(vm);
        history_slice_done(vm, (vm->machine.clock->icount - before) * NS_AN_INSTRUCTION);
    }
    return true;
}

/* The log over memory */

static uint64_t bytes_of(const struct test *test, const struct memlog_record *record)
{
    return test->vm->machine.big_endian ? __builtin_bswap64(record->value) >> (64 - 8 * record->size) : record->value;
}

/* Memory has more than one address. NULL: not RAM. */
static uint8_t *place_of(const struct test *test, const struct phys_place *place)
{
    const struct arena *arena = test->vm->machine.arena;
    if (!place->region || place->region->kind != REGION_RAM)
        return NULL;
    return test->ram + (place->region->host + place->offset - arena->low_ram);
}

static bool apply(struct test *test, const struct memlog_record *record)
{
    struct phys_place place = physmap_find(test->vm->machine.phys, record->phys);
    uint8_t *at = place_of(test, &place);
    uint64_t bytes = bytes_of(test, record);
    if (!at) /* a device, or flash, which is memory at times */
        return true;
    if (record->flags & MEMLOG_RECORD_IO)
        return bad("icount %" PRIu64 ": %08" PRIx64 " is memory, and told not to be", record->icount, record->phys);
    if (record->kind == 'w' || record->kind == 'W') {
        memcpy(at, &bytes, record->size);
        test->written_by_dma += record->kind == 'W' ? record->size : 0;
        return true;
    }
    test->loads_compared++;
    return memcmp(at, &bytes, record->size) == 0 ||
           bad("icount %" PRIu64 ", pc %08" PRIx64 ": %" PRIx64 " read at %08" PRIx64 " was never written", record->icount,
               record->pc, record->value, record->phys);
}

static struct memlog_reader *open_log(const char *path)
{
    char error[512];
    struct memlog_reader *reader = memlog_open(path, error, sizeof(error));
    if (!reader)
        bad("%s", error);
    return reader;
}

static bool check_log(struct test *test)
{
    struct memlog_record record;
    struct memlog_reader *reader = open_log(test->path);
    XXH3_state_t *hash = XXH3_createState();
    XXH3_64bits_reset(hash);
    int got = -1;
    while (reader && (got = memlog_next(reader, &record)) == 1) {
        XXH3_64bits_update(hash, &record, sizeof(record));
        test->accesses++;
        if (!apply(test, &record))
            return false;
    }
    printf("%" PRIu64 " accesses, %" PRIu64 " bytes by DMA %016" PRIx64 "\n", test->accesses, test->written_by_dma,
           XXH3_64bits_digest(hash));
    XXH3_freeState(hash);
    memlog_close(reader);
    return got == 0 || bad("the log cannot be read to its end");
}

static bool check_memory(const struct test *test)
{
    for (size_t i = 0; i < test->size; i++)
        if (test->ram[i] != test->vm->machine.arena->low_ram[i])
            return bad("memory at %zx is %02x, and by the log %02x", i, test->vm->machine.arena->low_ram[i], test->ram[i]);
    return test->loads_compared || bad("nothing was loaded");
}

/* Replay */

static bool replay(struct test *test, const char *path)
{
    struct memlog_spec spec;
    char error[512];
    struct travel *travel = test->vm->travel;
    uint64_t now = test->vm->machine.clock->icount, hash = arena_hash(test->vm->machine.arena);
    struct memlog *log = memlog_parse(test->vm, path, &spec, error, sizeof(error))
                             ? memlog_new(spec.path, &test->vm->machine, &spec.filter, error, sizeof(error))
                             : NULL;
    if (!log)
        return bad("%s", error);
    travel_begin_memlog(travel, test->from, test->to, log);
    while (travel_turn(travel) == TRAVEL_GOES_ON)
        ;
    bool good = memlog_end(log);
    memlog_free(log);
    return good && (now == test->vm->machine.clock->icount || bad("time is another after the replay")) &&
           (hash == arena_hash(test->vm->machine.arena) || bad("the machine is another after the replay"));
}

/* The next record of the stretch; false: there is none. */
static bool next_of_stretch(const struct test *test, struct memlog_reader *reader, struct memlog_record *record)
{
    while (memlog_next(reader, record) == 1)
        if (record->icount >= test->from && record->icount < test->to)
            return true;
    return false;
}

static bool check_stretch(const struct test *test, const char *path)
{
    struct memlog_record live, past;
    struct memlog_reader *all = open_log(test->path), *stretch = open_log(path);
    uint64_t count = 0;
    bool same = all && stretch, more = same;
    while (same && (more = next_of_stretch(test, all, &live))) {
        same = memlog_next(stretch, &past) == 1 && memcmp(&live, &past, sizeof(live)) == 0;
        count++;
    }
    if (!same)
        bad("icount %" PRIu64 ": the replay is not what happened", live.icount);
    else if (memlog_next(stretch, &past) != 0)
        same = bad("icount %" PRIu64 ": the replay has more than happened", past.icount);
    memlog_close(all);
    memlog_close(stretch);
    return same && (count || bad("nothing happens from %" PRIu64 " to %" PRIu64, test->from, test->to));
}

static bool check_replay(struct test *test)
{
    char path[512];
    uint64_t start = history_start(test->vm), length = test->vm->machine.clock->icount - start;
    snprintf(path, sizeof(path), "%s.replay", test->path);
    test->from = start + random_below(&test->random, length / 2);
    test->to = test->from + 1 + random_below(&test->random, length / 4);
    bool good = replay(test, path) && check_stretch(test, path);
    unlink(path);
    return good;
}

static bool run_logged(struct test *test)
{
    const struct arena *arena = test->vm->machine.arena;
    char error[512];
    test->size = arena->low_ram_size;
    test->ram = alloc_checked(malloc(test->size));
    memcpy(test->ram, arena->low_ram, test->size);
    if (!memlog_start(test->vm, test->path, error, sizeof(error)))
        return bad("%s", error);
    if (test->blocks)
        memlog_set_most_blocks(test->vm->memlog, test->blocks);
    if (!run_to(test, test->count) || !memlog_stop(test->vm))
        return false;
    return check_log(test) && check_memory(test) && check_replay(test);
}

int main(int argc, char **argv)
{
    struct vm_options options;
    struct test test = {.path = ""};
    if (argc < 6)
        return bad("usage: machine LOG COUNT SLICE SEED BLOCKS OPTIONS...");
    test.path = argv[1];
    test.count = strtoull(argv[2], NULL, 0);
    test.slice = strtoull(argv[3], NULL, 0);
    test.random = strtoull(argv[4], NULL, 0) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    test.blocks = strtoull(argv[5], NULL, 0);
    int status = options_parse(&options, argc - 5, argv + 5);
    if (status >= 0)
        return status;
    struct event_base *base = event_base_new();
    event_base_priority_init(base, PRIORITIES);
    test.vm = vm_new(base, &options);
    if (!test.vm)
        return EXIT_FAILURE;
    bool good = test.path[0] ? run_logged(&test) : run_to(&test, test.count);
    printf("icount %" PRIu64 " machine %016" PRIx64 "\n", test.vm->machine.clock->icount, arena_hash(test.vm->machine.arena));
    vm_free(test.vm);
    free(test.ram);
    event_base_free(base);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
