#include "gdbstub/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "softmmu/log.h"

enum { HOST_MAX = 256 };

/* These say what the stub does anyway. */
static const char *const accepted_options[] = {"server", "server=on", "nowait", "wait=off", "nodelay", "nodelay=on"};

static bool option_accepted(const char *text, size_t length)
{
    for (size_t i = 0; i < ARRAY_SIZE(accepted_options); i++)
        if (strlen(accepted_options[i]) == length && memcmp(accepted_options[i], text, length) == 0)
            return true;
    return false;
}

static bool options_accepted(const char *options)
{
    while (*options == ',') {
        size_t length = strcspn(++options, ",");
        if (!option_accepted(options, length)) {
            report_error("-gdb: unknown option '%.*s'", (int)length, options);
            return false;
        }
        options += length;
    }
    return true;
}

static bool parse_port(const char *text, size_t length, unsigned *port)
{
    *port = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *port = *port * 10 + (unsigned)(text[i] - '0');
        if (*port > 65535)
            return false;
    }
    return length > 0;
}

/* What is wrong, or NULL. */
static const char *resolve(struct address *address, const char *host)
{
    char port[8];
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
    snprintf(port, sizeof(port), "%u", address->port);
    int error = getaddrinfo(host, port, &hints, &found);
    if (error)
        return gai_strerror(error);
    assert(found->ai_addrlen <= sizeof(address->socket));
    memcpy(&address->socket, found->ai_addr, found->ai_addrlen);
    address->length = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

/* "[HOST]:PORT" of `length` characters; an IPv6 address stands in brackets. What is wrong, or NULL. */
static const char *parse_tcp(struct address *address, const char *text, size_t length)
{
    static const char unknown[] = "no address to listen on; write tcp::PORT, tcp:HOST:PORT or unix:PATH";
    char host[HOST_MAX];
    const char *colon = memrchr(text, ':', length);
    if (!colon || (size_t)(colon - text) >= sizeof(host))
        return unknown;
    if (!parse_port(colon + 1, (size_t)(text + length - colon - 1), &address->port))
        return unknown;
    const char *end = colon;
    if (end - text >= 2 && text[0] == '[' && end[-1] == ']') {
        text++;
        end--;
    }
    snprintf(host, sizeof(host), "%.*s", (int)(end - text), text);
    return resolve(address, host[0] ? host : "127.0.0.1");
}

static bool parse_unix(struct address *address, const char *path, size_t length)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&address->socket;
    if (!length || length >= sizeof(un->sun_path)) {
        report_error("-gdb: the path of a Unix socket must have 1 to %zu characters", sizeof(un->sun_path) - 1);
        return false;
    }
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, length);
    memcpy(address->path, path, length);
    address->length = sizeof(*un);
    return true;
}

bool address_parse(struct address *address, const char *text)
{
    static const char unix_prefix[] = "unix:", tcp_prefix[] = "tcp:";
    *address = (struct address){0};
    size_t length = strcspn(text, ",");
    if (!options_accepted(text + length))
        return false;
    if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0)
        return parse_unix(address, text + strlen(unix_prefix), length - strlen(unix_prefix));
    size_t skip = strncmp(text, tcp_prefix, strlen(tcp_prefix)) == 0 ? strlen(tcp_prefix) : 0;
    const char *fault = parse_tcp(address, text + skip, length - skip);
    if (fault)
        report_error("-gdb %s: %s", text, fault);
    return !fault;
}

static bool somebody_listens(const struct address *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address->socket, address->length) == 0;
    if (fd >= 0)
        close(fd);
    return connected;
}

bool address_clear_path(const struct address *address)
{
    assert(address->path[0]);
    struct stat status;
    if (lstat(address->path, &status) != 0)
        return true;
    if (!S_ISSOCK(status.st_mode)) {
        report_error("%s exists and is no socket; choose another with -gdb unix:PATH", address->path);
        return false;
    }
    if (somebody_listens(address)) {
        report_error("%s is in use; choose another with -gdb unix:PATH", address->path);
        return false;
    }
    return unlink(address->path) == 0 || errno == ENOENT;
}
