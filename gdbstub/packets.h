/* The table of packets: packets.def as rows, and the handlers that it names. */
#ifndef GDBSTUB_PACKETS_H
#define GDBSTUB_PACKETS_H

#include "gdbstub/args.h"
#include "gdbstub/session.h"

/* Fills out, returns an enum session_reply; writes nothing to the wire. */
typedef int packet_handler(struct session *session, const struct args *args, struct outbuf *out);
typedef bool packet_needs(const struct session *session);

struct packet {
    const char *name, *arguments;
    packet_handler *handler;
    enum session_when when;
    packet_needs *needs;
    const char *feature;
};

extern const struct packet packets[];
extern const size_t packets_count;

#define PACKET(name, arguments, handler, when, needs, feature) packet_handler handler;
#include "gdbstub/packets.def"
#undef PACKET

packet_needs rsp_needs_reverse, rsp_needs_description, rsp_needs_memory_map, rsp_needs_monitor, rsp_needs_sstep, rsp_needs_triple;

#endif
