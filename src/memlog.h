/* The access log of the present: what to log, as a user says it, and the log's start and end (softmmu/memlog.h). */
#ifndef SRC_MEMLOG_H
#define SRC_MEMLOG_H

#include "softmmu/memlog.h"

struct vm;

struct memlog_spec {
    char path[512];
    struct memlog_filter filter;
};

/*
 * "FILE[,phys=RANGE][,virt=RANGE][,kind=rwx][,pc=RANGE][,when=RANGE]"; a range is FIRST..LAST (either may be left out), ADDR+LENGTH, or
 * ADDR, and addresses may be symbols. False: `error` says why.
 */
bool memlog_parse(struct vm *vm, const char *text, struct memlog_spec *spec, char *error, size_t room);

/* Begins the log that -memlog asks for, if it does; false after an error line. */
bool memlog_power_on(struct vm *vm);
/* At a boundary. False: `error` says why. */
bool memlog_start(struct vm *vm, const char *text, char *error, size_t room);
/* At a boundary; with no log nothing happens. False: the log is not complete, and a notice was given. */
bool memlog_stop(struct vm *vm);
/* Time goes to the past, whose accesses were logged when they happened, or is back at the present. */
void memlog_mute(struct vm *vm, bool on);
/* After each slice of the present: a log that cannot be written ends with a notice, one whose time has come or gone follows. */
void memlog_slice_done(struct vm *vm);

#endif
