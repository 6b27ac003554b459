/*
 * The address ranges of all units are read at the start, from the units themselves: .debug_aranges, which libdw would search, is made by
 * gcc but not by clang. The lines of a unit are read by libdw when first asked for.
 */
#include "tools/memlog/lines.h"

#include <elfutils/libdw.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "softmmu/sorted.h"

struct unit_range {
    uint64_t first, end;
    Dwarf_Off unit;
};

struct lines {
    int fd;
    Dwarf *dwarf;
    struct unit_range *ranges;
    size_t count, capacity;
};

static int compare_ranges(const void *left, const void *right)
{
    const struct unit_range *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

static void add_unit(struct lines *lines, Dwarf_Die *unit)
{
    Dwarf_Addr base, first, end;
    for (ptrdiff_t next = 0; (next = dwarf_ranges(unit, next, &base, &first, &end)) > 0;) {
        if (first >= end)
            continue;
        lines->ranges = alloc_room(lines->ranges, &lines->capacity, lines->count + 1, sizeof(*lines->ranges));
        lines->ranges[lines->count++] =
            (struct unit_range){(uint32_t)first, (uint32_t)first + (end - first), dwarf_dieoffset(unit)};
    }
}

static void read_units(struct lines *lines)
{
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    while (dwarf_get_units(lines->dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0)
        add_unit(lines, &die);
    if (lines->count)
        qsort(lines->ranges, lines->count, sizeof(*lines->ranges), compare_ranges);
}

struct lines *lines_open(int fd)
{
    struct lines *lines = alloc_zeroed(sizeof(*lines));
    lines->fd = dup(fd);
    lines->dwarf = lines->fd < 0 ? NULL : dwarf_begin(lines->fd, DWARF_C_READ);
    if (lines->dwarf)
        read_units(lines);
    if (lines->count)
        return lines;
    lines_free(lines);
    return NULL;
}

void lines_free(struct lines *lines)
{
    dwarf_end(lines->dwarf);
    if (lines->fd >= 0)
        close(lines->fd);
    free(lines->ranges);
    free(lines);
}

static bool begins_by(const void *range, const void *pc)
{
    return ((const struct unit_range *)range)->first <= *(const uint64_t *)pc;
}

static const struct unit_range *range_of(const struct lines *lines, uint64_t pc)
{
    size_t n = sorted_before(lines->ranges, lines->count, sizeof(*lines->ranges), begins_by, &pc);
    return n && pc < lines->ranges[n - 1].end ? &lines->ranges[n - 1] : NULL;
}

bool lines_find(struct lines *lines, uint64_t pc, const char **file, int *line)
{
    Dwarf_Die unit;
    const struct unit_range *range = range_of(lines, pc);
    if (!range || !dwarf_offdie(lines->dwarf, range->unit, &unit))
        return false;
    Dwarf_Line *found = dwarf_getsrc_die(&unit, pc);
    *file = found ? dwarf_linesrc(found, NULL, NULL) : NULL;
    return *file && dwarf_lineno(found, line) == 0;
}
