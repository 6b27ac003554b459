#include "softmmu/watch.h"

#include "unit.h"

#define ORACLE_MAX 400

/* The same set as a plain list. */
struct oracle {
    struct {
        uint64_t first, last;
        unsigned kind, references;
    } rows[ORACLE_MAX];
    unsigned count;
};

struct change {
    unsigned calls;
    uint64_t first, last;
};

static void on_change(void *opaque, uint64_t first, uint64_t last)
{
    struct change *change = opaque;
    change->calls++;
    change->first = first;
    change->last = last;
}

static unsigned oracle_row(const struct oracle *oracle, uint64_t first, uint64_t last, unsigned kind)
{
    unsigned i = 0;
    while (i < oracle->count && (oracle->rows[i].first != first || oracle->rows[i].last != last || oracle->rows[i].kind != kind))
        i++;
    return i;
}

/* Whether row i is to be returned rather than row j: lowest byte, then lowest beginning, then shortest. */
static bool goes_first(const struct oracle *oracle, unsigned i, unsigned j, uint64_t first)
{
    uint64_t low_i = oracle->rows[i].first > first ? oracle->rows[i].first : first;
    uint64_t low_j = oracle->rows[j].first > first ? oracle->rows[j].first : first;
    if (low_i != low_j)
        return low_i < low_j;
    if (oracle->rows[i].first != oracle->rows[j].first)
        return oracle->rows[i].first < oracle->rows[j].first;
    return oracle->rows[i].last < oracle->rows[j].last;
}

/* The row that is hit, or `count`; and all kinds that are watched in the range. */
static unsigned oracle_find(const struct oracle *oracle, uint64_t first, uint64_t last, unsigned kinds, unsigned *all)
{
    unsigned best = oracle->count;
    *all = 0;
    for (unsigned i = 0; i < oracle->count; i++) {
        if (oracle->rows[i].first > last || oracle->rows[i].last < first)
            continue;
        *all |= oracle->rows[i].kind;
        if (oracle->rows[i].kind & kinds && (best == oracle->count || goes_first(oracle, i, best, first)))
            best = i;
    }
    return best;
}

/* length is not 0, and the access does not wrap */
static void check_access(const struct watch_set *set, const struct oracle *oracle, uint64_t first, uint64_t length,
                         unsigned kinds)
{
    uint64_t lowest = 0, last = first + length - 1;
    unsigned all, row = oracle_find(oracle, first, last, kinds, &all);
    const struct watch *watch = watch_find(set, first, length, kinds, &lowest);
    assert_int_equal(watch != NULL, row < oracle->count);
    assert_int_equal(watch_page_kinds(set, first, last), all);
    if (!watch)
        return;
    assert_int_equal(lowest, watch->first > first ? watch->first : first);
    assert_int_equal(watch->first, oracle->rows[row].first);
    assert_int_equal(watch->last, oracle->rows[row].last);
    assert_true(watch->kind & kinds);
}

static void mutate(struct watch_set *set, struct oracle *oracle, uint64_t *seed, uint64_t origin, uint64_t span)
{
    uint64_t first = origin + random_below(seed, span);
    uint64_t length =
        min_u64(random_below(seed, 8) ? random_below(seed, 9) + 1 : random_below(seed, span) + 1, origin + span - first);
    unsigned kind = (unsigned)random_below(seed, 3) + 1;
    bool insert = oracle->count < 8 || (random_below(seed, 2) && oracle->count < ORACLE_MAX);
    if (!insert && random_below(seed, 4)) {
        unsigned pick = (unsigned)random_below(seed, oracle->count);
        first = oracle->rows[pick].first;
        length = oracle->rows[pick].last - first + 1;
        kind = oracle->rows[pick].kind;
    }
    unsigned row = oracle_row(oracle, first, first + length - 1, kind);
    if (insert) {
        assert_non_null(watch_insert(set, first, length, kind, false));
        if (row == oracle->count)
            oracle->rows[oracle->count++].references = 0;
        oracle->rows[row].first = first;
        oracle->rows[row].last = first + length - 1;
        oracle->rows[row].kind = kind;
        oracle->rows[row].references++;
    } else {
        assert_int_equal(watch_remove(set, first, length, kind), row < oracle->count);
        if (row < oracle->count && --oracle->rows[row].references == 0)
            oracle->rows[row] = oracle->rows[--oracle->count];
    }
    assert_int_equal(watch_count(set), oracle->count);
}

static void test_against_list(void **state)
{
    static const struct {
        uint64_t origin, span;
    } places[] = {
        {0,                 40      },
        {0x80001000,        3000    },
        {UINT64_MAX - 4999, 4999    },
        {0x1000,            1u << 20},
    };
    uint64_t seed = 5;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        struct watch_set *set = watch_set_new();
        struct oracle oracle = {.count = 0};
        for (unsigned step = 0; step < 4000; step++) {
            mutate(set, &oracle, &seed, places[i].origin, places[i].span);
            for (unsigned probe = 0; probe < 4; probe++) {
                uint64_t first = places[i].origin + random_below(&seed, places[i].span);
                uint64_t length = probe ? random_below(&seed, 8) + 1 : random_below(&seed, places[i].span) + 1;
                check_access(set, &oracle, first, min_u64(length, UINT64_MAX - first), (unsigned)random_below(&seed, 3) + 1);
            }
        }
        watch_set_free(set);
    }
}

