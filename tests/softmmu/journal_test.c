/*
 * The journal against a model that is nothing but the list of what was written, unit by unit, and the arena's hash at each
 * position. A replay does again what the list says.
 */
#include "softmmu/journal.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"
#include "softmmu/tlb.h"
#include "unit.h"

enum { RAM_PAGES = 90, FLASH_PAGES = 12, STATE_BYTES = 3 * ARENA_PAGE - 100, UNITS = 4000, WRITES = 3, UNIT_MS = 20 };
#define FLASH_VA 0x01000000u

enum target { WRITE_RAM, WRITE_FLASH, WRITE_STATE, WRITE_CPU, TARGETS };
struct write {
    enum target target;
    uint32_t offset;
    uint64_t value;
    uint32_t pages; /* so many whole pages from there on, of noise; 0: just the word */
    bool dma;
};

/* Position p is the one before unit p. Two positions share an icount, as a debugger's write in between makes them. */
struct rig {
    struct machine machine;
    struct mmu mmu;
    struct journal *journal;
    uint8_t *flash, *state;
    size_t at, end;
    struct write writes[UNITS][WRITES];
    uint64_t hash[UNITS + 1];
    uint64_t seed;
    unsigned calm; /* one in so many writes is of whole pages */
    size_t bound;
};

static bool translate(void *cpu, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page)
{
    *page = (struct mmu_page){va, true};
    return true;
}

static void nothing(void *cpu)
{
}

static const struct mmu_ops ops = {.translate = translate, .sync = nothing};

static struct checkpoint_mark mark_at(size_t position)
{
    return (struct checkpoint_mark){
        .icount = position / 2, .input = position, .vtime = 5 * position, .run_ns = (uint64_t)UNIT_MS * 1000000 * position};
}

static uint8_t *place(const struct rig *rig, const struct write *write)
{
    const struct arena *arena = rig->machine.arena;
    uint8_t *const starts[TARGETS] = {arena->low_ram, rig->flash, rig->state, arena->base - ARENA_PAGE};
    return starts[write->target] + write->offset;
}

static void write_noise(struct rig *rig, const struct write *write)
{
    uint64_t seed = write->value | 1;
    uint8_t *at = place(rig, write);
    for (uint32_t page = 0; page < write->pages; page++) {
        mmu_dirty_page(&rig->mmu, arena_page_of(rig->machine.arena, at + page * ARENA_PAGE));
        for (size_t word = 0; word < ARENA_PAGE; word += sizeof(seed)) {
            random_u64(&seed);
            memcpy(at + page * ARENA_PAGE + word, &seed, sizeof(seed));
        }
    }
}

static void do_write(struct rig *rig, const struct write *write)
{
    uint32_t va = (write->target == WRITE_FLASH ? FLASH_VA : 0) + write->offset;
    if (write->pages) {
        write_noise(rig, write);
    } else if (write->target >= WRITE_STATE) {
        memcpy(place(rig, write), &write->value, sizeof(write->value));
    } else if (write->dma) {
        mmu_dirty_page(&rig->mmu, arena_page_of(rig->machine.arena, place(rig, write)));
        memcpy(place(rig, write), &write->value, sizeof(write->value));
    } else {
        assert_true(mmu_store(&rig->mmu, va, MO_64, 0, write->value));
    }
}

static struct write random_write(struct rig *rig)
{
    static const size_t sizes[TARGETS] = {RAM_PAGES * ARENA_PAGE, FLASH_PAGES * ARENA_PAGE, STATE_BYTES, ARENA_PAGE};
    struct write write = {.target = (enum target)random_below(&rig->seed, TARGETS), .dma = random_below(&rig->seed, 3) == 0};
    write.offset = (uint32_t)random_below(&rig->seed, sizes[write.target]) & ~7u;
    if (write.target == WRITE_STATE)
        write.offset %= STATE_BYTES - 8;
    write.offset &= ~7u;
    write.value = random_below(&rig->seed, 4) ? random_below(&rig->seed, 5) : random_u64(&rig->seed);
    if (write.target == WRITE_RAM && random_below(&rig->seed, rig->calm) == 0) {
        write.offset &= ~(uint32_t)(ARENA_PAGE - 1);
        write.pages = (uint32_t)random_below(&rig->seed, RAM_PAGES - write.offset / ARENA_PAGE) + 1;
    }
    return write;
}

