/* A picture of a log: where and when memory was read and written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "tools/memlog/commands.h"
#include "tools/memlog/guest.h"
#include "tools/memlog/picture.h"
#include "tools/memlog/place.h"
#include "tools/memlog/scan.h"
#include "tools/memlog/tally.h"
#include "tools/memlog/ticks.h"

#define MAX_LABELS 200
#define HOT_SHARE  1000 /* a symbol is named if it has one in so many of all accesses */

static_assert(SCALE_BANDS <= MAX_LABELS, "each region has a label");
struct map {
    struct options *options;
    struct grid *grid;
    struct tally symbols;   /* by where they begin */
    struct region *regions; /* as shown */
    size_t nregions;
    struct label labels[MAX_LABELS];
    size_t nlabels;
};

/* Where the picture shows what programs call by a virtual address; false: nowhere. */
static bool shown(const struct map *map, uint64_t virt, uint64_t *address)
{
    *address = virt;
    return map->options->virt || guest_unmapped(virt, address);
}

static void count_symbol(struct map *map, const struct memlog_record *record)
{
    uint64_t address, start, place;
    if (place_symbol(map->options->names, record, &address, &start) && shown(map, start, &place))
        tally_add(&map->symbols, 0, start, 1, record->icount);
}

static void find_marks(struct options *options, const struct memlog_record *record)
{
    for (size_t i = 0; i < options->nmarks; i++) {
        struct mark *mark = &options->marks[i];
        if (mark->known || !(record->flags & MEMLOG_VIRT_KNOWN) || !range_meets(&mark->pc, record->pc, 1))
            continue;
        mark->icount = record->icount;
        mark->known = true;
    }
}

static void add(struct map *map, const struct memlog_record *record)
{
    find_marks(map->options, record);
    if (map->options->virt && !(record->flags & MEMLOG_VIRT_KNOWN))
        return;
    grid_add(map->grid, record->icount, map->options->virt ? record->virt : record->phys, record_writes(record));
    if (!names_empty(map->options->names))
        count_symbol(map, record);
}

/* What lies between the RAM ranges, which ascend. */
static void name_devices(const struct options *options, const struct memlog_header *header)
{
    uint64_t first = 0;
    for (unsigned i = 0; i < header->nram; i++) {
        if (header->ram[i].first > first)
            names_add_region(options->names, "devices", &(struct range){first, header->ram[i].first - 1}, true);
        first = header->ram[i].last + 1;
    }
    if (first)
        names_add_region(options->names, "devices", &(struct range){first, UINT64_MAX}, true);
}

/* Those that were given come first, since the first wins. */
static void show_regions(struct map *map)
{
    size_t count;
    const struct region *regions = names_regions(map->options->names, &count);
    map->regions = alloc_zeroed(count * sizeof(*map->regions));
    for (unsigned given = 2; given-- > 0;)
        for (size_t i = 0; i < count; i++) {
            struct region region = regions[i];
            if (region.given != given)
                continue;
            if (given ||
                (shown(map, region.range.first, &region.range.first) && shown(map, region.range.last, &region.range.last)))
                map->regions[map->nregions++] = region;
        }
}

static struct label *new_label(struct map *map, double y)
{
    assert(map->nlabels < MAX_LABELS);
    struct label *label = &map->labels[map->nlabels++];
    *label = (struct label){.y = y};
    return label;
}

/* One for all bands of a region, at the largest. */
static void label_region(struct map *map, const struct scale *scale, size_t first)
{
    assert(first < scale->count);
    char size[32];
    const struct band *band = &scale->bands[first], *largest = band;
    double bytes = 0;
    for (size_t i = 0; i < scale->count; i++) {
        const struct band *other = &scale->bands[i];
        if (other != band && (!band->region || other->region != band->region))
            continue;
        if (i < first)
            return;
        bytes += band_bytes(other);
        if (band_bytes(other) > band_bytes(largest))
            largest = other;
    }
    struct label *label = new_label(map, (largest->top + largest->bottom) / 2);
    ticks_bytes(bytes, size, sizeof(size));
    label->strong = band->region;
    snprintf(label->text, sizeof(label->text), "%.63s%s%s", band->region ? band->region->name : "", band->region ? "  " : "",
             size);
}

