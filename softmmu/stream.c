#include "softmmu/stream.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "softmmu/alloc.h"

/* Level 3 keeps up with a disk. A long window finds a page's earlier copies, and an image in memory beside itself. */
enum { LEVEL = 3, WINDOW_LOG_MIN = 17, WINDOW_LOG_MAX = 27 };
enum { BUFFER = 256 << 10, PROGRESS_BYTES = 1 << 20 };

static const char magic[8] = {'s', 't', 'a', 'k', 'e', 'o', 'u', 't'};
#define SKIPPABLE_FRAME 0x184d2a50u

struct header {
    uint32_t frame, size;
    char magic[sizeof(magic)];
    uint32_t version, zero;
};
static_assert(sizeof(struct header) == 24, "no padding");

struct stream {
    char *path, *part; /* part: writing, what the file is called until it is complete */
    int fd;            /* -1: closed */
    ZSTD_CCtx *compressor;
    ZSTD_DCtx *decompressor;
    bool ended; /* reading: the frame's end was reached, its checksum right */
    char error[512];
    uint64_t done, total, told; /* for the progress: writing, bytes put; reading, bytes of the file */
    stream_progress_fn *progress;
    void *opaque;
    size_t packed_at, packed_length; /* of the compressed bytes: read, not yet unpacked */
    size_t plain_at, plain_length;   /* of the plain ones: put, not yet packed; or unpacked, not yet got */
    uint8_t packed[BUFFER], plain[BUFFER];
};

static struct stream *stream_new(const char *path)
{
    struct stream *stream = alloc_zeroed(sizeof(*stream));
    stream->path = alloc_checked(strdup(path));
    stream->fd = -1;
    return stream;
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->fd >= 0) {
        close(stream->fd);
        if (stream->part)
            unlink(stream->part);
    }
    ZSTD_freeCCtx(stream->compressor);
    ZSTD_freeDCtx(stream->decompressor);
    free(stream->path);
    free(stream->part);
    free(stream);
}

/* Errors */

bool stream_good(const struct stream *stream)
{
    return !stream->error[0];
}

const char *stream_error(const struct stream *stream)
{
    assert(!stream_good(stream));
    return stream->error;
}

bool stream_refuse(struct stream *stream, const char *format, ...)
{
    char why[256];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    if (stream_good(stream))
        snprintf(stream->error, sizeof(stream->error), "%.250s: %s", stream->path, why);
    return false;
}

unsigned stream_percent(const struct stream *stream)
{
    return stream->total ? (unsigned)min_u64(stream->done * 100 / stream->total, 99) : 0;
}

/* Writing */

