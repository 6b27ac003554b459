/*
 * The outer layer of the remote protocol, outwards: body -> $...#xx with escapes and run-length encoding.
 * Source: GDB manual, appendix "Remote Protocol", section "Overview".
 */
#ifndef GDBSTUB_ENCODE_H
#define GDBSTUB_ENCODE_H

#include "gdbstub/outbuf.h"

void encode_packet(struct outbuf *wire, const uint8_t *body, size_t length, bool run_length);

#endif
