#include "cpu/block.h"

#include "softmmu/alloc.h"

struct block_cache *block_cache_new(struct cpu *cpu)
{
    size_t pages = arena_page_count(cpu->machine->arena);
    struct block_cache *cache = alloc_zeroed(sizeof(*cache));
    cache->optional_key = cpu->arch->optional_key;
    cache->pages = alloc_zeroed(pages * sizeof(*cache->pages));
    cache->code_map = alloc_zeroed(pages * sizeof(*cache->code_map));
    return cache;
}

void block_cache_free(struct block_cache *cache)
{
    free(cache->pages);
    free(cache->code_map);
    free(cache);
}

static unsigned hash_of(const struct block_cache *cache, uint32_t key, uint64_t phys)
{
    uint64_t mixed = ((uint64_t)(key & ~cache->optional_key) << 40 ^ phys) * 0x9e3779b97f4a7c15u;
    return (unsigned)(mixed >> (64 - BLOCK_HASH_BITS));
}

static unsigned virtual_index(uint32_t pc)
{
    return pc >> GUEST_PAGE_BITS & ((1u << BLOCK_VIRTUAL_BITS) - 1);
}

static struct recent_block *recent_at(struct block_cache *cache, unsigned owner, uint32_t key, uint64_t phys)
{
    return &cache->recent[owner][hash_of(cache, key, phys) & ((1u << BLOCK_RECENT_BITS) - 1)];
}

static struct block *find_in_hash(struct block_cache *cache, enum block_owner owner, uint32_t pc, uint32_t key, uint64_t phys,
                                  uint64_t second)
{
    struct block *block = cache->hash[owner][hash_of(cache, key, phys)];
    while (block &&
           (block->phys != phys || !block_has_key(block, key) || (block->pc ^ pc) & block->code_bits || block->second != second))
        block = block->hash_next;
    return block;
}

struct block *block_find(struct block_cache *cache, enum block_owner owner, uint32_t pc, uint32_t key, uint64_t phys)
{
    struct recent_block *recent = recent_at(cache, owner, key, phys);
    if (recent->block && recent->phys == phys && !((recent->key ^ key) & recent->key_bits) &&
        !((recent->pc ^ pc) & recent->code_bits))
        return recent->block;
    struct block *block = find_in_hash(cache, owner, pc, key, phys, NO_SECOND);
    if (block)
        *recent = (struct recent_block){phys, block->key, block->key_bits, block->pc, block->code_bits, block};
    return block;
}

struct block *block_find_spanning(struct cpu *cpu, uint32_t pc, uint32_t key, uint64_t phys)
{
    uint32_t slot = pc + cpu->arch->insn_align;
    struct mmu_page page;
    if (slot & ~GUEST_PAGE_MASK || cpu->arch->fixed_mapping(slot, key) ||
        !cpu->arch->translate(cpu, slot, ACCESS_FETCH, cpu->arch->key_mode(key), true, &page))
        return NULL;
    return find_in_hash(cpu->blocks, BLOCK_INTERP, pc, key, phys, page.phys);
}

static uint64_t map_bits(size_t first, size_t last)
{
    assert(first <= last && last < GUEST_PAGE);
    unsigned low = (unsigned)first >> 6, high = (unsigned)last >> 6;
    return (~(uint64_t)0 >> (63 - (high - low))) << low;
}

/* A block's second part hangs in the list of its page by its own link; both kinds of neighbour are found by page. */
static struct block_part *part_on(struct block *block, size_t arena_page)
{
    return block->part[0].used && block->part[0].arena_page == arena_page ? &block->part[0] : &block->part[1];
}

