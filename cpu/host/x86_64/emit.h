/* Compiling one block: where values are, and what each file of the emitter gives to the others. */
#ifndef CPU_HOST_X86_64_EMIT_H
#define CPU_HOST_X86_64_EMIT_H

#include "cpu/host/x86_64/sse.h"
#include "cpu/host/x86_64/x86_64.h"

#define LOCALS 2

struct local {
    uint16_t value; /* IR_NONE: free */
    bool dirty;     /* a temp that is not in its slot */
};

/* What an SSE register holds: an FPU register, with its high word `distance` values further on (0: 32 bits only). */
struct fpr {
    uint16_t value; /* IR_NONE: free */
    uint8_t distance;
};

enum stub_kind { STUB_LOAD, STUB_STORE, STUB_GROUP, STUB_FPU, STUB_CALL, STUB_EXIT, STUB_MAIN, STUB_CHOOSE, STUB_BUDGET };

/* Cold code that goes behind the block: where it is entered from and where it goes back to. */
struct stub {
    enum stub_kind kind;
    uint16_t index;   /* of its operation */
    uint8_t *from[4]; /* rel32s */
    uint8_t *back;
    uint8_t *exact;  /* STUB_FPU: where it goes on if the result is a zero and rightly so; or NULL */
    enum reg reg;    /* loads: result; stores: value; STUB_CALL: b, or NO_REG */
    enum reg result; /* STUB_CALL */
    uint8_t memop;
    enum site_kind site; /* of an access, and its slot's number */
    uint8_t page_slot;
    uint16_t first_member, members; /* STUB_GROUP */
    bool constant;                  /* stores: the value is `imm` */
    uint32_t imm;
    bool far; /* pc does not move with the block */
    uint32_t pc, other_pc;
    uint16_t count;        /* instructions executed where it leaves */
    uint16_t charged;      /* instructions taken off the budget there */
    uint16_t before, slot; /* side table */
    uint8_t nlogged;       /* sites of the log executed where it leaves */
    struct ir_op op;       /* STUB_CHOOSE: the condition, and where its operands were */
    struct local local[LOCALS];
    uint8_t xmm[3]; /* STUB_FPU: result and operands; stores of FPU registers: the value in [0], else 0 */
    struct fpr fprs[XMM_REGISTERS];
};

/* An access of a group. */
struct member {
    const struct ir_op *op;
    uint16_t index;  /* of op */
    uint16_t before; /* side table */
    bool slot;
    bool constant;  /* stores: the value is 0 */
    enum reg reg;   /* loads: result; stores: value, or NO_REG */
    int32_t offset; /* from the group's lowest address */
};

struct emitter {
    struct cpu *cpu;
    struct jit *jit;
    struct code *c;
    const struct ir *ir;
    struct host_block *block;
    size_t number;    /* of the block in its generation */
    unsigned mode;    /* MMU mode of the block's accesses */
    unsigned index;   /* of the operation under way */
    uint16_t before;  /* instructions before the unit under way */
    uint16_t count;   /* instructions begun */
    uint16_t charged; /* instructions taken off the budget so far */
    unsigned nstretches;
    uint16_t stretches[IR_MAX_EXITS]; /* where each stretch ends */
    unsigned stretch;                 /* under way */
    bool slot;
    uint8_t nlogged;          /* sites of the log so far */
    bool called;              /* a helper ran in this unit: it may have asked to leave */
    uint8_t pinned[IR_TEMPS]; /* host register of a pinned global, or NO_REG */
    struct local local[LOCALS];
    struct fpr fprs[XMM_REGISTERS];
    uint32_t fpr_used[XMM_REGISTERS], fpr_clock; /* when; the higher the later */
    unsigned fprs_kept;                          /* mask: in use by the operation under way */
    bool fpr_halves[IR_TEMPS]; /* words that this block stored alone: a load of both at once would wait for the store */
    uint16_t last_use[IR_VALUES];
    struct stub stubs[MAX_STUBS];
    unsigned nstubs;
    struct member members[IR_MAX_OPS];
    unsigned nmembers;
    struct host_exit exits[IR_MAX_EXITS];
    unsigned nexits;
};

/* values.c: where a value is. */
struct mem value_mem(const struct emitter *e, unsigned value);
/* The register that holds it, or NO_REG. */
enum reg value_reg(const struct emitter *e, unsigned value);
/* In a register: its own, or loaded into scratch. */
enum reg use(struct emitter *e, unsigned value, enum reg scratch);
enum reg use64(struct emitter *e, unsigned value, enum reg scratch);
/* Where it is to be read from: a register, or with NO_REG memory. To be asked for before the result's register is. */
struct operand {
    enum reg reg;
    struct mem mem;
};
struct operand operand_of(struct emitter *e, unsigned value);
/* reg = reg op operand; a mov of a register to itself is left out. */
void emit_operand(struct emitter *e, unsigned opcode, bool wide, enum reg reg, struct operand operand);
/* A global that no register holds and that the block does not read again: it is best changed in place. */
bool lives_in_memory(const struct emitter *e, unsigned value);
/*
 * The register that will hold the result; what was there before is saved. Operands whose last use this is may be overwritten by it.
 * rax for a global that lives in memory.
 */
