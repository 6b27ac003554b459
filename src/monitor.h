/* The monitor: commands of gdb's `monitor` and of the console's prompt. */
#ifndef SRC_MONITOR_H
#define SRC_MONITOR_H

#include "src/vm.h"

enum { MONITOR_LINE = 256 }; /* the longest command line, with its NUL */

typedef void monitor_print_fn(void *opaque, const char *text, size_t length);

enum monitor_result {
    MONITOR_FAILED, /* or there is no such command: the text says which */
    MONITOR_DONE,
    MONITOR_LATER, /* it has begun, and the machine runs for it; monitor_await() says who is told of its end */
};

/* Does one command line; what it has to say goes to print. */
enum monitor_result monitor_command(struct vm *vm, const char *line, monitor_print_fn *print, void *opaque);
/* Whoever waits for the command under way; all NULL: nobody any more. done may begin another command. vm_stop() ends it early. */
void monitor_await(struct vm *vm, monitor_print_fn *print, void (*done)(void *opaque, bool good), void *opaque);

#endif