static void set_up(struct rig *rig, size_t bound, unsigned calm, uint64_t seed)
{
    size_t ram = RAM_PAGES * ARENA_PAGE;
    *rig = (struct rig){.seed = seed, .calm = calm, .bound = bound};
    struct arena *arena = arena_new(ram, ram + FLASH_PAGES * ARENA_PAGE, ARENA_PAGE, ARENA_PAGE);
    machine_init(&rig->machine, arena, false);
    rig->flash = arena_alloc(arena, "flash", ARENA_RAM, FLASH_PAGES * ARENA_PAGE);
    rig->state = arena_alloc(arena, "chip", ARENA_STATE, STATE_BYTES);
    struct physmap *map = rig->machine.phys = physmap_new("system", 32, 0, false);
    physmap_add(map, 0, 0, &(struct region){.name = "ram", .kind = REGION_RAM, .size = ram, .host = arena->low_ram});
    physmap_add(map, FLASH_VA, 0,
                &(struct region){.name = "flash", .kind = REGION_RAM, .size = FLASH_PAGES * ARENA_PAGE, .host = rig->flash});
    mmu_init(&rig->mmu, &rig->machine, &ops, NULL);
    struct checkpoint_mark mark = mark_at(0);
    rig->journal = journal_new(&rig->mmu, bound, &mark);
    rig->hash[0] = arena_hash(arena);
}

static void tear_down(struct rig *rig)
{
    journal_free(rig->journal);
    assert_null(rig->mmu.journal);
    mmu_free(&rig->mmu);
    inputs_free(rig->machine.inputs);
    physmap_free(rig->machine.phys);
    arena_free(rig->machine.arena);
}

static void check_state(const struct rig *rig)
{
    assert_int_equal(arena_hash(rig->machine.arena), rig->hash[rig->at]);
}

static bool stands_at(const struct rig *rig, size_t index)
{
    return journal_at(rig->journal, index)->mark.input == rig->at;
}

/* Checkpoints at this position are passed. */
static void arrive(struct rig *rig)
{
    while (!journal_at_present(rig->journal) && stands_at(rig, journal_here(rig->journal) + 1))
        journal_enter_next(rig->journal);
    assert_int_equal(journal_at_present(rig->journal), rig->at == rig->end);
}

/* Goes on by a unit: a new one at the present, in the past the one that was. */
static void run_unit(struct rig *rig)
{
    arrive(rig);
    bool present = journal_at_present(rig->journal);
    for (unsigned i = 0; i < WRITES; i++) {
        if (present)
            rig->writes[rig->at][i] = random_write(rig);
        do_write(rig, &rig->writes[rig->at][i]);
    }
    rig->at++;
    if (present) {
        rig->end = rig->at;
        rig->hash[rig->at] = arena_hash(rig->machine.arena);
        return;
    }
    check_state(rig);
    arrive(rig);
}

static void run_some(struct rig *rig)
{
    size_t room = journal_at_present(rig->journal) ? UNITS - rig->at : UNITS;
    for (size_t i = min_u64(random_below(&rig->seed, 30), room); i > 0; i--)
        run_unit(rig);
}

static size_t lay_checkpoint(struct rig *rig)
{
    struct checkpoint_mark mark = mark_at(rig->at);
    size_t here = journal_here(rig->journal);
    if (stands_at(rig, here))
        return here;
    size_t index = journal_checkpoint(rig->journal, &mark);
    assert_int_equal(index, journal_here(rig->journal));
    assert_true(stands_at(rig, index));
    return index;
}

static void restore(struct rig *rig)
{
    if (journal_at_present(rig->journal))
        lay_checkpoint(rig);
    size_t index = random_below(&rig->seed, journal_count(rig->journal));
    journal_restore(rig->journal, index);
    rig->at = journal_at(rig->journal, index)->mark.input;
    assert_int_equal(journal_here(rig->journal), index);
    assert_int_equal(journal_at_present(rig->journal), index + 1 == journal_count(rig->journal));
    check_state(rig);
}

static void drop(struct rig *rig)
{
    size_t index = random_below(&rig->seed, journal_count(rig->journal));
    if (index > 0 && index + 1 < journal_count(rig->journal) && index != journal_here(rig->journal))
        journal_drop(rig->journal, index);
}

