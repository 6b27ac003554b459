/*
 * The fixed pieces of generated code: in, out, and the ways to C. Going to C stores the pinned registers and the budget, so that
 * C sees the whole state, and loads them afterwards; when the unit was left there, execution goes straight out, since the state
 * in memory is the truth then.
 */
#include "cpu/host/x86_64/x86_64.h"

#include <xmmintrin.h>

const uint8_t pinned_regs[PINNED] = {RBX, R12, R13, R14, RSI, RDI, R8, R9};
static const uint8_t callee_saved[] = {RBP, RBX, R12, R13, R14, R15};

int32_t global_offset(const struct cpu *cpu, unsigned global)
{
    assert(global < cpu->arch->nglobals);
    return (int32_t)cpu->arch->globals[global].offset - (int32_t)cpu->arch->state_size;
}

static struct mem cpu_word(int32_t offset)
{
    return mem_base(RBP, offset);
}

struct mem pc_word(const struct cpu *cpu)
{
    return cpu_word((int32_t)cpu->arch->pc_offset - (int32_t)cpu->arch->state_size);
}

static void move_pinned(struct cpu *cpu, struct code *c, unsigned opcode)
{
    for (unsigned i = 0; i < cpu->jit->npinned; i++)
        emit_rm(c, opcode, false, pinned_regs[i], cpu_word(global_offset(cpu, cpu->arch->pinned[i])));
}

static void move_locals(struct code *c, unsigned opcode)
{
    emit_rm(c, opcode, true, R10, cpu_word(CPU_OFFSET(saved_locals[0])));
    emit_rm(c, opcode, true, R11, cpu_word(CPU_OFFSET(saved_locals[1])));
}

static void store_all(struct cpu *cpu, struct code *c)
{
    move_pinned(cpu, c, OP_STORE);
    move_locals(c, OP_STORE);
    emit_rm(c, OP_STORE, false, R15, cpu_word(CPU_OFFSET(budget)));
}

static void load_all(struct cpu *cpu, struct code *c)
{
    move_pinned(cpu, c, OP_MOV);
    move_locals(c, OP_MOV);
    emit_rm(c, OP_MOV, false, R15, cpu_word(CPU_OFFSET(budget)));
}

static void make_enter(struct cpu *cpu, struct code *c)
{
    cpu->jit->thunk_enter = c->p; /* (cpu, code) */
    for (unsigned i = 0; i < ARRAY_SIZE(callee_saved); i++)
        emit_push(c, callee_saved[i]);
    emit_alu_imm(c, ALU_SUB, true, RSP, 8);
    emit_rr(c, OP_MOV, true, RBP, RDI);
    emit_rr(c, OP_MOV, true, RCX, RSI);
    load_all(cpu, c);
    emit_rm(c, OP_MOV, false, RAX, pc_word(cpu));
    emit_jmp_reg(c, RCX);
}

/* Returns rax: 0, or where the tail of an exit called thunk_unlinked. */
static uint8_t *make_exit(struct cpu *cpu, struct code *c)
{
    cpu->jit->thunk_unlinked = c->p;
    emit_pop(c, RAX);
    cpu->jit->thunk_exit = c->p;
    move_pinned(cpu, c, OP_STORE);
    emit_rm(c, OP_STORE, false, R15, cpu_word(CPU_OFFSET(budget)));
    uint8_t *out = c->p;
    emit_alu_imm(c, ALU_ADD, true, RSP, 8);
    for (unsigned i = ARRAY_SIZE(callee_saved); i-- > 0;)
        emit_pop(c, callee_saved[i]);
    emit_ret(c);
    /* eax: the pc that the jump cache does not have */
    cpu->jit->thunk_miss = c->p;
    emit_rm(c, OP_STORE, false, RAX, pc_word(cpu));
    emit_rr(c, OP_XOR, false, RAX, RAX);
    emit_jmp_to(c, cpu->jit->thunk_exit);
    return out;
}

static void call_rax(struct code *c)
{
    emit_alu_imm(c, ALU_SUB, true, RSP, 8);
    emit_call_reg(c, RAX);
    emit_alu_imm(c, ALU_ADD, true, RSP, 8);
}

/* Back from C: to the block, or straight out if the unit was left. */
static void return_or_leave(struct cpu *cpu, struct code *c, const uint8_t *out)
{
    emit_alu_mem_imm(c, ALU_CMP, cpu_word(CPU_OFFSET(leaving)), 0);
    uint8_t *left = emit_jcc(c, COND_NE);
    load_all(cpu, c);
    emit_ret(c);
    patch32(left, c->p);
    emit_alu_imm(c, ALU_ADD, true, RSP, 8);
    emit_rr(c, OP_XOR, false, RAX, RAX);
    emit_jmp_to(c, out);
}

/* An access was done and something in it asked to leave: the unit is done again from its start, with the access answered. */
static void leave_performed(struct cpu *cpu, uint64_t value)
{
    assert(!cpu->mmu.performed.active);
    cpu_leave_unit(cpu);
    cpu_leave_soon(cpu);
    cpu->mmu.performed.active = true;
    cpu->mmu.performed.value = value;
}

static void read_unit(struct cpu *cpu, uint64_t phys, uint32_t words[2])
{
    for (unsigned i = 0; i < 2; i++, phys += sizeof(*words)) {
        const uint8_t *host = mmu_code_host(&cpu->mmu, phys & ~(uint64_t)(GUEST_PAGE - 1));
        words[i] = 0;
        if (host)
            __builtin_memcpy(&words[i], host + (phys & (GUEST_PAGE - 1)), sizeof(*words));
    }
}

void keep_unit(struct cpu *cpu)
{
    read_unit(cpu, unit_phys(cpu, cpu->host_return), cpu->kept.words);
    cpu->kept.read = true;
}

