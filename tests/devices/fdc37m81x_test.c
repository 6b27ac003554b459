#include "devices/fdc37m81x.h"

#include "tests/devices/rig.h"

enum { IDX = 0x3f0, DAT = 0x3f1 };
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

static const struct row rows[] = {
    ROW("floats outside configuration", {IN, IDX, 0xff}, {IN, DAT, 0xff}, {OUT, IDX, 0x20}, {IN, DAT, 0xff}),
    ROW("identity, read-only", {OUT, IDX, 0x55}, R(0x20, 0x4d), W(0x20, 0), R(0x20, 0x4d)),
    /* As U-Boot enables the first serial port. */
    ROW("a device of its own each", {OUT, IDX, 0x55}, W(7, 4), W(0x60, 3), W(0x61, 0xf8), W(0x70, 4), W(0x30, 1), W(7, 5),
        R(0x30, 0), W(7, 4), R(0x30, 1), R(0x60, 3), R(0x61, 0xf8), R(0x70, 4), {OUT, IDX, 0xaa}, {IN, DAT, 0xff},
        {OUT, IDX, 0x55}, R(0x30, 1)),
    ROW("a device that there is not", {OUT, IDX, 0x55}, W(7, 0x40), W(0x30, 1), R(0x30, 0)),
    ROW("the key counts at the index port only", {OUT, DAT, 0x55}, {IN, DAT, 0xff}, {OUT, IDX, 0x55}, {OUT, IDX, 0x07},
        {PEEK, IDX, 0x07}),
};

static void test_row(void **state)
{
    struct rig *rig = rig_new(false);
    struct region region;
    fdc37m81x_region(fdc37m81x_new(&rig->machine, "sio"), &region);
    rig_map(rig, IDX, &region);
    rig_run(rig, *state);
    rig_free(rig);
}

int main(void)
{
    return rig_main("fdc37m81x", rows, ARRAY_SIZE(rows), test_row);
}
