/* What a record's addresses are called. */
#ifndef TOOLS_MEMLOG_PLACE_H
#define TOOLS_MEMLOG_PLACE_H

#include "tools/memlog/names.h"
#include "tools/memlog/reader.h"

#define PLACE_TEXT 640 /* bytes: room for any name */

/* "function+0x1c (file.c:41)", less what is not known. Returns text. */
const char *place_of_code(struct names *names, uint64_t pc, char *text, size_t size);
/* The symbol that holds the data, by its virtual address, or else where the kernel sees the memory; NULL if there is none. */
const char *place_symbol(struct names *names, const struct memlog_record *record, uint64_t *address, uint64_t *start);
/* "symbol+0x4", or "": of a fetch too, whose place is the instruction's. Returns text. */
const char *place_of_data(struct names *names, const struct memlog_record *record, char *text, size_t size);

#endif
