/* Time moves: the arena becomes what it was at a checkpoint, and what it is at the present is kept. */
#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/journal_internal.h"
#include "softmmu/page_pool.h"

void journal_drop_image(struct journal *journal)
{
    page_pool_free(journal->image);
    free(journal->image_pages);
    journal->image = NULL;
    journal->image_pages = NULL;
}

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
    assert(journal->away);
    if (journal->image_pages[page])
        return;
    journal->image_pages[page] = page_pool_take(journal->image);
    memcpy(journal->image_pages[page], journal_page_at(journal, page), ARENA_PAGE);
}

static void write_page(struct journal *journal, size_t page, const uint8_t *bytes)
{
    assert(page < arena_page_count(journal->arena));
    uint8_t *to = journal_page_at(journal, page);
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
    assert(index <= journal->here && journal->here < journal->count);
    forget_seen(journal);
    for (size_t i = index; i <= journal->here; i++) {
        const struct saved_pages *undo = &journal->list[i].undo;
        for (size_t n = 0; n < undo->count; n++) {
            const struct saved_page *row = &undo->rows[n];
            bool unwritten = i == journal->here && !(journal->mmu->page_flags[row->page] & PAGE_DIRTY);
            if (test_and_set(journal->seen, row->page) || unwritten || journal_is_state_page(journal, row->page))
                continue;
            write_page(journal, row->page, saved_page_bytes(&journal->store, row));
        }
    }
}

/* Pages that differ between here and there. */
static size_t mark_pages(struct journal *journal, size_t index)
{
    assert(journal->here < index && index < journal->count);
    size_t count = 0;
    forget_seen(journal);
    for (size_t i = journal->here; i < index; i++)
        for (size_t n = 0; n < journal->list[i].undo.count; n++) {
            uint32_t page = journal->list[i].undo.rows[n].page;
            count += !journal_is_state_page(journal, page) && !test_and_set(journal->seen, page);
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
    assert(journal->image_pages);
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
const uint8_t *journal_bytes_at(struct journal *journal, size_t index, size_t page)
{
    assert(index < journal->count && page < arena_page_count(journal->arena));
    for (size_t i = index; i < journal->count; i++) {
        const struct saved_page *row = saved_pages_find(&journal->list[i].undo, (uint32_t)page);
        if (row)
            return saved_page_bytes(&journal->store, row);
    }
    assert(journal->image_pages);
    return journal->image_pages[page];
}

static void keep_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    keep_image(journal, page);
}

/* Into the shadow first: the copies may be compressed, and share one place where they are unpacked. */
static void fetch_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    memcpy(shadow, journal_bytes_at(journal, journal->here, page), ARENA_PAGE);
    memcpy(journal_page_at(journal, page), shadow, ARENA_PAGE);
}

static void leave_present(struct journal *journal)
{
    assert(journal_newest(journal)->undo.count == 0 && !journal->overflow);
    journal->away = true;
    journal->image = page_pool_new();
    journal->image_pages = alloc_zeroed(arena_page_count(journal->arena) * sizeof(*journal->image_pages));
    journal_each_state_page(journal, keep_state_page);
}

void journal_arrive_at_present(struct journal *journal)
{
    journal->away = false;
    journal_drop_image(journal);
    journal_each_state_page(journal, journal_copy_to_shadow);
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
    journal_each_state_page(journal, fetch_state_page);
    mmu_clean_all(journal->mmu);
    if (index + 1 == journal->count)
        journal_arrive_at_present(journal);
}

void journal_enter_next(struct journal *journal)
{
    assert(journal->away && journal->here + 1 < journal->count);
    journal->here++;
    mmu_clean_all(journal->mmu);
    if (journal->here + 1 == journal->count)
        journal_arrive_at_present(journal);
}

void journal_cut(struct journal *journal, const struct checkpoint_mark *mark)
{
    assert(journal->away);
    journal_checkpoint(journal, mark);
    while (journal->count > journal->here + 1) {
        journal_empty(journal, journal_newest(journal));
        journal->count--;
    }
    journal_empty(journal, journal_newest(journal));
    if (journal->thinned > journal->here)
        journal->thinned = journal->here;
    journal_arrive_at_present(journal);
}

const uint8_t *journal_present_page(const struct journal *journal, size_t page)
{
    assert(page < arena_page_count(journal->arena));
    bool kept = journal->away && journal->image_pages[page];
    return kept ? journal->image_pages[page] : journal_page_at(journal, page);
}

void journal_stand_at_present(struct journal *journal)
{
    assert(journal->count && journal_newest(journal)->undo.count == 0);
    journal->here = journal->count - 1;
    journal_arrive_at_present(journal);
    mmu_clean_all(journal->mmu);
}
