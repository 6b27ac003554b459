/*
 * The core's view of a CPU. `struct cpu` is derived state and wiring: it lies right behind the arena, at arena->base, and the
 * architecture's saved state lies right below it, so that generated code reaches both from one base register.
 */
#ifndef CPU_CPU_H
#define CPU_CPU_H

#include "cpu/arch.h"
#include "cpu/stats.h"
#include "softmmu/memlog.h"
#include "softmmu/machine.h"
#include "softmmu/tlb.h"
#include "softmmu/watch.h"

struct block_cache;
struct breakpoints;
struct jit;
struct point_actions;
struct watch_owner;

#define JUMP_CACHE_BITS     14
#define JUMP_CACHE_BANKS    2
#define CODE_TLB_BITS       9
#define CODE_TLB_REMEMBERED 14
struct jump_cache_entry {
    uint32_t pc, key; /* jump_key(); its top bit is set in an empty entry */
    const void *code;
};

/* Why cpu_run() came back. */
enum cpu_exit {
    CPU_EXIT_LIMIT,   /* the count asked for is reached */
    CPU_EXIT_IDLE,    /* every interrupt is awaited: nothing to do before the next deadline (sleep=on) */
    CPU_EXIT_DEBUG,   /* cpu->debug says why */
    CPU_EXIT_REQUEST, /* machine->s->request, or cpu_stop_soon() */
};

enum leave_reason { LEAVE_BOUNDARY = 1, LEAVE_LOOK_UP = 2 };

enum debug_reason { DEBUG_NONE, DEBUG_BREAKPOINT, DEBUG_WATCH, DEBUG_STEP };
struct debug_event {
    enum debug_reason reason;
    struct watch *watch;
    enum watch_source source;
    const char *device; /* whose DMA it is, or NULL */
    uint64_t phys;      /* lowest byte touched and watched */
    uint32_t lowest;    /* likewise, virtual; 0 but for the CPU's accesses */
    uint32_t va, size;  /* of the access; size of DMA: of the watched bytes, 8 at most */
    enum access_kind kind;
    bool known;          /* value and old are: all but loads from devices that cannot be asked, and old of stores to those */
    uint64_t value, old; /* as numbers, after the access and before it */
    uint32_t pc;         /* of the accessing instruction */
    bool after;          /* the stop came after the access: of DMA it always does */
    bool base_known;     /* base is what the register that holds the access's address was before it */
    uint64_t base;
};

/* A piece of generated code, for profilers: a block, or a thunk. */
struct code_piece {
    const void *code; /* where it runs */
    size_t size;
    uint32_t pc;       /* of the block */
    const char *thunk; /* its name, or NULL: a block */
};
struct code_listener {
    void (*made)(void *opaque, const struct code_piece *piece); /* NULL: nobody listens */
    void *opaque;
};

/* The actions of the breakpoints at one place are asked once for each time that it is come to. */
enum breakpoint_answer { NOT_ASKED, WANTS_TO_PASS, WANTS_TO_STOP };

/*
 * Floating point in generated code (jit.md 5). It computes only while the FPU's mode is plain: to nearest, nothing flushed, no trap enabled.
 * A result that is neither tiny nor infinite nor a NaN then raises Inexact at most. Once that is flagged nothing changes any more; until
 * then the host's own flag, clear when generated code begins, tells. What the last operation alone raised (MIPS: FCSR.Cause) is found
 * from its operands. Both are put into the state by cpu_settle_fpu() when generated code is left.
 */
enum fpu_mode { FPU_BY_HELPER, FPU_PLAIN, FPU_PLAIN_EXACT }; /* exact: Inexact is not flagged */
enum { FPU_LAST_NONE, FPU_LAST_EXACT, FPU_LAST_HELPER };     /* the last + n: what helper n of arch->helpers raises */
enum fpu_limit { FPU_SINGLE_SUM, FPU_SINGLE_PRODUCT, FPU_DOUBLE_SUM, FPU_DOUBLE_PRODUCT, FPU_LIMITS };
struct fpu_lazy {
    uint32_t last;              /* FPU_LAST_NONE: the state is right */
    uint32_t mode;              /* enum fpu_mode */
    uint32_t limit[FPU_LIMITS]; /* what the back end compares results with; 0, so that none is good, if by helper */
    uint64_t operand[3];        /* of the last operation; a single's upper half is anything */
};

