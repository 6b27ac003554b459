/* What a guest architecture gives to the core: one const struct cpu_arch a folder. */
#ifndef CPU_ARCH_H
#define CPU_ARCH_H

#include "cpu/ir/ir.h"
#include "softmmu/tlb.h"

struct cpu;
struct translator;

#define ARCH_PINNED 8

/* A word of guest state that IR names directly: its place in the CPU state struct. */
struct ir_global {
    const char *name;
    uint32_t offset;
};

/* A C function that generated code calls. Leaves the unit by cpu_leave_unit(); flags below. */
typedef uint32_t helper_fn(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm);
enum helper_flags {
    HELPER_PURE = 1, /* result depends on a, b, imm alone: touches no state, never leaves */
    /*
     * What it does if a is an address in plain memory: a back end may do that itself, and call for all else. Such a helper writes no global but
     * those that the operations behind the call write.
     */
    HELPER_ACCESS = 0xf0,     /* mask: */
    HELPER_TRANSLATES = 0x10, /* -> physical address of a, as of loads; does not ask to leave */
    /*
     * Left: the bytes of a's aligned word from the least significant one to that at a are a register's most significant ones; right: from that at
     * a to the most significant one, its least significant ones. imm is the memop of a word.
     */
    HELPER_LOADS_LEFT = 0x20, /* -> b with these bytes replaced by memory's */
    HELPER_LOADS_RIGHT = 0x30,
    HELPER_STORES_LEFT = 0x40, /* memory's bytes = b's */
    HELPER_STORES_RIGHT = 0x50,
    HELPER_STORES_IF = 0x60, /* if c, which is no argument, is not 0: word at a = b, imm its memop; -> 1 */
};
struct ir_helper {
    const char *name;
    helper_fn *fn;
    unsigned flags;
};

/* A register as debuggers see it. Rows with numbers below the first gap make up gdb's g packet. */
struct register_field {
    const char *name;
    uint8_t first, last; /* bit numbers */
};
struct cpu_register {
    const char *feature; /* "org.gnu.gdb.mips.cpu" */
    const char *name;
    uint16_t number;                                 /* gdb's */
    uint8_t bits;                                    /* 32 or 64 */
    const char *type;                                /* gdb's type name, or NULL: with `fields` a flags type is made, else int */
    const char *group;                               /* "general", "float", "system" */
    const struct register_field *fields;             /* ends with a NULL name; or NULL */
    uint64_t (*read)(struct cpu *cpu, unsigned arg); /* no side effect */
    void (*write)(struct cpu *cpu, unsigned arg, uint64_t value);
    unsigned arg;
};

/* What decides whether a step is back in the context it began in (timetravel.md, stepping). */
struct step_context {
    bool in_handler; /* EXL or ERL set: an exception is being served */
    uint32_t mode;   /* privilege */
    uint32_t stack_pointer;
    uint32_t address_space; /* 0 in kernel mode */
};

struct cpu_arch {
    const char *name; /* "mips" */
    uint32_t state_size;
    uint32_t pc_offset; /* of the u32 pc in the state */
    const struct ir_global *globals;
    unsigned nglobals;
    int zero_global;       /* a global that always reads 0 and is never written, or -1 */
    const uint8_t *pinned; /* ARCH_PINNED globals that live in host registers, most used first */
    const struct ir_helper *helpers;
    unsigned nhelpers;
    const struct cpu_register *registers;
    unsigned nregisters;
    unsigned pc_register; /* gdb's number */
    unsigned insn_align;  /* bytes: 4, Thumb 2 */
    uint32_t direct_size; /* bytes of the segment at direct_base */
    uint32_t direct_base; /* first guest address of the segment that maps low RAM linearly in kernel mode (kseg0) */

    void (*reset)(struct cpu *cpu);
    /*
     * The part of the state that a translation depends on, besides pc and physical page. Bits above 7 are the core's. The lowest, which chooses
     * the jump cache's bank, is one that often changes.
     */
    uint32_t (*state_key)(const struct cpu *cpu);
    /* Bits of it that little code depends on: translate_unit() notes which in t->depends_on, and a block holds whatever the others are. */
    uint32_t optional_key;
    /*
     * The bits of this pc, in the mode of this key, that code there depends on: all, or fewer, page offset included, where code is made
     * position-independent (cpu/translate.h): programs that share a library have it at different addresses. Those bits decide.
     */
    uint32_t (*code_bits)(uint32_t pc, uint32_t key);
    unsigned (*mmu_mode)(const struct cpu *cpu); /* of data accesses now; must be a function of state_key */
    uint32_t debug_key; /* a state key of the mode that may access all: debuggers look with it, whatever the CPU does */
    unsigned (*key_mode)(uint32_t key); /* that function */
    /* The FPU, see struct fpu_lazy: an enum fpu_mode; puts what was raised into the state, and makes fpu.last FPU_LAST_NONE. */
    unsigned (*fpu_mode)(const struct cpu *cpu);
    void (*settle_fpu)(struct cpu *cpu);
    /* Emits the unit at t->pc (see cpu/translate.h) and moves t->pc on. */
    void (*translate_unit)(struct translator *t);
    /* Is va in a segment whose mapping to physical addresses never changes (kseg0, kseg1), in the mode of this key? */
    bool (*fixed_mapping)(uint32_t va, uint32_t key);
    bool (*translate)(void *cpu, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page);
    void (*misaligned)(void *cpu, uint32_t va, enum access_kind kind);
    void (*bus_error)(void *cpu, uint32_t va, enum access_kind kind);
    bool (*interrupt_pending)(const struct cpu *cpu); /* pending and enabled */
    void (*take_interrupt)(struct cpu *cpu);          /* enters the vector; the core counts it */
    bool (*waiting)(const struct cpu *cpu);           /* executed WAIT and nothing has woken it */
    void (*wake)(struct cpu *cpu);                    /* an interrupt line woke it (called with interrupt pending) */
    void (*step_context)(const struct cpu *cpu, struct step_context *context);
    uint32_t (*address_space)(const struct cpu *cpu); /* the number of the one that is current: ASID */
    /*
     * The guest's own watch registers. A load or store is about to be done (data watches are in cpu->mmu.guest_watches), or an instruction
     * fetched: true: the exception was entered. deferred: notes hits that wait for a handler to end, and no others.
     */
    bool (*guest_watched)(struct cpu *cpu, uint32_t va, enum access_kind kind, bool deferred);
    /* May the instruction at pc be watched, whatever the state? Asked while cpu->fetch_watches is set. */
    bool (*fetch_watched)(const struct cpu *cpu, uint32_t pc);
    /* The saved state was replaced as a whole: what is kept outside it follows. */
    void (*state_replaced)(struct cpu *cpu);
    /* One line for the instruction word(s) at bytes; returns its length. */
    unsigned (*disassemble)(const struct cpu *cpu, uint32_t pc, const uint8_t *bytes, size_t length, char *text, size_t room);
    /* Register that holds the base address of the access that the instruction makes, for the watch note: name or NULL. */
    const char *(*access_base)(const struct cpu *cpu, const uint8_t *bytes);
    /* `info tlb`. */
    void (*print_tlb)(struct cpu *cpu, void (*line)(void *opaque, const char *text), void *opaque);
};

#endif
