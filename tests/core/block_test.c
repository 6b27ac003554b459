/* The index of blocks and the table of breakpoints: what is dropped is what must be, and no more. */
#include "tests/core/rig.h"

#include <string.h>

#include "cpu/block.h"

#define CODE_PHYS (RIG_CODE & 0x1fffffff)

static const struct rig_config interpreter = {ACCEL_INTERP, false, 0, 0};
static struct rig rig;

static int set_up(void **state)
{
    rig_open(&rig, &interpreter);
    return 0;
}

static int tear_down(void **state)
{
    rig_close(&rig);
    return 0;
}

/* Blocks of two instructions (a jump to the next pair and its slot), `count` of them from RIG_CODE on, all run once. */
static void run_pairs(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const uint32_t pair[] = {BEQ(0, 0, 1), NOP};
        rig_words(&rig, RIG_CODE + 8 * i, pair, 2);
    }
    rig_start(&rig, 0);
    assert_int_equal(cpu_run(rig.cpu, 2 * count), CPU_EXIT_LIMIT);
}

static const struct block *find(uint32_t pc)
{
    return block_find(rig.cpu->blocks, BLOCK_INTERP, pc, rig.cpu->arch->state_key(rig.cpu), pc & 0x1fffffff);
}

static size_t page_of(uint32_t pc)
{
    return arena_page_of(rig.machine.arena, rig.machine.arena->low_ram + (pc & 0x1fffffff));
}

static uint8_t flags_of(uint32_t pc)
{
    return rig.cpu->mmu.page_flags[page_of(pc)];
}

static void test_found_by_all_three(void **state)
{
    run_pairs(4);
    const struct block *block = find(RIG_CODE + 8);
    assert_non_null(block);
    assert_int_equal(block->count, 2);
    assert_int_equal(block->last_pc, RIG_CODE + 12);
    assert_null(find(RIG_CODE + 4));
    assert_null(block_find(rig.cpu->blocks, BLOCK_INTERP, RIG_CODE, block->key ^ 1, CODE_PHYS));
    assert_null(block_find(rig.cpu->blocks, BLOCK_INTERP, RIG_CODE, block->key, CODE_PHYS + 0x10000));
    assert_null(block_find(rig.cpu->blocks, BLOCK_HOST, RIG_CODE, block->key, CODE_PHYS));
    assert_true(flags_of(RIG_CODE) & PAGE_CODE);
    assert_false(flags_of(RIG_DATA) & PAGE_CODE);
}

/* Which of the blocks at RIG_CODE + 8 * i, i < count, are there: a bit each. */
static uint64_t there(unsigned count)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < count; i++)
        bits |= (uint64_t)(find(RIG_CODE + 8 * i) != NULL) << i;
    return bits;
}

static uint64_t touched(unsigned count, unsigned first, unsigned last)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < count; i++)
        bits |= (uint64_t)(8 * i <= last && 8 * i + 7 >= first) << i;
    return bits;
}

static void test_drop_by_bytes(void **state)
{
    const unsigned count = 40;
    const uint64_t all = ((uint64_t)1 << count) - 1;
    for (unsigned first = 0; first < 8 * count; first += 3)
        for (unsigned length = 1; length <= 70; length += 23) {
            run_pairs(count);
            assert_int_equal(there(count), all);
            block_drop_bytes(rig.cpu, page_of(RIG_CODE), first, first + length - 1);
            assert_int_equal(there(count), all & ~touched(count, first, first + length - 1));
            block_drop_all(rig.cpu, BLOCK_INTERP);
        }
}

static void test_page_without_blocks(void **state)
{
    run_pairs(8);
    block_drop_bytes(rig.cpu, page_of(RIG_CODE), 0, 55);
    assert_true(flags_of(RIG_CODE) & PAGE_CODE);
    block_drop_bytes(rig.cpu, page_of(RIG_CODE), 60, 60);
    assert_false(flags_of(RIG_CODE) & PAGE_CODE);
    assert_int_equal(rig.cpu->blocks->code_map[page_of(RIG_CODE)], 0);
    assert_int_equal(there(8), 0);
    run_pairs(8);
    assert_int_equal(there(8), 0xff);
    assert_true(flags_of(RIG_CODE) & PAGE_CODE);
}

