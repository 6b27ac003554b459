#include "tools/memlog/scan.h"

#include <inttypes.h>

#include "softmmu/alloc.h"
#include "tools/memlog/progress.h"

#define PROGRESS_EVERY (1u << 16) /* records */

struct scan {
    const struct options *options;
    struct memlog_reader *reader;
    struct progress progress;
    uint64_t records, matches;
    bool broken;
};

struct scan *scan_open(const struct options *options, bool quiet)
{
    char error[512];
    struct memlog_reader *reader = memlog_open(options->log, error, sizeof(error));
    if (!reader) {
        report_error("%s", error);
        return NULL;
    }
    struct scan *scan = alloc_zeroed(sizeof(*scan));
    scan->options = options;
    scan->reader = reader;
    progress_begin(&scan->progress, quiet);
    return scan;
}

static bool read_one(struct scan *scan, struct memlog_record *record)
{
    int got = memlog_next(scan->reader, record);
    if (got < 0) {
        progress_end(&scan->progress);
        report_error("%s", memlog_reader_error(scan->reader));
        scan->broken = true;
    }
    return got > 0;
}

bool scan_next(struct scan *scan, struct memlog_record *record)
{
    while (!scan->broken && read_one(scan, record)) {
        if (++scan->records % PROGRESS_EVERY == 0) {
            uint64_t done, total;
            memlog_progress(scan->reader, &done, &total);
            progress_show(&scan->progress, done, total);
        }
        if (filter_matches(&scan->options->filter, record)) {
            scan->matches++;
            return true;
        }
    }
    return false;
}

const struct memlog_header *scan_header(const struct scan *scan)
{
    return memlog_header(scan->reader);
}

void scan_free(struct scan *scan)
{
    if (!scan)
        return;
    progress_end(&scan->progress);
    memlog_close(scan->reader);
    free(scan);
}

int scan_close(struct scan *scan)
{
    assert(scan->matches <= scan->records);
    int status = scan->broken || !scan->matches;
    progress_end(&scan->progress);
    if (!scan->broken && !scan->records)
        report_error("%s: there is no record in it", scan->options->log);
    else if (!scan->broken && !scan->matches)
        report_error("%s: none of its %" PRIu64 " records is among those asked for", scan->options->log, scan->records);
    scan_free(scan);
    return status;
}
