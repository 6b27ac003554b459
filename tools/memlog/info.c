/* What a log holds, in a few lines. */
#include <inttypes.h>
#include <string.h>

#include "tools/memlog/commands.h"
#include "tools/memlog/output.h"
#include "tools/memlog/scan.h"

struct span {
    uint64_t first, last;
    bool any;
};

struct sums {
    uint64_t count[sizeof(KINDS) - 1], bytes[sizeof(KINDS) - 1];
    struct span icount, phys, virt, pc;
};

static const char *const kind_names[] = {"loads", "stores", "fetches", "DMA from memory", "DMA to memory"};
static_assert(ARRAY_SIZE(kind_names) == sizeof(KINDS) - 1, "a name for each kind");

static void extend(struct span *span, uint64_t first, uint64_t last)
{
    span->first = span->any ? min_u64(span->first, first) : first;
    if (!span->any || last > span->last)
        span->last = last;
    span->any = true;
}

static void add(struct sums *sums, const struct memlog_record *record)
{
    size_t kind = (size_t)(strchr(KINDS, record->kind) - KINDS);
    assert(kind < ARRAY_SIZE(kind_names));
    sums->count[kind]++;
    sums->bytes[kind] += record->size;
    extend(&sums->icount, record->icount, record->icount);
    extend(&sums->phys, record->phys, record->phys + record->size - 1);
    if (record->flags & MEMLOG_VIRT_KNOWN) {
        extend(&sums->virt, record->virt, record->virt + record->size - 1);
        extend(&sums->pc, record->pc, record->pc);
    }
}

static void print_header(FILE *out, const struct memlog_header *header)
{
    fprintf(out, "%-16s version %u, %s-endian guest, CPUs: %u, page size %u\n", "format", (unsigned)header->version,
            header->big_endian ? "big" : "little", (unsigned)header->cpus, (unsigned)header->page_size);
    fprintf(out, "%-16s %s\n", "filter", *header->filter ? header->filter : "none: all loads, stores and DMA");
    fprintf(out, "%-16s at icount %" PRIu64 "\n", "begun", header->start_icount);
    for (unsigned i = 0; i < header->nram; i++)
        fprintf(out, "%-16s 0x%08" PRIx64 "..0x%08" PRIx64 "\n", "RAM", header->ram[i].first, header->ram[i].last);
}

static void print_sums(FILE *out, const struct sums *sums)
{
    for (size_t kind = 0; kind < sizeof(KINDS) - 1; kind++)
        if (sums->count[kind])
            fprintf(out, "%-16s %" PRIu64 ", %" PRIu64 " bytes\n", kind_names[kind], sums->count[kind], sums->bytes[kind]);
    if (sums->icount.any)
        fprintf(out, "%-16s %" PRIu64 "..%" PRIu64 "\n", "icount", sums->icount.first, sums->icount.last);
    const struct {
        const char *name;
        const struct span *span;
    } spans[] = {
        {"physical", &sums->phys},
        {"virtual",  &sums->virt},
        {"pc",       &sums->pc  }
    };
    for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
        if (spans[i].span->any)
            fprintf(out, "%-16s 0x%08" PRIx64 "..0x%08" PRIx64 "\n", spans[i].name, spans[i].span->first, spans[i].span->last);
}

int command_info(struct options *options)
{
    struct memlog_record record;
    struct sums sums = {0};
    struct scan *scan = scan_open(options, false);
    FILE *out = scan ? output_open(options->output) : NULL;
    if (!out) {
        scan_free(scan);
        return 1;
    }
    while (scan_next(scan, &record))
        add(&sums, &record);
    print_header(out, scan_header(scan));
    print_sums(out, &sums);
    int status = scan_close(scan);
    return output_close(out, options->output) ? status : 1;
}
