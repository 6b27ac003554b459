/* A machine without a debugger: watches given on the command line, and what is said on stderr when it stops. */
#ifndef SRC_UNATTENDED_H
#define SRC_UNATTENDED_H

#include "src/vm.h"

/*
 * A -watch SPEC as the monitor's command line: commas and equals signs are blanks but for the range's own comma, in quotes, and behind
 * `if`. False: it does not fit.
 */
bool watch_line(const char *spec, char *line, size_t room);
/* Sets the watchpoints that the options name. False after an error line. */
bool unattended_watch(struct vm *vm);
/* From now on a stop at a point that no client is there to be told of is said on stderr, with how to go on. */
void unattended_report_stops(struct vm *vm);

#endif
