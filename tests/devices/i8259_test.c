#include "devices/i8259.h"

#include "tests/devices/rig.h"

enum { MC = 0x20, MD = 0x21, SC = 0xa0, SD = 0xa1, ELCR1 = 0x4d0, ELCR2 = 0x4d1 };

/* What Linux does at boot: all masked, vectors 0 and 8, cascade at 2, normal end of interrupt. */
#define INIT                                                                                                                     \
    {OUT, MD, 0xff}, {OUT, SD, 0xff}, {OUT, MC, 0x11}, {OUT, MD, 0x00}, {OUT, MD, 0x04}, {OUT, MD, 0x01}, {OUT, SC, 0x11},       \
        {OUT, SD, 0x08}, {OUT, SD, 0x02},                                                                                        \
    {                                                                                                                            \
        OUT, SD, 0x01                                                                                                            \
    }
#define UNMASK_ALL                                                                                                               \
    {OUT, MD, 0},                                                                                                                \
    {                                                                                                                            \
        OUT, SD, 0                                                                                                               \
    }

static const struct row rows[] = {
    ROW("init leaves everything unmasked and quiet", INIT, {IN, MD, 0}, {IN, SD, 0}, {PROBE, 0, 0}),
    ROW("mask and specific EOI of a slave's interrupt as Linux does it", INIT, UNMASK_ALL, {LINE, 10, 1}, {PROBE, 0, 1},
        {ACK, 0, 10}, {PROBE, 0, 0}, {IN, SD, 0}, {OUT, SD, 0x04}, {OUT, SC, 0x62}, {OUT, MC, 0x62}, {LINE, 10, 0}, {OUT, SD, 0},
        {PROBE, 0, 0}),
    ROW("a masked request waits", INIT, {OUT, MD, 0xff}, {LINE, 4, 1}, {PROBE, 0, 0}, {OUT, MD, 0xef}, {PROBE, 0, 1},
        {ACK, 0, 4}),
    ROW("spurious 7 sets no in-service bit", INIT, UNMASK_ALL, {ACK, 0, 7}, {OUT, MC, 0x0b}, {IN, MC, 0}, {OUT, MC, 0x0a},
        {IN, MC, 0}),
    ROW("spurious 15 sets only the cascade's", INIT, UNMASK_ALL, {LINE, 2, 1}, {ACK, 0, 15}, {OUT, SC, 0x0b}, {IN, SC, 0},
        {OUT, MC, 0x0b}, {IN, MC, 0x04}),
    ROW("an edge that is gone before INTA is gone", INIT, UNMASK_ALL, {LINE, 0, 1}, {PROBE, 0, 1}, {LINE, 0, 0}, {PROBE, 0, 0},
        {ACK, 0, 7}),
    ROW("one edge is one interrupt", INIT, UNMASK_ALL, {LINE, 0, 1}, {ACK, 0, 0}, {OUT, MC, 0x20}, {PROBE, 0, 0}, {LINE, 0, 0},
        {LINE, 0, 1}, {PROBE, 0, 1}),
    ROW("a level goes on asking after EOI", INIT, UNMASK_ALL, {OUT, ELCR2, 0x0c}, {LINE, 10, 1}, {ACK, 0, 10}, {PROBE, 0, 0},
        {OUT, SC, 0x62}, {OUT, MC, 0x62}, {PROBE, 0, 1}, {LINE, 10, 0}, {PROBE, 0, 0}),
    ROW("ELCR has no bits for 0, 1, 2, 8, 13", {OUT, ELCR1, 0xff}, {OUT, ELCR2, 0xff}, {IN, ELCR1, 0xf8}, {IN, ELCR2, 0xde}),
    ROW("higher priority interrupts, lower waits", INIT, UNMASK_ALL, {LINE, 4, 1}, {ACK, 0, 4}, {LINE, 5, 1}, {PROBE, 0, 0},
        {LINE, 1, 1}, {PROBE, 0, 1}, {ACK, 0, 1}, {OUT, MC, 0x20}, {PROBE, 0, 0}, {OUT, MC, 0x20}, {PROBE, 0, 1}, {ACK, 0, 5}),
    ROW("two of the slave's come one after the other", INIT, UNMASK_ALL, {LINE, 10, 1}, {LINE, 11, 1}, {ACK, 0, 10},
        {PROBE, 0, 0}, {OUT, SC, 0x62}, {PROBE, 0, 0}, {OUT, MC, 0x62}, {PROBE, 0, 1}, {ACK, 0, 11}),
    ROW("IRR and ISR are read in turn", INIT, UNMASK_ALL, {LINE, 3, 1}, {LINE, 6, 1}, {IN, MC, 0x48}, {ACK, 0, 3}, {IN, MC, 0x40},
        {OUT, MC, 0x0b}, {IN, MC, 0x08}, {OUT, MC, 0x0a}, {IN, MC, 0x40}),
    ROW("rotation on non-specific EOI", INIT, UNMASK_ALL, {LINE, 0, 1}, {ACK, 0, 0}, {OUT, MC, 0xa0}, {LINE, 0, 0}, {LINE, 0, 1},
        {LINE, 1, 1}, {ACK, 0, 1}),
    ROW("set priority makes a level the lowest", INIT, UNMASK_ALL, {OUT, MC, 0xc4}, {LINE, 4, 1}, {LINE, 6, 1}, {ACK, 0, 6}),
    ROW("automatic EOI, rotating", {OUT, MC, 0x11}, {OUT, MD, 0x40}, {OUT, MD, 0x04}, {OUT, MD, 0x03}, {OUT, MC, 0x80},
        {LINE, 0, 1}, {LINE, 5, 1}, {ACK, 0, 0x40}, {OUT, MC, 0x0b}, {IN, MC, 0}, {LINE, 0, 0}, {LINE, 0, 1}, {ACK, 0, 0x45}),
    ROW("special mask lets lower levels through", INIT, UNMASK_ALL, {LINE, 3, 1}, {ACK, 0, 3}, {LINE, 6, 1}, {PROBE, 0, 0},
        {OUT, MD, 0x08}, {OUT, MC, 0x68}, {PROBE, 0, 1}, {ACK, 0, 6}),
    ROW("polling acknowledges, peeking does not", INIT, UNMASK_ALL, {LINE, 5, 1}, {OUT, MC, 0x0c}, {PEEK, MC, 0x85},
        {IN, MC, 0x85}, {PROBE, 0, 0}, {OUT, MC, 0x0b}, {IN, MC, 0x20}),
    ROW("special fully nested: the slave interrupts itself", {OUT, MC, 0x11}, {OUT, MD, 0}, {OUT, MD, 4}, {OUT, MD, 0x11},
        {OUT, SC, 0x11}, {OUT, SD, 8}, {OUT, SD, 2}, {OUT, SD, 1}, {LINE, 11, 1}, {ACK, 0, 11}, {LINE, 9, 1}, {PROBE, 0, 1},
        {ACK, 0, 9}),
    ROW("ICW1 forgets edges", INIT, UNMASK_ALL, {LINE, 0, 1}, {OUT, MC, 0x11}, {OUT, MD, 0}, {OUT, MD, 4}, {OUT, MD, 1},
        {PROBE, 0, 0}),
};

static int acknowledge(void *pic)
{
    return i8259_acknowledge(pic);
}

static void test_row(void **state)
{
    struct rig *rig = rig_new(false);
    struct i8259 *pic = i8259_new(&rig->machine, "pic", rig_probe(rig, 0));
    static const uint16_t ports[] = {MC, SC, ELCR1};
    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        struct region region;
        i8259_region(pic, i, &region);
        rig_map(rig, ports[i], &region);
    }
    for (unsigned i = 0; i < 16; i++)
        rig->lines[i] = i8259_irq_input(pic, i);
    rig->acknowledge = acknowledge;
    rig->chip = pic;
    rig_run(rig, *state);
    rig_free(rig);
}

int main(void)
{
    return rig_main("i8259", rows, ARRAY_SIZE(rows), test_row);
}
