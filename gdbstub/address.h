/* Where to listen: the argument of -gdb. */
#ifndef GDBSTUB_ADDRESS_H
#define GDBSTUB_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include "softmmu/base.h"

struct address {
    struct sockaddr_storage socket;
    socklen_t length;
    unsigned port;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of a Unix socket, else "" */
};

/*
 * "tcp:[HOST]:PORT", "[HOST]:PORT" (no HOST: loopback; HOST may be [IPv6]), "unix:PATH"; ",server" and ",nowait" in the
 * forms that QEMU's users write are taken for what they say. False and an error line if it is none of these.
 */
bool address_parse(struct address *address, const char *text);
/* A socket file that nobody listens on is removed. False and an error line if somebody does, or if it is another file. */
bool address_clear_path(const struct address *address);

#endif
