/* A growing buffer of bytes: bodies of replies, and what waits to be sent. All zeros is an empty buffer. */
#ifndef GDBSTUB_OUTBUF_H
#define GDBSTUB_OUTBUF_H

#include "softmmu/base.h"

struct outbuf {
    uint8_t *bytes;
    size_t start, end; /* what is in it: bytes[start .. end-1] */
    size_t capacity;
};

void outbuf_free(struct outbuf *out);
void outbuf_clear(struct outbuf *out);
/* Room for n more bytes, which are then part of the buffer; valid until the next call. */
uint8_t *outbuf_extend(struct outbuf *out, size_t n);
void outbuf_byte(struct outbuf *out, uint8_t byte);
void outbuf_bytes(struct outbuf *out, const void *bytes, size_t length);
void outbuf_text(struct outbuf *out, const char *text);
/* At most 255 characters a call. */
void outbuf_printf(struct outbuf *out, const char *format, ...) PRINTF_LIKE(2, 3);
/* Two lower-case digits a byte. */
void outbuf_hex(struct outbuf *out, const void *bytes, size_t length);
/* Drops n bytes from the front. */
void outbuf_consume(struct outbuf *out, size_t n);

static inline size_t outbuf_length(const struct outbuf *out)
{
    return out->end - out->start;
}

static inline const uint8_t *outbuf_data(const struct outbuf *out)
{
    return out->bytes ? out->bytes + out->start : NULL;
}

#endif
