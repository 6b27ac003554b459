#include "src/options_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As strtoull, but a sign, leading blanks and a lack of digits are errors. */
static bool leading_number(const char *text, uint64_t *number, char **end)
{
    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *number = strtoull(text, end, 0);
    return errno == 0;
}

bool value_number(const char *text, uint64_t *number)
{
    char *end;
    return leading_number(text, number, &end) && *end == '\0';
}

bool value_size(const char *text, uint64_t unit, uint64_t *size)
{
    static const char suffixes[] = "bkmgt";
    char *end;
    if (!leading_number(text, size, &end))
        return false;
    if (*end) {
        const char *suffix = strchr(suffixes, tolower((unsigned char)*end));
        if (!suffix || end[1])
            return false;
        unit = (uint64_t)1 << (10 * (suffix - suffixes));
    }
    return !__builtin_mul_overflow(*size, unit, size);
}

bool value_date(const char *text, int64_t *seconds)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"};
    for (unsigned i = 0; i < ARRAY_SIZE(forms); i++) {
        struct tm date = {0};
        const char *end = strptime(text, forms[i], &date);
        if (!end || *end)
            continue;
        int day = date.tm_mday; /* the 30th of February would be a day of March */
        *seconds = timegm(&date);
        return date.tm_mday == day;
    }
    return false;
}

bool value_switch(const char *text, bool *on)
{
    static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *on = i & 1;
            return true;
        }
    }
    return false;
}

void value_list_begin(struct value_list *list, const char *text, const char *implied)
{
    *list = (struct value_list){.rest = text, .implied = implied};
}

bool value_list_next(struct value_list *list)
{
    if (!list->rest || !*list->rest)
        return false;
    size_t length = strcspn(list->rest, ",");
    size_t key = strcspn(list->rest, "=,");
    const char *item = list->rest;
    list->rest += length + (item[length] == ',');
    if (key == length) {
        snprintf(list->key, sizeof(list->key), "%s", list->implied ? list->implied : "");
        snprintf(list->value, sizeof(list->value), "%.*s", (int)length, item);
    } else {
        snprintf(list->key, sizeof(list->key), "%.*s", (int)key, item);
        snprintf(list->value, sizeof(list->value), "%.*s", (int)(length - key - 1), item + key + 1);
    }
    list->implied = NULL;
    return true;
}
