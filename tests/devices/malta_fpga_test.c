#include "devices/malta_fpga.h"

#include "tests/devices/rig.h"

#define BASE     0x1f000000
#define REVISION 0x1fc00010

static const struct row rows[] = {
    ROW("reset values", {LOAD, BASE + 0x200, 0}, {LOAD, BASE + 0x208, 0x10}, {LOAD, BASE + 0x210, 0}, {LOAD, BASE + 0x508, 0x0a},
        {LOAD, BASE + 0xb10, 3}, {LOAD, BASE + 0xb18, 1}, {LOAD, BASE + 0xb00, 3}, {LOAD, BASE + 0xa08, 3},
        {LOAD, BASE + 0x20c, 0}, {LOAD, BASE + 0xffffc, 0}),
    ROW("masks", {STORE, BASE + 0x408, 0x1ff}, {LOAD, BASE + 0x408, 0xff}, {STORE, BASE + 0x210, 7}, {LOAD, BASE + 0x210, 0},
        {STORE, BASE + 0xa00, 0x155}, {LOAD, BASE + 0xa00, 0x55}, {STORE, BASE + 0xb18, 2}, {LOAD, BASE + 0xb18, 0}),
    ROW("soft reset takes its word only, read first", {LOAD, BASE + 0x500, 0}, {STORE, BASE + 0x500, 1},
        {REQUEST, 0, REQUEST_NONE}, {STORE, BASE + 0x500, 0x42}, {REQUEST, 0, REQUEST_RESET}),
    ROW("revision", {LOAD, REVISION, 0x420}, {LOOK, REVISION, 0x420}, {STORE, REVISION, 0}, {LOAD, REVISION, 0x420}),
    ROW("an output that is not enabled is pulled up", {STORE, BASE + 0xb10, 0}, {LOAD, BASE + 0xb00, 3}, {STORE, BASE + 0xb08, 1},
        {LOAD, BASE + 0xb00, 2}, {STORE, BASE + 0xb08, 3}, {LOAD, BASE + 0xb00, 0}),
};

static const struct row big_endian_rows[] = {
    ROW("big-endian: words in CPU order", {LOAD, BASE + 0x208, 0x12000000}, {STORE, BASE + 0x408, 0xaa000000},
        {LOAD, BASE + 0x408, 0xaa000000}, {LOAD, REVISION, 0x20040000}, {STORE, BASE + 0x500, 0x42000000},
        {REQUEST, 0, REQUEST_RESET}),
};

static struct rig *fpga_rig(bool big_endian, struct malta_fpga **fpga)
{
    struct rig *rig = rig_new(big_endian);
    struct region region;
    *fpga = malta_fpga_new(&rig->machine, "fpga", UINT64_C(256) << 20);
    malta_fpga_region(*fpga, &region);
    physmap_add(rig->machine.phys, BASE, 0, &region);
    malta_fpga_revision_region(*fpga, &region);
    physmap_add(rig->machine.phys, REVISION, 0, &region);
    return rig;
}

static void run(const struct row *row, bool big_endian)
{
    struct malta_fpga *fpga;
    struct rig *rig = fpga_rig(big_endian, &fpga);
    rig_run(rig, row);
    rig_free(rig);
}

static void test_row(void **state)
{
    run(*state, false);
}

static void test_big_endian(void **state)
{
    run(*state, true);
}

static void test_display(void **state)
{
    struct malta_fpga *fpga;
    struct rig *rig = fpga_rig(false, &fpga);
    assert_memory_equal(malta_fpga_display(fpga), "        ", 8);
    for (unsigned i = 0; i < 8; i++)
        physmap_write(rig->machine.phys, BASE + 0x418 + 8 * i, (uint8_t) "U-Boot  "[i], 4);
    assert_memory_equal(malta_fpga_display(fpga), "U-Boot  ", 8);
    physmap_write(rig->machine.phys, BASE + 0x410, 0x1234abcd, 4);
    assert_memory_equal(malta_fpga_display(fpga), "1234ABCD", 8);
    rig_free(rig);
}

/* The I2C bus by the registers, as firmware does it: both outputs enabled, SDA released by a 1. */
static void drive(struct rig *rig, bool scl, bool sda)
{
    physmap_write(rig->machine.phys, BASE + 0xb10, scl << 1 | sda, 4);
}

static bool clock_bit(struct rig *rig, bool sda)
{
    drive(rig, 0, sda);
    drive(rig, 1, sda);
    bool seen = physmap_read(rig->machine.phys, BASE + 0xb00, 4) & 1;
    drive(rig, 0, sda);
    return seen;
}

static bool put_byte(struct rig *rig, uint8_t byte)
{
    for (int bit = 7; bit >= 0; bit--)
        clock_bit(rig, byte >> bit & 1);
    return !clock_bit(rig, 1);
}

static uint8_t get_byte(struct rig *rig, bool last)
{
    uint8_t byte = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        byte = byte << 1 | clock_bit(rig, 1);
    clock_bit(rig, last);
    return byte;
}

static void start(struct rig *rig)
{
    drive(rig, 0, 1);
    drive(rig, 1, 1);
    drive(rig, 1, 0);
    drive(rig, 0, 0);
}

static void test_spd(void **state)
{
    struct malta_fpga *fpga;
    struct rig *rig = fpga_rig(false, &fpga);
    physmap_write(rig->machine.phys, BASE + 0xb08, 3, 4);
    start(rig);
    assert_true(put_byte(rig, 0xa0));
    assert_true(put_byte(rig, 0));
    start(rig);
    assert_true(put_byte(rig, 0xa1));
    uint8_t spd[64], sum = 0;
    for (unsigned i = 0; i < 64; i++)
        spd[i] = get_byte(rig, i == 63);
    for (unsigned i = 0; i < 63; i++)
        sum += spd[i];
    assert_int_equal(spd[0], 128);
    assert_int_equal(spd[2], 4);
    assert_int_equal(spd[31], 0x40);
    assert_int_equal(spd[63], sum);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_display), cmocka_unit_test(test_spd)};
    return rig_main("malta_fpga", rows, ARRAY_SIZE(rows), test_row) +
           rig_main("malta_fpga big-endian", big_endian_rows, ARRAY_SIZE(big_endian_rows), test_big_endian) +
           cmocka_run_group_tests_name("malta_fpga parts", tests, NULL, NULL);
}
