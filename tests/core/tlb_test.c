/* The software TLB and its slow path over a fake guest: what each access asks of the guest, the device, the debugger, and when. */
#include "tests/softmmu/unit.h"

#include <string.h>

#include "softmmu/machine.h"
#include "softmmu/phys_watch.h"
#include "softmmu/tlb.h"
#include "softmmu/watch.h"
#include "softmmu/watch_map.h"

#define RAM_PAGES 400
#define RAM       0x00000000u /* virtual = physical unless said */
#define ALIAS     0x00a00000u /* RAM once more, at other indices of the TLB */
#define ROM       0x01000000u
#define DEVICE    0x01100000u
#define NOWHERE   0x01200000u /* translates, but nothing answers */
#define READ_ONLY 0x01300000u /* RAM's first page; stores fault */
#define UNMAPPED  0x01301000u
#define MIRROR    0x80000000u /* RAM's first page, over and over */

enum call_kind {
    CALL_NONE,
    CALL_TRANSLATE,
    CALL_MISALIGNED,
    CALL_SYNC,
    CALL_CODE,
    CALL_WATCH,
    CALL_READ,
    CALL_WRITE,
    CALL_FAULT
};
struct call {
    enum call_kind what;
    uint64_t a, b, c; /* address or offset; size or kind; value */
};

static struct {
    struct machine machine;
    struct mmu mmu;
    struct call calls[256];
    unsigned ncalls;
    bool stop;           /* what watched() answers */
    bool fault;          /* what faults_first() answers */
    uint8_t before_code; /* the first byte at the moment of code_written() */
} fake;

static void note(enum call_kind what, uint64_t a, uint64_t b, uint64_t c)
{
    assert_true(fake.ncalls < ARRAY_SIZE(fake.calls));
    fake.calls[fake.ncalls++] = (struct call){what, a, b, c};
}

static bool translate(void *cpu, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page)
{
    if (!probe)
        note(CALL_TRANSLATE, va, kind, mode);
    if ((va >= UNMAPPED && va < MIRROR) || (va >= READ_ONLY && va < MIRROR && kind == ACCESS_STORE))
        return false;
    uint64_t phys = va >= MIRROR              ? va & ~GUEST_PAGE_MASK
                    : va >= READ_ONLY         ? va - READ_ONLY
                    : va >= ALIAS && va < ROM ? va - ALIAS
                                              : va;
    *page = (struct mmu_page){phys, true};
    return true;
}

static void misaligned(void *cpu, uint32_t va, enum access_kind kind)
{
    note(CALL_MISALIGNED, va, kind, 0);
}

static void bus_error(void *cpu, uint32_t va, enum access_kind kind)
{
    fail();
}

static void sync(void *cpu)
{
    note(CALL_SYNC, 0, 0, 0);
}

static void code_written(void *cpu, size_t arena_page, size_t first, size_t last)
{
    note(CALL_CODE, arena_page, first, last);
    fake.before_code = fake.machine.arena->low_ram[0];
}

static bool faults_first(void *cpu)
{
    note(CALL_FAULT, 0, 0, 0);
    return fake.fault;
}

struct lowest {
    const struct watch_access *access;
    uint64_t offset;
};

static void keep_lowest(void *opaque, struct watch *watch, uint64_t offset, uint64_t length)
{
    struct lowest *lowest = opaque;
    assert_in_range(length, 1, lowest->access->length - offset);
    lowest->offset = offset < lowest->offset ? offset : lowest->offset;
}

static bool watched(void *cpu, const struct watch_access *access)
{
    struct lowest lowest = {access, UINT64_MAX};
    uint64_t value = 0;
    mmu_each_watch(&fake.mmu, access, keep_lowest, &lowest);
    if (lowest.offset == UINT64_MAX)
        return false;
    if (access->store)
        memcpy(&value, access->after, access->length);
    enum access_kind kind = access->store ? ACCESS_STORE : ACCESS_LOAD;
    note(CALL_WATCH, access->va + lowest.offset, (uint64_t)kind << 8 | access->length, value);
    return fake.stop;
}

static uint64_t device_read(void *opaque, uint64_t offset, unsigned size)
{
    note(CALL_READ, offset, size, 0);
    return 0x8899aabbccddeeff >> (8 * (offset & 7));
}

static void device_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    note(CALL_WRITE, offset, size, value);
}

