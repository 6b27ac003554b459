#include "softmmu/timer.h"

#include "softmmu/arena.h"

/* The id of the earliest timer; of several at one deadline the lowest. `count` must not be 0. */
static unsigned earliest(const struct timers *timers)
{
    assert(timers->count && timers->count <= TIMERS_MAX);
    unsigned best = 0;
    for (unsigned id = 1; id < timers->count; id++)
        if (timers->s->deadline[id] < timers->s->deadline[best])
            best = id;
    return best;
}

void timers_refresh(struct timers *timers)
{
    timers->next = timers->count ? timers->s->deadline[earliest(timers)] : TIMER_OFF;
}

void timers_init(struct timers *timers, struct arena *arena)
{
    *timers = (struct timers){.next = TIMER_OFF};
    timers->s = arena_alloc(arena, "timers", ARENA_STATE, sizeof(*timers->s));
    for (unsigned id = 0; id < TIMERS_MAX; id++)
        timers->s->deadline[id] = TIMER_OFF;
}

unsigned timer_add(struct timers *timers, const char *name, timer_fn *fn, void *opaque)
{
    assert(timers->count < TIMERS_MAX && fn);
    unsigned id = timers->count++;
    timers->wiring[id].name = name;
    timers->wiring[id].fn = fn;
    timers->wiring[id].opaque = opaque;
    return id;
}

void timer_set(struct timers *timers, unsigned id, uint64_t deadline)
{
    assert(id < timers->count);
    uint64_t old = timers->s->deadline[id];
    timers->s->deadline[id] = deadline;
    if (deadline < timers->next) {
        timers->next = deadline;
        if (timers->earlier)
            timers->earlier(timers->earlier_opaque);
    } else if (old == timers->next && deadline != old) {
        timers_refresh(timers);
    }
}

void timers_fire(struct timers *timers, uint64_t now)
{
    while (timers->next != TIMER_OFF && timers->next <= now) {
        unsigned id = earliest(timers);
        uint64_t deadline = timers->s->deadline[id];
        assert(deadline == timers->next);
        timers->s->deadline[id] = TIMER_OFF;
        timers_refresh(timers);
        assert(timers->next != deadline || earliest(timers) > id);
        timers->wiring[id].fn(timers->wiring[id].opaque, deadline);
    }
}
