/* H T and the lists of threads. There is one process with one thread: the machine. */
#include <string.h>

#include "gdbstub/packets.h"

static bool exists(const struct args_thread *thread)
{
    return args_thread_means(thread, SESSION_PROCESS, SESSION_THREAD);
}

/* Hg selects for memory and registers, Hc for c and s: nothing to remember with one thread. */
int rsp_thread_select(struct session *session, const struct args *args, struct outbuf *out)
{
    struct args_span text = args->text;
    struct args_thread thread;
    if (!args_literal(&text, "g") && !args_literal(&text, "c"))
        return REPLY_EMPTY;
    if (!args_thread(&text, &thread) || text.at != text.end || !exists(&thread))
        return session_fail(session, "no such thread");
    return REPLY_OK;
}

int rsp_thread_alive(struct session *session, const struct args *args, struct outbuf *out)
{
    return exists(&args->thread) ? REPLY_OK : session_fail(session, "no such thread");
}

int rsp_thread_current(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_text(out, "QC");
    stop_reply_thread_id(session, out);
    return REPLY_DATA;
}

int rsp_thread_first(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_byte(out, 'm');
    stop_reply_thread_id(session, out);
    return REPLY_DATA;
}

int rsp_thread_next(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_byte(out, 'l');
    return REPLY_DATA;
}

int rsp_thread_name(struct session *session, const struct args *args, struct outbuf *out)
{
    static const char name[] = "CPU 0";
    if (!exists(&args->thread))
        return session_fail(session, "no such thread");
    outbuf_hex(out, name, strlen(name));
    return REPLY_DATA;
}

/* 1: the machine was there before the client; leaving gdb detaches and does not kill. */
int rsp_thread_attached(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_byte(out, '1');
    return REPLY_DATA;
}
