/* The guest's symbols, from address to name and back. Adding is cheap; the first question sorts. */
#ifndef SRC_SYMBOLS_H
#define SRC_SYMBOLS_H

#include "softmmu/base.h"

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols);

/* name is copied; an empty one is left out. size 0: not known (a label), it then goes as far as the next symbol. */
void symbols_add(struct symbols *symbols, const char *name, uint64_t address, uint64_t size, bool function);
/* All are gone; who is asked stays. */
void symbols_clear(struct symbols *symbols);
size_t symbols_count(const struct symbols *symbols);
/*
 * fn runs before each answer while there are no symbols but those that it added, and may add some, and clear what it added before: they
 * come from `source` (its text lives on). The opaque is not freed.
 */
void symbols_ask(struct symbols *symbols, const char *source, void (*fn)(void *opaque), void *opaque);
/* Where they came from; NULL: they were added without being asked for. symbols may be NULL. */
const char *symbols_source(struct symbols *symbols);
typedef void symbols_each_fn(void *opaque, const char *name, uint64_t address, uint64_t size, bool function);
/* In the order of being added. symbols may be NULL. */
void symbols_each(const struct symbols *symbols, symbols_each_fn *fn, void *opaque);
/*
 * The symbol that address belongs to, and how far it is into it; NULL if there is none. Of nested ones the innermost of known
 * size, of several at one address a function before an object, a known size before none, and the one added first. One of unknown size
 * reaches to the next symbol, 1 MiB at most; the last to the end of its page (4 KiB). symbols may be NULL. The name lives until the next
 * question or addition.
 */
const char *symbols_name(struct symbols *symbols, uint64_t address, uint64_t *offset);
/* The first added of this name. False: none. symbols may be NULL. */
bool symbols_find(struct symbols *symbols, const char *name, uint64_t *address);

#endif
