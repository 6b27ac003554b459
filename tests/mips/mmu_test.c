/* Segments, TLB look-up, TLB instructions, Random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bench_cpu.h"
#include "cpu/mips/mmu.h"

#define V            ENTRYLO_V
#define D            ENTRYLO_D
#define G            ENTRYLO_G
#define PFN(address) ((address) >> 12 << 6)

/* Entry `index` as mtc0 and tlbwi make it. */
static void write_tlb(struct cpu *cpu, unsigned index, uint32_t hi, uint32_t mask, uint32_t lo0, uint32_t lo1)
{
    uint32_t asid = mips_state(cpu)->entry_hi & ENTRYHI_ASID;
    helper_mtc0(cpu, index, 0, CP0_INDEX);
    helper_mtc0(cpu, hi, 0, CP0_ENTRYHI);
    helper_mtc0(cpu, mask, 0, CP0_PAGEMASK);
    helper_mtc0(cpu, lo0, 0, CP0_ENTRYLO0);
    helper_mtc0(cpu, lo1, 0, CP0_ENTRYLO1);
    helper_tlbwi(cpu, 0, 0, 0);
    helper_mtc0(cpu, asid, 0, CP0_ENTRYHI);
}

static struct cpu *mapped_cpu(uint32_t status)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    mips_state(cpu)->status = status;
    mips_state(cpu)->entry_hi = 5;
    write_tlb(cpu, 0, 0x00400005, 0, PFN(0x01234000) | V | D, PFN(0x02345000) | V);
    write_tlb(cpu, 1, 0x00402006, 0, PFN(0x03000000) | V | D, PFN(0x03001000) | V | D);      /* another ASID */
    write_tlb(cpu, 2, 0x00404006, 0, PFN(0x04000000) | V | D | G, PFN(0x04001000) | G);      /* global; the odd page invalid */
    write_tlb(cpu, 4, 0x00420005, 0x6000, PFN(0x06004000) | V | D, PFN(0x06009000) | V | D); /* 16 KiB; PFN not aligned */
    write_tlb(cpu, 5, 0xc0000000, 0, PFN(0x07000000) | V | D | G, PFN(0x07001000) | V | D | G);
    return cpu;
}

#define KERNEL 0u
#define USER   0x10u
#define NONE   99 /* no exception */

struct row {
    uint32_t va;
    uint32_t status;
    enum access_kind kind;
    unsigned code; /* NONE: `phys` and `writable` hold */
    uint32_t phys;
    bool writable, refill;
};

static const struct row rows[] = {
    {0x80001234, KERNEL,              ACCESS_STORE, NONE,     0x00001234, true,  false},
    {0xa0001234, KERNEL,              ACCESS_LOAD,  NONE,     0x00001234, true,  false},
    {0xbfc00000, KERNEL,              ACCESS_FETCH, NONE,     0x1fc00000, true,  false},
    {0x80001234, USER,                ACCESS_LOAD,  EXC_ADEL, 0,          false, false},
    {0xbffffffc, USER,                ACCESS_STORE, EXC_ADES, 0,          false, false},
    {0xc0000000, USER,                ACCESS_FETCH, EXC_ADEL, 0,          false, false},
    {0x80000000, USER | STATUS_EXL,   ACCESS_FETCH, NONE,     0,          true,  false},
    {0x80000002, KERNEL,              ACCESS_FETCH, EXC_ADEL, 0,          false, false},
    {0x00400ffc, USER,                ACCESS_STORE, NONE,     0x01234ffc, true,  false},
    {0x00401010, USER,                ACCESS_LOAD,  NONE,     0x02345010, false, false},
    {0x00401010, KERNEL,              ACCESS_FETCH, NONE,     0x02345010, false, false},
    {0x00401010, USER,                ACCESS_STORE, EXC_MOD,  0,          false, false},
    {0x00402000, USER,                ACCESS_LOAD,  EXC_TLBL, 0,          false, true },
    {0x00402000, USER,                ACCESS_STORE, EXC_TLBS, 0,          false, true },
    {0x00404008, USER,                ACCESS_LOAD,  NONE,     0x04000008, true,  false},
    {0x00405008, USER,                ACCESS_LOAD,  EXC_TLBL, 0,          false, false},
    {0x00405008, USER,                ACCESS_STORE, EXC_TLBS, 0,          false, false},
    {0x00405008, KERNEL,              ACCESS_FETCH, EXC_TLBL, 0,          false, false},
    {0x00500000, KERNEL,              ACCESS_FETCH, EXC_TLBL, 0,          false, true },
    {0x00500000, KERNEL | STATUS_EXL, ACCESS_LOAD,  EXC_TLBL, 0,          false, false},
    {0x00000000, USER,                ACCESS_LOAD,  EXC_TLBL, 0,          false, true },
    {0x00500000, KERNEL | STATUS_ERL, ACCESS_STORE, NONE,     0x00500000, true,  false},
    {0x01234567, USER,                ACCESS_LOAD,  EXC_TLBL, 0,          false, true },
    {0x00423ffc, USER,                ACCESS_LOAD,  NONE,     0x06007ffc, true,  false},
    {0x00424004, USER,                ACCESS_LOAD,  NONE,     0x06008004, true,  false},
    {0x00427ffc, USER,                ACCESS_LOAD,  NONE,     0x0600bffc, true,  false},
    {0xc0001000, KERNEL,              ACCESS_STORE, NONE,     0x07001000, true,  false},
    {0xe0001000, KERNEL,              ACCESS_STORE, EXC_TLBS, 0,          false, true },
};

