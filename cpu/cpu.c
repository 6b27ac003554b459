/* Construction, and what keeps derived state in step with what it was derived from. */
#include "cpu/cpu.h"

#include <string.h>

#include "cpu/backend.h"
#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/log_access.h"
#include "softmmu/alloc.h"
#include "softmmu/log.h"

#define EMPTY_KEY      0x80000000u
#define CODE_TLB_VALID 1u

size_t cpu_derived_size(void)
{
    return sizeof(struct cpu);
}

static void jump_cache_clear(struct cpu *cpu)
{
    struct jump_cache_entry *entry = cpu->jump_cache[0];
    for (unsigned i = 0; i < JUMP_CACHE_BANKS << JUMP_CACHE_BITS; i++)
        entry[i].key = EMPTY_KEY;
}

static unsigned code_index(uint32_t pc)
{
    return pc >> GUEST_PAGE_BITS & ((1u << CODE_TLB_BITS) - 1);
}

/* The code TLB's entry for a page whose mapping may change; fixed segments have no say in what follows. */
static struct code_tlb_entry *code_entry(struct cpu *cpu, uint32_t pc)
{
    return &cpu->code_tlb[code_index(pc)];
}

/* In each bank a page's instructions have their entries in a row. */
static void forget_page(struct cpu *cpu, uint32_t page)
{
    static_assert(JUMP_CACHE_BITS + 2 >= GUEST_PAGE_BITS, "a page's entries lie in a row");
    for (unsigned bank = 0; bank < JUMP_CACHE_BANKS; bank++) {
        struct jump_cache_entry *entry = &cpu->jump_cache[bank][jump_cache_index(page)];
        for (unsigned i = 0; i < GUEST_PAGE / 4; i++)
            if ((entry[i].pc & GUEST_PAGE_MASK) == page)
                entry[i].key = EMPTY_KEY;
    }
}

static struct remembered_code *remembered_of(struct cpu *cpu, const struct code_tlb_entry *entry)
{
    return cpu->remembered[entry - cpu->code_tlb];
}

static bool holds(const struct code_tlb_entry *entry, uint32_t page)
{
    return entry->tag == (page | CODE_TLB_VALID);
}

/*
 * A page that is flushed soon after it was entered has few jump cache entries, and they are remembered one by one; also for the case
 * that the next page here is the same again.
 */
static void drop_code_entry(struct cpu *cpu, struct code_tlb_entry *entry)
{
    struct jump_cache_entry *places = cpu->jump_cache[0];
    const struct remembered_code *remembered = remembered_of(cpu, entry);
    uint32_t page = entry->tag & GUEST_PAGE_MASK;
    if (entry->ncached > CODE_TLB_REMEMBERED) {
        forget_page(cpu, page);
        entry->ncached = 0;
    }
    for (unsigned i = 0; i < entry->ncached; i++) {
        struct jump_cache_entry *cached = &places[remembered[i].place];
        if ((cached->pc & GUEST_PAGE_MASK) == page)
            cached->key = EMPTY_KEY;
    }
    entry->tag = page;
}

/* The page is mapped to the same memory again, and what its entries led to is still there. */
static void take_back(struct cpu *cpu, const struct code_tlb_entry *entry)
{
    struct jump_cache_entry *places = cpu->jump_cache[0];
    const struct remembered_code *remembered = remembered_of(cpu, entry);
    for (unsigned i = 0; i < entry->ncached; i++) {
        unsigned place = remembered[i].place;
        uint32_t pc = entry->tag | (place << 2 & ~GUEST_PAGE_MASK);
        places[place] = (struct jump_cache_entry){pc, entry->key, remembered[i].code};
    }
}

static bool was(const struct cpu *cpu, const struct code_tlb_entry *entry, uint32_t page, uint32_t key, uint64_t phys)
{
    return entry->tag == page && entry->key == key && entry->phys == phys && entry->drops == cpu->blocks->drops &&
           !entry->other_key;
}

