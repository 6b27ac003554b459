/* The back end's own structures, shared by its files. */
#ifndef CPU_HOST_X86_64_X86_64_H
#define CPU_HOST_X86_64_X86_64_H

#include "cpu/backend.h"
#include "cpu/block.h"
#include "cpu/host/x86_64/asm.h"

#define PINNED         ARCH_PINNED
#define GENERATIONS    8
#define BLOCK_CODE_MAX ((size_t)64 << 10) /* more than any block takes */
/* More than a block takes for each of its instructions, and besides. */
#define INSN_CODE_MAX  ((size_t)1 << 10)
#define ENDS_CODE_MAX  (7 * INSN_CODE_MAX)
#define MAX_STUBS      400

/*
 * Register use in generated code: rbp = struct cpu, r15 = budget, eight hold pinned guest registers, r10 and r11 cache values
 * within a block; rax, rcx, rdx are scratch.
 */
extern const uint8_t pinned_regs[PINNED];

/*
 * A way out of a block whose target is known: a jmp that goes to the tail that leaves, or to the target once it is linked. Behind the tail's
 * call stands a place word with the exit's number.
 */
struct host_exit {
    struct host_block *from;
    uint8_t *site; /* rel32 */
    uint8_t *tail;
    uint32_t pc;
    struct host_block *target;
    struct host_exit *next; /* another that is linked to the same target */
};

/*
 * Behind each call to C stands a word in an instruction without effect (test eax, imm32), from which the unit's start is rebuilt
 * (design section 5, cpu_restore_state): generation and number of the block, instructions of it before the unit, slot.
 */
enum { PLACE_BEFORE_SHIFT = 1, PLACE_NUMBER_SHIFT = 8, PLACE_GENERATION_SHIFT = 29, PLACE_OFFSET = 1 };
#define PLACE_MAX_BLOCKS ((size_t)1 << (PLACE_GENERATION_SHIFT - PLACE_NUMBER_SHIFT))
static inline uint32_t place_word(unsigned generation, size_t number, unsigned before, unsigned slot)
{
    assert(generation < GENERATIONS && number < PLACE_MAX_BLOCKS && before < 128);
    return generation << PLACE_GENERATION_SHIFT | (uint32_t)number << PLACE_NUMBER_SHIFT | before << PLACE_BEFORE_SHIFT |
           (slot ? 1 : 0);
}

static inline unsigned place_before(uint32_t word)
{
    return word >> PLACE_BEFORE_SHIFT & 127;
}
static inline unsigned place_slot(uint32_t word)
{
    return word & 1;
}

/* Why generated code came back to the dispatcher. */
#define RETURN_REASON_ROWS(X)                                                                                                    \
    X(UNLINKED, "exits not linked yet")                                                                                          \
    X(LEFT, "exceptions and other units left")                                                                                   \
    X(ASKED, "asked to look at the boundary")                                                                                    \
    X(BUDGET, "budget used up")                                                                                                  \
    X(LOOK_UP, "targets that the jump cache lacks, and ends by design")
enum return_reason {
#define X(id, text) RETURN_##id,
    RETURN_REASON_ROWS(X)
#undef X
        RETURN_REASONS
};

/* What a block whose code logs has executed at each of its sites: instructions before it, and words that the sites before it wrote. */
struct host_log {
    uint32_t number; /* the log's */
    uint8_t nsites;
    struct {
        uint8_t insn, words;
    } sites[]; /* and one for its end */
};

struct host_block {
    struct block block;
    struct host_log *log; /* NULL: its code does not log */
    bool cut;             /* translator.cut */
    uint8_t *code;        /* in the writable mapping; entered with eax = pc */
    uint8_t *linked;      /* where links go: behind what takes the pc */
    /* As these, from wherever the optional bits of the key may be others: a look at them first, if the block depends on any. */
    uint8_t *guarded_code, *guarded_linked;
    uint32_t code_size;
    uint32_t hot_size; /* of the part that runs if all goes well; stubs follow */
    uint16_t nexits, nstretches;
    struct host_exit *exits;
    uint16_t *stretches; /* instructions of the block up to the end of each stretch, see leave.c */
    struct host_exit *incoming;
};

struct generation {
    struct host_block **blocks; /* by number */
    size_t nblocks, capacity;
};

struct code_totals {
    uint64_t blocks, bytes, hot_bytes, exits;
};
void add_block_to(struct code_totals *totals, const struct host_block *block);

/* Which host code came from which operation of the block that was compiled last: offsets into its code. */
struct code_layout {
    uint32_t op_start[IR_MAX_OPS];
    unsigned nstubs;
    struct {
        uint32_t start;
        uint16_t op;
    } stub[MAX_STUBS];
};

