#include "cpu/agent_format.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDEST = 255 };

/* One conversion, taken apart. */
struct conversion {
    char flags[8];
    int width, precision; /* -1: none */
    unsigned size;        /* bytes of the argument */
    char letter;
};

struct text {
    char bytes[AGENT_TEXT];
    size_t length;
};

static void add(struct text *text, const char *bytes, size_t length)
{
    length = (size_t)min_u64(length, sizeof(text->bytes) - text->length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static int number(const char **at)
{
    int value = 0;
    for (; isdigit((unsigned char)**at); (*at)++)
        value = value > WIDEST ? value : value * 10 + (**at - '0');
    return value;
}

static unsigned modifier(const char **at, unsigned long_size)
{
    static const struct {
        const char *text;
        unsigned size;
    } rows[] = {
        {"hh", 1},
        {"h",  2},
        {"ll", 8},
        {"l",  0},
        {"j",  8},
        {"z",  0},
        {"t",  0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (strncmp(*at, rows[i].text, strlen(rows[i].text)) == 0) {
            *at += strlen(rows[i].text);
            return rows[i].size ? rows[i].size : long_size;
        }
    return 4;
}

/* Behind a '%'. False: none that we know. */
static bool parse(const char **at, struct conversion *conversion, unsigned long_size)
{
    size_t flags = strspn(*at, "-+ #0");
    *conversion = (struct conversion){.width = -1, .precision = -1};
    if (flags >= sizeof(conversion->flags))
        return false;
    memcpy(conversion->flags, *at, flags);
    *at += flags;
    if (isdigit((unsigned char)**at))
        conversion->width = number(at);
    if (**at == '.') {
        (*at)++;
        conversion->precision = number(at);
    }
    conversion->size = modifier(at, long_size);
    conversion->letter = **at;
    if (!conversion->letter || !strchr("diuxXocps", conversion->letter))
        return false;
    (*at)++;
    return conversion->width <= WIDEST && conversion->precision <= WIDEST;
}

/* Behind a backslash, as in C; a character without a meaning stands for itself. */
static char escape(const char **at)
{
    static const char from[] = "abefnrtv", to[] = "\a\b\033\f\n\r\t\v";
    const char *found = **at ? strchr(from, **at) : NULL;
    int value = 0;
    if (found) {
        (*at)++;
        return to[found - from];
    }
    if (**at < '0' || **at > '7')
        return **at ? *(*at)++ : '\\';
    for (unsigned digits = 0; digits < 3 && **at >= '0' && **at <= '7'; digits++)
        value = value * 8 + (*(*at)++ - '0');
    return (char)value;
}

const char *agent_format_check(const char *format, unsigned arguments)
{
    struct conversion conversion;
    unsigned found = 0;
    while (*format) {
        char c = *format++;
        if (c == '\\') {
            escape(&format);
        } else if (c == '%' && *format == '%') {
            format++;
        } else if (c == '%') {
            if (!parse(&format, &conversion, 4))
                return "a conversion of this format is not known here (integers, %c, %p and %s are)";
            found++;
        }
    }
    return found == arguments ? NULL : "the format wants another number of arguments";
}

static uint64_t extended(uint64_t value, unsigned size, bool is_signed)
{
    unsigned unused = 64 - 8 * size;
    return is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value << unused >> unused;
}

static void add_string(struct text *text, const char *pattern, const struct conversion *conversion, uint64_t address,
                       const struct agent_interface *machine, void *opaque)
{
    char string[AGENT_TEXT], line[AGENT_TEXT + WIDEST];
    size_t length = 0;
    while (length < sizeof(string) - 1 && (conversion->precision < 0 || length < (size_t)conversion->precision) &&
           machine->read_memory(opaque, address + length, (uint8_t *)&string[length], 1) && string[length])
        length++;
    string[length] = 0;
    int printed = snprintf(line, sizeof(line), pattern, conversion->width < 0 ? 0 : conversion->width, string);
    add(text, line, (size_t)min_u64((uint64_t)printed, sizeof(line) - 1));
}

static void add_number(struct text *text, const char *pattern, const struct conversion *conversion, uint64_t value)
{
    char line[2 * WIDEST + 64];
    int width = conversion->width < 0 ? 0 : conversion->width;
    int printed = snprintf(line, sizeof(line), pattern, width, conversion->precision, value);
    add(text, line, (size_t)min_u64((uint64_t)printed, sizeof(line) - 1));
}

static void convert(struct text *text, struct conversion *conversion, uint64_t value, const struct agent_interface *machine,
                    void *opaque)
{
    char pattern[32];
    bool is_signed = conversion->letter == 'd' || conversion->letter == 'i';
    switch (conversion->letter) {
    case 's':
        snprintf(pattern, sizeof(pattern), "%%%s*s", conversion->flags);
        add_string(text, pattern, conversion, value, machine, opaque);
        return;
    case 'c':
        add(text, &(char){(char)value}, 1);
        return;
    case 'p':
        snprintf(pattern, sizeof(pattern), "0x%%%s*.*" PRIx64, conversion->flags);
        value = extended(value, machine->long_size, false);
        break;
    default:
        snprintf(pattern, sizeof(pattern), "%%%s*.*" PRId64, conversion->flags);
        pattern[strlen(pattern) - 1] = conversion->letter;
        value = extended(value, conversion->size, is_signed);
    }
    add_number(text, pattern, conversion, value);
}

void agent_format_print(const char *format, const uint64_t *top, const struct agent_interface *machine, void *opaque)
{
    struct text text = {.length = 0};
    struct conversion conversion;
    while (*format) {
        char c = *format++;
        if (c == '\\') {
            add(&text, &(char){escape(&format)}, 1);
        } else if (c == '%' && *format != '%') {
            bool known = parse(&format, &conversion, machine->long_size);
            assert(known);
            (void)known;
            convert(&text, &conversion, *top--, machine, opaque);
        } else {
            format += c == '%';
            add(&text, &c, 1);
        }
    }
    machine->print(opaque, text.bytes, text.length);
}
