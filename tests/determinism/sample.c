/*
 * Runs a guest and writes down what it was at pseudo-random positions: lines "S icount ram-hash rest-hash", and its console:
 * "C icount byte-in-hex". Lines with "#" tell how it was run. Two runs whose S and C lines are equal were the same run.
 *
 *     sample [own options] [stakeout's options, of which -icount shift=N,sleep=off and -rtc base=DATE must be there]
 */
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/backend.h"
#include "cpu/block.h"
#include "devices/uart16550.h"
#include "src/options.h"
#include "src/vm.h"
#include "tests/determinism/served.h"

enum { PRIORITIES = 3, POINTS_FILE_MAX = 4096 };

static const struct {
    const char *name;
    size_t offset;
    bool is_text;
} rows[] = {
    {"--out",            offsetof(struct sample_options, out),            true },
    {"--until",          offsetof(struct sample_options, until),          true },
    {"--save-points",    offsetof(struct sample_options, save_points),    true },
    {"--load-points",    offsetof(struct sample_options, load_points),    true },
    {"--serve",          offsetof(struct sample_options, serve),          true },
    {"--limit",          offsetof(struct sample_options, limit),          false},
    {"--gap",            offsetof(struct sample_options, gap),            false},
    {"--every",          offsetof(struct sample_options, every),          false},
    {"--check",          offsetof(struct sample_options, check),          false},
    {"--seed",           offsetof(struct sample_options, seed),           false},
    {"--slice",          offsetof(struct sample_options, slice),          false},
    {"--points",         offsetof(struct sample_options, points),         false},
    {"--late-interrupt", offsetof(struct sample_options, late_interrupt), false},
};

/* Takes leading options of ours; returns how many words they were. */
static int take_options(struct sample_options *options, int argc, char **argv)
{
    int i = 1;
    for (; i + 1 < argc; i += 2) {
        size_t row = 0;
        while (row < ARRAY_SIZE(rows) && strcmp(rows[row].name, argv[i]) != 0)
            row++;
        if (row == ARRAY_SIZE(rows))
            break;
        char *member = (char *)options + rows[row].offset;
        if (rows[row].is_text)
            *(const char **)member = argv[i + 1];
        else
            *(uint64_t *)member = strtoull(argv[i + 1], NULL, 0);
    }
    return i - 1;
}

/* The console */

static void on_console(void *opaque, const uint8_t *bytes, size_t n)
{
    struct sample *sample = opaque;
    const char *until = sample->options.until;
    for (size_t i = 0; i < n; i++) {
        fprintf(sample->out, "C %" PRIu64 " %02x\n", sample->vm->machine.clock->icount, bytes[i]);
        sample->console_bytes++;
        if (!until || sample->seen)
            continue;
        memmove(sample->tail, sample->tail + 1, sizeof(sample->tail) - 1);
        sample->tail[sizeof(sample->tail) - 1] = (char)bytes[i];
        size_t length = strlen(until);
        sample->seen = memcmp(sample->tail + sizeof(sample->tail) - length, until, length) == 0;
    }
}

static bool connect_console(struct sample *sample)
{
    struct machine *machine = &sample->vm->machine;
    for (unsigned i = 0; i < machine->ndevices; i++) {
        if (machine->devices[i].class != &uart16550_class)
            continue;
        uart16550_connect(machine->devices[i].device, (struct uart_sink){on_console, sample}, NULL, NULL);
        return true;
    }
    report_error("no serial line");
    return false;
}

/* A negative control: one interrupt is seen one unit late */

static struct {
    const struct cpu_arch *real;
    uint64_t from;
    bool done;
} late;

static bool late_interrupt_pending(const struct cpu *cpu)
{
    bool pending = late.real->interrupt_pending(cpu);
    if (late.done || !pending || cpu->machine->clock->icount < late.from || late.real->waiting(cpu))
        return pending;
    late.done = true;
    ((struct cpu *)cpu)->skip_watch = true; /* so that the unit that goes first is run alone */
    return false;
}

static void delay_interrupt(struct cpu *cpu, uint64_t from)
{
    static struct cpu_arch changed;
    late.real = cpu->arch;
    late.from = from;
    changed = *cpu->arch;
    changed.interrupt_pending = late_interrupt_pending;
    cpu->arch = &changed;
}

/* Running */

static bool stopped_for_point(struct sample *sample)
{
    if (sample->points && points_hit(sample->points))
        return true;
    report_error("a stop at icount %" PRIu64 " that nobody asked for", sample->vm->machine.clock->icount);
    return false;
}

static bool run_to(struct sample *sample, uint64_t target)
{
    struct cpu *cpu = sample->vm->cpu;
    const struct clock_state *clock = sample->vm->machine.clock;
    while (clock->icount < target) {
        uint64_t until = sample->options.slice ? min_u64(target, clock->icount + sample->options.slice) : target;
        switch (cpu_run(cpu, until)) {
        case CPU_EXIT_LIMIT:
            break;
        case CPU_EXIT_DEBUG:
            if (!stopped_for_point(sample))
                return false;
            break;
        case CPU_EXIT_IDLE:
            report_error("the guest waits for ever at icount %" PRIu64, clock->icount);
            return false;
        case CPU_EXIT_REQUEST:
            report_error("the guest resets or powers off at icount %" PRIu64, clock->icount);
            return false;
        }
    }
    return true;
}

