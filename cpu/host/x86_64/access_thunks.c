/*
 * Where an access goes that its site did not serve: thunks for each kind of access and site. They look the TLB up, fill the site's slot,
 * tell a page that is flagged only because other bytes of it are watched, and go to C with all else. The stub that calls one is
 * short, since nearly all stubs never run.
 */
#include "cpu/host/x86_64/emit.h"

/* One way of accessing memory, and where its thunk goes to C. */
struct thunk {
    struct cpu *cpu;
    struct code *c;
    unsigned mode, memop;
    bool store;
    uint8_t *to_c[4]; /* rel32s */
    unsigned nto_c;
};

static void go_to_c_if(struct thunk *t, enum cond cond)
{
    assert(t->nto_c < ARRAY_SIZE(t->to_c));
    t->to_c[t->nto_c++] = emit_jcc(t->c, cond);
}

static int32_t tags(const struct thunk *t)
{
    return tlb_offset(t->mode, t->store);
}

static int32_t maps(const struct thunk *t)
{
    return (int32_t)(offsetof(struct cpu, mmu) + offsetof(struct mmu, watch_map) +
                     (t->mode * 2 + t->store) * sizeof(intptr_t) * TLB_ENTRIES);
}

/* The guess of a site failed, and the TLB serves: a sample now and then. */
static void emit_sample(struct thunk *t)
{
    emit_alu_mem_imm(t->c, ALU_SUB, mem_base(RBP, CPU_OFFSET(site_sample)), 1);
    go_to_c_if(t, COND_S);
}

/* eax = address, rcx = addend: then the thunk returns, the loaded value in rax. */
static void emit_access(struct thunk *t)
{
    if (t->store) {
        emit_rm(t->c, OP_MOV, true, RDX, mem_base(RBP, CPU_OFFSET(store_value)));
        emit_swap(t->c, t->memop, RDX);
        emit_store_to(t->c, t->memop, RDX, mem_index(RCX, RAX, 0, 0));
    } else {
        emit_load_from(t->c, t->memop, RAX, mem_index(RCX, RAX, 0, 0));
    }
    emit_ret(t->c);
}

static void emit_to_c(struct thunk *t)
{
    while (t->nto_c)
        patch32(t->to_c[--t->nto_c], t->c->p);
    if (t->store)
        emit_rm(t->c, OP_MOV, true, RDX, mem_base(RBP, CPU_OFFSET(store_value)));
    emit_mov_imm(t->c, RCX, t->memop | t->mode << 8);
    emit_jmp_to(t->c, t->store ? t->cpu->jit->thunk_store : t->cpu->jit->thunk_load);
}

/*
 * The TLB's entry is not the plain one wanted: eax = address, rcx = index of the entry * 16, edx = the tag wanted. Goes on if only the watch flag
 * is in the way and none of the bytes is watched: rcx = addend, rdx = map.
 */
static void emit_watch_probe(struct thunk *t)
{
    struct code *c = t->c;
    emit_alu_imm(c, ALU_OR, false, RDX, TLB_WATCH);
    emit_rm(c, OP_CMP, false, RDX, mem_index(RBP, RCX, 0, tags(t)));
    go_to_c_if(t, COND_NE);
    emit_shift_imm(c, SHIFT_SHR, false, RCX, 1);
    emit_rm(c, OP_MOV, true, RDX, mem_index(RBP, RCX, 0, maps(t)));
    emit_rm(c, OP_MOV, true, RCX, mem_index(RBP, RCX, 1, tags(t) + (int32_t)offsetof(struct tlb_entry, addend)));
    emit_cmp_mem_zero(c, mem_index(RDX, RAX, 0, 0), t->memop & MO_SIZE);
    go_to_c_if(t, COND_NE);
    if (t->cpu->jit->counting)
        emit_inc64(c, mem_base(RBP, CPU_OFFSET(counts.in_code) + 8 * (t->store ? COUNT_WATCH_STORES : COUNT_WATCH_LOADS)));
}

