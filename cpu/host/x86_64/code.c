/*
 * Memory for generated code: one memory object mapped twice, once to write and once to run, used as a ring of generations.
 * When the ring comes round, the oldest generation's blocks go, all others stay linked and running.
 */
#include <string.h>
#include <sys/mman.h>

#include "cpu/host/x86_64/x86_64.h"
#include "softmmu/alloc.h"

#define THUNKS_SIZE  ((size_t)65536)
#define DEFAULT_SIZE ((size_t)128 << 20)
#define BLOCK_ALIGN  32 /* else how fast a loop is, by up to half, hangs on the lengths of the blocks before it */
/* Room for blocks of one instruction. */
#define LEAST_SIZE   (THUNKS_SIZE + GENERATIONS * (INSN_CODE_MAX + ENDS_CODE_MAX))

/* Shared memory without a name: perf looks names up in its map file for that, and not for a memfd. An old size of 0 maps it again. */
static bool map_twice(struct jit *jit)
{
    jit->write = mmap(NULL, jit->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (jit->write == MAP_FAILED)
        return false;
    jit->exec = mremap(jit->write, 0, jit->size, MREMAP_MAYMOVE);
    return jit->exec != MAP_FAILED && mprotect(jit->exec, jit->size, PROT_READ | PROT_EXEC) == 0;
}

/* A small ring has room for short blocks only. */
static void limit_blocks(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    jit->block_room = BLOCK_CODE_MAX;
    if (jit->generation_size >= BLOCK_CODE_MAX)
        return;
    jit->block_room = jit->generation_size;
    size_t most = (jit->block_room - ENDS_CODE_MAX) / INSN_CODE_MAX;
    if (cpu->max_block > most)
        cpu->max_block = (unsigned)most;
}

bool code_init(struct cpu *cpu, size_t size)
{
    struct jit *jit = cpu->jit;
    jit->size = size ? (size + 4095) & ~(size_t)4095 : DEFAULT_SIZE;
    if (jit->size < LEAST_SIZE)
        jit->size = LEAST_SIZE;
    if (!map_twice(jit)) {
        report_error("no memory for generated code; run with -accel interp, or less with -code-cache");
        return false;
    }
    jit->code = (struct code){jit->write, jit->write + jit->size, jit->exec - jit->write};
    make_thunks(cpu);
    jit->generation_size = (jit->size - THUNKS_SIZE) / GENERATIONS & ~(size_t)63;
    limit_blocks(cpu);
    jit->blocks_start = jit->write + THUNKS_SIZE;
    assert(jit->code.p <= jit->blocks_start);
    jit->code.p = jit->blocks_start;
    cpu->blocks->drop[BLOCK_HOST] = code_drop;
    return true;
}

static uint8_t *generation_start(const struct jit *jit, unsigned i)
{
    assert(i < GENERATIONS);
    return jit->blocks_start + i * jit->generation_size;
}

static void free_block(struct host_block *block)
{
    free(block->exits);
    free(block->stretches);
    free(block->log);
    free(block);
}

static void evict(struct cpu *cpu, struct generation *generation)
{
    for (size_t i = 0; i < generation->nblocks; i++) {
        struct host_block *block = generation->blocks[i];
        if (!block->block.dropped)
            block_drop(cpu, &block->block);
        free_block(block);
    }
    generation->nblocks = 0;
}

void code_free(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    for (unsigned i = 0; i < GENERATIONS; i++) {
        evict(cpu, &jit->generations[i]);
        free(jit->generations[i].blocks);
    }
    munmap(jit->write, jit->size);
    munmap(jit->exec, jit->size);
}

void code_reserve(struct cpu *cpu)
{
    struct jit *jit = cpu->jit;
    assert(jit->generation_size >= jit->block_room);
    jit->code.p += -(uintptr_t)jit->code.p & (BLOCK_ALIGN - 1);
    uint8_t *end = generation_start(jit, jit->current) + jit->generation_size;
    if ((size_t)(end - jit->code.p) >= jit->block_room && jit->generations[jit->current].nblocks < PLACE_MAX_BLOCKS)
        return;
    jit->current = (jit->current + 1) % GENERATIONS;
    jit->code.p = generation_start(jit, jit->current);
    jit->evictions += jit->generations[jit->current].nblocks != 0;
    evict(cpu, &jit->generations[jit->current]);
}

static void tell_block(struct cpu *cpu, const struct host_block *block)
{
    if (LIKELY(!cpu->listener.made))
        return;
    const struct code_piece piece = {
        .code = exec_address(cpu->jit, block->code), .size = block->code_size, .pc = block->block.pc};
    cpu->listener.made(cpu->listener.opaque, &piece);
}

void code_add(struct cpu *cpu, struct host_block *block)
{
    struct generation *generation = &cpu->jit->generations[cpu->jit->current];
    assert(generation->nblocks < PLACE_MAX_BLOCKS && block->code_size <= cpu->jit->block_room);
    generation->blocks =
        alloc_room(generation->blocks, &generation->capacity, generation->nblocks + 1, sizeof(*generation->blocks));
    generation->blocks[generation->nblocks++] = block;
    add_block_to(&cpu->jit->made, block);
    tell_block(cpu, block);
}

void code_tell(struct cpu *cpu)
{
    struct code_piece thunk;
    for (unsigned i = 0; thunk_number(cpu->jit, i, &thunk); i++)
        cpu->listener.made(cpu->listener.opaque, &thunk);
    for (unsigned i = 0; i < GENERATIONS; i++)
        for (size_t j = 0; j < cpu->jit->generations[i].nblocks; j++)
            tell_block(cpu, cpu->jit->generations[i].blocks[j]);
}

void code_link(struct cpu *cpu, struct host_exit *exit, struct host_block *target)
{
    assert(!exit->target && !exit->from->block.dropped && !target->block.dropped);
    exit->target = target;
    exit->next = target->incoming;
    target->incoming = exit;
    bool same = (exit->from->block.key_bits & target->block.key_bits) == target->block.key_bits;
    patch32(exit->site, same ? target->linked : target->guarded_linked);
    cpu->jit->links++;
}

static void unlink_outgoing(struct host_exit *exit)
{
    if (!exit->target)
        return;
    struct host_exit **at = &exit->target->incoming;
    assert(*at);
    while (*at != exit)
        at = &(*at)->next;
    *at = exit->next;
    exit->target = NULL;
    patch32(exit->site, exit->tail);
}

void code_drop(struct cpu *cpu, struct block *dropped)
{
    struct host_block *block = (struct host_block *)dropped;
    while (block->incoming)
        unlink_outgoing(block->incoming);
    for (unsigned i = 0; i < block->nexits; i++)
        unlink_outgoing(&block->exits[i]);
    cpu_jump_cache_forget(cpu, dropped, exec_address(cpu->jit, block->guarded_code));
}
