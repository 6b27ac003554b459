#include "devices/flash_cfi.h"

#include "tests/devices/rig.h"

#define BASE          0x1e000000
#define COPY          0x1fc00000
#define BOTH(command) ((command) | (command) << 16)

static const struct row rows[] = {
    ROW("erased, and the copy the same", {LOAD, BASE, 0xffffffff}, {LOAD, COPY + 0x3ffffc, 0xffffffff}),
    ROW("CFI query of two 16-bit chips", {STORE, BASE + 0x154, BOTH(0x98)}, {LOAD, BASE + 0x40, BOTH('Q')},
        {LOAD, BASE + 0x44, BOTH('R')}, {LOAD, BASE + 0x48, BOTH('Y')}, {LOOK, BASE + 0x4c, BOTH(1)},
        {LOAD, BASE + 4 * 0x27, BOTH(0x15)}, {LOAD, BASE + 4 * 0x2d, BOTH(0x3f)}, {LOAD, BASE + 4 * 0x2f, BOTH(0x80)},
        {LOAD, BASE + 4 * 0x31, BOTH('P')}, {LOAD, COPY + 0x40, 0xffffffff}, {STORE, BASE, BOTH(0xff)},
        {LOAD, BASE + 0x40, 0xffffffff}),
    ROW("identification", {STORE, BASE, BOTH(0x90)}, {LOAD, BASE, BOTH(0x89)}, {LOAD, BASE + 8, 0}, {STORE, BASE, BOTH(0xff)}),
    ROW("program a word, read status, read back in both places", {STORE, BASE + 0x100, BOTH(0x40)},
        {STORE, BASE + 0x100, 0x12345678}, {LOAD, BASE + 0x100, BOTH(0x80)}, {STORE, BASE, BOTH(0xff)},
        {LOAD, BASE + 0x100, 0x12345678}, {LOAD, COPY + 0x100, 0x12345678}),
    ROW("programming clears bits only", {STORE, BASE, BOTH(0x10)}, {STORE, BASE, 0x0f0f0f0f}, {STORE, BASE, BOTH(0x40)},
        {STORE, BASE, 0x3c3c3c3c}, {STORE, BASE, BOTH(0xff)}, {LOAD, BASE, 0x0c0c0c0c}),
    ROW("erase takes a sector of 64 KiB", {STORE, BASE + 0xfffc, BOTH(0x40)}, {STORE, BASE + 0xfffc, 0},
        {STORE, BASE + 0x10000, BOTH(0x40)}, {STORE, BASE + 0x10000, 1}, {STORE, BASE + 0x20000, BOTH(0x40)},
        {STORE, BASE + 0x20000, 2}, {STORE, BASE + 0x18000, BOTH(0x20)}, {STORE, BASE + 0x18000, BOTH(0xd0)},
        {LOAD, BASE, BOTH(0x80)}, {STORE, BASE, BOTH(0xff)}, {LOAD, BASE + 0xfffc, 0}, {LOAD, BASE + 0x10000, 0xffffffff},
        {LOAD, BASE + 0x20000, 2}),
    ROW("an erase that is not confirmed is an error", {STORE, BASE, BOTH(0x20)}, {STORE, BASE, BOTH(0xff)},
        {LOAD, BASE, BOTH(0xb0)}, {STORE, BASE, BOTH(0x50)}, {LOAD, BASE, BOTH(0x80)}),
    ROW("locks are accepted", {STORE, BASE, BOTH(0x60)}, {STORE, BASE, BOTH(0x01)}, {LOAD, BASE, BOTH(0x80)},
        {STORE, BASE, BOTH(0x60)}, {STORE, BASE, BOTH(0xd0)}, {LOAD, BASE, BOTH(0x80)}, {STORE, BASE, BOTH(0xff)},
        {LOAD, BASE, 0xffffffff}),
    ROW("the chips are apart", {STORE2, BASE + 2, 0x90}, {LOAD, BASE, 0x0089ffff}, {STORE2, BASE + 2, 0xff},
        {LOAD, BASE, 0xffffffff}, {STORE2, BASE + 2, 0x40}, {STORE2, BASE + 2, 0x1234}, {STORE2, BASE + 2, 0xff},
        {LOAD, BASE, 0x1234ffff}),
    ROW("a write to a chip's high byte alone is no command", {STORE1, BASE + 1, 0x90}, {LOAD, BASE, 0xffffffff},
        {STORE1, BASE, 0x90}, {LOAD2, BASE, 0x89}),
    ROW("the copy is deaf", {STORE, COPY, BOTH(0x90)}, {LOAD, COPY, 0xffffffff}, {LOAD, BASE, 0xffffffff}),
};

/* Values are bytes in address order, lowest first: a big-endian CPU's 0x00980098 is 0x98009800 here. */
static const struct row big_endian_rows[] = {
    ROW("big-endian: commands and answers in CPU order", {STORE, BASE, 0x98009800}, {LOAD, BASE + 0x40, 0x51005100},
        {STORE, BASE, 0xff00ff00}, {STORE, BASE, 0x40004000}, {STORE, BASE, 0x78563412}, {LOAD, BASE, 0x80008000},
        {STORE, BASE, 0xff00ff00}, {LOAD, BASE, 0x78563412}),
};

static struct rig *flash_rig(bool big_endian, struct flash_cfi **flash)
{
    struct rig *rig = rig_new(big_endian);
    struct region region;
    *flash = flash_cfi_new(&rig->machine, "flash", BASE);
    flash_cfi_copy_region(*flash, &region);
    physmap_add(rig->machine.phys, COPY, 0, &region);
    return rig;
}

static void run(const struct row *row, bool big_endian)
{
    struct flash_cfi *flash;
    struct rig *rig = flash_rig(big_endian, &flash);
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

static void count_write(void *opaque, uint8_t *host, size_t length, enum phys_writer who)
{
    *(size_t *)opaque += length;
}

/* Programming must be seen by who keeps the journal and the translated blocks. */
static void test_hooks(void **state)
{
    struct flash_cfi *flash;
    struct rig *rig = flash_rig(false, &flash);
    size_t written = 0;
    const struct phys_hooks hooks = {count_write, NULL, NULL, &written};
    physmap_set_hooks(rig->machine.phys, &hooks);
    physmap_write(rig->machine.phys, BASE, BOTH(0x40), 4);
    physmap_write(rig->machine.phys, BASE, 0, 4);
    assert_int_equal(written, 4);
    rig_free(rig);
}

/* In array mode the flash is memory that can be executed; while it answers, it is not. */
static void test_kind(void **state)
{
    struct flash_cfi *flash;
    struct rig *rig = flash_rig(false, &flash);
    assert_int_equal(physmap_find(rig->machine.phys, BASE).region->kind, REGION_ROM);
    physmap_write(rig->machine.phys, BASE, BOTH(0x70), 4);
    assert_int_equal(physmap_find(rig->machine.phys, BASE).region->kind, REGION_MMIO);
    machine_reset_devices(&rig->machine);
    assert_int_equal(physmap_find(rig->machine.phys, BASE).region->kind, REGION_ROM);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hooks), cmocka_unit_test(test_kind)};
    return rig_main("flash_cfi", rows, ARRAY_SIZE(rows), test_row) +
           rig_main("flash_cfi big-endian", big_endian_rows, ARRAY_SIZE(big_endian_rows), test_big_endian) +
           cmocka_run_group_tests_name("flash_cfi memory", tests, NULL, NULL);
}
