/*
 * The machine's past: checkpoints, and for each interval between two of them the pages that it wrote as they were before
 * (timetravel.md, "History"). Any checkpoint is reached from any other; it costs the pages that differ.
 *
 * Checkpoints are numbered from 0, the oldest. Interval k runs from checkpoint k to k + 1; the last one is open: it runs to the
 * present. `undo[k][page]` is the page as it was at checkpoint k, saved before the first write in interval k. So
 * the page at checkpoint k is the first undo copy in an interval >= k, else the page as it is at the present.
 *
 * Time either stands at the present, where first writes are saved, or in the past, where a replay repeats what was done before and
 * writes only pages that are in the interval's undo set already. When time leaves the present, the pages that going back
 * changes are kept as the present's image, outside the memory bound.
 *
 * The caller moves time (executes, applies inputs) and tells when a replay reaches the next checkpoint.
 */
#ifndef SOFTMMU_JOURNAL_H
#define SOFTMMU_JOURNAL_H

#include "softmmu/saved_pages.h"

struct journal;
struct mmu;
struct stream;

#define CHECKPOINT_NAME 32

/* Where a checkpoint stands. Two may have the same icount: a debugger's write in between. */
struct checkpoint_mark {
    uint64_t icount;
    uint64_t vtime;
    uint64_t input;  /* inputs in the log before it */
    uint64_t run_ns; /* the host's CPU time spent executing from power-on to here: what replaying costs */
};

struct checkpoint {
    struct checkpoint_mark mark;
    char name[CHECKPOINT_NAME]; /* a person's; "" for most. Named ones are dropped last. */
    bool temporary;             /* laid for a search or for steps back: dropped when the person leaves */
    bool packed;                /* interval: its copies are compressed as far as they shrink */
    size_t pack_from;           /* interval: the row to go on compressing from */
    struct saved_pages undo;    /* interval: see above */
};

/* bound: bytes of host memory for all that is saved. The mmu's arena as it is now is checkpoint 0. */
struct journal *journal_new(struct mmu *mmu, size_t bound, const struct checkpoint_mark *mark);
void journal_free(struct journal *journal);

/* Called before the first write to an arena page since mmu_clean_all(), by the slow path and the hooks of phys_write(). */
void journal_save_page(struct journal *journal, size_t arena_page);

size_t journal_count(const struct journal *journal);
const struct checkpoint *journal_at(const struct journal *journal, size_t index);
/* The interval in which time stands. */
size_t journal_here(const struct journal *journal);
bool journal_at_present(const struct journal *journal);
/* The last checkpoint whose mark is not after this position; 0 if all are. */
size_t journal_find(const struct journal *journal, uint64_t icount, uint64_t input);
/* Did this interval write any page of [first, last] (arena pages)? Yes may be a false alarm, no is certain; of the open interval too. */
bool journal_wrote(struct journal *journal, size_t index, size_t first, size_t last);

/*
 * A checkpoint at the present position, at a boundary. In the past it splits the interval. Returns its number; the checkpoints after it
 * move up by one.
 */
size_t journal_checkpoint(struct journal *journal, const struct checkpoint_mark *mark);
void journal_set_name(struct journal *journal, size_t index, const char *name);
void journal_set_temporary(struct journal *journal, size_t index);
/* Merges interval `index` into the one before it. Not 0, not the last, not where time stands. */
void journal_drop(struct journal *journal, size_t index);

/*
 * Makes the arena what it was at checkpoint `index`, blocks on changed pages dropped. The caller flushes all else that is derived. If time
 * stands at the present there must be a checkpoint at this very position: the last one, with nothing written since.
 */
void journal_restore(struct journal *journal, size_t index);
/* The replay has reached the next checkpoint's position. If that is the last one, time stands at the present again. */
void journal_enter_next(struct journal *journal);
/* What came after this position, in the past, is forgotten: it is the present from now on. */
void journal_cut(struct journal *journal, const struct checkpoint_mark *mark);

/*
 * Keeps the memory bound and thins by age; run_ns: of now. Some compression is done as well, for which it may take as much CPU
 * time as `pack_ns`; it says how much it took.
 */
uint64_t journal_tidy(struct journal *journal, uint64_t run_ns, uint64_t pack_ns);

/* The open interval's saved pages cost so much that a checkpoint would not pay yet (run_ns: of now). */
bool journal_wants_checkpoint(const struct journal *journal, uint64_t run_ns);

struct journal_stats {
    size_t used, bound;   /* bytes */
    uint64_t saved_pages; /* since the start */
    uint64_t packed_pages;
    uint64_t longest_ns; /* replay time of the longest interval */
    size_t image;        /* bytes of the present's image */
};
void journal_statistics(const struct journal *journal, struct journal_stats *stats);

/*
 * To and from a file (journal_file.c). The pages of the present are the caller's: journal_present_page() is one of them wherever time
 * stands. To be put while there is a checkpoint at the present's very position.
 */
const uint8_t *journal_present_page(const struct journal *journal, size_t page);
uint64_t journal_file_size(const struct journal *journal);
/* Some hundred pages at a time, so that the caller can look up in between; the place begins zeroed. True: all is put. */
struct journal_place {
    size_t checkpoint, row;
};
bool journal_put(struct journal *journal, struct stream *stream, struct journal_place *place);
/*
 * Instead of all that the journal has; the arena is as at the present by now, where time stands afterwards. What is above the bound is
 * left out, the oldest first. False: the stream is not good any more, and the journal of no use.
 */
bool journal_get(struct journal *journal, struct stream *stream);

/* The steps of journal_get(): no checkpoints; one more, the newest; a page of it, in ascending order; compressed, and the bound kept. */
void journal_clear(struct journal *journal);
struct checkpoint *journal_append(struct journal *journal, const struct checkpoint_mark *mark);
void journal_append_page(struct journal *journal, uint32_t page, const uint8_t *bytes);
void journal_appended(struct journal *journal, bool compress);
/* The last one appended is the present. */
void journal_stand_at_present(struct journal *journal);
const uint8_t *journal_page_bytes(struct journal *journal, const struct saved_page *row);
/* How many page numbers there are. */
size_t journal_page_count(const struct journal *journal);

#endif
