#include "devices/chardev.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "devices/chardev_internal.h"
#include "softmmu/alloc.h"

enum { QUEUE_FULL = 64 << 10, QUEUE_RESUME = 16 << 10, READ_SIZE = 4096, FLUSH_PATIENCE_MS = 2000 };

static const struct timeval at_once = {0, 0};

static const struct chardev_kind kinds[] = {
    {"null",  chardev_open_null,  chardev_lost_one_way},
    {"stdio", chardev_open_stdio, chardev_lost_one_way},
    {"pty",   chardev_open_pty,   chardev_lost_pty    },
    {"file:", chardev_open_file,  chardev_lost_one_way},
    {"tcp:",  chardev_open_tcp,   chardev_lost_socket },
    {"unix:", chardev_open_unix,  chardev_lost_socket },
};

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

static void say_nothing(int severity, const char *message)
{
}

/* As event_add(), without libevent's own line on stderr. */
static bool try_event(struct event *event)
{
    event_set_log_callback(say_nothing);
    bool added = event_add(event, NULL) == 0;
    event_set_log_callback(NULL);
    return added;
}

/* Once room is back, whoever waits for it is told. */
static void notice_drained(struct chardev *dev)
{
    if (!dev->was_full || dev->length > QUEUE_RESUME)
        return;
    dev->was_full = false;
    if (dev->handlers.drained)
        dev->handlers.drained(dev->handlers.opaque);
}

static void clear_queue(struct chardev *dev)
{
    dev->head = dev->length = 0;
    notice_drained(dev);
}

/* Writes what the other end takes now. False: it has gone. */
static bool write_some(struct chardev *dev)
{
    assert(dev->out >= 0 && dev->head + dev->length <= dev->capacity);
    while (dev->length) {
        ssize_t done = write(dev->out, dev->queue + dev->head, dev->length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno == EAGAIN;
        dev->head += (size_t)done;
        dev->length -= (size_t)done;
    }
    dev->head = 0;
    return true;
}

static void write_out(evutil_socket_t fd, short what, void *opaque)
{
    struct chardev *dev = opaque;
    if (dev->out < 0)
        return;
    if (!write_some(dev)) {
        dev->kind->lost(dev, true);
        return;
    }
    if (dev->length && !try_event(dev->writable))
        evtimer_add(dev->flush, &(struct timeval){.tv_usec = 1000});
    notice_drained(dev);
}

static void read_in(evutil_socket_t fd, short what, void *opaque)
{
    struct chardev *dev = opaque;
    uint8_t bytes[READ_SIZE];
    assert(dev->in >= 0);
    ssize_t length = read(dev->in, bytes, sizeof(bytes));
    if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR)) {
        dev->kind->lost(dev, false);
        return;
    }
    /* A timer in place of readiness does not come again by itself. */
    if (what & EV_TIMEOUT)
        evtimer_add(dev->readable, &at_once);
    if (length > 0 && dev->handlers.input)
        dev->handlers.input(dev->handlers.opaque, bytes, (size_t)length);
}

/* epoll refuses files and the like, which can always be read: a timer takes its place. */
static void wait_for_input(struct chardev *dev)
{
    assert(dev->in >= 0);
    if (!dev->readable) {
        dev->readable = event_new(dev->base, dev->in, EV_READ | EV_PERSIST, read_in, dev);
        alloc_checked(dev->readable);
        event_priority_set(dev->readable, 0);
    }
    bool by_timer = event_get_fd(dev->readable) < 0;
    if (!by_timer && try_event(dev->readable))
        return;
    if (!by_timer) {
        event_free(dev->readable);
        dev->readable = alloc_checked(evtimer_new(dev->base, read_in, dev));
    }
    evtimer_add(dev->readable, &at_once);
}

