/*
 * What was saved is the machine that was: in another process, with the same hash of the arena at each of many positions, back and forth,
 * and beyond the present. This program is that other process, too: `save_test FILE HASHES` loads and compares.
 */
#include "tests/softmmu/unit.h"

#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/debug_write.h"
#include "tests/save/rig.h"

enum { POSITIONS = 60 };
#define PRESENT UINT64_C(900000)
#define BEYOND  UINT64_C(1000000)

extern char **environ;

static char folder[] = "/tmp/stakeout-save-XXXXXX";
static char program_path[64], save_path[64], hashes_path[64];

struct way {
    const char *endian, *accel;
    bool in_past; /* saved where time stands in the past */
};

static int make_folder(void **state)
{
    bool made = mkdtemp(folder);
    snprintf(program_path, sizeof(program_path), "%s/program", folder);
    snprintf(save_path, sizeof(save_path), "%s/saved", folder);
    snprintf(hashes_path, sizeof(hashes_path), "%s/hashes", folder);
    return made ? 0 : -1;
}

static int remove_folder(void **state)
{
    unlink(program_path);
    unlink(save_path);
    unlink(hashes_path);
    return rmdir(folder);
}

static void open_program(struct rig *rig, const struct way *way)
{
    char kernel[96];
    snprintf(kernel, sizeof(kernel), "%s,addr=0x80100000", program_path);
    const char *const words[] = {"-m",       "8",        "-kernel", kernel,    "-endian", way->endian,
                                 "-accel",   way->accel, "-icount", "shift=2", "-rtc",    "base=2026-01-01",
                                 "-history", "64M",      "-serial", "null",    "-append", "a b",
                                 NULL};
    rig_write_program(program_path, strcmp(way->endian, "big") == 0);
    assert_true(rig_options(rig, words));
    assert_true(rig_open(rig));
}

/* All kinds of input that there are without a person. */
static void live(struct rig *rig)
{
    struct inputs *inputs = rig->vm->machine.inputs;
    uint64_t rate = CLOCK_RATE_SHIFT(3);
    rig_run(rig, 200000);
    inputs_submit(inputs, INPUT_CONSOLE, 0, "hello", 5);
    rig_run(rig, 300000);
    assert_int_equal(debug_write_memory(rig->vm, 0x80300000, (const uint8_t *)"debugger", 8), 8);
    assert_true(debug_write_register(rig->vm, 4, 0x12345678));
    rig_run(rig, 400000);
    inputs_apply_now(inputs, INPUT_RATE, 0, &rate, sizeof(rate));
    rig_run(rig, 500000);
    inputs_apply_now(inputs, INPUT_RESET, 0, NULL, 0);
    rig_run(rig, 600000);
    journal_set_name(history_journal(rig->vm), history_checkpoint(rig->vm), "here");
    rig_run(rig, PRESENT);
}

static uint64_t visit(struct rig *rig, uint64_t icount, uint64_t *at)
{
    rig_goto(rig, icount);
    *at = rig_icount(rig);
    return rig_hash(rig);
}

static void note_hashes(struct rig *rig)
{
    FILE *file = fopen(hashes_path, "w");
    uint64_t seed = 11, at;
    assert_non_null(file);
    for (unsigned i = 0; i < POSITIONS; i++) {
        uint64_t hash = visit(rig, random_below(&seed, PRESENT), &at);
        fprintf(file, "%" PRIu64 " %" PRIx64 "\n", at, hash);
    }
    rig_goto(rig, PRESENT);
    rig_run(rig, BEYOND);
    fprintf(file, "%" PRIu64 " %" PRIx64 "\n", rig_icount(rig), rig_hash(rig));
    fclose(file);
}

/* In the other process. */
static bool same_hashes(struct rig *rig, const char *path)
{
    uint64_t icount, expected, at;
    unsigned equal = 0, all = 0;
    FILE *file = fopen(path, "r");
    while (file && fscanf(file, "%" SCNu64 " %" SCNx64, &icount, &expected) == 2) {
        all++;
        if (icount > PRESENT) {
            rig_goto(rig, PRESENT);
            rig_run(rig, BEYOND);
            equal += rig_icount(rig) == icount && rig_hash(rig) == expected;
        } else {
            equal += visit(rig, icount, &at) == expected && at == icount;
        }
    }
    if (file)
        fclose(file);
    return all == POSITIONS + 1 && equal == all;
}

