/* Physical watches: whichever way the memory is reached, by the CPU or by a device, the exact bytes hit, and nothing else does. */
#include "tests/core/rig.h"

#include <string.h>

#include "cpu/mips/cp0.h"
#include "softmmu/dma.h"
#include "softmmu/phys_watch.h"
#include "softmmu/watch_map.h"

#define PHYS       0x10000u /* of RIG_DATA */
#define ALIAS_PHYS 0x08000000u
#define USER_PAGE  0x00400000u
#define OTHER_PAGE 0xc0002000u
#define THIRD_PAGE 0xc0006000u
#define OLD        0x0102030405060708ull
#define NEW        0x1122334455667788ull

#define LH(rt, imm, rs)   MEM(0x21, rt, imm, rs)
#define SH(rt, imm, rs)   MEM(0x29, rt, imm, rs)
#define LDC1(ft, imm, rs) MEM(0x35, ft, imm, rs)
#define LBU(rt, imm, rs)  MEM(0x24, rt, imm, rs)
#define LHU(rt, imm, rs)  MEM(0x25, rt, imm, rs)
#define LWC1(ft, imm, rs) MEM(0x31, ft, imm, rs)
#define SWC1(ft, imm, rs) MEM(0x39, ft, imm, rs)

/* What an owner was told, and his answer. */
struct teller {
    struct watch_owner owner;
    bool stop;
    unsigned told;
    struct watch_access access;
    uint64_t offset, length, before, after;
};

static bool told(struct watch_owner *owner, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    struct teller *teller = (struct teller *)owner;
    teller->told++;
    teller->access = *access;
    teller->offset = offset;
    teller->length = length;
    if (access->before)
        memcpy(&teller->before, access->before, min_u64(8, access->length));
    if (access->after)
        memcpy(&teller->after, access->after, min_u64(8, access->length));
    return teller->stop;
}

/* Low RAM once more at another physical address, and two mapped pages. */
static void map_aliases(struct rig *rig)
{
    const struct region ram = {.name = "alias", .kind = REGION_RAM, .size = RIG_RAM, .host = rig->machine.arena->low_ram};
    physmap_add(rig->machine.phys, ALIAS_PHYS, 0, &ram);
    rig->s->tlb[0] = (struct mips_tlb_entry){
        .vpn2 = USER_PAGE, .lo = {PHYS >> 6 | 7, PHYS >> 6 | 7},
             .global = 1
    };
    rig->s->tlb[1] = (struct mips_tlb_entry){
        .vpn2 = OTHER_PAGE, .lo = {PHYS >> 6 | 7, PHYS >> 6 | 7},
             .asid = 5
    };
    rig->s->tlb[2] = (struct mips_tlb_entry){
        .vpn2 = THIRD_PAGE, .lo = {PHYS >> 6 | 7, PHYS >> 6 | 7},
             .asid = 9
    };
    rig->s->entry_hi = 5;
}

static const struct alias {
    const char *name;
    uint32_t va, asid;
} aliases[] = {
    {"kseg0",                   RIG_DATA,           5},
    {"kseg1",                   0xa0010000,         5},
    {"other address",           0x88010000,         5},
    {"mapped",                  USER_PAGE,          5},
    {"mapped, second half",     USER_PAGE + 0x1000, 5},
    {"mapped for an ASID",      OTHER_PAGE,         5},
    {"mapped for another ASID", THIRD_PAGE,         9},
};

static const struct access_row {
    const char *name;
    uint32_t code;
    bool store;
    unsigned at, size; /* from A1; of lwl and the like as in little-endian; size 0: touches nothing */
    bool partial, linked;
} access_rows[] = {
    {"lb",            LB(T1,  3, A1), false, 3, 1, false, false},
    {"lbu",           LBU(T1, 3, A1), false, 3, 1, false, false},
    {"lh",            LH(T1,  2, A1), false, 2, 2, false, false},
    {"lhu",           LHU(T1, 2, A1), false, 2, 2, false, false},
    {"lw",            LW(T1,  4, A1), false, 4, 4, false, false},
    {"ll",            LL(T1,  4, A1), false, 4, 4, false, false},
    {"lwl",           LWL(T1, 1, A1), false, 0, 2, true,  false},
    {"lwr",           LWR(T1, 1, A1), false, 1, 3, true,  false},
    {"lwc1",          LWC1(2, 4, A1), false, 4, 4, false, false},
    {"ldc1",          LDC1(2, 0, A1), false, 0, 8, false, false},
    {"sb",            SB(T0,  3, A1), true,  3, 1, false, false},
    {"sh",            SH(T0,  2, A1), true,  2, 2, false, false},
    {"sw",            SW(T0,  4, A1), true,  4, 4, false, false},
    {"sc",            SC(T0,  4, A1), true,  4, 4, false, true },
    {"sc that fails", SC(T0,  4, A1), true,  4, 0, false, false},
    {"swl",           SWL(T0, 1, A1), true,  0, 2, true,  false},
    {"swr",           SWR(T0, 1, A1), true,  1, 3, true,  false},
    {"swc1",          SWC1(2, 4, A1), true,  4, 4, false, false},
    {"sdc1",          SDC1(2, 0, A1), true,  0, 8, false, false},
};

