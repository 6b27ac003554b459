/* What the files of the run loop share. */
#ifndef SRC_VM_INTERNAL_H
#define SRC_VM_INTERNAL_H

#include "src/rate.h"
#include "src/vm.h"

enum { VM_MAX_HANDLERS = 8, VM_FIRST_SLICE_INSNS = 10000 };

struct vm_loop {
    struct event *run;
    struct vm_run how;
    bool stop_wanted;
    enum vm_stop_reason stop_as;
    bool idle;              /* the CPU waits, and so do we; the clock stands at the jump's start */
    uint64_t idle_since;    /* host ns */
    uint64_t idle_wait;     /* host ns, UINT64_MAX: no deadline */
    uint64_t idle_deadline; /* guest ns */
    uint64_t host_last;     /* host ns up to which rate control has accounted */
    uint64_t guest_last;    /* guest ns likewise; with sleep=off without idle time, which passes at no host time */
    bool stalled;           /* a serial line's back end, or the debugger's, is full; that time is not the guest's */
    uint64_t slice_insns;
    struct rate rate;
    uint64_t told;                   /* host ns: when progress was told last */
    struct debug_event debug_before; /* a travel that comes back: what the last stop was for */
    struct {
        vm_change_fn *fn;
        void *opaque;
    } handlers[VM_MAX_HANDLERS];
    unsigned nhandlers;
    bool quitting;
    int status;
};

/* vm.c */
/* The machine's next turn is in so many host ns. */
void vm_come_again(struct vm *vm, uint64_t ns);
/* In the machine's turn only. */
void vm_stop_now(struct vm *vm, enum vm_stop_reason reason);

/* vm_turn.c: what the event `run` is for. */
void vm_turn(struct vm *vm);

/* vm_slice.c */
/* How it ended; in the past an idle CPU is no end. */
enum cpu_exit vm_run_slice(struct vm *vm);
/* Guest ns that the host's clock is to keep up with. */
uint64_t vm_paced_time(const struct vm *vm);

/* vm_idle.c */
/* The CPU waits, and no interrupt is pending. */
void vm_begin_wait(struct vm *vm);
/* The deadline that is waited for may be here. */
void vm_wait_turn(struct vm *vm);
/* inputs_on_submit()'s and inputs_connect()'s; opaque is the vm. */
void vm_input_came(void *opaque);
void vm_apply_idle_end(void *opaque, const struct input *input);

#endif
