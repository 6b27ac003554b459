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

struct watchpoint_spec {
    bool physical;
    uint64_t first, length;
    unsigned kind;                     /* enum watch_kind */
    int asid;                          /* address space in which it counts, or -1: all */
    bool any;                          /* of write watches: a write that changes no watched byte counts, too */
    bool log;                          /* tells of each hit and does not stop */
    uint64_t count;                    /* stops at this hit and those after it; 0: at each, or with `log` at none */
    char condition_text[128];          /* "": none */
    struct watch_condition *condition; /* the watchpoint's from then on; or NULL */
};

struct watchpoint {
    struct watch_owner owner;
    struct vm *vm;
    unsigned number; /* counts from 1, never used again */
    uint64_t hits;
    struct watchpoint_spec spec;
    struct watch *watch;     /* of a virtual one */
    struct phys_watch *phys; /* of a physical one */
};

/* NULL: the range is empty or wraps. */
struct watchpoint *watchpoint_add(struct vm *vm, const struct watchpoint_spec *spec);
void watchpoint_remove(struct vm *vm, struct watchpoint *watchpoint);
void watchpoint_remove_all(struct vm *vm);
/* Before the CPU goes. */
void watchpoints_free(struct vm *vm);

/* In the order of their numbers: the first whose number is not below this one, or NULL. */
struct watchpoint *watchpoint_from(const struct vm *vm, unsigned number);
/* Whose a watch is; NULL: none of these. */
struct watchpoint *watchpoint_of(const struct watch *watch);

#endif
