/* The parts of a travel: landing (travel.c), search (travel_search.c), step (travel_step.c), who-wrote (travel_write.c). */
#ifndef SRC_TRAVEL_INTERNAL_H
#define SRC_TRAVEL_INTERNAL_H

#include "softmmu/phys_watch.h"
#include "src/history.h"
#include "src/travel.h"

enum { TRAVEL_LONGEST_UNIT = 2 };

/* What to do, one after the other. */
enum phase {
    SEARCH,   /* replays an interval up to `end` and keeps its last event */
    APPROACH, /* step: replays to just before the position, laying temporary checkpoints */
    PREVIOUS, /* step: finds the last position before it */
    LAND,     /* replays to `target` and ends there */
    RECORD,   /* memlog: replays from `target` to `end` */
};

/* What a search keeps. */
struct event {
    bool any;
    uint64_t begin; /* the position; of a watch hit by the CPU that of its unit's start */
    enum vm_stop_reason reason;
    struct debug_event hit;
};

struct travel {
    struct vm *vm;
    enum phase phase;
    uint64_t origin, origin_input; /* where time stood */
    uint64_t floor;                /* the start of history then */
    enum vm_stop_reason reason;

    size_t interval; /* SEARCH: which */
    uint64_t end;    /* SEARCH: positions before it count */
    struct event best;
    bool same_watch; /* the last stop was a watch hit reported at the origin */

    bool stepping;
    struct step_context home; /* step: the context that the position before must be in */
    uint32_t home_pc;
    bool seek_entry;   /* step: the event looked for is the exception that interrupted `home` */
    uint64_t position; /* step: before which the previous is wanted */
    uint64_t previous; /* step: the last position seen before it */
    struct step_context previous_context;
    uint32_t previous_pc;
    bool previous_waited;
    unsigned next_mark; /* step: of step_marks */

    uint64_t target;      /* LAND */
    uint64_t target_time; /* LAND: or this virtual time; CLOCK_NEVER */

    struct memlog *log;         /* memlog */
    struct travel_write *write; /* who-wrote: what is found goes there */
    struct watch_owner owner;
    struct phys_watch *watch; /* armed for the search */
    struct exception_listener listener;
};

static inline uint64_t travel_now(const struct travel *travel)
{
    return travel->vm->machine.clock->icount;
}

static inline struct journal *travel_journal(const struct travel *travel)
{
    return history_journal(travel->vm);
}

/* Before anything else: where time stands is noted, and a checkpoint laid there if it is the present. */
void travel_note_origin(struct travel *travel);
/* The rest of the travel is the way to `target`, where it stops for this reason. */
void travel_land(struct travel *travel, uint64_t target, enum vm_stop_reason reason);
/* The unit at which a watch hit stopped is run to its end, where the hit is reported. */
void travel_finish_hit_unit(struct travel *travel);

/* Looks for the last event before position `end`. */
void travel_search_before(struct travel *travel, uint64_t end);
enum travel_state travel_search(struct travel *travel);

/* Looks for the position before this one. */
void travel_approach(struct travel *travel, uint64_t position);
enum travel_state travel_approach_more(struct travel *travel);
enum travel_state travel_previous(struct travel *travel);
/* The search for the exception that interrupted the stepped context is over. */
void travel_end_entry_search(struct travel *travel);
/* Time stands at a handler's entry: true: no step was made by going there, and the travel goes on. */
bool travel_step_goes_on(struct travel *travel);

#endif
