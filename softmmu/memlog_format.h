/*
 * The file of an access log: what the writer (softmmu/memlog.c) and readers (tools/memlog/reader.c) share. tools/memlog/FORMAT.md
 * describes it byte for byte.
 */
#ifndef SOFTMMU_MEMLOG_FORMAT_H
#define SOFTMMU_MEMLOG_FORMAT_H

#include "softmmu/base.h"

#define MEMLOG_MAGIC   "stakelog"
#define MEMLOG_VERSION 1u

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
enum memlog_kind { MEMLOG_LOAD, MEMLOG_STORE, MEMLOG_FETCH, MEMLOG_DMA_READ, MEMLOG_DMA_WRITE, MEMLOG_KINDS };
enum { MEMLOG_KIND = 7, MEMLOG_SIZE_SHIFT = 3, MEMLOG_SIZE = 7, MEMLOG_IO = 64, MEMLOG_UNKNOWN = 128 };

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