void chardev_use(struct chardev *dev, int in, int out)
{
    assert(dev->in < 0 && dev->out < 0);
    dev->in = in;
    dev->out = out;
    if (out >= 0) {
        dev->writable = alloc_checked(event_new(dev->base, out, EV_WRITE, write_out, dev));
        event_priority_set(dev->writable, 0);
    }
    if (in >= 0 && !dev->held)
        wait_for_input(dev);
}

void chardev_drop_input(struct chardev *dev)
{
    free_event(&dev->readable);
    if (dev->in >= 0 && dev->in != dev->out)
        close(dev->in);
    dev->in = -1;
}

void chardev_drop_output(struct chardev *dev)
{
    free_event(&dev->writable);
    evtimer_del(dev->flush);
    if (dev->out >= 0)
        close(dev->out);
    dev->out = -1;
    clear_queue(dev);
}

void chardev_drop(struct chardev *dev)
{
    chardev_drop_input(dev);
    chardev_drop_output(dev);
}

static bool open_kind(struct chardev *dev, const char *spec)
{
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t length = strlen(kinds[i].prefix);
        bool takes_argument = kinds[i].prefix[length - 1] == ':';
        if (strncmp(spec, kinds[i].prefix, length) != 0 || takes_argument != (spec[length] != '\0'))
            continue;
        dev->kind = &kinds[i];
        return dev->kind->open(dev, spec + length);
    }
    report_error("%s: '%s' is none of null, stdio, pty, file:PATH, tcp:HOST:PORT, unix:PATH", dev->label, spec);
    return false;
}

struct chardev *chardev_new(struct event_base *base, const char *spec, const char *label)
{
    struct chardev *dev = alloc_zeroed(sizeof(*dev));
    dev->base = base;
    dev->label = label;
    dev->in = dev->out = dev->listener = -1;
    dev->flush = alloc_checked(evtimer_new(base, write_out, dev));
    event_priority_set(dev->flush, 0);
    if (open_kind(dev, spec))
        return dev;
    chardev_free(dev);
    return NULL;
}

void chardev_free(struct chardev *dev)
{
    if (!dev)
        return;
    chardev_flush(dev);
    chardev_drop(dev);
    free_event(&dev->flush);
    free_event(&dev->attend);
    if (dev->listener >= 0)
        close(dev->listener);
    if (dev->unlink_path)
        unlink(dev->unlink_path);
    free(dev->unlink_path);
    free(dev->queue);
    free(dev);
}

void chardev_connect(struct chardev *dev, const struct chardev_handlers *handlers)
{
    assert(dev && handlers);
    dev->handlers = *handlers;
}

void chardev_hold(struct chardev *dev, bool hold)
{
    if (hold == dev->held)
        return;
    dev->held = hold;
    if (hold && dev->readable)
        event_del(dev->readable);
    else if (!hold && dev->in >= 0)
        wait_for_input(dev);
}

void chardev_write(struct chardev *dev, const uint8_t *bytes, size_t length)
{
    assert(bytes || !length);
    if (dev->out < 0)
        return;
    if (dev->head + dev->length + length > dev->capacity && dev->head) {
        memmove(dev->queue, dev->queue + dev->head, dev->length);
        dev->head = 0;
    }
    dev->queue = alloc_room(dev->queue, &dev->capacity, dev->length + length, 1);
    memcpy(dev->queue + dev->head + dev->length, bytes, length);
    if (!dev->length)
        evtimer_add(dev->flush, &at_once);
    dev->length += length;
    dev->was_full |= chardev_full(dev);
}

bool chardev_full(const struct chardev *dev)
{
    return dev->length >= QUEUE_FULL || (dev->was_full && dev->length > QUEUE_RESUME);
}

void chardev_flush(struct chardev *dev)
{
    while (dev->out >= 0 && dev->length) {
        struct pollfd poll_out = {.fd = dev->out, .events = POLLOUT};
        if (poll(&poll_out, 1, FLUSH_PATIENCE_MS) <= 0 || !write_some(dev))
            return;
    }
}
