/* The monitor: commands of gdb's `monitor` and of the console's prompt. */
#ifndef SRC_MONITOR_H
#define SRC_MONITOR_H

#include "src/vm.h"

typedef void monitor_print_fn(void *opaque, const char *text, size_t length);

/* Does one command line; what it has to say goes to print. False: it failed, or there is no such command (the text says which). */
bool monitor_command(struct vm *vm, const char *line, monitor_print_fn *print, void *opaque);

#endif
