/* What is known of a run: the arena's hash at each position where somebody looked. */
#ifndef TESTS_HISTORY_KNOWN_H
#define TESTS_HISTORY_KNOWN_H

#include "softmmu/base.h"

struct known_position {
    uint64_t icount, hash;
    uint32_t pc;
};

/* Ordered by icount. */
struct known {
    struct known_position *list;
    size_t count, capacity;
    uint64_t compared;
};

void known_free(struct known *known);
/* The state at a position. False: it was another one before. */
bool known_check(struct known *known, const struct known_position *position);
/* What is after `icount` is not so any more; nor is what is at it, when a debugger's write replaced it. */
void known_forget(struct known *known, uint64_t icount, bool at_it);
const struct known_position *known_at(const struct known *known, uint64_t icount);

#endif