static void translates(void **state)
{
    const struct row *row = *state;
    struct cpu *cpu = mapped_cpu(row->status);
    struct mips_state *s = mips_state(cpu);
    struct mips_state before = *s;
    struct mmu_page page = {0};
    unsigned mode = mips_state_key(cpu) & KEY_USER;
    bench_at(cpu, 0x80002000, false);
    before.pc = s->pc;

    bool mapped = mips_translate(cpu, row->va, row->kind, mode, true, &page);
    assert_int_equal(mapped, row->code == NONE);
    assert_memory_equal(&before, s, sizeof(before));
    assert_false(bench.left);

    assert_int_equal(mips_translate(cpu, row->va, row->kind, mode, false, &page), row->code == NONE);
    assert_int_equal(bench.left, row->code != NONE);
    if (row->code == NONE) {
        assert_int_equal(page.phys, row->phys);
        assert_int_equal(page.writable, row->writable);
        return;
    }
    assert_int_equal(s->cause >> 2 & 31, row->code);
    assert_int_equal(s->bad_vaddr, row->va);
    assert_int_equal(s->pc & 0xfff, row->refill ? 0x000 : 0x180);
}

static void big_pages(void **state)
{
    struct cpu *cpu = mapped_cpu(USER);
    struct mmu_page page;
    write_tlb(cpu, 3, 0x30000005, 0x1fffe000, /* the pair begins at 0x20000000 */
              PFN(0x40000000) | V | D, PFN(0x50000000) | V | D);
    assert_true(mips_translate(cpu, 0x2fedcba8, ACCESS_LOAD, 1, true, &page));
    assert_int_equal(page.phys, 0x4fedcba8);
    assert_true(mips_translate(cpu, 0x30000004, ACCESS_LOAD, 1, true, &page));
    assert_int_equal(page.phys, 0x50000004);
}

static void probes_and_reads(void **state)
{
    struct cpu *cpu = mapped_cpu(KERNEL);
    struct mips_state *s = mips_state(cpu);
    helper_mtc0(cpu, 0x00401005, 0, CP0_ENTRYHI);
    helper_tlbp(cpu, 0, 0, 0);
    assert_int_equal(s->index, 0);
    helper_mtc0(cpu, 0x00402005, 0, CP0_ENTRYHI);
    helper_tlbp(cpu, 0, 0, 0);
    assert_int_equal(s->index >> 31, 1);
    helper_mtc0(cpu, 0x00404005, 0, CP0_ENTRYHI); /* global */
    helper_tlbp(cpu, 0, 0, 0);
    assert_int_equal(s->index, 2);
    helper_tlbr(cpu, 0, 0, 0);
    assert_int_equal(s->entry_hi, 0x00404006);
    assert_int_equal(s->entry_lo[0], PFN(0x04000000) | V | D | G);
    assert_int_equal(s->entry_lo[1], PFN(0x04001000) | G);
    assert_int_equal(s->page_mask, 0);
    helper_mtc0(cpu, 4, 0, CP0_INDEX);
    helper_tlbr(cpu, 0, 0, 0);
    assert_int_equal(s->page_mask, 0x6000);
    assert_int_equal(s->entry_hi, 0x00420005);
}

