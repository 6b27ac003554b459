/*
 * The interpreter of IR. A block is lowered once: operand numbers become addresses (of guest state, of a temp, of the operation's
 * own constant), so that running an operation is a load, the work, and a store.
 *
 * Every global is right in the state at each unit's end; a unit that leaves early has written none.
 */
#include "cpu/backend.h"
#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/log_access.h"
#include "softmmu/alloc.h"

struct interp_op {
    uint8_t op, sub;
    uint16_t aux;
    int32_t imm;
    uint32_t *d;
    const uint32_t *a, *b;
};

struct interp_block {
    struct block block;
    struct interp_block *dead_next;
    bool once; /* in no index: freed as soon as it has run */
    size_t size;
    struct ir_exit *exits;
    struct interp_op ops[];
};

/* All blocks are dropped when their operations take this much. */
#define INTERP_LIMIT ((size_t)192 << 20)

static struct {
    uint64_t temps[IR_MAX_TEMPS];
    uint32_t nothing; /* operand of what has none */
    struct interp_block *dead;
    size_t bytes;
} interp;

static void drop(struct cpu *cpu, struct block *block)
{
    struct interp_block *dead = (struct interp_block *)block;
    dead->dead_next = interp.dead;
    interp.dead = dead;
    if (!cpu->jit)
        cpu_jump_cache_forget(cpu, block, block);
}

void interp_init(struct cpu *cpu)
{
    cpu->blocks->drop[BLOCK_INTERP] = drop;
}

static void free_block(struct interp_block *block)
{
    interp.bytes -= block->size;
    free(block);
}

void interp_collect(struct cpu *cpu)
{
    if (interp.bytes > INTERP_LIMIT)
        block_drop_all(cpu, BLOCK_INTERP);
    while (interp.dead) {
        struct interp_block *block = interp.dead;
        interp.dead = block->dead_next;
        free_block(block);
    }
}

void interp_free(struct cpu *cpu)
{
    block_drop_all(cpu, BLOCK_INTERP);
    interp_collect(cpu);
}

static uint32_t *value_at(const struct cpu *cpu, unsigned value)
{
    if (value >= IR_TEMPS && value < IR_VALUES)
        return (uint32_t *)&interp.temps[value - IR_TEMPS];
    if (value < IR_TEMPS)
        return (uint32_t *)((uint8_t *)cpu_state(cpu) + cpu->arch->globals[value].offset);
    return &interp.nothing;
}

/* Those that the interpreter does itself: the words of 64 bits lie anywhere. imm of fmov: from one to the other of a, b of d. */
static void lower_fpu(const struct cpu *cpu, const struct ir_op *op, struct interp_op *out)
{
    unsigned distance = ir_fpu_distance(op);
    if (op->op == IR_ldf) {
        out->b = value_at(cpu, op->d + distance);
    } else if (op->op == IR_stf) {
        out->d = value_at(cpu, op->b + distance);
    } else if (op->op == IR_fmov) {
        out->imm = (int32_t)(value_at(cpu, op->d + distance) - out->d);
        out->b = value_at(cpu, op->a + distance);
    } else {
        out->aux = (uint16_t)ir_fpu_helper(op);
    }
}

static void lower(const struct cpu *cpu, const struct ir_op *op, struct interp_op *out)
{
    out->op = op->op;
    out->sub = op->sub;
    out->aux = op->aux;
    out->imm = op->imm;
    out->d = value_at(cpu, op->d);
    out->a = value_at(cpu, op->a);
    out->b = op->b == IR_IMM ? (const uint32_t *)&out->imm : value_at(cpu, op->b);
    if (op->op == IR_movcc) { /* its b is the constant; the slot holds c */
        assert(op->b == IR_IMM);
        out->b = value_at(cpu, op->c);
    }
    if (ir_op_info[op->op].form == IR_FORM_FPU)
        lower_fpu(cpu, op, out);
}

static struct interp_block *make_block(struct cpu *cpu, uint32_t pc, uint64_t phys, uint32_t key)
{
    const struct ir *ir = &cpu->blocks->ir;
    uint64_t begin = stats_begin();
    translate_block(cpu, pc, phys, key, cpu->max_block, cpu->jit ? REACH_BRANCH : REACH_ALL);
    size_t ops = ir->nops * sizeof(struct interp_op), exits = ir->nexits * sizeof(struct ir_exit);
    struct interp_block *block = alloc_zeroed(sizeof(*block) + ops + exits);
    block->size = sizeof(*block) + ops + exits;
    block->exits = (struct ir_exit *)((uint8_t *)block->ops + ops);
    __builtin_memcpy(block->exits, ir->exits, exits);
    for (unsigned i = 0; i < ir->nops; i++)
        lower(cpu, &ir->ops[i], &block->ops[i]);
    interp.bytes += block->size;
    block->once = !block_add(cpu, &block->block, BLOCK_INTERP);
    cpu->blocks->made_ns[BLOCK_INTERP] += stats_since(begin);
    return block;
}

