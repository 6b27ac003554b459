/* What the journal's files share: checkpoints and saving (journal.c), restoring (journal_restore.c), thinning (journal_thin.c). */
#ifndef SOFTMMU_JOURNAL_INTERNAL_H
#define SOFTMMU_JOURNAL_INTERNAL_H

#include "softmmu/arena.h"
#include "softmmu/journal.h"
#include "softmmu/tlb.h"

struct state_range {
    size_t first, count; /* arena pages */
};

struct journal {
    struct mmu *mmu;
    struct arena *arena;
    size_t bound;
    struct page_store store;
    struct checkpoint *list;
    size_t count, capacity;
    size_t here;
    bool away;     /* time stands in the past */
    bool overflow; /* the open interval alone is above the bound: its copies are gone, and history begins at its end */
    size_t rows;   /* in all sets */
    uint64_t saved;
    size_t thinned;              /* intervals before this one are as long as age makes them */
    struct state_range state[2]; /* what is compared instead of being caught: the small state in use, and the CPU's */
    uint8_t *shadow;             /* small state and CPU state as at the last checkpoint */
    struct page_pool *image;     /* while away: pages of the present that going back changed */
    uint8_t **image_pages;       /* by arena page; NULL: as it is in the arena */
    uint64_t *seen;              /* a bit a page, for restores */
};

static inline uint8_t *journal_page_at(const struct journal *journal, size_t page)
{
    return journal->arena->origin + (page << ARENA_PAGE_BITS);
}

static inline struct checkpoint *journal_newest(const struct journal *journal)
{
    return &journal->list[journal->count - 1];
}

/* State pages are compared instead of being caught: fn is called for each with its shadow. */
void journal_each_state_page(struct journal *journal, void (*fn)(struct journal *journal, size_t page, uint8_t *shadow));
bool journal_is_state_page(const struct journal *journal, size_t page);
void journal_copy_to_shadow(struct journal *journal, size_t page, uint8_t *shadow);

/* One more undo copy of an interval; all of an interval's go. */
void journal_add_copy(struct journal *journal, struct checkpoint *interval, size_t page, const uint8_t *bytes);
void journal_empty(struct journal *journal, struct checkpoint *interval);
size_t journal_used(const struct journal *journal);
void journal_drop_oldest(struct journal *journal);

/* A page as it was at checkpoint `index`, in the past; not for RAM that this replay has written. */
const uint8_t *journal_bytes_at(struct journal *journal, size_t index, size_t page);
void journal_drop_image(struct journal *journal);
void journal_arrive_at_present(struct journal *journal);

#endif
