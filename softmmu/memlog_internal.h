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

struct memlog_exit {
    uint32_t next[2]; /* exits that came after it */
    uint8_t oldest;   /* which of them gives way to a new one */
    uint16_t nwords, ninsns;
    struct memlog_word *words; /* the block's */
};

struct memlog_block {
    struct memlog_word *words;
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
    size_t nexits, exits_room, nblocks, blocks_room;
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

#endif
