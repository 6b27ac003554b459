#include "softmmu/input.h"

#include <string.h>

#include "softmmu/clock.h"
#include "unit.h"

struct rig {
    struct clock_state clock;
    struct inputs *inputs;
    char seen[256];
    unsigned submits;
    bool echo;
};

static void on_console(void *opaque, const struct input *input)
{
    struct rig *rig = opaque;
    size_t used = strlen(rig->seen);
    assert_true(used + input->length + 3 < sizeof(rig->seen));
    rig->seen[used] = (char)('0' + input->channel);
    memcpy(rig->seen + used + 1, input->bytes, input->length);
    rig->seen[used + 1 + input->length] = ' ';
    if (rig->echo)
        inputs_submit(rig->inputs, INPUT_CONSOLE, 1, "again", 5);
}

static void on_idle_end(void *opaque, const struct input *input)
{
    struct rig *rig = opaque;
    uint64_t vtime;
    assert_int_equal(input->length, sizeof(vtime));
    memcpy(&vtime, input->bytes, sizeof(vtime));
    clock_idle_to(&rig->clock, vtime);
}

static void on_submit(void *opaque)
{
    ((struct rig *)opaque)->submits++;
}

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){
        .clock = {.rate = CLOCK_RATE_SHIFT(0), .icount = 100}
    };
    rig->inputs = inputs_new(&rig->clock);
    inputs_connect(rig->inputs, INPUT_CONSOLE, 0, on_console, rig);
    inputs_connect(rig->inputs, INPUT_CONSOLE, 1, on_console, rig);
    inputs_connect(rig->inputs, INPUT_IDLE_END, 0, on_idle_end, rig);
    inputs_on_submit(rig->inputs, on_submit, rig);
}

static void test_queue_is_applied_in_order(void **state)
{
    struct rig rig;
    char bytes[] = "one";
    rig_open(&rig);
    assert_false(inputs_pending(rig.inputs));
    inputs_submit(rig.inputs, INPUT_CONSOLE, 0, bytes, 3);
    memset(bytes, 'x', 3);
    inputs_submit(rig.inputs, INPUT_CONSOLE, 1, "two", 3);
    inputs_submit(rig.inputs, INPUT_CONSOLE, 0, NULL, 0);
    assert_int_equal(rig.submits, 1);
    assert_true(inputs_pending(rig.inputs));
    assert_int_equal(inputs_count(rig.inputs), 0);
    assert_string_equal(rig.seen, "");

    rig.clock.icount = 150;
    inputs_apply(rig.inputs);
    assert_false(inputs_pending(rig.inputs));
    assert_string_equal(rig.seen, "0one 1two 0 ");
    assert_int_equal(inputs_count(rig.inputs), 3);
    assert_int_equal(inputs_at(rig.inputs, 1)->icount, 150);
    assert_int_equal(inputs_at(rig.inputs, 1)->channel, 1);
    assert_memory_equal(inputs_at(rig.inputs, 1)->bytes, "two", 3);

    inputs_submit(rig.inputs, INPUT_CONSOLE, 0, "left", 4);
    assert_int_equal(rig.submits, 2);
    inputs_free(rig.inputs);
}

static void test_past_the_queue(void **state)
{
    struct rig rig;
    uint64_t vtime = 500;
    rig_open(&rig);
    inputs_submit(rig.inputs, INPUT_CONSOLE, 0, "later", 5);
    inputs_apply_now(rig.inputs, INPUT_IDLE_END, 0, &vtime, sizeof(vtime));
    assert_int_equal(clock_now(&rig.clock), 500);
    inputs_apply(rig.inputs);
    assert_int_equal(inputs_at(rig.inputs, 0)->kind, INPUT_IDLE_END);
    assert_int_equal(inputs_at(rig.inputs, 0)->icount, 100);
    assert_int_equal(inputs_at(rig.inputs, 1)->icount, 101);
    inputs_apply_now(rig.inputs, INPUT_DEBUG_WRITE, 3, "no taker", 8);
    assert_int_equal(inputs_count(rig.inputs), 3);
    inputs_free(rig.inputs);
}

static void test_what_a_taker_submits_waits(void **state)
{
    struct rig rig;
    rig_open(&rig);
    rig.echo = true;
    inputs_submit(rig.inputs, INPUT_CONSOLE, 0, "a", 1);
    inputs_apply(rig.inputs);
    assert_string_equal(rig.seen, "0a ");
    assert_int_equal(rig.submits, 2);
    rig.echo = false;
    inputs_apply(rig.inputs);
    assert_string_equal(rig.seen, "0a 1again ");
    assert_false(inputs_pending(rig.inputs));
    inputs_free(rig.inputs);
}

static void test_log_entries_stay_where_they_are(void **state)
{
    struct rig rig;
    rig_open(&rig);
    inputs_apply_now(rig.inputs, INPUT_RATE, 0, "\1", 1);
    const struct input *first = inputs_at(rig.inputs, 0);
    for (unsigned i = 1; i < 2000; i++) {
        rig.clock.icount = 100 + i;
        inputs_apply_now(rig.inputs, INPUT_RATE, 0, &i, sizeof(i));
    }
    assert_ptr_equal(inputs_at(rig.inputs, 0), first);
    for (unsigned i = 1; i < 2000; i++) {
        assert_int_equal(inputs_at(rig.inputs, i)->icount, 100 + i);
        assert_memory_equal(inputs_at(rig.inputs, i)->bytes, &i, sizeof(i));
    }
    inputs_free(rig.inputs);
    inputs_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queue_is_applied_in_order),
        cmocka_unit_test(test_past_the_queue),
        cmocka_unit_test(test_what_a_taker_submits_waits),
        cmocka_unit_test(test_log_entries_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
