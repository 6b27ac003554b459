#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/chardev_internal.h"
#include "softmmu/alloc.h"

struct socket_spec {
    char address[256]; /* "HOST:PORT" or a path */
    bool server, nowait;
};

/* QEMU's words: server[=on|off], wait[=on|off], nowait; nodelay and the like mean nothing here. */
static bool apply_word(struct socket_spec *spec, const char *word)
{
    static const struct {
        const char *word;
        bool server, nowait;
    } words[] = {
        {"server",     true,  false},
        {"server=on",  true,  false},
        {"nowait",     false, true },
        {"wait=off",   false, true },
        {"server=off", false, false},
        {"wait=on",    false, false},
        {"wait",       false, false},
        {"nodelay",    false, false},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            spec->server |= words[i].server;
            spec->nowait |= words[i].nowait;
            return true;
        }
    }
    return false;
}

static bool parse_spec(const struct chardev *dev, const char *text, struct socket_spec *spec)
{
    char copy[sizeof(spec->address)], *rest = copy;
    *spec = (struct socket_spec){0};
    if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy)) {
        report_error("%s: the address is too long: %s", dev->label, text);
        return false;
    }
    snprintf(spec->address, sizeof(spec->address), "%s", strsep(&rest, ","));
    for (const char *word; (word = strsep(&rest, ","));) {
        if (!apply_word(spec, word)) {
            report_error("%s: '%s': expected server, nowait", dev->label, word);
            return false;
        }
    }
    return true;
}

static bool fail(const struct chardev *dev, const struct socket_spec *spec, const char *why)
{
    report_error("%s: %s: %s", dev->label, spec->address, why);
    return false;
}

static void start_client(struct chardev *dev, int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    chardev_use(dev, fd, fd);
}

/* One client at a time; others wait in the listener's queue until it has gone. */
static void attend(evutil_socket_t listener, short what, void *opaque)
{
    struct chardev *dev = opaque;
    int fd = accept4((int)listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    assert(dev->in < 0 && dev->out < 0);
    event_del(dev->attend);
    start_client(dev, fd);
}

static bool start_server(struct chardev *dev, const struct socket_spec *spec, int fd)
{
    assert(dev->listener < 0 && !dev->attend);
    if (listen(fd, 1) < 0) {
        close(fd);
        return fail(dev, spec, strerror(errno));
    }
    dev->listener = fd;
    dev->attend = alloc_checked(event_new(dev->base, fd, EV_READ | EV_PERSIST, attend, dev));
    if (spec->nowait) {
        event_add(dev->attend, NULL);
        return true;
    }
    fprintf(stderr, "stakeout: %s waits for a connection at %s\n", dev->label, spec->address);
    attend(fd, EV_READ, dev);
    return dev->out >= 0 || fail(dev, spec, strerror(errno));
}

/* Binds or connects. */
static bool open_socket(struct chardev *dev, const struct socket_spec *spec, int family, const void *address, socklen_t length)
{
    int on = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(dev, spec, strerror(errno));
    if (spec->server)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if ((spec->server ? bind(fd, address, length) : connect(fd, address, length)) < 0) {
        int error = errno;
        close(fd);
        return fail(dev, spec, strerror(error));
    }
    if (spec->server)
        return start_server(dev, spec, fd);
    start_client(dev, fd);
    return true;
}

/* A number that getaddrinfo() would cut to 16 bits is no port. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return *text && (text[digits] || (digits <= 5 && strtoul(text, NULL, 10) <= UINT16_MAX));
}

bool chardev_open_tcp(struct chardev *dev, const char *argument)
{
    struct socket_spec spec;
    if (!parse_spec(dev, argument, &spec))
        return false;
    char host[sizeof(spec.address)];
    snprintf(host, sizeof(host), "%s", spec.address);
    char *colon = strrchr(host, ':');
    if (!colon || !is_port(colon + 1))
        return fail(dev, &spec, "expected HOST:PORT");
    *colon = '\0';
    /* Without a host: this machine only. */
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
    int error = getaddrinfo(*host ? host : "127.0.0.1", colon + 1, &hints, &found);
    if (error)
        return fail(dev, &spec, gai_strerror(error));
    bool opened = open_socket(dev, &spec, found->ai_family, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return opened;
}

/* A socket's file that nobody listens at is left over and goes; any other is somebody's. */
static bool clear_path(const struct chardev *dev, const struct socket_spec *spec, const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(spec->address, &status) < 0)
        return true;
    if (!S_ISSOCK(status.st_mode))
        return fail(dev, spec, "it exists and is no socket");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool in_use = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0)
        close(fd);
    if (in_use)
        return fail(dev, spec, strerror(EADDRINUSE));
    return unlink(spec->address) == 0 || fail(dev, spec, strerror(errno));
}

bool chardev_open_unix(struct chardev *dev, const char *argument)
{
    struct socket_spec spec;
    if (!parse_spec(dev, argument, &spec))
        return false;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(spec.address) >= sizeof(address.sun_path))
        return fail(dev, &spec, "the path is too long for a socket");
    strcpy(address.sun_path, spec.address);
    if (spec.server && !clear_path(dev, &spec, &address))
        return false;
    if (!open_socket(dev, &spec, AF_UNIX, &address, sizeof(address)))
        return false;
    dev->unlink_path = spec.server ? alloc_checked(strdup(spec.address)) : NULL;
    return true;
}

void chardev_lost_socket(struct chardev *dev, bool output)
{
    chardev_drop(dev);
    if (dev->attend)
        event_add(dev->attend, NULL);
    else
        report_error("%s: the other end has closed the connection", dev->label);
}
