#include "src/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS    1000000u
#define NS(n) ((uint64_t)((n)*4294967296.0))

/* One window of slices of 1 ms in which the guest executes insns_per_ms; guest time goes as `rate` says. Returns the new rate. */
static uint64_t window(struct rate *state, uint64_t insns_per_ms, uint64_t rate)
{
    uint64_t next = 0;
    uint64_t guest_ns = (uint64_t)((unsigned __int128)insns_per_ms * rate >> 32);
    for (unsigned slices = 0; slices < 1000; slices++)
        if (rate_slice(state, MS, insns_per_ms, guest_ns, &next))
            return next;
    fail_msg("no rate after a second");
    return 0;
}

static void test_first_window_is_short(void **state)
{
    struct rate rate = {0};
    uint64_t next;
    for (unsigned i = 0; i < RATE_FIRST_WINDOW_NS / MS - 1; i++)
        assert_false(rate_slice(&rate, MS, 100000, MS, &next));
    assert_true(rate_slice(&rate, MS, 100000, MS, &next));
    assert_int_equal(next, NS(10));
    for (unsigned i = 0; i < RATE_WINDOW_NS / MS - 1; i++)
        assert_false(rate_slice(&rate, MS, 100000, MS, &next));
    assert_true(rate_slice(&rate, MS, 100000, MS, &next));
}

static void test_follows_the_measured_speed(void **state)
{
    struct rate rate = {0};
    uint64_t now = window(&rate, 100000, NS(10));
    assert_int_equal(now, NS(10));
    for (unsigned i = 0; i < 20; i++)
        now = window(&rate, 50000, now);
    /* The lag of the first slow window is worked off by now. */
    assert_in_range(now, NS(19.9), NS(20.1));
    assert_in_range(rate.lag_ns + 2 * (int64_t)MS, 0, 4 * (int64_t)MS);
}

static void test_bends_by_a_tenth_at_most(void **state)
{
    struct rate behind = {.last = NS(10), .lag_ns = 50 * (int64_t)MS}, ahead = {.last = NS(10), .lag_ns = -50 * (int64_t)MS};
    assert_in_range(window(&behind, 100000, NS(10)), NS(10.999), NS(11));
    assert_in_range(window(&ahead, 100000, NS(10)), NS(9), NS(9.001));
}

static void test_small_lag_bends_less(void **state)
{
    struct rate rate = {.last = NS(10), .lag_ns = 5 * (int64_t)MS};
    assert_in_range(window(&rate, 100000, NS(10)), NS(10.499), NS(10.501));
}

static void test_long_lag_is_forgiven(void **state)
{
    struct rate rate = {.last = NS(10)};
    uint64_t next;
    rate_slice(&rate, 99 * MS, 9900000, 0, &next);
    assert_int_equal(rate.lag_ns, 99 * (int64_t)MS);
    rate_idle(&rate, 2 * MS, 0);
    assert_int_equal(rate.lag_ns, 0);
    rate_idle(&rate, 0, 101 * MS);
    assert_int_equal(rate.lag_ns, 0);
}

static void test_wait_works_lag_off(void **state)
{
    struct rate rate = {.lag_ns = 3 * (int64_t)MS};
    assert_int_equal(rate_wait(&rate, 10 * MS), 7 * MS);
    assert_int_equal(rate_wait(&rate, 2 * MS), 0);
    assert_int_equal(rate_waited(&rate, 4 * MS), 7 * MS);
    rate_idle(&rate, 7 * MS, 10 * MS);
    assert_int_equal(rate.lag_ns, 0);
    rate.lag_ns = -(int64_t)MS;
    assert_int_equal(rate_wait(&rate, 10 * MS), 11 * MS);
    assert_int_equal(rate_waited(&rate, MS / 2), 0);
    assert_int_equal(rate_wait(&rate, UINT64_MAX), INT64_MAX / 2 + MS);
}

static void test_rises_step_by_step(void **state)
{
    struct rate rate = {.last = NS(10)};
    uint64_t next;
    assert_true(rate_slice(&rate, 500 * MS, 10000, MS, &next));
    assert_int_equal(next, NS(20));
    assert_true(rate_slice(&rate, 500 * MS, 10000, MS, &next));
    assert_int_equal(next, NS(40));
    assert_true(rate_slice(&rate, 100 * MS, 50000000, 100 * MS, &next));
    assert_int_equal(next, NS(2));
}

/* The host had other work for a while, and then has none: guest time must not run away until the window's end. */
static void test_rush_ends_window(void **state)
{
    struct rate rate = {.last = NS(100)};
    uint64_t next = 0, gained = 0;
    while (!rate_slice(&rate, MS, 100000, 10 * MS, &next)) {
        gained += 9 * MS;
        assert_true(gained < RATE_RUSH_NS);
    }
    assert_in_range(next, NS(9), NS(10));
}

static void test_few_instructions_make_no_rate(void **state)
{
    struct rate rate = {.last = NS(10)};
    uint64_t next;
    assert_false(rate_slice(&rate, 500 * MS, 999, MS, &next));
    assert_true(rate_slice(&rate, 0, 1, MS, &next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_window_is_short),
        cmocka_unit_test(test_follows_the_measured_speed),
        cmocka_unit_test(test_bends_by_a_tenth_at_most),
        cmocka_unit_test(test_small_lag_bends_less),
        cmocka_unit_test(test_long_lag_is_forgiven),
        cmocka_unit_test(test_wait_works_lag_off),
        cmocka_unit_test(test_few_instructions_make_no_rate),
        cmocka_unit_test(test_rush_ends_window),
        cmocka_unit_test(test_rises_step_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
