#include "softmmu/memlog_internal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"
#include "softmmu/tlb.h"

/* A chunk that fits the host's second cache, packed at a level that keeps up with generated code. */
enum { CHUNK = 256 << 10, LEVEL = -20 };
/* More than the code cache holds at once; with them the log has some 100 MiB of memory. */
enum { MOST_BLOCKS = 1 << 18 };

static uint8_t *put32(uint8_t *to, uint32_t value)
{
    value = htole32(value);
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

uint8_t *memlog_put64(uint8_t *to, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

uint8_t *memlog_room(struct memlog_bytes *bytes, size_t more)
{
    bytes->bytes = alloc_room(bytes->bytes, &bytes->capacity, bytes->used + more, 1);
    return bytes->bytes + bytes->used;
}

/* The file ends with its last whole chunk. */
static void give_up(struct memlog *log)
{
    snprintf(log->error, sizeof(log->error), "%.250s: %s", log->path, strerror(errno));
    log->failed = true;
    if (ftruncate(log->fd, (off_t)log->bytes) != 0) /* a pipe: there is nothing to cut */
        errno = 0;
    close(log->fd);
    log->fd = -1;
}

static void write_out(struct memlog *log, const uint8_t *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(log->fd, bytes + done, length - done);
        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno != EINTR) {
            give_up(log);
            return;
        }
    }
    log->bytes += length;
}

static unsigned ram_ranges(const struct machine *machine, struct memlog_range *ranges)
{
    unsigned count = 0;
    const uint64_t end = UINT64_C(1) << 32;
    struct phys_place place;
    for (uint64_t at = 0; at < end && count < MEMLOG_RANGES_MAX; at += place.length) {
        place = physmap_find(machine->phys, at);
        if (place.region && place.region->kind == REGION_RAM)
            ranges[count++] = (struct memlog_range){at, at + place.length - 1};
        if (!place.length || place.length > end)
            break;
    }
    return count;
}

static void write_header(struct memlog *log, const struct machine *machine)
{
    uint8_t header[MEMLOG_FRAME_BYTES + MEMLOG_HEADER_BYTES + MEMLOG_RANGES_MAX * MEMLOG_RANGE_BYTES + MEMLOG_FILTER_MAX];
    struct memlog_range ranges[MEMLOG_RANGES_MAX];
    unsigned nranges = ram_ranges(machine, ranges), length = (unsigned)strlen(log->filter.text);
    uint8_t *to = put32(header, MEMLOG_HEADER_FRAME);
    to = put32(to, MEMLOG_HEADER_BYTES + nranges * MEMLOG_RANGE_BYTES + length);
    memcpy(to, MEMLOG_MAGIC, strlen(MEMLOG_MAGIC));
    to = put32(to + strlen(MEMLOG_MAGIC), MEMLOG_VERSION);
    to = put32(to, machine->big_endian ? MEMLOG_BIG_ENDIAN : 0);
    to = put32(to, GUEST_PAGE);
    to = put32(to, 1);
    to = memlog_put64(to, machine->clock->icount);
    to = put32(to, nranges);
    to = put32(to, length);
    for (unsigned i = 0; i < nranges; i++)
        to = memlog_put64(memlog_put64(to, ranges[i].first), ranges[i].last);
    memcpy(to, log->filter.text, length);
    write_out(log, header, (size_t)(to - header) + length);
}

