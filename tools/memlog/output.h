/* Where a command's lines go: standard output, or the file of -o. */
#ifndef TOOLS_MEMLOG_OUTPUT_H
#define TOOLS_MEMLOG_OUTPUT_H

#include <stdio.h>

#include "softmmu/base.h"

/* path NULL: standard output. NULL after an error line. */
FILE *output_open(const char *path);
/* False after an error line: not all of it could be written. Nothing is said of a reader that went away (head). */
bool output_close(FILE *file, const char *path);

#endif