struct cpu {
    /* Words that generated code uses, in reach of a short displacement. DERIVED. */
    int32_t budget;          /* instructions left in this slice, as of the last exit from generated code */
    uint32_t leave;          /* enum leave_reason; not 0: leave after the present unit */
    uint32_t leaving;        /* a slow path or helper left the unit: state is at the unit's start or the exception is entered */
    uint32_t direct_limit;   /* bytes of low RAM that loads may reach past the TLB: up to the first that is read-watched */
    uint64_t icount_end;     /* icount at which budget is 0 */
    uintptr_t host_return;   /* return address into generated code of the call under way; 0 in the interpreter */
    uint64_t store_value;    /* of the store that went the slow path */
    uint32_t code_pc;        /* any address on the page that position-independent code runs on */
    uint32_t optional_key;   /* the state key's, arch->optional_key, while generated code runs */
    bool guarded;            /* a block was entered that does not go with it */
    uint32_t call_a, call_b; /* arguments of the helper call under way */
    uint32_t direct_group_limit; /* direct_limit for where a group of accesses begins: less by a page */
    uint32_t group_address;      /* a host back end's: the lowest of a group that it does one by one */
    uint32_t slot;               /* a host back end's: of the access under way */
    int32_t site_sample;         /* likewise: failed guesses until it takes a sample */
    uint64_t saved_locals[2];    /* a host back end's block-local registers while C runs */
    struct fpu_lazy fpu;
    struct memlog_ring log; /* of accesses, which generated code writes to */

    struct jump_cache_entry jump_cache[JUMP_CACHE_BANKS][1 << JUMP_CACHE_BITS]; /* by the key's lowest bit; in it by pc */
    struct mmu mmu;
    uint64_t temp_slots[IR_MAX_TEMPS]; /* a host back end's spilled temps */

    struct {
        unsigned count;
        uint32_t pc[8];
    } interpreted; /* where the first blocks began that the interpreter ran, since count was 0. DERIVED. */

    /* The unit under way. DERIVED. */
    uint32_t unit_pc;          /* interpreter: first instruction's pc */
    bool in_slot;              /* that instruction is a delay slot */
    bool in_unit;              /* a unit is under way */
    bool skip_breakpoint;      /* the next unit may start at a breakpoint */
    bool skip_watch;           /* watches do not stop the next unit */
    bool note_watch;           /* stop-after: the unit being re-run was hit already; stop when it is complete */
    bool slot_watch;           /* the guest may watch the next unit's slot */
    bool fetch_watches;        /* the guest watches instructions */
    bool fetch_log;            /* fetches are logged: units are interpreted */
    bool mapped_points;        /* there are breakpoints outside the fixed segments */
    bool slot_break;           /* a breakpoint may lie on the next unit's slot */
    uint8_t asked, slot_asked; /* enum breakpoint_answer: of the breakpoints where the next unit, and its slot, stand */
    bool stop_soon;
    bool limit_stale; /* direct_limit could be higher */
    struct code_tlb_entry {
        uint32_t tag; /* page | valid; not valid: the page that it held */
        uint32_t key;
        uint64_t phys;
        uint64_t drops;   /* of blocks, when it had no jump cache entries yet */
        uint16_t ncached; /* jump cache entries of this page; above CODE_TLB_REMEMBERED: any number */
        bool other_key;   /* some of them have another key */
    } code_tlb[1 << CODE_TLB_BITS];
    struct remembered_code {
        const void *code;
        uint16_t place;                                    /* in the jump cache, bank and all */
    } remembered[1 << CODE_TLB_BITS][CODE_TLB_REMEMBERED]; /* an entry's first ncached */
    uint64_t faulted; /* CPU_FAULT_FIRST: the count at the start of the unit that was left so */
    uint64_t flushes; /* cpu_flush_all() so far: what an architecture folder derived before is to be made anew */
    bool single;      /* the next unit is run alone, by the interpreter */
    struct {
        bool active; /* the unit to be re-run has overwritten itself: it is made from these */
        uint32_t pc;
        bool read;         /* words are those of the unit under way */
        uint32_t words[2]; /* as they lay in memory before the access */
    } kept;
    struct {
        uint64_t vtime, rate, base_icount, idle_ns; /* what it was computed from */
        uint64_t icount;
    } deadline; /* the next timer's, as a position */
    struct debug_event debug;
    struct debug_event watch_event; /* of note_watch */
    bool hit_waits;                 /* `debug` is a hit of a boundary that was arrived at between two cpu_run() */
    bool points_off;                /* breakpoints and watches do not stop: a replay on its way */
    struct watch_owner *sole_owner; /* not NULL: points_off, but for his watches */
    struct cpu_counts counts;

