/* Accesses from one base, one behind the other: each is one of its own, whatever they meet. */
#include "tests/core/rig.h"

#include "cpu/mips/cp0.h"
#include "softmmu/watch.h"

#define WARM       2 /* each test runs its program cold, then with blocks and TLB entries there */
#define PAGE_END   (RIG_DATA + 0x1000u)
#define LONG_AFTER 100

static void put_words(struct rig *rig, uint32_t va, uint32_t first)
{
    const uint32_t words[] = {first, first + 1, first + 2, first + 3};
    rig_words(rig, va, words, ARRAY_SIZE(words));
}

#define FOUR_LOADS(base, imm)  LW(T0, imm, base), LW(T1, (imm) + 4, base), LW(T2, (imm) + 8, base), LW(T3, (imm) + 12, base)
#define FOUR_STORES(base, imm) SW(T0, imm, base), SW(T1, (imm) + 4, base), SW(T2, (imm) + 8, base), SW(T3, (imm) + 12, base)
#define STAY                   BEQ(0, 0, -1), NOP

static void set_four(struct rig *rig, uint32_t first)
{
    for (unsigned i = 0; i < 4; i++)
        rig->s->gpr[T0 + i] = first + i;
}

static void assert_four(struct rig *rig, uint32_t first)
{
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rig->s->gpr[T0 + i], first + i);
}

/* On one page, and over the end of one. */
static void test_loads(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_LOADS(A1, -8), STAY);
    put_words(rig, RIG_DATA - 8, 10);
    put_words(rig, PAGE_END - 8, 20);
    for (unsigned i = 0; i < 2 * WARM; i++) {
        rig_start(rig, 0);
        rig->s->gpr[A1] = i & 1 ? PAGE_END : RIG_DATA + 0x800;
        put_words(rig, RIG_DATA + 0x800 - 8, 30 + i);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_four(rig, i & 1 ? 20 : 30 + i);
    }
}

static void test_stores(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_STORES(A1, -8), STAY);
    for (unsigned i = 0; i < 2 * WARM; i++) {
        rig_start(rig, 0);
        rig->s->gpr[A1] = i & 1 ? PAGE_END : RIG_DATA + 0x800;
        set_four(rig, 40 + i);
        cpu_run(rig->cpu, LONG_AFTER);
        for (unsigned j = 0; j < 4; j++)
            assert_int_equal(rig_word(rig, rig->s->gpr[A1] - 8 + 4 * j), 40 + i + j);
    }
}

/* A list is followed: the base is among the results. */
static void test_base_loaded(void **state)
{
    struct rig *rig = *state;
    const uint32_t links[] = {RIG_DATA + 0x100, 7}, next[] = {RIG_DATA, 8};
    rig_code(rig, LW(T0, 4, A1), LW(A1, 0, A1), LW(T1, 4, A1), LW(A1, 0, A1), LW(T2, 4, A1), STAY);
    rig_words(rig, RIG_DATA, links, 2);
    rig_words(rig, RIG_DATA + 0x100, next, 2);
    for (unsigned i = 0; i < WARM; i++) {
        rig_start(rig, 0);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->gpr[T0], 7);
        assert_int_equal(rig->s->gpr[T1], 8);
        assert_int_equal(rig->s->gpr[T2], 7);
        assert_int_equal(rig->s->gpr[A1], RIG_DATA);
    }
}

/* What is loaded into more registers than a back end may have to spare is all there afterwards. */
static void test_results_used(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_LOADS(A1, 0), ADDU(T0, T0, T1), ADDU(T2, T2, T3), ADDU(V0, T0, T2), ADDU(V1, T3, T1), STAY);
    put_words(rig, RIG_DATA, 100);
    for (unsigned i = 0; i < WARM; i++) {
        rig_start(rig, 0);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->gpr[V0], 406);
        assert_int_equal(rig->s->gpr[V1], 204);
    }
}

static void test_device(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_STORES(A0, 0), FOUR_LOADS(A0, 16), STAY);
    for (unsigned i = 0; i < WARM; i++) {
        rig_start(rig, 0);
        rig->naccesses = 0;
        set_four(rig, 50);
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->naccesses, 8);
        for (unsigned j = 0; j < 8; j++) {
            assert_int_equal(rig->access[j].icount, j);
            assert_int_equal(rig->access[j].offset, 4 * j);
            assert_int_equal(rig->access[j].write, j < 4);
        }
        assert_int_equal(rig->access[2].value, 52);
    }
}

