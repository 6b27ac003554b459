/* The x86-64 back end: finding, compiling and linking blocks between the stretches that run in generated code. */
#include "cpu/host/x86_64/x86_64.h"

#include <cpuid.h>
#include <string.h>
#include <xmmintrin.h>

#include "cpu/ir/optimise.h"
#include "cpu/stats.h"
#include "softmmu/alloc.h"

/* Advanced bit manipulation: CPUID 80000001, ECX bit 5. */
static bool has_lzcnt(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & 1u << 5);
}

static bool init(struct cpu *cpu, const struct cpu_options *options)
{
    const struct arena *arena = cpu->machine->arena;
    cpu->jit = alloc_zeroed(sizeof(*cpu->jit));
    cpu->jit->low_ram = arena->low_ram ? (int32_t)(arena->low_ram - arena->base) : 0;
    cpu->jit->counting = log_enabled(LOG_BIT_STATS);
    cpu->jit->has_lzcnt = has_lzcnt();
    cpu->jit->reach = options->toggles & CPU_LONG_BLOCKS ? REACH_ALL : REACH_BRANCH;
    cpu->jit->npinned = options->toggles & CPU_NO_PINS ? 0 : PINNED;
    cpu->site_sample = SITE_SAMPLE;
    return code_init(cpu, options->code_cache);
}

static void free_jit(struct cpu *cpu)
{
    code_free(cpu);
    free(cpu->jit);
}

static struct host_block *make_block(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t phys, enum block_reach reach)
{
    uint64_t begin = stats_begin();
    code_reserve(cpu);
    translate_block(cpu, pc, phys, key, cpu->max_block, reach);
    if (!cpu->blocks->translator.cacheable || cpu->blocks->translator.spans)
        return NULL;
    ir_optimise(&cpu->blocks->ir, cpu->arch);
    struct host_block *block = compile(cpu);
    block->cut = cpu->blocks->translator.cut;
    cpu->jit->c_computed = true;
    code_add(cpu, block);
    cpu->blocks->made_ns[BLOCK_HOST] += stats_since(begin);
    log_code(cpu, block);
    return block;
}

static struct host_block *find_or_make(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t phys)
{
    struct block *found = block_find(cpu->blocks, BLOCK_HOST, pc, key, phys);
    if (found)
        return (struct host_block *)found;
    if (block_find_spanning(cpu, pc, key, phys))
        return NULL;
    bool hot = hot_at(cpu, phys);
    cpu->jit->hot_blocks += hot;
    return make_block(cpu, pc, key, phys, hot ? REACH_RUN : cpu->jit->reach);
}

/* Code for the state's pc, or NULL: a fetch exception was entered, or the unit must be interpreted (then *interpret is set). */
static const uint8_t *find_code(struct cpu *cpu, struct host_exit *exit, bool *interpret)
{
    uint32_t pc = *cpu_pc(cpu), key = cpu->arch->state_key(cpu), jump = jump_key(cpu, key);
    struct jump_cache_entry *entry = cpu_jump_cache_at(cpu, pc, jump);
    uint64_t phys;
    bool try_entry = !exit && !cpu->guarded;
    cpu->guarded = false;
    cpu->optional_key = key & cpu->arch->optional_key;
    if (try_entry && entry->pc == pc && entry->key == jump)
        return entry->code;
    if (!cpu_fetch_address(cpu, pc, jump, &phys))
        return NULL;
    if (try_entry && entry->pc == pc && entry->key == jump) /* the page was taken back */
        return entry->code;
    unsigned current = cpu->jit->current;
    struct host_block *block = find_or_make(cpu, pc, key, phys);
    if (!block) {
        *interpret = true;
        return NULL;
    }
    cpu_jump_cache_set(cpu, pc, jump, exec_address(cpu->jit, block->guarded_code));
    /* Compiling may have evicted the block that was left; its memory is gone then. */
    if (exit && current == cpu->jit->current && !exit->from->block.dropped && block_has_key(&exit->from->block, key) &&
        !exit->target)
        code_link(cpu, exit, block);
    return exec_address(cpu->jit, block->code);
}

static void interpret_unit(struct cpu *cpu)
{
    int32_t rest = cpu->budget - 1;
    cpu->budget = 1;
    cpu->icount_end -= (uint64_t)(int64_t)rest;
    interp_run(cpu);
    cpu->jit->c_computed = true;
    cpu->budget += rest;
    cpu->icount_end += (uint64_t)(int64_t)rest;
    cpu_leave_soon(cpu); /* a deadline that the unit made earlier did not see the whole budget */
}

static void log_entry(const struct cpu *cpu)
{
    if (log_enabled(LOG_BIT_EXEC))
        log_printf(LOG_BIT_EXEC, "enter %08x, icount %llu\n", *cpu_pc(cpu),
                   (unsigned long long)(cpu->icount_end - (uint64_t)(int64_t)cpu->budget));
}

static enum return_reason return_reason(const struct cpu *cpu, const struct host_exit *exit)
{
    if (exit)
        return RETURN_UNLINKED;
    if (cpu->leaving)
        return RETURN_LEFT;
    if (cpu->leave)
        return RETURN_ASKED;
    return cpu->budget <= (int32_t)cpu->max_block ? RETURN_BUDGET : RETURN_LOOK_UP;
}