enum reg define(struct emitter *e, unsigned value, unsigned keep_a, unsigned keep_b);
/* A local register for it, also for one that lives in memory. */
enum reg hold(struct emitter *e, unsigned value, unsigned keep_a, unsigned keep_b);
/* The result is in its register: a global goes to the state. */
void defined(struct emitter *e, unsigned value);
/* Loads eax etc. with a value, whatever it is (IR_IMM: imm; IR_NONE: nothing). */
void load_value(struct emitter *e, enum reg reg, unsigned value, int32_t imm);
/* C may have written globals: what locals know of them is old. */
void forget_globals_in_locals(struct emitter *e);
void forget_local(struct emitter *e, unsigned value);
void begin_values(struct emitter *e);

/* memory.c */
/* The bits that are 0 in an aligned access's address. */
static inline unsigned size_mask(unsigned memop)
{
    return (1u << (memop & MO_SIZE)) - 1;
}
/* Where in physical memory an instruction of the block lies: the one behind so many, or its slot. */
static inline uint64_t site_phys(const struct emitter *e, unsigned before, bool slot)
{
    return e->block->block.phys + (before + slot) * e->cpu->arch->insn_align;
}
void emit_load(struct emitter *e, const struct ir_op *op);
void emit_store(struct emitter *e, const struct ir_op *op);
/* eax = address: compares tags; rcx = addend behind the branches to the stub. Not for sites of the linear segment. */
void emit_page(struct emitter *e, struct stub *stub, bool store);
void count_access(struct emitter *e, const struct stub *stub, bool store);
void emit_memory_stub(struct emitter *e, struct stub *stub);
int32_t tlb_offset(unsigned mode, bool store);
/* Of the arrays of slots, from rbp; map: of watch slots only. */
struct slot_offsets {
    int32_t tag, addend, map;
};
struct slot_offsets slot_offsets(unsigned mode, bool store, bool watch);
/* eax = address: compares tags; rcx = index of the entry * 16 behind the branch to the slow path, whose rel32 is returned. */
uint8_t *emit_tag_probe(struct code *c, unsigned mode, unsigned memop, bool store);
/* The same, and rcx = addend. */
uint8_t *emit_probe(struct code *c, unsigned mode, unsigned memop, bool store);
void emit_load_from(struct code *c, unsigned memop, enum reg d, struct mem mem);
void emit_store_to(struct code *c, unsigned memop, enum reg value, struct mem mem);
/* The bytes of a value to be stored into the guest's order. */
void emit_swap(struct code *c, unsigned memop, enum reg value);

/* group.c: true if the access and those behind it were done at once, e->index being the last one's. */
bool emit_group(struct emitter *e, const struct ir_op *op, struct stub *stub);
void emit_group_stub(struct emitter *e, struct stub *stub);

/* call.c */
void emit_call(struct emitter *e, const struct ir_op *op);
void emit_divide(struct emitter *e, const struct ir_op *op);
void emit_call_stub(struct emitter *e, const struct stub *stub);

/* leave.c */
void begin_stretches(struct emitter *e);
void emit_entry(struct emitter *e);
/* Behind the block: host_block.guarded_code and guarded_linked. */
void emit_guards(struct emitter *e);
void emit_exit_op(struct emitter *e, const struct ir_op *op);
void emit_leave_check(struct emitter *e, uint32_t pc, bool far);
/* reg = a pc of the block's, which in position-independent code moves with it; the flags are lost. */
void emit_pc(struct emitter *e, enum reg reg, uint32_t pc);
void emit_leave_stub(struct emitter *e, struct stub *stub);
enum cond cond_of(unsigned cc);
/* cmp of an operation's a and b. */
void emit_compare(struct emitter *e, const struct ir_op *op);

/* log_inline.c: nothing is emitted unless generated code logs. */
void log_begin(struct emitter *e);
/* eax = address of an access; rcx is lost. */
void log_address(struct emitter *e);
/* The value of a store, where take_value() has put it; rcx is lost. */
void log_value(struct emitter *e, const struct ir_op *op, const struct stub *stub);
/* A group, from the lowest address in eax on: all of that for each of its members; rcx and rdx are lost. */
void log_group(struct emitter *e, const struct stub *stub);
/* The access is emitted. */
void log_done(struct emitter *e);
/* The block is left, with so many instructions and sites executed and the budget right; rax and rcx are lost. False: nothing emitted. */
bool log_exit(struct emitter *e, unsigned nsites, unsigned count);

/* An instruction begins. */
void emit_insn(struct emitter *e, const struct ir_op *op);
struct stub *new_stub(struct emitter *e, enum stub_kind kind);
/* Counts an event there, if counting: the flags are lost. */
void emit_count(struct emitter *e, enum code_counter counter);
/* The place word behind the call that was just emitted. */
void note_place(struct emitter *e, unsigned before, unsigned slot);

#endif
