#include "softmmu/memlog.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"
#include "softmmu/tlb.h"

/* A chunk that fits the host's second cache, packed at a level that keeps up with generated code. */
enum { CHUNK = 256 << 10, LEVEL = -1, FETCHES = 2 };

struct memlog {
    struct memlog_filter filter;
    char *path;
    int fd;
    uint64_t bytes, accesses; /* bytes: of whole chunks on disk */
    bool paused, failed;
    char error[512];
    ZSTD_CCtx *packer;
    struct memlog_last last;
    uint64_t first_icount, chunk_accesses; /* of the chunk */
    struct memlog_access fetches[FETCHES]; /* of the unit under way */
    unsigned nfetches;
    size_t used, packed_room;
    uint8_t *packed;
    uint8_t plain[CHUNK + MEMLOG_ACCESS_MAX];
};

static uint8_t *put32(uint8_t *to, uint32_t value)
{
    value = htole32(value);
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

static uint8_t *put64(uint8_t *to, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

/* Seven bits a byte, the lowest first; all bytes but the last have the top bit set. */
static uint8_t *put_number(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
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
    to = put64(to, machine->clock->icount);
    to = put32(to, nranges);
    to = put32(to, length);
    for (unsigned i = 0; i < nranges; i++)
        to = put64(put64(to, ranges[i].first), ranges[i].last);
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
    log->packed_room = ZSTD_compressBound(sizeof(log->plain)) + MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES;
    log->packed = alloc_zeroed(log->packed_room);
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
    free(log->packed);
    free(log);
}

const char *memlog_error(const struct memlog *log)
{
    return log->error[0] ? log->error : NULL;
}

struct memlog_totals memlog_totals(const struct memlog *log)
{
    return (struct memlog_totals){log->accesses, log->bytes};
}

/* Chunks */

static void write_chunk(struct memlog *log)
{
    const size_t head = MEMLOG_FRAME_BYTES + MEMLOG_CHUNK_HEAD_BYTES;
    if (!log->used || log->failed)
        return;
    size_t length = ZSTD_compress2(log->packer, log->packed + head, log->packed_room - head, log->plain, log->used);
    assert(!ZSTD_isError(length));
    uint8_t *to = put32(put32(log->packed, MEMLOG_CHUNK_FRAME), MEMLOG_CHUNK_HEAD_BYTES);
    to = put32(put32(to, (uint32_t)length), (uint32_t)log->used);
    put64(put64(to, log->first_icount), log->chunk_accesses);
    log->used = 0;
    log->chunk_accesses = 0;
    write_out(log, log->packed, head + length);
}

static void put_access(struct memlog *log, const struct memlog_access *access)
{
    struct memlog_last *last = &log->last;
    uint8_t *to = log->plain + log->used;
    unsigned kind = access->kind;
    bool dma = memlog_is_dma(kind);
    uint64_t phys = access->phys - (dma ? 0 : access->virt);
    if (!log->used)
        log->first_icount = access->icount;
    *to++ = (uint8_t)(kind | (access->size - 1u) << MEMLOG_SIZE_SHIFT | (access->io ? MEMLOG_IO : 0) |
                      (access->known ? 0 : MEMLOG_UNKNOWN));
    to = put_number(to, memlog_fold(access->icount - last->icount));
    if (!dma) {
        to = put_number(to, memlog_fold(access->pc - last->pc));
        to = put_number(to, memlog_fold(access->virt - last->virt[kind]));
        last->pc = access->pc;
        last->virt[kind] = access->virt;
    }
    to = put_number(to, memlog_fold(phys - last->phys[kind]));
    last->icount = access->icount;
    last->phys[kind] = phys;
    put64(to, access->value);
    to += access->known ? access->size : 0;
    log->used = (size_t)(to - log->plain);
    log->accesses++;
    log->chunk_accesses++;
    if (log->used >= CHUNK)
        write_chunk(log);
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
    if (wants(log, access) && log->nfetches < FETCHES)
        log->fetches[log->nfetches++] = *access;
}

void memlog_unit_left(struct memlog *log)
{
    log->nfetches = 0;
}

void memlog_flush(struct memlog *log)
{
    put_fetches(log);
    write_chunk(log);
}

void memlog_pause(struct memlog *log, bool pause)
{
    if (pause && !log->paused)
        put_fetches(log);
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