static void start_at(struct rig *rig, uint32_t va)
{
    const uint64_t old = OLD;
    rig_start(rig, 0x20000000); /* with an FPU */
    rig->s->entry_hi = 5;
    memcpy(rig->machine.arena->low_ram + PHYS, &old, sizeof(old));
    rig->s->gpr[A1] = va;
    rig->s->gpr[T0] = (uint32_t)NEW;
    rig->s->fpr_lo[2] = (uint32_t)NEW;
    rig->s->fpr_lo[3] = (uint32_t)(NEW >> 32);
}

/* The bytes that the row touches, from A1. */
static void touched(const struct rig *rig, const struct access_row *row, unsigned *first, unsigned *last)
{
    bool mirrored = row->partial && rig->machine.big_endian; /* within its word: lwl of byte 1 takes bytes 1 to 3 */
    *first = mirrored ? (row->at == 0 ? 1 : 0) : row->at;
    *last = mirrored ? (row->at == 0 ? 3 : 1) : row->at + row->size - 1;
}

/* As ll of the word before it does. */
static void link(struct rig *rig, const struct access_row *row, uint32_t va)
{
    rig->s->ll_bit = row->linked;
    rig->s->ll_address = va + 4;
    memcpy(&rig->s->ll_value, rig->machine.arena->low_ram + PHYS + 4, 4);
    if (rig->machine.big_endian)
        rig->s->ll_value = __builtin_bswap32(rig->s->ll_value);
}

static void check_byte(struct rig *rig, const struct access_row *row, const struct alias *alias, unsigned byte, unsigned kind)
{
    uint32_t va = alias->va;
    unsigned first, last;
    struct teller teller = {.owner = {told}, .stop = true};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS + byte, 1, kind, &teller.owner);
    touched(rig, row, &first, &last);
    bool hits = row->size && byte >= first && byte <= last && kind & (row->store ? WATCH_WRITE : WATCH_READ);
    start_at(rig, va);
    rig->s->entry_hi = alias->asid;
    link(rig, row, va);
    assert_int_equal(cpu_run(rig->cpu, 3), hits ? CPU_EXIT_DEBUG : CPU_EXIT_LIMIT);
    assert_int_equal(teller.told, hits);
    if (hits) {
        const struct debug_event *event = &rig->cpu->debug;
        assert_at(rig, 1, RIG_CODE + 4);
        assert_int_equal(event->lowest, va + byte);
        assert_int_equal(event->phys & 0xfffff, PHYS + byte);
        assert_int_equal(event->size, last - first + 1);
        assert_int_equal(event->pc, RIG_CODE + 4);
        assert_int_equal(teller.offset, byte - first);
        assert_int_equal(teller.length, 1);
        rig->cpu->skip_watch = true;
        assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
        assert_int_equal(teller.told, 1);
    }
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

static void test_aliases(void **state)
{
    struct rig *rig = *state;
    map_aliases(rig);
    for (size_t a = 0; a < ARRAY_SIZE(aliases); a++)
        for (size_t i = 0; i < ARRAY_SIZE(access_rows); i++) {
            const struct access_row *row = &access_rows[i];
            rig_code(rig, NOP, row->code, NOP);
            for (unsigned byte = 0; byte <= 8; byte++)
                for (unsigned kind = WATCH_READ; kind <= WATCH_ACCESS; kind++)
                    check_byte(rig, row, &aliases[a], byte, kind);
        }
}

