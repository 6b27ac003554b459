/*
 * Numbers, texts and bytes to and from a compressed file.
 *
 * The file is a sequence of zstd frames (RFC 8878), so that `zstd -t` checks it and `zstd -d` unpacks it: first a skippable frame that
 * says what it is, 16 bytes: "stakeout", the format's version and a 0 (u32 each); then one frame with a checksum, which has all the
 * rest. Numbers are little-endian and as wide as their names say; a text is a u32 length and its bytes, without an end.
 *
 * Errors stick: after the first one nothing is written and zeros are read, so that callers need to look only now and then. A file
 * is read twice: once to compare its checksum, before any of its bytes are believed.
 */
#ifndef SOFTMMU_STREAM_H
#define SOFTMMU_STREAM_H

#include "softmmu/base.h"

struct stream;

#define STREAM_TEXT_MAX 65536

/* Called every MiB or so of a file that is read. */
typedef void stream_progress_fn(void *opaque, unsigned percent);

/*
 * Writes to PATH.part; size: bytes that will be put, roughly. Never NULL: a file that cannot be opened is an error like others. One that
 * exists already is replaced by stream_commit(), at once and whole.
 */
struct stream *stream_create(const char *path, uint32_t version, uint64_t size);
/* The file is complete and on disk under its own name; false if there was an error. */
bool stream_commit(struct stream *stream);
/* Never NULL likewise; progress may be. A file that is foreign, damaged, cut off, or of a later version than `version` is an error. */
struct stream *stream_open(const char *path, uint32_t version, stream_progress_fn *progress, void *opaque);
/* What was not committed is gone. */
void stream_free(struct stream *stream);
/* How much is done. */
unsigned stream_percent(const struct stream *stream);
bool stream_good(const struct stream *stream);
/* The caller's reason why this cannot go on; returns false. The first reason counts. */
bool stream_refuse(struct stream *stream, const char *format, ...) PRINTF_LIKE(2, 3);
/* Why it is not good: a line that begins with the path. */
const char *stream_error(const struct stream *stream);

void stream_put(struct stream *stream, const void *bytes, size_t length);
void stream_put_u8(struct stream *stream, uint8_t value);
void stream_put_u32(struct stream *stream, uint32_t value);
void stream_put_u64(struct stream *stream, uint64_t value);
/* NULL is written as "", the longest are cut. */
void stream_put_text(struct stream *stream, const char *text);

bool stream_get(struct stream *stream, void *bytes, size_t length);
uint8_t stream_get_u8(struct stream *stream);
uint32_t stream_get_u32(struct stream *stream);
uint64_t stream_get_u64(struct stream *stream);
/* To be given back with free(); never NULL. */
char *stream_get_text(struct stream *stream);
/* `length` bytes to be given back with free(), or NULL after an error. Takes no more memory than the file has bytes for. */
uint8_t *stream_get_bytes(struct stream *stream, size_t length);
/* All was read, nothing is left over; else that is an error. */
bool stream_end_reached(struct stream *stream);

#endif