static void check_watch(struct rig *rig, unsigned kind, uint32_t before)
{
    watch_insert(rig->cpu->mmu.watches, RIG_DATA + 10, 1, kind, false);
    for (unsigned i = 0; i < WARM; i++) {
        put_words(rig, RIG_DATA, before);
        rig_start(rig, 0);
        set_four(rig, 60);
        rig->cpu->skip_watch = false;
        assert_int_equal(cpu_run(rig->cpu, LONG_AFTER), CPU_EXIT_DEBUG);
        assert_at(rig, 2, RIG_CODE + 8);
        assert_int_equal(rig->cpu->debug.pc, RIG_CODE + 8);
        assert_int_equal(rig_word(rig, RIG_DATA + 4), kind == WATCH_WRITE ? 61 : before + 1);
        assert_int_equal(rig_word(rig, RIG_DATA + 8), before + 2);
        assert_int_equal(rig->s->gpr[T1], kind == WATCH_WRITE ? 61 : before + 1);
        assert_int_equal(rig->s->gpr[T2], 62);
        rig->cpu->skip_watch = true;
        assert_int_equal(cpu_run(rig->cpu, LONG_AFTER), CPU_EXIT_LIMIT);
        assert_int_equal(rig->s->gpr[T3], kind == WATCH_WRITE ? 63 : before + 3);
        assert_int_equal(rig_word(rig, RIG_DATA + 12), kind == WATCH_WRITE ? 63 : before + 3);
    }
    watch_remove(rig->cpu->mmu.watches, RIG_DATA + 10, 1, kind);
}

/* Those before the watched one are done, that one and those behind it are not. */
static void test_watch(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_STORES(A1, 0), STAY);
    check_watch(rig, WATCH_WRITE, 70);
    rig_code(rig, FOUR_LOADS(A1, 0), STAY);
    check_watch(rig, WATCH_READ, 80);
}

/* The third of four loads is on a page that is not mapped: its refill finds the first two done. */
static void test_refill(void **state)
{
    struct rig *rig = *state;
    const uint32_t stay[] = {STAY};
    rig_code(rig, FOUR_LOADS(A2, -8), STAY);
    rig_words(rig, RIG_REFILL, stay, 2);
    put_words(rig, PAGE_END - 8, 90);
    for (unsigned i = 0; i < WARM; i++) {
        rig_start(rig, 0);
        rig->s->tlb[0] = (struct mips_tlb_entry){
            .vpn2 = 0x2000, .lo = {0, ((PAGE_END - 0x1000) & 0x1fffffff) >> 12 << 6 | ENTRYLO_V | ENTRYLO_D},
                 .global = 1
        };
        cpu_flush_all(rig->cpu);
        rig->s->gpr[A2] = 0x4000;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->epc, RIG_CODE + 8);
        assert_int_equal(rig->s->bad_vaddr, 0x4000);
        assert_int_equal(rig->s->gpr[T0], 90);
        assert_int_equal(rig->s->gpr[T1], 91);
        assert_int_equal(rig->s->gpr[T2], 0);
        assert_int_equal(rig->s->gpr[T3], 0);
    }
}

/* A store changes the one behind it, which is then another. */
static void test_overwritten(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, FOUR_STORES(A1, 0), STAY);
    put_words(rig, RIG_DATA, 0);
    rig_warm(rig, LONG_AFTER);
    rig_start(rig, 0);
    rig->s->gpr[A1] = RIG_CODE + 8; /* the third is where the first goes, the fourth where the second goes */
    set_four(rig, 0);
    rig->s->gpr[T0] = ADDIU(V0, 0, 1);
    rig->s->gpr[T1] = ADDIU(V1, 0, 2);
    cpu_run(rig->cpu, 6);
    assert_int_equal(rig->s->gpr[V0], 1);
    assert_int_equal(rig->s->gpr[V1], 2);
    assert_int_equal(rig_word(rig, RIG_CODE + 16), BEQ(0, 0, -1));
}

int main(void)
{
    const struct rig_test tests[] = {
        {"loads",                   test_loads       },
        {"stores",                  test_stores      },
        {"the base is loaded",      test_base_loaded },
        {"results are used",        test_results_used},
        {"device",                  test_device      },
        {"watch in the middle",     test_watch       },
        {"refill in the middle",    test_refill      },
        {"the next is overwritten", test_overwritten },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
