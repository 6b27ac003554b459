/*
 * Translated blocks and how they are found: by where they begin, by the memory that they were made from, by virtual page.
 * Both back ends keep theirs here; a back end embeds struct block at the head of its own.
 */
#ifndef CPU_BLOCK_H
#define CPU_BLOCK_H

#include "cpu/translate.h"

enum block_owner { BLOCK_INTERP, BLOCK_HOST, BLOCK_OWNERS };

/* A piece of a block on one page of memory. */
struct block_part {
    size_t arena_page;
    uint16_t first, last; /* bytes on that page */
    bool used;
    struct block *next, **link; /* others with bytes on the page */
};

#define NO_SECOND UINT64_MAX

struct block {
    uint32_t pc, key;   /* pc: where it was made; key: 0 where it does not depend on it */
    uint32_t key_bits;  /* it runs in any state whose key has the same of these */
    uint32_t code_bits; /* it runs at any pc that has the same of these */
    uint64_t phys;      /* of pc */
    uint64_t second;    /* translator.spans: where its slot's page must be; else NO_SECOND */
    uint32_t last_pc;   /* of the last instruction */
    uint16_t count;     /* instructions */
    uint8_t owner;      /* enum block_owner */
    bool dropped;
    struct block *hash_next, **hash_link;
    struct block *virtual_next, **virtual_link; /* bound blocks that begin on the same virtual page */
    struct block_part part[2];
};

/* Found last at this place: the whole hash and its blocks do not fit the host's caches, this does. */
struct recent_block {
    uint64_t phys;
    uint32_t key, key_bits;
    uint32_t pc, code_bits;
    struct block *block; /* NULL: none */
};

#define BLOCK_RECENT_BITS  12
#define BLOCK_HASH_BITS    18
#define BLOCK_VIRTUAL_BITS 12

struct block_cache {
    struct block *hash[BLOCK_OWNERS][1 << BLOCK_HASH_BITS];
    struct recent_block recent[BLOCK_OWNERS][1 << BLOCK_RECENT_BITS];
    struct block *virtual_page[1 << BLOCK_VIRTUAL_BITS];
    uint32_t optional_key; /* arch's: no part of the hash */
    struct block **pages;  /* by arena page */
    uint64_t *code_map;    /* by arena page: a bit for each 64 bytes with code */
    struct translator translator;
    struct ir ir;
    uint64_t made[BLOCK_OWNERS], made_insns[BLOCK_OWNERS], drops;
    uint64_t made_ns[BLOCK_OWNERS]; /* the time that took; only counted with -d stats */
    /* What the owner does with a block that is out of all indices. */
    void (*drop[BLOCK_OWNERS])(struct cpu *cpu, struct block *block);
};

/* It depends on the whole of its pc: where it was made is where it runs. */
static inline bool block_bound(const struct block *block)
{
    return block->code_bits == ~0u;
}

static inline bool block_has_key(const struct block *block, uint32_t key)
{
    return ((block->key ^ key) & block->key_bits) == 0;
}

/* As arch->code_bits; code that logs accesses names its pc in the log. */
static inline uint32_t block_code_bits(const struct cpu *cpu, uint32_t pc, uint32_t key)
{
    return cpu->mmu.log_inline ? ~0u : cpu->arch->code_bits(pc, key);
}

struct block_cache *block_cache_new(struct cpu *cpu);
void block_cache_free(struct block_cache *cache);

/* Is there code of a block within the same 64 bytes of this page of memory? */
static inline bool block_code_near(const struct cpu *cpu, const uint8_t *page, uint32_t offset)
{
    return cpu->blocks->code_map[arena_page_of(cpu->machine->arena, page)] >> (offset >> 6) & 1;
}
struct block *block_find(struct block_cache *cache, enum block_owner owner, uint32_t pc, uint32_t key, uint64_t phys);
/* Likewise the unit whose slot lies on another page, as that is mapped now. Only the interpreter has such blocks: nothing may link to them. */
struct block *block_find_spanning(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t phys);
/*
 * Fills in and indexes a block for what cache->translator just translated (cache->ir). False, and not indexed: its code is not in
 * plain memory, so it may be run once only.
 */
bool block_add(struct cpu *cpu, struct block *block, enum block_owner owner);
/* Takes it out of all indices and hands it to its owner. */
void block_drop(struct cpu *cpu, struct block *block);
/*
 * Drops blocks with any of these bytes of a page; bound ones with an instruction at a virtual address in [first, last] (what else runs
 * there is never found while there are points on instructions); those whose memory no longer answers at the physical address that they
 * were made for; all of an owner.
 */
void block_drop_bytes(struct cpu *cpu, size_t arena_page, size_t first, size_t last);
void block_drop_virtual(struct cpu *cpu, uint32_t first, uint32_t last);
void block_drop_moved(struct cpu *cpu);
void block_drop_all(struct cpu *cpu, enum block_owner owner);

#endif
