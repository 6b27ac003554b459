/* Source lines of a program, from its DWARF. */
#ifndef TOOLS_MEMLOG_LINES_H
#define TOOLS_MEMLOG_LINES_H

#include "softmmu/base.h"

struct lines;

/* fd need not stay open. NULL: the file has no lines. */
struct lines *lines_open(int fd);
void lines_free(struct lines *lines);
/* The text lives as long as lines. */
bool lines_find(struct lines *lines, uint64_t pc, const char **file, int *line);

#endif
