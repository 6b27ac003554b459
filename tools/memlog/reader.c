#include "tools/memlog/reader.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

struct memlog_reader {
    FILE *file;
    char *path;
    char error[512];
    struct memlog_header header;
    uint64_t done, total;
    ZSTD_DCtx *unpacker;
    struct memlog_last last;
    uint8_t *packed, *plain;
    const uint8_t *at, *end; /* in plain */
    uint64_t left;           /* accesses of the chunk */
};

static int fail(struct memlog_reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);
static int fail(struct memlog_reader *reader, const char *format, ...)
{
    char why[200];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    snprintf(reader->error, sizeof(reader->error), "%.250s: %s", reader->path, why);
    return -1;
}

static uint32_t get32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof(value));
    return le32toh(value);
}

static uint64_t get64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof(value));
    return le64toh(value);
}

static bool read_bytes(struct memlog_reader *reader, void *bytes, size_t length)
{
    size_t got = fread(bytes, 1, length, reader->file);
    reader->done += got;
    return got == length;
}

/* Header */

static int foreign(struct memlog_reader *reader)
{
    return fail(reader, "this is not an access log");
}

static int read_ranges(struct memlog_reader *reader, unsigned nranges, unsigned length)
{
    struct memlog_header *header = &reader->header;
    uint8_t range[MEMLOG_RANGE_BYTES];
    header->nram = nranges;
    for (unsigned i = 0; i < nranges; i++) {
        if (!read_bytes(reader, range, sizeof(range)))
            return fail(reader, "it is cut off in its header");
        header->ram[i].first = get64(range);
        header->ram[i].last = get64(range + 8);
    }
    return read_bytes(reader, header->filter, length) ? 0 : fail(reader, "it is cut off in its header");
}

static int read_header(struct memlog_reader *reader)
{
    struct memlog_header *header = &reader->header;
    uint8_t bytes[MEMLOG_FRAME_BYTES + MEMLOG_HEADER_BYTES], *content = bytes + MEMLOG_FRAME_BYTES;
    if (!read_bytes(reader, bytes, sizeof(bytes)) || get32(bytes) != MEMLOG_HEADER_FRAME ||
        memcmp(content, MEMLOG_MAGIC, strlen(MEMLOG_MAGIC)) != 0)
        return foreign(reader);
    header->version = get32(content + 8);
    if (header->version != MEMLOG_VERSION)
        return fail(reader, "its format is version %u, and this program reads version %u", (unsigned)header->version,
                    MEMLOG_VERSION);
    header->big_endian = get32(content + 12) & MEMLOG_BIG_ENDIAN;
    header->page_size = get32(content + 16);
    header->cpus = get32(content + 20);
    header->start_icount = get64(content + 24);
    uint32_t nranges = get32(content + 32), length = get32(content + 36);
    if (nranges > MEMLOG_RANGES_MAX || length > MEMLOG_FILTER_MAX ||
        get32(bytes + 4) != MEMLOG_HEADER_BYTES + nranges * MEMLOG_RANGE_BYTES + length)
        return foreign(reader);
    return read_ranges(reader, nranges, length);
}

struct memlog_reader *memlog_open(const char *path, char *error, size_t room)
{
    struct memlog_reader *reader = calloc(1, sizeof(*reader));
    struct stat status;
    if (!reader || !(reader->path = strdup(path)) || !(reader->unpacker = ZSTD_createDCtx())) {
        snprintf(error, room, "%s: out of memory", path);
        memlog_close(reader);
        return NULL;
    }
    reader->file = fopen(path, "rbe");
    if (!reader->file || fstat(fileno(reader->file), &status) != 0)
        fail(reader, "%s", strerror(errno));
    else if (read_header(reader) == 0)
        reader->total = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    if (!reader->error[0])
        return reader;
    snprintf(error, room, "%s", reader->error);
    memlog_close(reader);
    return NULL;
}

void memlog_close(struct memlog_reader *reader)
{
    if (!reader)
        return;
    if (reader->file)
        fclose(reader->file);
    ZSTD_freeDCtx(reader->unpacker);
    free(reader->path);
    free(reader->packed);
    free(reader->plain);
    free(reader);
}

const char *memlog_reader_error(const struct memlog_reader *reader)
{
    return reader->error;
}

const struct memlog_header *memlog_header(const struct memlog_reader *reader)
{
    return &reader->header;
}

void memlog_progress(const struct memlog_reader *reader, uint64_t *done, uint64_t *total)
{
    *done = reader->done;
    *total = reader->total;
}

/* Chunks */

