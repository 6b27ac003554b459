/* Who accesses most: a row for each function, instruction, or thing that is accessed. */
#include <inttypes.h>
#include <unistd.h>

#include "tools/memlog/commands.h"
#include "tools/memlog/output.h"
#include "tools/memlog/place.h"
#include "tools/memlog/scan.h"
#include "tools/memlog/tally.h"

#define DEFAULT_ROWS 30
#define PAGE         UINT64_C(4096)

/* Kinds of keys. */
enum { KEY_DMA, KEY_FUNCTION, KEY_PC, KEY_SYMBOL, KEY_PAGE };

static void add_writer(struct tally *tally, const struct options *options, const struct memlog_record *record)
{
    uint64_t start;
    if (!(record->flags & MEMLOG_VIRT_KNOWN))
        tally_add(tally, KEY_DMA, 0, record->size, record->icount);
    else if (options->by == BY_FUNCTION && names_symbol(options->names, record->pc, &start))
        tally_add(tally, KEY_FUNCTION, start, record->size, record->icount);
    else
        tally_add(tally, KEY_PC, record->pc, record->size, record->icount);
}

static void add_data(struct tally *tally, const struct options *options, const struct memlog_record *record)
{
    uint64_t address, start;
    if (place_symbol(options->names, record, &address, &start))
        tally_add(tally, KEY_SYMBOL, start, record->size, record->icount);
    else
        tally_add(tally, KEY_PAGE, record->phys & -PAGE, record->size, record->icount);
}

static void print_key(FILE *out, struct names *names, const struct tally_entry *entry)
{
    char place[PLACE_TEXT];
    switch (entry->kind) {
    case KEY_DMA:
        fputs("DMA", out);
        break;
    case KEY_PC:
        place_of_code(names, entry->key, place, sizeof(place));
        fprintf(out, "0x%08" PRIx64 "%s%s", entry->key, *place ? " " : "", place);
        break;
    case KEY_PAGE:
        fprintf(out, "page at physical 0x%08" PRIx64, entry->key);
        break;
    default:
        assert(entry->kind == KEY_FUNCTION || entry->kind == KEY_SYMBOL);
        fputs(names_format(names, entry->key, place, sizeof(place)), out);
        break;
    }
}

static void print_rows(FILE *out, const struct options *options, const struct tally *tally)
{
    uint64_t rows = min_u64(options->count ? options->count : DEFAULT_ROWS, tally->used), all = 0, rest = 0;
    for (size_t i = 0; i < tally->used; i++)
        all += tally->slots[i].count;
    assert(all);
    fprintf(out, "%12s %12s %7s %14s %14s  %s\n", "accesses", "bytes", "share", "first", "last",
            options->by == BY_DATA ? "data" : "by");
    for (size_t i = 0; i < rows; i++) {
        const struct tally_entry *entry = &tally->slots[i];
        fprintf(out, "%12" PRIu64 " %12" PRIu64 " %6.2f%% %14" PRIu64 " %14" PRIu64 "  ", entry->count, entry->bytes,
                100.0 * (double)entry->count / (double)all, entry->first, entry->last);
        print_key(out, options->names, entry);
        putc('\n', out);
    }
    for (size_t i = rows; i < tally->used; i++)
        rest += tally->slots[i].count;
    if (rest)
        fprintf(out, "%12" PRIu64 " more in %" PRIu64 " rows that -n leaves out\n", rest, tally->used - rows);
}

int command_top(struct options *options)
{
    struct memlog_record record;
    struct tally tally = {0};
    if (!options->filter.kinds)
        options->filter.kinds = KINDS_WRITES;
    if (options->by == BY_DEFAULT)
        options->by = names_empty(options->names) ? BY_PC : BY_FUNCTION;
    struct scan *scan = scan_open(options, false);
    if (!scan)
        return 1;
    while (scan_next(scan, &record))
        (options->by == BY_DATA ? add_data : add_writer)(&tally, options, &record);
    int status = scan_close(scan);
    tally_sort(&tally);
    FILE *out = tally.used ? output_open(options->output) : NULL;
    if (out) {
        print_rows(out, options, &tally);
        if (!output_close(out, options->output))
            status = 1;
    }
    tally_free(&tally);
    return tally.used && !out ? 1 : status;
}
