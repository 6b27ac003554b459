#include "softmmu/journal.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/host_clock.h"
#include "softmmu/machine.h"
#include "softmmu/page_pool.h"
#include "softmmu/tlb.h"

#define MS UINT64_C(1000000)

/*
 * Replay time of intervals: new ones, those older than DENSE_FOR, and the longest that memory pressure makes of those that are not in the
 * youngest FINE_SHARE of history.
 */
enum { DENSE_MS = 50, SETTLED_MS = 420, LONGEST_MS = 1700, DENSE_FOR_MS = 10000, FINE_SHARE = 8 };
/* Saving a page costs about this much; intervals are as long as it takes to keep that under 1 part in SAVE_SHARE. */
enum { SAVE_NS = 900, SAVE_SHARE = 50 };

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

static void find_state_ranges(struct journal *journal)
{
    const struct arena *arena = journal->arena;
    struct state_range *ranges = journal->state;
    const uint8_t *cpu = arena->small + ARENA_SMALL_STATE + arena->low_ram_size;
    ranges[0].first = arena_page_of(arena, arena->small);
    ranges[0].count = (arena->small_used + ARENA_PAGE - 1) / ARENA_PAGE;
    ranges[1].first = arena_page_of(arena, cpu);
    ranges[1].count = (size_t)(arena->base - cpu) / ARENA_PAGE;
}

static bool is_state_page(const struct journal *journal, size_t page)
{
    const struct state_range *ranges = journal->state;
    return page - ranges[0].first < ranges[0].count || page - ranges[1].first < ranges[1].count;
}

static uint8_t *page_at(const struct journal *journal, size_t page)
{
    return journal->arena->origin + (page << ARENA_PAGE_BITS);
}

static struct checkpoint *last(const struct journal *journal)
{
    return &journal->list[journal->count - 1];
}

static const uint8_t *bytes_at(struct journal *journal, size_t index, size_t page);

/* Calls fn for each state page with its shadow. */
static void each_state_page(struct journal *journal, void (*fn)(struct journal *journal, size_t page, uint8_t *shadow))
{
    const struct state_range *ranges = journal->state;
    uint8_t *shadow = journal->shadow;
    for (unsigned i = 0; i < 2; i++)
        for (size_t n = 0; n < ranges[i].count; n++, shadow += ARENA_PAGE)
            fn(journal, ranges[i].first + n, shadow);
}

static void copy_to_shadow(struct journal *journal, size_t page, uint8_t *shadow)
{
    memcpy(shadow, page_at(journal, page), ARENA_PAGE);
}

static void add(struct journal *journal, struct checkpoint *interval, size_t page, const uint8_t *bytes)
{
    saved_pages_add(&interval->undo, &journal->store, (uint32_t)page, bytes);
    journal->rows++;
    journal->saved++;
}

static void save_if_changed(struct journal *journal, size_t page, uint8_t *shadow)
{
    const uint8_t *now = page_at(journal, page);
    if (memcmp(shadow, now, ARENA_PAGE) == 0)
        return;
    add(journal, last(journal), page, shadow);
    memcpy(shadow, now, ARENA_PAGE);
}

static void clear(struct journal *journal, struct checkpoint *interval)
{
    journal->rows -= interval->undo.count;
    saved_pages_clear(&interval->undo, &journal->store);
}

static size_t used(const struct journal *journal)
{
    return page_store_used(&journal->store) + journal->rows * sizeof(struct saved_page);
}

/* A new checkpoint before number `index`, with an empty undo set. */
static struct checkpoint *insert(struct journal *journal, size_t index, const struct checkpoint_mark *mark)
{
    journal->list = alloc_room(journal->list, &journal->capacity, journal->count + 1, sizeof(*journal->list));
    memmove(&journal->list[index + 1], &journal->list[index], (journal->count - index) * sizeof(*journal->list));
    journal->list[index] = (struct checkpoint){.mark = *mark};
    journal->count++;
    return &journal->list[index];
}