/* eax = address, rcx = addend, rdx = map for a slot that has one: into the slot whose number is in cpu->slot; rdx is lost. */
static void emit_fill(struct thunk *t, bool watch)
{
    const struct slot_offsets at = slot_offsets(t->mode, t->store, watch);
    struct code *c = t->c;
    emit_push(c, RBX);
    emit_rm(c, OP_MOV, false, RBX, mem_base(RBP, CPU_OFFSET(slot)));
    if (watch)
        emit_rm(c, OP_STORE, true, RDX, mem_index(RBP, RBX, 3, at.map));
    emit_rm(c, OP_STORE, true, RCX, mem_index(RBP, RBX, 3, at.addend));
    emit_rr(c, OP_MOV, false, RDX, RAX);
    emit_alu_imm(c, ALU_AND, false, RDX, (int32_t)GUEST_PAGE_MASK);
    emit_rm(c, OP_STORE, false, RDX, mem_index(RBP, RBX, 2, at.tag));
    emit_shift_imm(c, SHIFT_SHR, false, RDX, GUEST_PAGE_BITS);
    emit_alu_imm(c, ALU_AND, false, RDX, PAGE_SLOT_NOTES - 1);
    emit_store_imm_size(c, mem_index(RBP, RDX, 0, CPU_OFFSET(mmu) + (int32_t)offsetof(struct mmu, slot_pages)), 1, MO_8);
    emit_pop(c, RBX);
}

/* edx = tag of an entry without flags; rdx = the map that says that nothing is watched. */
static void emit_unwatched_map(struct thunk *t)
{
    emit_alu_imm(t->c, ALU_XOR, true, RDX, -1);
    emit_rm(t->c, OP_LEA, true, RDX, mem_index(RBP, RDX, 0, CPU_OFFSET(mmu) + (int32_t)offsetof(struct mmu, unwatched) + 1));
}

/* edx = offset of an address that is not in the linear segment, or that is watched. Goes on as the TLB's thunk does when it misses. */
static uint8_t *make_look_up(struct thunk *t)
{
    t->cpu->jit->thunk_look_up[t->memop] = t->c->p;
    emit_rm(t->c, OP_LEA, false, RAX, mem_base(RDX, (int32_t)t->cpu->arch->direct_base));
    uint8_t *miss = emit_probe(t->c, t->mode, t->memop, false);
    emit_sample(t);
    emit_access(t);
    emit_to_c(t);
    return miss;
}

/* eax = address, ecx = number of the slot that does not hold its page. */
static uint8_t *make_slot(struct thunk *t)
{
    emit_rm(t->c, OP_STORE, false, RCX, mem_base(RBP, CPU_OFFSET(slot)));
    uint8_t *miss = emit_probe(t->c, t->mode, t->memop, t->store);
    emit_fill(t, false);
    emit_sample(t);
    emit_access(t);
    emit_to_c(t);
    return miss;
}

/* After emit_probe(). */
static void make_tlb(struct thunk *t)
{
    emit_watch_probe(t);
    emit_sample(t);
    emit_access(t);
    emit_to_c(t);
}

/* eax = address, ecx = number of the slot that does not hold its page, or holds it with watched bytes among those of the access. */
static void make_watch(struct thunk *t)
{
    struct code *c = t->c;
    emit_rm(c, OP_STORE, false, RCX, mem_base(RBP, CPU_OFFSET(slot)));
    uint8_t *flagged = emit_probe(c, t->mode, t->memop, t->store);
    emit_unwatched_map(t);
    emit_fill(t, true);
    emit_sample(t);
    emit_access(t);
    patch32(flagged, c->p);
    emit_watch_probe(t);
    emit_fill(t, true);
    emit_access(t);
    emit_to_c(t);
}

static void make_thunks_of(struct thunk *t)
{
    struct access_thunks *thunks = &t->cpu->jit->thunk_access[t->mode][t->store][t->memop];
    uint8_t *look_up_miss = !t->store && t->mode == 0 ? make_look_up(t) : NULL;
    thunks->slot = t->c->p;
    uint8_t *slot_miss = make_slot(t);
    thunks->tlb = t->c->p;
    patch32(slot_miss, t->c->p);
    if (look_up_miss)
        patch32(look_up_miss, t->c->p);
    make_tlb(t);
    thunks->watch = t->c->p;
    make_watch(t);
}

void make_access_thunks(struct cpu *cpu, struct code *c)
{
    for (unsigned mode = 0; mode < MMU_MODES; mode++)
        for (unsigned memop = 0; memop < MEMOPS; memop++)
            for (unsigned store = 0; store < 2; store++) {
                struct thunk t = {.cpu = cpu, .c = c, .mode = mode, .memop = memop, .store = store};
                if (!store || !(memop & MO_SIGN))
                    make_thunks_of(&t);
            }
}
