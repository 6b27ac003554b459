#include "devices/i8254.h"

#include "tests/devices/rig.h"

enum { C0 = 0x40, C1 = 0x41, C2 = 0x42, CTL = 0x43 };

/* Virtual time at which tick n has come. */
#define TICK(n) (((uint64_t)(n)*1000000000 + I8254_HZ - 1) / I8254_HZ)

static const struct row rows[] = {
    /* 4773 ticks a period: low for the last one. The count is in the counter one tick after it was written. */
    ROW("mode 2 at 250 Hz as Linux sets it", {OUT, CTL, 0x34}, {PROBE, 0, 1}, {OUT, C0, 0xa5}, {OUT, C0, 0x12}, {RISES, 0, 1},
        {WAIT, 0, TICK(1 + 4772)}, {PROBE, 0, 0}, {WAIT, 0, TICK(1 + 4773) - TICK(1 + 4772)}, {PROBE, 0, 1}, {RISES, 0, 1},
        {WAIT, 0, 1000000000}, {RISES, 0, 249}),
    ROW("mode 2: a new count waits for the period's end", {OUT, CTL, 0x14}, {OUT, C0, 100}, {RISES, 0, 1}, {WAIT, 0, TICK(50)},
        {OUT, C0, 10}, {WAIT, 0, TICK(101) - TICK(50)}, {RISES, 0, 1}, {WAIT, 0, TICK(111) - TICK(101)}, {RISES, 0, 1},
        {WAIT, 0, TICK(121) - TICK(111)}, {RISES, 0, 1}),
    ROW("mode 0 with count 0 ends once", {OUT, CTL, 0x30}, {OUT, C0, 0}, {OUT, C0, 0}, {PROBE, 0, 0}, {WAIT, 0, TICK(65536)},
        {PROBE, 0, 0}, {WAIT, 0, TICK(65537) - TICK(65536)}, {PROBE, 0, 1}, {WAIT, 0, 10000000000}, {RISES, 0, 1}),
    ROW("mode 0: the first byte of a new count stops it", {OUT, CTL, 0x30}, {OUT, C0, 10}, {OUT, C0, 0}, {WAIT, 0, TICK(5)},
        {OUT, C0, 10}, {WAIT, 0, TICK(100)}, {PROBE, 0, 0}, {OUT, C0, 0}, {WAIT, 0, TICK(12)}, {PROBE, 0, 1}),
    ROW("mode 3 is square", {OUT, CTL, 0x16}, {OUT, C0, 10}, {RISES, 0, 1}, {WAIT, 0, TICK(5)}, {PROBE, 0, 1},
        {WAIT, 0, TICK(6) - TICK(5)}, {PROBE, 0, 0}, {WAIT, 0, TICK(10) - TICK(6)}, {PROBE, 0, 0}, {WAIT, 0, TICK(11) - TICK(10)},
        {PROBE, 0, 1}),
    ROW("mode 3, odd: the longer half is high", {OUT, CTL, 0x16}, {OUT, C0, 5}, {WAIT, 0, TICK(3)}, {PROBE, 0, 1},
        {WAIT, 0, TICK(4) - TICK(3)}, {PROBE, 0, 0}, {WAIT, 0, TICK(5) - TICK(4)}, {PROBE, 0, 0}, {WAIT, 0, TICK(6) - TICK(5)},
        {PROBE, 0, 1}),
    ROW("mode 3: a new count begins with the next half", {OUT, CTL, 0x16}, {OUT, C0, 100}, {WAIT, 0, TICK(11)}, {OUT, C0, 20},
        {WAIT, 0, TICK(51) - TICK(11)}, {PROBE, 0, 0}, {WAIT, 0, TICK(60) - TICK(51)}, {PROBE, 0, 0},
        {WAIT, 0, TICK(61) - TICK(60)}, {PROBE, 0, 1}, {WAIT, 0, TICK(71) - TICK(61)}, {PROBE, 0, 0}),
    ROW("mode 3 counts down by two", {OUT, CTL, 0x16}, {OUT, C0, 10}, {WAIT, 0, TICK(1)}, {IN, C0, 10},
        {WAIT, 0, TICK(3) - TICK(1)}, {IN, C0, 6}, {WAIT, 0, TICK(6) - TICK(3)}, {IN, C0, 10}),
    ROW("mode 4 strobes once", {OUT, CTL, 0x18}, {OUT, C0, 10}, {RISES, 0, 1}, {WAIT, 0, TICK(10)}, {PROBE, 0, 1},
        {WAIT, 0, TICK(11) - TICK(10)}, {PROBE, 0, 0}, {WAIT, 0, TICK(12) - TICK(11)}, {PROBE, 0, 1}, {WAIT, 0, TICK(500000)},
        {RISES, 0, 1}),
    ROW("a latched count stands still until it is read", {OUT, CTL, 0x74}, {OUT, C1, 0xe8}, {OUT, C1, 0x03}, {WAIT, 0, TICK(101)},
        {OUT, CTL, 0x40}, {WAIT, 0, TICK(50)}, {OUT, CTL, 0x40}, {PEEK, C1, 0x84}, {IN, C1, 0x84}, {IN, C1, 0x03},
        {WAIT, 0, TICK(251) - TICK(101) - TICK(50)}, {IN, C1, 0xee}, {IN, C1, 0x02}),
    ROW("read-back: status first, then the count", {OUT, CTL, 0xb6}, {OUT, C2, 0xe8}, {OUT, CTL, 0xe8}, {IN, C2, 0xf6},
        {OUT, C2, 0x03}, {WAIT, 0, TICK(1)}, {OUT, CTL, 0xc8}, {IN, C2, 0xb6}, {IN, C2, 0xe8}, {IN, C2, 0x03}),
    ROW("the high byte alone", {OUT, CTL, 0x64}, {OUT, C1, 0x02}, {WAIT, 0, TICK(1)}, {IN, C1, 0x02},
        {WAIT, 0, TICK(2) - TICK(1)}, {IN, C1, 0x01}),
    ROW("the control word cannot be read", {IN, CTL, 0xff}),
};

static void test_row(void **state)
{
    struct rig *rig = rig_new(false);
    struct i8254 *pit = i8254_new(&rig->machine, "pit", rig_probe(rig, 0));
    struct region region;
    i8254_region(pit, &region);
    rig_map(rig, C0, &region);
    rig_run(rig, *state);
    rig_free(rig);
}

int main(void)
{
    return rig_main("i8254", rows, ARRAY_SIZE(rows), test_row);
}
