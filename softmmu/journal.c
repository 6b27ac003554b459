#include "softmmu/journal_internal.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"
#include "softmmu/sorted.h"

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

bool journal_is_state_page(const struct journal *journal, size_t page)
{
    const struct state_range *ranges = journal->state;
    return page - ranges[0].first < ranges[0].count || page - ranges[1].first < ranges[1].count;
}

void journal_each_state_page(struct journal *journal, void (*fn)(struct journal *journal, size_t page, uint8_t *shadow))
{
    const struct state_range *ranges = journal->state;
    uint8_t *shadow = journal->shadow;
    for (unsigned i = 0; i < 2; i++)
        for (size_t n = 0; n < ranges[i].count; n++, shadow += ARENA_PAGE)
            fn(journal, ranges[i].first + n, shadow);
}

void journal_copy_to_shadow(struct journal *journal, size_t page, uint8_t *shadow)
{
    memcpy(shadow, journal_page_at(journal, page), ARENA_PAGE);
}

void journal_add_copy(struct journal *journal, struct checkpoint *interval, size_t page, const uint8_t *bytes)
{
    assert(page < arena_page_count(journal->arena));
    saved_pages_add(&interval->undo, &journal->store, (uint32_t)page, bytes);
    journal->rows++;
    journal->saved++;
}

static void save_if_changed(struct journal *journal, size_t page, uint8_t *shadow)
{
    const uint8_t *now = journal_page_at(journal, page);
    if (memcmp(shadow, now, ARENA_PAGE) == 0)
        return;
    journal_add_copy(journal, journal_newest(journal), page, shadow);
    memcpy(shadow, now, ARENA_PAGE);
}

void journal_empty(struct journal *journal, struct checkpoint *interval)
{
    journal->rows -= interval->undo.count;
    saved_pages_clear(&interval->undo, &journal->store);
}

size_t journal_used(const struct journal *journal)
{
    return page_store_used(&journal->store) + journal->rows * sizeof(struct saved_page);
}

/* A new checkpoint before number `index`, with an empty undo set. */
static struct checkpoint *insert(struct journal *journal, size_t index, const struct checkpoint_mark *mark)
{
    assert(index <= journal->count && (index == 0 || journal->list[index - 1].mark.icount <= mark->icount));
    assert(index == journal->count || mark->icount <= journal->list[index].mark.icount);
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
    journal_each_state_page(journal, journal_copy_to_shadow);
    mmu->journal = journal;
    mmu_clean_all(mmu);
    return journal;
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    journal->mmu->journal = NULL;
    for (size_t i = 0; i < journal->count; i++)
        journal_empty(journal, &journal->list[i]);
    journal_drop_image(journal);
    page_store_free(&journal->store);
    free(journal->list);
    free(journal->shadow);
    free(journal->seen);
    free(journal);
}

void journal_drop_oldest(struct journal *journal)
{
    assert(journal->count > 1);
    journal_empty(journal, &journal->list[0]);
    journal->count--;
    memmove(journal->list, journal->list + 1, journal->count * sizeof(*journal->list));
    journal->here -= journal->here > 0;
    journal->thinned -= journal->thinned > 0;
}

/* Above the bound in the middle of an interval: the oldest go; the open interval itself, when there is nothing else. */
static void make_room(struct journal *journal)
{
    while (journal_used(journal) > journal->bound && journal->count > 1)
        journal_drop_oldest(journal);
    if (journal_used(journal) > journal->bound) {
        journal_empty(journal, journal_newest(journal));
        journal->overflow = true;
    }
}

