/*
 * The access log's writer: each load, store, fetch and DMA that a filter lets through goes to a compressed file (memlog_format.h).
 * Debugger state: outside the arena, without influence on the guest.
 */
#ifndef SOFTMMU_MEMLOG_H
#define SOFTMMU_MEMLOG_H

#include "softmmu/memlog_format.h"

struct machine;
struct memlog;

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

struct memlog_totals {
    uint64_t accesses, bytes; /* of the file */
};
struct memlog_totals memlog_totals(const struct memlog *log);

#endif
