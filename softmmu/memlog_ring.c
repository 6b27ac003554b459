/*
 * Inline logging: entries that generated code wrote, to the chunk. Most of an entry is as predicted: the next exit is the one that came next
 * the last time, its icount is as far on as it has instructions, an address goes on by the step that it made twice. What values
 * loads read is not written at all: a reader knows memory, of which each page is told when it is first reached.
 */
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/memlog_internal.h"
#include "softmmu/tlb.h"

/* Half of the host's second cache, for the chunk takes the other. */
enum { RING_WORDS = 32 << 10, CHUNK = 256 << 10 };
enum { ENTRY_MOST = MEMLOG_ENTRY_HEAD + MEMLOG_WORDS_MAX };
#define SINCE_MOST    (UINT64_C(1) << 30)
/* First word of an entry that is no exit: a block was left in its middle. Then: sites executed, the block. */
#define PARTIAL       0x80000000u
#define PARTIAL_SITES 24
#define PARTIAL_BLOCK 0xffffffu

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
    log->blocks[log->nblocks].words = alloc_zeroed(nwords * sizeof(struct memlog_word));
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
        (struct memlog_exit){.nwords = (uint16_t)nwords, .ninsns = (uint16_t)ninsns, .words = log->blocks[block].words};
    return (uint32_t)log->nexits++;
}

/* Entries */

void memlog_add_partial(struct memlog *log, uint32_t block, unsigned nsites, uint64_t block_icount, unsigned nwords)
{
    uint32_t *at = log->ring->at;
    assert(block <= PARTIAL_BLOCK);
    at[0] = PARTIAL | nsites << PARTIAL_SITES | block;
    at[1] = (uint32_t)block_icount;
    memmove(at + MEMLOG_ENTRY_HEAD + 1, at + MEMLOG_ENTRY_HEAD, nwords * sizeof(*at));
    at[MEMLOG_ENTRY_HEAD] = nwords;
    log->ring->at = at + MEMLOG_ENTRY_HEAD + 1 + nwords;
}

/* A word's difference from what was expected, in 0, 1, 2 or 4 bytes; *size: 0 to 3 for these. */
static inline uint8_t *put_word(uint8_t *out, uint32_t value, struct memlog_word *word, unsigned *size)
{
    static const uint8_t bytes[] = {0, 1, 2, 4};
    uint32_t difference = memlog_fold32(value - memlog_predict(word));
    *size = (difference != 0) + (difference > 0xff) + (difference > 0xffff);
    memlog_learn(word, value);
    memcpy(out, &difference, sizeof(difference));
    return out + bytes[*size];
}

/* Four words at a time, behind a byte with two bits for the size of each. *differ: not all are as expected. */
static uint8_t *put_words(uint8_t *out, const uint32_t *from, struct memlog_word *words, unsigned count, unsigned *differ)
{
    for (unsigned i = 0; i < count;) {
        uint8_t *code_at = out++;
        unsigned code = 0, size;
        for (unsigned shift = 0; shift < 8 && i < count; shift += 2, i++) {
            out = put_word(out, from[i], &words[i], &size);
            code |= size << shift;
        }
        *code_at = (uint8_t)code;
        *differ |= code;
    }
    return out;
}

/* The whole count, of which the entry has the low half. */
static uint64_t whole(const struct memlog *log, uint32_t low)
{
    return log->since + (uint32_t)(low - (uint32_t)log->since);
}

static uint8_t *put_partial(struct memlog *log, uint8_t *out, const uint32_t *from)
{
    uint32_t block = from[0] & PARTIAL_BLOCK;
    uint64_t icount = whole(log, from[1]);
    unsigned differ = 0;
    *out++ = MEMLOG_NEW | MEMLOG_PARTIAL;
    out = memlog_put_number(out, block);
    *out++ = (uint8_t)(from[0] >> PARTIAL_SITES & 0x7f);
    *out++ = (uint8_t)from[MEMLOG_ENTRY_HEAD];
    out = memlog_put_number(out, memlog_fold(icount - log->entry_icount));
    log->entry_icount = icount;
    return put_words(out, from + MEMLOG_ENTRY_HEAD + 1, log->blocks[block].words, from[MEMLOG_ENTRY_HEAD], &differ);
}

static inline uint8_t *put_entry(uint8_t *out, const uint32_t *from, const struct memlog_exit *exit, unsigned head)
{
    struct memlog_word *words = exit->words;
    uint8_t *to = out + 1;
    unsigned size, differ = 0;
    if (exit->nwords > 0) {
        to = put_word(to, from[0], &words[0], &size);
        head |= size;
    }
    if (exit->nwords > 1) {
        to = put_word(to, from[1], &words[1], &size);
        head |= size << 2;
    }
    if (UNLIKELY(exit->nwords > MEMLOG_FIRST_WORDS)) {
        uint8_t *end =
            put_words(to, from + MEMLOG_FIRST_WORDS, words + MEMLOG_FIRST_WORDS, exit->nwords - MEMLOG_FIRST_WORDS, &differ);
        head |= differ ? MEMLOG_MORE_WORDS : 0;
        to = differ ? end : to;
    }
    *out = (uint8_t)head;
    return to;
}

