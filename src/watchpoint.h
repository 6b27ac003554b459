/*
 * The watchpoints that a person sets through the monitor: on virtual or physical ranges, that stop or only tell. (gdb's own are in
 * src/target.c.) Debugger state.
 */
#ifndef SRC_WATCHPOINT_H
#define SRC_WATCHPOINT_H

#include "softmmu/watch.h"
#include "src/vm.h"

/* What decides, besides the bytes, whether an access counts as a hit. */
struct watch_condition {
    bool (*holds)(struct watch_condition *condition, struct vm *vm, const struct watch_access *access);
    void (*free)(struct watch_condition *condition);
};

struct watchpoint;

/*
 * Something that is done for each hit that would stop, when the machine stands: before the unit whose access it is, or at the first boundary
 * behind a device's. Then the machine goes on, unless the spec says `stop` or the doing asks for a stop. It may do whatever may be done while
 * the machine stands, to the watchpoint as well. Not done while the past is searched.
 */
struct watch_action {
    /* The action may be gone when something that it does comes back: it may remove its watchpoint. */
    void (*run)(struct watch_action *action, struct vm *vm, const struct debug_event *hit);
    void (*free)(struct watch_action *action);
    const char *text; /* as `info watchpoints` shows it */
};

struct watchpoint_spec {
    bool physical;
    uint64_t first, length;
    unsigned kind; /* enum watch_kind */
    int asid;      /* address space in which it counts, or -1: all */
    bool any;      /* of write watches: a write that changes no watched byte counts, too */
    bool log;      /* tells of each hit; without `stop`, `count` or an action that is all */
    bool stop;     /* stops with an action or `log`, too */
    uint64_t
        count; /* stops, or acts, at this hit and those after it, in both directions; 0: at each, or with just `log` at none */
    struct watch_action *action;       /* the watchpoint's from then on; or NULL: none */
    char condition_text[128];          /* "": none */
    struct watch_condition *condition; /* the watchpoint's from then on; or NULL */
};

struct watchpoint {
    struct watch_owner owner;
    struct vm *vm;
    unsigned number; /* counts from 1, never used again */
    uint64_t
        hits; /* each once, however often time goes over it; of the past that a new one replaced, too, unless there is a count */
    struct watch_tally {
        uint64_t *at; /* with a count: where the hits up to that were */
        size_t kept, capacity;
        uint64_t last;     /* where the last hit was */
        uint64_t known_to; /* hits before this position were counted when time went there first */
    } tally;
    struct watchpoint_spec spec;
    struct watch *watch;     /* of a virtual one */
    struct phys_watch *phys; /* of a physical one */
};

/* NULL: the range is empty or wraps. */
struct watchpoint *watchpoint_add(struct vm *vm, const struct watchpoint_spec *spec);
void watchpoint_remove(struct vm *vm, struct watchpoint *watchpoint);
void watchpoint_remove_all(struct vm *vm);
/*
 * The machine stands because of a watch: does what the hits' watchpoints say. True: there was something to do, and nobody wants it to
 * stop; the access is to be passed over now.
 */
bool watchpoints_act(struct vm *vm);
/* Time has gone back: what was hit so far is not counted again. Time begins anew at icount: what was hit there and later was not. */
void watchpoints_rewound(struct vm *vm);
void watchpoints_cut(struct vm *vm, uint64_t icount);
/* Before the CPU goes. */
void watchpoints_free(struct vm *vm);

/* In the order of their numbers: the first whose number is not below this one, or NULL. */
struct watchpoint *watchpoint_from(const struct vm *vm, unsigned number);
/* The one of this number, or NULL. */
struct watchpoint *watchpoint_numbered(const struct vm *vm, unsigned number);
/* The one of just this range and kind (0: any) with the lowest number, or NULL. */
struct watchpoint *watchpoint_find(const struct vm *vm, bool physical, uint64_t first, uint64_t length, unsigned kind);
/* Whose a watch (or NULL) is; NULL: none of these. */
struct watchpoint *watchpoint_of(const struct watch *watch);

#endif
