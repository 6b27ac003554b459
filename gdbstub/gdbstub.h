/* GDB remote serial protocol server: listens, speaks to one controlling client, drives a struct target_ops. */
#ifndef GDBSTUB_GDBSTUB_H
#define GDBSTUB_GDBSTUB_H

#include "gdbstub/target.h"

struct event_base;
struct gdbstub;

/*
 * address: "tcp:[HOST]:PORT" (no HOST: loopback only; PORT 0: any, see gdbstub_port), ":PORT", or "unix:PATH".
 * NULL and an error line ("port 1234 is in use; choose another with -gdb tcp::PORT") when it cannot listen.
 */
struct gdbstub *gdbstub_new(struct event_base *base, const char *address, const struct target_ops *ops, void *vm);
/* Closes the client (after flushing what is queued) and the listener; removes a Unix socket's file. */
void gdbstub_free(struct gdbstub *stub);
unsigned gdbstub_port(const struct gdbstub *stub);
bool gdbstub_connected(const struct gdbstub *stub);

/* The machine stopped: answers the resume that the client waits for, if it does. */
void gdbstub_stopped(struct gdbstub *stub, const struct target_stop *stop);
/* The monitor command that was to be answered later is over. */
void gdbstub_command_done(struct gdbstub *stub, bool good);
/* A line for the person's console at the client (an O packet); sent only while a resume or a monitor command is under way. */
void gdbstub_console(struct gdbstub *stub, const char *text, size_t length);
/* The client reads slower than text comes: it should not become much more before ops->drained() is called. */
bool gdbstub_full(const struct gdbstub *stub);

#endif