static struct interp_block *find_block(struct cpu *cpu, uint32_t pc)
{
    uint32_t key = cpu->arch->state_key(cpu), jump = jump_key(cpu, key);
    uint64_t phys;
    struct jump_cache_entry *entry = cpu_jump_cache_at(cpu, pc, jump);
    if (UNLIKELY(cpu->kept.active))
        return cpu_fetch_address(cpu, pc, jump, &phys) ? make_block(cpu, pc, phys, key) : NULL;
    if (!cpu->jit && entry->pc == pc && entry->key == jump && block_has_key(entry->code, key))
        return (struct interp_block *)(uintptr_t)entry->code;
    if (!cpu_fetch_address(cpu, pc, jump, &phys))
        return NULL;
    struct block *found = block_find(cpu->blocks, BLOCK_INTERP, pc, key, phys);
    if (!found)
        found = block_find_spanning(cpu, pc, key, phys);
    struct interp_block *block = found ? (struct interp_block *)found : make_block(cpu, pc, phys, key);
    if (!cpu->jit && block->block.part[0].used && block->block.second == NO_SECOND)
        cpu_jump_cache_set(cpu, pc, jump, block);
    return block;
}

static uint32_t rotate_right(uint32_t value, unsigned count)
{
    count &= 31;
    return count ? value >> count | value << (32 - count) : value;
}

static uint32_t field_mask(unsigned size)
{
    return size == 32 ? 0xffffffffu : (1u << size) - 1;
}

static uint32_t deposit(uint32_t a, uint32_t b, unsigned field)
{
    uint32_t mask = field_mask(field >> 8) << (field & 31);
    return (a & ~mask) | (b << (field & 31) & mask);
}

static uint64_t *wide(uint32_t *value)
{
    return (uint64_t *)(void *)value;
}
static uint64_t wide_of(const uint32_t *value)
{
    return *(const uint64_t *)(const void *)value;
}

/* A TLB hit, as generated code does it. */
static inline const struct tlb_entry *hit(const struct cpu *cpu, uint32_t va, unsigned memop, unsigned store, unsigned mode)
{
    const struct tlb_entry *entry = &cpu->mmu.tlb[mode][store][tlb_index(va)];
    uint32_t mask = GUEST_PAGE_MASK | ((1u << (memop & MO_SIZE)) - 1);
    return entry->tag == (va & mask) && LIKELY(!cpu->mmu.log_inline) ? entry : NULL;
}

static bool load(struct cpu *cpu, const struct interp_op *op, unsigned mode)
{
    uint32_t va = *op->a + (uint32_t)op->imm;
    const struct tlb_entry *entry = hit(cpu, va, op->sub, 0, mode);
    uint64_t value;
    if (LIKELY(entry && op->sub == MO_32)) {
        __builtin_memcpy(op->d, (const uint8_t *)(entry->addend + (intptr_t)va), 4);
        return true;
    }
    if (!mmu_load(&cpu->mmu, va, op->sub, mode, &value))
        return false;
    if ((op->sub & MO_SIZE) == MO_64)
        *wide(op->d) = value;
    else
        *op->d = (uint32_t)value;
    return true;
}

static bool store(struct cpu *cpu, const struct interp_op *op, unsigned mode)
{
    uint32_t va = *op->a + (uint32_t)op->imm;
    const struct tlb_entry *entry = hit(cpu, va, op->sub, 1, mode);
    if (LIKELY(entry && op->sub == MO_32)) {
        __builtin_memcpy((uint8_t *)(entry->addend + (intptr_t)va), op->b, 4);
        return true;
    }
    return mmu_store(&cpu->mmu, va, op->sub, mode, (op->sub & MO_SIZE) == MO_64 ? wide_of(op->b) : *op->b);
}

static bool load_fpr(struct cpu *cpu, const struct interp_op *op, unsigned mode)
{
    uint32_t *high = (uint32_t *)(uintptr_t)op->b;
    uint64_t value;
    if (!mmu_load(&cpu->mmu, *op->a + (uint32_t)op->imm, op->aux, mode, &value))
        return false;
    *op->d = (uint32_t)value;
    if (high != op->d)
        *high = (uint32_t)(value >> 32);
    return true;
}

