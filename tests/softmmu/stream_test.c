/* What is put comes back; a file that is not whole, not ours or not as it was is refused, before a byte of it is read. */
#include "softmmu/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "unit.h"

enum { VERSION = 3, BULK = 700000 };

static char folder[] = "/tmp/stakeout-stream-XXXXXX";
static char path[64], part[64];
/* A file without a disk, since many are tried. */
static int spare;
static char spare_path[32];

static int make_folder(void **state)
{
    bool made = mkdtemp(folder);
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(part, sizeof(part), "%s/file.part", folder);
    spare = memfd_create("stream", 0);
    snprintf(spare_path, sizeof(spare_path), "/proc/self/fd/%d", spare);
    return made && spare >= 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    close(spare);
    unlink(path);
    return rmdir(folder);
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

/* Bytes that shrink by half or so. */
static void fill(uint8_t *bytes, size_t length, uint64_t seed)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(random_u64(&seed) & 0x0f);
}

static void put_all(struct stream *stream, size_t bulk)
{
    uint8_t *bytes = alloc_zeroed(bulk);
    fill(bytes, bulk, 1);
    stream_put_u8(stream, 0xab);
    stream_put_u32(stream, 0x89abcdef);
    stream_put_text(stream, "a text");
    stream_put_text(stream, NULL);
    stream_put_u64(stream, UINT64_C(0xfedcba9876543210));
    stream_put(stream, bytes, bulk);
    free(bytes);
}

static void get_text(struct stream *stream, const char *expected)
{
    char *text = stream_get_text(stream);
    assert_string_equal(text, expected);
    free(text);
}

static void get_all(struct stream *stream, size_t bulk)
{
    uint8_t *expected = alloc_zeroed(bulk);
    fill(expected, bulk, 1);
    assert_int_equal(stream_get_u8(stream), 0xab);
    assert_int_equal(stream_get_u32(stream), 0x89abcdef);
    get_text(stream, "a text");
    get_text(stream, "");
    assert_true(stream_get_u64(stream) == UINT64_C(0xfedcba9876543210));
    uint8_t *bytes = stream_get_bytes(stream, bulk);
    assert_non_null(bytes);
    assert_memory_equal(bytes, expected, bulk);
    free(bytes);
    free(expected);
}

static void write_file(size_t bulk)
{
    struct stream *stream = stream_create(path, VERSION, bulk);
    put_all(stream, bulk);
    assert_true(stream_commit(stream));
    stream_free(stream);
}

static size_t read_whole(uint8_t *bytes, size_t room)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = read(fd, bytes, room);
    close(fd);
    assert_true(length > 0 && (size_t)length < room);
    return (size_t)length;
}

/* Into the spare file. */
static void replace(const void *bytes, size_t length)
{
    assert_int_equal(ftruncate(spare, (off_t)length), 0);
    assert_int_equal(pwrite(spare, bytes, length, 0), length);
}

static void test_there_and_back(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, BULK};
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        write_file(sizes[i]);
        assert_false(exists(part));
        struct stream *stream = stream_open(path, VERSION, NULL, NULL);
        get_all(stream, sizes[i]);
        assert_true(stream_end_reached(stream));
        stream_free(stream);
    }
}

static void test_wrong_ends(void **state)
{
    write_file(100);
    struct stream *stream = stream_open(path, VERSION, NULL, NULL);
    get_all(stream, 99);
    assert_false(stream_end_reached(stream));
    assert_non_null(strstr(stream_error(stream), "after its end"));
    stream_free(stream);

    stream = stream_open(path, VERSION, NULL, NULL);
    get_all(stream, 100);
    assert_int_equal(stream_get_u32(stream), 0);
    assert_false(stream_good(stream));
    assert_null(stream_get_bytes(stream, SIZE_MAX / 2));
    stream_free(stream);
}

static void test_nothing_half(void **state)
{
    write_file(10);
    struct stream *stream = stream_create(path, VERSION, BULK);
    put_all(stream, BULK);
    assert_true(exists(part));
    stream_free(stream);
    assert_false(exists(part));
    stream = stream_open(path, VERSION, NULL, NULL); /* the one before */
    get_all(stream, 10);
    assert_true(stream_end_reached(stream));
    stream_free(stream);
}

static void cannot_create(const char *name, const char *why)
{
    struct stream *stream = stream_create(name, VERSION, 1);
    stream_put_u32(stream, 1);
    assert_false(stream_commit(stream));
    assert_non_null(strstr(stream_error(stream), why));
    stream_free(stream);
}

