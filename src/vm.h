/*
 * The running machine as the program sees it: run state, the loop's lowest-priority event that executes slices, stops.
 * vm_stop() and vm_start() are the only ways between running and stopped.
 */
#ifndef SRC_VM_H
#define SRC_VM_H

#include "cpu/cpu.h"
#include "softmmu/machine.h"

struct board;
struct event_base;
struct history;
struct image;
struct memlog;
struct serials;
struct symbols;
struct travel;
struct vm_options;
struct watchpoints;

enum vm_state { VM_STOPPED, VM_RUNNING };

enum vm_stop_reason {
    VM_STOP_START, /* not started yet (-S) */
    VM_STOP_USER,  /* ^C, monitor stop, a client connected */
    VM_STOP_BREAKPOINT,
    VM_STOP_WATCH, /* vm->cpu->debug tells */
    VM_STOP_STEP,
    VM_STOP_HISTORY_BEGIN, /* going back came to the start of history */
    VM_STOP_HISTORY_END,   /* replay_stop: going forward came to the present */
    VM_STOP_SHUTDOWN,      /* the guest powered off, or reset under -no-reboot */
};

struct vm;

/* How a resume ends by itself. */
enum vm_run_kind {
    VM_RUN_FREE,
    VM_RUN_STEP,
    VM_RUN_RANGE,
    VM_RUN_TRAVEL, /* vm->travel was set up by one of travel.h's beginnings */
    VM_RUN_JOB,    /* the machine stands still for a command that takes time; comes_back must be set */
};
struct vm_run {
    enum vm_run_kind kind;
    uint32_t start, end;         /* VM_RUN_RANGE: goes on stepping while pc is in [start, end) */
    bool (*turn)(struct vm *vm); /* VM_RUN_JOB: does some ms of it; true: it is over */
    /* VM_RUN_TRAVEL and VM_RUN_JOB */
    bool comes_back;                           /* it only looks: the last stop stays what it was */
    void (*over)(struct vm *vm, bool arrived); /* after the stop; false: it was interrupted, or the program ends. May be NULL */
    void (*progress)(struct vm *vm);           /* about once a second, may be NULL */
};

struct vm {
    struct machine machine;
    struct cpu *cpu;
    const struct board *board;
    const struct vm_options *options;
    struct event_base *base;
    struct symbols *symbols;
    struct image *kernel;
    struct image *initrd; /* NULL: none */
    struct serials *serials;
    void *board_wiring;              /* the board's own */
    struct watchpoints *watchpoints; /* watchpoint.c's own; NULL: none yet */
    enum vm_state state;
    enum vm_stop_reason stop_reason;
    bool step_into;          /* monitor set sstep into on */
    bool watch_note;         /* monitor set watch-note on */
    bool replay_stop;        /* monitor set replay-stop on */
    bool held_up;            /* what the debugger is told must first be read: no slice runs until vm_wake() with this false */
    bool debugger_waits;     /* a client is connected: slices of about 100 us */
    struct history *history; /* NULL: -history off */
    struct travel *travel;   /* NULL likewise */
    struct memlog *memlog;   /* the access log of the present; NULL: none is written */
    bool muted;              /* time stands in the past: what the guest emits was emitted before */
    bool travels;            /* under way: a travel, on which what hits was counted and told when it happened */
    bool looking;            /* under way: a travel that comes back */
    struct {
        bool busy; /* a command that takes time is under way */
        void (*print)(void *opaque, const char *text, size_t length);
        void (*done)(void *opaque, bool good);
        void *opaque;
    } command; /* the monitor's own */
    struct {
        bool (*fn)(void *opaque, const char *text);
        void *opaque;
    } notice;             /* notice.c's own */
    struct vm_loop *loop; /* vm.c's own: events, rate control, slice length */
};

typedef void vm_change_fn(void *opaque, enum vm_state state, enum vm_stop_reason reason);
/* fn runs after each change of state. */
void vm_add_change_state_handler(struct vm *vm, vm_change_fn *fn, void *opaque);

/* No slice is longer. */
#define VM_SLICE_MOST_INSNS (UINT64_C(1) << 26)

/* Makes the machine of these options with the guest loaded, stopped at its first instruction. NULL after an error line. */
struct vm *vm_new(struct event_base *base, const struct vm_options *options);
void vm_free(struct vm *vm);

void vm_start(struct vm *vm, const struct vm_run *run); /* NULL: free run */
/* While running: the stop happens at the next boundary, handlers run then; while stopped: nothing. */
void vm_stop(struct vm *vm, enum vm_stop_reason reason);
/* A person's reset: power-on state again, images reloaded; keeps running or stopped. */
void vm_reset(struct vm *vm);
/* Something that the machine waited for has come: look again soon. */
void vm_wake(struct vm *vm);
/* Ends the program with this status, once the present event is done. */
void vm_quit(struct vm *vm, int status);
/* The event loop until vm_quit(); its status. */
int vm_loop(struct vm *vm);

#endif
