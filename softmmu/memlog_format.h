/*
 * The file of an access log: what the writer (softmmu/memlog.c) and readers (tools/memlog/reader.c) share. tools/memlog/FORMAT.md
 * describes it byte for byte.
 */
#ifndef SOFTMMU_MEMLOG_FORMAT_H
#define SOFTMMU_MEMLOG_FORMAT_H

#include "softmmu/base.h"

#define MEMLOG_MAGIC   "stakelog"
#define MEMLOG_VERSION 2u

/* zstd's skippable frames (RFC 8878): the file's header, and before each chunk's frame a head. */
#define MEMLOG_HEADER_FRAME 0x184d2a5eu
#define MEMLOG_CHUNK_FRAME  0x184d2a5fu

enum {
    MEMLOG_FRAME_BYTES = 8,       /* of a skippable frame before its content: its magic number and its size */
    MEMLOG_HEADER_BYTES = 40,     /* the header's content up to the RAM ranges */
    MEMLOG_RANGE_BYTES = 16,      /* of a RAM range */
    MEMLOG_CHUNK_HEAD_BYTES = 24, /* a chunk head's content */
    MEMLOG_RANGES_MAX = 16,
    MEMLOG_FILTER_MAX = 255, /* bytes of the filter's text */
    MEMLOG_ACCESS_MAX = 48,  /* bytes of an access at most */
};
#define MEMLOG_CHUNK_MAX ((uint32_t)1 << 26) /* bytes of a chunk, plain and packed, at most */

enum memlog_header_flags { MEMLOG_BIG_ENDIAN = 1 };

/* Of an access's first byte: kind, size - 1, flags. */
enum memlog_kind { MEMLOG_LOAD, MEMLOG_STORE, MEMLOG_FETCH, MEMLOG_DMA_READ, MEMLOG_DMA_WRITE, MEMLOG_KINDS, MEMLOG_EVENT = 7 };
enum { MEMLOG_KIND = 7, MEMLOG_SIZE_SHIFT = 3, MEMLOG_SIZE = 7, MEMLOG_IO = 64, MEMLOG_UNKNOWN = 128 };

/* What is no access has the kind MEMLOG_EVENT, and this in place of the size. */
enum memlog_event { MEMLOG_MAP, MEMLOG_FRAME, MEMLOG_PAGE };

/* A site's descriptor: first byte. */
enum { MEMLOG_SITE_SIZE = 3, MEMLOG_SITE_SIGN = 4, MEMLOG_SITE_STORE = 8, MEMLOG_SITE_SLOT = 16 };
enum memlog_definition { MEMLOG_BLOCK, MEMLOG_EXIT, MEMLOG_ANEW };

/*
 * An entry's first byte: which exit it is in the lowest two bits, then how many bytes the differences of its first words have, two bits each
 * (0, 1, 2, 4 bytes). Or MEMLOG_ELSE, and what in place of these bits.
 */
enum memlog_entry { MEMLOG_NEXT, MEMLOG_OTHER, MEMLOG_NEW, MEMLOG_ELSE };
enum memlog_else { MEMLOG_DISTANCE, MEMLOG_PARTIAL, MEMLOG_RUN };
enum {
    MEMLOG_ENTRY = 3, /* bits of the first byte */
    MEMLOG_ENTRY_SHIFT = 2,
    MEMLOG_FIRST_WORDS = 3,
    MEMLOG_EXIT_BYTES = 3, /* of an exit's number */
};

enum {
    MEMLOG_SITES_MAX = 64,                   /* of a block */
    MEMLOG_WORDS_MAX = 3 * MEMLOG_SITES_MAX, /* of an entry */
    MEMLOG_MODES = 2,
    MEMLOG_PAGE_BITS = 12,
};

/* Where an address or a value comes from: (a constant, an entry's word, or what an earlier site loaded) + offset, modulo 2^32. */
struct memlog_ref {
    uint16_t from;
    uint32_t offset;
};
enum { MEMLOG_CONSTANT = 0 };
static inline uint16_t memlog_from_word(unsigned word)
{
    return (uint16_t)(2 * word + 1);
}
static inline uint16_t memlog_from_site(unsigned site)
{
    return (uint16_t)(2 * site + 2);
}

/* Predicts a word of a block's entries: a step that came twice in a row is expected again. */
struct memlog_word {
    uint32_t last, step, seen;
};
static inline uint32_t memlog_predict(const struct memlog_word *word)
{
    return word->last + word->step;
}
static inline void memlog_learn(struct memlog_word *word, uint32_t value)
{
    uint32_t step = value - word->last;
    word->last = value;
    word->step = step == word->seen ? step : 0;
    word->seen = step;
}
static inline uint32_t memlog_fold32(uint32_t difference)
{
    return difference << 1 ^ (uint32_t)((int32_t)difference >> 31);
}

/* What the next access's fields are told relative to. */
struct memlog_last {
    uint64_t icount;
    uint64_t pc;
    uint64_t virt[MEMLOG_KINDS];
    uint64_t phys[MEMLOG_KINDS]; /* physical less virtual address; of DMA, which has no virtual one, the address */
};

static inline bool memlog_is_dma(unsigned kind)
{
    return kind >= MEMLOG_DMA_READ;
}

/* A signed difference as an unsigned number that is small if it is near 0. */
static inline uint64_t memlog_fold(uint64_t difference)
{
    return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}
static inline uint64_t memlog_unfold(uint64_t folded)
{
    return folded >> 1 ^ (0 - (folded & 1));
}

#endif
