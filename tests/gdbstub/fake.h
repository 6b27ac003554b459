/* A machine that only notes down what the stub asks of it: FAKE_REGISTERS words and 8 KiB of memory. */
#ifndef TESTS_GDBSTUB_FAKE_H
#define TESTS_GDBSTUB_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gdbstub/session.h"

enum { FAKE_REGISTERS = 4, FAKE_GENERAL = 3, FAKE_PC = 2, FAKE_UNREADABLE = 3, FAKE_BASE = 0x1000, FAKE_SIZE = 0x2000 };

struct fake {
    bool running, reversible, into;
    struct target_stop last;
    uint8_t registers[FAKE_REGISTERS][4]; /* the last one cannot be read */
    uint8_t memory[FAKE_SIZE];            /* from FAKE_BASE; the last 16 bytes cannot be written */
    size_t length;
    char calls[4096];             /* "stop;resume f c 0 0;" ... */
    struct session *stop_at_once; /* a session that is told of a stop from within resume() and stop() */
};

extern const struct target_ops fake_ops, fake_ops_bare;

void fake_init(struct fake *fake);
/* What was called since the last time. */
const char *fake_calls(struct fake *fake);

/* Sends a body as a packet with a right checksum; what has come out is left in session->wire. */
void fake_send(struct session *session, const char *body);
/* Everything that has come out since the last call, as text (without NULs); valid until the next call. */
const char *fake_wire(struct session *session);
/* A body in its frame, without run-length encoding. */
const char *fake_framed(const char *body);
/* The bodies in what has come out, unframed and expanded, each followed by '|'; acknowledgements are left out. */
const char *fake_replies(struct session *session);

#endif
