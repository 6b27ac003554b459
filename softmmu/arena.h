/*
 * The machine's one block of memory (all that the guest can see), and the CPU's derived state right behind it.
 *
 *   lowest address                                                         highest
 *   | other RAM regions ... | small state, 256 KiB | low RAM | CPU state |  derived (not arena)  |
 *                                                                        ^ arena->base
 *
 * Generated code holds `base` in a register: CPU state lies below it, derived state above it, and low RAM within
 * 2 GiB below. The whole is reserved once, at start; nothing in it ever moves, and nothing in the arena is a pointer.
 */
#ifndef SOFTMMU_ARENA_H
#define SOFTMMU_ARENA_H

#include "softmmu/base.h"

#define ARENA_PAGE_BITS   12
#define ARENA_PAGE        ((size_t)1 << ARENA_PAGE_BITS)
#define ARENA_SMALL_STATE ((size_t)256 << 10)
#define ARENA_MAX_PARTS   96

enum arena_kind {
    ARENA_RAM,   /* page-multiple memory: RAM banks, flash, frame buffers; caught by the dirty mechanism */
    ARENA_STATE, /* device, clock, timer state, out of the small-state block; compared with a shadow */
    ARENA_CPU,   /* CPU state */
};

struct arena_part {
    const char *name;
    uint8_t *at;
    size_t size;
    enum arena_kind kind;
};

struct arena {
    uint8_t *start;   /* lowest byte in use; page indices count from `origin`, which never changes */
    uint8_t *origin;  /* lowest byte of the reservation that arena memory may take */
    uint8_t *base;    /* one past the CPU state: the base register of generated code */
    uint8_t *low_ram; /* NULL if its size is 0 */
    size_t low_ram_size;
    uint8_t *small; /* the small-state block and how much of it is taken */
    size_t small_used;
    struct arena_part parts[ARENA_MAX_PARTS];
    unsigned nparts;
    void *mapping; /* the reservation, for arena_free */
    size_t mapping_size;
};

/*
 * Reserves the arena. low_ram, ram_total (all RAM-like regions, low RAM included), cpu_state and derived are bytes;
 * all but ram_total are rounded up to pages. NULL and an error line when the host has no memory for it.
 */
struct arena *arena_new(size_t low_ram, size_t ram_total, size_t cpu_state, size_t derived);
void arena_free(struct arena *arena);

/* A part of the arena, zeroed. ARENA_STATE comes 16-aligned out of the small block (asserts that it fits), ARENA_RAM in whole pages. */
void *arena_alloc(struct arena *arena, const char *name, enum arena_kind kind, size_t size);

static inline size_t arena_page_of(const struct arena *arena, const void *at)
{
    return (size_t)((const uint8_t *)at - arena->origin) >> ARENA_PAGE_BITS;
}

/* How many page indices there are: arena_page_of() of any arena byte is below it. */
static inline size_t arena_page_count(const struct arena *arena)
{
    return (size_t)(arena->base - arena->origin) >> ARENA_PAGE_BITS;
}

/* The hash of every part's bytes (XXH3), names left out. */
uint64_t arena_hash(const struct arena *arena);

#endif
