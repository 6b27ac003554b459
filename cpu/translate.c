#include "cpu/translate.h"

#include "cpu/block.h"
#include "softmmu/log.h"

static void set_page(struct translator *t, unsigned i, uint64_t phys)
{
    assert(i < ARRAY_SIZE(t->phys));
    t->phys[i] = phys & ~(uint64_t)(GUEST_PAGE - 1);
    t->host[i] = mmu_code_host(&t->cpu->mmu, t->phys[i]);
    if (!t->host[i])
        t->cacheable = false;
}

/* The page after the first, where a delay slot may lie. Its mapping may change under the block unless the segment is fixed. */
static bool reach_second_page(struct translator *t, uint32_t pc)
{
    struct mmu_page page;
    if (t->phys[1] != UINT64_MAX)
        return true;
    if (!t->arch->translate(t->cpu, pc, ACCESS_FETCH, t->arch->key_mode(t->key), true, &page))
        return false;
    set_page(t, 1, page.phys);
    return true;
}

bool translator_fetch32(struct translator *t, uint32_t pc, uint32_t *word)
{
    assert(pc - (t->start & GUEST_PAGE_MASK) < 2 * GUEST_PAGE);
    unsigned i = ((pc ^ t->start) & GUEST_PAGE_MASK) != 0;
    if (i && !reach_second_page(t, pc)) {
        t->cacheable = false;
        return false;
    }
    t->spans |= i && !t->arch->fixed_mapping(pc, t->key);
    uint32_t offset = pc & ~GUEST_PAGE_MASK, value;
    if (t->cpu->kept.active && pc - t->cpu->kept.pc < sizeof(t->cpu->kept.words)) {
        value = t->cpu->kept.words[(pc - t->cpu->kept.pc) / sizeof(value)];
        t->cacheable = false;
    } else if (t->host[i]) {
        __builtin_memcpy(&value, t->host[i] + offset, sizeof(value));
    } else {
        value = (uint32_t)physmap_read(t->cpu->machine->phys, t->phys[i] | offset, 4);
    }
    *word = t->big_endian ? __builtin_bswap32(value) : value;
    return true;
}

/* One more unit, or none if the buffers have no room for it. */
static void add_unit(struct translator *t)
{
    struct ir *ir = t->ir;
    unsigned nops = ir->nops, nexits = ir->nexits, ntemps = ir->ntemps, count = ir->count;
    uint32_t pc = t->pc, depends_on = t->depends_on;
    bool cacheable = t->cacheable;
    t->arch->translate_unit(t);
    assert(ir->full || ir->count > count);
    bool alone = t->spans || (!t->cacheable && cacheable); /* a block of its own */
    if (!ir->full && !(alone && count)) {
        t->last_pc = pc + (ir->count - count - 1) * t->arch->insn_align;
        return;
    }
    assert(count);
    ir->nops = nops;
    ir->nexits = nexits;
    ir->ntemps = ntemps;
    ir->count = count;
    ir->full = false;
    t->cacheable = cacheable;
    t->depends_on = depends_on;
    t->spans = false;
    ir_exit(ir, pc);
    t->done = true;
}

static void log_line(void *opaque, const char *text)
{
    log_printf(LOG_BIT_OP, "  %s\n", text);
}

static void log_guest_code(const struct translator *t)
{
    char text[96];
    for (uint32_t pc = t->start; t->host[0] && pc <= t->last_pc && (pc & GUEST_PAGE_MASK) == (t->start & GUEST_PAGE_MASK);
         pc += 4) {
        t->arch->disassemble(t->cpu, pc, t->host[0] + (pc & ~GUEST_PAGE_MASK), 4, text, sizeof(text));
        log_printf(LOG_BIT_IN_ASM, "%08x  %s\n", pc, text);
    }
}

static void log_block(const struct translator *t)
{
    if (log_enabled(LOG_BIT_IN_ASM)) {
        log_printf(LOG_BIT_IN_ASM, "block %08x key %x\n", t->start, t->key);
        log_guest_code(t);
    }
    if (log_enabled(LOG_BIT_OP)) {
        log_printf(LOG_BIT_OP, "IR of %08x\n", t->start);
        ir_print(t->ir, t->arch, log_line, NULL);
    }
}

#define CHECKED_FROM_START 20000
#define CHECKED_LATER      64

/* It takes a tenth of a translation's time: all blocks of a test's program are checked, and one of so many of a long run's. */
static bool is_checked(const struct block_cache *cache)
{
    uint64_t made = cache->made[BLOCK_INTERP] + cache->made[BLOCK_HOST];
    return made < CHECKED_FROM_START || made % CHECKED_LATER == 0;
}

/* Is there room behind the unit just added, on its page? A unit with a breakpoint, on its slot too, the dispatcher looks at alone. */
static bool has_room(const struct translator *t, unsigned max_insns)
{
    return !t->done && t->cacheable && t->ir->count < max_insns && ((t->pc ^ t->start) & GUEST_PAGE_MASK) == 0 &&
           !cpu_point_near(t->cpu, t->pc);
}

/* Most code is met for the first time: where there is none yet, no block begins. */
static bool begins_there(const struct translator *t)
{
    uint32_t offset = t->pc & ~GUEST_PAGE_MASK;
    return block_code_near(t->cpu, t->host[0], offset) &&
           block_find(t->cpu->blocks, BLOCK_HOST, t->pc, t->key, t->phys[0] | offset);
}

static bool reaches(const struct translator *t, enum block_reach reach)
{
    bool branch = t->ir->nops && t->ir->ops[t->ir->nops - 1].op == IR_exit_if;
    if (reach == REACH_ALL || (reach == REACH_RUN && !branch))
        return true;
    return reach == REACH_RUN ? begins_there(t) : !branch && !begins_there(t);
}

void translate_block(struct cpu *cpu, uint32_t pc, uint64_t phys, uint32_t key, unsigned max_insns, enum block_reach reach)
{
    assert(max_insns >= 1 && max_insns <= BLOCK_MAX_INSNS);
    struct translator *t = &cpu->blocks->translator;
    *t = (struct translator){
        .ir = &cpu->blocks->ir,
        .cpu = cpu,
        .arch = cpu->arch,
        .pc = pc,
        .key = key,
        .position_independent = block_code_bits(cpu, pc, key) != ~0u,
        .start = pc,
        .big_endian = cpu->machine->big_endian,
        .phys = {0, UINT64_MAX},
        .cacheable = true,
    };
    ir_reset(t->ir);
    set_page(t, 0, phys);
    if (!t->cacheable)
        max_insns = 1;
    bool goes_on;
    do {
        add_unit(t);
        bool room = has_room(t, max_insns);
        goes_on = room && reaches(t, reach);
        t->cut = room && !goes_on;
    } while (goes_on);
    if (!t->done)
        ir_exit(t->ir, t->pc);
    assert(!is_checked(cpu->blocks) || !ir_verify(t->ir, t->arch));
    log_block(t);
}
