/* What generated code counts with -d stats, exactly; and that it does not without. */
#include "tests/core/rig.h"

#include "cpu/host/x86_64/x86_64.h"
#include "softmmu/log.h"
#include "softmmu/watch.h"

#define ROUNDS      10000u
/* Failures of a site's guess until it is made anew; of two that fail in turn, of both. */
#define FAILURES    (SITE_SAMPLE * SITE_SAMPLES)
/* Not a whole number of slices: the interpreter may run the end, which counts nothing. */
#define LAST_ROUNDS 30u

/* A loop of one load and one store on the data page. */
static void run_loop(struct rig *rig)
{
    rig_code(rig, LW(T0, 128, A1), ADDIU(T1, T1, -1), BNE(0, T1, -3), SW(T0, 132, A1), BEQ(0, 0, -1), NOP);
    rig_start(rig, 0);
    rig->s->gpr[T1] = ROUNDS;
    cpu_run(rig->cpu, 4 * ROUNDS);
}

static const uint64_t *counted(const struct rig *rig)
{
    return rig->cpu->counts.in_code;
}

static void assert_about(uint64_t count)
{
    assert_in_range(count, ROUNDS - LAST_ROUNDS, ROUNDS);
}

static void test_plain(void **state)
{
    struct rig *rig = *state;
    run_loop(rig);
    assert_about(counted(rig)[COUNT_BLOCKS]);
    assert_about(counted(rig)[COUNT_DIRECT_LOADS]);
    assert_int_equal(counted(rig)[COUNT_FALLEN_LOADS], 0);
    assert_about(counted(rig)[COUNT_SLOT_STORES]);
    assert_int_equal(counted(rig)[COUNT_SLOT_STORE_MISSES], 2); /* the page is not in the TLB; it is not in the slot */
    assert_int_equal(counted(rig)[COUNT_TLB_STORES], 2);
    assert_int_equal(counted(rig)[COUNT_WATCH_STORES], 0);
    assert_int_equal(rig->cpu->jit->site_changes, 0);
}

/* Loads above a watched byte leave the direct way; both sites are soon made to look at the map of watched bytes. */
static void test_watched(void **state)
{
    struct rig *rig = *state;
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_READ | WATCH_WRITE, false);
    run_loop(rig);
    uint64_t fallen = counted(rig)[COUNT_FALLEN_LOADS], missed = counted(rig)[COUNT_SLOT_STORE_MISSES];
    assert_int_equal(rig->cpu->jit->site_changes, 2);
    assert_in_range(fallen, FAILURES / 2, 2 * FAILURES);
    assert_in_range(missed, FAILURES / 2, 2 * FAILURES);
    assert_about(counted(rig)[COUNT_SLOT_LOADS] + fallen);
    assert_about(counted(rig)[COUNT_SLOT_STORES]);
    assert_in_range(counted(rig)[COUNT_WATCH_LOADS], FAILURES / 2, 2 * FAILURES);
    assert_in_range(counted(rig)[COUNT_WATCH_STORES], FAILURES / 2, 2 * FAILURES);
}

/* A store that goes to another page each time is soon made to look the TLB up. */
static void test_two_pages(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, XORI(T2, T2, 4096), ADDU(A2, A1, T2), ADDIU(T1, T1, -1), BNE(0, T1, -4), SW(T0, 132, A2), BEQ(0, 0, -1), NOP);
    rig_start(rig, 0);
    rig->s->gpr[T1] = ROUNDS;
    cpu_run(rig->cpu, 5 * ROUNDS);
    uint64_t missed = counted(rig)[COUNT_SLOT_STORE_MISSES];
    assert_int_equal(rig->cpu->jit->site_changes, 1);
    assert_in_range(missed, FAILURES / 2, 2 * FAILURES);
    assert_int_equal(counted(rig)[COUNT_SLOT_STORES], missed);
    assert_about(counted(rig)[COUNT_TLB_STORES]);
    assert_in_range(rig->cpu->jit->slow_stores, 2, 2 * SITE_SAMPLES);
}

static void test_off(void **state)
{
    struct rig *rig = *state;
    run_loop(rig);
    for (unsigned i = 0; i < COUNT_KINDS; i++)
        assert_int_equal(counted(rig)[i], 0);
}

static int open_rig(void **state, bool stats)
{
    static struct rig rig;
    log_mask = stats ? 1u << LOG_BIT_STATS : 0;
    rig_open(&rig, &(struct rig_config){.accel = ACCEL_JIT});
    *state = &rig;
    return 0;
}

static int open_counting(void **state)
{
    return open_rig(state, true);
}

static int open_silent(void **state)
{
    return open_rig(state, false);
}

static int close_rig(void **state)
{
    rig_close(*state);
    log_mask = 0;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, open_counting, close_rig),
        cmocka_unit_test_setup_teardown(test_watched, open_counting, close_rig),
        cmocka_unit_test_setup_teardown(test_two_pages, open_counting, close_rig),
        cmocka_unit_test_setup_teardown(test_off, open_silent, close_rig),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
