/*
 * Arguments of packets, taken apart by a pattern:
 *   x  a hexadecimal number of 64 bits          t  a thread: TID, pPID.TID, pPID, -1 for all, 0 for any
 *   s  text up to the pattern's next character  *  all the rest, any bytes
 *   ?  what follows may be missing              anything else stands for itself
 */
#ifndef GDBSTUB_ARGS_H
#define GDBSTUB_ARGS_H

#include "softmmu/base.h"

enum { ARGS_NUMBERS = 4, ARGS_ALL = -1, ARGS_ANY = 0 };

struct args_span {
    const uint8_t *at, *end;
};

struct args_thread {
    int64_t pid, tid; /* ARGS_ANY where not given */
};

struct args {
    uint64_t number[ARGS_NUMBERS];
    unsigned numbers; /* how many there were */
    struct args_thread thread;
    struct args_span text, rest;
};

bool args_parse(struct args *args, const char *pattern, struct args_span body);

/* Pieces, for packets with a grammar of their own: each takes from the front of the span, false if it is not there. */
bool args_number(struct args_span *span, uint64_t *number);
bool args_thread(struct args_span *span, struct args_thread *thread);
/* Whether this id, with its "all" and "any", takes in that thread. */
bool args_thread_means(const struct args_thread *thread, int64_t pid, int64_t tid);
bool args_literal(struct args_span *span, const char *text);
/* The part before the next separator, which is taken too; false at the end of the span. */
bool args_piece(struct args_span *span, uint8_t separator, struct args_span *piece);

static inline size_t args_length(struct args_span span)
{
    return (size_t)(span.end - span.at);
}

#endif
