/* Messages: the user's (one clear line on stderr) and the channels of `-d ITEMS` (stderr or `-D FILE`). */
#ifndef SOFTMMU_LOG_H
#define SOFTMMU_LOG_H

#include <stdio.h>

#include "softmmu/base.h"

/* The channels of -d: bit, name, what it prints. */
#define LOG_ITEMS(X)                                                                                                             \
    X(GUEST_ERRORS, "guest_errors", "what the guest does that hardware leaves undefined")                                        \
    X(UNIMP, "unimp", "accesses to what is not modelled")                                                                        \
    X(IN_ASM, "in_asm", "guest instructions of each block translated")                                                           \
    X(OP, "op", "IR of each block")                                                                                              \
    X(OUT_ASM, "out_asm", "host code of each block")                                                                             \
    X(INT, "int", "exceptions and interrupts")                                                                                   \
    X(EXEC, "exec", "each block as it is entered from the dispatcher")                                                           \
    X(MMU, "mmu", "TLB fills and faults")                                                                                        \
    X(STATS, "stats", "counters at the end of the run")

enum log_item {
#define X(id, name, text) LOG_BIT_##id,
    LOG_ITEMS(X)
#undef X
        LOG_ITEM_COUNT
};

extern uint32_t log_mask;

static inline bool log_enabled(enum log_item item)
{
    return UNLIKELY(log_mask >> item & 1);
}

/* Sets the channels from a comma list ("int,guest_errors"; "help" is the caller's); false and an error line if a name is unknown. */
bool log_set_items(const char *list);
/* Where the channels go; false and an error line if the file cannot be made. NULL: stderr. */
bool log_set_file(const char *path);
FILE *log_file(void);
/* While muted the channels that tell what the guest does say nothing: it has happened, and was told, before. */
void log_mute(bool mute);
/* Writes to the channel's file if the channel is on. */
void log_printf(enum log_item item, const char *format, ...) PRINTF_LIKE(2, 3);

/* The program's name, with which its error lines begin. */
extern const char *report_name;
/* "stakeout: ..." and a newline on stderr. */
void report_error(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