struct journal *journal_new(struct mmu *mmu, size_t bound, const struct checkpoint_mark *mark)
{
    struct journal *journal = alloc_zeroed(sizeof(*journal));
    journal->mmu = mmu;
    journal->arena = mmu->machine->arena;
    journal->bound = bound;
    page_store_init(&journal->store);
    find_state_ranges(journal);
    journal->shadow = alloc_zeroed((journal->state[0].count + journal->state[1].count) * ARENA_PAGE);
    journal->seen = alloc_zeroed(arena_page_count(journal->arena) / 8 + 8);
    insert(journal, 0, mark);
    each_state_page(journal, copy_to_shadow);
    mmu->journal = journal;
    mmu_clean_all(mmu);
    return journal;
}

static void drop_image(struct journal *journal)
{
    page_pool_free(journal->image);
    free(journal->image_pages);
    journal->image = NULL;
    journal->image_pages = NULL;
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    journal->mmu->journal = NULL;
    for (size_t i = 0; i < journal->count; i++)
        clear(journal, &journal->list[i]);
    drop_image(journal);
    page_store_free(&journal->store);
    free(journal->list);
    free(journal->shadow);
    free(journal->seen);
    free(journal);
}

static void drop_oldest(struct journal *journal)
{
    assert(journal->count > 1);
    clear(journal, &journal->list[0]);
    journal->count--;
    memmove(journal->list, journal->list + 1, journal->count * sizeof(*journal->list));
    journal->here -= journal->here > 0;
    journal->thinned -= journal->thinned > 0;
}

/* Above the bound in the middle of an interval: the oldest go; the open interval itself, when there is nothing else. */
static void make_room(struct journal *journal)
{
    while (used(journal) > journal->bound && journal->count > 1)
        drop_oldest(journal);
    if (used(journal) > journal->bound) {
        clear(journal, last(journal));
        journal->overflow = true;
    }
}

void journal_save_page(struct journal *journal, size_t page)
{
    assert(!is_state_page(journal, page));
    if (journal->away || journal->overflow)
        return;
    add(journal, last(journal), page, page_at(journal, page));
    if (UNLIKELY(used(journal) > journal->bound))
        make_room(journal);
}

size_t journal_count(const struct journal *journal)
{
    return journal->count;
}

const struct checkpoint *journal_at(const struct journal *journal, size_t index)
{
    assert(index < journal->count);
    return &journal->list[index];
}

size_t journal_here(const struct journal *journal)
{
    return journal->here;
}

bool journal_at_present(const struct journal *journal)
{
    return !journal->away;
}

size_t journal_find(const struct journal *journal, uint64_t icount, uint64_t input)
{
    size_t low = 0, high = journal->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct checkpoint_mark *mark = &journal->list[middle].mark;
        if (mark->icount < icount || (mark->icount == icount && mark->input <= input))
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

bool journal_wrote(struct journal *journal, size_t index, size_t first, size_t last_page)
{
    assert(index < journal->count);
    struct saved_pages *undo = &journal->list[index].undo;
    if (journal->overflow && index + 1 == journal->count)
        return true;
    saved_pages_sort(undo);
    return saved_pages_any(undo, first, last_page);
}

/* Splits interval `here`: what this replay has not written yet belongs to the second half alone. */
static void split_ram(struct journal *journal, struct checkpoint *first, struct checkpoint *second)
{
    struct saved_pages kept = {0};
    saved_pages_sort(&first->undo);
    for (size_t i = 0; i < first->undo.count; i++) {
        const struct saved_page *row = &first->undo.rows[i];
        bool state = is_state_page(journal, row->page);
        if (!state && !(journal->mmu->page_flags[row->page] & PAGE_DIRTY)) {
            saved_pages_move(&second->undo, row);
            continue;
        }
        saved_pages_move(&kept, row);
        if (!state)
            add(journal, second, row->page, page_at(journal, row->page));
    }
    free(first->undo.rows);
    first->undo = kept;
    first->undo.sorted = true;
}

/* State pages are not caught at a write. What changed in the first half and back in the second is in neither set yet. */
static void split_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    struct checkpoint *second = &journal->list[journal->here + 1], *first = second - 1;
    const uint8_t *now = page_at(journal, page);
    add(journal, second, page, now);
    if (!saved_pages_find(&first->undo, (uint32_t)page))
        memcpy(shadow, bytes_at(journal, journal->here + 2, page), ARENA_PAGE);
    else
        memcpy(shadow, now, ARENA_PAGE);
}

