/* What chardev.c and its kinds share. */
#ifndef DEVICES_CHARDEV_INTERNAL_H
#define DEVICES_CHARDEV_INTERNAL_H

#include <event2/event.h>

#include "devices/chardev.h"

struct chardev {
    struct event_base *base;
    const struct chardev_kind *kind;
    const char *label;
    struct chardev_handlers handlers;
    int in, out;            /* descriptors, -1: none; may be the same */
    struct event *readable; /* there is input; for what cannot be waited for, a timer */
    struct event *writable; /* there is room */
    struct event *flush;    /* timer of 0: output was queued */
    struct event *attend;   /* kinds: a client to accept, a pseudo-terminal to look at */
    int listener;           /* servers: the listening socket; pty: the master; -1: none */
    char *unlink_path;      /* Unix servers: the socket's file */
    bool held, was_full;
    uint8_t *queue;
    size_t head, length, capacity;
};

struct chardev_kind {
    const char *prefix; /* of the spec; a ':' at its end means that an argument follows */
    bool (*open)(struct chardev *dev, const char *argument);
    /* The other end has gone: by the end of input, or (output) by a write that failed. */
    void (*lost)(struct chardev *dev, bool output);
};

/* Starts to use the descriptors, -1: none. They are made the chardev's own. */
void chardev_use(struct chardev *dev, int in, int out);
/* Stops to read, or to write: closes the descriptor and forgets the queue. */
void chardev_drop_input(struct chardev *dev);
void chardev_drop_output(struct chardev *dev);
void chardev_drop(struct chardev *dev);

bool chardev_open_null(struct chardev *dev, const char *argument);
bool chardev_open_stdio(struct chardev *dev, const char *argument);
bool chardev_open_file(struct chardev *dev, const char *argument);
bool chardev_open_pty(struct chardev *dev, const char *argument);
bool chardev_open_tcp(struct chardev *dev, const char *argument);
bool chardev_open_unix(struct chardev *dev, const char *argument);
void chardev_lost_one_way(struct chardev *dev, bool output);
void chardev_lost_pty(struct chardev *dev, bool output);
void chardev_lost_socket(struct chardev *dev, bool output);

#endif