/* Only what was valid, may be in use and changes is flushed; and only code that may have moved is looked up again. */
static void check_flushes(uint32_t pc, uint32_t leave)
{
    static const struct {
        unsigned index;
        uint32_t hi, lo0, lo1;
        unsigned flushes;
        uint32_t first, last; /* of the last one */
    } steps[] = {
        {0, 0x00400005, PFN(0x01234000) | V | D, PFN(0x02345000) | V,     0, 0,          0         }, /* the same */
        {0, 0x00400005, PFN(0x01234000) | V | D, PFN(0x02345000) | V | D, 1, 0x00401000, 0x00401fff}, /* one half */
        {0, 0x00600005, PFN(0x01234000) | V | D, PFN(0x02345000) | V | D, 1, 0x00400000, 0x00401fff}, /* both */
        {1, 0x00700005, V,                       V,                       0, 0,          0         }, /* of another ASID */
        {2, 0x80000005, 0,                       0,                       1, 0x00404000, 0x00404fff}, /* global, half valid */
        {2, 0x00404005, V,                       V,                       0, 0,          0         }, /* was invalid */
        {4, 0x80002005, 0,                       0,                       1, 0x00420000, 0x00427fff},
    };
    struct cpu *cpu = mapped_cpu(KERNEL);
    helper_mtc0(cpu, 0, 0, CP0_PAGEMASK);
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++) {
        helper_mtc0(cpu, steps[i].index, 0, CP0_INDEX);
        helper_mtc0(cpu, steps[i].hi, 0, CP0_ENTRYHI);
        helper_mtc0(cpu, steps[i].lo0, 0, CP0_ENTRYLO0);
        helper_mtc0(cpu, steps[i].lo1, 0, CP0_ENTRYLO1);
        bench_at(cpu, pc, false);
        helper_tlbwi(cpu, 0, 0, pc);
        assert_int_equal(bench.flushes, steps[i].flushes);
        assert_int_equal(cpu->leave, steps[i].flushes > 0 ? leave : 0);
        if (bench.flushes) {
            assert_int_equal(bench.first, steps[i].first);
            assert_int_equal(bench.last, steps[i].last);
        }
    }
    bench_at(cpu, pc, false);
    helper_mtc0(cpu, 0x00404005, 0, CP0_ENTRYHI);
    assert_int_equal(bench.flushes, 0);
    helper_mtc0(cpu, 0x00404007, 0, CP0_ENTRYHI); /* another ASID */
    assert_int_equal(bench.flushes, 1);
    assert_int_equal(cpu->leave, leave);
}

static void flushes(void **state)
{
    check_flushes(0x80002000, 0);
    check_flushes(0xc0002000, LEAVE_LOOK_UP);
}

#define LAST_ENTRY 63u /* of the 24K as modelled */

static unsigned written_by_tlbwr(struct cpu *cpu, unsigned wired)
{
    struct mips_state *s = mips_state(cpu);
    helper_tlbwr(cpu, 0, 0, 0);
    assert_in_range(s->last_tlbwr, wired, LAST_ENTRY);
    return s->last_tlbwr;
}

static void random_replaces(void **state)
{
    for (unsigned wired = 0; wired <= LAST_ENTRY; wired += wired < LAST_ENTRY - 3 ? 7 : 1) {
        struct cpu *cpu = bench_cpu("24Kf", false);
        uint64_t seen = 0;
        unsigned last = 99;
        helper_mtc0(cpu, wired, 0, CP0_WIRED);
        for (unsigned i = 0; i < 2000; i++) {
            unsigned now = written_by_tlbwr(cpu, wired);
            assert_true(now != last || wired == LAST_ENTRY);
            last = now;
            seen |= (uint64_t)1 << now;
            bench_pass(cpu, i % 3);
        }
        assert_int_equal(seen, UINT64_MAX << wired);
    }
}

/* Reading advances nothing; it depends on the saved word and on icount. */
static void random_reads(void **state)
{
    struct cpu *cpu = bench_cpu("24Kf", false);
    uint64_t seen = 0;
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t now = helper_mfc0(cpu, 0, 0, CP0_RANDOM);
        assert_int_equal(helper_mfc0(cpu, 0, 0, CP0_RANDOM), now);
        assert_in_range(now, 0, LAST_ENTRY);
        seen |= (uint64_t)1 << now;
        bench_pass(cpu, 1);
    }
    assert_int_equal(seen, UINT64_MAX);
}

static void prints(void *opaque, const char *text)
{
    unsigned *lines = opaque;
    ++*lines;
    if (*lines == 2)
        assert_string_equal(text, " 0: 00400000, 2 x 4 KiB, ASID 05: 01234000 w cache 0 | 02345000 r cache 0");
}

static void printing(void **state)
{
    unsigned lines = 0;
    mips_print_tlb(mapped_cpu(KERNEL), prints, &lines);
    assert_int_equal(lines, LAST_ENTRY + 2);
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(big_pages),       cmocka_unit_test(probes_and_reads), cmocka_unit_test(flushes),
        cmocka_unit_test(random_replaces), cmocka_unit_test(random_reads),     cmocka_unit_test(printing),
    };
    struct CMUnitTest tests[ARRAY_SIZE(rows)];
    static char names[ARRAY_SIZE(rows)][40];
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        snprintf(names[i], sizeof(names[i]), "%08x, kind %d, status %x", rows[i].va, rows[i].kind, rows[i].status);
        tests[i] = (struct CMUnitTest){names[i], translates, NULL, NULL, (void *)&rows[i]};
    }
    int failed = cmocka_run_group_tests_name("translation", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("tlb", fixed, NULL, NULL);
}