/* The copy of a state page that the first half lacks, if the page changed there: what it was at the interval's start. */
static void complete_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    if (memcmp(shadow, page_at(journal, page), ARENA_PAGE) == 0)
        return;
    struct saved_pages *undo = &journal->list[journal->here].undo;
    add(journal, &journal->list[journal->here], page, shadow);
    saved_pages_sort(undo);
}

static void split(struct journal *journal, const struct checkpoint_mark *mark)
{
    struct checkpoint *second = insert(journal, journal->here + 1, mark), *first = second - 1;
    split_ram(journal, first, second);
    each_state_page(journal, split_state_page);
    saved_pages_sort(&second->undo);
    each_state_page(journal, complete_state_page);
    first->pack_from = 0;
    first->packed = false;
}

size_t journal_checkpoint(struct journal *journal, const struct checkpoint_mark *mark)
{
    if (journal->away) {
        split(journal, mark);
    } else {
        each_state_page(journal, save_if_changed);
        saved_pages_sort(&last(journal)->undo);
        if (journal->overflow) { /* the interval is lost: history begins here */
            clear(journal, last(journal));
            journal->overflow = false;
            last(journal)->mark = *mark;
            mmu_clean_all(journal->mmu);
            return journal->here;
        }
        insert(journal, journal->count, mark);
    }
    mmu_clean_all(journal->mmu);
    return ++journal->here;
}

void journal_set_name(struct journal *journal, size_t index, const char *name)
{
    assert(index < journal->count);
    snprintf(journal->list[index].name, CHECKPOINT_NAME, "%s", name);
    journal->list[index].temporary = false;
}

void journal_set_temporary(struct journal *journal, size_t index)
{
    assert(index < journal->count);
    journal->list[index].temporary = true;
}

void journal_drop(struct journal *journal, size_t index)
{
    assert(index > 0 && index + 1 < journal->count && index != journal->here);
    struct checkpoint *older = &journal->list[index - 1], *newer = &journal->list[index];
    journal->rows -= older->undo.count + newer->undo.count;
    saved_pages_merge(&older->undo, &newer->undo, &journal->store);
    journal->rows += older->undo.count;
    older->packed = false;
    older->pack_from = 0;
    journal->count--;
    memmove(newer, newer + 1, (journal->count - index) * sizeof(*newer));
    if (journal->here > index)
        journal->here--;
    if (journal->thinned > index)
        journal->thinned--;
}

/* Restoring */

static bool test_and_set(uint64_t *bits, size_t bit)
{
    uint64_t mask = UINT64_C(1) << (bit & 63);
    bool was = bits[bit >> 6] & mask;
    bits[bit >> 6] |= mask;
    return was;
}

/* Going back changes a page of the present: it is kept. Nothing has written it since time left the present. */
static void keep_image(struct journal *journal, size_t page)
{
    if (journal->image_pages[page])
        return;
    journal->image_pages[page] = page_pool_take(journal->image);
    memcpy(journal->image_pages[page], page_at(journal, page), ARENA_PAGE);
}

static void write_page(struct journal *journal, size_t page, const uint8_t *bytes)
{
    uint8_t *to = page_at(journal, page);
    keep_image(journal, page);
    if (memcmp(to, bytes, ARENA_PAGE) == 0)
        return;
    if (journal->mmu->page_flags[page] & PAGE_CODE)
        journal->mmu->ops->code_written(journal->mmu->cpu, page, 0, ARENA_PAGE - 1);
    memcpy(to, bytes, ARENA_PAGE);
}

static void forget_seen(struct journal *journal)
{
    memset(journal->seen, 0, arena_page_count(journal->arena) / 8 + 8);
}

static void go_back(struct journal *journal, size_t index)
{
    forget_seen(journal);
    for (size_t i = index; i <= journal->here; i++) {
        const struct saved_pages *undo = &journal->list[i].undo;
        for (size_t n = 0; n < undo->count; n++) {
            const struct saved_page *row = &undo->rows[n];
            bool unwritten = i == journal->here && !(journal->mmu->page_flags[row->page] & PAGE_DIRTY);
            if (test_and_set(journal->seen, row->page) || unwritten || is_state_page(journal, row->page))
                continue;
            write_page(journal, row->page, saved_page_bytes(&journal->store, row));
        }
    }
}

