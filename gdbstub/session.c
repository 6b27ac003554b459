#include "gdbstub/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdbstub/encode.h"
#include "softmmu/log.h"

enum {
    HELD_MAX = 2 * FRAME_CAPACITY,
    CONSOLE_CHUNK = 4096,
    CONSOLE_BACKLOG = 8 << 20, /* a client that does not read loses console text, not our memory */
};

static void *allocate(size_t size)
{
    void *block = malloc(size);
    if (!block) {
        report_error("out of memory in the gdb stub");
        exit(EXIT_FAILURE);
    }
    return block;
}

void session_send(struct session *session, const struct outbuf *body)
{
    size_t first = outbuf_length(&session->wire);
    encode_packet(&session->wire, outbuf_data(body), outbuf_length(body), session->client.run_length);
    if (session->no_ack)
        return;
    outbuf_clear(&session->last);
    outbuf_bytes(&session->last, outbuf_data(&session->wire) + first, outbuf_length(&session->wire) - first);
}

int session_fail(struct session *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(session->error, sizeof(session->error), format, args);
    va_end(args);
    return REPLY_ERR | 1;
}

int session_errno(struct session *session, unsigned number)
{
    assert(number < 0x100);
    session->error[0] = 0;
    return REPLY_ERR | (int)number;
}

static bool must_hold(const struct session *session, const uint8_t *body, size_t length)
{
    if (session->commanding) /* its answer comes first */
        return true;
    enum session_when when = dispatch_when(session, body, length);
    if (when == WHEN_ALWAYS)
        return false;
    if (session->waiting || session->held)
        return true;
    return when == WHEN_STOPPED && session->ops->running(session->vm);
}

static void hold(struct session *session, const uint8_t *body, size_t length)
{
    assert(!*session->held_end);
    if (session->held_bytes + length > HELD_MAX) {
        dispatch_refuse(session, "too many packets while the machine runs");
        return;
    }
    struct held *held = allocate(sizeof(*held) + length + 1);
    held->next = NULL;
    held->length = length;
    memcpy(held->body, body, length);
    held->body[length] = 0;
    *session->held_end = held;
    session->held_end = &held->next;
    session->held_bytes += length;
}

static struct held *take_held(struct session *session)
{
    struct held *held = session->held;
    assert(held);
    session->held = held->next;
    if (!session->held)
        session->held_end = &session->held;
    assert(session->held_bytes >= held->length);
    session->held_bytes -= held->length;
    return held;
}

static void run_dispatch(struct session *session, const uint8_t *body, size_t length)
{
    assert(!session->dispatching);
    session->attached = true;
    session->dispatching = true;
    dispatch(session, body, length);
    session->dispatching = false;
}

/* The packets that have waited, until one lets the machine run again. */
static void run_held(struct session *session)
{
    while (session->held && !session->waiting && !session->commanding && !session->ops->running(session->vm)) {
        struct held *held = take_held(session);
        run_dispatch(session, held->body, held->length);
        free(held);
    }
}

static void packet(struct session *session, const uint8_t *body, size_t length)
{
    if (!must_hold(session, body, length)) {
        run_dispatch(session, body, length);
        run_held(session);
        return;
    }
    hold(session, body, length);
    if (!session->waiting && !session->commanding && session->ops->running(session->vm))
        session->ops->stop(session->vm);
    run_held(session); /* the stop may have been immediate */
}

static void acknowledge(struct session *session, char sign)
{
    if (!session->no_ack)
        outbuf_byte(&session->wire, (uint8_t)sign);
}

/* Without acknowledgements nobody would send the packet again: the client gets an error instead of silence. */
static void bad_packet(struct session *session)
{
    if (session->no_ack)
        dispatch_refuse(session, "bad checksum");
    else
        acknowledge(session, '-');
}

static void event(struct session *session, enum frame_event event)
{
    switch (event) {
    case FRAME_MORE:
    case FRAME_ACK:
        break;
    case FRAME_PACKET:
        acknowledge(session, '+');
        packet(session, session->frame.body, session->frame.length);
        break;
    case FRAME_BREAK:
        if (session->ops->running(session->vm))
            session->ops->stop(session->vm);
        break;
    case FRAME_NAK:
        outbuf_bytes(&session->wire, outbuf_data(&session->last), outbuf_length(&session->last));
        break;
    case FRAME_BAD:
        bad_packet(session);
        break;
    case FRAME_LONG:
        acknowledge(session, '+');
        dispatch_refuse(session, "packet too long");
        break;
    }
}

void session_feed(struct session *session, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        event(session, frame_feed(&session->frame, bytes[i]));
}

void session_stopped(struct session *session, const struct target_stop *stop)
{
    if (session->waiting) {
        session->waiting = false;
        session_release_text(session);
        outbuf_clear(&session->aside);
        stop_reply(session, stop, &session->aside);
        session_send(session, &session->aside);
    }
    if (!session->dispatching)
        run_held(session);
}

void session_print(struct session *session, const char *text, size_t length)
{
    for (size_t n; length; text += n, length -= n) {
        n = length < CONSOLE_CHUNK ? length : CONSOLE_CHUNK;
        outbuf_clear(&session->aside);
        outbuf_byte(&session->aside, 'O');
        outbuf_hex(&session->aside, text, n);
        session_send(session, &session->aside);
    }
}

void session_command_done(struct session *session, bool good)
{
    if (!session->commanding)
        return;
    session->commanding = false;
    session_release_text(session);
    if (good)
        dispatch_accept(session);
    else
        dispatch_refuse(session, "the command did not end");
    run_held(session);
}

void session_console(struct session *session, const char *text, size_t length)
{
    if (!(session->waiting || session->commanding) || outbuf_length(&session->text) + length > CONSOLE_BACKLOG)
        return;
    if (outbuf_length(&session->wire))
        outbuf_bytes(&session->text, text, length);
    else
        session_print(session, text, length);
}

void session_release_text(struct session *session)
{
    session_print(session, (const char *)outbuf_data(&session->text), outbuf_length(&session->text));
    outbuf_clear(&session->text);
}

struct session *session_new(const struct target_ops *ops, void *vm)
{
    assert(ops);
    assert(ops->running && ops->stop && ops->resume && ops->detach && ops->last_stop);
    struct session *session = allocate(sizeof(*session));
    memset(session, 0, offsetof(struct session, frame));
    frame_init(&session->frame);
    session->ops = ops;
    session->vm = vm;
    session->held_end = &session->held;
    session->attached = true;
    if (ops->running(vm))
        ops->stop(vm);
    return session;
}

void session_leave(struct session *session)
{
    session->attached = false;
    session->waiting = session->commanding = false;
    outbuf_clear(&session->text);
    while (session->held)
        free(take_held(session));
    assert(!session->held_bytes && session->held_end == &session->held);
}

void session_free(struct session *session)
{
    if (session->attached)
        session->ops->detach(session->vm, TARGET_VANISH);
    session_leave(session);
    outbuf_free(&session->wire);
    outbuf_free(&session->text);
    outbuf_free(&session->reply);
    outbuf_free(&session->aside);
    outbuf_free(&session->last);
    free(session);
}
