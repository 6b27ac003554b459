/*
 * Damaged access logs: one clear line, and no crash (sanitizers make more of it than a crash). A log is written of a guest that makes all of its
 * parts, then thousands are made of it in memory: chunks are damaged when they are unpacked, and packed again, as else their checksums
 * hide what is behind them. Each is read to its end, and now and then looked at by each of the program's commands. Seeds are fixed.
 */
#include <endian.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "cpu/block.h"
#include "cpu/log_access.h"
#include "softmmu/alloc.h"
#include "softmmu/dma.h"
#include "tests/core/rig.h"
#include "tests/memlog/fuzz_commands.h"
#include "tools/memlog/reader.h"

enum { MUTATIONS = 300, CHUNKS = 8, HEAD = MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES, ROOM = 1 << 20, EVERY = 31 };
enum { PACKED_AT = 8, PLAIN_AT = 12, EVENTS_AT = 24, DEFINITIONS_AT = 28 }; /* in a chunk's head */

struct bytes {
    uint8_t *at;
    size_t used;
};

struct chunk {
    uint8_t head[HEAD];
    struct bytes plain;
};

struct fuzz {
    struct bytes file;
    size_t header; /* bytes of the file before its first chunk */
    struct chunk chunks[CHUNKS];
    unsigned nchunks;
    uint64_t random;
    int log, errors; /* files in memory: the log; what goes to stderr */
    char path[32];
};

static uint32_t get32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return le32toh(value);
}

static void put32(uint8_t *to, size_t value)
{
    uint32_t little = htole32((uint32_t)value);
    memcpy(to, &little, sizeof(little));
}

/* The log */

static void transfer(struct rig *rig, uint64_t value)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    dma_write(&rig->machine, "test", (RIG_DATA & 0x1fffffff) + 0x100, bytes, sizeof(bytes));
}

/* Runs and single entries, of few words and of many; a device; DMA; units that are left. */
static void write_log(struct rig *rig, const char *path)
{
    const struct memlog_filter filter = {.kinds = (1u << MEMLOG_KINDS) - 1 - (1u << MEMLOG_FETCH),
                                         .phys = MEMLOG_ALL,
                                         .virt = MEMLOG_ALL,
                                         .pc = MEMLOG_ALL,
                                         .when = MEMLOG_ALL};
    char error[512];
    rig_code(rig, ADDIU(T0, 0, 40), SW(T0, 0, A1), LW(T1, 0, A1), ADDU(T2, A1, T0), SB(T0, 16, T2), LB(T3, 3, T2),
             SWL(T0, 65, A1), ADDIU(T0, T0, -1), BNE(T0, 0, -8), SB(T1, 8, A1), SW(T0, 0, A0), LW(V0, 0x100, A1),
             ADDU(T2, T2, V0), XORI(T2, T2, 0x55), BEQ(0, 0, -15), SW(T2, 12, A1));
    rig_warm(rig, 2000);
    rig->on_write = transfer;
    struct memlog *log = memlog_new(path, &rig->machine, &filter, error, sizeof(error));
    assert_non_null(log);
    cpu_set_log(rig->cpu, log);
    for (unsigned i = 1; i <= 3; i++) {
        for (uint64_t until = 1500 * (i - 1); until < 1500 * i; until += 1 + until % 700)
            assert_int_equal(cpu_run(rig->cpu, until), CPU_EXIT_LIMIT);
        memlog_flush(log);
        if (i == 2) {
            block_drop_all(rig->cpu, BLOCK_HOST);
            memlog_begin_anew(log);
        }
    }
    cpu_set_log(rig->cpu, NULL);
    assert_true(memlog_end(log));
    memlog_free(log);
}