/* Makes the entry that of a page. */
static void fill_code_entry(struct cpu *cpu, struct code_tlb_entry *entry, uint32_t page, uint32_t key, uint64_t phys)
{
    bool valid = entry->tag & CODE_TLB_VALID;
    if (holds(entry, page)) {
        entry->other_key = true;
    } else if (!valid && was(cpu, entry, page, key, phys)) {
        take_back(cpu, entry);
    } else {
        if (valid && !cpu->arch->fixed_mapping(entry->tag & GUEST_PAGE_MASK, entry->key)) /* else its entries stay right */
            drop_code_entry(cpu, entry);
        entry->ncached = 0;
        entry->other_key = false;
    }
    entry->tag = page | CODE_TLB_VALID;
    entry->key = key;
    entry->phys = phys;
}

static void remember(struct cpu *cpu, struct code_tlb_entry *entry, size_t place, const void *code)
{
    static_assert(JUMP_CACHE_BANKS << JUMP_CACHE_BITS <= UINT16_MAX + 1, "it holds a place");
    if (!entry->ncached)
        entry->drops = cpu->blocks->drops;
    struct remembered_code *remembered = remembered_of(cpu, entry);
    unsigned i = 0;
    while (i < entry->ncached && i < CODE_TLB_REMEMBERED && remembered[i].place != place)
        i++;
    if (i < CODE_TLB_REMEMBERED)
        remembered[i] = (struct remembered_code){code, (uint16_t)place};
    if (i == entry->ncached && entry->ncached <= CODE_TLB_REMEMBERED)
        entry->ncached++;
}

/* The invariant: a page outside the fixed segments has jump cache entries only while the code TLB holds it. */
void cpu_jump_cache_set(struct cpu *cpu, uint32_t pc, uint32_t key, const void *code)
{
    assert(code && !(key & EMPTY_KEY) && jump_key(cpu, key) == key);
    struct code_tlb_entry *entry = code_entry(cpu, pc);
    bool held = holds(entry, pc & GUEST_PAGE_MASK);
    if (!held && !cpu->arch->fixed_mapping(pc, key))
        return;
    struct jump_cache_entry *cached = cpu_jump_cache_at(cpu, pc, key);
    if (held)
        remember(cpu, entry, (size_t)(cached - cpu->jump_cache[0]), code);
    *cached = (struct jump_cache_entry){pc, key, code};
}

void cpu_jump_cache_forget(struct cpu *cpu, const struct block *block, const void *code)
{
    uint32_t pages = block_bound(block) ? 1 : (4u << JUMP_CACHE_BITS) / GUEST_PAGE; /* what is not may have run on any */
    for (uint32_t i = 0; i < pages; i++) {
        struct jump_cache_entry *entry = cpu_jump_cache_at(cpu, block->pc + (i << GUEST_PAGE_BITS), block->key);
        if (entry->code == code)
            entry->key = EMPTY_KEY;
    }
}

bool cpu_fetch_address(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t *phys)
{
    struct code_tlb_entry *entry = code_entry(cpu, pc);
    uint32_t page = pc & GUEST_PAGE_MASK;
    cpu->counts.fetches++;
    if (!holds(entry, page) || entry->key != key || pc & (cpu->arch->insn_align - 1)) {
        struct mmu_page found;
        cpu->counts.fetch_misses++;
        if (!cpu->arch->translate(cpu, pc, ACCESS_FETCH, cpu->arch->key_mode(key), false, &found))
            return false;
        fill_code_entry(cpu, entry, page, key, found.phys & ~(uint64_t)(GUEST_PAGE - 1));
    }
    *phys = entry->phys | (pc & ~GUEST_PAGE_MASK);
    return true;
}

