#include "gdbstub/outbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/hex.h"
#include "softmmu/log.h"

void outbuf_free(struct outbuf *out)
{
    free(out->bytes);
    *out = (struct outbuf){0};
}

void outbuf_clear(struct outbuf *out)
{
    out->start = out->end = 0;
}

static void grow(struct outbuf *out, size_t needed)
{
    assert(!out->bytes || needed > out->capacity);
    size_t capacity = out->capacity ? out->capacity : 1024;
    while (capacity < needed)
        capacity *= 2;
    uint8_t *bytes = realloc(out->bytes, capacity);
    if (!bytes) {
        report_error("out of memory in the gdb stub");
        exit(EXIT_FAILURE);
    }
    out->bytes = bytes;
    out->capacity = capacity;
}

uint8_t *outbuf_extend(struct outbuf *out, size_t n)
{
    assert(out->start <= out->end && out->end <= out->capacity);
    if (!out->bytes || out->end + n > out->capacity)
        grow(out, out->end + n);
    uint8_t *room = out->bytes + out->end;
    out->end += n;
    return room;
}

void outbuf_byte(struct outbuf *out, uint8_t byte)
{
    *outbuf_extend(out, 1) = byte;
}

void outbuf_bytes(struct outbuf *out, const void *bytes, size_t length)
{
    assert(bytes || !length);
    if (length)
        memcpy(outbuf_extend(out, length), bytes, length);
}

void outbuf_text(struct outbuf *out, const char *text)
{
    outbuf_bytes(out, text, strlen(text));
}

void outbuf_printf(struct outbuf *out, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert(length >= 0 && (size_t)length < sizeof(text));
    outbuf_bytes(out, text, (size_t)length);
}

void outbuf_hex(struct outbuf *out, const void *bytes, size_t length)
{
    hex_encode(outbuf_extend(out, 2 * length), bytes, length);
}

void outbuf_consume(struct outbuf *out, size_t n)
{
    assert(n <= outbuf_length(out));
    out->start += n;
    if (out->start == out->end)
        outbuf_clear(out);
}
