/* The code TLB and its share of the jump cache: what a page that comes and goes may be entered by. */
#include "cpu/backend.h"
#include "cpu/mips/cp0.h"
#include "tests/core/rig.h"

#define VA         0x00400010u
#define SAME_PLACE (VA + (4u << JUMP_CACHE_BITS))
#define PHYS       0x10000u
#define OTHER_PHYS 0x20000u

static struct rig rig;
static const char code[2] = "c"; /* what is at an address: never run */

/* Pages next to each other. */
static void map(unsigned index, uint32_t va, uint32_t phys)
{
    rig_map_pair(&rig, index, va, phys, phys + GUEST_PAGE);
}

static void unmap(void)
{
    map(0, 0x00a00000, 0);
}

static uint32_t key(void)
{
    return jump_key(rig.cpu, rig.cpu->arch->state_key(rig.cpu));
}

static uint64_t fetch(uint32_t va)
{
    uint64_t phys = 0;
    assert_true(cpu_fetch_address(rig.cpu, va, key(), &phys));
    return phys;
}

static void enter(uint32_t va, const void *at)
{
    fetch(va);
    cpu_jump_cache_set(rig.cpu, va, key(), at);
}

/* What generated code would jump to. */
static const void *cached(uint32_t va)
{
    const struct jump_cache_entry *entry = cpu_jump_cache_at(rig.cpu, va, key());
    return entry->pc == va && entry->key == key() ? entry->code : NULL;
}

static void drop_block(void)
{
    assert_int_equal(cpu_run(rig.cpu, 1), CPU_EXIT_LIMIT);
    block_drop_all(rig.cpu, BLOCK_INTERP);
}

static int set_up(void **state)
{
    rig_open(&rig, &(const struct rig_config){ACCEL_INTERP, false, 0, 0});
    rig_code(&rig, NOP, NOP);
    rig_start(&rig, 0);
    map(0, VA, PHYS);
    enter(VA, &code[0]);
    assert_ptr_equal(cached(VA), &code[0]);
    return 0;
}

static int tear_down(void **state)
{
    rig_close(&rig);
    return 0;
}

static void nothing(void)
{
}

static void other_memory(void)
{
    map(0, VA, OTHER_PHYS);
    assert_int_equal(fetch(VA), OTHER_PHYS + 0x10);
    assert_null(cached(VA));
    unmap();
}

static void dropped_before(void)
{
    map(0, VA, PHYS);
    fetch(VA);
    drop_block();
    unmap();
}

static void place_taken(void)
{
    map(1, SAME_PLACE, OTHER_PHYS);
    enter(SAME_PLACE, &code[1]);
    assert_ptr_equal(cached(SAME_PLACE), &code[1]);
}

static void all_flushed(void)
{
    cpu_flush_all(rig.cpu);
}

static void page_filled(void)
{
    map(0, VA, PHYS);
    for (uint32_t i = 0; i <= CODE_TLB_REMEMBERED; i++)
        enter(VA + 4 * i, &code[1]);
    unmap();
}

static void other_key(void)
{
    map(0, VA, PHYS);
    rig.s->status ^= STATUS_ERL;
    enter(VA, &code[1]);
    unmap();
    assert_null(cached(VA));
    rig.s->status ^= STATUS_ERL;
}

static const struct row {
    const char *name;
    void (*meanwhile)(void);
    bool back; /* the page's entry is there again when the page is */
} rows[] = {
    {"the same memory",              nothing,        true },
    {"other memory meanwhile",       other_memory,   false},
    {"a block dropped meanwhile",    drop_block,     false},
    {"a block dropped before",       dropped_before, false},
    {"its place taken meanwhile",    place_taken,    true },
    {"all flushed meanwhile",        all_flushed,    false},
    {"more entries than remembered", page_filled,    false},
    {"entered in another mode",      other_key,      false},
};

static void comes_back(void **state)
{
    const struct row *row = *state;
    unmap();
    assert_null(cached(VA));
    row->meanwhile();
    assert_null(cached(VA));
    map(2, VA, PHYS);
    assert_null(cached(VA));
    assert_int_equal(fetch(VA), PHYS + 0x10);
    assert_ptr_equal(cached(VA), row->back ? &code[0] : NULL);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows)];
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, comes_back, set_up, tear_down, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