    /* WIRING. */
    const struct cpu_arch *arch;
    const void *arch_config; /* the model: the architecture's own struct */
    void *arch_wiring;       /* timers, lines */
    struct machine *machine;
    struct block_cache *blocks;
    struct jit *jit; /* NULL: interpreter only */
    struct breakpoints *breakpoints;
    struct code_listener listener;
    struct exception_listener *exception_listeners; /* NULL: none */
    /*
     * Told of each watch hit by the CPU that would stop the machine, inside its unit, with the clock at the unit's start; false: the machine
     * does not stop for it. fn may be NULL.
     */
    struct {
        bool (*fn)(void *opaque, const struct debug_event *event);
        void *opaque;
    } on_hit;
    bool idle_jumps;    /* sleep=off: idle time passes at once, inside cpu_run() */
    unsigned max_block; /* most instructions in a block */
};

/* The saved state: the architecture's struct, whose size is state_size rounded up to pages; it ends at the cpu struct. */
static inline void *cpu_state(const struct cpu *cpu)
{
    return (uint8_t *)cpu - cpu->arch->state_size;
}
static inline uint32_t *cpu_pc(const struct cpu *cpu)
{
    return (uint32_t *)((uint8_t *)cpu_state(cpu) + cpu->arch->pc_offset);
}

/* Tells of all generated code that there is, and of what is made from now on. Not for a CPU that only interprets. */
void cpu_listen_to_code(struct cpu *cpu, const struct code_listener *listener);

/* Told before each exception and interrupt, with the state and the clock at the start of its unit. It may look, and must change nothing. */
struct exception_listener {
    void (*fn)(void *opaque, unsigned code); /* code: the architecture's own (MIPS: Cause.ExcCode) */
    void *opaque;
    struct exception_listener *next;
};
void cpu_listen_to_exceptions(struct cpu *cpu, struct exception_listener *listener);
/* Nothing happens if it does not listen. */
void cpu_forget_listener(struct cpu *cpu, struct exception_listener *listener);

/* To test the core: the guest sees no difference. */
enum cpu_toggle {
    CPU_NO_PINS = 1,       /* no guest register stays in a host register from one block to the next */
    CPU_ONE_TLB_ENTRY = 2, /* the software TLB holds one page at a time */
    CPU_FAULT_FIRST = 4,   /* each access of generated code leaves its unit once before it is done, as a fault does */
    CPU_LONG_BLOCKS = 8,   /* generated code's blocks go on over conditional branches at once, not only where it is hot */
};
enum cpu_accel { ACCEL_JIT, ACCEL_INTERP };
struct cpu_options {
    enum cpu_accel accel;
    unsigned max_block; /* 0: BLOCK_MAX_INSNS */
    size_t code_cache;  /* bytes of generated code; 0: 128 MiB */
    unsigned toggles;   /* enum cpu_toggle */
};

/* An idle jump, a unit that counts one: time is `vtime` afterwards, or what the count makes it if that is later. */
void cpu_idle_jump(struct cpu *cpu, uint64_t vtime);

/* How much memory struct cpu takes behind the arena. */
size_t cpu_derived_size(void);
/* Makes the CPU of a machine whose arena was made with this architecture's state size. NULL and an error line if there is no memory for code. */
struct cpu *cpu_new(struct machine *machine, const struct cpu_arch *arch, const void *config, const struct cpu_options *options);
void cpu_free(struct cpu *cpu);
void cpu_reset(struct cpu *cpu);

/* The arena was written from outside, at a boundary: nothing that was derived from it, or asked of its next unit, holds. */
void cpu_loaded(struct cpu *cpu);

/* Runs from the present boundary until icount >= until, or something else ends it. */
enum cpu_exit cpu_run(struct cpu *cpu, uint64_t until);
/* From a signal handler's or event's side: cpu_run() comes back at the next boundary it looks at. */
void cpu_stop_soon(struct cpu *cpu);

/*
 * The words of a result are compared without their sign, as if shifted left by one: a sum's (also a root's, and what else is never tiny)
 * must be less than infinity, and a product's no less than twice the least normal number, from which it is counted.
 */
#define FPU_SINGLE_LEAST 0x02000000u
#define FPU_DOUBLE_LEAST 0x00400000u
static inline void cpu_set_fpu_mode(struct cpu *cpu, enum fpu_mode mode)
{
    static const uint32_t limits[FPU_LIMITS] = {
        [FPU_SINGLE_SUM] = 0xff000000,
        [FPU_SINGLE_PRODUCT] = 0xff000000 - FPU_SINGLE_LEAST,
        [FPU_DOUBLE_SUM] = 0xffe00000,
        [FPU_DOUBLE_PRODUCT] = 0xffe00000 - FPU_DOUBLE_LEAST,
    };
    cpu->fpu.mode = mode;
    for (unsigned i = 0; i < FPU_LIMITS; i++)
        cpu->fpu.limit[i] = mode == FPU_BY_HELPER ? 0 : limits[i];
}
/* What operations in generated code raised is in the state. */
static inline void cpu_settle_fpu(struct cpu *cpu)
{
    if (cpu->fpu.last != FPU_LAST_NONE)
        cpu->arch->settle_fpu(cpu);
}