/* C may have computed since the last time; generated code's C, and what finds code, do so for the FPU only. */
static void clear_inexact(struct cpu *cpu)
{
    if (!cpu->jit->c_computed && !cpu->exception_listeners)
        return;
    cpu->jit->c_computed = false;
    unsigned csr = _mm_getcsr();
    if (csr & _MM_EXCEPT_INEXACT)
        _mm_setcsr(csr & ~_MM_EXCEPT_INEXACT);
}

uint32_t running_pc(const struct cpu *cpu, const struct block *block)
{
    return block_bound(block) ? block->pc : (cpu->code_pc & GUEST_PAGE_MASK) | (block->pc & ~GUEST_PAGE_MASK);
}

static uint32_t place_word_at(uintptr_t host_return)
{
    uint32_t word;
    memcpy(&word, (const uint8_t *)host_return + PLACE_OFFSET, sizeof(word));
    return word;
}

static struct host_block *host_block_at(const struct cpu *cpu, uint32_t word)
{
    return cpu->jit->generations[word >> PLACE_GENERATION_SHIFT].blocks[word >> PLACE_NUMBER_SHIFT & (PLACE_MAX_BLOCKS - 1)];
}

/* Generated code came back: by a tail that is returned to, at its exit, with the pc not yet in the state; or by another way, 0. */
static struct host_exit *exit_at(struct cpu *cpu, uintptr_t host_return)
{
    if (!host_return)
        return NULL;
    uint32_t word = place_word_at(host_return);
    const struct host_block *block = host_block_at(cpu, word);
    assert(place_before(word) < block->nexits);
    struct host_exit *exit = &block->exits[place_before(word)];
    *cpu_pc(cpu) = running_pc(cpu, &block->block) + (exit->pc - block->block.pc);
    return exit;
}

static void run(struct cpu *cpu)
{
    uintptr_t (*enter)(struct cpu *, const void *) =
        (uintptr_t(*)(struct cpu *, const void *))(uintptr_t)exec_address(cpu->jit, cpu->jit->thunk_enter);
    struct host_exit *exit = NULL;
    cpu_set_fpu_mode(cpu, (enum fpu_mode)cpu->arch->fpu_mode(cpu));
    cpu->jit->c_computed = true;
    while (!(cpu->leave & LEAVE_BOUNDARY) && cpu->budget > 0) {
        cpu->leave &= ~(uint32_t)LEAVE_LOOK_UP; /* a signal's LEAVE_BOUNDARY must not be lost */
        cpu->leaving = 0;
        if (cpu->budget <= (int32_t)cpu->max_block) {
            hot_run_last(cpu);
            return;
        }
        if (cpu_point_near(cpu, *cpu_pc(cpu)))
            return;
        bool interpret = false;
        const uint8_t *code = find_code(cpu, exit, &interpret);
        exit = NULL;
        if (code) {
            cpu->jit->entries++;
            log_entry(cpu);
            if (cpu->fpu.mode == FPU_PLAIN_EXACT)
                clear_inexact(cpu);
            exit = exit_at(cpu, enter(cpu, code));
            cpu->jit->returns[return_reason(cpu, exit)]++;
            if (cpu->fpu.last != FPU_LAST_NONE) {
                cpu_settle_fpu(cpu);
                cpu->jit->c_computed = true;
            }
        } else if (interpret) {
            interpret_unit(cpu);
        } /* else a fetch exception was entered */
    }
}

/* What the block had taken off the budget: up to the end of the stretch that the instruction lies in. */
static unsigned charged_at(const struct host_block *block, unsigned last)
{
    unsigned i = 0;
    while (block->stretches[i] < last && i + 1 < block->nstretches)
        i++;
    assert(block->stretches[i] >= last);
    return block->stretches[i];
}

static void place(struct cpu *cpu, uintptr_t host_return, struct unit_place *at)
{
    uint32_t word = place_word_at(host_return);
    const struct host_block *block = host_block_at(cpu, word);
    unsigned before = place_before(word), slot = place_slot(word);
    assert(before < block->block.count);
    at->pc = running_pc(cpu, &block->block) + before * cpu->arch->insn_align;
    at->give_back = charged_at(block, before + 1 + slot) - before;
    at->in_slot = slot;
}

struct block *block_at(const struct cpu *cpu, uintptr_t host_return)
{
    return &host_block_at(cpu, place_word_at(host_return))->block;
}

/* A block goes on to a second page only where virtual and physical addresses run in step. */
uint64_t unit_phys(struct cpu *cpu, uintptr_t host_return)
{
    uint32_t word = place_word_at(host_return);
    return host_block_at(cpu, word)->block.phys + place_before(word) * cpu->arch->insn_align;
}

uint64_t access_phys(struct cpu *cpu, uintptr_t host_return)
{
    return unit_phys(cpu, host_return) + place_slot(place_word_at(host_return)) * cpu->arch->insn_align;
}

static const struct backend backend_x86_64 = {
    .name = "x86-64",
    .init = init,
    .free = free_jit,
    .run = run,
    .place = place,
    .keep_unit = keep_unit,
    .log_left = log_left,
    .tell_code = code_tell,
    .print_stats = print_host_stats,
};
const struct backend *const host_backend = &backend_x86_64;
