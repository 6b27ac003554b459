/*
 * One client's conversation as a state machine: bytes in, bytes out (session.wire), no socket.
 *
 * The mode is all-stop. A packet that needs a standing machine and comes while it runs is held, in order, until the
 * machine stands: the stub asks for that stop unless the client itself has let it run and waits for the stop reply.
 * So the first `?` of a client, whose connecting stops the machine, is answered when the stop has come.
 */
#ifndef GDBSTUB_SESSION_H
#define GDBSTUB_SESSION_H

#include "gdbstub/frame.h"
#include "gdbstub/outbuf.h"
#include "gdbstub/target.h"

/* What a handler returns; only the dispatcher writes. */
enum session_reply {
    REPLY_OK,
    REPLY_DATA,        /* what the handler put into its buffer, which may be nothing */
    REPLY_EMPTY,       /* "not supported" */
    REPLY_LATER,       /* a stop reply follows, or nothing ever (k) */
    REPLY_ERR = 0x100, /* REPLY_ERR | number; made by session_fail() and session_errno() */
};

/* How this client wants to be told what went wrong. */
enum session_errors {
    ERRORS_NUMBER,   /* E01 */
    ERRORS_TEXT,     /* E.text: gdb, error-message+ */
    ERRORS_HEX_TEXT, /* E01;hex: lldb, QEnableErrorStrings */
};

struct held {
    struct held *next;
    size_t length;
    uint8_t body[];
};

/* What the client said that it understands. */
struct session_client {
    bool multiprocess, swbreak, hwbreak;
    bool run_length;    /* gdb and lldb, known by xmlRegisters=: bare scripts often cannot expand run-length encoding */
    bool thread_suffix; /* lldb: ";thread:ID;" behind p, P, g, G */
    bool list_threads;  /* lldb: threads and reason in stop replies */
    bool bare_binary;   /* lldb before 20: the answer to x has no 'b' in front */
    enum session_errors errors;
};

enum { SESSION_THREAD = 1, SESSION_PROCESS = 1, SESSION_TRANSFER = FRAME_PACKET_SIZE / 2 };

struct session {
    const struct target_ops *ops;
    void *vm;
    struct session_client client;
    bool attached;   /* false after D and k: then a vanishing client changes nothing */
    bool waiting;    /* the client let the machine run and waits for a stop reply */
    bool commanding; /* a monitor command is under way, to be answered later */
    bool no_ack;
    bool dispatching; /* inside a handler: a stop that comes now must not start the held packets */
    char error[160];  /* the text of the last session_fail() */

    struct outbuf wire; /* to be sent */
    struct outbuf
        text; /* console text that came while the wire was busy: goes out in few packets, since clients are slow to take one */
    struct outbuf reply; /* the body that a handler makes */
    struct outbuf aside; /* bodies of stop replies and O packets */
    struct outbuf last;  /* the last packet as sent, for '-' */
    struct held *held, **held_end;
    size_t held_bytes;
    struct frame frame;
    uint8_t memory[SESSION_TRANSFER]; /* for handlers: guest memory on its way */
};

/* A client has come: stops the machine. */
struct session *session_new(const struct target_ops *ops, void *vm);
/* The client has gone; its points go too unless it had detached. */
void session_free(struct session *session);

void session_feed(struct session *session, const uint8_t *bytes, size_t length);
void session_stopped(struct session *session, const struct target_stop *stop);
void session_command_done(struct session *session, bool good);
void session_console(struct session *session, const char *text, size_t length);
/* Text that was kept back goes onto the wire; to be called when that is empty. */
void session_release_text(struct session *session);

/* For handlers. */
/* The client does not want the stop reply or the held packets any more: it leaves. */
void session_leave(struct session *session);
int session_fail(struct session *session, const char *format, ...) PRINTF_LIKE(2, 3);
int session_errno(struct session *session, unsigned number);
/* An O packet with this text, at once. */
void session_print(struct session *session, const char *text, size_t length);

/* dispatch.c: one packet in, at most one reply body to session_send(). */
void session_send(struct session *session, const struct outbuf *body);
/* When a packet is answered at once; else it is held. */
enum session_when {
    WHEN_STOPPED,
    WHEN_RUNNING, /* also while the machine runs, unless the client waits for a stop reply */
    WHEN_ALWAYS,
};
enum session_when dispatch_when(const struct session *session, const uint8_t *body, size_t length);
void dispatch(struct session *session, const uint8_t *body, size_t length);
/* An error reply to something that is no packet of the table. */
void dispatch_refuse(struct session *session, const char *text);
/* OK, to a packet that is answered late. */
void dispatch_accept(struct session *session);
/* The features of the table's packets, each with ';' in front. */
void dispatch_features(const struct session *session, struct outbuf *out);

/* stop_reply.c */
void stop_reply(struct session *session, const struct target_stop *stop, struct outbuf *out);
/* The thread's id in this client's form. */
void stop_reply_thread_id(const struct session *session, struct outbuf *out);

#endif
