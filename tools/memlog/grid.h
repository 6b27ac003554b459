/*
 * Accesses counted by address and time in bounded memory, in one pass over a log of any length: both axes begin fine and are made coarser,
 * by halves, when what was touched, or the time, no longer fits.
 */
#ifndef TOOLS_MEMLOG_GRID_H
#define TOOLS_MEMLOG_GRID_H

#include "softmmu/base.h"

#define GRID_COLUMNS 2048u
#define GRID_ROWS    4096u
#define GRID_KINDS   2u /* reads, writes */

struct grid_row {
    uint64_t bin;    /* address >> bin_shift */
    uint32_t *cells; /* [GRID_COLUMNS][GRID_KINDS]; a count that is too large stays at its maximum */
};

struct grid {
    unsigned bin_shift, time_shift;
    uint64_t first_column;              /* of the cells: icount >> time_shift */
    uint64_t first_icount, last_icount; /* of what was added */
    uint64_t counts[GRID_KINDS];        /* all of it */
    size_t nrows;                       /* those that were touched; after grid_sort() by address */
    struct grid_row rows[GRID_ROWS];
    uint16_t index[2 * GRID_ROWS]; /* hash table of rows: place in rows + 1, 0: free */
    struct grid_row *recent;
};

struct grid *grid_new(void);
void grid_free(struct grid *grid);
/* An access counts where its first byte is. */
void grid_add(struct grid *grid, uint64_t icount, uint64_t address, bool write);
/* Before the rows are looked at; nothing can be added then. */
void grid_sort(struct grid *grid);

#endif
