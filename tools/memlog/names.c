#include "tools/memlog/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "src/symbols.h"
#include "tools/memlog/lines.h"
#include "tools/memlog/names_file.h"

#define CACHE_BITS 14
#define FAR        (UINT64_C(16) << 20) /* bytes from its start where a symbol names nothing: one of unknown size has no end */

/* The last answer for addresses of one hash. */
struct answer {
    uint64_t address, start;
    const char *name; /* NULL: no symbol */
    bool known;
};

struct names {
    struct symbols *symbols;
    struct lines **lines;
    size_t nlines, lines_capacity;
    struct region *regions;
    size_t nregions, regions_capacity;
    struct answer cache[1 << CACHE_BITS];
};

struct names *names_new(void)
{
    struct names *names = alloc_zeroed(sizeof(*names));
    names->symbols = symbols_new();
    return names;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->nlines; i++)
        lines_free(names->lines[i]);
    for (size_t i = 0; i < names->nregions; i++)
        free(names->regions[i].name);
    free(names->lines);
    free(names->regions);
    symbols_free(names->symbols);
    free(names);
}

void names_add_region(struct names *names, const char *name, const struct range *range, bool given)
{
    names->regions = alloc_room(names->regions, &names->regions_capacity, names->nregions + 1, sizeof(*names->regions));
    names->regions[names->nregions++] = (struct region){alloc_checked(strdup(name)), *range, given};
}

/* The parts of a Linux kernel, by the symbols at their ends. */
static const struct part {
    const char *name, *start, *end;
} kernel_parts[] = {
    {"kernel text",           "_stext",           "_etext"        },
    {"kernel read-only data", "__start_rodata",   "__end_rodata"  },
    {"kernel data",           "_sdata",           "_edata"        },
    {"kernel init text",      "_sinittext",       "_einittext"    },
    {"kernel init data",      "__initdata_begin", "__initdata_end"},
    {"kernel bss",            "__bss_start",      "__bss_stop"    },
};

static void add_kernel_parts(struct names *names)
{
    for (size_t i = 0; i < ARRAY_SIZE(kernel_parts); i++) {
        struct range range;
        const struct part *part = &kernel_parts[i];
        if (!symbols_find(names->symbols, part->start, &range.first) || !symbols_find(names->symbols, part->end, &range.last))
            continue;
        range.last--;
        if (range.first <= range.last)
            names_add_region(names, part->name, &range, false);
    }
}

/* Such a symbol has no bytes, but lists of symbols let it go as far as the next. */
static bool ends_part(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(kernel_parts); i++)
        if (strcmp(name, kernel_parts[i].end) == 0)
            return true;
    return false;
}

bool names_add_file(struct names *names, const char *path)
{
    struct lines *lines = NULL;
    size_t regions = names->nregions;
    if (!names_file_read(path, names, names->symbols, &lines))
        return false;
    if (lines) {
        names->lines = alloc_room(names->lines, &names->lines_capacity, names->nlines + 1, sizeof(*names->lines));
        names->lines[names->nlines++] = lines;
    }
    if (names->nregions == regions)
        add_kernel_parts(names);
    memset(names->cache, 0, sizeof(names->cache));
    return true;
}

bool names_empty(const struct names *names)
{
    return symbols_count(names->symbols) == 0;
}

const char *names_symbol(struct names *names, uint64_t address, uint64_t *start)
{
    struct answer *answer = &names->cache[(address * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - CACHE_BITS)];
    if (!answer->known || answer->address != address) {
        uint64_t offset = 0;
        *answer = (struct answer){.address = address, .name = symbols_name(names->symbols, address, &offset), .known = true};
        answer->start = address - offset;
        if (answer->name && (offset >= FAR || ends_part(answer->name)))
            answer->name = NULL;
    }
    *start = answer->start;
    return answer->name;
}

struct wanted {
    const char *name;
    struct range extent;
    bool found;
};

static void look(void *opaque, const char *name, uint64_t address, uint64_t size, bool function)
{
    struct wanted *wanted = opaque;
    if (wanted->found || strcmp(name, wanted->name) != 0)
        return;
    wanted->extent = (struct range){address, address + (size ? size - 1 : 0)};
    wanted->found = true;
}

bool names_extent(struct names *names, const char *symbol, struct range *extent)
{
    struct wanted wanted = {.name = symbol};
    symbols_each(names->symbols, look, &wanted);
    *extent = wanted.extent;
    return wanted.found;
}

bool names_line(struct names *names, uint64_t pc, const char **file, int *line)
{
    for (size_t i = 0; i < names->nlines; i++)
        if (lines_find(names->lines[i], pc, file, line))
            return true;
    return false;
}

const struct region *names_regions(const struct names *names, size_t *count)
{
    *count = names->nregions;
    return names->regions;
}

const char *names_format(struct names *names, uint64_t address, char *text, size_t size)
{
    uint64_t start;
    const char *name = names_symbol(names, address, &start);
    if (!name)
        snprintf(text, size, "%s", "");
    else if (start == address)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "%s+0x%" PRIx64, name, address - start);
    return text;
}