static void test_drop_by_address(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        run_pairs(20);
        uint32_t slot = RIG_CODE + 8 * i + 4;
        block_drop_virtual(rig.cpu, slot - 4, slot);
        assert_int_equal(there(20), 0xfffff & ~(1u << i));
    }
    run_pairs(20);
    block_drop_virtual(rig.cpu, RIG_CODE + 0x20000000, RIG_CODE + 0x20000004); /* the same memory at another address */
    assert_int_equal(there(20), 0xfffff);
}

/* A branch at a page's end has its slot on the next page: bytes of either page drop it, and so does the slot's address. */
static void test_block_on_two_pages(void **state)
{
    const uint32_t branch = RIG_CODE + GUEST_PAGE - 4, code[] = {BEQ(0, 0, 1), NOP, NOP, NOP};
    for (unsigned way = 0; way < 4; way++) {
        rig_words(&rig, branch, code, 4);
        rig_start(&rig, 0);
        *cpu_pc(rig.cpu) = branch;
        assert_int_equal(cpu_run(rig.cpu, 2), CPU_EXIT_LIMIT);
        assert_at(&rig, 2, branch + 8);
        assert_non_null(find(branch));
        assert_true(flags_of(branch) & PAGE_CODE);
        assert_true(flags_of(branch + 4) & PAGE_CODE);
        if (way == 0)
            block_drop_bytes(rig.cpu, page_of(branch), GUEST_PAGE - 1, GUEST_PAGE - 1);
        else if (way == 1)
            block_drop_bytes(rig.cpu, page_of(branch + 4), 3, 3);
        else if (way == 2)
            block_drop_virtual(rig.cpu, branch + 4, branch + 4);
        else
            rig_words(&rig, branch + 4, &code[1], 1);
        assert_null(find(branch));
        block_drop_all(rig.cpu, BLOCK_INTERP);
    }
}

/* A slot on a page that is mapped anew: the unit is made once for each place where the slot can be. */
static void test_slot_follows_mapping(void **state)
{
    const uint32_t branch = 0x00400ffc, page = 0x10000, slots[] = {0x20000, 0x30000};
    rig_words(&rig, 0x80000000 + page + 0xffc, (const uint32_t[]){BEQ(0, 0, 1)}, 1);
    for (uint32_t i = 0; i < 2; i++)
        rig_words(&rig, 0x80000000 + slots[i], (const uint32_t[]){ADDIU(T0, 0, 1 + i), NOP}, 2);
    for (unsigned turn = 0; turn < 6; turn++) {
        rig_start(&rig, 0);
        rig_map_pair(&rig, 0, branch, page, slots[turn % 2]);
        *cpu_pc(rig.cpu) = branch;
        assert_int_equal(cpu_run(rig.cpu, 2), CPU_EXIT_LIMIT);
        assert_at(&rig, 2, branch + 8);
        assert_int_equal(rig.s->gpr[T0], 1 + turn % 2);
        assert_int_equal(rig.cpu->blocks->made[BLOCK_INTERP], turn ? 2 : 1);
    }
    rig_words(&rig, 0x80000000 + slots[1], (const uint32_t[]){ADDIU(T0, 0, 7)}, 1);
    *cpu_pc(rig.cpu) = branch;
    assert_int_equal(cpu_run(rig.cpu, 4), CPU_EXIT_LIMIT);
    assert_int_equal(rig.s->gpr[T0], 7);
}

static void test_loader_drops(void **state)
{
    const uint32_t word = NOP;
    run_pairs(10);
    rig_words(&rig, RIG_CODE + 8 * 3 + 4, &word, 1);
    assert_int_equal(there(10), 0x3ff & ~(1u << 3));
    run_pairs(10);
    rig_words(&rig, RIG_CODE + 8 * 10, &word, 1);
    assert_int_equal(there(10), 0x3ff);
}

static unsigned map_other_memory(uint64_t at)
{
    return physmap_add(
        rig.machine.phys, at, 1,
        &(struct region){.name = "more", .kind = REGION_RAM, .size = GUEST_PAGE, .host = rig.machine.arena->low_ram});
}

