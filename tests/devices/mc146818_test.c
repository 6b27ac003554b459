#include "devices/mc146818.h"

#include "tests/devices/rig.h"

enum { IDX = 0x70, DAT = 0x71, IDX2 = 0x72, DAT2 = 0x73 };
#define NS_PER_S UINT64_C(1000000000)
#define R(reg, value)                                                                                                            \
    {OUT, IDX, reg},                                                                                                             \
    {                                                                                                                            \
        IN, DAT, value                                                                                                           \
    }
#define W(reg, value)                                                                                                            \
    {OUT, IDX, reg},                                                                                                             \
    {                                                                                                                            \
        OUT, DAT, value                                                                                                          \
    }

/* 2024-02-28 23:59:58.25, a Wednesday (weekday 4), one day before a leap day. */
#define BASE      (UINT64_C(1709164798) * NS_PER_S + NS_PER_S / 4)
#define TO_UPDATE (3 * NS_PER_S / 4)

static const struct row rows[] = {
    ROW("date from the clock's base, BCD, 24 h", R(0, 0x58), R(2, 0x59), R(4, 0x23), R(6, 4), R(7, 0x28), R(8, 0x02), R(9, 0x24),
        R(0x32, 0x20), R(0x0a, 0x26), R(0x0b, 0x02), R(0x0d, 0x80)),
    /* The kernel's loop: UIP falls, rises, falls; one second more for each fall. */
    ROW("UIP rises 244 us before each update", R(0x0a, 0x26), {WAIT, 0, TO_UPDATE - 244001}, R(0x0a, 0x26), {WAIT, 0, 1},
        R(0x0a, 0xa6), R(0, 0x58), {WAIT, 0, 243999}, R(0x0a, 0xa6), R(0, 0x58), {WAIT, 0, 1}, R(0x0a, 0x26), R(0, 0x59),
        {WAIT, 0, NS_PER_S - 1}, R(0x0a, 0xa6), R(0, 0x59), {WAIT, 0, 1}, R(0x0a, 0x26), R(0, 0x00)),
    ROW("leap day", {WAIT, 0, 0}, R(0, 0x58), {WAIT, 0, TO_UPDATE + NS_PER_S}, R(0, 0), R(2, 0), R(4, 0), R(6, 5), R(7, 0x29),
        R(8, 2), {WAIT, 0, 86400 * NS_PER_S}, R(6, 6), R(7, 1), R(8, 3)),
    ROW("a year in one wait", R(0, 0x58), {WAIT, 0, 366 * 86400 * NS_PER_S}, R(0, 0x58), R(7, 0x28), R(8, 0x02), R(9, 0x25),
        R(6, 6)),
    ROW("SET stops updates, and time goes on from what was written", W(0x0b, 0x82), W(0, 0x10), W(2, 0x20), W(4, 0x05),
        {WAIT, 0, 10 * NS_PER_S}, R(0, 0x10), R(0x0a, 0x26), W(0x0b, 0x02), R(0, 0x10), {WAIT, 0, TO_UPDATE}, R(0, 0x11),
        R(2, 0x20), R(4, 0x05)),
    ROW("binary, 12 h", W(0x0b, 0x84), W(0, 59), W(2, 59), W(4, 0x80 | 11), W(7, 31), W(8, 12), W(9, 99), W(0x32, 19),
        W(0x0b, 0x04), {WAIT, 0, TO_UPDATE}, R(0, 0), R(2, 0), R(4, 12), R(7, 1), R(8, 1), R(9, 0), R(0x32, 20)),
    ROW("noon in 12 h BCD", W(0x0b, 0x80), W(0, 0x59), W(2, 0x59), W(4, 0x11), W(0x0b, 0), {WAIT, 0, TO_UPDATE}, R(4, 0x92)),
    ROW("before 1970", W(0x0b, 0x86), W(0, 59), W(2, 59), W(4, 23), W(7, 28), W(8, 2), W(9, 0), W(0x32, 19), W(0x0b, 0x06),
        {WAIT, 0, TO_UPDATE}, R(7, 1), R(8, 3), R(9, 0), R(0x32, 19)),
    ROW("update-ended interrupt", W(0x0b, 0x12), {PROBE, 0, 0}, {WAIT, 0, TO_UPDATE - 1}, {PROBE, 0, 0}, {WAIT, 0, 1},
        {PROBE, 0, 1}, {OUT, IDX, 0x0c}, {PEEK, DAT, 0xd0}, {IN, DAT, 0xd0}, {PROBE, 0, 0}, {IN, DAT, 0}, {WAIT, 0, NS_PER_S},
        {PROBE, 0, 1}),
    ROW("flags are set without interrupts too", R(0x0c, 0), {WAIT, 0, TO_UPDATE}, R(0x0c, 0x50)),
    ROW("alarm at a time of day", W(1, 0x05), W(3, 0x00), W(5, 0x00), W(0x0b, 0x22), {WAIT, 0, TO_UPDATE + 5 * NS_PER_S},
        {PROBE, 0, 0}, {WAIT, 0, NS_PER_S}, {PROBE, 0, 1}, {OUT, IDX, 0x0c}, {IN, DAT, 0xf0}, {WAIT, 0, 60 * NS_PER_S},
        {PROBE, 0, 0}),
    ROW("alarm every minute", W(1, 0x30), W(3, 0xff), W(5, 0xc0), W(0x0b, 0x22), {WAIT, 0, 40 * NS_PER_S}, {RISES, 0, 1},
        R(0x0c, 0xf0), {WAIT, 0, 60 * NS_PER_S}, {RISES, 0, 1}),
    /* A rate of 6 is 1024 Hz; the beats count with the second's phase. */
    ROW("periodic interrupt", W(0x0b, 0x42), {WAIT, 0, 976562}, {PROBE, 0, 0}, {WAIT, 0, 1}, {PROBE, 0, 1}, R(0x0c, 0xc0),
        {PROBE, 0, 0}, {WAIT, 0, 976563}, {PROBE, 0, 1}),
    ROW("a divider in reset holds time, and lets go half a second before an update", W(0x0a, 0x66), {WAIT, 0, 5 * NS_PER_S},
        R(0, 0x58), W(0x0a, 0x26), {WAIT, 0, NS_PER_S / 2 - 1}, R(0, 0x58), {WAIT, 0, 1}, R(0, 0x59)),
    ROW("memory in both banks", W(0x7f, 0x12), {OUT, IDX2, 0x7f}, {OUT, DAT2, 0x34}, R(0x7f, 0x12), {IN, DAT2, 0x34}, R(0x8e, 0),
        W(0x8e, 0x56), R(0x0e, 0x56)),
    ROW("C and D cannot be written", W(0x0c, 0xff), W(0x0d, 0), R(0x0c, 0), R(0x0d, 0x80)),
};

static void test_row(void **state)
{
    struct rig *rig = rig_new(false);
    rig->machine.clock->rtc_base_ns = BASE;
    struct mc146818 *rtc = mc146818_new(&rig->machine, "rtc", rig_probe(rig, 0));
    struct region region;
    mc146818_region(rtc, &region);
    rig_map(rig, IDX, &region);
    rig_run(rig, *state);
    rig_free(rig);
}

int main(void)
{
    return rig_main("mc146818", rows, ARRAY_SIZE(rows), test_row);
}