static void test_refused(void **state)
{
    struct watch_set *set = watch_set_new();
    uint64_t lowest;
    assert_null(watch_insert(set, 0x1000, 0, WATCH_READ, false));
    assert_null(watch_insert(set, UINT64_MAX, 2, WATCH_READ, false));
    assert_null(watch_insert(set, 2, UINT64_MAX, WATCH_READ, false));
    assert_false(watch_remove(set, 0x1000, 0, WATCH_READ));
    assert_int_equal(watch_count(set), 0);
    assert_non_null(watch_insert(set, UINT64_MAX, 1, WATCH_READ, false));
    assert_non_null(watch_find(set, UINT64_MAX - 1, 8, WATCH_READ, &lowest));
    assert_int_equal(lowest, UINT64_MAX);
    assert_null(watch_find(set, UINT64_MAX, 0, WATCH_READ, &lowest));
    assert_int_equal(watch_page_kinds(set, 0, UINT64_MAX), WATCH_READ);
    watch_set_free(set);
    watch_set_free(NULL);
}

static void test_references_and_changes(void **state)
{
    struct watch_set *set = watch_set_new();
    struct change change = {0};
    watch_on_change(set, on_change, &change);
    struct watch *watch = watch_insert(set, 0x1000, 4, WATCH_WRITE, true);
    assert_int_equal(change.calls, 1);
    assert_int_equal(change.first, 0x1000);
    assert_int_equal(change.last, 0x1003);
    assert_ptr_equal(watch_insert(set, 0x1000, 4, WATCH_WRITE, false), watch);
    assert_true(watch->stop_after);
    assert_int_equal(change.calls, 1);
    struct watch *other = watch_insert(set, 0x1000, 4, WATCH_ACCESS, false);
    assert_int_not_equal(other->id, watch->id);
    assert_true(watch_remove(set, 0x1000, 4, WATCH_WRITE));
    assert_int_equal(change.calls, 2);
    assert_int_equal(watch_count(set), 2);
    assert_true(watch_remove(set, 0x1000, 4, WATCH_WRITE));
    assert_int_equal(change.calls, 3);
    assert_false(watch_remove(set, 0x1000, 4, WATCH_WRITE));
    assert_false(watch_remove(set, 0x1000, 3, WATCH_ACCESS));
    assert_int_equal(watch_count(set), 1);
    watch_remove_all(set);
    assert_int_equal(change.calls, 4);
    assert_int_equal(watch_count(set), 0);
    watch_set_free(set);
}

struct walk {
    struct watch_set *set;
    uint64_t firsts[64];
    unsigned count;
    bool remove;
};

static void on_each(void *opaque, struct watch *watch)
{
    struct walk *walk = opaque;
    walk->firsts[walk->count++] = watch->first;
    if (walk->remove)
        watch_remove(walk->set, watch->first, watch->last - watch->first + 1, watch->kind);
}

static void test_each_is_in_order_of_insertion(void **state)
{
    struct watch_set *set = watch_set_new();
    for (unsigned i = 0; i < 50; i++)
        watch_insert(set, (i * 37) % 50 * 16, 8, WATCH_READ, false);
    watch_remove(set, (7 * 37) % 50 * 16, 8, WATCH_READ);
    struct walk walk = {.set = set, .remove = true};
    watch_each(set, on_each, &walk);
    assert_int_equal(walk.count, 49);
    for (unsigned i = 0; i < 49; i++)
        assert_int_equal(walk.firsts[i], ((i < 7 ? i : i + 1) * 37) % 50 * 16);
    assert_int_equal(watch_count(set), 0);
    watch_set_free(set);
}

/* Ascending, then descending: what would make an unbalanced tree a list (and this test time out). */
static void test_many(void **state)
{
    enum { COUNT = 30000 };
    struct watch_set *set = watch_set_new();
    uint64_t lowest;
    for (uint64_t i = 0; i < COUNT; i++)
        assert_non_null(watch_insert(set, i * 32, 4, i % 2 ? WATCH_READ : WATCH_WRITE, false));
    for (uint64_t i = 2 * COUNT - 1; i >= COUNT; i--)
        assert_non_null(watch_insert(set, i * 32, 4, i % 2 ? WATCH_READ : WATCH_WRITE, false));
    for (uint64_t i = 0; i < 2 * COUNT; i++) {
        unsigned kind = i % 2 ? WATCH_READ : WATCH_WRITE;
        assert_int_equal(watch_find(set, i * 32 - (i ? 4 : 0), 8, kind, &lowest)->first, i * 32);
        assert_null(watch_find(set, i * 32, 8, kind ^ WATCH_ACCESS, &lowest));
        assert_null(watch_find(set, i * 32 + 4, 28, WATCH_ACCESS, &lowest));
    }
    for (uint64_t i = 0; i < 2 * COUNT; i++)
        assert_true(watch_remove(set, i * 32, 4, i % 2 ? WATCH_READ : WATCH_WRITE));
    assert_int_equal(watch_count(set), 0);
    watch_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_list),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_references_and_changes),
        cmocka_unit_test(test_each_is_in_order_of_insertion),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