static void index_part(struct cpu *cpu, struct block *block, struct block_part *part)
{
    assert(!part->used && part->arena_page < arena_page_count(cpu->machine->arena));
    struct block_cache *cache = cpu->blocks;
    uint8_t *flags = &cpu->mmu.page_flags[part->arena_page];
    part->used = true;
    part->link = &cache->pages[part->arena_page];
    part->next = *part->link;
    if (part->next)
        part_on(part->next, part->arena_page)->link = &part->next;
    *part->link = block;
    cache->code_map[part->arena_page] |= map_bits(part->first, part->last);
    if (!(*flags & PAGE_CODE)) {
        *flags |= PAGE_CODE;
        mmu_protect_page(&cpu->mmu, part->arena_page);
    }
}

static void unindex_part(struct block_part *part)
{
    assert(part->used && *part->link);
    *part->link = part->next;
    if (part->next)
        part_on(part->next, part->arena_page)->link = part->link;
    part->used = false;
}

static void set_parts(struct cpu *cpu, struct block *block, const struct translator *t)
{
    uint32_t first = block->pc & ~GUEST_PAGE_MASK, end = first + (block->last_pc - block->pc) + cpu->arch->insn_align;
    assert(end <= 2 * GUEST_PAGE);
    for (unsigned i = 0; i < 2; i++) {
        if (!t->host[i] || (i == 1 && end <= GUEST_PAGE))
            continue;
        block->part[i].arena_page = arena_page_of(cpu->machine->arena, t->host[i]);
        block->part[i].first = (uint16_t)(i ? 0 : first);
        block->part[i].last = (uint16_t)(i ? end - GUEST_PAGE - 1 : min_u64(end, GUEST_PAGE) - 1);
        index_part(cpu, block, &block->part[i]);
    }
}

static void index_block(struct block_cache *cache, struct block *block)
{
    assert(!block->dropped && block->owner < BLOCK_OWNERS);
    block->hash_link = &cache->hash[block->owner][hash_of(cache, block->key, block->phys)];
    block->hash_next = *block->hash_link;
    if (block->hash_next)
        block->hash_next->hash_link = &block->hash_next;
    *block->hash_link = block;
    if (!block_bound(block))
        return;
    block->virtual_link = &cache->virtual_page[virtual_index(block->pc)];
    block->virtual_next = *block->virtual_link;
    if (block->virtual_next)
        block->virtual_next->virtual_link = &block->virtual_next;
    *block->virtual_link = block;
}

static void unindex_block(struct block_cache *cache, struct block *block)
{
    assert(*block->hash_link == block);
    struct recent_block *recent = recent_at(cache, block->owner, block->key, block->phys);
    if (recent->block == block)
        recent->block = NULL;
    *block->hash_link = block->hash_next;
    if (block->hash_next)
        block->hash_next->hash_link = block->hash_link;
    if (!block_bound(block))
        return;
    *block->virtual_link = block->virtual_next;
    if (block->virtual_next)
        block->virtual_next->virtual_link = block->virtual_link;
}

bool block_add(struct cpu *cpu, struct block *block, enum block_owner owner)
{
    struct block_cache *cache = cpu->blocks;
    const struct translator *t = &cache->translator;
    assert(owner < BLOCK_OWNERS && cache->drop[owner] && cache->ir.count);
    block->owner = (uint8_t)owner;
    block->pc = t->start;
    block->key_bits = ~cache->optional_key | t->depends_on;
    block->key = t->key & block->key_bits;
    block->code_bits = block_code_bits(cpu, t->start, t->key);
    block->phys = t->phys[0] | (t->start & ~GUEST_PAGE_MASK);
    block->second = t->spans ? t->phys[1] : NO_SECOND;
    block->last_pc = t->last_pc;
    block->count = (uint16_t)cache->ir.count;
    cache->made[owner]++;
    cache->made_insns[owner] += block->count;
    if (!t->cacheable)
        return false;
    index_block(cache, block);
    set_parts(cpu, block, t);
    return true;
}