bool sample_take(struct sample *sample)
{
    if (sample->points)
        points_place(sample->points, sample->count);
    struct state_hash hash = page_hashes_take(sample->hashes);
    uint64_t icount = sample->vm->machine.clock->icount;
    fprintf(sample->out, "S %" PRIu64 " %016" PRIx64 " %016" PRIx64 "\n", icount, hash.ram, hash.rest);
    if (sample->count++ % sample->options.check != 0)
        return true;
    size_t stale = page_hashes_stale(sample->hashes);
    if (stale)
        report_error("%zu pages were written and not marked dirty before icount %" PRIu64, stale, icount);
    return !stale;
}

bool sample_over(const struct sample *sample)
{
    return sample->seen || (sample->options.limit && sample->vm->machine.clock->icount >= sample->options.limit);
}

/* Positions are the same whichever of them are used. */
uint64_t sample_next_position(struct sample *sample)
{
    for (uint64_t n = 0; n < sample->options.every; n++)
        sample->position += 1 + random_below(&sample->random, 2 * sample->options.gap - 1);
    return sample->position;
}

static bool run(struct sample *sample)
{
    if (sample->options.serve)
        return served_run(sample);
    while (!sample_over(sample))
        if (!run_to(sample, sample_next_position(sample)) || !sample_take(sample))
            return false;
    return true;
}

static void print_summary(const struct sample *sample)
{
    const struct cpu *cpu = sample->vm->cpu;
    const struct block_cache *blocks = cpu->blocks;
    enum block_owner owner = cpu->jit ? BLOCK_HOST : BLOCK_INTERP;
    double mean = blocks->made[owner] ? (double)blocks->made_insns[owner] / (double)blocks->made[owner] : 0;
    fprintf(sample->out, "# back-end %s\n", cpu->jit ? host_backend->name : "interpreter");
    fprintf(sample->out, "# mean-block %.2f\n", mean);
    fprintf(sample->out, "# samples %" PRIu64 "\n", sample->count);
    fprintf(sample->out, "# console-bytes %" PRIu64 "\n", sample->console_bytes);
    fprintf(sample->out, "# points %zu\n", sample->points ? points_count(sample->points) : 0);
    fprintf(sample->out, "# hits %" PRIu64 "\n", sample->points ? points_hits(sample->points) : 0);
    fprintf(sample->out, "# late %d\n", late.done);
    fprintf(sample->out, "# end %" PRIu64 "\n", sample->vm->machine.clock->icount);
}

static bool prepare(struct sample *sample)
{
    const struct sample_options *options = &sample->options;
    struct cpu *cpu = sample->vm->cpu;
    if (options->load_points) {
        sample->points = points_new(cpu, options->seed, POINTS_FILE_MAX);
        if (!points_load(sample->points, options->load_points)) {
            report_error("no points in %s", options->load_points);
            return false;
        }
    } else if (options->points) {
        sample->points = points_new(cpu, options->seed, options->points);
    }
    if (options->late_interrupt)
        delay_interrupt(cpu, options->late_interrupt);
    sample->random = options->seed;
    sample->hashes = page_hashes_new(&cpu->mmu);
    return connect_console(sample);
}

static int run_machine(struct sample *sample, const struct vm_options *vm_options)
{
    struct event_base *base = event_base_new();
    event_base_priority_init(base, PRIORITIES);
    sample->vm = vm_new(base, vm_options);
    if (!sample->vm || !prepare(sample) || !run(sample))
        return EXIT_FAILURE;
    print_summary(sample);
    if (sample->options.save_points && !points_save(sample->points, sample->options.save_points))
        return EXIT_FAILURE;
    points_free(sample->points);
    page_hashes_free(sample->hashes);
    vm_free(sample->vm);
    event_base_free(base);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct sample sample = {
        .options = {.gap = 350000, .every = 1, .check = 97, .seed = 1},
    };
    struct vm_options vm_options;
    int taken = take_options(&sample.options, argc, argv);
    int status = options_parse(&vm_options, argc - taken, argv + taken);
    if (status >= 0)
        return status;
    if (vm_options.icount_shift < 0 || vm_options.icount_sleep || !vm_options.rtc_fixed) {
        report_error("the run would depend on the host: -icount shift=N,sleep=off and -rtc base=DATE are needed");
        return EXIT_FAILURE;
    }
    sample.out = sample.options.out ? fopen(sample.options.out, "w") : stdout;
    if (!sample.out) {
        report_error("cannot write %s", sample.options.out);
        return EXIT_FAILURE;
    }
    status = run_machine(&sample, &vm_options);
    return fclose(sample.out) == 0 ? status : EXIT_FAILURE;
}
