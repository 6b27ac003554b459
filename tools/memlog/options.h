/* The command line: COMMAND LOG [OPTION...]. */
#ifndef TOOLS_MEMLOG_OPTIONS_H
#define TOOLS_MEMLOG_OPTIONS_H

#include "tools/memlog/filter.h"
#include "tools/memlog/names.h"

enum command_bit {
    FOR_TEXT = 1,
    FOR_CSV = 2,
    FOR_TOP = 4,
    FOR_MAP = 8,
    FOR_INFO = 16,
    FOR_LISTS = FOR_TEXT | FOR_CSV,
    FOR_ALL = 31,
};

enum top_key { BY_DEFAULT, BY_FUNCTION, BY_PC, BY_DATA };

#define MAX_MARKS 16

/* A moment that the map names. */
struct mark {
    char text[64];
    uint64_t icount;
    struct range pc; /* while it is not known: the first access by an instruction there */
    bool known;
};

struct options {
    const char *log;
    const char *output; /* NULL: standard output */
    struct names *names;
    struct filter filter;
    uint64_t count; /* the most rows that are listed */
    enum top_key by;
    bool virt; /* the map's addresses are virtual ones */
    unsigned width, height;
    struct mark marks[MAX_MARKS];
    size_t nmarks;
    const char *title; /* NULL: the log's name */
};

#define EXIT_USAGE 2

/* The arguments behind the command. False after an error line. */
bool options_parse(struct options *options, enum command_bit command, int argc, char **argv);
void options_free(struct options *options);
/* The options of a command, a line each. */
void options_help(enum command_bit command);

#endif