void block_drop(struct cpu *cpu, struct block *block)
{
    struct block_cache *cache = cpu->blocks;
    assert(!block->dropped);
    unindex_block(cache, block);
    for (unsigned i = 0; i < 2; i++)
        if (block->part[i].used)
            unindex_part(&block->part[i]);
    block->dropped = true;
    cache->drops++;
    cpu_look_up_again(cpu);
    cache->drop[block->owner](cpu, block);
}

/* The page's map anew from the blocks that are left; without any the page is plain memory again. */
static void refresh_map(struct cpu *cpu, size_t arena_page)
{
    assert(cpu->mmu.page_flags[arena_page] & PAGE_CODE);
    struct block_cache *cache = cpu->blocks;
    uint64_t map = 0;
    for (struct block *b = cache->pages[arena_page]; b; b = part_on(b, arena_page)->next)
        map |= map_bits(part_on(b, arena_page)->first, part_on(b, arena_page)->last);
    cache->code_map[arena_page] = map;
    if (!map)
        cpu->mmu.page_flags[arena_page] &= (uint8_t)~PAGE_CODE;
}

void block_drop_bytes(struct cpu *cpu, size_t arena_page, size_t first, size_t last)
{
    struct block_cache *cache = cpu->blocks;
    if (!(cache->code_map[arena_page] & map_bits(first, last)))
        return;
    struct block *next;
    for (struct block *b = cache->pages[arena_page]; b; b = next) {
        const struct block_part *part = part_on(b, arena_page);
        next = part->next;
        if (part->first <= last && part->last >= first)
            block_drop(cpu, b);
    }
    refresh_map(cpu, arena_page);
}

static void drop_on_virtual_page(struct cpu *cpu, uint32_t page, uint32_t first, uint32_t last)
{
    struct block *next;
    for (struct block *b = cpu->blocks->virtual_page[virtual_index(page)]; b; b = next) {
        next = b->virtual_next;
        if (b->pc <= last && b->last_pc >= first)
            block_drop(cpu, b);
    }
}

void block_drop_virtual(struct cpu *cpu, uint32_t first, uint32_t last)
{
    assert(last - first < 2 * GUEST_PAGE);
    uint32_t page = first & GUEST_PAGE_MASK;
    drop_on_virtual_page(cpu, page - GUEST_PAGE, first, last); /* a block may end in a slot on the next page */
    drop_on_virtual_page(cpu, page, first, last);
    if ((last & GUEST_PAGE_MASK) != page)
        drop_on_virtual_page(cpu, last & GUEST_PAGE_MASK, first, last);
}

/* What code was made from at a physical page: looked up once for all blocks in a row that have it. */
struct code_place {
    uint64_t phys;
    const uint8_t *host;
};

static bool part_moved(struct cpu *cpu, const struct block *block, unsigned i, struct code_place *place)
{
    uint64_t phys = block->phys & ~(uint64_t)(GUEST_PAGE - 1);
    if (i)
        phys = block->second != NO_SECOND ? block->second : phys + GUEST_PAGE;
    if (place->phys != phys)
        *place = (struct code_place){phys, mmu_code_host(&cpu->mmu, phys)};
    return !place->host || arena_page_of(cpu->machine->arena, place->host) != block->part[i].arena_page;
}

void block_drop_moved(struct cpu *cpu)
{
    struct code_place places[2] = {
        {UINT64_MAX, NULL},
        {UINT64_MAX, NULL}
    };
    for (size_t page = 0; page < arena_page_count(cpu->machine->arena); page++) {
        struct block *next;
        for (struct block *b = cpu->blocks->pages[page]; b; b = next) {
            unsigned i = part_on(b, page) == &b->part[1];
            next = b->part[i].next;
            if (part_moved(cpu, b, i, &places[i]))
                block_drop(cpu, b);
        }
    }
}

void block_drop_all(struct cpu *cpu, enum block_owner owner)
{
    for (unsigned i = 0; i < 1u << BLOCK_HASH_BITS; i++)
        while (cpu->blocks->hash[owner][i])
            block_drop(cpu, cpu->blocks->hash[owner][i]);
}
