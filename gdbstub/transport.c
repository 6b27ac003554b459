/*
 * The sockets of the gdb stub. The only file that knows libevent.
 *
 * A reply is written at once, in one call, from where it arises, and only what the socket does not take waits for the
 * loop: a debugger's steps are a ping-pong of small packets, and each trip round the loop would cost as much as a step. For the same
 * reason the next packet is awaited awake for a moment while the machine stands: to be woken from sleep takes longer than a step.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "gdbstub/address.h"
#include "gdbstub/gdbstub.h"
#include "gdbstub/session.h"
#include "softmmu/log.h"

enum {
    INPUT_CHUNK = 65536,
    BACKLOG_MAX = 16 << 20, /* of replies that the client does not fetch */
    FULL = 256 << 10,
    LAST_FLUSH_MS = 1000,
    AWAKE_NS = 100000,
    AWAKE_PACKETS = 64, /* then the loop's other events have their turn */
};

struct client {
    evutil_socket_t fd;
    struct event *readable, *writable;
    struct session *session;
    bool full; /* more than FULL waits to be fetched */
};

struct gdbstub {
    struct event_base *base;
    const struct target_ops *ops;
    void *vm;
    struct evconnlistener *listener;
    struct address address;
    struct client *client;
    uint8_t input[INPUT_CHUNK];
};

/* Unusable from now on; the loop then reads its end and closes it, as no caller up the stack expects it to go here. */
static void give_up(struct client *client)
{
    assert(client->fd >= 0);
    outbuf_clear(&client->session->wire);
    outbuf_clear(&client->session->text);
    shutdown(client->fd, SHUT_RDWR);
}

static void drain(struct gdbstub *stub, struct client *client)
{
    bool was_full = client->full;
    client->full = outbuf_length(&client->session->wire) + outbuf_length(&client->session->text) > FULL;
    if (was_full && !client->full && stub->ops->drained)
        stub->ops->drained(stub->vm);
}

