/* g G p P: registers as hexadecimal bytes in target order. */
#include <string.h>

#include "gdbstub/hex.h"
#include "gdbstub/packets.h"

enum { WIDEST = 64 };

static size_t size_of(const struct session *session, uint64_t number)
{
    if (number > INT32_MAX)
        return 0;
    size_t size = session->ops->register_size(session->vm, (unsigned)number);
    assert(size <= WIDEST);
    return size;
}

int rsp_registers_read_all(struct session *session, const struct args *args, struct outbuf *out)
{
    unsigned count = session->ops->general_count(session->vm);
    for (unsigned i = 0; i < count; i++) {
        uint8_t value[WIDEST];
        size_t size = size_of(session, i);
        if (session->ops->read_register(session->vm, i, value))
            outbuf_hex(out, value, size);
        else
            memset(outbuf_extend(out, 2 * size), 'x', 2 * size);
    }
    return REPLY_DATA;
}

/* One register's part of a G packet; 'x' digits leave it as it is. */
static bool write_one(struct session *session, unsigned number, const uint8_t *text, size_t size)
{
    uint8_t value[WIDEST];
    if (text[0] == 'x')
        return true;
    return hex_decode(value, text, size) && session->ops->write_register(session->vm, number, value);
}

int rsp_registers_write_all(struct session *session, const struct args *args, struct outbuf *out)
{
    struct args_span text = args->rest;
    unsigned count = session->ops->general_count(session->vm);
    for (unsigned i = 0; i < count && text.at < text.end; i++) {
        size_t size = size_of(session, i);
        if (args_length(text) < 2 * size)
            return session_fail(session, "register values end in the middle of register %u", i);
        if (!write_one(session, i, text.at, size))
            return session_fail(session, "register %u cannot be written", i);
        text.at += 2 * size;
    }
    return text.at == text.end ? REPLY_OK : session_fail(session, "more register values than registers");
}

int rsp_registers_read(struct session *session, const struct args *args, struct outbuf *out)
{
    uint8_t value[WIDEST];
    size_t size = size_of(session, args->number[0]);
    if (!size)
        return session_fail(session, "no such register");
    if (!session->ops->read_register(session->vm, (unsigned)args->number[0], value))
        return session_fail(session, "the register cannot be read");
    outbuf_hex(out, value, size);
    return REPLY_DATA;
}

int rsp_registers_write(struct session *session, const struct args *args, struct outbuf *out)
{
    uint8_t value[WIDEST];
    size_t size = size_of(session, args->number[0]);
    if (!size)
        return session_fail(session, "no such register");
    if (args_length(args->rest) != 2 * size || !hex_decode(value, args->rest.at, size))
        return session_fail(session, "the value must be %zu bytes", size);
    if (!session->ops->write_register(session->vm, (unsigned)args->number[0], value))
        return session_fail(session, "the register cannot be written");
    return REPLY_OK;
}