/* The owner says no: the access is done as if nobody had asked, and the next one asks again. */
static void test_unwanted(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 4, WATCH_ACCESS, &teller.owner);
    rig_code(rig, SW(T0, 0, A1), LW(T1, 0, A1), BEQ(0, 0, -3), ADDIU(T0, T0, 1));
    start_at(rig, RIG_DATA);
    rig->s->gpr[T0] = 0;
    assert_int_equal(cpu_run(rig->cpu, 4000), CPU_EXIT_LIMIT);
    assert_int_equal(teller.told, 2000);
    assert_int_equal(rig->s->gpr[T1], 999);
    assert_int_equal(rig->s->gpr[T0], 1000);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

/* Everyone who watches the bytes is asked, once, and one who stops is enough. */
static void test_several(void **state)
{
    struct rig *rig = *state;
    struct teller tellers[3] = {
        {.owner = {told}},
        {.owner = {told}, .stop = true},
        {.owner = {told}              }
    };
    struct phys_watch *first = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 4, WATCH_WRITE, &tellers[0].owner);
    struct watch *virtual = watch_insert_owned(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, &tellers[1].owner);
    struct phys_watch *wide = phys_watch_insert(rig->cpu->mmu.phys_watches, 0, RIG_RAM, WATCH_WRITE, &tellers[2].owner);
    rig_code(rig, NOP, SW(T0, 0, A1), NOP);
    start_at(rig, RIG_DATA);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_DEBUG);
    assert_ptr_equal(rig->cpu->debug.watch, virtual);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(tellers[i].told, 1);
    watch_drop(rig->cpu->mmu.watches, virtual);
    start_at(rig, RIG_DATA);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_int_equal(tellers[2].told, 2);
    phys_watch_remove(rig->cpu->mmu.phys_watches, wide);
    start_at(rig, 0x80020000);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_int_equal(tellers[0].told, 2);
    phys_watch_remove(rig->cpu->mmu.phys_watches, first);
}

static const struct range_row {
    const char *name;
    uint64_t first, length;
    uint32_t va; /* of a word */
    bool hits;
} range_rows[] = {
    {"across pages, before",      0x10ffe,           4,                 0x80010ff8, false},
    {"across pages, lower",       0x10ffe,           4,                 0x80010ffc, true },
    {"across pages, upper",       0x10ffe,           4,                 0x80011000, true },
    {"across pages, behind",      0x10ffe,           4,                 0x80011004, false},
    {"many pages, first",         0x10800,           0x10000,           0x80010800, true },
    {"many pages, inner",         0x10800,           0x10000,           0x80018000, true },
    {"many pages, last",          0x10800,           0x10000,           0x800207fc, true },
    {"many pages, behind",        0x10800,           0x10000,           0x80020800, false},
    {"RAM's first byte",          0,                 1,                 0x80000000, true },
    {"RAM's last byte",           RIG_RAM - 1,       1,                 0x800ffffc, true },
    {"past RAM's end",            RIG_RAM - 1,       0x100,             0x800ffffc, true },
    {"behind RAM",                RIG_RAM,           0x100,             0x800ffffc, false},
    {"behind RAM, nothing there", RIG_RAM,           0x100,             0x80100000, true },
    {"all there is",              0,                 (uint64_t)1 << 32, 0x80010000, true },
    {"by the alias's address",    ALIAS_PHYS + PHYS, 4,                 0x80010000, true },
    {"a device",                  0x1f000002,        1,                 RIG_DEVICE, true },
    {"a device, beside",          0x1f000004,        1,                 RIG_DEVICE, false},
};

static void test_ranges(void **state)
{
    struct rig *rig = *state;
    map_aliases(rig);
    for (size_t i = 0; i < ARRAY_SIZE(range_rows); i++) {
        const struct range_row *row = &range_rows[i];
        for (unsigned store = 0; store < 2; store++) {
            struct teller teller = {.owner = {told}};
            struct phys_watch *watch =
                phys_watch_insert(rig->cpu->mmu.phys_watches, row->first, row->length, WATCH_ACCESS, &teller.owner);
            assert_non_null(watch);
            print_message("    %s\n", row->name);
            rig_code(rig, NOP, store ? SW(T0, 0, A1) : LW(T1, 0, A1), BEQ(0, 0, -2), NOP);
            start_at(rig, row->va);
            assert_int_equal(cpu_run(rig->cpu, 7), CPU_EXIT_LIMIT);
            assert_int_equal(teller.told, row->hits ? 2 : 0);
            phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
        }
    }
    struct teller nobody = {.owner = {told}};
    assert_null(phys_watch_insert(rig->cpu->mmu.phys_watches, 0, 0, WATCH_READ, &nobody.owner));
    assert_null(phys_watch_insert(rig->cpu->mmu.phys_watches, UINT64_MAX, 2, WATCH_READ, &nobody.owner));
}