static void write_out(struct stream *stream, const void *bytes, size_t length)
{
    for (size_t done = 0; done < length && stream_good(stream);) {
        ssize_t wrote = write(stream->fd, (const uint8_t *)bytes + done, length - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            stream_refuse(stream, "%s", strerror(errno));
    }
}

/* A name whose file is something else than a file (a folder, a terminal) is not replaced. */
static void open_part(struct stream *stream)
{
    struct stat status;
    size_t size = strlen(stream->path) + sizeof(".part");
    stream->part = alloc_zeroed(size);
    snprintf(stream->part, size, "%s.part", stream->path);
    if (stat(stream->path, &status) == 0 && !S_ISREG(status.st_mode)) {
        stream_refuse(stream, "it exists, and is not a file");
        return;
    }
    stream->fd = open(stream->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (stream->fd < 0)
        stream_refuse(stream, "%s", strerror(errno));
}

static int window_log(uint64_t size)
{
    int log = WINDOW_LOG_MIN;
    while (log < WINDOW_LOG_MAX && size >> log)
        log++;
    return log;
}

struct stream *stream_create(const char *path, uint32_t version, uint64_t size)
{
    assert(version); /* 0 is refused when it is read */
    struct stream *stream = stream_new(path);
    struct header header = {htole32(SKIPPABLE_FRAME), htole32(sizeof(header) - 8), "", htole32(version), 0};
    memcpy(header.magic, magic, sizeof(magic));
    stream->total = size;
    stream->compressor = alloc_checked(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_checksumFlag, 1);
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_windowLog, window_log(size));
    open_part(stream);
    write_out(stream, &header, sizeof(header));
    return stream;
}

static void pack(struct stream *stream, ZSTD_EndDirective how)
{
    assert(stream->plain_length <= BUFFER);
    ZSTD_inBuffer in = {stream->plain, stream->plain_length, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {stream->packed, BUFFER, 0};
        left = ZSTD_compressStream2(stream->compressor, &out, &in, how);
        if (ZSTD_isError(left))
            stream_refuse(stream, "it cannot be compressed: %s", ZSTD_getErrorName(left));
        write_out(stream, stream->packed, out.pos);
    } while (stream_good(stream) && (in.pos < in.size || (how == ZSTD_e_end && left)));
    stream->done += stream->plain_length;
    stream->plain_length = 0;
}

void stream_put(struct stream *stream, const void *bytes, size_t length)
{
    assert(stream->compressor);
    for (const uint8_t *from = bytes; length && stream_good(stream);) {
        size_t part = (size_t)min_u64(length, BUFFER - stream->plain_length);
        memcpy(stream->plain + stream->plain_length, from, part);
        stream->plain_length += part;
        from += part;
        length -= part;
        if (stream->plain_length == BUFFER)
            pack(stream, ZSTD_e_continue);
    }
}

void stream_put_u8(struct stream *stream, uint8_t value)
{
    stream_put(stream, &value, sizeof(value));
}

void stream_put_u32(struct stream *stream, uint32_t value)
{
    value = htole32(value);
    stream_put(stream, &value, sizeof(value));
}

void stream_put_u64(struct stream *stream, uint64_t value)
{
    value = htole64(value);
    stream_put(stream, &value, sizeof(value));
}

void stream_put_text(struct stream *stream, const char *text)
{
    size_t length = text ? strnlen(text, STREAM_TEXT_MAX) : 0;
    stream_put_u32(stream, (uint32_t)length);
    stream_put(stream, text, length);
}

/* The name is not on disk before its folder is. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = alloc_checked(slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("."));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

bool stream_commit(struct stream *stream)
{
    assert(stream->compressor);
    assert(stream->fd >= 0 || !stream_good(stream));
    if (stream_good(stream))
        pack(stream, ZSTD_e_end);
    if (stream_good(stream) && (fsync(stream->fd) < 0 || rename(stream->part, stream->path) < 0))
        stream_refuse(stream, "%s", strerror(errno));
    if (!stream_good(stream))
        return false;
    close(stream->fd);
    stream->fd = -1;
    sync_folder(stream->path);
    return true;
}

/* Reading */

/* More compressed bytes; false at the file's end and after an error. */
static bool read_in(struct stream *stream)
{
    assert(stream->packed_at == stream->packed_length);
    ssize_t length;
    do
        length = read(stream->fd, stream->packed, BUFFER);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        stream_refuse(stream, "%s", strerror(errno));
    stream->packed_at = 0;
    stream->packed_length = length < 0 ? 0 : (size_t)length;
    stream->done += stream->packed_length;
    if (stream->progress && stream->done - stream->told >= PROGRESS_BYTES) {
        stream->told = stream->done;
        stream->progress(stream->opaque, stream_percent(stream));
    }
    return stream_good(stream) && stream->packed_length;
}

static bool open_file(struct stream *stream)
{
    struct stat status;
    stream->fd = open(stream->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (stream->fd < 0 || fstat(stream->fd, &status) < 0)
        return stream_refuse(stream, "%s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        return stream_refuse(stream, "not a file");
    stream->total = 2 * (uint64_t)status.st_size;
    return true;
}

static bool check_header(struct stream *stream, uint32_t version)
{
    struct header header = {0};
    if (!read_in(stream))
        return stream_refuse(stream, "the file is empty");
    size_t length = (size_t)min_u64(stream->packed_length, sizeof(header));
    memcpy(&header, stream->packed, length);
    stream->packed_at = sizeof(header);
    bool ours = le32toh(header.frame) == SKIPPABLE_FRAME && memcmp(header.magic, magic, sizeof(magic)) == 0;
    if (!ours)
        return stream_refuse(stream, "not a machine that stakeout has saved");
    if (length < sizeof(header))
        return stream_refuse(stream, "the file is cut off");
    if (le32toh(header.size) != sizeof(header) - 8 || header.zero || !header.version)
        return stream_refuse(stream, "the file is damaged");
    if (le32toh(header.version) > version)
        return stream_refuse(stream, "saved by a later stakeout: format %u is not known here", le32toh(header.version));
    return true;
}

/* More plain bytes; false at the end and after an error. */
static bool unpack(struct stream *stream)
{
    stream->plain_at = stream->plain_length = 0;
    while (!stream->plain_length && !stream->ended) {
        if (stream->packed_at == stream->packed_length && !read_in(stream))
            return stream_refuse(stream, "the file is cut off");
        ZSTD_inBuffer in = {stream->packed, stream->packed_length, stream->packed_at};
        ZSTD_outBuffer out = {stream->plain, BUFFER, 0};
        size_t left = ZSTD_decompressStream(stream->decompressor, &out, &in);
        if (ZSTD_isError(left))
            return stream_refuse(stream, "the file is damaged");
        stream->packed_at = in.pos;
        stream->plain_length = out.pos;
        stream->ended = left == 0;
    }
    return stream->plain_length;
}

static bool check_all(struct stream *stream)
{
    while (unpack(stream))
        ;
    bool more = stream_good(stream) && (stream->packed_at < stream->packed_length || read_in(stream));
    return more ? stream_refuse(stream, "the file is damaged: it goes on behind its end") : stream_good(stream);
}

static void rewind_file(struct stream *stream)
{
    if (lseek(stream->fd, sizeof(struct header), SEEK_SET) < 0)
        stream_refuse(stream, "%s", strerror(errno));
    ZSTD_DCtx_reset(stream->decompressor, ZSTD_reset_session_only);
    stream->ended = false;
    stream->packed_at = stream->packed_length = stream->plain_at = stream->plain_length = 0;
}

struct stream *stream_open(const char *path, uint32_t version, stream_progress_fn *progress, void *opaque)
{
    struct stream *stream = stream_new(path);
    stream->progress = progress;
    stream->opaque = opaque;
    stream->decompressor = alloc_checked(ZSTD_createDCtx());
    if (open_file(stream) && check_header(stream, version) && check_all(stream))
        rewind_file(stream);
    return stream;
}

bool stream_get(struct stream *stream, void *bytes, size_t length)
{
    assert(stream->decompressor);
    uint8_t *to = bytes;
    while (length && stream_good(stream)) {
        if (stream->plain_at == stream->plain_length && !unpack(stream)) {
            stream_refuse(stream, "the file makes no sense: it ends too early");
            break;
        }
        size_t part = (size_t)min_u64(length, stream->plain_length - stream->plain_at);
        assert(part);
        memcpy(to, stream->plain + stream->plain_at, part);
        stream->plain_at += part;
        to += part;
        length -= part;
    }
    memset(to, 0, length);
    return stream_good(stream);
}

uint8_t stream_get_u8(struct stream *stream)
{
    uint8_t value;
    stream_get(stream, &value, sizeof(value));
    return value;
}

uint32_t stream_get_u32(struct stream *stream)
{
    uint32_t value;
    stream_get(stream, &value, sizeof(value));
    return le32toh(value);
}

uint64_t stream_get_u64(struct stream *stream)
{
    uint64_t value;
    stream_get(stream, &value, sizeof(value));
    return le64toh(value);
}

/* As the bytes come in, so that a wrong length takes no memory. */
uint8_t *stream_get_bytes(struct stream *stream, size_t length)
{
    uint8_t *bytes = NULL;
    size_t capacity = 0, done = 0;
    do {
        size_t part = (size_t)min_u64(length - done, PROGRESS_BYTES);
        bytes = alloc_room(bytes, &capacity, done + part + 1, 1);
        stream_get(stream, bytes + done, part);
        done += part;
    } while (done < length && stream_good(stream));
    if (stream_good(stream))
        return bytes;
    free(bytes);
    return NULL;
}

char *stream_get_text(struct stream *stream)
{
    uint32_t length = stream_get_u32(stream);
    if (length > STREAM_TEXT_MAX)
        stream_refuse(stream, "the file makes no sense: a text of %u bytes", length);
    char *text = stream_good(stream) ? (char *)stream_get_bytes(stream, length) : NULL;
    if (!text)
        return alloc_zeroed(1);
    text[length] = '\0';
    return text;
}

bool stream_end_reached(struct stream *stream)
{
    assert(stream->decompressor);
    bool left_over = stream_good(stream) && (stream->plain_at < stream->plain_length || unpack(stream));
    return left_over ? stream_refuse(stream, "the file makes no sense: it goes on after its end") : stream_good(stream);
}