/* As much as the socket takes. */
static void flush_client(struct client *client)
{
    struct outbuf *wire = &client->session->wire;
    for (;;) {
        if (!outbuf_length(wire))
            session_release_text(client->session);
        if (!outbuf_length(wire))
            break;
        ssize_t sent = send(client->fd, outbuf_data(wire), outbuf_length(wire), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            give_up(client);
        if (sent <= 0)
            break;
        outbuf_consume(wire, (size_t)sent);
    }
    if (outbuf_length(wire) > BACKLOG_MAX) {
        report_error("the gdb client does not read its replies; closing it");
        give_up(client);
    }
    if (outbuf_length(wire))
        event_add(client->writable, NULL);
}

static void flush(struct gdbstub *stub)
{
    assert(stub->client);
    flush_client(stub->client);
    drain(stub, stub->client);
}

static void close_client(struct gdbstub *stub)
{
    assert(stub->client);
    struct client *client = stub->client;
    stub->client = NULL; /* what the target does now must not reach it any more */
    event_free(client->readable);
    event_free(client->writable);
    outbuf_clear(&client->session->wire);
    outbuf_clear(&client->session->text);
    drain(stub, client);
    session_free(client->session);
    evutil_closesocket(client->fd);
    free(client);
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What the client sent, if anything: more than 0 if something came; 0: nothing yet; less: it is gone. */
static int receive(struct gdbstub *stub)
{
    ssize_t length = recv(stub->client->fd, stub->input, sizeof(stub->input), MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    if (length <= 0) {
        close_client(stub);
        return -1;
    }
    session_feed(stub->client->session, stub->input, (size_t)length);
    flush(stub);
    return 1;
}

static void on_readable(evutil_socket_t fd, short what, void *opaque)
{
    struct gdbstub *stub = opaque;
    assert(stub->client && stub->client->fd == fd);
    uint64_t until = now_ns() + AWAKE_NS;
    for (unsigned packets = 0; packets < AWAKE_PACKETS && now_ns() < until;) {
        int came = receive(stub);
        if (came < 0 || stub->ops->running(stub->vm) || event_base_got_break(stub->base))
            return;
        if (came) {
            packets++;
            until = now_ns() + AWAKE_NS;
        }
    }
}

static void on_writable(evutil_socket_t fd, short what, void *opaque)
{
    struct gdbstub *stub = opaque;
    assert(stub->client && stub->client->fd == fd);
    flush(stub);
}

static void on_connect(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int length, void *opaque)
{
    struct gdbstub *stub = opaque;
    int on = 1;
    if (stub->client) {
        report_error("a second gdb client was refused: one is connected");
        evutil_closesocket(fd);
        return;
    }
    if (!stub->address.path[0]) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    }
    struct client *client = calloc(1, sizeof(*client));
    if (!client) {
        evutil_closesocket(fd);
        return;
    }
    client->fd = fd;
    client->readable = event_new(stub->base, fd, EV_READ | EV_PERSIST, on_readable, stub);
    client->writable = event_new(stub->base, fd, EV_WRITE, on_writable, stub);
    event_priority_set(client->readable, 0);
    event_priority_set(client->writable, 0);
    client->session = session_new(stub->ops, stub->vm);
    stub->client = client;
    event_add(client->readable, NULL);
}

static void report_bind_error(const struct address *address, const char *text)
{
    if (address->path[0])
        report_error("%s: %s; choose another with -gdb unix:PATH", address->path, strerror(errno));
    else if (errno == EADDRINUSE)
        report_error("port %u is in use; choose another with -gdb tcp::PORT", address->port);
    else
        report_error("cannot listen on %s: %s", text, strerror(errno));
}

static bool listen_on(struct gdbstub *stub, const char *text)
{
    struct address *address = &stub->address;
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | (address->path[0] ? 0 : LEV_OPT_REUSEABLE);
    stub->listener = evconnlistener_new_bind(stub->base, on_connect, stub, flags, 4, (struct sockaddr *)&address->socket,
                                             (int)address->length);
    if (!stub->listener)
        report_bind_error(address, text);
    return stub->listener != NULL;
}

/* The port that the system chose, if the person left it to it. */
static void learn_port(struct gdbstub *stub)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof(bound);
    if (getsockname(evconnlistener_get_fd(stub->listener), (struct sockaddr *)&bound, &length) != 0)
        return;
    if (bound.ss_family == AF_INET)
        stub->address.port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
    else if (bound.ss_family == AF_INET6)
        stub->address.port = ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
}

struct gdbstub *gdbstub_new(struct event_base *base, const char *address, const struct target_ops *ops, void *vm)
{
    struct gdbstub *stub = calloc(1, sizeof(*stub));
    if (!stub)
        return NULL;
    stub->base = base;
    stub->ops = ops;
    stub->vm = vm;
    bool usable = address_parse(&stub->address, address) && (!stub->address.path[0] || address_clear_path(&stub->address));
    if (!usable || !listen_on(stub, address)) {
        free(stub);
        return NULL;
    }
    learn_port(stub);
    return stub;
}

/* The last words (the W packet, the OK of a command that quits) must still get out. */
static void flush_last(struct client *client)
{
    struct pollfd writable = {.fd = client->fd, .events = POLLOUT};
    flush_client(client);
    while (outbuf_length(&client->session->wire) && poll(&writable, 1, LAST_FLUSH_MS) > 0)
        flush_client(client);
}

void gdbstub_free(struct gdbstub *stub)
{
    if (!stub)
        return;
    if (stub->client) {
        flush_last(stub->client);
        close_client(stub);
    }
    evconnlistener_free(stub->listener);
    if (stub->address.path[0])
        unlink(stub->address.path);
    free(stub);
}

unsigned gdbstub_port(const struct gdbstub *stub)
{
    return stub->address.port;
}

bool gdbstub_connected(const struct gdbstub *stub)
{
    return stub->client != NULL;
}

void gdbstub_stopped(struct gdbstub *stub, const struct target_stop *stop)
{
    if (!stub->client)
        return;
    session_stopped(stub->client->session, stop);
    flush(stub);
    event_active(stub->client->readable, EV_READ, 0); /* to await what the client says to it */
}

void gdbstub_command_done(struct gdbstub *stub, bool good)
{
    if (!stub->client)
        return;
    session_command_done(stub->client->session, good);
    flush(stub);
}

void gdbstub_console(struct gdbstub *stub, const char *text, size_t length)
{
    if (!stub->client)
        return;
    session_console(stub->client->session, text, length);
    flush(stub);
}

bool gdbstub_full(const struct gdbstub *stub)
{
    return stub->client && stub->client->full;
}