void cpu_flush_range(struct cpu *cpu, uint32_t first, uint32_t last)
{
    assert(first <= last);
    mmu_flush_range(&cpu->mmu, first, last);
    for (unsigned i = 0; i < 1u << CODE_TLB_BITS; i++) {
        uint32_t va = first + (i << GUEST_PAGE_BITS);
        if (va > last || va < first)
            return;
        struct code_tlb_entry *entry = code_entry(cpu, va);
        uint32_t page = entry->tag & GUEST_PAGE_MASK;
        if (entry->tag & CODE_TLB_VALID && page >= (first & GUEST_PAGE_MASK) && page <= last)
            drop_code_entry(cpu, entry);
    }
}

void cpu_flush_outside(struct cpu *cpu, uint32_t keep_first, uint32_t keep_last)
{
    mmu_flush_outside(&cpu->mmu, keep_first, keep_last);
    for (unsigned i = 0; i < 1u << CODE_TLB_BITS; i++) {
        struct code_tlb_entry *entry = &cpu->code_tlb[i];
        uint32_t page = entry->tag & GUEST_PAGE_MASK;
        if (entry->tag & CODE_TLB_VALID && (page < (keep_first & GUEST_PAGE_MASK) || page > keep_last))
            drop_code_entry(cpu, entry);
    }
}

void cpu_flush_all(struct cpu *cpu)
{
    cpu->flushes++;
    mmu_flush_all(&cpu->mmu);
    memset(&cpu->deadline, 0, sizeof(cpu->deadline));
    memset(cpu->code_tlb, 0, sizeof(cpu->code_tlb));
    jump_cache_clear(cpu);
    cpu->arch->state_replaced(cpu);
    cpu_update_direct_limit(cpu);
    cpu_leave_soon(cpu);
}

static void place(struct cpu *cpu, struct unit_place *at)
{
    if (cpu->host_return) {
        host_backend->place(cpu, cpu->host_return, at);
        return;
    }
    at->pc = cpu->in_unit ? cpu->unit_pc : *cpu_pc(cpu);
    at->in_slot = cpu->in_unit && cpu->in_slot;
    at->give_back = cpu->in_unit + at->in_slot;
}

uint32_t cpu_unit_pc(struct cpu *cpu)
{
    struct unit_place at;
    place(cpu, &at);
    return at.pc;
}

void cpu_leave_unit(struct cpu *cpu)
{
    struct unit_place at;
    place(cpu, &at);
    assert(at.give_back <= BLOCK_MAX_INSNS + 1);
    cpu_settle_fpu(cpu);
    if (UNLIKELY(cpu->log.at) && cpu->host_return)
        host_backend->log_left(cpu);
    cpu->budget += (int32_t)at.give_back;
    *cpu_pc(cpu) = at.pc;
    cpu->in_slot = at.in_slot;
    cpu->in_unit = false;
    cpu->host_return = 0;
    cpu->machine->clock->icount = cpu->icount_end - (uint64_t)(int64_t)cpu->budget;
    cpu->leaving = 1;
}

void cpu_listen_to_exceptions(struct cpu *cpu, struct exception_listener *listener)
{
    assert(listener->fn);
    listener->next = cpu->exception_listeners;
    cpu->exception_listeners = listener;
}

void cpu_forget_listener(struct cpu *cpu, struct exception_listener *listener)
{
    struct exception_listener **at = &cpu->exception_listeners;
    while (*at && *at != listener)
        at = &(*at)->next;
    if (*at)
        *at = listener->next;
}

uint32_t cpu_access_pc(struct cpu *cpu)
{
    struct unit_place at;
    place(cpu, &at);
    return at.pc + (at.in_slot ? cpu->arch->insn_align : 0);
}

void cpu_count(struct cpu *cpu, unsigned instructions)
{
    cpu->budget -= (int32_t)instructions;
    cpu->machine->clock->icount += instructions;
}

