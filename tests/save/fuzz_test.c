/*
 * Files that are not as they were saved: cut off anywhere, with any byte changed, or packed anew around bytes that make no sense. Each is
 * refused with one line, or loads; nothing crashes.
 */
#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "softmmu/alloc.h"
#include "tests/save/rig.h"

enum { HEADER = 24, ROOM = 8 << 20, LINE_ROOM = 4096 };

static struct {
    uint8_t bytes[ROOM / 8];
    size_t length;
    uint8_t plain[ROOM]; /* unpacked, without the header */
    size_t plain_length;
    uint64_t hash;
} saved;

/* Files without a disk. */
static int file, errors, stderr_before;
static char file_path[32];

static void replace(const void *bytes, size_t length)
{
    assert_int_equal(ftruncate(file, (off_t)length), 0);
    assert_int_equal(pwrite(file, bytes, length, 0), length);
}

static void save_small_machine(void)
{
    char program[] = "/tmp/stakeout-fuzz-XXXXXX", kernel[64], path[48];
    struct rig rig;
    close(mkstemp(program));
    snprintf(path, sizeof(path), "%s.saved", program);
    snprintf(kernel, sizeof(kernel), "%s,addr=0x80100000", program);
    const char *const words[] = {"-m",       "2",   "-kernel", kernel, "-endian", "little", "-icount", "shift=2",
                                 "-history", "16M", "-serial", "null", "-accel",  "interp", NULL};
    rig_write_program(program, false);
    assert_true(rig_options(&rig, words));
    assert_true(rig_open(&rig));
    rig_run(&rig, 50000);
    inputs_submit(rig.vm->machine.inputs, INPUT_CONSOLE, 0, "x", 1);
    rig_run(&rig, 100000);
    rig_goto(&rig, 30000);
    saved.hash = rig_hash(&rig);
    assert_null(rig_save(&rig, path));
    rig_close(&rig);
    FILE *from = fopen(path, "rb");
    saved.length = fread(saved.bytes, 1, sizeof(saved.bytes), from);
    fclose(from);
    unlink(path);
    unlink(program);
}

static int prepare(void **state)
{
    file = memfd_create("saved", 0);
    errors = memfd_create("errors", 0);
    snprintf(file_path, sizeof(file_path), "/proc/self/fd/%d", file);
    save_small_machine();
    saved.plain_length = ZSTD_decompress(saved.plain, sizeof(saved.plain), saved.bytes + HEADER, saved.length - HEADER);
    assert_false(ZSTD_isError(saved.plain_length));
    return 0;
}

static int end(void **state)
{
    close(file);
    close(errors);
    return 0;
}

/* What is said on stderr goes to a file. */
static void listen(void)
{
    fflush(stderr);
    assert_int_equal(ftruncate(errors, 0), 0);
    lseek(errors, 0, SEEK_SET);
    stderr_before = dup(STDERR_FILENO);
    dup2(errors, STDERR_FILENO);
}

static size_t heard(char *text)
{
    fflush(stderr);
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    ssize_t length = pread(errors, text, LINE_ROOM - 1, 0);
    assert_true(length >= 0);
    text[length] = '\0';
    return (size_t)length;
}

/* True: it was loaded. Then as many moves are made in it. */
static bool load(unsigned moves)
{
    const char *const words[] = {"-load",  file_path, "-history",    "16M", "-serial", "null",
                                 "-accel", "interp",  "-code-cache", "1M",  NULL};
    struct rig rig;
    char text[LINE_ROOM];
    listen();
    bool good = rig_options(&rig, words) && rig_open(&rig);
    size_t length = heard(text);
    assert_true(length > 10 && strncmp(text, "stakeout: ", 10) == 0);
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    for (unsigned i = 0; good && i < moves; i++)
        rig_goto(&rig, i * 7777);
    if (good && !moves)
        assert_true(rig_hash(&rig) == saved.hash);
    rig_close(&rig);
    return good;
}

static void test_whole(void **state)
{
    replace(saved.bytes, saved.length);
    assert_true(load(0));
}

static void test_cut_off(void **state)
{
    for (size_t n = 0; n < saved.length; n++) {
        replace(saved.bytes, n);
        assert_false(load(0));
    }
}

/* zstd's frames have bits that mean nothing, as to the window's size. */
static void assert_same_content(void)
{
    static uint8_t plain[ROOM];
    size_t length = ZSTD_decompress(plain, sizeof(plain), saved.bytes + HEADER, saved.length - HEADER);
    assert_int_equal(length, saved.plain_length);
    assert_memory_equal(plain, saved.plain, length);
}

static void test_changed(void **state)
{
    uint64_t seed = 5;
    unsigned accepted = 0;
    for (size_t n = 0; n < saved.length; n++) {
        uint8_t change = (uint8_t)(1 + random_below(&seed, 255));
        saved.bytes[n] ^= change;
        replace(saved.bytes, saved.length);
        if (load(0)) {
            assert_same_content();
            accepted++;
        }
        saved.bytes[n] ^= change;
    }
    assert_in_range(accepted, 0, saved.length / 100);
}

static void replace_packed(void)
{
    static uint8_t packed[ROOM];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    memcpy(packed, saved.bytes, HEADER);
    size_t length = ZSTD_compressCCtx(context, packed + HEADER, sizeof(packed) - HEADER, saved.plain, saved.plain_length, 1);
    assert_false(ZSTD_isError(length));
    ZSTD_freeCCtx(context);
    replace(packed, HEADER + length);
}

/* A checksum that is right says nothing about what was packed. */
static void try_changed(size_t at, const uint8_t *bytes, size_t length)
{
    uint8_t before[8];
    length = (size_t)min_u64(length, saved.plain_length - at);
    memcpy(before, saved.plain + at, length);
    memcpy(saved.plain + at, bytes, length);
    replace_packed();
    load(3);
    memcpy(saved.plain + at, before, length);
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    while (length && !bytes[length - 1])
        length--;
    return !length;
}

/* What is not a page's inside is tried more often: numbers, texts, counts. */
static size_t some_place(uint64_t *seed)
{
    size_t at;
    do
        at = random_below(seed, random_below(seed, 2) ? 8192 : saved.plain_length);
    while (at > 8192 && at + 64 < saved.plain_length && is_zero(saved.plain + at, 64));
    return at;
}

static void test_nonsense(void **state)
{
    uint64_t seed = 17;
    for (unsigned i = 0; i < 150; i++) {
        uint64_t word =
            random_below(&seed, 3) ? random_u64(&seed) : random_magnitude(&seed, 64) * (random_below(&seed, 2) ? 1 : UINT64_MAX);
        try_changed(some_place(&seed), (const uint8_t *)&word, 1 + random_below(&seed, 8));
    }
}

static void test_too_short(void **state)
{
    size_t whole = saved.plain_length;
    uint64_t seed = 23;
    for (unsigned i = 0; i < 40; i++) {
        saved.plain_length = random_below(&seed, random_below(&seed, 2) ? 4096 : whole);
        replace_packed();
        assert_false(load(0));
    }
    saved.plain_length = whole;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),    cmocka_unit_test(test_cut_off),   cmocka_unit_test(test_changed),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_too_short),
    };
    return cmocka_run_group_tests(tests, prepare, end);
}
