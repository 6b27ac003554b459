#include "tools/memlog/range.h"

#include <stdio.h>
#include <string.h>

#include "src/options_value.h"
#include "tools/memlog/names.h"

#define MAX_WORD 256

struct syntax {
    enum range_thousand thousand;
    struct names *names;
};

bool range_number(const char *text, enum range_thousand thousand, uint64_t *number)
{
    static const char suffixes[] = "kMGT";
    char digits[MAX_WORD];
    size_t length = strlen(text);
    const char *suffix = length && length < sizeof(digits) ? strchr(suffixes, text[length - 1]) : NULL;
    if (!suffix)
        return value_number(text, number);
    snprintf(digits, sizeof(digits), "%.*s", (int)length - 1, text);
    if (!value_number(digits, number))
        return false;
    for (; suffix >= suffixes; suffix--)
        if (__builtin_mul_overflow(*number, (uint64_t)thousand, number))
            return false;
    return true;
}

/* The place of a number or a symbol; a number is one unit long. */
static bool parse_place(const char *text, const struct syntax *syntax, struct range *place)
{
    if (!range_number(text, syntax->thousand, &place->first))
        return syntax->names && names_extent(syntax->names, text, place);
    place->last = place->first;
    return true;
}

static bool parse_span(char *first, char *last, const struct syntax *syntax, struct range *range)
{
    struct range from = {0, 0}, to = {UINT64_MAX, UINT64_MAX};
    if ((*first && !parse_place(first, syntax, &from)) || (*last && !parse_place(last, syntax, &to)))
        return false;
    *range = (struct range){from.first, to.last};
    return true;
}

static bool parse_start(char *start, const char *length, const struct syntax *syntax, struct range *range)
{
    uint64_t size;
    if (!parse_place(start, syntax, range) || !range_number(length, syntax->thousand, &size) || !size)
        return false;
    return !__builtin_add_overflow(range->first, size - 1, &range->last);
}

static bool parse_word(char *word, const struct syntax *syntax, struct range *range)
{
    char *dots = strstr(word, ".."), *comma = word + strcspn(word, ",+");
    if (dots) {
        *dots = '\0';
        return parse_span(word, dots + 2, syntax, range);
    }
    if (*comma) {
        *comma = '\0';
        return parse_start(word, comma + 1, syntax, range);
    }
    return parse_place(word, syntax, range);
}

bool range_parse(const char *text, enum range_thousand thousand, struct names *names, struct range *range, const char **why)
{
    char word[MAX_WORD];
    *why = "neither FIRST..LAST, START,LENGTH, a number, nor a symbol of a --symbols file";
    if (strlen(text) >= sizeof(word) || !*text)
        return false;
    strcpy(word, text);
    if (!parse_word(word, &(struct syntax){thousand, names}, range))
        return false;
    *why = "it ends before it begins";
    return range->first <= range->last;
}
