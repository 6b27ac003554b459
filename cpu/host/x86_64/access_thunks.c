/*
 * Where an access goes that the inline look-up did not serve: a thunk for each kind of access. It tells a page that is flagged only because other
 * bytes of it are watched, and goes to C with all else. The stub that calls it is short, since nearly all stubs never run.
 */
#include "cpu/host/x86_64/emit.h"

static int32_t watch_offset(unsigned mode, bool store)
{
    return (int32_t)(offsetof(struct cpu, mmu) + offsetof(struct mmu, watch_map) +
                     (mode * 2 + store) * sizeof(intptr_t) * TLB_ENTRIES);
}

/*
 * The look-up failed: eax = address, rcx = index of the entry * 16, edx = the tag wanted. Goes on, with rcx = addend, if only the watch flag is in
 * the way and none of the bytes is watched; else jumps, with eax as it was: two rel32s.
 */
static void emit_watch_probe(struct cpu *cpu, struct code *c, unsigned mode, bool store, unsigned log2_size, uint8_t *other[2])
{
    int32_t tags = tlb_offset(mode, store);
    emit_alu_imm(c, ALU_OR, false, RDX, TLB_WATCH);
    emit_rm(c, OP_CMP, false, RDX, mem_index(RBP, RCX, 0, tags));
    other[0] = emit_jcc(c, COND_NE);
    emit_shift_imm(c, SHIFT_SHR, false, RCX, 1);
    emit_rm(c, OP_MOV, true, RDX, mem_index(RBP, RCX, 0, watch_offset(mode, store)));
    emit_rm(c, OP_MOV, true, RCX, mem_index(RBP, RCX, 1, tags + (int32_t)offsetof(struct tlb_entry, addend)));
    emit_cmp_mem_zero(c, mem_index(RDX, RAX, 0, 0), log2_size);
    other[1] = emit_jcc(c, COND_NE);
    if (cpu->jit->counting)
        emit_inc64(c, mem_base(RBP, CPU_OFFSET(counts.in_code) + 8 * (store ? COUNT_WATCH_STORES : COUNT_WATCH_LOADS)));
}

static void go_to_c(struct code *c, unsigned mode, unsigned memop, uint8_t *const other[2], const uint8_t *thunk)
{
    patch32(other[0], c->p);
    patch32(other[1], c->p);
    emit_mov_imm(c, RCX, memop | mode << 8);
    emit_jmp_to(c, thunk);
}

/* edx = offset of an address that is not in the linear segment, or that is watched; rax = value. */
static uint8_t *make_look_up(struct cpu *cpu, struct code *c, unsigned mode, unsigned memop)
{
    cpu->jit->thunk_look_up[memop] = c->p;
    emit_rm(c, OP_LEA, false, RAX, mem_base(RDX, (int32_t)cpu->arch->direct_base));
    uint8_t *miss = emit_probe(c, mode, memop, false);
    emit_load_from(c, memop, RAX, mem_index(RCX, RAX, 0, 0));
    emit_ret(c);
    return miss;
}

/* After emit_probe(): rax = value. */
static void make_load(struct cpu *cpu, struct code *c, unsigned mode, unsigned memop)
{
    uint8_t *other[2], *miss = mode == 0 ? make_look_up(cpu, c, mode, memop) : NULL;
    cpu->jit->thunk_slow_load[mode][memop] = c->p;
    if (miss)
        patch32(miss, c->p);
    emit_watch_probe(cpu, c, mode, false, memop & MO_SIZE, other);
    emit_load_from(c, memop, RAX, mem_index(RCX, RAX, 0, 0));
    emit_ret(c);
    go_to_c(c, mode, memop, other, cpu->jit->thunk_load);
}

/* After emit_probe(), the value in cpu->store_value. */
static void make_store(struct cpu *cpu, struct code *c, unsigned mode, unsigned memop)
{
    uint8_t *other[2];
    struct mem value = mem_base(RBP, CPU_OFFSET(store_value));
    cpu->jit->thunk_slow_store[mode][memop] = c->p;
    emit_watch_probe(cpu, c, mode, true, memop & MO_SIZE, other);
    emit_rm(c, OP_MOV, true, RDX, value);
    emit_swap(c, memop, RDX);
    emit_store_to(c, memop, RDX, mem_index(RCX, RAX, 0, 0));
    emit_ret(c);
    patch32(other[0], c->p);
    patch32(other[1], c->p);
    emit_rm(c, OP_MOV, true, RDX, value);
    emit_mov_imm(c, RCX, memop | mode << 8);
    emit_jmp_to(c, cpu->jit->thunk_store);
}

void make_access_thunks(struct cpu *cpu, struct code *c)
{
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned memop = 0; memop < MEMOPS; memop++) {
            make_load(cpu, c, mode, memop);
            if (!(memop & MO_SIGN))
                make_store(cpu, c, mode, memop);
        }
}
