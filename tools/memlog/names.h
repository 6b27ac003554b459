/* Names for addresses: symbols, source lines and regions, from the files that --symbols names and from --region. */
#ifndef TOOLS_MEMLOG_NAMES_H
#define TOOLS_MEMLOG_NAMES_H

#include "tools/memlog/range.h"

struct names;

struct region {
    char *name;
    struct range range;
    bool given; /* in the space that is shown (--region); else of a file, in virtual addresses */
};

struct names *names_new(void);
void names_free(struct names *names);
/* An ELF file of any kind, System.map or /proc/kallsyms; of several files the first that names an address wins. False after an error line. */
bool names_add_file(struct names *names, const char *path);
void names_add_region(struct names *names, const char *name, const struct range *range, bool given);

bool names_empty(const struct names *names);
/* The symbol that holds a virtual address, and where the symbol begins; NULL: none does. The text lives as long as names. */
const char *names_symbol(struct names *names, uint64_t address, uint64_t *start);
/* The bytes of a symbol; one byte if its size is not known. False: there is none of this name. */
bool names_extent(struct names *names, const char *symbol, struct range *extent);
/* The source line of an instruction; false if no file tells. */
bool names_line(struct names *names, uint64_t pc, const char **file, int *line);
/* In the order of being added. */
const struct region *names_regions(const struct names *names, size_t *count);

/* "symbol", "symbol+0x1c", or "" if there is none. Returns text. */
const char *names_format(struct names *names, uint64_t address, char *text, size_t size);

#endif
