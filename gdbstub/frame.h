/*
 * The outer layer of the remote protocol, inwards: one byte in, one event out. No socket and no reply here.
 * Source: GDB manual, appendix "Remote Protocol", sections "Overview" and "Interrupts".
 */
#ifndef GDBSTUB_FRAME_H
#define GDBSTUB_FRAME_H

#include "softmmu/base.h"

/* What we announce as PacketSize; the slack is for clients that do not count the head of an X packet. */
#define FRAME_PACKET_SIZE 0x20000
#define FRAME_CAPACITY    (FRAME_PACKET_SIZE + 0x100)

enum frame_event {
    FRAME_MORE,   /* nothing complete yet, or noise between packets */
    FRAME_PACKET, /* body and length hold a whole packet, unescaped, a NUL behind it */
    FRAME_BREAK,  /* a \x03 between packets */
    FRAME_ACK,
    FRAME_NAK,
    FRAME_BAD,  /* a packet whose checksum is wrong or no number */
    FRAME_LONG, /* a packet with a right checksum that does not fit; its body is lost */
};

enum frame_state { FRAME_IDLE, FRAME_BODY, FRAME_ESCAPE, FRAME_SUM_HIGH, FRAME_SUM_LOW };

struct frame {
    enum frame_state state;
    uint8_t sum;      /* of the raw bytes between $ and # */
    uint8_t sent_sum; /* what the client says it is */
    bool sum_bad;     /* one of its digits is none */
    bool too_long;
    size_t length;
    uint8_t body[FRAME_CAPACITY + 1];
};

void frame_init(struct frame *frame);
enum frame_event frame_feed(struct frame *frame, uint8_t byte);

#endif