static void take_apart(struct fuzz *fuzz)
{
    fuzz->file = (struct bytes){alloc_checked(malloc(ROOM)), 0};
    fuzz->file.used = (size_t)pread(fuzz->log, fuzz->file.at, ROOM, 0);
    size_t at = fuzz->header = MEMLOG_FRAME_BYTES + get32(fuzz->file.at + 4);
    for (; at < fuzz->file.used; fuzz->nchunks++) {
        assert_true(fuzz->nchunks < CHUNKS);
        struct chunk *chunk = &fuzz->chunks[fuzz->nchunks];
        memcpy(chunk->head, fuzz->file.at + at, HEAD);
        size_t packed = get32(chunk->head + PACKED_AT), plain = get32(chunk->head + PLAIN_AT);
        chunk->plain = (struct bytes){alloc_checked(malloc(plain + 64)), plain};
        assert_int_equal(ZSTD_decompress(chunk->plain.at, plain, fuzz->file.at + at + HEAD, packed), plain);
        at += HEAD + packed;
    }
    assert_int_equal(at, fuzz->file.used);
    assert_true(fuzz->nchunks > 1);
}

/* Damage */

static size_t below(struct fuzz *fuzz, size_t limit)
{
    return (size_t)random_below(&fuzz->random, limit);
}

static uint8_t some_byte(struct fuzz *fuzz, uint8_t was)
{
    static const uint8_t telling[] = {0, 1, 2, 7, 0x0b, 0x3f, 0x7f, 0x80, 0xff};
    switch (below(fuzz, 3)) {
    case 0:
        return was ^ (uint8_t)(1u << below(fuzz, 8));
    case 1:
        return telling[below(fuzz, sizeof(telling))];
    default:
        return (uint8_t)below(fuzz, 256);
    }
}

/* The part where it happens: entries, events, definitions. What memory holds is most of the events, and of no interest. */
static size_t some_place(struct fuzz *fuzz, const struct chunk *chunk)
{
    size_t events = get32(chunk->head + EVENTS_AT), definitions = get32(chunk->head + DEFINITIONS_AT), from, length;
    size_t entries = chunk->plain.used - events - definitions;
    switch (below(fuzz, 4)) {
    case 0:
        from = 0, length = entries;
        break;
    case 1:
        from = entries, length = events < 32 ? events : 32;
        break;
    case 2:
        from = entries + (events < 64 ? 0 : events - 64), length = events < 64 ? events : 64;
        break;
    default:
        from = entries + events, length = definitions;
    }
    return length ? from + below(fuzz, length) : below(fuzz, chunk->plain.used);
}

/* Bytes are put in or taken away; the sizes in the head go with it, or do not. */
static void resize(struct fuzz *fuzz, struct chunk *chunk, size_t at)
{
    size_t count = 1 + below(fuzz, 16), left = chunk->plain.used - at;
    uint8_t *place = chunk->plain.at + at;
    if (below(fuzz, 2)) {
        memmove(place + count, place, left);
        chunk->plain.used += count;
    } else if (left > count && chunk->plain.used > count + 1) {
        memmove(place, place + count, left - count);
        chunk->plain.used -= count;
    }
    if (below(fuzz, 2))
        put32(chunk->head + PLAIN_AT, chunk->plain.used);
}

static void damage(struct fuzz *fuzz, struct chunk *chunk)
{
    for (size_t times = 1 + below(fuzz, 4); times; times--) {
        size_t at = some_place(fuzz, chunk);
        switch (below(fuzz, 8)) {
        case 0:
            resize(fuzz, chunk, at);
            return;
        case 1:
            put32(chunk->head + (below(fuzz, 2) ? EVENTS_AT : DEFINITIONS_AT), below(fuzz, chunk->plain.used));
            return;
        case 2:
            memmove(chunk->plain.at + at, chunk->plain.at + below(fuzz, at + 1), below(fuzz, chunk->plain.used - at) % 16);
            break;
        default:
            chunk->plain.at[at] = some_byte(fuzz, chunk->plain.at[at]);
        }
    }
}

static size_t pack(uint8_t *to, const struct chunk *chunk)
{
    size_t packed = ZSTD_compress(to + HEAD, ROOM, chunk->plain.at, chunk->plain.used, 1);
    assert_false(ZSTD_isError(packed));
    memcpy(to, chunk->head, HEAD);
    put32(to + PACKED_AT, packed);
    return HEAD + packed;
}

