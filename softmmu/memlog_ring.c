/*
 * Inline logging: what generated code writes to, and what else a reader needs. What values loads read is not written at all: a reader knows
 * memory, of which each page is told when it is first reached.
 */
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/memlog_internal.h"
#include "softmmu/tlb.h"

/* Half of the host's second cache, for the chunk takes the other. */
enum { RING_WORDS = 32 << 10, CHUNK = 256 << 10 };
enum { ENTRY_MOST = MEMLOG_ENTRY_HEAD + MEMLOG_WORDS_MAX };
#define SINCE_MOST (UINT64_C(1) << 30)

void memlog_attach(struct memlog *log, struct memlog_ring *ring, uint64_t icount)
{
    if (!log->ring_memory)
        log->ring_memory = alloc_zeroed((RING_WORDS + 2 * ENTRY_MOST) * sizeof(*log->ring_memory));
    log->ring = ring;
    log->since = icount;
    *ring = (struct memlog_ring){log->ring_memory, log->ring_memory + RING_WORDS, log->ring_memory};
    memlog_forget_pages(log);
}

void memlog_detach(struct memlog *log)
{
    memlog_drain(log);
    *log->ring = (struct memlog_ring){NULL, NULL, NULL};
    log->ring = NULL;
}

/* Definitions */

static uint8_t *put_ref(uint8_t *to, const struct memlog_ref *ref)
{
    return memlog_put_number(memlog_put_number(to, ref->from), memlog_fold32(ref->offset));
}

uint32_t memlog_add_block(struct memlog *log, uint32_t pc, unsigned insn_align, unsigned mode, const struct memlog_site *sites,
                          unsigned nsites, unsigned nwords)
{
    uint8_t *start = memlog_room(&log->definitions, 32 + 32 * nsites), *to = start;
    *to++ = MEMLOG_BLOCK;
    to = memlog_put_number(to, pc);
    *to++ = (uint8_t)insn_align;
    *to++ = (uint8_t)mode;
    *to++ = (uint8_t)nsites;
    *to++ = (uint8_t)nwords;
    for (unsigned i = 0; i < nsites; i++) {
        const struct memlog_site *site = &sites[i];
        *to++ = (uint8_t)((site->memop & MO_SIZE) | (site->memop & MO_SIGN ? MEMLOG_SITE_SIGN : 0) |
                          (site->store ? MEMLOG_SITE_STORE : 0) | (site->slot ? MEMLOG_SITE_SLOT : 0));
        *to++ = site->insn;
        to = put_ref(to, &site->address);
        if (site->store)
            to = put_ref(to, &site->value);
    }
    log->definitions.used += (size_t)(to - start);
    log->blocks = alloc_room(log->blocks, &log->blocks_room, log->nblocks + 1, sizeof(*log->blocks));
    log->blocks[log->nblocks].groups = alloc_zeroed(memlog_groups(nwords) * sizeof(struct memlog_group));
    return (uint32_t)log->nblocks++;
}

uint32_t memlog_add_exit(struct memlog *log, uint32_t block, unsigned nsites, unsigned ninsns, unsigned nwords)
{
    uint8_t *start = memlog_room(&log->definitions, 16), *to = start;
    *to++ = MEMLOG_EXIT;
    to = memlog_put_number(to, block);
    *to++ = (uint8_t)nsites;
    *to++ = (uint8_t)ninsns;
    *to++ = (uint8_t)nwords;
    log->definitions.used += (size_t)(to - start);
    log->exits = alloc_room(log->exits, &log->exits_room, log->nexits + 1, sizeof(*log->exits));
    log->exits[log->nexits] =
        (struct memlog_exit){.nwords = (uint16_t)nwords, .distance = ninsns, .groups = log->blocks[block].groups};
    return (uint32_t)log->nexits++;
}

void memlog_set_most_blocks(struct memlog *log, size_t most)
{
    log->most_blocks = most;
}

void memlog_forget_blocks(struct memlog *log)
{
    for (size_t i = 0; i < log->nblocks; i++)
        free(log->blocks[i].groups);
    log->nblocks = log->nexits = log->exit = 0;
}

/* A chunk's definitions are valid in all of it: those to come must be in another. */
void memlog_begin_anew(struct memlog *log)
{
    memlog_flush(log);
    memlog_forget_blocks(log);
    *memlog_room(&log->definitions, 1) = MEMLOG_ANEW;
    log->definitions.used++;
}

/* Entries */