/* Pages that differ between here and there. */
static size_t mark_pages(struct journal *journal, size_t index)
{
    size_t count = 0;
    forget_seen(journal);
    for (size_t i = journal->here; i < index; i++)
        for (size_t n = 0; n < journal->list[i].undo.count; n++) {
            uint32_t page = journal->list[i].undo.rows[n].page;
            count += !is_state_page(journal, page) && !test_and_set(journal->seen, page);
        }
    return count;
}

static bool test_and_clear(uint64_t *bits, size_t bit)
{
    uint64_t mask = UINT64_C(1) << (bit & 63);
    bool was = bits[bit >> 6] & mask;
    bits[bit >> 6] &= ~mask;
    return was;
}

static void write_from_image(struct journal *journal)
{
    for (size_t word = 0; word < arena_page_count(journal->arena) / 64 + 1; word++)
        for (uint64_t bits = journal->seen[word]; bits; bits &= bits - 1) {
            size_t page = word * 64 + (size_t)__builtin_ctzll(bits);
            if (journal->image_pages[page])
                write_page(journal, page, journal->image_pages[page]);
        }
}

/* They take their first copy at or after there, else what the present's image has. */
static void go_forth(struct journal *journal, size_t index)
{
    size_t missing = mark_pages(journal, index);
    for (size_t i = index; i < journal->count && missing; i++)
        for (size_t n = 0; n < journal->list[i].undo.count; n++) {
            const struct saved_page *row = &journal->list[i].undo.rows[n];
            if (!test_and_clear(journal->seen, row->page))
                continue;
            missing--;
            write_page(journal, row->page, saved_page_bytes(&journal->store, row));
        }
    if (missing)
        write_from_image(journal);
}

/* A page as it was at checkpoint `index`; not for RAM that this replay has written. */
static const uint8_t *bytes_at(struct journal *journal, size_t index, size_t page)
{
    for (size_t i = index; i < journal->count; i++) {
        const struct saved_page *row = saved_pages_find(&journal->list[i].undo, (uint32_t)page);
        if (row)
            return saved_page_bytes(&journal->store, row);
    }
    return journal->image_pages[page];
}

static void keep_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    keep_image(journal, page);
}

/* Into the shadow first: the copies may be compressed, and share one place where they are unpacked. */
static void fetch_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    memcpy(shadow, bytes_at(journal, journal->here, page), ARENA_PAGE);
    memcpy(page_at(journal, page), shadow, ARENA_PAGE);
}

static void leave_present(struct journal *journal)
{
    assert(last(journal)->undo.count == 0 && !journal->overflow);
    journal->away = true;
    journal->image = page_pool_new();
    journal->image_pages = alloc_zeroed(arena_page_count(journal->arena) * sizeof(*journal->image_pages));
    each_state_page(journal, keep_state_page);
}

static void arrive_at_present(struct journal *journal)
{
    journal->away = false;
    drop_image(journal);
    each_state_page(journal, copy_to_shadow);
}

void journal_restore(struct journal *journal, size_t index)
{
    assert(index < journal->count);
    if (!journal->away) {
        if (index == journal->here)
            return;
        leave_present(journal);
    }
    if (index <= journal->here)
        go_back(journal, index);
    else
        go_forth(journal, index);
    journal->here = index;
    each_state_page(journal, fetch_state_page);
    mmu_clean_all(journal->mmu);
    if (index + 1 == journal->count)
        arrive_at_present(journal);
}

void journal_enter_next(struct journal *journal)
{
    assert(journal->away && journal->here + 1 < journal->count);
    journal->here++;
    mmu_clean_all(journal->mmu);
    if (journal->here + 1 == journal->count)
        arrive_at_present(journal);
}

void journal_cut(struct journal *journal, const struct checkpoint_mark *mark)
{
    assert(journal->away);
    journal_checkpoint(journal, mark);
    while (journal->count > journal->here + 1) {
        clear(journal, last(journal));
        journal->count--;
    }
    clear(journal, last(journal));
    if (journal->thinned > journal->here)
        journal->thinned = journal->here;
    arrive_at_present(journal);
}

