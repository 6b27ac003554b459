/* Shared by memlog.c and memlog_ring.c. */
#ifndef SOFTMMU_MEMLOG_INTERNAL_H
#define SOFTMMU_MEMLOG_INTERNAL_H

#include <zstd.h>

#include "softmmu/memlog.h"

enum { MEMLOG_FETCHES = 2 };

/* Bytes that grow. */
struct memlog_bytes {
    uint8_t *bytes;
    size_t used, capacity;
};

/* First word of an entry in the ring that is no exit: a block was left in its middle. Then: sites executed, the block. */
#define MEMLOG_RING_PARTIAL 0x80000000u
#define MEMLOG_RING_SITES   24
#define MEMLOG_RING_BLOCK   0xffffffu

/* What predicts words, four by four (struct memlog_word); an entry's word i is number i + 1, for its icount is before it. */
enum { MEMLOG_LANES = 4 };
typedef uint32_t memlog_lanes __attribute__((vector_size(4 * MEMLOG_LANES)));
struct memlog_group {
    memlog_lanes last, step, seen;
};
static inline unsigned memlog_groups(unsigned nwords)
{
    return nwords / MEMLOG_LANES + 1;
}

struct memlog_exit {
    uint32_t next[2];  /* exits that came after it */
    uint32_t distance; /* counts from the last entry's icount to this one's, the last time */
    uint16_t nwords;
    uint8_t oldest;              /* which of `next` gives way to a new one */
    struct memlog_group *groups; /* the block's */
};

struct memlog_block {
    struct memlog_group *groups;
};

struct memlog {
    struct memlog_filter filter;
    char *path;
    int fd;
    uint64_t bytes; /* of whole chunks on disk */
    uint64_t added; /* accesses among the events */
    bool paused, failed;
    char error[512];
    ZSTD_CCtx *packer;
    struct memlog_last last;
    uint64_t first_icount;                        /* of the chunk */
    struct memlog_access fetches[MEMLOG_FETCHES]; /* of the unit under way */
    unsigned nfetches;
    struct memlog_bytes entries, events, definitions; /* of the chunk */
    struct memlog_bytes packed;

    /* Inline logging. */
    struct memlog_ring *ring; /* NULL: none */
    uint32_t *ring_memory;
    uint64_t since;        /* icount that no entry in the ring lies before, nor much behind */
    uint64_t entry_icount; /* where the last entry left */
    uint32_t exit;         /* of the last entry */
    struct memlog_exit *exits;
    struct memlog_block *blocks;
    size_t nexits, exits_room, nblocks, blocks_room, most_blocks;
    size_t known_bytes;
    uint8_t *known;  /* by place: a bit for pages whose bytes the log has */
    uint8_t *framed; /* by physical page: a bit for those whose place the log has */
};

/* Room for so many more bytes: where they go. */
uint8_t *memlog_room(struct memlog_bytes *bytes, size_t more);
uint8_t *memlog_put64(uint8_t *to, uint64_t value);
/* Seven bits a byte, the lowest first; all bytes but the last have the top bit set. */
static inline uint8_t *memlog_put_number(uint8_t *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    *to++ = (uint8_t)value;
    return to;
}
void memlog_write_chunk(struct memlog *log);
void memlog_forget_blocks(struct memlog *log);
/* memlog_entries.c: entries of the ring, in the form of the file; where they end. Room: 16 bytes a word, and 64. */
uint8_t *memlog_put_entries(struct memlog *log, uint8_t *out, const uint32_t *from, const uint32_t *end);

#endif
