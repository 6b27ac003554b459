/* What the program can do: each reads the log of the options and returns the exit status. */
#ifndef TOOLS_MEMLOG_COMMANDS_H
#define TOOLS_MEMLOG_COMMANDS_H

#include "tools/memlog/options.h"

int command_text(struct options *options);
int command_csv(struct options *options);
int command_top(struct options *options);
int command_map(struct options *options);
int command_info(struct options *options);

#endif