static void cut(struct rig *rig)
{
    struct checkpoint_mark mark = mark_at(rig->at);
    if (journal_at_present(rig->journal))
        return;
    journal_cut(rig->journal, &mark);
    rig->end = rig->at;
    assert_true(journal_at_present(rig->journal));
    assert_true(stands_at(rig, journal_count(rig->journal) - 1));
}

static size_t used(const struct rig *rig)
{
    struct journal_stats stats;
    journal_statistics(rig->journal, &stats);
    return stats.used;
}

static void tidy(struct rig *rig)
{
    if (!journal_at_present(rig->journal))
        return;
    journal_tidy(rig->journal, mark_at(rig->at).run_ns, random_below(&rig->seed, 2) ? UINT64_MAX : 0);
    assert_true(used(rig) <= rig->bound);
}

static void check_marks(const struct rig *rig)
{
    for (size_t i = 1; i < journal_count(rig->journal); i++) {
        const struct checkpoint_mark *mark = &journal_at(rig->journal, i)->mark;
        assert_true(journal_at(rig->journal, i - 1)->mark.input <= mark->input);
        size_t found = journal_find(rig->journal, mark->icount, mark->input);
        assert_int_equal(journal_at(rig->journal, found)->mark.input, mark->input);
    }
}

/* The index never says no for a page that the interval's units write. */
static void check_index(struct rig *rig, size_t interval)
{
    size_t end = interval + 1 < journal_count(rig->journal) ? journal_at(rig->journal, interval + 1)->mark.input : rig->end;
    for (size_t unit = journal_at(rig->journal, interval)->mark.input; unit < end; unit++)
        for (unsigned i = 0; i < WRITES; i++) {
            const struct write *write = &rig->writes[unit][i];
            size_t page = arena_page_of(rig->machine.arena, place(rig, write));
            if (write->target <= WRITE_FLASH)
                assert_true(journal_wrote(rig->journal, interval, page, page));
        }
}

static void move(struct rig *rig)
{
    static void (*const moves[])(struct rig * rig) = {run_some, run_some, run_some, run_some, restore, restore, drop, drop, tidy};
    unsigned which = (unsigned)random_below(&rig->seed, ARRAY_SIZE(moves) + 2);
    if (which < ARRAY_SIZE(moves))
        moves[which](rig);
    else if (which == ARRAY_SIZE(moves))
        lay_checkpoint(rig);
    else if (random_below(&rig->seed, 6) == 0)
        cut(rig);
}

/* All checkpoints, first forth, then back. */
static void visit_all(struct rig *rig)
{
    if (journal_at_present(rig->journal))
        lay_checkpoint(rig);
    for (size_t n = 0; n < 2 * journal_count(rig->journal); n++) {
        size_t index = n < journal_count(rig->journal) ? n : 2 * journal_count(rig->journal) - 1 - n;
        journal_restore(rig->journal, index);
        rig->at = journal_at(rig->journal, index)->mark.input;
        check_state(rig);
    }
}

struct row {
    const char *name;
    size_t bound;
    unsigned calm;
    unsigned moves;
};

static void test_random_moves(void **state)
{
    const struct row *row = *state;
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    for (uint64_t seed = 1; seed <= 4; seed++) {
        set_up(rig, row->bound, row->calm, seed);
        for (unsigned n = 0; n < row->moves; n++) {
            move(rig);
            check_marks(rig);
            check_index(rig, random_below(&rig->seed, journal_count(rig->journal)));
        }
        visit_all(rig);
        tear_down(rig);
    }
    free(rig);
}

/* A guest that dirties everything all the time, and nobody lays checkpoints or tidies: the bound holds at each unit. */
static void test_bound_inside_an_interval(void **state)
{
    enum { BOUND = 30 * ARENA_PAGE };
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    set_up(rig, BOUND, 1, 9);
    for (unsigned n = 0; n < 300; n++) {
        run_unit(rig);
        assert_true(used(rig) <= BOUND);
        if (n % 37 == 0)
            lay_checkpoint(rig);
    }
    lay_checkpoint(rig);
    restore(rig);
    tear_down(rig);
    free(rig);
}

