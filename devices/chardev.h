/*
 * The host's end of a serial line: a terminal, a file, a socket, a pseudo-terminal, or nothing.
 *
 * Output is queued and written from the event loop, so before the machine idles; nothing is dropped as long as somebody is
 * connected. A full queue is told by chardev_full(): the machine then waits between two slices, never a chip.
 */
#ifndef DEVICES_CHARDEV_H
#define DEVICES_CHARDEV_H

#include "softmmu/base.h"

struct chardev;
struct event_base;

struct chardev_handlers {
    void (*input)(void *opaque, const uint8_t *bytes, size_t length);
    void (*drained)(void *opaque); /* chardev_full() was true and is not any more */
    void *opaque;
};

/*
 * spec, as after QEMU's -serial: "null", "stdio", "file:PATH", "pty", "tcp:HOST:PORT[,server[,nowait]]", "unix:PATH[,server[,nowait]]".
 * label names the line in messages. A server without nowait waits here for its client. NULL after an error line.
 */
struct chardev *chardev_new(struct event_base *base, const char *spec, const char *label);
/* Writes what is queued, as far as the other end takes it. */
void chardev_free(struct chardev *dev);
void chardev_connect(struct chardev *dev, const struct chardev_handlers *handlers);
/* Stop reading, so that the other end stalls; and go on. */
void chardev_hold(struct chardev *dev, bool hold);

/* Takes all of it. While nobody is connected to a socket or pseudo-terminal it goes nowhere. */
void chardev_write(struct chardev *dev, const uint8_t *bytes, size_t length);
bool chardev_full(const struct chardev *dev);
/* Waits until the queue is empty; gives up if for two seconds the other end takes nothing. */
void chardev_flush(struct chardev *dev);

#endif
