#include "tools/memlog/options.h"

#include <stdio.h>
#include <string.h>

#include "softmmu/log.h"
#include "tools/memlog/guest.h"

#define MIN_SIDE 300
#define MAX_SIDE 10000

struct row {
    const char *name, *value;
    enum command_bit commands;
    bool (*set)(struct options *options, const char *name, const char *value);
    const char *help;
};

static bool wrong(const char *name, const char *value, const char *why)
{
    report_error("%s %s: %s", name, value, why);
    return false;
}

static bool set_range(struct range *range, struct names *names, const char *name, const char *value)
{
    const char *why;
    return range_parse(value, RANGE_BYTES, names, range, &why) || wrong(name, value, why);
}

static bool set_symbols(struct options *options, const char *name, const char *value)
{
    return names_add_file(options->names, value);
}

static bool set_phys(struct options *options, const char *name, const char *value)
{
    return set_range(&options->filter.phys, NULL, name, value);
}

static bool set_virt(struct options *options, const char *name, const char *value)
{
    return set_range(&options->filter.virt, options->names, name, value);
}

static bool set_pc(struct options *options, const char *name, const char *value)
{
    return set_range(&options->filter.pc, options->names, name, value);
}

static bool set_when(struct options *options, const char *name, const char *value)
{
    const char *why;
    return range_parse(value, RANGE_COUNTS, NULL, &options->filter.when, &why) || wrong(name, value, why);
}

/* What the kernel sees unmapped is meant as memory: by any alias, and by DMA. */
static bool set_of(struct options *options, const char *name, const char *value)
{
    struct range range, low;
    if (strncmp(value, "phys:", 5) == 0)
        return set_range(&options->filter.phys, NULL, name, value + 5);
    if (strncmp(value, "virt:", 5) == 0)
        return set_range(&options->filter.virt, options->names, name, value + 5);
    if (!set_range(&range, options->names, name, value))
        return false;
    if (guest_unmapped(range.first, &low.first) && guest_unmapped(range.last, &low.last) && low.first <= low.last)
        options->filter.phys = low;
    else
        options->filter.virt = range;
    return true;
}

static bool set_kind(struct options *options, const char *name, const char *value)
{
    if (!*value || value[strspn(value, KINDS)])
        return wrong(name, value, "letters of " KINDS " are wanted (r, w, x: by the CPU; R, W: by a device)");
    options->filter.kinds = value;
    return true;
}

static bool set_writers(struct options *options, const char *name, const char *value)
{
    options->filter.kinds = KINDS_WRITES;
    return true;
}

static bool set_readers(struct options *options, const char *name, const char *value)
{
    options->filter.kinds = KINDS_READS;
    return true;
}

static bool set_output(struct options *options, const char *name, const char *value)
{
    options->output = value;
    return true;
}

static bool set_title(struct options *options, const char *name, const char *value)
{
    options->title = value;
    return true;
}

static bool set_count(struct options *options, const char *name, const char *value)
{
    return (range_number(value, RANGE_COUNTS, &options->count) && options->count) ||
           wrong(name, value, "a number above 0 is wanted");
}

static bool set_by(struct options *options, const char *name, const char *value)
{
    static const char *const keys[] = {[BY_FUNCTION] = "function", [BY_PC] = "pc", [BY_DATA] = "data"};
    for (enum top_key key = BY_FUNCTION; key < ARRAY_SIZE(keys); key++)
        if (strcmp(value, keys[key]) == 0) {
            options->by = key;
            return true;
        }
    return wrong(name, value, "function, pc or data is wanted");
}

static bool set_space(struct options *options, const char *name, const char *value)
{
    options->virt = strcmp(value, "virt") == 0;
    return options->virt || strcmp(value, "phys") == 0 || wrong(name, value, "phys or virt is wanted");
}

static bool set_size(struct options *options, const char *name, const char *value)
{
    int end = 0;
    if (sscanf(value, "%5ux%5u%n", &options->width, &options->height, &end) == 2 && !value[end] && options->width >= MIN_SIDE &&
        options->height >= MIN_SIDE && options->width <= MAX_SIDE && options->height <= MAX_SIDE)
        return true;
    return wrong(name, value, "WIDTHxHEIGHT is wanted, 300 to 10000 each");
}

/* "TEXT=VALUE": VALUE, or NULL after an error line. */
static const char *named(const char *name, const char *value, char text[64])
{
    const char *sign = strchr(value, '=');
    if (!sign || sign == value || sign - value > 63) {
        wrong(name, value, "NAME=PLACE is wanted, the name of 63 characters at most");
        return NULL;
    }
    snprintf(text, 64, "%.*s", (int)(sign - value), value);
    return sign + 1;
}