/* What comes before an entry that is not where the one before it led to, or not when. */
static __attribute__((noinline)) uint8_t *put_new(struct memlog *log, uint8_t *out, const uint32_t *from)
{
    struct memlog_exit *exit = &log->exits[from[0]], *last = &log->exits[log->exit];
    unsigned what = MEMLOG_NEW;
    uint8_t *head = out++;
    if (last->next[0] != from[0]) {
        what |= MEMLOG_NEW_EXIT;
        last->next[last->oldest] = from[0];
        last->oldest ^= 1;
        out = memlog_put_number(out, from[0]);
    }
    log->entry_icount += exit->ninsns;
    if (from[1] != (uint32_t)log->entry_icount) {
        uint64_t icount = whole(log, from[1]);
        what |= MEMLOG_NEW_ICOUNT;
        out = memlog_put_number(out, memlog_fold(icount - log->entry_icount));
        log->entry_icount = icount;
    }
    *head = (uint8_t)what;
    return put_entry(out, from + MEMLOG_ENTRY_HEAD, exit, 0);
}

/*
 * Entries of one exit that come one behind the other, as a loop makes them: what predicts the first words stays in registers. nwords, which is
 * the exit's, is a constant where this is called.
 */
static inline __attribute__((always_inline)) const uint32_t *put_loop(uint8_t **to, const uint32_t *from, const uint32_t *end,
                                                                      const struct memlog_exit *exit, unsigned nwords,
                                                                      uint64_t *icount, unsigned head)
{
    struct memlog_word words[MEMLOG_FIRST_WORDS];
    const uint32_t number = from[0];
    uint64_t at = *icount;
    uint8_t *out = *to;
    for (unsigned i = 0; i < nwords; i++)
        words[i] = exit->words[i];
    for (; from < end && from[0] == number && from[1] == (uint32_t)at + exit->ninsns; from += MEMLOG_ENTRY_HEAD + nwords) {
        uint8_t *next = out + 1;
        unsigned code = head, size;
        for (unsigned i = 0; i < nwords; i++) {
            next = put_word(next, from[MEMLOG_ENTRY_HEAD + i], &words[i], &size);
            code |= size << 2 * i;
        }
        *out = (uint8_t)code;
        out = next;
        at += exit->ninsns;
    }
    for (unsigned i = 0; i < nwords; i++)
        exit->words[i] = words[i];
    *icount = at;
    *to = out;
    return from;
}

/* The exit was just left by, and the next entry is its own again. */
static const uint32_t *put_more(uint8_t **to, const uint32_t *from, const uint32_t *end, const struct memlog_exit *exit,
                                uint64_t *icount)
{
    unsigned head = exit->next[0] == from[0] ? 0 : MEMLOG_OTHER;
    if (head && exit->next[1] != from[0])
        return from;
    switch (exit->nwords) {
    case 0:
        return put_loop(to, from, end, exit, 0, icount, head);
    case 1:
        return put_loop(to, from, end, exit, 1, icount, head);
    case 2:
        return put_loop(to, from, end, exit, 2, icount, head);
    default:
        return from;
    }
}

/* Branches of the guest's that go either way must not be branches here. */
static uint8_t *put_entries(struct memlog *log, uint8_t *out, const uint32_t *from, const uint32_t *end)
{
    struct memlog_exit *exits = log->exits, *last = &exits[log->exit];
    uint64_t icount = log->entry_icount;
    while (from < end) {
        uint32_t number = from[0];
        if (UNLIKELY(number & PARTIAL)) {
            log->entry_icount = icount;
            out = put_partial(log, out, from);
            icount = log->entry_icount;
            from += MEMLOG_ENTRY_HEAD + 1 + from[MEMLOG_ENTRY_HEAD];
            continue;
        }
        unsigned other = last->next[0] != number;
        struct memlog_exit *exit = &exits[number];
        if (LIKELY(last->next[other] == number && from[1] == (uint32_t)icount + exit->ninsns)) {
            icount += exit->ninsns;
            out = put_entry(out, from + MEMLOG_ENTRY_HEAD, exit, other * MEMLOG_OTHER);
        } else {
            log->exit = (uint32_t)(last - exits);
            log->entry_icount = icount;
            out = put_new(log, out, from);
            icount = log->entry_icount;
        }
        from += MEMLOG_ENTRY_HEAD + exit->nwords;
        last = exit;
        if (from < end && from[0] == number)
            from = put_more(&out, from, end, exit, &icount);
    }
    log->exit = (uint32_t)(last - exits);
    log->entry_icount = icount;
    return out;
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
        log->entries.used += (size_t)(put_entries(log, to, ring->base, ring->at) - to);
    }
    ring->at = ring->base;
    if (log->entries.used + log->events.used >= CHUNK)
        memlog_write_chunk(log);
}

void memlog_boundary(struct memlog *log, uint64_t icount)
{
    if (!log->ring)
        return;
    if (icount - log->since > SINCE_MOST || log->events.used >= CHUNK)
        memlog_drain(log);
    if (log->events.used >= CHUNK)
        memlog_write_chunk(log);
    if (log->ring->at == log->ring->base)
        log->since = icount;
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