/* Intervals lost above the bound move the start of history; what is left is right, to the present and beyond. */
static void test_start_moves(void **state)
{
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    set_up(rig, 200 * ARENA_PAGE, 4, 5);
    for (unsigned n = 0; n < 200; n++) {
        run_unit(rig);
        if (n % 5 == 0) {
            lay_checkpoint(rig);
            tidy(rig);
        }
    }
    assert_true(journal_at(rig->journal, 0)->mark.input > 0);
    visit_all(rig);
    journal_restore(rig->journal, 0);
    rig->at = journal_at(rig->journal, 0)->mark.input;
    size_t target = rig->end + 20;
    while (rig->at < target)
        run_unit(rig);
    visit_all(rig);
    tear_down(rig);
    free(rig);
}

static uint64_t longest_ms(const struct rig *rig, uint64_t from_ms, uint64_t to_ms)
{
    uint64_t longest = 0;
    for (size_t i = 0; i + 1 < journal_count(rig->journal); i++) {
        uint64_t begin = journal_at(rig->journal, i)->mark.run_ns / 1000000,
                 end = journal_at(rig->journal, i + 1)->mark.run_ns / 1000000;
        if (begin >= from_ms && end <= to_ms && end - begin > longest)
            longest = end - begin;
    }
    return longest;
}

/* Memory is short: what is older gets coarse, the younger half of so short a history stays fine, and it all is kept. */
static void test_young_stays_fine(void **state)
{
    enum { PER_CHECKPOINT = 5, ALL_MS = UNITS * UNIT_MS, DENSE_MS = 10000 };
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    set_up(rig, 19000 * ARENA_PAGE, 1, 3);
    for (unsigned n = 1; n < UNITS; n++) {
        run_unit(rig);
        if (n % PER_CHECKPOINT == 0) {
            lay_checkpoint(rig);
            journal_tidy(rig->journal, mark_at(rig->at).run_ns, UINT64_MAX);
            assert_true(used(rig) <= rig->bound);
        }
    }
    assert_int_equal(journal_at(rig->journal, 0)->mark.input, 0);
    assert_in_range(longest_ms(rig, 0, ALL_MS / 2), 1000, 1700);
    assert_in_range(longest_ms(rig, ALL_MS / 2, ALL_MS), 300, 420);
    assert_int_equal(longest_ms(rig, ALL_MS - DENSE_MS, ALL_MS), PER_CHECKPOINT * UNIT_MS);
    visit_all(rig);
    tear_down(rig);
    free(rig);
}

/* No time to pack what takes a lot: intervals of any age get as long as they may before it begins. */
static void test_merged_when_behind(void **state)
{
    enum { PER_CHECKPOINT = 5, ALL_MS = UNITS * UNIT_MS };
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    set_up(rig, 40000 * ARENA_PAGE, 1, 3);
    for (unsigned n = 1; n < UNITS; n++) {
        run_unit(rig);
        if (n % PER_CHECKPOINT == 0)
            lay_checkpoint(rig);
        if (n % PER_CHECKPOINT == 0 || n == UNITS - 1)
            journal_tidy(rig->journal, mark_at(rig->at).run_ns, n == UNITS - 1 ? UINT64_MAX : 0);
    }
    assert_in_range(longest_ms(rig, 0, ALL_MS), 1000, 1700);
    visit_all(rig);
    tear_down(rig);
    free(rig);
}

static void test_idle_costs_nothing(void **state)
{
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    set_up(rig, 1 << 20, 100, 5);
    run_unit(rig);
    lay_checkpoint(rig);
    size_t before = used(rig);
    for (unsigned n = 0; n < 50; n++) {
        struct checkpoint_mark mark = mark_at(++rig->at);
        journal_checkpoint(rig->journal, &mark);
    }
    assert_int_equal(used(rig), before);
    tear_down(rig);
    free(rig);
}

int main(void)
{
    static struct row rows[] = {
        {"all is kept",             (size_t)1 << 30,  50, 1000},
        {"thinned by the bound",    300 * ARENA_PAGE, 40, 1500},
        {"hardly anything is kept", 40 * ARENA_PAGE,  6,  1500},
    };
    struct CMUnitTest tests[ARRAY_SIZE(rows) + 5] = {
        cmocka_unit_test(test_bound_inside_an_interval), cmocka_unit_test(test_start_moves),
        cmocka_unit_test(test_idle_costs_nothing),       cmocka_unit_test(test_young_stays_fine),
        cmocka_unit_test(test_merged_when_behind),
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[5 + i] = (struct CMUnitTest){rows[i].name, test_random_moves, NULL, NULL, &rows[i]};
    return _cmocka_run_group_tests("journal", tests, ARRAY_SIZE(tests), NULL, NULL);
}
