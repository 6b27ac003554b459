#include "tools/memlog/reader_internal.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int reader_fail(struct memlog_reader *reader, const char *format, ...)
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
    return reader_fail(reader, "this is not an access log");
}

static int read_ranges(struct memlog_reader *reader, unsigned nranges, unsigned length)
{
    assert(nranges <= MEMLOG_RANGES_MAX && length <= MEMLOG_FILTER_MAX);
    struct memlog_header *header = &reader->header;
    uint8_t range[MEMLOG_RANGE_BYTES];
    header->nram = nranges;
    for (unsigned i = 0; i < nranges; i++) {
        if (!read_bytes(reader, range, sizeof(range)))
            return reader_fail(reader, "it is cut off in its header");
        header->ram[i].first = get64(range);
        header->ram[i].last = get64(range + 8);
    }
    return read_bytes(reader, header->filter, length) ? 0 : reader_fail(reader, "it is cut off in its header");
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
        return reader_fail(reader, "its format is version %u, and this program reads version %u", (unsigned)header->version,
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
    if (!reader || !(reader->path = strdup(path)) || !(reader->unpacker = ZSTD_createDCtx()) || !memory_begin(reader)) {
        snprintf(error, room, "%s: out of memory", path);
        memlog_close(reader);
        return NULL;
    }
    reader->file = fopen(path, "rbe");
    if (!reader->file || fstat(fileno(reader->file), &status) != 0)
        reader_fail(reader, "%s", strerror(errno));
    else if (read_header(reader) == 0)
        reader->total = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    reader->entry_icount = reader->header.start_icount;
    reader->by_c = UINT64_MAX;
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
    free_definitions(reader);
    memory_free(&reader->memory);
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
    return reader_fail(
        reader,
        "it is cut off at byte %llu: the program that wrote it was killed, or the disk was full; the records before are whole",
        (unsigned long long)from);
}

int reader_damaged(struct memlog_reader *reader)
{
    return reader_fail(reader, "it is damaged before byte %llu", (unsigned long long)reader->done);
}

struct chunk {
    uint32_t packed, plain, events, definitions;
};

static int unpack(struct memlog_reader *reader, const struct chunk *chunk)
{
    assert((uint64_t)chunk->events + chunk->definitions <= chunk->plain);
    uint64_t from = reader->done - MEMLOG_FRAME_BYTES - MEMLOG_CHUNK_HEAD_BYTES;
    uint8_t *packed = realloc(reader->packed, chunk->packed);
    if (packed)
        reader->packed = packed;
    uint8_t *plain = realloc(reader->plain, chunk->plain);
    if (plain)
        reader->plain = plain;
    if (!packed || !plain)
        return reader_fail(reader, "out of memory");
    if (!read_bytes(reader, packed, chunk->packed))
        return cut_off(reader, from);
    if (ZSTD_decompressDCtx(reader->unpacker, plain, chunk->plain, packed, chunk->packed) != chunk->plain)
        return reader_damaged(reader);
    struct section definitions = {plain + chunk->plain - chunk->definitions, plain + chunk->plain};
    reader->events = (struct section){definitions.at - chunk->events, definitions.at};
    reader->entries = (struct section){plain, reader->events.at};
    return read_definitions(reader, &definitions) ? 1 : -1;
}

/* 0: the file ends here. */
static int next_chunk(struct memlog_reader *reader)
{
    uint8_t head[MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES];
    uint64_t from = reader->done;
    if (!read_bytes(reader, head, sizeof(head)))
        return reader->done == from ? 0 : cut_off(reader, from);
    const uint8_t *content = head + MEMLOG_FRAME_BYTES;
    const struct chunk chunk = {get32(content), get32(content + 4), get32(content + 16), get32(content + 20)};
    if (get32(head) != MEMLOG_CHUNK_FRAME || get32(head + 4) != MEMLOG_CHUNK_HEAD_BYTES || !chunk.packed || !chunk.plain ||
        chunk.packed > MEMLOG_CHUNK_MAX || chunk.plain > MEMLOG_CHUNK_MAX ||
        (uint64_t)chunk.events + chunk.definitions > chunk.plain)
        return reader_damaged(reader);
    return unpack(reader, &chunk);
}

/* Events */

uint8_t get_byte(struct memlog_reader *reader, struct section *section)
{
    if (section->at < section->end)
        return *section->at++;
    if (!reader->error[0])
        reader_damaged(reader);
    return 0;
}

uint64_t get_little(struct memlog_reader *reader, struct section *section, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)get_byte(reader, section) << 8 * i;
    return value;
}

uint64_t get_number(struct memlog_reader *reader, struct section *section)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = get_byte(reader, section);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    if (!reader->error[0])
        reader_damaged(reader);
    return 0;
}