uint64_t cpu_unit_icount(struct cpu *cpu)
{
    if (!cpu->in_unit && !cpu->host_return)
        return cpu->machine->clock->icount;
    struct unit_place at;
    place(cpu, &at);
    return cpu->icount_end - (uint64_t)((int64_t)cpu->budget + at.give_back);
}

void cpu_sync_icount(struct cpu *cpu)
{
    cpu->machine->clock->icount = cpu_unit_icount(cpu);
}

/* A deadline moved forward: the run ends there, after the unit under way if that lies inside its block. */
static void deadline_earlier(void *opaque)
{
    struct cpu *cpu = opaque;
    struct machine *machine = cpu->machine;
    uint64_t at = clock_icount_at(machine->clock, machine->timers.next);
    if (at >= cpu->icount_end)
        return;
    uint64_t cut = min_u64(cpu->icount_end - at, INT32_MAX / 2);
    cpu->icount_end -= cut;
    cpu->budget -= (int32_t)cut;
    if (cpu->budget < (cpu->host_return ? (int32_t)cpu->max_block : 0)) /* generated code charges its block bit by bit */
        cpu_leave_soon(cpu);
}

static void code_written(void *opaque, size_t arena_page, size_t first, size_t last)
{
    assert(first <= last && last < ARENA_PAGE);
    struct cpu *cpu = opaque;
    if (cpu->host_return)
        host_backend->keep_unit(cpu);
    block_drop_bytes(cpu, arena_page, first, last);
}

/* Of units that generated code does; the second time the count is the same. */
static bool faults_first(void *opaque)
{
    struct cpu *cpu = opaque;
    uint64_t icount = cpu_unit_icount(cpu);
    if (!cpu->host_return || cpu->faulted == icount)
        return false;
    cpu->faulted = icount;
    cpu_log_unit_left(cpu);
    cpu_leave_unit(cpu);
    return true;
}

static void sync(void *opaque)
{
    cpu_sync_icount(opaque);
}

/* Memory is about to be written past generated code. */
static void memory_before_write(void *opaque, uint8_t *host, size_t length, enum phys_writer who)
{
    struct cpu *cpu = opaque;
    size_t page = arena_page_of(cpu->machine->arena, host), last = arena_page_of(cpu->machine->arena, host + length - 1);
    for (; length && page <= last; page++)
        mmu_dirty_page(&cpu->mmu, page);
}

/* It has been written: blocks on it go. */
static void memory_written(void *opaque, uint8_t *host, size_t length, enum phys_writer who)
{
    struct cpu *cpu = opaque;
    for (size_t done = 0; done < length;) {
        size_t page = arena_page_of(cpu->machine->arena, host + done), first = (uintptr_t)(host + done) & (ARENA_PAGE - 1);
        size_t piece = min_u64(length - done, ARENA_PAGE - first);
        if (cpu->mmu.page_flags[page] & PAGE_CODE)
            block_drop_bytes(cpu, page, first, first + piece - 1);
        cpu_log_written(cpu, page, who);
        done += piece;
    }
}

/* Addresses may answer elsewhere from now on. */
static void map_changed(void *opaque)
{
    struct cpu *cpu = opaque;
    block_drop_moved(cpu);
    cpu_log_memory_moved(cpu);
    cpu_flush_all(cpu);
    mmu_watches_follow_map(&cpu->mmu);
}

static void kick(void *opaque)
{
    cpu_leave_soon(opaque);
}