/*
 * For helpers and slow paths that end the unit (exceptions): brings state to the unit's start, with icount there, sets in_slot, and marks the unit as left. The caller then changes state (enters the exception) and returns.
 * The caller adds to the count by cpu_count(): 1, or 2 if in_slot (timetravel.md).
 */
void cpu_leave_unit(struct cpu *cpu);
void cpu_count(struct cpu *cpu, unsigned instructions);
/* For architectures, before an exception or interrupt changes anything, at its unit's start. */
static inline void cpu_tell_exception(struct cpu *cpu, unsigned code)
{
    for (const struct exception_listener *listener = cpu->exception_listeners; listener; listener = listener->next)
        listener->fn(listener->opaque, code);
}
/* icount made exact for the instruction under way (its unit's start), for reads of time: no other effect. */
void cpu_sync_icount(struct cpu *cpu);
/* The instruction whose access is under way. */
uint32_t cpu_access_pc(struct cpu *cpu);
/* The count at the start of the unit under way. */
uint64_t cpu_unit_icount(struct cpu *cpu);
/* The pc of the unit under way, which the state does not have before the unit is left. */
uint32_t cpu_unit_pc(struct cpu *cpu);
/* Leave after this unit: something at the boundary wants a look (an interrupt, a stop, a request). */
static inline void cpu_leave_soon(struct cpu *cpu)
{
    cpu->leave |= LEAVE_BOUNDARY;
}
/* The next unit must be looked up anew: a mapping or the mode changed, or blocks were dropped. */
static inline void cpu_look_up_again(struct cpu *cpu)
{
    cpu->leave |= LEAVE_LOOK_UP;
}

/* The guest changed how addresses translate: what the core derived from it must go. */
void cpu_flush_range(struct cpu *cpu, uint32_t first, uint32_t last);
void cpu_flush_outside(struct cpu *cpu, uint32_t keep_first, uint32_t keep_last);
void cpu_flush_all(struct cpu *cpu);

/* Debugger's points (virtual addresses). Inserting twice counts twice. */
void cpu_breakpoint_insert(struct cpu *cpu, uint32_t pc);
bool cpu_breakpoint_remove(struct cpu *cpu, uint32_t pc);
bool cpu_breakpoint_at(const struct cpu *cpu, uint32_t pc);
/*
 * One of the breakpoints that are inserted at pc does from now on what its actions say (cpu/actions.h), until they are detached,
 * which must happen before it is removed. The actions stay the caller's.
 */
void cpu_breakpoint_attach(struct cpu *cpu, uint32_t pc, struct point_actions *actions);
void cpu_breakpoint_detach(struct cpu *cpu, uint32_t pc, struct point_actions *actions);
/*
 * The CPU stands before the instruction at pc, in that state of *asked: evaluates the actions of all breakpoints there, once. False: none
 * stops, be it that the stop is to be passed over (cpu->skip_breakpoint); then just commands are run that were not.
 */
bool cpu_breakpoint_stops(struct cpu *cpu, uint32_t pc, uint8_t *asked);
/* A breakpoint, or a watch of the guest's, on the instruction at pc or on the one after it, which may be its slot. */
bool cpu_point_close(const struct cpu *cpu, uint32_t pc);
static inline bool cpu_point_near(const struct cpu *cpu, uint32_t pc)
{
    return UNLIKELY(cpu->breakpoints || cpu->fetch_watches) && cpu_point_close(cpu, pc);
}
/* What there is to say of an access that hits a watch: `length` of its bytes from `offset` on. For watch owners. */
struct debug_event cpu_watch_event(struct cpu *cpu, const struct watch_access *access, uint64_t offset, uint64_t length);
/* Watches are inserted into cpu->mmu.watches (softmmu/watch.h) and cpu->mmu.phys_watches (softmmu/phys_watch.h). */

/* Memory as the CPU maps it now for the mode that may access all, for debuggers. */
bool cpu_debug_translate(struct cpu *cpu, uint32_t va, struct mmu_page *page);
size_t cpu_debug_read(struct cpu *cpu, uint32_t va, uint8_t *bytes, size_t length);
size_t cpu_debug_write(struct cpu *cpu, uint32_t va, const uint8_t *bytes, size_t length);

#endif