static bool set_region(struct options *options, const char *name, const char *value)
{
    char text[64];
    struct range range;
    const char *place = named(name, value, text);
    if (!place || !set_range(&range, options->names, name, place))
        return false;
    names_add_region(options->names, text, &range, true);
    return true;
}

static bool set_mark(struct options *options, const char *name, const char *value)
{
    struct mark *mark = &options->marks[options->nmarks];
    if (options->nmarks == MAX_MARKS)
        return wrong(name, value, "there are too many marks already");
    const char *place = named(name, value, mark->text);
    if (!place)
        return false;
    options->nmarks++;
    mark->known = range_number(place, RANGE_COUNTS, &mark->icount);
    return mark->known || set_range(&mark->pc, options->names, name, place);
}

/* Symbols come first, whatever their place on the line: other options use them. */
static const struct row rows[] = {
    {"--symbols", "FILE",       FOR_ALL,             set_symbols, "names and lines: an ELF file, System.map, /proc/kallsyms; several"     },
    {"--of",      "PLACE",      FOR_ALL,             set_of,      "only accesses to this: a range or a symbol, phys:RANGE, virt:RANGE"    },
    {"--phys",    "RANGE",      FOR_ALL,             set_phys,    "only accesses to these physical addresses"                             },
    {"--virt",    "RANGE",      FOR_ALL,             set_virt,    "only accesses to these virtual addresses"                              },
    {"--pc",      "RANGE",      FOR_ALL,             set_pc,      "only accesses by instructions there"                                   },
    {"--when",    "RANGE",      FOR_ALL,             set_when,    "only accesses at these instruction counts"                             },
    {"--kind",    "LETTERS",    FOR_ALL,             set_kind,    "only these: r, w, x load, store, fetch; R, W DMA from, to memory"      },
    {"--writers", NULL,         FOR_TOP,             set_writers, "stores and DMA to memory (the default)"                                },
    {"--readers", NULL,         FOR_TOP,             set_readers, "loads and DMA from memory"                                             },
    {"--by",      "KEY",        FOR_TOP,             set_by,      "a row for each function, pc, or data symbol (else: page)"              },
    {"-n",        "COUNT",      FOR_LISTS | FOR_TOP, set_count,   "at most so many rows (top: 30, else all)"                              },
    {"-o",        "FILE",       FOR_ALL,             set_output,  "where to; the map's kind is its ending, .svg or .png"                  },
    {"--space",   "phys|virt",  FOR_MAP,             set_space,   "which addresses are shown (default: phys)"                             },
    {"--region",  "NAME=RANGE", FOR_MAP,             set_region,  "a name for these addresses; several"                                   },
    {"--mark",    "NAME=PLACE", FOR_MAP,             set_mark,    "a name for an instruction count, or a function's first access; several"},
    {"--size",    "WxH",        FOR_MAP,             set_size,    "of the picture, in pixels (default: 1200x800)"                         },
    {"--title",   "TEXT",       FOR_MAP,             set_title,   "above the picture"                                                     },
};

static const struct row *find_row(const char *word, size_t length, enum command_bit command)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if ((rows[i].commands & command) && strlen(rows[i].name) == length && memcmp(rows[i].name, word, length) == 0)
            return &rows[i];
    return NULL;
}

/* One option; *i is left at its last word. */
static bool option(struct options *options, enum command_bit command, bool symbols, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *value = NULL;
    size_t length = strcspn(word, "=");
    const struct row *row = find_row(word, length, command);
    if (!row || (word[length] && !row->value)) {
        report_error("%s: there is no such option here ('memlog help' lists them)", word);
        return false;
    }
    if (row->value) {
        value = word[length] ? word + length + 1 : ++*i < argc ? argv[*i] : NULL;
        if (!value) {
            report_error("%s: a value is missing: %s", row->name, row->value);
            return false;
        }
    }
    return (row->set == set_symbols) != symbols || row->set(options, row->name, value);
}

static bool pass(struct options *options, enum command_bit command, bool symbols, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1]) {
            if (!option(options, command, symbols, argc, argv, &i))
                return false;
        } else if (symbols && options->log) {
            report_error("%s: one log at a time (the first is %s)", argv[i], options->log);
            return false;
        } else {
            options->log = argv[i];
        }
    }
    return true;
}

bool options_parse(struct options *options, enum command_bit command, int argc, char **argv)
{
    *options = (struct options){.filter = FILTER_ALL, .width = 1200, .height = 800, .names = names_new()};
    if (!pass(options, command, true, argc, argv) || !pass(options, command, false, argc, argv))
        return false;
    if (!options->log)
        report_error("which log? ('memlog help' tells how it is called)");
    return options->log;
}

void options_free(struct options *options)
{
    names_free(options->names);
}

void options_help(enum command_bit command)
{
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].commands & command)
            printf("  %-10s%-11s %s\n", rows[i].name, rows[i].value ? rows[i].value : "", rows[i].help);
}