static void test_cannot_create(void **state)
{
    char deep[96];
    snprintf(deep, sizeof(deep), "%s/absent/file", folder);
    cannot_create(deep, strerror(ENOENT));
    cannot_create(folder, "not a file");
    cannot_create("/dev/null", "not a file");
}

/* The disk is full, or as good as that. */
static void test_no_room(void **state)
{
    struct rlimit before, small = {.rlim_cur = 64 << 10};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    struct stream *stream = stream_create(path, VERSION, BULK);
    put_all(stream, BULK);
    assert_false(stream_commit(stream));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_non_null(strstr(stream_error(stream), strerror(EFBIG)));
    stream_free(stream);
    assert_false(exists(part));
}

static void refused(const char *name, const char *why)
{
    struct stream *stream = stream_open(name, VERSION, NULL, NULL);
    assert_false(stream_good(stream));
    assert_non_null(strstr(stream_error(stream), why));
    assert_memory_equal(stream_error(stream), name, strlen(name));
    assert_int_equal(stream_get_u32(stream), 0);
    get_text(stream, "");
    stream_free(stream);
}

static void test_foreign(void **state)
{
    static const struct {
        const char *bytes, *why;
        size_t length;
    } rows[] = {
        {"",                                                               "empty",                    0 },
        {"x",                                                              "not a machine",            1 },
        {"hello, this is a text and no save",                              "not a machine",            33},
        {"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x99\xe9\xd8\x51 and so on", "not a machine",            23},
        {"\x50\x2a\x4d\x18\x10\0\0\0stakeout",                             "cut off",                  16},
        {"\x50\x2a\x4d\x18\x10\0\0\0stakeout\x04\0\0\0\0\0\0\0",           "later stakeout: format 4", 24},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        replace(rows[i].bytes, rows[i].length);
        refused(spare_path, rows[i].why);
    }
    refused(folder, "not a file");
    unlink(path);
    refused(path, strerror(ENOENT));
}

static void test_cut_off(void **state)
{
    uint8_t bytes[4096];
    write_file(2000);
    size_t length = read_whole(bytes, sizeof(bytes));
    for (size_t n = 24; n < length; n++) {
        replace(bytes, n);
        refused(spare_path, "cut off");
    }
    bytes[length] = 0;
    replace(bytes, length + 1);
    refused(spare_path, "behind its end");
}

/* Each bit of the file: either it is refused, or the bit means nothing and all that is read is right. */
static void test_flipped(void **state)
{
    uint8_t bytes[4096];
    unsigned harmless = 0;
    write_file(300);
    size_t length = read_whole(bytes, sizeof(bytes));
    for (size_t bit = 0; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        replace(bytes, length);
        struct stream *stream = stream_open(spare_path, VERSION, NULL, NULL);
        if (stream_good(stream)) {
            harmless++;
            get_all(stream, 300);
            assert_true(stream_end_reached(stream));
        }
        stream_free(stream);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_in_range(harmless, 0, 16); /* an earlier version, a larger window, an unused bit */
}

static void test_refuse(void **state)
{
    write_file(10);
    struct stream *stream = stream_open(path, VERSION, NULL, NULL);
    assert_false(stream_refuse(stream, "it has %d", 5));
    assert_false(stream_refuse(stream, "something else"));
    assert_non_null(strstr(stream_error(stream), ": it has 5"));
    stream_free(stream);
}

static void count_up(void *opaque, unsigned percent)
{
    unsigned *last = opaque;
    assert_in_range(percent, *last, 99);
    *last = percent;
}

static void test_progress(void **state)
{
    unsigned last = 0;
    uint8_t *bytes = alloc_zeroed(4 << 20);
    uint64_t seed = 7;
    for (size_t i = 0; i < 4 << 20; i++)
        bytes[i] = (uint8_t)random_u64(&seed);
    struct stream *stream = stream_create(path, VERSION, 4 << 20);
    stream_put(stream, bytes, 2 << 20);
    assert_in_range(stream_percent(stream), 40, 50);
    stream_put(stream, bytes + (2 << 20), 2 << 20);
    assert_true(stream_commit(stream));
    stream_free(stream);
    free(bytes);
    stream = stream_open(path, VERSION, count_up, &last);
    assert_in_range(last, 40, 50);
    free(stream_get_bytes(stream, 4 << 20));
    assert_in_range(last, 80, 99);
    stream_free(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_wrong_ends), cmocka_unit_test(test_nothing_half),
        cmocka_unit_test(test_cannot_create),  cmocka_unit_test(test_foreign),    cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_flipped),        cmocka_unit_test(test_refuse),     cmocka_unit_test(test_progress),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
