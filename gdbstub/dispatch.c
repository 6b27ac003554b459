/*
 * From a packet's body to its row, and from what the handler returns to the one reply. Handlers never write to the wire,
 * so that a packet cannot be answered twice or not at all.
 */
#include <string.h>

#include "gdbstub/packets.h"

static bool names(const struct packet *row, const uint8_t *body, size_t length)
{
    size_t name = strlen(row->name);
    if (length < name || memcmp(body, row->name, name) != 0)
        return false;
    return row->arguments[0] || length == name;
}

static const struct packet *find(const struct session *session, const uint8_t *body, size_t length)
{
    for (size_t i = 0; i < packets_count; i++)
        if (names(&packets[i], body, length))
            return !packets[i].needs || packets[i].needs(session) ? &packets[i] : NULL;
    return NULL;
}

/* lldb's ";thread:ID;" behind register packets says nothing new here: there is one thread. */
static size_t without_thread_suffix(const struct session *session, const uint8_t *body, size_t length)
{
    if (!session->client.thread_suffix || !length || !memchr("pPgG", body[0], 4))
        return length;
    const uint8_t *suffix = memmem(body, length, ";thread:", 8);
    return suffix ? (size_t)(suffix - body) : length;
}

static void error_reply(struct session *session, unsigned number, struct outbuf *out)
{
    outbuf_clear(out);
    bool text = session->error[0] != 0;
    if (text && session->client.errors == ERRORS_TEXT) {
        outbuf_text(out, "E.");
        outbuf_text(out, session->error);
        return;
    }
    outbuf_printf(out, "E%02x", number);
    if (text && session->client.errors == ERRORS_HEX_TEXT) {
        outbuf_byte(out, ';');
        outbuf_hex(out, session->error, strlen(session->error));
    }
}

static void finish(struct session *session, int reply)
{
    struct outbuf *out = &session->reply;
    assert(reply & REPLY_ERR || reply <= REPLY_LATER);
    if (reply == REPLY_LATER)
        return;
    if (reply & REPLY_ERR)
        error_reply(session, (unsigned)reply & 0xff, out);
    else if (reply != REPLY_DATA)
        outbuf_clear(out);
    if (reply == REPLY_OK)
        outbuf_text(out, "OK");
    session_send(session, out);
}

static int run(struct session *session, const uint8_t *body, size_t length)
{
    length = without_thread_suffix(session, body, length);
    const struct packet *row = find(session, body, length);
    if (!row)
        return REPLY_EMPTY;
    struct args args;
    struct args_span rest = {body + strlen(row->name), body + length};
    if (!args_parse(&args, row->arguments, rest))
        return session_fail(session, "malformed packet");
    return row->handler(session, &args, &session->reply);
}

void dispatch(struct session *session, const uint8_t *body, size_t length)
{
    outbuf_clear(&session->reply);
    finish(session, run(session, body, length));
}

void dispatch_refuse(struct session *session, const char *text)
{
    finish(session, session_fail(session, "%s", text));
}

void dispatch_accept(struct session *session)
{
    finish(session, REPLY_OK);
}

enum session_when dispatch_when(const struct session *session, const uint8_t *body, size_t length)
{
    const struct packet *row = find(session, body, without_thread_suffix(session, body, length));
    return row ? row->when : WHEN_RUNNING;
}

void dispatch_features(const struct session *session, struct outbuf *out)
{
    for (size_t i = 0; i < packets_count; i++) {
        const struct packet *row = &packets[i];
        if (!row->feature || (row->needs && !row->needs(session)))
            continue;
        outbuf_byte(out, ';');
        outbuf_text(out, row->feature);
    }
}
