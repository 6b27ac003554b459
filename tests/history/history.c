/*
 * Takes a machine through time at random and says whether each position always had the same state. Keys are typed through a pipe.
 *
 *     history [own options] [stakeout's options]
 */
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/history.h"
#include "src/options.h"
#include "tests/history/walk.h"

enum { PRIORITIES = 3 };

static const struct {
    const char *name;
    size_t offset;
} rows[] = {
    {"--moves", offsetof(struct walk_options, moves)},
    {"--seed",  offsetof(struct walk_options, seed) },
    {"--turns", offsetof(struct walk_options, turns)},
    {"--start", offsetof(struct walk_options, start)},
    {"--keys",  offsetof(struct walk_options, keys) },
    {"--write", offsetof(struct walk_options, write)},
    {"--bound", offsetof(struct walk_options, bound)},
    {"--trace", offsetof(struct walk_options, trace)},
};

/* Takes leading options of ours; returns how many words they were. */
static int take_options(struct walk_options *options, int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc; i += 2) {
        size_t row = 0;
        while (row < ARRAY_SIZE(rows) && strcmp(rows[row].name, argv[i]) != 0)
            row++;
        if (row == ARRAY_SIZE(rows))
            break;
        *(uint64_t *)((char *)options + rows[row].offset) = strtoull(argv[i + 1], NULL, 0);
    }
    return i - 1;
}

static void drain(evutil_socket_t fd, short what, void *opaque)
{
    uint8_t bytes[4096];
    struct walk *walk = opaque;
    ssize_t length = read(fd, bytes, sizeof(bytes));
    walk->printed += length > 0 ? (uint64_t)length : 0;
}

/* The guest's console: keys come from a pipe, what it prints is counted. */
static bool redirect(struct walk *walk, struct event_base *base)
{
    int in[2], out[2];
    if (pipe(in) != 0 || pipe(out) != 0 || dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0)
        return false;
    walk->keys = in[1];
    walk->console = event_new(base, out[0], EV_READ | EV_PERSIST, drain, walk);
    return event_add(walk->console, NULL) == 0;
}

static int report(const struct walk *walk)
{
    struct journal_stats stats;
    journal_statistics(history_journal(walk->vm), &stats);
    fprintf(stderr,
            "%s: %" PRIu64 " moves, %" PRIu64 " positions seen again, %" PRIu64 " steps back, %" PRIu64 " hits, %" PRIu64
            " keys, %" PRIu64 " cuts, icount %" PRIu64 " to %" PRIu64 ", %zu checkpoints, %" PRIu64 " of %" PRIu64
            " saved pages packed\n",
            walk->failed ? "FAILED" : "ok", walk->done, walk->known.compared, walk->steps_back, walk->hits, walk->typed,
            walk->cuts, history_start(walk->vm), walk->end, journal_count(history_journal(walk->vm)), stats.packed_pages,
            stats.saved_pages);
    return walk->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct walk walk = {
        .options = {.moves = 1000, .seed = 1, .turns = 6, .start = 20000, .keys = 1, .write = 1}
    };
    struct vm_options vm_options;
    int taken = take_options(&walk.options, argc, argv);
    int status = options_parse(&vm_options, argc - taken, argv + taken);
    if (status >= 0)
        return status;
    if (walk.options.bound)
        vm_options.history = walk.options.bound;
    struct event_base *base = event_base_new();
    event_base_priority_init(base, PRIORITIES);
    if (!redirect(&walk, base) || !(walk.vm = vm_new(base, &vm_options)))
        return EXIT_FAILURE;
    walk.random = walk.options.seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    walk_moves(&walk);
    status = report(&walk);
    known_free(&walk.known);
    vm_free(walk.vm);
    event_free(walk.console);
    event_base_free(base);
    return status;
}