static void wire(struct cpu *cpu)
{
    static struct mmu_ops ops = {.sync = sync,
                                 .code_written = code_written,
                                 .guest_watched = cpu_guest_watched,
                                 .watched = cpu_watched,
                                 .faults_first = faults_first,
                                 .log = cpu_log_access,
                                 .log_page = cpu_log_page,
                                 .watches_changed = cpu_watches_changed};
    struct machine *machine = cpu->machine;
    const struct phys_hooks hooks = {
        .before = memory_before_write, .after = memory_written, .touch = cpu_memory_touched, .opaque = cpu};
    ops.translate = cpu->arch->translate;
    ops.misaligned = cpu->arch->misaligned;
    ops.bus_error = cpu->arch->bus_error;
    mmu_init(&cpu->mmu, machine, &ops, cpu);
    machine->timers.earlier = deadline_earlier;
    machine->timers.earlier_opaque = cpu;
    machine->kick = kick;
    machine->kick_opaque = cpu;
    physmap_set_hooks(machine->phys, &hooks);
    physmap_on_change(machine->phys, map_changed, cpu);
}

struct cpu *cpu_new(struct machine *machine, const struct cpu_arch *arch, const void *config, const struct cpu_options *options)
{
    assert(arch && options && arch->state_size % ARENA_PAGE == 0 && arch->pc_offset < arch->state_size);
    struct cpu *cpu = (struct cpu *)machine->arena->base;
    cpu->arch = arch;
    cpu->arch_config = config;
    cpu->machine = machine;
    cpu->max_block = options->max_block && options->max_block < BLOCK_MAX_INSNS ? options->max_block : BLOCK_MAX_INSNS;
    cpu->blocks = block_cache_new(cpu);
    cpu->faulted = UINT64_MAX;
    wire(cpu);
    cpu->mmu.one_entry = options->toggles & CPU_ONE_TLB_ENTRY;
    cpu->mmu.fault_first = options->toggles & CPU_FAULT_FIRST;
    interp_init(cpu);
    if (options->accel == ACCEL_JIT && host_backend && !host_backend->init(cpu, options))
        return NULL;
    cpu_reset(cpu);
    return cpu;
}

void cpu_listen_to_code(struct cpu *cpu, const struct code_listener *listener)
{
    assert(listener->made);
    assert(cpu->jit);
    cpu->listener = *listener;
    host_backend->tell_code(cpu);
}

void cpu_free(struct cpu *cpu)
{
    interp_free(cpu);
    if (cpu->jit)
        host_backend->free(cpu);
    block_cache_free(cpu->blocks);
    free(cpu->breakpoints);
    free(cpu->arch_wiring);
    mmu_free(&cpu->mmu);
}

void cpu_reset(struct cpu *cpu)
{
    assert(!cpu->host_return);
    cpu->arch->reset(cpu);
    cpu->mmu.performed.active = cpu->kept.active = cpu->note_watch = false;
    cpu->asked = cpu->slot_asked = NOT_ASKED;
    cpu_flush_all(cpu);
}

void cpu_loaded(struct cpu *cpu)
{
    assert(!cpu->host_return);
    cpu->mmu.performed.active = cpu->kept.active = cpu->note_watch = false;
    cpu->skip_breakpoint = cpu->skip_watch = cpu->single = cpu->slot_break = false;
    cpu->asked = cpu->slot_asked = NOT_ASKED;
    cpu->in_unit = cpu->in_slot = cpu->hit_waits = false;
    cpu->debug.reason = DEBUG_NONE;
    cpu_log_memory_moved(cpu);
    cpu_flush_all(cpu);
}

static unsigned debug_mode(const struct cpu *cpu)
{
    return cpu->arch->key_mode(cpu->arch->debug_key);
}

bool cpu_debug_translate(struct cpu *cpu, uint32_t va, struct mmu_page *page)
{
    return cpu->arch->translate(cpu, va, ACCESS_LOAD, debug_mode(cpu), true, page);
}

size_t cpu_debug_read(struct cpu *cpu, uint32_t va, uint8_t *bytes, size_t length)
{
    return mmu_debug_read(&cpu->mmu, va, debug_mode(cpu), bytes, length);
}

size_t cpu_debug_write(struct cpu *cpu, uint32_t va, const uint8_t *bytes, size_t length)
{
    return mmu_debug_write(&cpu->mmu, va, debug_mode(cpu), bytes, length);
}
