#include "gdbstub/frame.h"

#include "gdbstub/hex.h"

void frame_init(struct frame *frame)
{
    frame->state = FRAME_IDLE;
    frame->length = 0;
}

static void begin(struct frame *frame)
{
    frame->state = FRAME_BODY;
    frame->sum = 0;
    frame->sent_sum = 0;
    frame->sum_bad = false;
    frame->too_long = false;
    frame->length = 0;
}

static void append(struct frame *frame, uint8_t byte)
{
    assert(frame->length <= FRAME_CAPACITY);
    if (frame->length < FRAME_CAPACITY)
        frame->body[frame->length++] = byte;
    else
        frame->too_long = true;
}

static enum frame_event feed_idle(struct frame *frame, uint8_t byte)
{
    switch (byte) {
    case '$':
        begin(frame);
        return FRAME_MORE;
    case '+':
        return FRAME_ACK;
    case '-':
        return FRAME_NAK;
    case 3:
        return FRAME_BREAK;
    default:
        return FRAME_MORE;
    }
}

static void feed_body(struct frame *frame, uint8_t byte)
{
    assert(frame->state == FRAME_BODY);
    if (byte == '#') {
        frame->state = FRAME_SUM_HIGH;
        return;
    }
    if (byte == '$') { /* never inside a packet unescaped: the one before was cut off */
        begin(frame);
        return;
    }
    frame->sum = (uint8_t)(frame->sum + byte);
    if (byte == '}')
        frame->state = FRAME_ESCAPE;
    else
        append(frame, byte);
}

static enum frame_event feed_sum(struct frame *frame, uint8_t byte)
{
    assert(frame->state == FRAME_SUM_HIGH || frame->state == FRAME_SUM_LOW);
    if (byte == '$') { /* this packet is lost, but the next begins here */
        begin(frame);
        return FRAME_BAD;
    }
    int digit = hex_digit(byte);
    frame->sum_bad |= digit < 0;
    frame->sent_sum = (uint8_t)(frame->sent_sum << 4 | (digit & 15));
    if (frame->state == FRAME_SUM_HIGH) {
        frame->state = FRAME_SUM_LOW;
        return FRAME_MORE;
    }
    frame->state = FRAME_IDLE;
    assert(frame->length <= FRAME_CAPACITY);
    frame->body[frame->length] = 0;
    if (frame->sum_bad || frame->sent_sum != frame->sum)
        return FRAME_BAD;
    return frame->too_long ? FRAME_LONG : FRAME_PACKET;
}

enum frame_event frame_feed(struct frame *frame, uint8_t byte)
{
    switch (frame->state) {
    case FRAME_IDLE:
        return feed_idle(frame, byte);
    case FRAME_BODY:
        feed_body(frame, byte);
        return FRAME_MORE;
    case FRAME_ESCAPE:
        if (byte == '$') { /* a cut-off packet too: an escaped $ is sent as \x04 */
            begin(frame);
            return FRAME_MORE;
        }
        frame->sum = (uint8_t)(frame->sum + byte);
        append(frame, byte ^ 0x20);
        frame->state = FRAME_BODY;
        return FRAME_MORE;
    default:
        return feed_sum(frame, byte);
    }
}
