/* Why the machine stands, as T and W packets. Source: GDB manual, "Stop Reply Packets"; lldb's keys: lldbgdbremote.md. */
#include <inttypes.h>

#include "gdbstub/session.h"

static const struct reason {
    const char *lldb; /* the value of lldb's key "reason" */
    uint8_t signal;   /* gdb's number, 0: as the target says */
} reasons[] = {
    [TARGET_STOP_SIGNAL] = {"signal",     0},
    [TARGET_STOP_STEP] = {"trace",      5},
    [TARGET_STOP_SWBREAK] = {"breakpoint", 5},
    [TARGET_STOP_HWBREAK] = {"breakpoint", 5},
    [TARGET_STOP_WATCH] = {NULL,         5}, /* lldb makes it from the key "watch" */
    [TARGET_STOP_MONITOR_WATCH] = {"signal",     2},
    [TARGET_STOP_HISTORY_BEGIN] = {"trace",      5},
    [TARGET_STOP_HISTORY_END] = {"trace",      5},
    [TARGET_STOP_EXITED] = {NULL,         0},
};

void stop_reply_thread_id(const struct session *session, struct outbuf *out)
{
    if (session->client.multiprocess)
        outbuf_printf(out, "p%x.%x", SESSION_PROCESS, SESSION_THREAD);
    else
        outbuf_printf(out, "%02x", SESSION_THREAD);
}

/* lldb looks for the watchpoint among addresses as it set it, of the CPU's width; gdb takes them sign-extended. */
static uint64_t client_address(const struct session *session, uint64_t address)
{
    size_t size = session->ops->register_size(session->vm, session->ops->pc_register(session->vm));
    return session->client.thread_suffix && size < sizeof(address) ? address & ((UINT64_C(1) << 8 * size) - 1) : address;
}

static void put_watch(const struct session *session, const struct target_stop *stop, struct outbuf *out)
{
    const char *key = stop->point == TARGET_READ_WATCH ? "rwatch" : stop->point == TARGET_ACCESS_WATCH ? "awatch" : "watch";
    outbuf_printf(out, "%s:%" PRIx64 ";", key, client_address(session, stop->address));
}

static void put_reason(const struct session *session, const struct target_stop *stop, struct outbuf *out)
{
    switch (stop->kind) {
    case TARGET_STOP_SWBREAK:
        outbuf_text(out, session->client.swbreak ? "swbreak:;" : "");
        break;
    case TARGET_STOP_HWBREAK:
        outbuf_text(out, session->client.hwbreak ? "hwbreak:;" : "");
        break;
    case TARGET_STOP_WATCH:
        put_watch(session, stop, out);
        break;
    case TARGET_STOP_HISTORY_BEGIN:
        outbuf_text(out, "replaylog:begin;");
        break;
    case TARGET_STOP_HISTORY_END:
        outbuf_text(out, "replaylog:end;");
        break;
    default:
        break;
    }
}

/* The width, 0 if it cannot be read. */
static size_t read_pc(struct session *session, unsigned *number, uint8_t value[64])
{
    *number = session->ops->pc_register(session->vm);
    size_t size = session->ops->register_size(session->vm, *number);
    assert(size <= 64);
    return session->ops->read_register(session->vm, *number, value) ? size : 0;
}

/* lldb wants the pc once more, as a number, most significant byte first. */
static void put_lldb(struct session *session, const struct target_stop *stop, const uint8_t *pc, size_t size, struct outbuf *out)
{
    outbuf_printf(out, "threads:%x;thread-pcs:", SESSION_THREAD);
    for (size_t i = 0; i < size; i++)
        outbuf_hex(out, &pc[session->ops->big_endian ? i : size - 1 - i], 1);
    outbuf_byte(out, ';');
    if (reasons[stop->kind].lldb)
        outbuf_printf(out, "reason:%s;", reasons[stop->kind].lldb);
}

static void put_exit(const struct session *session, const struct target_stop *stop, struct outbuf *out)
{
    outbuf_printf(out, "W%02x", stop->signal & 0xff);
    if (session->client.multiprocess)
        outbuf_printf(out, ";process:%x", SESSION_PROCESS);
}

void stop_reply(struct session *session, const struct target_stop *stop, struct outbuf *out)
{
    assert(stop->kind < ARRAY_SIZE(reasons));
    if (stop->kind == TARGET_STOP_EXITED) {
        put_exit(session, stop, out);
        return;
    }
    unsigned fixed = reasons[stop->kind].signal;
    outbuf_printf(out, "T%02x", (fixed ? fixed : stop->signal) & 0xff);
    put_reason(session, stop, out);
    outbuf_text(out, "thread:");
    stop_reply_thread_id(session, out);
    outbuf_byte(out, ';');
    uint8_t pc[64];
    unsigned number;
    size_t size = read_pc(session, &number, pc);
    if (size) {
        outbuf_printf(out, "%02x:", number);
        outbuf_hex(out, pc, size);
        outbuf_byte(out, ';');
    }
    if (session->client.list_threads)
        put_lldb(session, stop, pc, size, out);
}
