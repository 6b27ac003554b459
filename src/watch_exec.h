/* `exec 'COMMAND'`: a command of the monitor's as what is done at a watchpoint's hits. */
#ifndef SRC_WATCH_EXEC_H
#define SRC_WATCH_EXEC_H

#include "src/watchpoint.h"

/* What the command says goes to the debugger's console if a client is there, else to stderr. */
struct watch_action *watch_exec_new(const char *command);

#endif
