/* Virtual timers. Deadlines (virtual ns) are arena state, indexed by id; callbacks are wiring, set once. */
#ifndef SOFTMMU_TIMER_H
#define SOFTMMU_TIMER_H

#include "softmmu/base.h"

struct arena;

#define TIMERS_MAX 32
#define TIMER_OFF  UINT64_MAX

/* Runs at a boundary at or after the deadline; the timer is off by then and may be set again. */
typedef void timer_fn(void *opaque, uint64_t deadline);

struct timers_state {
    uint64_t deadline[TIMERS_MAX];
};

struct timers {
    struct timers_state *s;
    unsigned count;
    uint64_t next; /* earliest deadline: derived, see timers_refresh() */
    struct {
        const char *name;
        timer_fn *fn;
        void *opaque;
    } wiring[TIMERS_MAX];
    void (*earlier)(void *opaque); /* the earliest deadline moved forward: cut the running budget; may be NULL */
    void *earlier_opaque;
};

void timers_init(struct timers *timers, struct arena *arena);
unsigned timer_add(struct timers *timers, const char *name, timer_fn *fn, void *opaque);
void timer_set(struct timers *timers, unsigned id, uint64_t deadline);
/* Fires all that are due at `now`, in the order (deadline, id), also those which a callback makes due. */
void timers_fire(struct timers *timers, uint64_t now);
/* Recomputes `next` after the arena was written from outside. */
void timers_refresh(struct timers *timers);

#endif
