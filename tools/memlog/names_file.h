/* Reads one file of symbols. */
#ifndef TOOLS_MEMLOG_NAMES_FILE_H
#define TOOLS_MEMLOG_NAMES_FILE_H

#include "softmmu/base.h"

struct lines;
struct names;
struct symbols;

/*
 * Symbols go to symbols; the sections of a program that has more than one become regions of names; *lines is set if the file has
 * source lines (DWARF), else left. False after an error line.
 */
bool names_file_read(const char *path, struct names *names, struct symbols *symbols, struct lines **lines);

#endif
