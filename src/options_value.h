/* The forms of option values that more than one option has: sizes, numbers, lists of key=value. */
#ifndef SRC_OPTIONS_VALUE_H
#define SRC_OPTIONS_VALUE_H

#include "softmmu/base.h"

/* A whole decimal, hexadecimal (0x) or octal number; false if it is anything else. */
bool value_number(const char *text, uint64_t *number);
/* A number with an optional suffix b, k, M, G, T (powers of 1024, either case); without one it counts `unit` bytes. */
bool value_size(const char *text, uint64_t unit, uint64_t *size);
/* "2006-06-17T16:01:21" or "2006-06-17", taken as UTC, to seconds since 1970. */
bool value_date(const char *text, int64_t *seconds);
/* "on", "yes", "true" or "off", "no", "false". */
bool value_switch(const char *text, bool *on);

/* The items of "value,key=value,...". A first item without '=' has the key `implied` (NULL: none may be). */
struct value_list {
    const char *rest;
    const char *implied;
    char key[24];
    char value[256];
};
void value_list_begin(struct value_list *list, const char *text, const char *implied);
/* False at the end. Items that are too long are cut, which no handler then knows. */
bool value_list_next(struct value_list *list);

#endif