/* One chunk is damaged inside; the others are as they were. */
static size_t make_inner(struct fuzz *fuzz, uint8_t *to)
{
    size_t used = fuzz->header;
    unsigned which = (unsigned)below(fuzz, fuzz->nchunks);
    memcpy(to, fuzz->file.at, used);
    for (unsigned i = 0; i < fuzz->nchunks; i++) {
        struct chunk chunk = fuzz->chunks[i];
        chunk.plain.at = alloc_checked(malloc(chunk.plain.used + 64));
        memcpy(chunk.plain.at, fuzz->chunks[i].plain.at, chunk.plain.used);
        if (i == which)
            damage(fuzz, &chunk);
        used += pack(to + used, &chunk);
        free(chunk.plain.at);
    }
    return used;
}

/* The file as such: its header, heads of chunks, packed bytes, its end. */
static size_t make_outer(struct fuzz *fuzz, uint8_t *to)
{
    size_t used = fuzz->file.used;
    memcpy(to, fuzz->file.at, used);
    for (size_t times = 1 + below(fuzz, 3); times; times--) {
        size_t at = below(fuzz, below(fuzz, 2) ? fuzz->header + HEAD : used);
        to[at] = some_byte(fuzz, to[at]);
    }
    return below(fuzz, 4) ? used : below(fuzz, used);
}

/* Reading */

static void check_line(const struct fuzz *fuzz, const char *line)
{
    assert_memory_equal(line, fuzz->path, strlen(fuzz->path));
    assert_true(strlen(line) > strlen(fuzz->path) + 2);
    assert_null(strchr(line, '\n'));
}

/* Whether it could be read to its end. */
static bool read_all(const struct fuzz *fuzz)
{
    char error[512];
    struct memlog_record record;
    int got = -1;
    struct memlog_reader *reader = memlog_open(fuzz->path, error, sizeof(error));
    if (!reader) {
        check_line(fuzz, error);
        return false;
    }
    while ((got = memlog_next(reader, &record)) == 1)
        ;
    if (got < 0)
        check_line(fuzz, memlog_reader_error(reader));
    memlog_close(reader);
    return got == 0;
}

/* What a command says: a line if it failed, else nothing. */
static void look(struct fuzz *fuzz, unsigned which, const char *picture)
{
    char said[2048];
    assert_int_equal(ftruncate(fuzz->errors, 0), 0);
    lseek(fuzz->errors, 0, SEEK_SET);
    int before = dup(STDERR_FILENO);
    dup2(fuzz->errors, STDERR_FILENO);
    int status = fuzz_command(which, fuzz->path, picture);
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t length = pread(fuzz->errors, said, sizeof(said), 0);
    const char *line = length > 0 ? memchr(said, '\n', (size_t)length) : NULL;
    if (status != 0 ? !line || line != said + length - 1 : length != 0)
        fail_msg("command %u: status %d, and %.*s", which, status, (int)length, said);
}

static void damaged_logs_give_one_line(void **state)
{
    struct fuzz fuzz = {.random = 1, .log = memfd_create("log", 0), .errors = memfd_create("errors", 0)};
    uint8_t *bytes = alloc_checked(malloc(2 * ROOM));
    char picture[] = "/tmp/memlog-fuzz-XXXXXX.svg";
    unsigned whole = 0;
    close(mkstemps(picture, 4));
    snprintf(fuzz.path, sizeof(fuzz.path), "/proc/self/fd/%d", fuzz.log);
    write_log(*state, fuzz.path);
    take_apart(&fuzz);
    assert_true(read_all(&fuzz));
    for (unsigned i = 0; i < MUTATIONS; i++) {
        size_t used = i % 4 ? make_inner(&fuzz, bytes) : make_outer(&fuzz, bytes);
        assert_int_equal(ftruncate(fuzz.log, 0), 0);
        assert_int_equal(pwrite(fuzz.log, bytes, used, 0), used);
        whole += read_all(&fuzz);
        if (i % EVERY == 0)
            look(&fuzz, i / EVERY % FUZZ_COMMANDS, picture);
    }
    assert_in_range(whole, 1, MUTATIONS / 2);
    for (unsigned i = 0; i < fuzz.nchunks; i++)
        free(fuzz.chunks[i].plain.at);
    free(fuzz.file.at);
    free(bytes);
    close(fuzz.log);
    close(fuzz.errors);
    unlink(picture);
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"damaged logs give one line", damaged_logs_give_one_line},
    };
    mallopt(M_MMAP_THRESHOLD,
            1 << 20); /* a reader's large tables are mostly untouched: from the heap they would be zeroed each time */
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
