#include "tools/memlog/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "softmmu/log.h"

FILE *output_open(const char *path)
{
    FILE *file = path ? fopen(path, "we") : stdout;
    if (!file)
        report_error("%s: %s", path, strerror(errno));
    return file;
}

/* Which of the writes failed is not known any more, nor why; a pipe tells that its reader has gone. */
static bool reader_gone(FILE *file)
{
    struct pollfd end = {.fd = fileno(file), .events = POLLOUT};
    return poll(&end, 1, 0) > 0 && end.revents & POLLERR;
}

bool output_close(FILE *file, const char *path)
{
    bool good = !ferror(file), gone = reader_gone(file);
    errno = 0;
    good &= fclose(file) == 0;
    if (!good && !gone && errno != EPIPE)
        report_error("%s: not all could be written: %s", path ? path : "standard output", strerror(errno ? errno : EIO));
    return good;
}