/* A watch speaks of addresses: when other memory answers there, that is watched. */
static void test_moved_memory(void **state)
{
    struct rig *rig = *state;
    uint8_t *memory = rig->machine.arena->low_ram + 0x40000;
    const struct region window = {.name = "window", .kind = REGION_RAM, .size = GUEST_PAGE, .host = memory};
    unsigned handle = physmap_add(rig->machine.phys, 0x02000000, 0, &window);
    struct teller teller = {.owner = {told}};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, 0x03000000, 4, WATCH_WRITE, &teller.owner);
    rig_code(rig, NOP, SW(T0, 0, A1), NOP);
    for (unsigned moved = 0; moved < 2; moved++) {
        physmap_move(rig->machine.phys, handle, moved ? 0x03000000 : 0x02000000, GUEST_PAGE);
        start_at(rig, 0x80040000);
        assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
        assert_int_equal(teller.told, moved);
    }
    physmap_move(rig->machine.phys, handle, 0x02000000, GUEST_PAGE);
    start_at(rig, 0x80040000);
    assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
    assert_int_equal(teller.told, 1);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

static uint64_t register_read(void *opaque, uint64_t offset, unsigned size)
{
    return 0;
}

static void register_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
}

/* Behind RAM a page of ROM, behind that a page of registers, behind that nothing: a range may lie across any of them. */
static void map_borders(struct rig *rig)
{
    static const struct mmio_ops ops = {.read = register_read, .write = register_write};
    const struct region rom = {
        .name = "rom", .kind = REGION_ROM, .size = GUEST_PAGE, .host = rig->machine.arena->low_ram + 0x40000};
    const struct region registers = {.name = "registers", .kind = REGION_MMIO, .size = GUEST_PAGE, .ops = &ops};
    physmap_add(rig->machine.phys, RIG_RAM, 0, &rom);
    physmap_add(rig->machine.phys, RIG_RAM + GUEST_PAGE, 0, &registers);
}

static const struct border_row {
    const char *name;
    uint64_t first, length;
    uint32_t va; /* of a word */
    uint64_t phys;
    unsigned watched; /* bytes of it */
} border_rows[] = {
    {"RAM and ROM: RAM",           RIG_RAM - 2,      4,      0x800ffffc, RIG_RAM - 2,      2},
    {"RAM and ROM: ROM",           RIG_RAM - 2,      4,      0x80100000, RIG_RAM,          2},
    {"RAM and ROM: behind",        RIG_RAM - 2,      4,      0x80100004, 0,                0},
    {"ROM and registers: ROM",     RIG_RAM + 0xfff,  3,      0x80100ffc, RIG_RAM + 0xfff,  1},
    {"ROM and registers: these",   RIG_RAM + 0xfff,  3,      0xa0101000, RIG_RAM + 0x1000, 2},
    {"ROM and registers: behind",  RIG_RAM + 0xfff,  3,      0xa0101004, 0,                0},
    {"registers and nothing",      RIG_RAM + 0x1fff, 2,      0xa0101ffc, RIG_RAM + 0x1fff, 1},
    {"nothing behind registers",   RIG_RAM + 0x1fff, 2,      0xa0102000, RIG_RAM + 0x2000, 1},
    {"across all: RAM",            RIG_RAM - 1,      0x2002, 0x800ffffc, RIG_RAM - 1,      1},
    {"across all: ROM",            RIG_RAM - 1,      0x2002, 0x80100800, RIG_RAM + 0x800,  4},
    {"across all: registers",      RIG_RAM - 1,      0x2002, 0xa0101800, RIG_RAM + 0x1800, 4},
    {"across all: nothing",        RIG_RAM - 1,      0x2002, 0xa0102000, RIG_RAM + 0x2000, 1},
    {"memory that is ROM, as RAM", RIG_RAM + 0x10,   4,      0x80040010, 0x40010,          4},
    {"and the other way round",    0x40010,          4,      0x80100010, RIG_RAM + 0x10,   4},
};