/* Blocks go when other memory answers where theirs did, on their second page too; and no others. */
static void test_map_change_drops_what_moved(void **state)
{
    const uint32_t branch = RIG_CODE + GUEST_PAGE - 4;
    const uint32_t pair[] = {BEQ(0, 0, 1), NOP};
    rig_words(&rig, branch, pair, 2);
    run_pairs(10);
    rig_start(&rig, 0);
    *cpu_pc(rig.cpu) = branch;
    assert_int_equal(cpu_run(rig.cpu, 2), CPU_EXIT_LIMIT);
    map_other_memory(0x10000000);
    assert_int_equal(there(10), 0x3ff);
    assert_non_null(find(branch));
    unsigned second = map_other_memory(CODE_PHYS + GUEST_PAGE);
    assert_int_equal(there(10), 0x3ff);
    assert_null(find(branch));
    physmap_move(rig.machine.phys, second, 0, 0);
    map_other_memory(CODE_PHYS);
    assert_int_equal(there(10), 0);
}

/* Breakpoints */

enum { ADDRESSES = 3000, CHANGES = 60000 };

static uint32_t address(unsigned i)
{
    return i % 3 == 0 ? 4 * i : i % 3 == 1 ? 0x80000000u + 4 * i : 0xffff0000u + 4 * i;
}

static void test_breakpoint_table(void **state)
{
    static unsigned counts[ADDRESSES];
    uint64_t random = 99;
    memset(counts, 0, sizeof(counts));
    for (unsigned change = 0; change < CHANGES; change++) {
        unsigned i = (unsigned)random_below(&random, ADDRESSES);
        bool mostly_insert = change < CHANGES / 2;
        if (random_below(&random, 4) < (mostly_insert ? 3 : 1)) {
            cpu_breakpoint_insert(rig.cpu, address(i));
            counts[i]++;
        } else {
            assert_int_equal(cpu_breakpoint_remove(rig.cpu, address(i)), counts[i] > 0);
            counts[i] -= counts[i] > 0;
        }
        assert_int_equal(cpu_breakpoint_at(rig.cpu, address(i)), counts[i] > 0);
    }
    for (unsigned i = 0; i < ADDRESSES; i++)
        assert_int_equal(cpu_breakpoint_at(rig.cpu, address(i)), counts[i] > 0);
}

/* Stepping by breakpoints: each address once, for ever. */
static void test_breakpoints_come_and_go(void **state)
{
    for (uint32_t pc = 0; pc < 400000; pc += 4) {
        cpu_breakpoint_insert(rig.cpu, pc);
        assert_true(cpu_breakpoint_at(rig.cpu, pc));
        assert_true(cpu_point_near(rig.cpu, pc - 4));
        assert_true(cpu_breakpoint_remove(rig.cpu, pc));
        assert_false(cpu_breakpoint_at(rig.cpu, pc));
        assert_false(cpu_breakpoint_remove(rig.cpu, pc));
    }
}

/* One drops the block with its instruction, and the block whose slot it is; no other. */
static void test_breakpoint_drops_its_block(void **state)
{
    run_pairs(10);
    cpu_breakpoint_insert(rig.cpu, RIG_CODE + 8 * 4 + 4);
    assert_int_equal(there(10), 0x3ff & ~(1u << 4));
    run_pairs(4);
    cpu_breakpoint_insert(rig.cpu, RIG_CODE + 8 * 2);
    assert_int_equal(there(10) & 1, 1);
    assert_int_equal(there(10) & 1 << 2, 0);
    assert_int_equal(there(10) & 1 << 8, 1 << 8);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_found_by_all_three),         TEST(test_drop_by_bytes),
        TEST(test_page_without_blocks),        TEST(test_drop_by_address),
        TEST(test_block_on_two_pages),         TEST(test_loader_drops),
        TEST(test_slot_follows_mapping),       TEST(test_map_change_drops_what_moved),
        TEST(test_breakpoint_table),           TEST(test_breakpoints_come_and_go),
        TEST(test_breakpoint_drops_its_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
