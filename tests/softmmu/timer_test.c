#include "softmmu/timer.h"

#include "softmmu/arena.h"
#include "unit.h"

struct rig {
    struct arena *arena;
    struct timers timers;
    unsigned fired[256];
    uint64_t deadlines[256];
    unsigned count;
    unsigned earlier;
    struct probe {
        struct rig *rig;
        unsigned id;
        uint64_t again; /* set it anew this much later, `repeats` times */
        unsigned repeats;
    } probes[TIMERS_MAX];
};

static void on_timer(void *opaque, uint64_t deadline)
{
    struct probe *probe = opaque;
    struct rig *rig = probe->rig;
    assert_int_equal(rig->timers.s->deadline[probe->id], TIMER_OFF);
    assert_true(rig->count < ARRAY_SIZE(rig->fired));
    rig->fired[rig->count] = probe->id;
    rig->deadlines[rig->count++] = deadline;
    if (probe->repeats) {
        probe->repeats--;
        timer_set(&rig->timers, probe->id, deadline + probe->again);
    }
}

static void on_earlier(void *opaque)
{
    ((struct rig *)opaque)->earlier++;
}

static void rig_open(struct rig *rig, unsigned timers)
{
    *rig = (struct rig){.arena = arena_new(0, 0, 4096, 0)};
    timers_init(&rig->timers, rig->arena);
    rig->timers.earlier = on_earlier;
    rig->timers.earlier_opaque = rig;
    for (unsigned i = 0; i < timers; i++) {
        rig->probes[i] = (struct probe){.rig = rig, .id = i};
        assert_int_equal(timer_add(&rig->timers, "probe", on_timer, &rig->probes[i]), i);
    }
}

static uint64_t least(const struct timers *timers)
{
    uint64_t next = TIMER_OFF;
    for (unsigned i = 0; i < timers->count; i++)
        next = min_u64(next, timers->s->deadline[i]);
    return next;
}

static void test_next_is_always_the_least(void **state)
{
    struct rig rig;
    uint64_t seed = 3;
    rig_open(&rig, TIMERS_MAX);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t before = rig.timers.next;
        unsigned told = rig.earlier;
        uint64_t deadline = random_below(&seed, 4) ? random_below(&seed, 100) : TIMER_OFF;
        timer_set(&rig.timers, (unsigned)random_below(&seed, TIMERS_MAX), deadline);
        assert_int_equal(rig.timers.next, least(&rig.timers));
        assert_int_equal(rig.earlier - told, rig.timers.next < before);
    }
    rig.timers.s->deadline[5] = 0;
    timers_refresh(&rig.timers);
    assert_int_equal(rig.timers.next, 0);
    arena_free(rig.arena);
}

static void test_order_is_deadline_then_id(void **state)
{
    struct rig rig;
    uint64_t seed = 4;
    for (unsigned round = 0; round < 200; round++) {
        rig_open(&rig, TIMERS_MAX);
        for (unsigned id = 0; id < TIMERS_MAX; id++)
            timer_set(&rig.timers, id, random_below(&seed, 12));
        timers_fire(&rig.timers, 7);
        for (unsigned i = 1; i < rig.count; i++)
            assert_true(rig.deadlines[i - 1] < rig.deadlines[i] ||
                        (rig.deadlines[i - 1] == rig.deadlines[i] && rig.fired[i - 1] < rig.fired[i]));
        assert_true(rig.timers.next > 7);
        assert_int_equal(rig.timers.next, least(&rig.timers));
        arena_free(rig.arena);
    }
}

static void test_callbacks_may_set_again(void **state)
{
    static const unsigned ids[] = {1, 0, 1, 1, 2, 0};
    static const uint64_t deadlines[] = {10, 15, 20, 30, 35, 40};
    struct rig rig;
    rig_open(&rig, 3);
    rig.probes[1].again = 10;
    rig.probes[1].repeats = 3;
    rig.probes[0].again = 25;
    rig.probes[0].repeats = 1;
    timer_set(&rig.timers, 0, 15);
    timer_set(&rig.timers, 1, 10);
    timer_set(&rig.timers, 2, 35);
    timers_fire(&rig.timers, 9);
    assert_int_equal(rig.count, 0);
    timers_fire(&rig.timers, 40);
    assert_int_equal(rig.count, 7);
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        assert_int_equal(rig.fired[i], ids[i]);
        assert_int_equal(rig.deadlines[i], deadlines[i]);
    }
    assert_int_equal(rig.fired[6], 1);
    assert_int_equal(rig.timers.next, TIMER_OFF);
    timers_fire(&rig.timers, UINT64_MAX);
    assert_int_equal(rig.count, 7);
    arena_free(rig.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_is_always_the_least),
        cmocka_unit_test(test_order_is_deadline_then_id),
        cmocka_unit_test(test_callbacks_may_set_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