static void test_borders(void **state)
{
    struct rig *rig = *state;
    map_borders(rig);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(border_rows); i++) {
        const struct border_row *row = &border_rows[i / 2];
        struct teller teller = {.owner = {told}, .stop = true};
        struct phys_watch *watch =
            phys_watch_insert(rig->cpu->mmu.phys_watches, row->first, row->length, WATCH_ACCESS, &teller.owner);
        print_message("    %s\n", row->name);
        rig_code(rig, NOP, i & 1 ? SW(T0, 0, A1) : LW(T1, 0, A1), NOP);
        start_at(rig, row->va);
        assert_int_equal(cpu_run(rig->cpu, 3), row->watched ? CPU_EXIT_DEBUG : CPU_EXIT_LIMIT);
        assert_int_equal(teller.told, row->watched != 0);
        if (row->watched) {
            assert_int_equal(rig->cpu->debug.phys, row->phys);
            assert_int_equal(teller.length, row->watched);
            rig->cpu->skip_watch = true;
            assert_int_equal(cpu_run(rig->cpu, 3), CPU_EXIT_LIMIT);
        }
        phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
    }
}

static void map_user_page(struct rig *rig, uint32_t va)
{
    rig->s->tlb[0] = (struct mips_tlb_entry){
        .vpn2 = va, .lo = {PHYS >> 6 | 7, PHYS >> 6 | 7},
             .global = 1
    };
    mips_wiring(rig->cpu)->tlb_index_of = 0;
}

static void load(struct rig *rig, uint32_t va)
{
    uint64_t value;
    assert_true(mmu_load(&rig->cpu->mmu, va, MO_32, 0, &value));
}

/* Maps of watched pages are bounded: those of long ago are drawn anew when their page is touched again. */
static void test_many_pages(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 4, WATCH_ACCESS, &teller.owner);
    struct watch *pages = watch_insert_owned(rig->cpu->mmu.watches, USER_PAGE, 1u << 30, WATCH_READ, &teller.owner);
    const struct tlb_entry *entry = &rig->cpu->mmu.tlb[0][0][tlb_index(RIG_DATA)];
    uint32_t flagged = RIG_DATA | TLB_WATCH | (rig->cpu->mmu.fault_first ? TLB_SLOW : 0);
    rig_code(rig, NOP);
    start_at(rig, RIG_DATA);
    load(rig, RIG_DATA + 4);
    assert_int_equal(entry->tag, flagged);
    unsigned i;
    for (i = 0; entry->tag == flagged && i < 2 * WATCH_MAPS_MOST; i++) { /* odd pages do not displace the entry */
        uint32_t va = USER_PAGE + i * 2 * GUEST_PAGE;
        map_user_page(rig, va);
        load(rig, va + GUEST_PAGE + 8);
        assert_int_equal(teller.told, i + 1);
    }
    assert_int_equal(i, rig->cpu->mmu.one_entry ? 1 : WATCH_MAPS_MOST);
    load(rig, RIG_DATA + 4);
    assert_int_equal(teller.told, i);
    load(rig, RIG_DATA);
    assert_int_equal(teller.told, i + 1);
    assert_int_equal(entry->tag, flagged);
    watch_drop(rig->cpu->mmu.watches, pages);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

/* DMA of 16 bytes into or out of PHYS + 8. */
static void transfer(struct rig *rig, bool store)
{
    uint8_t bytes[16];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(0xa0 + i);
    assert_true(store ? dma_write(&rig->machine, "disk", PHYS + 8, bytes, sizeof(bytes))
                      : dma_read(&rig->machine, "disk", PHYS + 8, bytes, sizeof(bytes)));
}

static void transfer_on_timer(struct rig *rig)
{
    transfer(rig, rig->noted);
}

static void transfer_on_write(struct rig *rig, uint64_t value)
{
    transfer(rig, value);
}

