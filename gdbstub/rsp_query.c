/* qSupported, QStartNoAckMode and the documents of qXfer. */
#include <string.h>

#include "gdbstub/packets.h"

static bool piece_is(struct args_span piece, const char *text)
{
    return args_literal(&piece, text) && piece.at == piece.end;
}

static void learn(struct session_client *client, struct args_span feature)
{
    if (piece_is(feature, "multiprocess+"))
        client->multiprocess = true;
    else if (piece_is(feature, "swbreak+"))
        client->swbreak = true;
    else if (piece_is(feature, "hwbreak+"))
        client->hwbreak = true;
    else if (piece_is(feature, "error-message+"))
        client->errors = ERRORS_TEXT;
    else if (args_literal(&feature, "xmlRegisters="))
        client->run_length = true;
}

int rsp_query_supported(struct session *session, const struct args *args, struct outbuf *out)
{
    struct args_span list = args->text, feature;
    session->client.multiprocess = session->client.swbreak = session->client.hwbreak = session->client.run_length = false;
    if (session->client.errors == ERRORS_TEXT)
        session->client.errors = ERRORS_NUMBER;
    while (args_piece(&list, ';', &feature))
        learn(&session->client, feature);
    outbuf_printf(out, "PacketSize=%x;multiprocess+;swbreak+;hwbreak+", FRAME_PACKET_SIZE);
    if (session->client.errors == ERRORS_TEXT)
        outbuf_text(out, ";error-message+");
    dispatch_features(session, out);
    return REPLY_DATA;
}

int rsp_query_no_ack(struct session *session, const struct args *args, struct outbuf *out)
{
    session->no_ack = true;
    outbuf_clear(&session->last);
    return REPLY_OK;
}

/* The part of the document that was asked for: l if it is the last one, else m. */
static int transfer(struct session *session, const struct args *args, const char *text, struct outbuf *out)
{
    size_t total = strlen(text);
    if (args->number[0] > total)
        return session_fail(session, "offset behind the document's end");
    size_t offset = (size_t)args->number[0];
    size_t length = (size_t)min_u64(min_u64(args->number[1], SESSION_TRANSFER), total - offset);
    outbuf_byte(out, offset + length == total ? 'l' : 'm');
    outbuf_bytes(out, text + offset, length);
    return REPLY_DATA;
}

int rsp_query_features(struct session *session, const struct args *args, struct outbuf *out)
{
    char annex[64];
    size_t length = args_length(args->text);
    if (length >= sizeof(annex))
        return session_errno(session, 0);
    memcpy(annex, args->text.at, length);
    annex[length] = 0;
    const char *text = session->ops->description(session->vm, annex);
    return text ? transfer(session, args, text, out) : session_errno(session, 0);
}

int rsp_query_memory_map(struct session *session, const struct args *args, struct outbuf *out)
{
    if (args_length(args->text))
        return session_errno(session, 0);
    return transfer(session, args, session->ops->memory_map(session->vm), out);
}

int rsp_query_threads(struct session *session, const struct args *args, struct outbuf *out)
{
    if (args_length(args->text))
        return session_errno(session, 0);
    struct outbuf *text = &session->aside;
    outbuf_clear(text);
    outbuf_text(text, "<?xml version=\"1.0\"?>\n<threads>\n<thread id=\"");
    stop_reply_thread_id(session, text);
    outbuf_text(text, "\" core=\"0\" name=\"CPU 0\"/>\n</threads>\n");
    outbuf_byte(text, 0);
    return transfer(session, args, (const char *)outbuf_data(text), out);
}
