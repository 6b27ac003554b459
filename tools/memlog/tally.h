/* Accesses counted by what they have in common: a hash table from a number to sums. */
#ifndef TOOLS_MEMLOG_TALLY_H
#define TOOLS_MEMLOG_TALLY_H

#include "softmmu/base.h"

struct tally_entry {
    uint64_t key;
    unsigned kind; /* what the key is: the caller's affair */
    uint64_t count, bytes;
    uint64_t first, last; /* icount */
};

struct tally {
    struct tally_entry *slots; /* a count of 0: free */
    size_t used, size;         /* size: a power of 2, or 0 */
};

void tally_add(struct tally *tally, unsigned kind, uint64_t key, uint64_t bytes, uint64_t icount);
/* The entries, most accesses first, at slots[0] and on; nothing can be added then. */
void tally_sort(struct tally *tally);
void tally_free(struct tally *tally);

#endif