static const struct dma_row {
    const char *name;
    uint64_t first, length;
    unsigned kind;
    bool store, hits;
    uint64_t phys, value; /* value: little-endian */
    unsigned size;
} dma_rows[] = {
    {"write, its first byte", PHYS + 8,  1,       WATCH_WRITE,  true,  true,  PHYS + 8,  0xa0,               1},
    {"write, its last byte",  PHYS + 23, 9,       WATCH_WRITE,  true,  true,  PHYS + 23, 0xaf,               1},
    {"write, byte before",    PHYS + 7,  1,       WATCH_WRITE,  true,  false, 0,         0,                  0},
    {"write, byte behind",    PHYS + 24, 8,       WATCH_WRITE,  true,  false, 0,         0,                  0},
    {"write, inside",         PHYS + 12, 4,       WATCH_ACCESS, true,  true,  PHYS + 12, 0xa7a6a5a4,         4},
    {"write, all",            0,         RIG_RAM, WATCH_WRITE,  true,  true,  PHYS + 8,  0xa7a6a5a4a3a2a1a0, 8},
    {"write, read watch",     PHYS + 12, 4,       WATCH_READ,   true,  false, 0,         0,                  0},
    {"read",                  PHYS + 12, 4,       WATCH_READ,   false, true,  PHYS + 12, 0,                  4},
    {"read, write watch",     PHYS + 12, 4,       WATCH_WRITE,  false, false, 0,         0,                  0},
};

static void check_dma_event(struct rig *rig, const struct dma_row *row, const struct teller *teller)
{
    const struct debug_event *event = &rig->cpu->debug;
    assert_int_equal(teller->told, 1);
    assert_int_equal(event->reason, DEBUG_WATCH);
    assert_int_equal(event->source, WATCH_BY_DMA);
    assert_string_equal(event->device, "disk");
    assert_int_equal(event->phys, row->phys);
    assert_int_equal(event->size, row->size);
    assert_int_equal(event->kind, row->store ? ACCESS_STORE : ACCESS_LOAD);
    assert_true(event->after);
    assert_int_equal(event->old, 0);
    uint64_t value = rig->machine.big_endian ? byte_swap(row->value, 8) >> (64 - 8 * row->size) : row->value;
    assert_int_equal(event->value, value);
}

/* on_write: the transfer is done by a store to the device, which is instruction 2; else by a timer at that position. */
static void check_dma(struct rig *rig, const struct dma_row *row, bool on_write)
{
    struct teller teller = {.owner = {told}, .stop = true};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, row->first, row->length, row->kind, &teller.owner);
    rig_code(rig, NOP, NOP, on_write ? SW(T2, 0, A0) : NOP, NOP, NOP);
    rig_start(rig, 0);
    memset(rig->machine.arena->low_ram + PHYS, 0, 32);
    rig->s->gpr[T2] = rig->noted = row->store;
    rig->on_write = transfer_on_write;
    rig->on_timer = transfer_on_timer;
    if (!on_write)
        timer_set(&rig->machine.timers, rig->timer, clock_now(rig->clock) + 3);
    assert_int_equal(cpu_run(rig->cpu, 5), row->hits ? CPU_EXIT_DEBUG : CPU_EXIT_LIMIT);
    assert_int_equal(rig->machine.arena->low_ram[PHYS + 23], row->store ? 0xaf : 0);
    if (row->hits) {
        assert_at(rig, 3, RIG_CODE + 12);
        check_dma_event(rig, row, &teller);
        assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
    }
    assert_int_equal(rig->naccesses, on_write);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

static void test_dma(void **state)
{
    struct rig *rig = *state;
    for (size_t i = 0; i < ARRAY_SIZE(dma_rows); i++) {
        print_message("    %s\n", dma_rows[i].name);
        check_dma(rig, &dma_rows[i], false);
        check_dma(rig, &dma_rows[i], true);
    }
}

/* Input that a device puts into memory hits after the unit that follows: that is the first boundary after the transfer. */
static void on_input(void *opaque, const struct input *input)
{
    transfer(opaque, true);
}

static void test_dma_of_input(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}, .stop = true};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 32, WATCH_WRITE, &teller.owner);
    inputs_connect(rig->machine.inputs, INPUT_CONSOLE, 0, on_input, rig);
    rig_code(rig, NOP, NOP, NOP, NOP, NOP);
    rig_start(rig, 0);
    assert_int_equal(cpu_run(rig->cpu, 2), CPU_EXIT_LIMIT);
    inputs_submit(rig->machine.inputs, INPUT_CONSOLE, 0, "x", 1);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_DEBUG);
    assert_at(rig, 3, RIG_CODE + 12);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

