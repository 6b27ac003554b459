/* What lldb asks beyond gdb's packets. Source: lldb, docs/resources/lldbgdbremote.md. */
#include <string.h>

#include "gdbstub/packets.h"

/* Without the byte order from here lldb reads a little-endian pc as a big-endian one. */
static void put_machine(struct session *session, struct outbuf *out)
{
    const struct target_ops *ops = session->ops;
    const char *triple = ops->triple(session->vm);
    assert(triple);
    outbuf_text(out, "triple:");
    outbuf_hex(out, triple, strlen(triple));
    outbuf_printf(out, ";endian:%s;ptrsize:%zu;", ops->big_endian ? "big" : "little",
                  ops->register_size(session->vm, ops->pc_register(session->vm)));
}

int rsp_lldb_host_info(struct session *session, const struct args *args, struct outbuf *out)
{
    put_machine(session, out);
    outbuf_text(out, "watchpoint_exceptions_received:before;vm-page-size:4096;");
    return REPLY_DATA;
}

int rsp_lldb_process_info(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_printf(out, "pid:%x;ostype:unknown;", SESSION_PROCESS);
    put_machine(session, out);
    return REPLY_DATA;
}

int rsp_lldb_version(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_text(out, "name:stakeout;version:" STAKEOUT_VERSION ";");
    return REPLY_DATA;
}

/* Without a number lldb does not step over the access to show the new value. Any number can be set. */
int rsp_lldb_watchpoint_support(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_text(out, "num:65535;");
    return REPLY_DATA;
}

int rsp_lldb_thread_suffix(struct session *session, const struct args *args, struct outbuf *out)
{
    session->client.thread_suffix = true;
    return REPLY_OK;
}

int rsp_lldb_list_threads(struct session *session, const struct args *args, struct outbuf *out)
{
    session->client.list_threads = true;
    return REPLY_OK;
}

int rsp_lldb_error_texts(struct session *session, const struct args *args, struct outbuf *out)
{
    session->client.errors = ERRORS_HEX_TEXT;
    return REPLY_OK;
}

int rsp_lldb_stop_info(struct session *session, const struct args *args, struct outbuf *out)
{
    struct target_stop stop;
    if (args->number[0] != SESSION_THREAD)
        return session_fail(session, "no such thread");
    session->ops->last_stop(session->vm, &stop);
    stop_reply(session, &stop, out);
    return REPLY_DATA;
}