void memlog_add_partial(struct memlog *log, uint32_t block, unsigned nsites, uint64_t block_icount, unsigned nwords)
{
    uint32_t *at = log->ring->at;
    assert(block <= MEMLOG_RING_BLOCK);
    at[0] = MEMLOG_RING_PARTIAL | nsites << MEMLOG_RING_SITES | block;
    at[1] = (uint32_t)block_icount;
    memmove(at + MEMLOG_ENTRY_HEAD + 1, at + MEMLOG_ENTRY_HEAD, nwords * sizeof(*at));
    at[MEMLOG_ENTRY_HEAD] = nwords;
    log->ring->at = at + MEMLOG_ENTRY_HEAD + 1 + nwords;
}

void memlog_drain(struct memlog *log)
{
    struct memlog_ring *ring = log->ring;
    if (!ring || ring->at == ring->base)
        return;
    if (!log->paused && !log->failed) {
        if (!log->events.used && !log->entries.used)
            log->first_icount = log->entry_icount;
        size_t words = (size_t)(ring->at - ring->base);
        uint8_t *to = memlog_room(&log->entries, 16 * words + 64);
        log->entries.used += (size_t)(memlog_put_entries(log, to, ring->base, ring->at) - to);
    }
    ring->at = ring->base;
    if (log->entries.used + log->events.used >= CHUNK)
        memlog_write_chunk(log);
}

bool memlog_boundary(struct memlog *log, uint64_t icount)
{
    if (!log->ring)
        return false;
    if (icount - log->since > SINCE_MOST || log->events.used >= CHUNK)
        memlog_drain(log);
    if (log->events.used >= CHUNK)
        memlog_write_chunk(log);
    if (log->ring->at == log->ring->base)
        log->since = icount;
    return log->nblocks >= log->most_blocks || log->nexits >= 4 * log->most_blocks;
}

/* Memory */

static bool test_and_set(uint8_t *bits, uint32_t index)
{
    uint8_t bit = (uint8_t)(1u << (index & 7)), *byte = &bits[index >> 3];
    bool was = *byte & bit;
    *byte |= bit;
    return was;
}

static uint8_t *begin_event(struct memlog *log, enum memlog_event event, uint64_t icount)
{
    uint8_t *to = memlog_room(&log->events, MEMLOG_ACCESS_MAX + GUEST_PAGE);
    if (!log->events.used && !log->entries.used)
        log->first_icount = icount;
    *to++ = (uint8_t)(MEMLOG_EVENT | event << MEMLOG_SIZE_SHIFT);
    to = memlog_put_number(to, memlog_fold(icount - log->last.icount));
    log->last.icount = icount;
    return to;
}

static void end_event(struct memlog *log, const uint8_t *to)
{
    log->events.used = (size_t)(to - log->events.bytes);
}

static void put_page(struct memlog *log, uint64_t icount, uint32_t place, const uint8_t *host)
{
    uint8_t *to = memlog_put_number(begin_event(log, MEMLOG_PAGE, icount), place);
    memcpy(to, host, GUEST_PAGE);
    end_event(log, to + GUEST_PAGE);
}

static bool takes_pages(const struct memlog *log)
{
    return log->ring && !log->paused && !log->failed;
}

void memlog_map(struct memlog *log, uint64_t icount, unsigned mode, uint32_t virt, uint64_t phys, uint32_t place,
                const uint8_t *host)
{
    if (!takes_pages(log))
        return;
    memlog_frame(log, icount, phys, place, host);
    uint8_t *to = begin_event(log, MEMLOG_MAP, icount);
    *to++ = (uint8_t)mode;
    to = memlog_put_number(to, virt >> MEMLOG_PAGE_BITS);
    end_event(log, memlog_put_number(to, phys >> MEMLOG_PAGE_BITS));
}

void memlog_frame(struct memlog *log, uint64_t icount, uint64_t phys, uint32_t place, const uint8_t *host)
{
    uint32_t frame = (uint32_t)(phys >> MEMLOG_PAGE_BITS);
    if (!takes_pages(log) || phys > UINT32_MAX)
        return;
    if (!test_and_set(log->framed, frame)) {
        uint8_t *to = memlog_put_number(begin_event(log, MEMLOG_FRAME, icount), frame);
        end_event(log, memlog_put_number(to, place));
    }
    if (!test_and_set(log->known, place))
        put_page(log, icount, place, host);
}

void memlog_changed(struct memlog *log, uint64_t icount, uint32_t place, const uint8_t *host)
{
    if (takes_pages(log) && log->known[place >> 3] >> (place & 7) & 1)
        put_page(log, icount, place, host);
}

void memlog_forget_pages(struct memlog *log)
{
    memset(log->known, 0, log->known_bytes);
    memset(log->framed, 0, (size_t)1 << (32 - MEMLOG_PAGE_BITS - 3));
}
