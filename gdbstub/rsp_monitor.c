/* qRcmd (gdb's `monitor`), and the settings of a step under the names that QEMU gave them. */
#include <string.h>

#include "gdbstub/hex.h"
#include "gdbstub/packets.h"

enum { SHORT_TEXT = 1024, SSTEP_ENABLE = 1, SSTEP_NO_IRQ = 2, SSTEP_NO_TIMER = 4 };

struct printer {
    struct session *session;
    struct outbuf *text; /* not yet sent */
    bool sent;           /* some went out as O packets: the rest must, too, and OK ends it */
};

static void flush(struct printer *printer)
{
    session_print(printer->session, (const char *)outbuf_data(printer->text), outbuf_length(printer->text));
    printer->sent |= outbuf_length(printer->text) > 0;
    outbuf_clear(printer->text);
}

static void print(void *opaque, const char *text, size_t length)
{
    struct printer *printer = opaque;
    outbuf_bytes(printer->text, text, length);
    if (outbuf_length(printer->text) > SHORT_TEXT)
        flush(printer);
}

/* The command failed: its text is the error for clients that can show one, else it is output like any other. */
static int fail_with(struct printer *printer)
{
    size_t length = outbuf_length(printer->text);
    const char *text = (const char *)outbuf_data(printer->text);
    while (length && text[length - 1] == '\n')
        length--;
    if (!length)
        return session_fail(printer->session, "the command failed");
    return session_fail(printer->session, "%.*s", (int)min_u64(length, SHORT_TEXT), text);
}

static int answer(struct printer *printer, bool done, struct outbuf *out)
{
    if (!done && !printer->sent && printer->session->client.errors != ERRORS_NUMBER)
        return fail_with(printer);
    if (printer->sent || !outbuf_length(printer->text)) {
        flush(printer);
        return REPLY_OK;
    }
    outbuf_hex(out, outbuf_data(printer->text), outbuf_length(printer->text));
    return REPLY_DATA;
}

int rsp_monitor_command(struct session *session, const struct args *args, struct outbuf *out)
{
    char command[4096];
    size_t length = args_length(args->rest);
    if (length % 2 || length / 2 >= sizeof(command) || !hex_decode((uint8_t *)command, args->rest.at, length / 2))
        return session_fail(session, "malformed command");
    command[length / 2] = 0;
    struct outbuf text = {0};
    struct printer printer = {session, &text, false};
    enum target_command result = session->ops->monitor(session->vm, command, print, &printer);
    session->commanding = result == TARGET_COMMAND_LATER;
    int reply = REPLY_LATER;
    if (session->commanding)
        flush(&printer);
    else
        reply = answer(&printer, result == TARGET_COMMAND_DONE, out);
    outbuf_free(&text);
    return reply;
}

int rsp_monitor_qemu_supported(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_text(out, "sstepbits;sstep");
    return REPLY_DATA;
}

int rsp_monitor_sstep_bits(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_printf(out, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NO_IRQ, SSTEP_NO_TIMER);
    return REPLY_DATA;
}

/* A step never changes what the guest does; the two "no" bits together mean: not into handlers. */
int rsp_monitor_sstep_read(struct session *session, const struct args *args, struct outbuf *out)
{
    bool into = session->ops->step_into(session->vm);
    outbuf_printf(out, "0x%x", into ? SSTEP_ENABLE : SSTEP_ENABLE | SSTEP_NO_IRQ | SSTEP_NO_TIMER);
    return REPLY_DATA;
}

int rsp_monitor_sstep_write(struct session *session, const struct args *args, struct outbuf *out)
{
    if (args->number[0] & ~(uint64_t)(SSTEP_ENABLE | SSTEP_NO_IRQ | SSTEP_NO_TIMER))
        return session_fail(session, "unknown bits");
    session->ops->set_step_into(session->vm, !(args->number[0] & SSTEP_NO_IRQ));
    return REPLY_OK;
}
