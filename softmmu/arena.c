#include "softmmu/arena.h"

#include <sys/mman.h>
#include <xxhash.h>

#include "softmmu/alloc.h"

/* Generated code reaches low RAM by a signed 32-bit displacement from the base. */
#define LOW_REACH  ((size_t)1 << 31)
/* Far above any machine, and low enough that no sum of a few sizes can wrap. */
#define SIZE_LIMIT ((size_t)1 << 46)

static size_t to_pages(size_t size)
{
    return (size + ARENA_PAGE - 1) & ~(ARENA_PAGE - 1);
}

static void record_part(struct arena *arena, const char *name, enum arena_kind kind, uint8_t *at, size_t size)
{
    assert(arena->nparts < ARENA_MAX_PARTS);
    arena->parts[arena->nparts++] = (struct arena_part){.name = name, .at = at, .size = size, .kind = kind};
}

static void *reserve(size_t size)
{
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
        report_error("the host has no room for a machine of %zu MiB", size >> 20);
        return NULL;
    }
    return mapping;
}

static bool sizes_are_sane(size_t low_ram, size_t ram_total, size_t cpu_state, size_t derived)
{
    if (ram_total > SIZE_LIMIT || derived > SIZE_LIMIT) {
        report_error("a machine with %zu MiB of memory is too large", ram_total >> 20);
        return false;
    }
    if (low_ram > LOW_REACH || to_pages(low_ram) + to_pages(cpu_state) > LOW_REACH) {
        report_error("low memory of %zu MiB is too large: it must be less than 2048 MiB", low_ram >> 20);
        return false;
    }
    return true;
}

struct arena *arena_new(size_t low_ram, size_t ram_total, size_t cpu_state, size_t derived)
{
    assert(low_ram <= ram_total);
    assert(cpu_state <= LOW_REACH);
    if (!sizes_are_sane(low_ram, ram_total, cpu_state, derived))
        return NULL;
    size_t other = to_pages(ram_total - low_ram);
    low_ram = to_pages(low_ram);
    cpu_state = to_pages(cpu_state);
    size_t size = other + ARENA_SMALL_STATE + low_ram + cpu_state + to_pages(derived);
    void *mapping = reserve(size);
    if (!mapping)
        return NULL;

    struct arena *arena = alloc_zeroed(sizeof(*arena));
    arena->mapping = mapping;
    arena->mapping_size = size;
    arena->origin = mapping;
    arena->small = arena->origin + other;
    arena->start = arena->small;
    uint8_t *after_small = arena->small + ARENA_SMALL_STATE;
    arena->base = after_small + low_ram + cpu_state;
    if (low_ram) {
        arena->low_ram = after_small;
        arena->low_ram_size = low_ram;
        record_part(arena, "ram.low", ARENA_RAM, after_small, low_ram);
    }
    record_part(arena, "cpu", ARENA_CPU, after_small + low_ram, cpu_state);
    return arena;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    munmap(arena->mapping, arena->mapping_size);
    free(arena);
}

/* RAM grows downwards from the small block, so that what is in use stays contiguous. */
static uint8_t *take_pages(struct arena *arena, size_t size)
{
    assert(size <= (size_t)(arena->start - arena->origin));
    arena->start -= size;
    return arena->start;
}

static uint8_t *take_small(struct arena *arena, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    assert(size <= ARENA_SMALL_STATE && rounded <= ARENA_SMALL_STATE - arena->small_used);
    uint8_t *at = arena->small + arena->small_used;
    arena->small_used += rounded;
    return at;
}

void *arena_alloc(struct arena *arena, const char *name, enum arena_kind kind, size_t size)
{
    assert(kind == ARENA_RAM || kind == ARENA_STATE);
    if (kind == ARENA_RAM)
        size = to_pages(size);
    uint8_t *at = kind == ARENA_RAM ? take_pages(arena, size) : take_small(arena, size);
    record_part(arena, name, kind, at, size);
    return at;
}

uint64_t arena_hash(const struct arena *arena)
{
    assert(arena->nparts);
    XXH3_state_t *state = alloc_checked(XXH3_createState());
    XXH3_64bits_reset(state);
    for (const struct arena_part *part = arena->parts; part < arena->parts + arena->nparts; part++) {
        uint64_t size = part->size;
        XXH3_64bits_update(state, &size, sizeof(size));
        XXH3_64bits_update(state, part->at, part->size);
    }
    uint64_t hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return hash;
}