static int cut_off(struct memlog_reader *reader, uint64_t from)
{
    return fail(
        reader,
        "it is cut off at byte %llu: the program that wrote it was killed, or the disk was full; the records before are whole",
        (unsigned long long)from);
}

static int damaged(struct memlog_reader *reader)
{
    return fail(reader, "it is damaged before byte %llu", (unsigned long long)reader->done);
}

static int unpack(struct memlog_reader *reader, uint32_t packed, uint32_t plain)
{
    uint64_t from = reader->done - MEMLOG_FRAME_BYTES - MEMLOG_CHUNK_HEAD_BYTES;
    uint8_t *packed_bytes = realloc(reader->packed, packed);
    if (packed_bytes)
        reader->packed = packed_bytes;
    uint8_t *plain_bytes = realloc(reader->plain, plain);
    if (plain_bytes)
        reader->plain = plain_bytes;
    if (!packed_bytes || !plain_bytes)
        return fail(reader, "out of memory");
    if (!read_bytes(reader, packed_bytes, packed))
        return cut_off(reader, from);
    if (ZSTD_decompressDCtx(reader->unpacker, plain_bytes, plain, packed_bytes, packed) != plain)
        return damaged(reader);
    reader->at = plain_bytes;
    reader->end = plain_bytes + plain;
    return 1;
}

/* 0: the file ends here. */
static int next_chunk(struct memlog_reader *reader)
{
    uint8_t head[MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES];
    uint64_t from = reader->done;
    if (reader->at != reader->end)
        return damaged(reader);
    if (!read_bytes(reader, head, sizeof(head)))
        return reader->done == from ? 0 : cut_off(reader, from);
    const uint8_t *content = head + MEMLOG_FRAME_BYTES;
    uint32_t packed = get32(content), plain = get32(content + 4);
    if (get32(head) != MEMLOG_CHUNK_FRAME || get32(head + 4) != MEMLOG_CHUNK_HEAD_BYTES || !packed || !plain ||
        packed > MEMLOG_CHUNK_MAX || plain > MEMLOG_CHUNK_MAX)
        return damaged(reader);
    reader->left = get64(content + 16);
    return unpack(reader, packed, plain);
}

/* Accesses */

static uint64_t get_number(struct memlog_reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; reader->at < reader->end && shift < 64; shift += 7) {
        uint8_t byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail(reader, "it is damaged before byte %llu", (unsigned long long)reader->done);
    return 0;
}

static uint64_t get_next(struct memlog_reader *reader, uint64_t *last)
{
    *last += memlog_unfold(get_number(reader));
    return *last;
}

static void get_value(struct memlog_reader *reader, struct memlog_record *record)
{
    if ((size_t)(reader->end - reader->at) < record->size) {
        damaged(reader);
        return;
    }
    for (unsigned i = 0; i < record->size; i++)
        record->value |= (uint64_t)reader->at[i] << 8 * i;
    reader->at += record->size;
}

static int get_access(struct memlog_reader *reader, struct memlog_record *record)
{
    static const char letters[] = "rwxRW";
    struct memlog_last *last = &reader->last;
    unsigned first = *reader->at++, kind = first & MEMLOG_KIND;
    if (kind >= MEMLOG_KINDS)
        return damaged(reader);
    *record = (struct memlog_record){
        .kind = (uint8_t)letters[kind],
        .size = (uint8_t)((first >> MEMLOG_SIZE_SHIFT & MEMLOG_SIZE) + 1),
        .flags = (uint8_t)((first & MEMLOG_IO ? MEMLOG_RECORD_IO : 0) | (first & MEMLOG_UNKNOWN ? 0 : MEMLOG_VALUE_KNOWN)),
    };
    record->icount = get_next(reader, &last->icount);
    if (!memlog_is_dma(kind)) {
        record->flags |= MEMLOG_VIRT_KNOWN;
        record->pc = get_next(reader, &last->pc);
        record->virt = get_next(reader, &last->virt[kind]);
    }
    record->phys = get_next(reader, &last->phys[kind]) + record->virt;
    if (record->flags & MEMLOG_VALUE_KNOWN)
        get_value(reader, record);
    reader->left--;
    return reader->error[0] ? -1 : 1;
}

int memlog_next(struct memlog_reader *reader, struct memlog_record *record)
{
    if (reader->error[0])
        return -1;
    while (!reader->left) {
        int got = next_chunk(reader);
        if (got <= 0)
            return got;
    }
    return reader->at < reader->end ? get_access(reader, record) : damaged(reader);
}
