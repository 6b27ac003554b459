#include "tools/memlog/range.h"

#include <string.h>

#include "src/options_value.h"
#include "tools/memlog/names.h"

#define MAX_WORD 256

/* The place of a number or a symbol; a number is one unit long. */
static bool parse_place(const char *text, struct names *names, struct range *place)
{
    if (!value_size(text, 1, &place->first))
        return names && names_extent(names, text, place);
    place->last = place->first;
    return true;
}

static bool parse_span(char *first, char *last, struct names *names, struct range *range)
{
    struct range from = {0, 0}, to = {UINT64_MAX, UINT64_MAX};
    if ((*first && !parse_place(first, names, &from)) || (*last && !parse_place(last, names, &to)))
        return false;
    *range = (struct range){from.first, to.last};
    return true;
}

static bool parse_start(char *start, const char *length, struct names *names, struct range *range)
{
    uint64_t size;
    if (!parse_place(start, names, range) || !value_size(length, 1, &size) || !size)
        return false;
    return !__builtin_add_overflow(range->first, size - 1, &range->last);
}

static bool parse_word(char *word, struct names *names, struct range *range)
{
    char *dots = strstr(word, ".."), *comma = word + strcspn(word, ",+");
    if (dots) {
        *dots = '\0';
        return parse_span(word, dots + 2, names, range);
    }
    if (*comma) {
        *comma = '\0';
        return parse_start(word, comma + 1, names, range);
    }
    return parse_place(word, names, range);
}

bool range_parse(const char *text, struct names *names, struct range *range, const char **why)
{
    char word[MAX_WORD];
    *why = "neither FIRST..LAST, START,LENGTH, a number, nor a symbol of a --symbols file";
    if (strlen(text) >= sizeof(word) || !*text)
        return false;
    strcpy(word, text);
    if (!parse_word(word, names, range))
        return false;
    *why = "it ends before it begins";
    return range->first <= range->last;
}