static uint64_t slow_load(struct cpu *cpu, uint32_t va, uint32_t how, uintptr_t host_return)
{
    uint64_t value = 0;
    cpu->jit->slow_loads++;
    cpu->host_return = host_return;
    bool done = mmu_load(&cpu->mmu, va, how & 0xff, how >> 8, &value);
    if (UNLIKELY(done && cpu->site_sample <= 0))
        site_sampled(cpu, va, how >> 8, false, host_return);
    if (UNLIKELY(done && cpu->leave))
        leave_performed(cpu, value);
    cpu->host_return = 0;
    return value;
}

static void slow_store(struct cpu *cpu, uint32_t va, uint64_t value, uint32_t how, uintptr_t host_return)
{
    cpu->jit->slow_stores++;
    cpu->host_return = host_return;
    cpu->kept.read = false;
    bool done = mmu_store(&cpu->mmu, va, how & 0xff, how >> 8, value);
    if (UNLIKELY(done && cpu->site_sample <= 0))
        site_sampled(cpu, va, how >> 8, true, host_return);
    if (UNLIKELY(done && cpu->leave)) {
        uint32_t now[2] = {cpu->kept.words[0], cpu->kept.words[1]};
        if (cpu->kept.read)
            read_unit(cpu, unit_phys(cpu, host_return), now);
        leave_performed(cpu, 0);
        cpu->kept.pc = *cpu_pc(cpu);
        cpu->kept.active = now[0] != cpu->kept.words[0] || now[1] != cpu->kept.words[1];
    }
    cpu->host_return = 0;
}

/* eax = address, ecx = memop | mode << 8; rax = value. */
static void make_load(struct cpu *cpu, struct code *c, const uint8_t *out)
{
    cpu->jit->thunk_load = c->p;
    store_all(cpu, c);
    emit_rr(c, OP_MOV, true, RDI, RBP);
    emit_rr(c, OP_MOV, false, RSI, RAX);
    emit_rr(c, OP_MOV, false, RDX, RCX);
    emit_rm(c, OP_MOV, true, RCX, mem_base(RSP, 0));
    emit_mov_imm64(c, RAX, (uintptr_t)slow_load);
    call_rax(c);
    return_or_leave(cpu, c, out);
}

/* eax = address, rdx = value, ecx as above. */
static void make_store(struct cpu *cpu, struct code *c, const uint8_t *out)
{
    cpu->jit->thunk_store = c->p;
    store_all(cpu, c);
    emit_rr(c, OP_MOV, true, RDI, RBP);
    emit_rr(c, OP_MOV, false, RSI, RAX);
    emit_rm(c, OP_MOV, true, R8, mem_base(RSP, 0));
    emit_mov_imm64(c, RAX, (uintptr_t)slow_store);
    call_rax(c);
    return_or_leave(cpu, c, out);
}

/* rax = function, ecx = imm, the arguments a and b in struct cpu; eax = result. */
static void make_call(struct cpu *cpu, struct code *c, const uint8_t *out)
{
    cpu->jit->thunk_call = c->p;
    store_all(cpu, c);
    emit_rm(c, OP_MOV, true, RDX, mem_base(RSP, 0));
    emit_rm(c, OP_STORE, true, RDX, cpu_word(CPU_OFFSET(host_return)));
    emit_rr(c, OP_MOV, true, RDI, RBP);
    emit_rm(c, OP_MOV, false, RSI, cpu_word(CPU_OFFSET(call_a)));
    emit_rm(c, OP_MOV, false, RDX, cpu_word(CPU_OFFSET(call_b)));
    call_rax(c);
    emit_store_imm_size(c, cpu_word(CPU_OFFSET(host_return)), 0, 3);
    return_or_leave(cpu, c, out);
}

/* Generated code's floating point finds its flags as it left them. */
static void log_full(struct cpu *cpu)
{
    unsigned csr = _mm_getcsr();
    memlog_drain(cpu->mmu.log);
    _mm_setcsr(csr);
}

/* Between two blocks; rax, rcx and rdx are lost. */
static void make_log_full(struct cpu *cpu, struct code *c)
{
    cpu->jit->thunk_log_full = c->p;
    store_all(cpu, c);
    emit_rr(c, OP_MOV, true, RDI, RBP);
    emit_mov_imm64(c, RAX, (uintptr_t)log_full);
    call_rax(c);
    load_all(cpu, c);
    emit_ret(c);
}

void make_thunks(struct cpu *cpu)
{
    struct code *c = &cpu->jit->code;
    make_enter(cpu, c);
    const uint8_t *out = make_exit(cpu, c);
    make_load(cpu, c, out);
    make_store(cpu, c, out);
    make_call(cpu, c, out);
    make_log_full(cpu, c);
    make_access_thunks(cpu, c);
    cpu->jit->thunks_end = c->p;
}

/* In their order in memory: each ends where the next begins. */
bool thunk_number(const struct jit *jit, unsigned i, struct code_piece *thunk)
{
    const struct {
        const char *name;
        const uint8_t *start;
    } rows[] = {
        {"enter",  jit->thunk_enter     },
        {"leave",  jit->thunk_unlinked  },
        {"load",   jit->thunk_load      },
        {"store",  jit->thunk_store     },
        {"helper", jit->thunk_call      },
        {"log",    jit->thunk_log_full  },
        {"access", jit->thunk_look_up[0]},
        {NULL,     jit->thunks_end      },
    };
    if (i + 1 >= ARRAY_SIZE(rows))
        return false;
    *thunk = (struct code_piece){
        .code = exec_address(jit, rows[i].start), .size = (size_t)(rows[i + 1].start - rows[i].start), .thunk = rows[i].name};
    return true;
}
