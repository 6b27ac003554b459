/* How many records a log has, and on stderr why there are no more, if that is not its end. */
#include <stdio.h>

#include "tools/memlog/reader.h"

int main(int argc, char **argv)
{
    char error[512];
    struct memlog_record record;
    unsigned long count = 0;
    struct memlog_reader *reader = argc == 2 ? memlog_open(argv[1], error, sizeof(error)) : NULL;
    int got = reader ? 1 : -1;
    while (got == 1 && (got = memlog_next(reader, &record)) == 1)
        count++;
    printf("%lu\n", count);
    if (got)
        fprintf(stderr, "%s\n", reader ? memlog_reader_error(reader) : error);
    memlog_close(reader);
    return 0;
}