static int compare(const char *path, const char *hashes)
{
    struct rig rig;
    const char *const words[] = {"-load", path, "-serial", "null", "-history", "64M", NULL};
    if (!rig_options(&rig, words) || !rig_open(&rig))
        return 2;
    bool good = same_hashes(&rig, hashes);
    rig_close(&rig);
    return good ? 0 : 1;
}

static int in_another_process(void)
{
    char *arguments[] = {"save_test", save_path, hashes_path, NULL};
    pid_t child;
    int status = -1;
    assert_int_equal(posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_same_machine(void **state)
{
    const struct way *way = *state;
    struct rig rig;
    open_program(&rig, way);
    live(&rig);
    if (way->in_past)
        rig_goto(&rig, PRESENT / 3);
    assert_null(rig_save(&rig, save_path));
    unlink(program_path); /* no other file is needed */
    note_hashes(&rig);
    rig_close(&rig);
    assert_int_equal(in_another_process(), 0);
}

/* A negative control: other hashes are seen to be others. */
static void test_control(void **state)
{
    struct rig rig;
    open_program(&rig, &(struct way){"little", "interp", false});
    live(&rig);
    assert_null(rig_save(&rig, save_path));
    uint32_t word = 0;
    debug_write_memory(rig.vm, 0x80300100, (const uint8_t *)&word,
                       1); /* the same byte as before: but one more input, so no difference */
    debug_write_memory(rig.vm, 0x80300100, (const uint8_t *)"x", 1);
    note_hashes(&rig);
    rig_close(&rig);
    assert_int_equal(in_another_process(), 1);
}

static void open_saved(struct rig *rig, const char *history)
{
    const char *const words[] = {"-load", save_path, "-serial", "null", "-history", history, NULL};
    assert_true(rig_options(rig, words));
    assert_true(rig_open(rig));
}

/* All that is there is there again: saved, loaded and saved once more it is the same file. */
static void test_save_again(void **state)
{
    static uint8_t first[1 << 20], second[1 << 20];
    struct rig rig;
    open_program(&rig, &(struct way){"big", "interp", false});
    live(&rig);
    rig_goto(&rig, 123456);
    assert_null(rig_save(&rig, save_path));
    rig_close(&rig);
    FILE *file = fopen(save_path, "rb");
    size_t length = fread(first, 1, sizeof(first), file);
    fclose(file);
    open_saved(&rig, "64M");
    assert_true(history_in_past(rig.vm));
    assert_int_equal(rig_icount(&rig), 123456);
    assert_string_equal(rig.options.append, "a b");
    assert_null(rig_save(&rig, save_path));
    rig_close(&rig);
    file = fopen(save_path, "rb");
    assert_int_equal(fread(second, 1, sizeof(second), file), length);
    fclose(file);
    assert_memory_equal(first, second, length);
}

/* A history of which some is compressed already. */
static void test_full(void **state)
{
    enum { BOUND = 24 << 20, SLICES = 300 };
    struct journal_stats stats;
    struct rig rig;
    char kernel[96];
    uint64_t hashes[3], at[3];
    snprintf(kernel, sizeof(kernel), "%s,addr=0x80100000", program_path);
    const char *const words[] = {"-m", "8", "-kernel", kernel, "-endian", "little", "-serial", "null", NULL};
    rig_write_program(program_path, false);
    assert_true(rig_options(&rig, words));
    rig.options.history = BOUND;
    assert_true(rig_open(&rig));
    rig_run(&rig, SLICES * 20011);
    journal_statistics(history_journal(rig.vm), &stats);
    assert_true(stats.packed_pages > 0 && journal_at(history_journal(rig.vm), 0)->packed);
    uint64_t start = history_start(rig.vm), end = history_end(rig.vm);
    for (unsigned i = 0; i < 3; i++)
        hashes[i] = visit(&rig, start + (end - start) * i / 2, &at[i]);
    assert_null(rig_save(&rig, save_path));
    rig_close(&rig);

    open_saved(&rig, "64M");
    assert_true(history_start(rig.vm) == start && history_end(rig.vm) == end);
    assert_true(journal_at(history_journal(rig.vm), 0)->packed);
    for (unsigned i = 0; i < 3; i++)
        assert_true(visit(&rig, at[2 - i], &at[2 - i]) == hashes[2 - i]);
    rig_close(&rig);
}

/* Less room here than there was: the newest is kept, and where time stood must be in it. */
static void test_less_room(void **state)
{
    enum { BOUND = 600000 };
    const char *const words[] = {"-load", save_path, "-serial", "null", NULL};
    struct journal_stats stats;
    struct rig rig;
    open_program(&rig, &(struct way){"little", "interp", false});
    rig_run(&rig, PRESENT);
    uint64_t hash = rig_hash(&rig), at;
    assert_null(rig_save(&rig, save_path));
    rig_goto(&rig, 1000);
    char second[80];
    snprintf(second, sizeof(second), "%s.2", save_path);
    assert_null(rig_save(&rig, second));
    rig_close(&rig);
    assert_true(rig_options(&rig, words));
    rig.options.history = BOUND;
    assert_true(rig_open(&rig));
    journal_statistics(history_journal(rig.vm), &stats);
    assert_true(stats.used <= BOUND);
    assert_true(history_start(rig.vm) > 0 && history_start(rig.vm) < PRESENT);
    assert_true(rig_hash(&rig) == hash);
    rig_goto(&rig, 0);
    assert_true(visit(&rig, PRESENT, &at) == hash);
    rig_close(&rig);
    rename(second, save_path);
    assert_true(rig_options(&rig, words));
    rig.options.history = BOUND;
    assert_false(rig_open(&rig));
    rig_close(&rig);
}

/* Abandoned anywhere, a save leaves nothing, and what was there before stays. */
static void test_abandoned(void **state)
{
    struct rig rig;
    char part[80];
    bool over = false;
    snprintf(part, sizeof(part), "%s.part", save_path);
    open_program(&rig, &(struct way){"little", "interp", false});
    rig_run(&rig, 100000);
    for (unsigned turns = 0; !over; turns++) {
        FILE *file = fopen(save_path, "w");
        fputs("before", file);
        fclose(file);
        struct save *save = save_begin(rig.vm, save_path);
        for (unsigned i = 0; i < turns && !over; i++)
            over = save_turn(save);
        assert_null(save_error(save));
        assert_int_equal(access(part, F_OK), over ? -1 : 0);
        save_free(save);
        assert_int_equal(access(part, F_OK), -1);
        file = fopen(save_path, "r");
        assert_true((fgetc(file) == 'b') != over);
        fclose(file);
    }
    rig_close(&rig);
}

static void test_without_history(void **state)
{
    const char *const words[] = {"-m",       "8",   "-kernel", program_path, "-endian", "little",
                                 "-history", "off", "-serial", "null",       NULL};
    struct rig rig;
    rig_write_program(program_path, false);
    char kernel[96];
    snprintf(kernel, sizeof(kernel), "%s,addr=0x80100000", program_path);
    ((const char **)words)[3] = kernel;
    assert_true(rig_options(&rig, words));
    assert_true(rig_open(&rig));
    assert_int_equal(cpu_run(rig.vm->cpu, 5000), CPU_EXIT_LIMIT);
    uint64_t hash = rig_hash(&rig), at = rig_icount(&rig);
    assert_null(rig_save(&rig, save_path));
    rig_close(&rig);
    open_saved(&rig, "64M");
    assert_true(rig_hash(&rig) == hash);
    assert_int_equal(history_start(rig.vm), at);
    rig_run(&rig, 100000);
    rig_goto(&rig, 0);
    assert_true(rig_hash(&rig) == hash);
    rig_close(&rig);
    open_saved(&rig, "off");
    assert_true(rig_hash(&rig) == hash);
    rig_close(&rig);
}

static struct way ways[] = {
    {"little", "jit",    false},
    {"big",    "jit",    true },
    {"little", "interp", true },
    {"big",    "interp", false},
};

int main(int argc, char **argv)
{
    if (argc == 3)
        return compare(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_same_machine, &ways[0]),
        cmocka_unit_test_prestate(test_same_machine, &ways[1]),
        cmocka_unit_test_prestate(test_same_machine, &ways[2]),
        cmocka_unit_test_prestate(test_same_machine, &ways[3]),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_save_again),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_less_room),
        cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_without_history),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
