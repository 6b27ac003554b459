/* What runs translated blocks: the interpreter, always there, and at most one host back end. */
#ifndef CPU_BACKEND_H
#define CPU_BACKEND_H

#include "cpu/block.h"

/* The interpreter: the portable back end; beside a host back end it runs exact tails and single units. */
void interp_init(struct cpu *cpu);
void interp_free(struct cpu *cpu);
/* Runs from the state's pc until the budget is used up, or a unit asks to leave or is left. The pc is in the state then. */
void interp_run(struct cpu *cpu);
/* Frees dropped blocks; called by the dispatcher, when none runs. */
void interp_collect(struct cpu *cpu);

/* Where the instruction under way stands: its unit's pc and how many instructions of budget to give back to be at its start. */
struct unit_place {
    uint32_t pc;
    uint32_t give_back;
    bool in_slot;
};

struct backend {
    const char *name;
    /* Makes cpu->jit; false and an error line if there is no memory for code. */
    bool (*init)(struct cpu *cpu, const struct cpu_options *options);
    void (*free)(struct cpu *cpu);
    /* As interp_run(), but comes back whenever it needs the dispatcher; fewer instructions than a block are left to the interpreter. */
    void (*run)(struct cpu *cpu);
    /* cpu_restore_state: from a return address into generated code. */
    void (*place)(struct cpu *cpu, uintptr_t host_return, struct unit_place *at);
    /* Code is about to be overwritten from inside a unit of generated code: keeps the words of that unit in cpu->kept. */
    void (*keep_unit)(struct cpu *cpu);
    /* A block of code that logs is left at a unit's start: what it has executed is committed to cpu->log. */
    void (*log_left)(struct cpu *cpu);
    /* Tells cpu->listener of all code that there is. */
    void (*tell_code)(struct cpu *cpu);
    /* Lines for -d stats. */
    void (*print_stats)(const struct cpu *cpu, const struct stats_printer *to);
};
/* The host's, or NULL in a build without one. */
extern const struct backend *const host_backend;

/* The key of the jump cache and of the code TLB: a block that depends on other bits looks at them when it is entered by these. */
static inline uint32_t jump_key(const struct cpu *cpu, uint32_t key)
{
    return key & ~cpu->arch->optional_key;
}
/* The physical address of code at pc, by the code TLB. False: a fetch exception was entered. */
bool cpu_fetch_address(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t *phys);
/* Notes that the jump cache now holds an entry for this pc. */
void cpu_jump_cache_set(struct cpu *cpu, uint32_t pc, uint32_t key, const void *code);
static inline unsigned jump_cache_index(uint32_t pc)
{
    return pc >> 2 & ((1u << JUMP_CACHE_BITS) - 1);
}
static inline unsigned jump_cache_bank(uint32_t key)
{
    return key % JUMP_CACHE_BANKS;
}
static inline struct jump_cache_entry *cpu_jump_cache_at(struct cpu *cpu, uint32_t pc, uint32_t key)
{
    return &cpu->jump_cache[jump_cache_bank(key)][jump_cache_index(pc)];
}
/* Drops the jump cache entries of a block that is dropped. */
void cpu_jump_cache_forget(struct cpu *cpu, const struct block *block, const void *code);

#endif
