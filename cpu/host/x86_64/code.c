/*
 * Memory for generated code: one memory object mapped twice, once to write and once to run, used as a ring of generations.
 * When the ring comes round, the oldest generation's blocks go, all others stay linked and running.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu/host/x86_64/x86_64.h"
#include "softmmu/alloc.h"

#define THUNKS_SIZE  ((size_t)4096)
#define DEFAULT_SIZE ((size_t)128 << 20)
#define LEAST_SIZE   (THUNKS_SIZE + GENERATIONS * BLOCK_CODE_MAX)

static bool map_twice(struct jit *jit)
{
    int fd = memfd_create("stakeout-code", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)jit->size) < 0)
        return false;
    jit->write = mmap(NULL, jit->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    jit->exec = mmap(NULL, jit->size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    close(fd);
    return jit->write != MAP_FAILED && jit->exec != MAP_FAILED;
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
    jit->blocks_start = jit->write + THUNKS_SIZE;
    assert(jit->code.p <= jit->blocks_start);
    jit->code.p = jit->blocks_start;
    cpu->blocks->drop[BLOCK_HOST] = code_drop;
    return true;
}

static uint8_t *generation_start(const struct jit *jit, unsigned i)
{
    return jit->blocks_start + i * jit->generation_size;
}

static void free_block(struct host_block *block)
{
    free(block->exits);
    free(block->stretches);
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
    uint8_t *end = generation_start(jit, jit->current) + jit->generation_size;
    if ((size_t)(end - jit->code.p) >= BLOCK_CODE_MAX && jit->generations[jit->current].nblocks < PLACE_MAX_BLOCKS)
        return;
    jit->current = (jit->current + 1) % GENERATIONS;
    jit->code.p = generation_start(jit, jit->current);
    jit->evictions += jit->generations[jit->current].nblocks != 0;
    evict(cpu, &jit->generations[jit->current]);
}

void code_add(struct cpu *cpu, struct host_block *block)
{
    struct generation *generation = &cpu->jit->generations[cpu->jit->current];
    generation->blocks =
        alloc_room(generation->blocks, &generation->capacity, generation->nblocks + 1, sizeof(*generation->blocks));
    generation->blocks[generation->nblocks++] = block;
}

void code_link(struct cpu *cpu, struct host_exit *exit, struct host_block *target)
{
    assert(!exit->target && !exit->from->block.dropped && !target->block.dropped);
    exit->target = target;
    exit->next = target->incoming;
    target->incoming = exit;
    patch32(exit->site, target->code);
    cpu->jit->links++;
}

static void unlink_outgoing(struct host_exit *exit)
{
    if (!exit->target)
        return;
    struct host_exit **at = &exit->target->incoming;
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
    cpu_jump_cache_forget(cpu, dropped->pc);
}
