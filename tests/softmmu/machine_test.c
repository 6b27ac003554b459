#include "softmmu/machine.h"

#include "unit.h"

struct chip_state {
    uint32_t control, fifo[4];
    uint8_t level, pad[3];
};

struct chip {
    struct chip_state *s;
    char name;
};

static char reset_order[8];

static void chip_reset(void *device)
{
    struct chip *chip = device;
    size_t at = 0;
    while (reset_order[at])
        at++;
    reset_order[at] = chip->name;
    chip->s->control = 0x100;
}

static const struct field chip_fields[] = {
    FIELD(struct chip_state, control),
    FIELD_ARRAY(struct chip_state, fifo),
    FIELD(struct chip_state, level),
    FIELD_ARRAY(struct chip_state, pad),
};

static const struct device_class chip_class = {
    .name = "chip",
    .version = 1,
    .state_size = sizeof(struct chip_state),
    .fields = chip_fields,
    .nfields = ARRAY_SIZE(chip_fields),
    .reset = chip_reset,
};

static const struct device_class mute_class = {.name = "mute"};

static void test_devices(void **state)
{
    struct arena *arena = arena_new(0, 0, 4096, 0);
    struct machine machine;
    struct chip chips[2] = {{.name = 'a'}, {.name = 'b'}};
    machine_init(&machine, arena, true);
    assert_true(machine.big_endian);
    chips[1].s = device_register(&machine, &chip_class, "chip1", &chips[1]);
    device_register(&machine, &mute_class, "mute0", NULL);
    chips[0].s = device_register(&machine, &chip_class, "chip0", &chips[0]);
    assert_int_equal(machine.ndevices, 3);
    assert_ptr_equal(machine.devices[2].state, chips[0].s);
    assert_string_equal(machine.devices[2].instance, "chip0");
    assert_int_equal(chips[0].s->control, 0);
    assert_true((uint8_t *)chips[0].s >= arena->small && (uint8_t *)chips[0].s < arena->small + arena->small_used);
    machine_reset_devices(&machine);
    assert_string_equal(reset_order, "ba");
    assert_int_equal(chips[0].s->control, 0x100);
    inputs_free(machine.inputs);
    arena_free(arena);
}

static void count_kick(void *opaque)
{
    ++*(unsigned *)opaque;
}

static void test_requests(void **state)
{
    struct arena *arena = arena_new(0, 0, 4096, 0);
    struct machine machine;
    unsigned kicks = 0;
    machine_init(&machine, arena, false);
    machine_kick(&machine);
    machine.kick = count_kick;
    machine.kick_opaque = &kicks;
    machine_request(&machine, REQUEST_RESET);
    assert_int_equal(machine.s->request, REQUEST_RESET);
    machine_request(&machine, REQUEST_POWEROFF);
    machine_request(&machine, REQUEST_RESET);
    assert_int_equal(machine.s->request, REQUEST_POWEROFF);
    assert_int_equal(kicks, 3);
    machine_request(&machine, REQUEST_NONE);
    assert_int_equal(machine.s->request, REQUEST_NONE);
    assert_int_equal(kicks, 3);
    inputs_free(machine.inputs);
    arena_free(arena);
}

static void test_clock_and_timers_stand_at_zero(void **state)
{
    struct arena *arena = arena_new(0, 0, 4096, 0);
    struct machine machine;
    machine_init(&machine, arena, false);
    assert_int_equal(machine_now(&machine), 0);
    assert_int_equal(machine.timers.next, TIMER_OFF);
    machine.clock->icount = 12;
    assert_int_equal(machine_now(&machine), 12);
    inputs_free(machine.inputs);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_clock_and_timers_stand_at_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
