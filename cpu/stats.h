/*
 * What `-d stats` and `monitor info jit` tell. What C sees is always counted. What only generated code sees is counted by generated
 * code, which costs, so only if -d stats was given when the machine was made; so is the time that translation takes.
 */
#ifndef CPU_STATS_H
#define CPU_STATS_H

#include <inttypes.h>

#include "softmmu/base.h"

struct cpu;

#define CODE_COUNTERS(X)                                                                                                         \
    X(BLOCKS)       /* blocks entered */                                                                                         \
    X(DIRECT_LOADS) /* loads that tried the linear segment first */                                                              \
    X(FALLEN_LOADS) /* of them, those that went on to the TLB */                                                                 \
    X(SLOT_LOADS)   /* loads that tried the page of the last time first */                                                       \
    X(SLOT_STORES)                                                                                                               \
    X(SLOT_LOAD_MISSES) /* of them, those that went on to the TLB */                                                             \
    X(SLOT_STORE_MISSES)                                                                                                         \
    X(TLB_LOADS) /* loads that looked the TLB up */                                                                              \
    X(TLB_STORES)                                                                                                                \
    X(WATCH_LOADS) /* that a thunk let pass on a watched page */                                                                 \
    X(WATCH_STORES)                                                                                                              \
    X(HELPERS)     /* calls of C functions */                                                                                    \
    X(FPU)         /* floating-point operations of the IR, but for moves */                                                      \
    X(FPU_HELPERS) /* of them, those that called their helper */
enum code_counter {
#define X(id) COUNT_##id,
    CODE_COUNTERS(X)
#undef X
        COUNT_KINDS
};

struct cpu_counts {
    uint64_t in_code[COUNT_KINDS];
    uint64_t fetches, fetch_misses; /* look-ups in the code TLB, by the dispatcher */
};

typedef void stats_line_fn(void *opaque, const char *text);
struct stats_printer {
    stats_line_fn *line;
    void *opaque;
};
/* One line. */
void stats_say(const struct stats_printer *to, const char *format, ...) PRINTF_LIKE(2, 3);
/* Per cent; 0 of nothing. */
double stats_share(uint64_t part, uint64_t whole);

/* CPU time of this thread in ns while -d stats is on, else 0; what has passed since. */
uint64_t stats_begin(void);
uint64_t stats_since(uint64_t begin);

void cpu_print_stats(const struct cpu *cpu, stats_line_fn *line, void *opaque);

#endif