void *room_for_one(struct memlog_reader *reader, void *array, size_t *room, size_t used, size_t element)
{
    assert(used <= *room);
    if (used < *room)
        return array;
    size_t wanted = *room ? *room * 2 : 1024;
    void *larger = realloc(array, wanted * element);
    if (larger)
        *room = wanted;
    else
        reader_fail(reader, "out of memory");
    return larger;
}

static uint64_t get_next(struct memlog_reader *reader, uint64_t *last)
{
    *last += memlog_unfold(get_number(reader, &reader->events));
    return *last;
}

static_assert(MEMLOG_SIZE + 1 <= sizeof(((struct memlog_record *)0)->value), "a value holds all bytes of an access");

/* The event's access; its icount is read. */
static void get_access(struct memlog_reader *reader, unsigned first)
{
    static const char letters[] = "rwxRW";
    static_assert(sizeof(letters) == MEMLOG_KINDS + 1, "a letter for each kind");
    struct memlog_record *record = &reader->event;
    struct memlog_last *last = &reader->last;
    unsigned kind = first & MEMLOG_KIND;
    *record = (struct memlog_record){
        .icount = last->icount,
        .kind = (uint8_t)letters[kind],
        .size = (uint8_t)((first >> MEMLOG_SIZE_SHIFT & MEMLOG_SIZE) + 1),
        .flags = (uint8_t)((first & MEMLOG_IO ? MEMLOG_RECORD_IO : 0) | (first & MEMLOG_UNKNOWN ? 0 : MEMLOG_VALUE_KNOWN)),
    };
    if (!memlog_is_dma(kind)) {
        record->flags |= MEMLOG_VIRT_KNOWN;
        record->pc = get_next(reader, &last->pc);
        record->virt = get_next(reader, &last->virt[kind]);
    }
    record->phys = get_next(reader, &last->phys[kind]) + record->virt;
    if (record->flags & MEMLOG_VALUE_KNOWN)
        record->value = get_little(reader, &reader->events, record->size);
}

/* Looks at the next event, if there is one; one that is no access stays unread but for its icount. */
static void look_at_event(struct memlog_reader *reader)
{
    struct section *section = &reader->events;
    if (reader->has_event || section->at == section->end)
        return;
    unsigned first = get_byte(reader, section), kind = first & MEMLOG_KIND;
    get_next(reader, &reader->last.icount);
    reader->has_event = true;
    reader->event_is_access = kind != MEMLOG_EVENT;
    reader->event.icount = reader->last.icount;
    reader->event.kind = (uint8_t)(first >> MEMLOG_SIZE_SHIFT);
    if (kind < MEMLOG_KINDS)
        get_access(reader, first);
    else if (kind != MEMLOG_EVENT)
        reader_damaged(reader);
}

/* True: it is an access, *record. */
static bool take_event(struct memlog_reader *reader, struct memlog_record *record)
{
    uint8_t bytes[8];
    reader->has_event = false;
    if (!reader->event_is_access) {
        memory_event(reader, (enum memlog_event)reader->event.kind, &reader->events);
        return false;
    }
    *record = reader->event;
    if (record->kind == 'r' || record->kind == 'w') {
        reader->by_c = record->icount;
        reader->by_c_value = record->value;
    }
    bytes_of_number(reader, record->value, bytes, record->size);
    if (record->kind == 'w' || record->kind == 'W')
        memory_write(&reader->memory, record->phys, bytes, record->size);
    return true;
}

/* The event that comes before the entry's next site, if there is one; without an entry any event does. */
static bool event_is_next(struct memlog_reader *reader, bool site)
{
    look_at_event(reader);
    return reader->has_event && (!site || reader->event.icount <= site_icount(&reader->entry));
}

/* 1: a record. 0: the chunk has no more. -1: error. */
static int next_of_chunk(struct memlog_reader *reader, struct memlog_record *record)
{
    struct entry *entry = &reader->entry;
    while (!reader->error[0]) {
        bool site = entry->site < entry->nsites || (next_entry(reader) && entry->nsites);
        if (event_is_next(reader, site)) {
            if (take_event(reader, record))
                return reader->error[0] ? -1 : 1;
        } else if (site && site_icount(entry) == reader->by_c) {
            pass_site(reader, reader->by_c_value);
        } else if (site) {
            return site_record(reader, record) ? 1 : -1;
        } else if (!reader->error[0]) {
            return 0;
        }
    }
    return -1;
}

int memlog_next(struct memlog_reader *reader, struct memlog_record *record)
{
    while (!reader->error[0]) {
        int got = next_of_chunk(reader, record);
        if (got)
            return got;
        got = next_chunk(reader);
        if (got <= 0)
            return got;
    }
    return -1;
}