void journal_save_page(struct journal *journal, size_t page)
{
    assert(!journal_is_state_page(journal, page));
    if (journal->away || journal->overflow)
        return;
    journal_add_copy(journal, journal_newest(journal), page, journal_page_at(journal, page));
    if (UNLIKELY(journal_used(journal) > journal->bound))
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

static bool made_by(const void *checkpoint, const void *key)
{
    const struct checkpoint_mark *mark = &((const struct checkpoint *)checkpoint)->mark, *by = key;
    return mark->icount < by->icount || (mark->icount == by->icount && mark->input <= by->input);
}

size_t journal_find(const struct journal *journal, uint64_t icount, uint64_t input)
{
    const struct checkpoint_mark by = {.icount = icount, .input = input};
    size_t n = sorted_before(journal->list, journal->count, sizeof(*journal->list), made_by, &by);
    return n ? n - 1 : 0;
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
        bool state = journal_is_state_page(journal, row->page);
        if (!state && !(journal->mmu->page_flags[row->page] & PAGE_DIRTY)) {
            saved_pages_move(&second->undo, row);
            continue;
        }
        saved_pages_move(&kept, row);
        if (!state)
            journal_add_copy(journal, second, row->page, journal_page_at(journal, row->page));
    }
    free(first->undo.rows);
    first->undo = kept;
    first->undo.sorted = true;
}

/* State pages are not caught at a write. What changed in the first half and back in the second is in neither set yet. */
static void split_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    struct checkpoint *second = &journal->list[journal->here + 1], *first = second - 1;
    const uint8_t *now = journal_page_at(journal, page);
    journal_add_copy(journal, second, page, now);
    if (!saved_pages_find(&first->undo, (uint32_t)page))
        memcpy(shadow, journal_bytes_at(journal, journal->here + 2, page), ARENA_PAGE);
    else
        memcpy(shadow, now, ARENA_PAGE);
}

/* The copy of a state page that the first half lacks, if the page changed there: what it was at the interval's start. */
static void complete_state_page(struct journal *journal, size_t page, uint8_t *shadow)
{
    if (memcmp(shadow, journal_page_at(journal, page), ARENA_PAGE) == 0)
        return;
    struct saved_pages *undo = &journal->list[journal->here].undo;
    journal_add_copy(journal, &journal->list[journal->here], page, shadow);
    saved_pages_sort(undo);
}

static void split(struct journal *journal, const struct checkpoint_mark *mark)
{
    struct checkpoint *second = insert(journal, journal->here + 1, mark), *first = second - 1;
    split_ram(journal, first, second);
    journal_each_state_page(journal, split_state_page);
    saved_pages_sort(&second->undo);
    journal_each_state_page(journal, complete_state_page);
    first->pack_from = 0;
    first->packed = false;
}

size_t journal_checkpoint(struct journal *journal, const struct checkpoint_mark *mark)
{
    if (journal->away) {
        split(journal, mark);
    } else {
        journal_each_state_page(journal, save_if_changed);
        saved_pages_sort(&journal_newest(journal)->undo);
        if (journal->overflow) { /* the interval is lost: history begins here */
            journal_empty(journal, journal_newest(journal));
            journal->overflow = false;
            journal_newest(journal)->mark = *mark;
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

/* From a file */

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
        journal_empty(journal, &journal->list[i]);
    journal_drop_image(journal);
    journal->away = journal->overflow = false;
    journal->count = journal->here = journal->thinned = 0;
}

struct checkpoint *journal_append(struct journal *journal, const struct checkpoint_mark *mark)
{
    return insert(journal, journal->count, mark);
}

void journal_append_page(struct journal *journal, uint32_t page, const uint8_t *bytes)
{
    journal_add_copy(journal, journal_newest(journal), page, bytes);
}

void journal_appended(struct journal *journal, bool compress)
{
    struct checkpoint *newest = journal_newest(journal);
    saved_pages_sort(&newest->undo);
    while (compress && newest->pack_from < newest->undo.count)
        newest->pack_from = saved_pages_compress(&newest->undo, &journal->store, newest->pack_from);
    newest->packed = compress;
    while (journal_used(journal) > journal->bound && journal->count > 1)
        journal_drop_oldest(journal);
}
