/* How much is kept: older history gets coarser, compressed, and at last goes. */
#include "softmmu/host_clock.h"
#include "softmmu/journal_internal.h"
#include "softmmu/page_pool.h"

#define MS UINT64_C(1000000)

/* Replay time of intervals: new ones, those older than DENSE_FOR, and the longest that memory pressure makes of older ones. */
enum { DENSE_MS = 50, SETTLED_MS = 420, LONGEST_MS = 1700, DENSE_FOR_MS = 10000 };
/* Memory pressure leaves the youngest part of history as it is: a share of it, or so much time if that is not most of it. */
enum { FINE_SHARE = 8, FINE_FOR_MS = 75000, FINE_AT_MOST = 2 };
/*
 * Saving a page costs about this much, the fresh memory for the copy and the slow path of the page's next write included; intervals are
 * as long as it takes to keep that under 1 part in SAVE_SHARE.
 */
enum { SAVE_NS = 4000, SAVE_SHARE = 50 };

static uint64_t interval_ns(const struct journal *journal, size_t index)
{
    assert(index + 1 < journal->count);
    return journal->list[index + 1].mark.run_ns - journal->list[index].mark.run_ns;
}

/* May interval `index` become part of the one before it, if that then takes no longer than `longest`? */
static bool may_merge(const struct journal *journal, size_t index, uint64_t longest)
{
    return !journal->list[index].name[0] && interval_ns(journal, index - 1) + interval_ns(journal, index) <= longest;
}

static void thin_by_age(struct journal *journal, uint64_t run_ns)
{
    if (journal->thinned == 0)
        journal->thinned = 1;
    while (journal->thinned + 1 < journal->count &&
           journal->list[journal->thinned + 1].mark.run_ns + DENSE_FOR_MS * MS < run_ns) {
        if (may_merge(journal, journal->thinned, SETTLED_MS * MS))
            journal_drop(journal, journal->thinned);
        else
            journal->thinned++;
    }
}

static uint64_t fine_from(const struct journal *journal, uint64_t run_ns)
{
    uint64_t all = run_ns - journal->list[0].mark.run_ns;
    uint64_t time = min_u64(FINE_FOR_MS * MS, all / FINE_AT_MOST), share = all / FINE_SHARE;
    return run_ns - (time > share ? time : share);
}

/* The oldest that can become longer. */
static bool merge_one(struct journal *journal, uint64_t run_ns)
{
    uint64_t fine = fine_from(journal, run_ns);
    for (size_t i = 1; i < journal->thinned && i + 1 < journal->count && journal->list[i + 1].mark.run_ns <= fine; i++)
        if (may_merge(journal, i, LONGEST_MS * MS)) {
            journal_drop(journal, i);
            return true;
        }
    return false;
}

static void thin_by_bound(struct journal *journal, uint64_t run_ns)
{
    while (journal_used(journal) > journal->bound / 64 * 63 && journal->count > 1)
        if (!merge_one(journal, run_ns))
            journal_drop_oldest(journal);
}

/* Copies stay as they are, and cost no time, while they take less than this part of the bound. */
enum { PACK_ABOVE = 8 };
/* Those that wait for it take more than this part of the bound: packing does not keep up. */
enum { BEHIND_ABOVE = 16 };

static bool is_behind(const struct journal *journal, size_t from)
{
    size_t waiting = 0;
    for (size_t i = from; i + 1 < journal->thinned; i++)
        waiting += journal->list[i].packed ? 0 : journal->list[i].undo.raw * ARENA_PAGE;
    return waiting > journal->bound / BEHIND_ABOVE;
}

/* Then intervals that are to be packed are merged first, as far as they ever may: there is less to pack. */
static void merge_if_behind(struct journal *journal, size_t index)
{
    while (index + 2 < journal->thinned && may_merge(journal, index + 1, LONGEST_MS * MS) && is_behind(journal, index))
        journal_drop(journal, index + 1);
}

/* Oldest first, and only what age has done with: the rest may still lose copies. */
static bool pack_some(struct journal *journal)
{
    for (size_t i = 0; i + 1 < journal->thinned; i++) {
        struct checkpoint *interval = &journal->list[i];
        if (interval->packed)
            continue;
        merge_if_behind(journal, i);
        interval->pack_from = saved_pages_compress(&interval->undo, &journal->store, interval->pack_from);
        interval->packed = interval->pack_from >= interval->undo.count;
        return true;
    }
    return false;
}

static uint64_t pack(struct journal *journal, uint64_t limit)
{
    uint64_t start = host_cpu_ns(), took = 0;
    while (took < limit && journal_used(journal) > journal->bound / PACK_ABOVE && pack_some(journal))
        took = host_cpu_ns() - start;
    return took;
}

uint64_t journal_tidy(struct journal *journal, uint64_t run_ns, uint64_t pack_ns)
{
    assert(!journal->away);
    thin_by_age(journal, run_ns);
    uint64_t took = pack(journal, pack_ns);
    thin_by_bound(journal, run_ns);
    return took;
}

bool journal_wants_checkpoint(const struct journal *journal, uint64_t run_ns)
{
    uint64_t since = run_ns - journal_newest(journal)->mark.run_ns;
    return since >= DENSE_MS * MS &&
           (since >= SETTLED_MS * MS || since >= journal_newest(journal)->undo.count * SAVE_NS * SAVE_SHARE);
}

void journal_statistics(const struct journal *journal, struct journal_stats *stats)
{
    *stats = (struct journal_stats){.used = journal_used(journal),
                                    .bound = journal->bound,
                                    .saved_pages = journal->saved,
                                    .packed_pages = journal->store.compressed_pages,
                                    .image = journal->image ? page_pool_used(journal->image) : 0};
    for (size_t i = 0; i + 1 < journal->count; i++)
        if (interval_ns(journal, i) > stats->longest_ns)
            stats->longest_ns = interval_ns(journal, i);
}
