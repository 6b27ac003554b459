#include "softmmu/page_pool.h"

#include <string.h>

#include "softmmu/arena.h"
#include "unit.h"

enum { PAGES = 1000 };

static struct {
    uint8_t *at;
    uint8_t fill;
} taken[PAGES];

static void take(struct page_pool *pool, unsigned i, uint8_t fill)
{
    taken[i].at = page_pool_take(pool);
    taken[i].fill = fill;
    assert_int_equal((uintptr_t)taken[i].at % ARENA_PAGE, 0);
    memset(taken[i].at, fill, ARENA_PAGE);
}

/* Each byte is still as it was written: no page is anybody else's. */
static void give(struct page_pool *pool, unsigned i)
{
    for (size_t at = 0; at < ARENA_PAGE; at++)
        assert_int_equal(taken[i].at[at], taken[i].fill);
    page_pool_give(pool, taken[i].at);
    taken[i].at = NULL;
}

static void test_pages_are_apart(void **state)
{
    struct page_pool *pool = page_pool_new();
    uint64_t seed = 3;
    size_t count = 0;
    for (unsigned step = 0; step < 20000; step++) {
        /* rising and falling, so that whole chunks come and go */
        unsigned i = (unsigned)random_below(&seed, (step / 2000) % 2 ? 60 : PAGES);
        if (taken[i].at) {
            give(pool, i);
            count--;
        } else {
            take(pool, i, (uint8_t)step);
            count++;
        }
        assert_int_equal(page_pool_used(pool), count * ARENA_PAGE);
    }
    for (unsigned i = 0; i < PAGES; i++)
        if (taken[i].at)
            give(pool, i);
    assert_int_equal(page_pool_used(pool), 0);
    page_pool_free(pool);
}

static void test_free_with_pages_taken(void **state)
{
    struct page_pool *pool = page_pool_new();
    for (unsigned i = 0; i < PAGES; i++)
        page_pool_take(pool);
    assert_int_equal(page_pool_used(pool), PAGES * ARENA_PAGE);
    page_pool_free(pool);
    page_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_apart),
        cmocka_unit_test(test_free_with_pages_taken),
    };
    return cmocka_run_group_tests_name("page_pool", tests, NULL, NULL);
}
