/* What the files of the monitor share. */
#ifndef SRC_MONITOR_INTERNAL_H
#define SRC_MONITOR_INTERNAL_H

#include "src/monitor.h"

enum { ARGUMENTS_MAX = 48 };

/* A command under way. */
struct monitor {
    struct vm *vm;
    monitor_print_fn *print;
    void *opaque;
    unsigned count;
    char *arguments[ARGUMENTS_MAX]; /* behind the command's name */
};

void say(struct monitor *monitor, const char *format, ...) PRINTF_LIKE(2, 3);
/* Says why; false. */
bool fail(struct monitor *monitor, const char *format, ...) PRINTF_LIKE(2, 3);

bool parse_number(const char *text, uint64_t *value);
/* A number, a symbol, or a symbol and a distance: 0x80001000, start_kernel, start_kernel+0x10. */
bool parse_address(struct monitor *monitor, const char *text, uint64_t *address);

/* monitor_history.c: commands. */
bool monitor_when(struct monitor *monitor);
bool monitor_goto(struct monitor *monitor);
bool monitor_checkpoint(struct monitor *monitor);
bool monitor_who_wrote(struct monitor *monitor);
bool monitor_info_history(struct monitor *monitor);
/* True, or says that no history is kept; that the machine runs. */
bool monitor_has_history(struct monitor *monitor);
bool monitor_stands(struct monitor *monitor);
/* The travel that was set up goes off, and over is told of its end. */
bool monitor_begin_travel(struct monitor *monitor, bool comes_back, void (*over)(struct vm *vm, bool arrived));
/* A command that took time is over: whoever waits is told. */
void monitor_end_command(struct vm *vm, bool good);

/* monitor_save.c: command. */
bool monitor_save(struct monitor *monitor);

/* monitor_memlog.c: command. */
bool monitor_memlog(struct monitor *monitor);

/* monitor_watch.c: commands. */
bool monitor_watch(struct monitor *monitor);
bool monitor_unwatch(struct monitor *monitor);
bool monitor_info_watchpoints(struct monitor *monitor);

#endif
