#include "tools/memlog/tally.h"

#include "softmmu/alloc.h"

static struct tally_entry *find(const struct tally *tally, unsigned kind, uint64_t key)
{
    size_t at = (size_t)(((key + kind) * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    for (;; at++) {
        struct tally_entry *entry = &tally->slots[at & (tally->size - 1)];
        if (!entry->count || (entry->key == key && entry->kind == kind))
            return entry;
    }
}

static void grow(struct tally *tally)
{
    struct tally old = *tally;
    assert(!(old.size & (old.size - 1)) && old.used <= old.size);
    tally->size = old.size ? old.size * 2 : 1024;
    tally->slots = alloc_zeroed(tally->size * sizeof(*tally->slots));
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].count)
            *find(tally, old.slots[i].kind, old.slots[i].key) = old.slots[i];
    free(old.slots);
}

void tally_add(struct tally *tally, unsigned kind, uint64_t key, uint64_t bytes, uint64_t icount)
{
    if (tally->used >= tally->size / 2)
        grow(tally);
    struct tally_entry *entry = find(tally, kind, key);
    if (!entry->count) {
        *entry = (struct tally_entry){.key = key, .kind = kind, .first = icount};
        tally->used++;
    }
    entry->count++;
    entry->bytes += bytes;
    entry->last = icount;
}

/* Free slots go to the end; equal counts by key, so that the order is always the same. */
static int compare(const void *left, const void *right)
{
    const struct tally_entry *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

void tally_sort(struct tally *tally)
{
    if (tally->size)
        qsort(tally->slots, tally->size, sizeof(*tally->slots), compare);
}

void tally_free(struct tally *tally)
{
    free(tally->slots);
}
