/*
 * The access log's writer: each load, store, fetch and DMA that a filter lets through goes to a compressed file (memlog_format.h).
 * Debugger state: outside the arena, without influence on the guest.
 */
#ifndef SOFTMMU_MEMLOG_H
#define SOFTMMU_MEMLOG_H

#include "softmmu/memlog_format.h"

struct machine;
struct memlog;

/*
 * What generated code writes: an entry of 32-bit words for each run of a block, as it leaves the block: the exit's number, the low half of the
 * icount there, and the words that the block's sites need. Words may be written before; the entry counts once `at` is behind it.
 */
struct memlog_ring {
    uint32_t *at,
        *limit; /* limit: at, behind which there is room for one more entry only. NULL, NULL: generated code does not log */
    uint32_t *base;
};
enum { MEMLOG_ENTRY_HEAD = 2 }; /* words before the sites' */

struct memlog_range {
    uint64_t first, last; /* inclusive */
};

/* What is logged: accesses that lie in every range; by address, with at least one byte. */
struct memlog_filter {
    unsigned kinds; /* mask of 1 << enum memlog_kind */
    struct memlog_range phys, virt, pc,
        when;                         /* when: icount. DMA has no virtual address and no pc: it is left out if one is given */
    char text[MEMLOG_FILTER_MAX + 1]; /* as the user gave it, for the header */
};
#define MEMLOG_ALL ((struct memlog_range){0, UINT64_MAX})

struct memlog_access {
    uint64_t icount; /* of the unit's start; of a DMA: the clock's */
    uint64_t phys;
    uint64_t value;    /* the bytes as a number in the guest's byte order */
    uint32_t pc, virt; /* not of DMA */
    uint8_t kind;      /* enum memlog_kind */
    uint8_t size;      /* bytes, 1 to 8 */
    bool known;        /* value is */
    bool io;           /* not memory */
};

/* A load or store of a block. */
struct memlog_site {
    uint8_t insn;  /* instructions of the block before it */
    uint8_t memop; /* size and MO_SIGN */
    bool slot, store;
    struct memlog_ref address, value; /* value: stores; of 8 bytes, two words */
};

/* Writes the header. NULL: the file cannot be written, `error` says why. */
struct memlog *memlog_new(const char *path, const struct machine *machine, const struct memlog_filter *filter, char *error,
                          size_t room);
/* What is there is on disk, and the file complete. False: it is not, see memlog_error(). */
bool memlog_end(struct memlog *log);
void memlog_free(struct memlog *log);
/* Why nothing is written any more, or NULL. */
const char *memlog_error(const struct memlog *log);
/* All accesses so far are put on disk; it costs a chunk. */
void memlog_flush(struct memlog *log);

/* While it pauses nothing is taken: what runs was run, and logged, before. */
void memlog_pause(struct memlog *log, bool pause);
/* Does the log want anything of the next `distance` instructions? */
bool memlog_is_near(const struct memlog *log, uint64_t icount, uint64_t distance);
/* May accesses of this kind to the page get through the filter? Both addresses of its first byte. */
bool memlog_wants_page(const struct memlog *log, enum memlog_kind kind, uint32_t virt, uint64_t phys);
bool memlog_wants_kind(const struct memlog *log, enum memlog_kind kind);
void memlog_add(struct memlog *log, const struct memlog_access *access);
/* A fetch, which counts once its unit goes on to an access or to its end. */
void memlog_add_fetch(struct memlog *log, const struct memlog_access *access);
/* The unit under way is left with nothing done, and run again later: its fetches are forgotten. */
void memlog_unit_left(struct memlog *log);

/* Bytes of the file; accesses in it that generated code did not log by itself. */
uint64_t memlog_size(const struct memlog *log);
uint64_t memlog_added(const struct memlog *log);

/* Inline logging: generated code writes entries, and what goes to C is added as above. */

/* Does the filter let through all loads and stores, and no fetches? */
bool memlog_is_plain(const struct memlog *log);
/* From here on, a boundary, generated code logs to the ring. */
void memlog_attach(struct memlog *log, struct memlog_ring *ring, uint64_t icount);
void memlog_detach(struct memlog *log);
/* A block whose code logs; its number. Before that its exits, and what they have executed of it. */
uint32_t memlog_add_block(struct memlog *log, uint32_t pc, unsigned insn_align, unsigned mode, const struct memlog_site *sites,
                          unsigned nsites, unsigned nwords);
uint32_t memlog_add_exit(struct memlog *log, uint32_t block, unsigned nsites, unsigned ninsns, unsigned nwords);
/* A block is left at a unit's start, having executed so many of its sites: commits an entry. */
void memlog_add_partial(struct memlog *log, uint32_t block, unsigned nsites, uint64_t block_icount, unsigned nwords);
/* No block is under way: what the ring has goes to the chunk. */
void memlog_drain(struct memlog *log);
/* At a boundary, now and then. True: it has so many blocks that all code must be dropped, and then memlog_begin_anew() called. */
bool memlog_boundary(struct memlog *log, uint64_t icount);
/* Forgets all blocks, and counts from 0 again. */
void memlog_begin_anew(struct memlog *log);
/* How many blocks the log may have until then, and four times as many exits. */
void memlog_set_most_blocks(struct memlog *log, size_t most);

/* A page of RAM, which has this address in the arena, is reached by generated code from now on; by a device. */
void memlog_map(struct memlog *log, uint64_t icount, unsigned mode, uint32_t virt, uint64_t phys, uint32_t place,
                const uint8_t *host);
void memlog_frame(struct memlog *log, uint64_t icount, uint64_t phys, uint32_t place, const uint8_t *host);
/* A page was written past the log. */
void memlog_changed(struct memlog *log, uint64_t icount, uint32_t place, const uint8_t *host);
/* All of memory may be another, or elsewhere. */
void memlog_forget_pages(struct memlog *log);

#endif
