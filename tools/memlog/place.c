#include "tools/memlog/place.h"

#include <stdio.h>
#include <string.h>

#include "tools/memlog/guest.h"

const char *place_of_code(struct names *names, uint64_t pc, char *text, size_t size)
{
    const char *file;
    int line;
    names_format(names, pc, text, size);
    size_t length = strlen(text);
    if (names_line(names, pc, &file, &line)) {
        const char *slash = strrchr(file, '/');
        snprintf(text + length, size - length, "%s(%s:%d)", length ? " " : "", slash ? slash + 1 : file, line);
    }
    return text;
}

const char *place_symbol(struct names *names, const struct memlog_record *record, uint64_t *address, uint64_t *start)
{
    *address = record->virt;
    const char *name = record->flags & MEMLOG_VIRT_KNOWN ? names_symbol(names, record->virt, start) : NULL;
    if (!name && guest_kernel_address(record->phys, address) && *address != record->virt)
        name = names_symbol(names, *address, start);
    return name;
}

const char *place_of_data(struct names *names, const struct memlog_record *record, char *text, size_t size)
{
    uint64_t address, start;
    *text = '\0';
    if (record->kind != 'x' && place_symbol(names, record, &address, &start))
        names_format(names, address, text, size);
    return text;
}
