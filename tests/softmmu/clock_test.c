#include "softmmu/clock.h"

#include "unit.h"

static void test_vtime_rows(void **state)
{
    static const struct {
        struct clock_state clock;
        uint64_t icount, vtime;
    } rows[] = {
        {{.rate = CLOCK_RATE_SHIFT(0)},                                                  1000,              1000             },
        {{.rate = CLOCK_RATE_SHIFT(3)},                                                  1000,              8000             },
        {{.rate = (uint64_t)1 << 31},                                                    7,                 3                },
        {{.rate = (uint64_t)1 << 31, .base_frac = (uint64_t)1 << 31},                    7,                 4                },
        {{.rate = CLOCK_RATE_SHIFT(1), .base_icount = 100, .base_ns = 50, .idle_ns = 7}, 110,               77               },
        {{.rate = 0, .base_ns = 9},                                                      UINT64_MAX,        9                },
        {{.rate = CLOCK_RATE_SHIFT(10)},                                                 (uint64_t)1 << 50, (uint64_t)1 << 60},
        {{.rate = CLOCK_RATE_SHIFT(10)},                                                 (uint64_t)1 << 60, UINT64_MAX       },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(clock_vtime_at(&rows[i].clock, rows[i].icount), rows[i].vtime);
}

static struct clock_state random_clock(uint64_t *seed)
{
    struct clock_state clock = {
        .base_icount = random_magnitude(seed, 50),
        .base_ns = random_magnitude(seed, 55),
        .base_frac = random_magnitude(seed, 32),
        .rate = random_magnitude(seed, 42) | 1,
        .idle_ns = random_magnitude(seed, 55),
    };
    clock.icount = clock.base_icount + random_magnitude(seed, 45);
    return clock;
}

/* N is exact if vtime(N) is late enough and vtime(N - 1) is not; it may lie past the end of counting. */
static void check_icount_at(const struct clock_state *clock, uint64_t vtime)
{
    uint64_t icount = clock_icount_at(clock, vtime);
    assert_true(icount >= clock->icount);
    if (icount != CLOCK_NEVER)
        assert_true(clock_vtime_at(clock, icount) >= vtime);
    if (icount > clock->icount)
        assert_true(clock_vtime_at(clock, icount - 1) < vtime);
}

static void test_icount_at_is_exact(void **state)
{
    uint64_t seed = 1;
    for (unsigned i = 0; i < 20000; i++) {
        struct clock_state clock = random_clock(&seed);
        for (unsigned changes = 0; changes < 4; changes++) {
            uint64_t now = clock_now(&clock);
            check_icount_at(&clock, now + random_magnitude(&seed, 45));
            check_icount_at(&clock, now + 1);
            check_icount_at(&clock, now);
            check_icount_at(&clock, now / 2);
            clock.icount += random_magnitude(&seed, 30);
            clock_set_rate(&clock, random_magnitude(&seed, 42) | 1);
        }
    }
}

static void test_icount_at_never(void **state)
{
    struct clock_state clock = {.rate = CLOCK_RATE_SHIFT(0)};
    assert_int_equal(clock_icount_at(&clock, CLOCK_NEVER), CLOCK_NEVER);
    clock.rate = 0;
    assert_int_equal(clock_icount_at(&clock, 1), CLOCK_NEVER);
    assert_int_equal(clock_icount_at(&clock, 0), 0);
    clock.rate = 1;
    assert_int_equal(clock_icount_at(&clock, UINT64_MAX - 1), CLOCK_NEVER);
}

static void test_rate_changes_are_continuous(void **state)
{
    uint64_t seed = 2;
    struct clock_state clock = {.rate = 12345678901};
    /* The reference: time as the plain sum of all rates, in 2^-32 ns. */
    unsigned __int128 sum = 0;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t ran = random_magnitude(&seed, 30);
        clock.icount += ran;
        sum += (unsigned __int128)ran * clock.rate;
        uint64_t before = clock_now(&clock);
        assert_int_equal(before, (uint64_t)(sum >> 32));
        clock_set_rate(&clock, random_magnitude(&seed, 36));
        assert_int_equal(clock_now(&clock), before);
    }
}

static void test_idle(void **state)
{
    struct clock_state clock = {.rate = CLOCK_RATE_SHIFT(2), .icount = 10};
    clock_idle_to(&clock, 1000);
    assert_int_equal(clock.icount, 11);
    assert_int_equal(clock_now(&clock), 1000);
    assert_int_equal(clock.idle_ns, 1000 - 44);
    clock_idle_to(&clock, 500);
    assert_int_equal(clock.icount, 12);
    assert_int_equal(clock_now(&clock), 1004);
    clock_set_rate(&clock, CLOCK_RATE_SHIFT(0));
    clock_idle_to(&clock, 2000);
    assert_int_equal(clock_now(&clock), 2000);
    assert_int_equal(clock_icount_at(&clock, 2010), 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vtime_rows),
        cmocka_unit_test(test_icount_at_is_exact),
        cmocka_unit_test(test_icount_at_never),
        cmocka_unit_test(test_rate_changes_are_continuous),
        cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