/* Thinning */

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

/* The oldest that can become longer. */
static bool merge_one(struct journal *journal, uint64_t run_ns)
{
    uint64_t start = journal->list[0].mark.run_ns, fine = run_ns - (run_ns - start) / FINE_SHARE;
    for (size_t i = 1; i < journal->thinned && i + 1 < journal->count && journal->list[i + 1].mark.run_ns <= fine; i++)
        if (may_merge(journal, i, LONGEST_MS * MS)) {
            journal_drop(journal, i);
            return true;
        }
    return false;
}

static void thin_by_bound(struct journal *journal, uint64_t run_ns)
{
    while (used(journal) > journal->bound / 64 * 63 && journal->count > 1)
        if (!merge_one(journal, run_ns))
            drop_oldest(journal);
}

/* Oldest first, and only what age has merged: the rest may still lose copies. */
static bool pack_some(struct journal *journal)
{
    for (size_t i = 0; i < journal->thinned && i + 1 < journal->count; i++) {
        struct checkpoint *interval = &journal->list[i];
        if (interval->packed)
            continue;
        interval->pack_from = saved_pages_compress(&interval->undo, &journal->store, interval->pack_from);
        interval->packed = interval->pack_from >= interval->undo.count;
        return true;
    }
    return false;
}

static uint64_t pack(struct journal *journal, uint64_t limit)
{
    uint64_t start = host_cpu_ns(), took = 0;
    while (took < limit && used(journal) > journal->bound / 4 && pack_some(journal))
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
    uint64_t since = run_ns - last(journal)->mark.run_ns;
    return since >= DENSE_MS * MS && (since >= SETTLED_MS * MS || since >= last(journal)->undo.count * SAVE_NS * SAVE_SHARE);
}

void journal_statistics(const struct journal *journal, struct journal_stats *stats)
{
    *stats = (struct journal_stats){.used = used(journal),
                                    .bound = journal->bound,
                                    .saved_pages = journal->saved,
                                    .packed_pages = journal->store.compressed_pages,
                                    .image = journal->image ? page_pool_used(journal->image) : 0};
    for (size_t i = 0; i + 1 < journal->count; i++)
        if (interval_ns(journal, i) > stats->longest_ns)
            stats->longest_ns = interval_ns(journal, i);
}

/* Files */

const uint8_t *journal_present_page(const struct journal *journal, size_t page)
{
    bool kept = journal->away && journal->image_pages[page];
    return kept ? journal->image_pages[page] : page_at(journal, page);
}

const uint8_t *journal_page_bytes(struct journal *journal, const struct saved_page *row)
{
    return saved_page_bytes(&journal->store, row);
}

size_t journal_page_count(const struct journal *journal)
{
    return arena_page_count(journal->arena);
}

void journal_clear(struct journal *journal)
{
    for (size_t i = 0; i < journal->count; i++)
        clear(journal, &journal->list[i]);
    drop_image(journal);
    journal->away = journal->overflow = false;
    journal->count = journal->here = journal->thinned = 0;
}

struct checkpoint *journal_append(struct journal *journal, const struct checkpoint_mark *mark)
{
    return insert(journal, journal->count, mark);
}

void journal_append_page(struct journal *journal, uint32_t page, const uint8_t *bytes)
{
    add(journal, last(journal), page, bytes);
}

void journal_appended(struct journal *journal, bool compress)
{
    struct checkpoint *newest = last(journal);
    saved_pages_sort(&newest->undo);
    while (compress && newest->pack_from < newest->undo.count)
        newest->pack_from = saved_pages_compress(&newest->undo, &journal->store, newest->pack_from);
    newest->packed = compress;
    while (used(journal) > journal->bound && journal->count > 1)
        drop_oldest(journal);
}

void journal_stand_at_present(struct journal *journal)
{
    assert(journal->count && last(journal)->undo.count == 0);
    journal->here = journal->count - 1;
    arrive_at_present(journal);
    mmu_clean_all(journal->mmu);
}