/* The debugger's and the loader's own accesses hit nothing. */
static void test_others(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}, .stop = true};
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 32, WATCH_ACCESS, &teller.owner);
    uint32_t word = 1;
    assert_true(phys_write(rig->machine.phys, PHYS, &word, 4, PHYS_LOADER));
    assert_true(phys_write(rig->machine.phys, PHYS, &word, 4, PHYS_DEBUGGER));
    assert_true(phys_read(rig->machine.phys, PHYS, &word, 4, PHYS_DEBUGGER));
    assert_int_equal(teller.told, 0);
    assert_true(phys_write(rig->machine.phys, PHYS, &word, 4, PHYS_WALKER));
    assert_int_equal(teller.told, 1);
    assert_int_equal(teller.access.source, WATCH_BY_WALKER);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

static bool present(const struct rig *rig, uint32_t va, bool store)
{
    const struct tlb_entry *entry = &rig->cpu->mmu.tlb[0][store][tlb_index(va)];
    return (entry->tag & (GUEST_PAGE_MASK | TLB_INVALID)) == (va & GUEST_PAGE_MASK);
}

/* A change takes what leads to the watched page, by whatever address, and leaves the rest. */
static void test_flushes_little(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}};
    map_aliases(rig);
    rig_code(rig, SW(T0, 0, A1), SW(T0, 0x1000, A1), SW(T0, 0, T1), SW(T0, 0, T2), NOP);
    start_at(rig, RIG_DATA);
    rig->s->gpr[T1] = USER_PAGE;
    rig->s->gpr[T2] = RIG_DEVICE;
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_LIMIT);
    struct phys_watch *watch = phys_watch_insert(rig->cpu->mmu.phys_watches, PHYS, 4, WATCH_WRITE, &teller.owner);
    assert_false(present(rig, RIG_DATA, true));
    assert_false(present(rig, USER_PAGE, true));
    assert_int_equal(present(rig, RIG_DATA + 0x1000, true), !rig->cpu->mmu.one_entry);
    phys_watch_remove(rig->cpu->mmu.phys_watches, watch);
}

static void assert_direct_limit(const struct rig *rig, uint32_t limit)
{
    assert_int_equal(rig->cpu->direct_limit, rig->cpu->mmu.fault_first ? 0 : limit);
}

/* Direct loads stop short of what is read-watched, and no shorter. */
static void test_direct_limit(void **state)
{
    struct rig *rig = *state;
    struct teller teller = {.owner = {told}};
    struct phys_watches *watches = rig->cpu->mmu.phys_watches;
    assert_direct_limit(rig, RIG_RAM);
    struct phys_watch *write = phys_watch_insert(watches, 0x1000, 4, WATCH_WRITE, &teller.owner);
    assert_direct_limit(rig, RIG_RAM);
    struct phys_watch *high = phys_watch_insert(watches, 0x90005, 2, WATCH_READ, &teller.owner);
    assert_direct_limit(rig, 0x90000);
    watch_insert(rig->cpu->mmu.watches, 0x80080000, 4, WATCH_ACCESS, false);
    watch_insert(rig->cpu->mmu.watches, 0x00080000, 4, WATCH_ACCESS, false); /* not in the segment */
    assert_direct_limit(rig, 0x80000);
    watch_remove(rig->cpu->mmu.watches, 0x80080000, 4, WATCH_ACCESS);
    rig_code(rig, NOP);
    rig_start(rig, 0);
    cpu_run(rig->cpu, 1);
    assert_direct_limit(rig, 0x90000);
    phys_watch_remove(watches, high);
    phys_watch_remove(watches, write);
    watch_remove(rig->cpu->mmu.watches, 0x00080000, 4, WATCH_ACCESS);
    cpu_run(rig->cpu, 2);
    assert_direct_limit(rig, RIG_RAM);
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"aliases",         test_aliases       },
        {"unwanted hits",   test_unwanted      },
        {"several watches", test_several       },
        {"ranges",          test_ranges        },
        {"moved memory",    test_moved_memory  },
        {"borders",         test_borders       },
        {"many pages",      test_many_pages    },
        {"DMA",             test_dma           },
        {"DMA of input",    test_dma_of_input  },
        {"other accesses",  test_others        },
        {"flushes little",  test_flushes_little},
        {"direct limit",    test_direct_limit  },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
