/* m M x X qCRC qSearch: guest memory. Long reads are cut to one transfer; the client asks for the rest. */
#include <inttypes.h>
#include <string.h>

#include "gdbstub/hex.h"
#include "gdbstub/packets.h"

/* A client may ask for the whole address space; beyond this it would wait for minutes. */
#define SCAN_MAX (UINT64_C(1) << 30)

/* How much of it could be read into session->memory. */
static size_t read_some(struct session *session, uint64_t address, uint64_t length)
{
    size_t wanted = (size_t)min_u64(length, SESSION_TRANSFER);
    size_t done = session->ops->read_memory(session->vm, address, session->memory, wanted);
    assert(done <= wanted);
    return done;
}

static int unreadable(struct session *session, uint64_t address)
{
    return session_fail(session, "cannot read memory at 0x%" PRIx64, address);
}

int rsp_memory_read(struct session *session, const struct args *args, struct outbuf *out)
{
    size_t done = read_some(session, args->number[0], args->number[1]);
    if (!done && args->number[1])
        return unreadable(session, args->number[0]);
    outbuf_hex(out, session->memory, done);
    return REPLY_DATA;
}

/* lldb before 20 asks with length 0 whether there is x, and then reads answers without the 'b' that gdb expects. */
int rsp_memory_read_binary(struct session *session, const struct args *args, struct outbuf *out)
{
    if (!args->number[1]) {
        session->client.bare_binary = true;
        return REPLY_OK;
    }
    size_t done = read_some(session, args->number[0], args->number[1]);
    if (!done)
        return unreadable(session, args->number[0]);
    if (!session->client.bare_binary)
        outbuf_byte(out, 'b');
    outbuf_bytes(out, session->memory, done);
    return REPLY_DATA;
}

static int write_bytes(struct session *session, uint64_t address, const uint8_t *bytes, size_t length)
{
    if (!length)
        return REPLY_OK;
    size_t done = session->ops->write_memory(session->vm, address, bytes, length);
    assert(done <= length);
    if (done < length)
        return session_fail(session, "cannot write memory at 0x%" PRIx64, address + done);
    return REPLY_OK;
}

int rsp_memory_write(struct session *session, const struct args *args, struct outbuf *out)
{
    size_t length = args_length(args->rest) / 2;
    if (args->number[1] != length || args_length(args->rest) % 2 || length > SESSION_TRANSFER)
        return session_fail(session, "the data is not as long as the packet says");
    if (!hex_decode(session->memory, args->rest.at, length))
        return session_fail(session, "malformed packet");
    return write_bytes(session, args->number[0], session->memory, length);
}

int rsp_memory_write_binary(struct session *session, const struct args *args, struct outbuf *out)
{
    if (args->number[1] != args_length(args->rest))
        return session_fail(session, "the data is not as long as the packet says");
    return write_bytes(session, args->number[0], args->rest.at, args_length(args->rest));
}

/* Polynomial 0x04c11db7, start all ones, most significant bit first, not inverted (manual, "General Query Packets"). */
static uint32_t crc_update(uint32_t crc, const uint8_t *bytes, size_t length)
{
    static uint32_t table[256];
    for (unsigned i = 0; !table[255] && i < 256; i++) {
        uint32_t word = i << 24;
        for (unsigned bit = 0; bit < 8; bit++)
            word = word << 1 ^ (word >> 31 ? 0x04c11db7 : 0);
        table[i] = word;
    }
    for (size_t i = 0; i < length; i++)
        crc = crc << 8 ^ table[crc >> 24 ^ bytes[i]];
    return crc;
}

int rsp_memory_crc(struct session *session, const struct args *args, struct outbuf *out)
{
    uint64_t address = args->number[0], left = args->number[1];
    uint32_t crc = 0xffffffff;
    if (left > SCAN_MAX)
        return session_fail(session, "too long for a checksum");
    for (size_t done; left; left -= done, address += done) {
        done = read_some(session, address, left);
        if (!done)
            return unreadable(session, address);
        crc = crc_update(crc, session->memory, done);
    }
    outbuf_printf(out, "C%" PRIx32, crc);
    return REPLY_DATA;
}

/* Windows overlap by the pattern's length less one, so that no place is missed. */
int rsp_memory_search(struct session *session, const struct args *args, struct outbuf *out)
{
    uint64_t address = args->number[0], left = min_u64(args->number[1], SCAN_MAX);
    size_t length = args_length(args->rest);
    if (!length || length > SESSION_TRANSFER / 2)
        return session_fail(session, "the pattern is empty or too long");
    while (left >= length) {
        size_t done = read_some(session, address, left);
        if (!done)
            return unreadable(session, address);
        const uint8_t *found = memmem(session->memory, done, args->rest.at, length);
        if (found) {
            outbuf_printf(out, "1,%" PRIx64, address + (uint64_t)(found - session->memory));
            return REPLY_DATA;
        }
        size_t step = done < length ? done : done - length + 1;
        assert(step && step <= left);
        address += step;
        left -= step;
    }
    outbuf_text(out, "0");
    return REPLY_DATA;
}
