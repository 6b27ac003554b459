#include "tools/memlog/output.h"

#include <errno.h>
#include <string.h>

#include "softmmu/log.h"

FILE *output_open(const char *path)
{
    FILE *file = path ? fopen(path, "we") : stdout;
    if (!file)
        report_error("%s: %s", path, strerror(errno));
    return file;
}

bool output_close(FILE *file, const char *path)
{
    errno = 0;
    bool good = !ferror(file);
    good &= fclose(file) == 0;
    if (!good && errno != EPIPE)
        report_error("%s: not all could be written: %s", path ? path : "standard output", strerror(errno ? errno : EIO));
    return good;
}