/* How an access site looks for its page: see sites.c. */
enum site_kind {
    SITE_DIRECT, /* in the linear segment, else as the TLB has it */
    SITE_SLOT,   /* where it was the last time */
    SITE_TLB,    /* by the TLB */
    SITE_WATCH,  /* where it was the last time, after a look at the map of watched bytes */
};
struct site {
    uint64_t phys; /* of its instruction */
    uint8_t kind;
    uint8_t changes; /* 0: nothing is known */
};
struct site_samples {
    uint64_t phys;
    uint32_t count;
};
#define SITES         4096
#define SAMPLED_SITES 1024
#define SITE_SAMPLE   61 /* failed guesses; prime, so that a loop's sites all have their turn */
#define SITE_SAMPLES  16 /* until a site is made anew */
#define HOT_STARTS    4096

struct jit {
    struct code code;
    uint8_t *write, *exec; /* the same memory, twice */
    size_t size, generation_size;
    size_t block_room; /* for the code of one block */
    unsigned current;
    struct generation generations[GENERATIONS];
    uint8_t *thunk_enter, *thunk_exit, *thunk_unlinked, *thunk_miss, *thunk_load, *thunk_store, *thunk_call,
        *thunk_log_full; /* in the writable mapping */
    /* access_thunks.c, by mode and memop. */
    uint8_t *thunk_look_up[MEMOPS];
    struct access_thunks {
        uint8_t *tlb, *slot, *watch;      /* where sites of a kind go on */
    } thunk_access[MMU_MODES][2][MEMOPS]; /* [mode][0: loads, 1: stores] */
    uint8_t *thunks_end;
    uint8_t *blocks_start;
    uint64_t links, evictions, entries, hot_blocks;
    struct code_totals made;          /* ever */
    uint64_t slow_loads, slow_stores; /* calls of C by generated code's accesses */
    uint64_t returns[RETURN_REASONS];
    struct site sites[SITES];
    struct site_samples samples[SAMPLED_SITES];
    uint64_t hot_starts[HOT_STARTS]; /* physical addresses where hot blocks begin */
    uint64_t sampled, site_changes;  /* icount of the last sample; sites noted */
    bool counting;                   /* generated code counts (CODE_COUNTERS) */
    bool c_computed;                 /* C may have set the host's Inexact flag for itself */
    struct code_layout layout;
    int32_t low_ram; /* from rbp; 0: none */
    bool has_lzcnt;
    enum block_reach reach; /* of new blocks */
    unsigned npinned;       /* guest registers that are: PINNED, or none */
};

static inline const void *exec_address(const struct jit *jit, const uint8_t *write)
{
    return write + (jit->exec - jit->write);
}

/* Offsets from rbp. */
int32_t global_offset(const struct cpu *cpu, unsigned global);
#define CPU_OFFSET(member) ((int32_t)offsetof(struct cpu, member))
/* The state's pc. */
struct mem pc_word(const struct cpu *cpu);

void make_thunks(struct cpu *cpu);
/* The i-th thunk, from 0 on; false: there are no more. */
bool thunk_number(const struct jit *jit, unsigned i, struct code_piece *thunk);
void make_access_thunks(struct cpu *cpu, struct code *c);
/* The pc at which the block under way runs. */
uint32_t running_pc(const struct cpu *cpu, const struct block *block);
/* Where the unit that a call from generated code belongs to lies in physical memory. */
uint64_t unit_phys(struct cpu *cpu, uintptr_t host_return);
/* The block that the call lies in; where in physical memory the instruction that accesses memory there lies. */
struct block *block_at(const struct cpu *cpu, uintptr_t host_return);
uint64_t access_phys(struct cpu *cpu, uintptr_t host_return);
void keep_unit(struct cpu *cpu);
/* hot.c */
/* Is the block that begins there to go on over branches? */
bool hot_at(struct cpu *cpu, uint64_t phys);
/* Runs what is left of the budget, which is less than a block, in the interpreter. */
void hot_run_last(struct cpu *cpu);
/* sites.c */
enum site_kind site_kind(const struct cpu *cpu, const struct block *block, uint64_t phys, bool store);
/* cpu->site_sample is used up by the access under way, which has been done. */
void site_sampled(struct cpu *cpu, uint32_t va, unsigned mode, bool store, uintptr_t host_return);
/* Compiles cpu->blocks->ir into a block; the buffers have room. */
struct host_block *compile(struct cpu *cpu);

/* log_inline.c: backend.log_left. */
void log_left(struct cpu *cpu);

/* log_code.c: -d out_asm, for the block that was compiled last. */
void log_code(struct cpu *cpu, const struct host_block *block);

/* stats.c */
void print_host_stats(const struct cpu *cpu, const struct stats_printer *to);

/* code.c: the ring of generations. */
bool code_init(struct cpu *cpu, size_t size);
void code_free(struct cpu *cpu);
/* Room for a block: evicts the oldest generation when the present one is full. */
void code_reserve(struct cpu *cpu);
void code_add(struct cpu *cpu, struct host_block *block);
void code_tell(struct cpu *cpu);
void code_drop(struct cpu *cpu, struct block *block);
void code_link(struct cpu *cpu, struct host_exit *exit, struct host_block *target);

#endif