static void label_symbols(struct map *map, const struct scale *scale)
{
    uint64_t all = map->grid->counts[0] + map->grid->counts[1], address, start;
    tally_sort(&map->symbols);
    for (size_t i = 0; i < map->symbols.used && map->nlabels < MAX_LABELS; i++) {
        const struct tally_entry *entry = &map->symbols.slots[i];
        double y;
        if (entry->count < all / HOT_SHARE)
            break;
        if (shown(map, entry->key, &address) && scale_place(scale, address, &y))
            snprintf(new_label(map, y)->text, sizeof(map->labels->text), "%s",
                     names_symbol(map->options->names, entry->key, &start));
    }
}

/* What the two colors stand for; NULL: there are none. */
static void name_kinds(const struct map *map, const char *names[GRID_KINDS])
{
    const char *kinds = map->options->filter.kinds;
    assert(kinds);
    const char *reads = strpbrk(kinds, KINDS_READS) ? strchr(kinds, 'x') ? "reads, fetches" : "reads" : "fetches";
    names[0] = map->grid->counts[0] ? reads : NULL;
    names[1] = map->grid->counts[1] ? "writes" : NULL;
}

static void make_subtitle(const struct map *map, const char *const names[GRID_KINDS], char *text, size_t size)
{
    char number[32];
    size_t length = (size_t)snprintf(text, size, "%s addresses", map->options->virt ? "virtual" : "physical");
    for (unsigned kind = 0; kind < GRID_KINDS; kind++)
        if (names[kind])
            length += (size_t)snprintf(text + length, size - length, ", %s %s",
                                       ticks_rough(map->grid->counts[kind], number, sizeof(number)), names[kind]);
    uint64_t instructions = map->grid->last_icount - map->grid->first_icount + 1;
    snprintf(text + length, size - length, ", %s instructions", ticks_rough(instructions, number, sizeof(number)));
}

static bool draw(struct map *map)
{
    assert(map->grid->nrows);
    char subtitle[256];
    struct scale scale;
    struct heat heat;
    const struct options *options = map->options;
    const char *slash = strrchr(options->log, '/');
    struct picture picture = {
        .frame = picture_frame(options->width, options->height), .grid = map->grid, .scale = &scale, .heat = &heat};
    grid_sort(map->grid);
    show_regions(map);
    scale_make(&scale, map->grid, map->regions, map->nregions, picture.frame.heat_height);
    heat_make(&heat, map->grid, &scale, picture.frame.heat_width, picture.frame.heat_height);
    for (size_t i = 0; i < scale.count; i++)
        label_region(map, &scale, i);
    label_symbols(map, &scale);
    picture.nlabels = labels_spread(map->labels, map->nlabels, picture.frame.heat_height, picture_line());
    picture.labels = map->labels;
    picture.marks = options->marks;
    picture.nmarks = options->nmarks;
    picture.title = options->title ? options->title : slash ? slash + 1 : options->log;
    name_kinds(map, picture.kind_names);
    make_subtitle(map, picture.kind_names, subtitle, sizeof(subtitle));
    picture.subtitle = subtitle;
    bool good = picture_write(&picture, options->output);
    heat_free(&heat);
    return good;
}

static bool wanted(const struct options *options)
{
    bool svg;
    if (!options->output)
        report_error("map: where to? -o FILE.svg or -o FILE.png");
    else if (!picture_kind(options->output, &svg))
        report_error("-o %s: its ending is neither .svg nor .png", options->output);
    else
        return true;
    return false;
}

static bool nothing(const struct options *options)
{
    report_error("%s: what was asked for has no virtual addresses", options->log);
    return false;
}

int command_map(struct options *options)
{
    struct memlog_record record;
    if (!wanted(options))
        return EXIT_USAGE;
    if (!options->filter.kinds)
        options->filter.kinds = KINDS_READS KINDS_WRITES;
    struct scan *scan = scan_open(options, false);
    if (!scan)
        return 1;
    struct map *map = alloc_zeroed(sizeof(*map));
    map->options = options;
    map->grid = grid_new();
    while (scan_next(scan, &record))
        add(map, &record);
    if (!options->virt)
        name_devices(options, scan_header(scan));
    int status = scan_close(scan);
    if (map->grid->nrows ? !draw(map) : !status && !nothing(options))
        status = 1;
    grid_free(map->grid);
    tally_free(&map->symbols);
    free(map->regions);
    free(map);
    return status;
}