static bool store_fpr(struct cpu *cpu, const struct interp_op *op, unsigned mode)
{
    uint64_t value = op->d == op->b ? *op->b : (uint64_t)*op->d << 32 | *op->b;
    return mmu_store(&cpu->mmu, *op->a + (uint32_t)op->imm, op->aux, mode, value);
}

/* A breakpoint on the slot that is about to run stops at the branch: nothing of the unit is done yet. */
static bool slot_break(struct cpu *cpu, uint32_t pc)
{
    if (LIKELY(!cpu->slot_break))
        return false;
    cpu_sync_icount(cpu);
    if (!cpu_breakpoint_stops(cpu, pc, &cpu->slot_asked))
        return false;
    cpu->in_slot = false;
    cpu_log_unit_left(cpu);
    cpu_leave_unit(cpu);
    cpu_leave_soon(cpu);
    cpu->debug = (struct debug_event){.reason = DEBUG_BREAKPOINT, .pc = cpu->unit_pc};
    return true;
}

static uint32_t exit_pc(const struct ir_exit *exit, uint32_t moved)
{
    return exit->kind == IR_EXIT_FAR ? exit->pc : exit->pc + moved;
}

/* Runs one block, at *next; false if the unit was left (the state says where to go on), else *next is the pc of the next unit. */
static bool run_block(struct cpu *cpu, const struct interp_block *block, uint32_t *next)
{
    const uint32_t moved = *next - block->block.pc;
    const unsigned mode = cpu->arch->key_mode(block->block.key);
    const struct interp_op *op = block->ops;
    for (;; op++) {
        switch ((enum ir_opcode)op->op) {
        case IR_insn:
            if (op->aux & IR_SLOT) {
                if (slot_break(cpu, (uint32_t)op->imm + moved))
                    return false;
                cpu->in_slot = true;
                cpu->budget--;
                cpu_log_fetch(cpu, (uint32_t)op->imm + moved);
                if (UNLIKELY(cpu->slot_watch) && cpu_fetch_watch_hit(cpu, (uint32_t)op->imm + moved))
                    return false;
                break;
            }
            if (UNLIKELY(cpu->budget <= 0 || cpu->leave)) {
                *next = (uint32_t)op->imm + moved;
                return true;
            }
            cpu->unit_pc = (uint32_t)op->imm + moved;
            cpu->in_slot = false;
            cpu->budget--;
            cpu_log_fetch(cpu, cpu->unit_pc);
            break;
        case IR_movi:
            *op->d = (uint32_t)op->imm;
            break;
        case IR_movpc:
            *op->d = (uint32_t)op->imm + moved;
            break;
        case IR_mov:
        case IR_low32:
            *op->d = (uint32_t)(op->op == IR_low32 ? wide_of(op->a) : *op->a);
            break;
        case IR_not:
            *op->d = ~*op->a;
            break;
        case IR_neg:
            *op->d = 0u - *op->a;
            break;
        case IR_add:
            *op->d = *op->a + *op->b;
            break;
        case IR_sub:
            *op->d = *op->a - *op->b;
            break;
        case IR_and:
            *op->d = *op->a & *op->b;
            break;
        case IR_or:
            *op->d = *op->a | *op->b;
            break;
        case IR_xor:
            *op->d = *op->a ^ *op->b;
            break;
        case IR_shl:
            *op->d = *op->a << (*op->b & 31);
            break;
        case IR_shr:
            *op->d = *op->a >> (*op->b & 31);
            break;
        case IR_sar:
            *op->d = (uint32_t)((int32_t)*op->a >> (*op->b & 31));
            break;
        case IR_rotr:
            *op->d = rotate_right(*op->a, *op->b);
            break;
        case IR_mul:
            *op->d = *op->a * *op->b;
            break;
        case IR_divs:
        case IR_divu:
        case IR_rems:
        case IR_remu:
            *op->d = ir_divide((enum ir_opcode)op->op, *op->a, *op->b);
            break;
        case IR_clz:
            *op->d = *op->a ? (uint32_t)__builtin_clz(*op->a) : 32;
            break;
        case IR_bswap:
            *op->d = __builtin_bswap32(*op->a);
            break;
        case IR_bswap16:
            *op->d = (*op->a & 0x00ff00ffu) << 8 | (*op->a >> 8 & 0x00ff00ffu);
            break;
        case IR_sext8:
            *op->d = (uint32_t)(int8_t)*op->a;
            break;
        case IR_sext16:
            *op->d = (uint32_t)(int16_t)*op->a;
            break;
        case IR_extract:
            *op->d = *op->a >> (op->imm & 31) & field_mask((unsigned)op->imm >> 8);
            break;
        case IR_deposit:
            *op->d = deposit(*op->a, *op->b, op->aux);
            break;
        case IR_setcc:
            *op->d = ir_cc_holds((enum ir_cc)op->sub, *op->a, *op->b);
            break;
        case IR_movcc:
            if (ir_cc_holds((enum ir_cc)op->sub, *op->a, (uint32_t)op->imm))
                *op->d = *op->b;
            break;
        case IR_mulu64:
            *wide(op->d) = (uint64_t)*op->a * *op->b;
            break;
        case IR_muls64:
            *wide(op->d) = (uint64_t)((int64_t)(int32_t)*op->a * (int32_t)*op->b);
            break;
        case IR_add64:
            *wide(op->d) = wide_of(op->a) + wide_of(op->b);
            break;
        case IR_sub64:
            *wide(op->d) = wide_of(op->a) - wide_of(op->b);
            break;
        case IR_concat:
            *wide(op->d) = (uint64_t)*op->b << 32 | *op->a;
            break;
        case IR_high32:
            *op->d = (uint32_t)(wide_of(op->a) >> 32);
            break;
        case IR_ld:
            if (UNLIKELY(!load(cpu, op, mode)))
                return false;
            break;
        case IR_st:
            if (UNLIKELY(!store(cpu, op, mode)))
                return false;
            break;
        case IR_call: {
            uint32_t result = cpu->arch->helpers[op->aux].fn(cpu, *op->a, *op->b, (uint32_t)op->imm);
            if (UNLIKELY(cpu->leaving))
                return false;
            *op->d = result;
            break;
        }
        case IR_fadd:
        case IR_fsub:
        case IR_fmul:
        case IR_fdiv:
        case IR_fsqrt:
        case IR_fabs:
        case IR_fneg:
        case IR_fmadd:
        case IR_fmsub:
        case IR_fnmadd:
        case IR_fnmsub:
        case IR_fnear:
        case IR_ftrunc:
        case IR_fceil:
        case IR_ffloor:
        case IR_fnarrow:
        case IR_fwiden:
        case IR_fint_s:
        case IR_fint_d:
        case IR_fcmp:
            cpu->arch->helpers[op->aux].fn(cpu, 0, 0, (uint32_t)op->imm);
            if (UNLIKELY(cpu->leaving))
                return false;
            break;
        case IR_fmov: {
            uint32_t low = *op->a, high = *op->b;
            op->d[0] = low;
            op->d[op->imm] = high;
            break;
        }
        case IR_ldf:
            if (UNLIKELY(!load_fpr(cpu, op, mode)))
                return false;
            break;
        case IR_stf:
            if (UNLIKELY(!store_fpr(cpu, op, mode)))
                return false;
            break;
        case IR_exit_if:
            if (ir_cc_holds((enum ir_cc)op->sub, *op->a, *op->b)) {
                *next = exit_pc(&block->exits[op->aux], moved);
                return true;
            }
            break;
        case IR_leave_if:
            break; /* the next unit looks */
        case IR_exit:
            *next = exit_pc(&block->exits[op->aux], moved);
            return true;
        case IR_exit_ind:
            *next = *op->a;
            return true;
        case IR_exit_main: {
            const struct ir_exit *exit = &block->exits[op->aux];
            *next = exit->kind == IR_EXIT_STATE ? *cpu_pc(cpu) : op->a != &interp.nothing ? *op->a : exit_pc(exit, moved);
            return true;
        }
        case IR_lea: /* made for host back ends only */
        case IR_OPCODES:
            assert(false);
        }
    }
}

void interp_run(struct cpu *cpu)
{
    assert(!cpu->host_return);
    uint32_t pc = *cpu_pc(cpu);
    cpu->in_unit = false;
    cpu->in_slot = false;
    while (cpu->budget > 0 && !cpu->leave) {
        *cpu_pc(cpu) = pc;
        if (!cpu->single && cpu_point_near(cpu, pc))
            return;
        struct interp_block *block = find_block(cpu, pc);
        if (!block)
            return;
        if (cpu->interpreted.count < ARRAY_SIZE(cpu->interpreted.pc))
            cpu->interpreted.pc[cpu->interpreted.count++] = pc;
        cpu->in_unit = true;
        bool complete = run_block(cpu, block, &pc);
        cpu->in_unit = false;
        if (block->once)
            free_block(block);
        if (!complete)
            return;
    }
    *cpu_pc(cpu) = pc;
}
