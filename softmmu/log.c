#include "softmmu/log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

uint32_t log_mask;

static FILE *opened; /* NULL: stderr */

static const char *const item_names[LOG_ITEM_COUNT] = {
#define X(id, name, text) [LOG_BIT_##id] = name,
    LOG_ITEMS(X)
#undef X
};

static_assert(LOG_ITEM_COUNT <= 32, "log_mask has a bit for each item");

/* The item of that name, or -1. */
static int item_named(const char *name, size_t length)
{
    for (int item = 0; item < LOG_ITEM_COUNT; item++)
        if (strlen(item_names[item]) == length && memcmp(item_names[item], name, length) == 0)
            return item;
    return -1;
}

bool log_set_items(const char *list)
{
    uint32_t mask = 0;
    for (const char *name = list; *list; name = list + 1) {
        list = strchrnul(name, ',');
        int item = item_named(name, (size_t)(list - name));
        if (item < 0) {
            report_error("no log item is called '%.*s' ('-d help' lists them)", (int)(list - name), name);
            return false;
        }
        mask |= 1u << item;
    }
    log_mask = mask;
    return true;
}

bool log_set_file(const char *path)
{
    FILE *file = NULL;
    if (path && !(file = fopen(path, "we"))) {
        report_error("cannot write the log to %s: %s", path, strerror(errno));
        return false;
    }
    /* Whole lines only: who follows the file while the guest runs sees what happened so far. */
    if (file)
        setvbuf(file, NULL, _IOLBF, 0);
    if (opened)
        fclose(opened);
    opened = file;
    return true;
}

void log_mute(bool mute)
{
    static const uint32_t guest =
        1u << LOG_BIT_GUEST_ERRORS | 1u << LOG_BIT_UNIMP | 1u << LOG_BIT_INT | 1u << LOG_BIT_EXEC | 1u << LOG_BIT_MMU;
    static uint32_t muted;
    uint32_t asked = log_mask | muted;
    muted = mute ? asked & guest : 0;
    log_mask = asked & ~muted;
}

FILE *log_file(void)
{
    return opened ? opened : stderr;
}

void log_printf(enum log_item item, const char *format, ...)
{
    if (!log_enabled(item))
        return;
    va_list args;
    va_start(args, format);
    vfprintf(log_file(), format, args);
    va_end(args);
}

const char *report_name = "stakeout";

void report_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    flockfile(stderr);
    fprintf(stderr, "%s: ", report_name);
    vfprintf(stderr, format, args);
    putc('\n', stderr);
    funlockfile(stderr);
    va_end(args);
}