struct memlog *memlog_new(const char *path, const struct machine *machine, const struct memlog_filter *filter, char *error,
                          size_t room)
{
    struct memlog *log = alloc_zeroed(sizeof(*log));
    log->filter = *filter;
    log->path = alloc_checked(strdup(path));
    log->packer = alloc_checked(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(log->packer, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(log->packer, ZSTD_c_checksumFlag, 1);
    log->since = log->entry_icount = machine->clock->icount;
    memlog_set_most_blocks(log, MOST_BLOCKS);
    log->known_bytes = arena_page_count(machine->arena) / 8 + 1;
    log->known = alloc_zeroed(log->known_bytes);
    log->framed = alloc_zeroed((size_t)1 << (32 - MEMLOG_PAGE_BITS - 3));
    log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log->fd < 0)
        snprintf(log->error, sizeof(log->error), "%.250s: %s", path, strerror(errno));
    else
        write_header(log, machine);
    if (!memlog_error(log))
        return log;
    snprintf(error, room, "%s", memlog_error(log));
    memlog_free(log);
    return NULL;
}

void memlog_free(struct memlog *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    ZSTD_freeCCtx(log->packer);
    free(log->path);
    free(log->packed.bytes);
    free(log->entries.bytes);
    free(log->events.bytes);
    free(log->definitions.bytes);
    free(log->ring_memory);
    memlog_forget_blocks(log);
    free(log->blocks);
    free(log->exits);
    free(log->known);
    free(log->framed);
    free(log);
}

const char *memlog_error(const struct memlog *log)
{
    return log->error[0] ? log->error : NULL;
}

uint64_t memlog_added(const struct memlog *log)
{
    return log->added;
}

uint64_t memlog_size(const struct memlog *log)
{
    return log->bytes;
}

/* Chunks */

/* Behind the entries, which are the most by far. */
static void append(struct memlog_bytes *to, struct memlog_bytes *from)
{
    if (!from->used)
        return;
    memcpy(memlog_room(to, from->used), from->bytes, from->used);
    to->used += from->used;
    from->used = 0;
}

void memlog_write_chunk(struct memlog *log)
{
    const size_t head = MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES;
    uint32_t events = (uint32_t)log->events.used, definitions = (uint32_t)log->definitions.used;
    append(&log->entries, &log->events);
    append(&log->entries, &log->definitions);
    size_t plain = log->entries.used, room = head + ZSTD_compressBound(plain);
    log->entries.used = 0;
    if (!plain || log->failed)
        return;
    uint8_t *to = memlog_room(&log->packed, room);
    size_t length = ZSTD_compress2(log->packer, to + head, room - head, log->entries.bytes, plain);
    assert(!ZSTD_isError(length));
    to = put32(put32(to, MEMLOG_CHUNK_FRAME), MEMLOG_CHUNK_HEAD_BYTES);
    to = put32(put32(to, (uint32_t)length), (uint32_t)plain);
    put32(put32(memlog_put64(to, log->first_icount), events), definitions);
    write_out(log, log->packed.bytes, head + length);
}

static void put_access(struct memlog *log, const struct memlog_access *access)
{
    struct memlog_last *last = &log->last;
    uint8_t *start = memlog_room(&log->events, MEMLOG_ACCESS_MAX), *to = start;
    unsigned kind = access->kind;
    bool dma = memlog_is_dma(kind);
    uint64_t phys = access->phys - (dma ? 0 : access->virt);
    if (!log->events.used && !log->entries.used)
        log->first_icount = access->icount;
    *to++ = (uint8_t)(kind | (access->size - 1u) << MEMLOG_SIZE_SHIFT | (access->io ? MEMLOG_IO : 0) |
                      (access->known ? 0 : MEMLOG_UNKNOWN));
    to = memlog_put_number(to, memlog_fold(access->icount - last->icount));
    if (!dma) {
        to = memlog_put_number(to, memlog_fold(access->pc - last->pc));
        to = memlog_put_number(to, memlog_fold(access->virt - last->virt[kind]));
        last->pc = access->pc;
        last->virt[kind] = access->virt;
    }
    to = memlog_put_number(to, memlog_fold(phys - last->phys[kind]));
    last->icount = access->icount;
    last->phys[kind] = phys;
    memlog_put64(to, access->value);
    to += access->known ? access->size : 0;
    log->events.used += (size_t)(to - start);
    log->added++;
    if (!log->ring && log->events.used >= CHUNK)
        memlog_write_chunk(log);
}

/* Filter */

static bool meets(const struct memlog_range *range, uint64_t first, uint64_t length)
{
    return first <= range->last && first + length - 1 >= range->first;
}

static bool is_all(const struct memlog_range *range)
{
    return range->first == 0 && range->last == UINT64_MAX;
}

bool memlog_wants_kind(const struct memlog *log, enum memlog_kind kind)
{
    return !log->failed && log->filter.kinds >> kind & 1;
}

bool memlog_is_plain(const struct memlog *log)
{
    const struct memlog_filter *filter = &log->filter;
    unsigned data = 1u << MEMLOG_LOAD | 1u << MEMLOG_STORE;
    return (filter->kinds & data) == data && !(filter->kinds >> MEMLOG_FETCH & 1) && is_all(&filter->phys) &&
           is_all(&filter->virt) && is_all(&filter->pc) && is_all(&filter->when);
}

bool memlog_is_near(const struct memlog *log, uint64_t icount, uint64_t distance)
{
    return meets(&log->filter.when, icount, distance);
}

bool memlog_wants_page(const struct memlog *log, enum memlog_kind kind, uint32_t virt, uint64_t phys)
{
    return memlog_wants_kind(log, kind) && meets(&log->filter.virt, virt, GUEST_PAGE) &&
           meets(&log->filter.phys, phys, GUEST_PAGE);
}

static bool wants(const struct memlog *log, const struct memlog_access *access)
{
    const struct memlog_filter *filter = &log->filter;
    if (log->paused || !memlog_wants_kind(log, (enum memlog_kind)access->kind) || !meets(&filter->when, access->icount, 1) ||
        !meets(&filter->phys, access->phys, access->size))
        return false;
    if (memlog_is_dma(access->kind))
        return is_all(&filter->virt) && is_all(&filter->pc);
    return meets(&filter->virt, access->virt, access->size) && meets(&filter->pc, access->pc, 1);
}

/* Accesses */

static void put_fetches(struct memlog *log)
{
    for (unsigned i = 0; i < log->nfetches; i++)
        put_access(log, &log->fetches[i]);
    log->nfetches = 0;
}

void memlog_add(struct memlog *log, const struct memlog_access *access)
{
    if (!wants(log, access))
        return;
    put_fetches(log);
    put_access(log, access);
}

void memlog_add_fetch(struct memlog *log, const struct memlog_access *access)
{
    if (log->nfetches && log->fetches[0].icount != access->icount)
        put_fetches(log);
    if (wants(log, access) && log->nfetches < MEMLOG_FETCHES)
        log->fetches[log->nfetches++] = *access;
}

void memlog_unit_left(struct memlog *log)
{
    log->nfetches = 0;
}

void memlog_flush(struct memlog *log)
{
    put_fetches(log);
    memlog_drain(log);
    memlog_write_chunk(log);
}

void memlog_pause(struct memlog *log, bool pause)
{
    if (pause && !log->paused)
        memlog_flush(log);
    log->paused = pause;
}

bool memlog_end(struct memlog *log)
{
    memlog_flush(log);
    if (log->fd >= 0 && close(log->fd) != 0 && !log->failed) {
        log->failed = true;
        snprintf(log->error, sizeof(log->error), "%.250s: %s", log->path, strerror(errno));
    }
    log->fd = -1;
    return !log->failed;
}
