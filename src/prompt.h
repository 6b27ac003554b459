/* The monitor's prompt on the console: a line editor of the plainest kind, and the command that comes out of it. */
#ifndef SRC_PROMPT_H
#define SRC_PROMPT_H

#include "src/monitor.h"

struct prompt {
    struct vm *vm;
    monitor_print_fn *print;
    void *opaque;
    bool active;
    size_t length;
    char line[256];
};

/* To the monitor, or back to the guest. */
void prompt_toggle(struct prompt *prompt);
/* A key. */
void prompt_feed(struct prompt *prompt, uint8_t byte);

#endif
