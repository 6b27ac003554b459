#include "softmmu/saved_pages.h"

#include <stdlib.h>
#include <string.h>

#include "softmmu/arena.h"
#include "unit.h"

/* Contents are made from a number: 0 is a zero page, even ones compress, odd ones do not. */
static void fill(uint8_t *bytes, uint64_t content)
{
    memset(bytes, 0, ARENA_PAGE);
    if (content == 0)
        return;
    if (content % 2 == 0) {
        memset(bytes, (int)(content & 0xff), ARENA_PAGE / 2);
        memcpy(bytes + 8, &content, sizeof(content));
        return;
    }
    uint64_t seed = content;
    for (size_t at = 0; at < ARENA_PAGE; at += sizeof(seed)) {
        uint64_t word = random_u64(&seed);
        memcpy(bytes + at, &word, sizeof(word));
    }
}

static void add(struct saved_pages *set, struct page_store *store, uint32_t page, uint64_t content)
{
    uint8_t bytes[ARENA_PAGE];
    fill(bytes, content);
    saved_pages_add(set, store, page, bytes);
}

static void check(const struct saved_pages *set, struct page_store *store, uint32_t page, uint64_t content)
{
    uint8_t bytes[ARENA_PAGE];
    const struct saved_page *row = saved_pages_find(set, page);
    assert_non_null(row);
    assert_int_equal(row->page, page);
    fill(bytes, content);
    assert_memory_equal(saved_page_bytes(store, row), bytes, ARENA_PAGE);
}

static size_t raw_rows(const struct saved_pages *set)
{
    size_t raw = 0;
    for (size_t i = 0; i < set->count; i++)
        raw += set->rows[i].kind == SAVED_RAW;
    return raw;
}

static void compress_all(struct saved_pages *set, struct page_store *store)
{
    size_t from = 0, calls = 0;
    while (from < set->count) {
        size_t next = saved_pages_compress(set, store, from);
        assert_true(next > from && next <= set->count);
        from = next;
        assert_true(++calls <= set->count);
    }
    assert_int_equal(set->raw, raw_rows(set));
}

static void test_zero_pages_cost_nothing(void **state)
{
    struct page_store store;
    struct saved_pages set = {0};
    page_store_init(&store);
    for (uint32_t page = 0; page < 100; page++)
        add(&set, &store, page, 0);
    assert_int_equal(page_store_used(&store), 0);
    add(&set, &store, 100, 2);
    assert_int_equal(page_store_used(&store), ARENA_PAGE);
    saved_pages_sort(&set);
    check(&set, &store, 7, 0);
    check(&set, &store, 100, 2);
    assert_null(saved_pages_find(&set, 101));
    saved_pages_clear(&set, &store);
    assert_int_equal(page_store_used(&store), 0);
    page_store_free(&store);
}

/* A page whose last byte alone is not 0, and one whose first is not. */
static void test_nearly_zero_pages(void **state)
{
    struct page_store store;
    struct saved_pages set = {0};
    uint8_t bytes[ARENA_PAGE] = {0};
    page_store_init(&store);
    bytes[ARENA_PAGE - 1] = 1;
    saved_pages_add(&set, &store, 1, bytes);
    bytes[ARENA_PAGE - 1] = 0;
    bytes[0] = 1;
    saved_pages_add(&set, &store, 0, bytes);
    saved_pages_sort(&set);
    assert_int_equal(saved_page_bytes(&store, saved_pages_find(&set, 1))[ARENA_PAGE - 1], 1);
    assert_int_equal(saved_page_bytes(&store, saved_pages_find(&set, 0))[0], 1);
    saved_pages_clear(&set, &store);
    page_store_free(&store);
}

static void test_compression(void **state)
{
    enum { COUNT = 300 };
    struct page_store store;
    struct saved_pages set = {0};
    page_store_init(&store);
    for (uint32_t i = 0; i < COUNT; i++)
        add(&set, &store, COUNT - 1 - i, 2 * i);
    size_t before = page_store_used(&store);
    saved_pages_sort(&set);
    compress_all(&set, &store);
    assert_true(page_store_used(&store) < before / 8);
    assert_int_equal(set.raw, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        check(&set, &store, COUNT - 1 - i, 2 * i);
    saved_pages_clear(&set, &store);
    assert_int_equal(page_store_used(&store), 0);
    page_store_free(&store);
}

static void test_what_does_not_shrink_stays(void **state)
{
    struct page_store store;
    struct saved_pages set = {0};
    page_store_init(&store);
    for (uint32_t i = 0; i < 40; i++)
        add(&set, &store, i, 2 * i + 1);
    saved_pages_sort(&set);
    compress_all(&set, &store);
    assert_int_equal(page_store_used(&store), 40 * ARENA_PAGE);
    for (uint32_t i = 0; i < 40; i++)
        check(&set, &store, i, 2 * i + 1);
    saved_pages_clear(&set, &store);
    page_store_free(&store);
}

/* Sets merged in random order, compressed now and then, against a table. */
static void test_merging(void **state)
{
    enum { SETS = 12, SPAN = 120 };
    uint64_t seed = 11;
    for (unsigned round = 0; round < 30; round++) {
        struct page_store store;
        struct saved_pages sets[SETS] = {0};
        static uint64_t content[SETS][SPAN]; /* UINT64_MAX: not in the set */
        unsigned count = SETS;
        page_store_init(&store);
        for (unsigned s = 0; s < SETS; s++)
            for (uint32_t page = 0; page < SPAN; page++) {
                content[s][page] = random_below(&seed, 3) ? UINT64_MAX : random_below(&seed, 4) ? random_below(&seed, 1000) : 0;
                if (content[s][page] != UINT64_MAX)
                    add(&sets[s], &store, page, content[s][page]);
            }
        while (count > 1) {
            unsigned older = (unsigned)random_below(&seed, count - 1);
            saved_pages_merge(&sets[older], &sets[older + 1], &store);
            for (uint32_t page = 0; page < SPAN; page++)
                if (content[older][page] == UINT64_MAX)
                    content[older][page] = content[older + 1][page];
            count--;
            for (unsigned s = older + 1; s < count; s++) {
                sets[s] = sets[s + 1];
                memcpy(content[s], content[s + 1], sizeof(content[s]));
            }
            if (random_below(&seed, 2))
                compress_all(&sets[older], &store);
            for (uint32_t page = 0; page < SPAN; page++)
                if (content[older][page] == UINT64_MAX)
                    assert_null(saved_pages_find(&sets[older], page));
                else
                    check(&sets[older], &store, page, content[older][page]);
            assert_int_equal(sets[older].raw, raw_rows(&sets[older]));
        }
        saved_pages_clear(&sets[0], &store);
        assert_int_equal(page_store_used(&store), 0);
        page_store_free(&store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero_pages_cost_nothing),
        cmocka_unit_test(test_nearly_zero_pages),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_what_does_not_shrink_stays),
        cmocka_unit_test(test_merging),
    };
    return cmocka_run_group_tests_name("saved_pages", tests, NULL, NULL);
}