static int set_up(void **state)
{
    static const struct mmu_ops ops = {translate, misaligned, bus_error, sync,         code_written, watched,
                                       NULL,      NULL,       NULL,      faults_first, NULL};
    static const struct mmio_ops device_ops = {.read = device_read, .write = device_write};
    size_t ram = RAM_PAGES * ARENA_PAGE;
    memset(&fake, 0, sizeof(fake));
    struct arena *arena = arena_new(ram, ram + ARENA_PAGE, ARENA_PAGE, ARENA_PAGE);
    machine_init(&fake.machine, arena, false);
    struct physmap *map = fake.machine.phys = physmap_new("system", 32, 0x5a, false);
    physmap_add(map, RAM, 0, &(struct region){.name = "ram", .kind = REGION_RAM, .size = ram, .host = arena->low_ram});
    uint8_t *rom = arena_alloc(arena, "rom", ARENA_RAM, ARENA_PAGE);
    physmap_add(map, ROM, 0, &(struct region){.name = "rom", .kind = REGION_ROM, .size = ARENA_PAGE, .host = rom});
    physmap_add(map, DEVICE, 0, &(struct region){.name = "device", .kind = REGION_MMIO, .size = GUEST_PAGE, .ops = &device_ops});
    mmu_init(&fake.mmu, &fake.machine, &ops, NULL);
    for (size_t i = 0; i < ram; i++)
        arena->low_ram[i] = (uint8_t)(i * 7 + (i >> 8));
    return 0;
}

static int tear_down(void **state)
{
    mmu_free(&fake.mmu);
    inputs_free(fake.machine.inputs);
    physmap_free(fake.machine.phys);
    arena_free(fake.machine.arena);
    return 0;
}

static uint8_t *ram_at(uint32_t offset)
{
    return fake.machine.arena->low_ram + offset;
}

static uint64_t load(uint32_t va, unsigned memop)
{
    uint64_t value = 0;
    assert_true(mmu_load(&fake.mmu, va, memop, 0, &value));
    return value;
}

static void store(uint32_t va, unsigned memop, uint64_t value)
{
    assert_true(mmu_store(&fake.mmu, va, memop, 0, value));
}

static const struct tlb_entry *entry(uint32_t va, bool is_store)
{
    return &fake.mmu.tlb[0][is_store][tlb_index(va)];
}

static bool present(uint32_t va, bool is_store)
{
    const struct tlb_entry *at = entry(va, is_store);
    return !(at->tag & TLB_INVALID) && (at->tag & GUEST_PAGE_MASK) == (va & GUEST_PAGE_MASK);
}

static void assert_calls(unsigned count, ...)
{
    va_list list;
    assert_int_equal(fake.ncalls, count);
    va_start(list, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(fake.calls[i].what, va_arg(list, int));
    va_end(list);
    fake.ncalls = 0;
}

static void test_fill(void **state)
{
    load(RAM + 0x2010, MO_32);
    assert_calls(1, CALL_TRANSLATE);
    const struct tlb_entry *at = entry(RAM + 0x2010, false);
    assert_int_equal(at->tag, RAM + 0x2000); /* no flag: generated code will hit it */
    assert_int_equal(at->frame, 2);
    assert_ptr_equal((uint8_t *)(at->addend + 0x2010), ram_at(0x2010));
    load(RAM + 0x2ffc, MO_32);
    assert_calls(0);
    assert_int_equal(fake.mmu.fills, 1);
    assert_false(present(RAM + 0x2000, true)); /* stores have their own */
    uint64_t value;
    assert_true(mmu_load(&fake.mmu, RAM + 0x2010, MO_32, 1, &value)); /* and so have modes */
    assert_int_equal(fake.calls[0].c, 1);
    assert_calls(1, CALL_TRANSLATE);
}

static void test_sizes_and_signs(void **state)
{
    static const struct {
        unsigned memop;
        uint64_t value;
    } rows[] = {
        {MO_8,                      0x92              },
        {MO_8 | MO_SIGN,            0xffffff92        },
        {MO_16,                     0x8192            },
        {MO_16 | MO_SIGN,           0xffff8192        },
        {MO_16 | MO_SIGN | MO_SWAP, 0xffff9281        },
        {MO_16 | MO_SWAP,           0x9281            },
        {MO_32,                     0xb4a38192        },
        {MO_32 | MO_SWAP,           0x9281a3b4        },
        {MO_64,                     0x78e7d6c5b4a38192},
        {MO_64 | MO_SWAP,           0x9281a3b4c5d6e778},
    };
    memcpy(ram_at(0x100), (const uint8_t[]){0x92, 0x81, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0x78}, 8);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(load(RAM + 0x100, rows[i].memop), rows[i].value);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t size = (size_t)1 << (rows[i].memop & MO_SIZE);
        memset(ram_at(0x200), 0xee, 16);
        store(RAM + 0x200, rows[i].memop, rows[i].value);
        assert_memory_equal(ram_at(0x200), ram_at(0x100), size);
        assert_int_equal(*ram_at(0x200 + (uint32_t)size), 0xee);
    }
}

