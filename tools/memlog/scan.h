/* The wanted records of a log, one after the other. */
#ifndef TOOLS_MEMLOG_SCAN_H
#define TOOLS_MEMLOG_SCAN_H

#include "tools/memlog/options.h"

struct scan;

/* quiet: no progress bar, for it would run into what is printed. NULL after an error line. */
struct scan *scan_open(const struct options *options, bool quiet);
/* False at the end, also where the log is broken (after an error line). */
bool scan_next(struct scan *scan, struct memlog_record *record);
const struct memlog_header *scan_header(const struct scan *scan);
/* The exit status so far: not 0 if the log is broken, or (after an error line) if there was nothing wanted in it. */
int scan_close(struct scan *scan);
/* Without a word. scan may be NULL. */
void scan_free(struct scan *scan);

#endif
