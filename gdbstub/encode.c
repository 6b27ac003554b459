#include "gdbstub/encode.h"

#include "gdbstub/hex.h"

enum { REPEAT_BASE = 29, REPEAT_MIN = 3, REPEAT_MAX = 126 - REPEAT_BASE };

static bool must_escape(uint8_t byte)
{
    return byte == '#' || byte == '$' || byte == '}' || byte == '*';
}

/* How many equal bytes follow the first, as far as one count can say. */
static size_t repeats(const uint8_t *body, size_t length)
{
    size_t n = 0;
    while (n + 1 < length && n < REPEAT_MAX && body[n + 1] == body[0])
        n++;
    if (n + REPEAT_BASE == '#' || n + REPEAT_BASE == '$') /* would read as the frame's own characters */
        n = '#' - REPEAT_BASE - 1;
    return n;
}

/* One byte or run; the number of body bytes done. Escaped bytes are not repeated: clients differ in what comes first. */
static size_t encode_run(struct outbuf *wire, const uint8_t *body, size_t length, bool run_length)
{
    assert(length);
    if (must_escape(body[0])) {
        outbuf_byte(wire, '}');
        outbuf_byte(wire, body[0] ^ 0x20);
        return 1;
    }
    outbuf_byte(wire, body[0]);
    if (!run_length || length <= REPEAT_MIN || body[1] != body[0])
        return 1;
    size_t n = repeats(body, length);
    if (n < REPEAT_MIN)
        return 1;
    assert(n <= REPEAT_MAX && n + REPEAT_BASE != '#' && n + REPEAT_BASE != '$');
    outbuf_byte(wire, '*');
    outbuf_byte(wire, (uint8_t)(n + REPEAT_BASE));
    return n + 1;
}

void encode_packet(struct outbuf *wire, const uint8_t *body, size_t length, bool run_length)
{
    outbuf_byte(wire, '$');
    size_t first = outbuf_length(wire);
    for (size_t done = 0; done < length;)
        done += encode_run(wire, body + done, length - done, run_length);
    uint8_t sum = 0;
    for (size_t i = first; i < outbuf_length(wire); i++)
        sum = (uint8_t)(sum + outbuf_data(wire)[i]);
    outbuf_byte(wire, '#');
    outbuf_hex(wire, &sum, 1);
}