static void test_misaligned(void **state)
{
    for (unsigned size = MO_16; size <= MO_64; size++)
        for (uint32_t offset = 1; offset < 1u << size; offset++) {
            uint64_t value;
            assert_false(mmu_load(&fake.mmu, UNMAPPED + offset, size, 0, &value)); /* alignment is judged first */
            assert_false(mmu_store(&fake.mmu, RAM + offset, size, 0, 0));
            assert_int_equal(fake.calls[0].a, UNMAPPED + offset);
            assert_int_equal(fake.calls[0].b, ACCESS_LOAD);
            assert_int_equal(fake.calls[1].b, ACCESS_STORE);
            assert_calls(2, CALL_MISALIGNED, CALL_MISALIGNED);
        }
}

static void test_faults(void **state)
{
    uint64_t value;
    assert_false(mmu_load(&fake.mmu, UNMAPPED, MO_32, 0, &value));
    assert_false(mmu_store(&fake.mmu, READ_ONLY, MO_32, 0, 1));
    assert_calls(2, CALL_TRANSLATE, CALL_TRANSLATE);
    assert_false(present(UNMAPPED, false));
    assert_false(present(READ_ONLY, true));
    load(READ_ONLY, MO_32);
    assert_false(mmu_store(&fake.mmu, READ_ONLY, MO_32, 0, 1)); /* being loaded makes it no more writable */
}

static uint8_t flags_of(uint32_t offset)
{
    return fake.mmu.page_flags[arena_page_of(fake.machine.arena, ram_at(offset))];
}

static void test_dirty(void **state)
{
    assert_int_equal(flags_of(0x3000), 0);
    load(RAM + 0x3000, MO_32);
    assert_int_equal(flags_of(0x3000), 0);
    store(RAM + 0x3000, MO_32, 1);
    assert_int_equal(flags_of(0x3000), PAGE_DIRTY);
    assert_int_equal(entry(RAM + 0x3000, true)->tag, RAM + 0x3000);
    assert_int_equal(fake.mmu.clean, 1);
    store(ALIAS + 0x3000, MO_32, 1); /* known to be dirty when the entry is made */
    assert_int_equal(fake.mmu.clean, 1);
    mmu_clean_all(&fake.mmu);
    assert_int_equal(flags_of(0x3000), 0);
    store(ALIAS + 0x3000, MO_32, 1);
    assert_int_equal(flags_of(0x3000), PAGE_DIRTY);
    assert_int_equal(fake.mmu.clean, 2);
    store(RAM + 0x3000, MO_32, 1); /* the other entry was cleaned too */
    assert_int_equal(fake.mmu.clean, 3);
}

static void test_code_pages(void **state)
{
    size_t page = arena_page_of(fake.machine.arena, ram_at(0));
    store(RAM, MO_8, 0x11);
    store(ALIAS, MO_8, 0x11);
    fake.mmu.page_flags[page] |= PAGE_CODE;
    mmu_protect_page(&fake.mmu, page);
    fake.ncalls = 0;
    for (unsigned i = 0; i < 2; i++) {
        store(i ? ALIAS : RAM, MO_32, 0x22222222);
        assert_int_equal(fake.calls[0].a, page);
        assert_int_equal(fake.calls[0].b, 0);
        assert_int_equal(fake.calls[0].c, 3);
        assert_calls(1, CALL_CODE);
        assert_int_equal(fake.before_code, i ? 0x22 : 0x11);
    }
    store(RAM + 0x7fe, MO_16, 1); /* each store asks, as long as there is code */
    assert_int_equal(fake.calls[0].b, 0x7fe);
    assert_int_equal(fake.calls[0].c, 0x7ff);
    assert_calls(1, CALL_CODE);
    fake.mmu.page_flags[page] &= (uint8_t)~PAGE_CODE;
    store(RAM, MO_32, 0);
    assert_calls(0);
    assert_int_equal(entry(RAM, true)->tag, RAM);
}

static void fill_many(void)
{
    for (uint32_t i = 0; i < 300; i++) {
        load(RAM + i * GUEST_PAGE, MO_32);
        store(RAM + i * GUEST_PAGE, MO_32, i);
        fake.ncalls = 0;
    }
}

static void test_flushes(void **state)
{
    static const struct {
        uint32_t first, last;
        bool outside;
    } rows[] = {
        {0x5000,     0x5fff,     false},
        {0x5ffc,     0x6003,     false},
        {0x5800,     0x5803,     false},
        {0,          0x3ffff,    false},
        {0,          0xffffffff, false},
        {0x40000,    0xffffffff, false},
        {0xfff,      0x80000,    false},
        {0x10000,    0x1ffff,    true },
        {0x80000000, 0xbfffffff, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fill_many();
        if (rows[i].outside)
            mmu_flush_outside(&fake.mmu, rows[i].first, rows[i].last);
        else
            mmu_flush_range(&fake.mmu, rows[i].first, rows[i].last);
        for (uint32_t page = 0; page < 300; page++) {
            uint32_t va = RAM + page * GUEST_PAGE;
            bool inside = va + GUEST_PAGE - 1 >= rows[i].first && va <= rows[i].last;
            assert_int_equal(present(va, false), inside == rows[i].outside);
            assert_int_equal(present(va, true), inside == rows[i].outside);
        }
        fake.ncalls = 0;
        mmu_flush_all(&fake.mmu);
        assert_false(present(RAM, false));
    }
}

/* Two pages of one index: a flush of the one that is not there leaves the other. */
static void test_flush_of_an_absent_page(void **state)
{
    uint32_t va = RAM + 0x4000, other = va + (TLB_ENTRIES << GUEST_PAGE_BITS);
    load(va, MO_32);
    mmu_flush_range(&fake.mmu, other, other + 4);
    assert_true(present(va, false));
}

static void test_watch(void **state)
{
    load(RAM + 0x6000, MO_32);
    store(RAM + 0x6000, MO_32, 0);
    load(RAM + 0x7000, MO_32);
    watch_insert(fake.mmu.watches, RAM + 0x6022, 2, WATCH_WRITE, false);
    assert_false(present(RAM + 0x6000, true));
    assert_true(present(RAM + 0x7000, false));
    load(RAM + 0x6020, MO_32);
    assert_int_equal(entry(RAM + 0x6000, false)->tag, RAM + 0x6000); /* loads are not slowed by a write watch */
    fake.ncalls = 0;
    store(RAM + 0x6024, MO_32, 5);
    assert_calls(1, CALL_TRANSLATE);
    assert_true(entry(RAM + 0x6000, true)->tag & TLB_WATCH);
    store(RAM + 0x6020, MO_32, 0x77);
    assert_int_equal(fake.calls[0].a, RAM + 0x6022);
    assert_int_equal(fake.calls[0].b, ACCESS_STORE << 8 | 4);
    assert_int_equal(fake.calls[0].c, 0x77);
    assert_calls(1, CALL_WATCH);
    assert_int_equal(load(RAM + 0x6020, MO_32), 0x77); /* nobody stopped it */
    fake.stop = true;
    assert_false(mmu_store(&fake.mmu, RAM + 0x6020, MO_32, 0, 0x88));
    assert_int_equal(load(RAM + 0x6020, MO_32), 0x77);
    watch_remove(fake.mmu.watches, RAM + 0x6022, 2, WATCH_WRITE);
    store(RAM + 0x6020, MO_32, 0x99);
    assert_false(entry(RAM + 0x6000, true)->tag & TLB_WATCH);
}

/* The watched store is left before the page becomes dirty and before code on it is dropped; a device does not see it. */
static void test_stopped_store_has_no_effect(void **state)
{
    fake.stop = true;
    watch_insert(fake.mmu.watches, RAM + 0x8000, 4, WATCH_WRITE, false);
    watch_insert(fake.mmu.watches, DEVICE, 4, WATCH_ACCESS, false);
    uint64_t value;
    assert_false(mmu_store(&fake.mmu, RAM + 0x8000, MO_32, 0, 1));
    assert_int_equal(flags_of(0x8000), 0);
    assert_false(mmu_store(&fake.mmu, DEVICE, MO_32, 0, 1));
    assert_false(mmu_load(&fake.mmu, DEVICE, MO_32, 0, &value));
    assert_calls(6, CALL_TRANSLATE, CALL_WATCH, CALL_TRANSLATE, CALL_WATCH, CALL_TRANSLATE, CALL_WATCH);
}

static void test_device(void **state)
{
    assert_int_equal(load(DEVICE + 4, MO_32), 0x8899aabb);
    assert_int_equal(load(DEVICE + 4, MO_32 | MO_SWAP), 0xbbaa9988);
    assert_int_equal(load(DEVICE + 3, MO_8 | MO_SIGN), 0xffffffcc);
    assert_true(entry(DEVICE, false)->tag & TLB_IO);
    assert_calls(7, CALL_TRANSLATE, CALL_SYNC, CALL_READ, CALL_SYNC, CALL_READ, CALL_SYNC, CALL_READ);
    store(DEVICE + 8, MO_16 | MO_SWAP, 0x1234);
    assert_int_equal(fake.calls[2].a, 8);
    assert_int_equal(fake.calls[2].b, 2);
    assert_int_equal(fake.calls[2].c, 0x3412);
    assert_calls(3, CALL_TRANSLATE, CALL_SYNC, CALL_WRITE);
    assert_int_equal(fake.mmu.io, 4);
    assert_int_equal(load(NOWHERE, MO_16), 0x5a5a);
}

static void test_rom(void **state)
{
    load(ROM, MO_32);
    assert_int_equal(entry(ROM, false)->tag, ROM);
    store(ROM, MO_32, 0xdeadbeef);
    assert_int_equal(load(ROM, MO_32), 0);
    assert_true(entry(ROM, true)->tag & TLB_IO);
}

static void test_partial_bytes(void **state)
{
    uint8_t bytes[4];
    for (uint32_t first = 0; first < 4; first++)
        for (unsigned length = 1; first + length <= 4; length++) {
            memset(ram_at(0x300), 0xee, 8);
            assert_true(mmu_store_bytes(&fake.mmu, RAM + 0x300 + first, length, 0, (const uint8_t[]){1, 2, 3, 4}));
            for (uint32_t i = 0; i < 4; i++)
                assert_int_equal(*ram_at(0x300 + i), i >= first && i < first + length ? i - first + 1 : 0xee);
            assert_true(mmu_load_bytes(&fake.mmu, RAM + 0x300 + first, length, 0, bytes));
            assert_memory_equal(bytes, ((const uint8_t[]){1, 2, 3, 4}), length);
        }
    fake.ncalls = 0;
    assert_true(mmu_load_bytes(&fake.mmu, DEVICE + 1, 2, 0, bytes)); /* a load reads the whole word, once */
    assert_int_equal(fake.calls[2].a, 0);
    assert_int_equal(fake.calls[2].b, 4);
    assert_memory_equal(bytes, ((const uint8_t[]){0xee, 0xdd}), 2);
    assert_calls(3, CALL_TRANSLATE, CALL_SYNC, CALL_READ);
    assert_true(mmu_store_bytes(&fake.mmu, DEVICE + 2, 2, 0, (const uint8_t[]){7, 8})); /* a store just its bytes */
    assert_int_equal(fake.calls[2].a, 2);
    assert_int_equal(fake.calls[2].c, 7);
    assert_int_equal(fake.calls[3].a, 3);
    assert_int_equal(fake.calls[3].c, 8);
    assert_calls(4, CALL_TRANSLATE, CALL_SYNC, CALL_WRITE, CALL_WRITE);
}

static void test_partial_watch(void **state)
{
    watch_insert(fake.mmu.watches, RAM + 0x302, 1, WATCH_ACCESS, false);
    uint8_t bytes[4] = {0};
    mmu_load_bytes(&fake.mmu, RAM + 0x300, 2, 0, bytes);
    mmu_store_bytes(&fake.mmu, RAM + 0x303, 1, 0, bytes);
    assert_calls(2, CALL_TRANSLATE, CALL_TRANSLATE);
    mmu_load_bytes(&fake.mmu, RAM + 0x301, 3, 0, bytes);
    assert_int_equal(fake.calls[0].a, RAM + 0x302);
    mmu_store_bytes(&fake.mmu, RAM + 0x300, 3, 0, bytes);
    assert_calls(2, CALL_WATCH, CALL_WATCH);
}

/* An access that was made already is answered, whatever it would meet now, and the next one is made. */
static void test_performed(void **state)
{
    uint64_t value;
    uint8_t bytes[4];
    fake.mmu.performed.active = true;
    fake.mmu.performed.value = 0x123;
    assert_true(mmu_load(&fake.mmu, UNMAPPED, MO_32, 0, &value));
    assert_int_equal(value, 0x123);
    assert_false(fake.mmu.performed.active);
    fake.mmu.performed.active = true;
    store(DEVICE, MO_32, 1);
    fake.mmu.performed.active = true;
    fake.mmu.performed.value = 0x0201;
    assert_true(mmu_load_bytes(&fake.mmu, DEVICE, 2, 0, bytes));
    assert_memory_equal(bytes, ((const uint8_t[]){1, 2}), 2);
    fake.mmu.performed.active = true;
    assert_true(mmu_store_bytes(&fake.mmu, DEVICE, 2, 0, bytes));
    assert_calls(0);
    store(DEVICE, MO_32, 1);
    assert_calls(3, CALL_TRANSLATE, CALL_SYNC, CALL_WRITE);
}

static void test_debugger(void **state)
{
    static uint8_t bytes[3 * GUEST_PAGE], back[3 * GUEST_PAGE];
    uint32_t end = RAM_PAGES * GUEST_PAGE;
    memset(bytes, 0x3c, sizeof(bytes));
    assert_int_equal(mmu_debug_write(&fake.mmu, RAM + 0x9ff0, 0, bytes, 0x1020), 0x1020);
    assert_memory_equal(ram_at(0x9ff0), bytes, 0x1020);
    assert_int_equal(mmu_debug_write(&fake.mmu, READ_ONLY, 0, bytes, 1), 1); /* what the guest may not, the debugger may */
    assert_int_equal(mmu_debug_read(&fake.mmu, RAM + 0x9ff0, 0, back, 0x1020), 0x1020);
    assert_memory_equal(back, bytes, 0x1020);
    assert_int_equal(mmu_debug_read(&fake.mmu, UNMAPPED - 8, 0, back, 16), 8);
    assert_true(mmu_debug_read(&fake.mmu, RAM + end - 8, 0, back, 16) <= 8);
    assert_int_equal(fake.mmu.fills, 0);
    assert_calls(0);
}

/* Slots of both kinds for the pages at 0x3000 and 0x5000, as a back end fills them. */
static void fill_slots(void)
{
    fake.mmu.watch_slots_used = true;
    for (unsigned store_kind = 0; store_kind < 2; store_kind++)
        for (unsigned i = 0; i < 2; i++) {
            fake.mmu.slot_pages[page_slots_note(RAM + 0x3000 + 0x2000 * i)] = 1;
            fake.mmu.slots[0][store_kind].tag[i] = RAM + 0x3000 + 0x2000 * i;
            fake.mmu.watch_slots[1][store_kind].tag[i] = RAM + 0x3000 + 0x2000 * i;
        }
}

enum { SLOTS_NONE = 0, SLOTS_LOADS = 3, SLOTS_FIRST = 5, SLOTS_SECOND = 10, SLOTS_ALL = 15 };

/* Which of them are held: of loads at 0x3000 and 0x5000, of stores likewise. */
static unsigned slots_held(void)
{
    unsigned held = 0;
    for (unsigned i = 0; i < 4; i++) {
        bool plain = !(fake.mmu.slots[0][i / 2].tag[i % 2] & TLB_INVALID);
        assert_int_equal(!(fake.mmu.watch_slots[1][i / 2].tag[i % 2] & TLB_INVALID), plain);
        held |= (unsigned)plain << i;
    }
    return held;
}

#define assert_slots_after(held, act)                                                                                            \
    do {                                                                                                                         \
        fill_slots();                                                                                                            \
        act;                                                                                                                     \
        assert_int_equal(slots_held(), held);                                                                                    \
    } while (0)

/* Stores to pages whose maps of watched bytes are more than there may be at a time. */
static void fill_watch_maps(void)
{
    watch_insert(fake.mmu.watches, MIRROR, (WATCH_MAPS_MOST + 1) * GUEST_PAGE, WATCH_WRITE, false);
    for (uint32_t i = 0; i <= WATCH_MAPS_MOST; i++) {
        store(MIRROR + i * GUEST_PAGE, MO_32, 1);
        fake.ncalls = 0;
    }
}

/* Whatever makes an entry stale or flags it makes the slots of its page stale. */
static void test_page_slots(void **state)
{
    static struct watch_owner owner;
    assert_int_equal(slots_held(), SLOTS_NONE);
    assert_slots_after(SLOTS_ALL, store(RAM + 0x3000, MO_32, 1));
    assert_slots_after(SLOTS_NONE, mmu_flush_all(&fake.mmu));
    assert_slots_after(SLOTS_SECOND, mmu_flush_range(&fake.mmu, RAM + 0x3ffc, RAM + 0x3ffc));
    assert_slots_after(SLOTS_FIRST, mmu_flush_range(&fake.mmu, RAM + 0x4000, RAM + 0x5000));
    assert_slots_after(SLOTS_NONE, mmu_flush_range(&fake.mmu, RAM, 0xffffffff));
    assert_slots_after(SLOTS_FIRST, mmu_flush_outside(&fake.mmu, RAM + 0x3000, RAM + 0x4fff));
    assert_slots_after(SLOTS_SECOND, mmu_flush_outside(&fake.mmu, RAM + 0x5000, 0xffffffff));
    assert_slots_after(SLOTS_LOADS, mmu_clean_all(&fake.mmu));
    assert_slots_after(SLOTS_LOADS, mmu_protect_page(&fake.mmu, arena_page_of(fake.machine.arena, ram_at(0x3000))));
    assert_slots_after(SLOTS_SECOND, watch_insert(fake.mmu.watches, RAM + 0x3123, 1, WATCH_WRITE, false));
    assert_slots_after(SLOTS_NONE, phys_watch_insert(fake.mmu.phys_watches, 0x5123, 1, WATCH_WRITE, &owner));
    assert_slots_after(SLOTS_NONE, fill_watch_maps());
}

/* The entry of any mode and kind that is there, and what slots hold of it. */
static void test_one_entry(void **state)
{
    fake.mmu.one_entry = true;
    load(RAM + 0x3000, MO_32);
    assert_slots_after(SLOTS_SECOND, load(RAM + 0x5000, MO_32));
    assert_true(present(RAM + 0x5000, false));
    assert_false(present(RAM + 0x3000, false));
    store(RAM + 0x5000, MO_32, 1);
    assert_true(present(RAM + 0x5000, true));
    assert_false(present(RAM + 0x5000, false));
    mmu_flush_all(&fake.mmu);
    load(RAM + 0x3000, MO_32);
    assert_true(present(RAM + 0x3000, false));
}

/* The question comes before everything else, and the entry keeps sending accesses here. */
static void test_fault_first(void **state)
{
    uint64_t value = 0;
    fake.mmu.fault_first = fake.fault = true;
    assert_false(mmu_load(&fake.mmu, RAM + 1, MO_32, 0, &value));
    assert_false(mmu_store(&fake.mmu, DEVICE, MO_32, 0, 1));
    assert_false(mmu_load_bytes(&fake.mmu, RAM, 1, 0, (uint8_t *)&value));
    assert_false(mmu_store_bytes(&fake.mmu, RAM, 1, 0, (const uint8_t *)&value));
    assert_calls(4, CALL_FAULT, CALL_FAULT, CALL_FAULT, CALL_FAULT);
    fake.fault = false;
    load(RAM, MO_32);
    assert_calls(2, CALL_FAULT, CALL_TRANSLATE);
    assert_int_equal(entry(RAM, false)->tag, RAM | TLB_SLOW);
}

static void test_code_host(void **state)
{
    assert_ptr_equal(mmu_code_host(&fake.mmu, 0x5004), ram_at(0x5004));
    assert_non_null(mmu_code_host(&fake.mmu, ROM));
    assert_null(mmu_code_host(&fake.mmu, DEVICE));
    assert_null(mmu_code_host(&fake.mmu, NOWHERE));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fill),          TEST(test_sizes_and_signs), TEST(test_misaligned), TEST(test_faults),
        TEST(test_dirty),         TEST(test_code_pages),      TEST(test_flushes),    TEST(test_flush_of_an_absent_page),
        TEST(test_watch),         TEST(test_device),          TEST(test_rom),        TEST(test_stopped_store_has_no_effect),
        TEST(test_partial_bytes), TEST(test_partial_watch),   TEST(test_performed),  TEST(test_debugger),
        TEST(test_code_host),     TEST(test_page_slots),      TEST(test_one_entry),  TEST(test_fault_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
