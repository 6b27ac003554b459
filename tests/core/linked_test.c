/* ll and sc: what they leave in the state, and what they meet. */
#include "tests/core/rig.h"

#include "cpu/mips/cp0.h"

#define PASSES     5 /* cold and translated */
#define LONG_AFTER 100
#define STAY       BEQ(0, 0, -1), NOP
#define LLADDR     17
#define EPC        14

static void start(struct rig *rig, uint32_t value)
{
    rig_start(rig, 0);
    rig_words(rig, RIG_DATA + 4, &value, 1);
    rig->s->ll_bit = 0;
}

/* Often enough for the page to be in the TLB. */
#define TIMES 16

static void test_increment(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, LL(T0, 4, A1), MFC0(T2, LLADDR, 0), ADDIU(T1, T0, 1), SC(T1, 4, A1), BEQ(0, 0, -5), NOP);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        start(rig, 70 + pass);
        cpu_run(rig->cpu, 6 * TIMES);
        assert_int_equal(rig_word(rig, RIG_DATA + 4), 70 + pass + TIMES);
        assert_int_equal(rig->s->gpr[T0], 69 + pass + TIMES);
        assert_int_equal(rig->s->gpr[T1], 1);
        assert_int_equal(rig->s->gpr[T2], (RIG_DATA & 0x1fffffff) >> 4);
        assert_int_equal(rig->s->lladdr_cp0, (RIG_DATA & 0x1fffffff) >> 4);
        assert_int_equal(rig->s->ll_address, RIG_DATA + 4);
        assert_int_equal(rig->s->ll_value, 69 + pass + TIMES);
        assert_int_equal(rig->s->ll_bit, 0);
    }
}

/* Without an ll, with one of another word, after another sc, after an eret: nothing is stored. */
static void test_fails(void **state)
{
    /* clang-format off */
    static const uint32_t codes[][4] = {
        {NOP,           NOP,           NOP,  SC(T1, 4, A1)},
        {LL(T0, 0, A1), NOP,           NOP,  SC(T1, 4, A1)},
        {LL(T0, 4, A1), SC(T2, 0, A1), NOP,  SC(T1, 4, A1)},
        {LL(T0, 4, A1), MTC0(T3, EPC, 0), ERET, SC(T1, 4, A1)},
    };
    /* clang-format on */
    struct rig *rig = *state;
    for (unsigned i = 0; i < PASSES * ARRAY_SIZE(codes); i++) {
        const uint32_t *code = codes[i / PASSES];
        rig_code(rig, SW(T3, 8, A1), code[0], code[1], code[2], code[3], BEQ(0, 0, -6), NOP);
        start(rig, 5);
        rig->s->gpr[T1] = 6;
        rig->s->gpr[T3] = RIG_CODE + 16;
        cpu_run(rig->cpu, 7 * TIMES);
        assert_int_equal(rig_word(rig, RIG_DATA + 4), 5);
        assert_int_equal(rig->s->gpr[T1], 0);
        assert_int_equal(rig->s->ll_bit, 0);
    }
}

/* Misaligned, an sc faults even if there is nothing to store. */
static void test_misaligned(void **state)
{
    static const uint32_t stay[] = {STAY}, codes[] = {LL(T1, 2, A1), SC(T1, 2, A1)};
    struct rig *rig = *state;
    rig_words(rig, RIG_VECTOR, stay, 2);
    for (unsigned i = 0; i < PASSES * ARRAY_SIZE(codes); i++) {
        unsigned store = i / PASSES;
        rig_code(rig, NOP, codes[store], STAY);
        start(rig, 5);
        rig->s->gpr[T1] = 6;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->epc, RIG_CODE + 4);
        assert_int_equal(rig->s->bad_vaddr, RIG_DATA + 2);
        assert_int_equal(rig->s->cause >> 2 & 31, store ? EXC_ADES : EXC_ADEL);
        assert_int_equal(rig->s->gpr[T1], 6);
        assert_int_equal(rig->s->ll_bit, 0);
    }
}

#define MAPPED 0x2000u

/* An sc to a page that may be read only keeps the link: it is done again once the page may be written. */
static void test_not_writable(void **state)
{
    static const uint32_t stay[] = {STAY};
    struct rig *rig = *state;
    rig_words(rig, RIG_VECTOR, stay, 2);
    rig_code(rig, LL(T0, 4, A2), SC(T1, 4, A2), STAY);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        start(rig, 5);
        rig->s->tlb[0] = (struct mips_tlb_entry){
            .vpn2 = MAPPED, .lo = {(RIG_DATA & 0x1fffffff) >> 6 | ENTRYLO_V, 0},
                 .global = 1
        };
        cpu_flush_all(rig->cpu);
        rig->s->gpr[A2] = MAPPED;
        rig->s->gpr[T1] = 6;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->s->epc, RIG_CODE + 4);
        assert_int_equal(rig->s->cause >> 2 & 31, EXC_MOD);
        assert_int_equal(rig->s->lladdr_cp0, (RIG_DATA & 0x1fffffff) >> 4);
        assert_int_equal(rig->s->ll_bit, 1);
        assert_int_equal(rig_word(rig, RIG_DATA + 4), 5);
        assert_int_equal(rig->s->gpr[T1], 6);
    }
}

static void test_device(void **state)
{
    struct rig *rig = *state;
    rig_code(rig, NOP, LL(T0, 8, A0), SC(T1, 8, A0), STAY);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        start(rig, 5);
        rig->s->gpr[T1] = 6;
        cpu_run(rig->cpu, LONG_AFTER);
        assert_int_equal(rig->naccesses, 2);
        assert_int_equal(rig->access[0].icount, 1);
        assert_int_equal(rig->access[1].icount, 2);
        assert_int_equal(rig->access[1].write, true);
        assert_int_equal(rig->access[1].value, 6);
        assert_int_equal(rig->s->lladdr_cp0, ((RIG_DEVICE + 8) & 0x1fffffff) >> 4);
        assert_int_equal(rig->s->gpr[T1], 1);
    }
}

/* Over the instruction behind it. */
static void test_own_code(void **state)
{
    struct rig *rig = *state;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        rig_code(rig, LL(T0, 0, A2), SC(T1, 0, A2), ADDIU(V0, 0, 1), STAY);
        for (unsigned i = 0; i < PASSES; i++) {
            start(rig, 5);
            rig->s->gpr[A2] = RIG_CODE + 8;
            rig->s->gpr[T1] = ADDIU(V0, 0, 0x20 + i);
            cpu_run(rig->cpu, LONG_AFTER);
            assert_int_equal(rig->s->gpr[V0], 0x20 + i);
            assert_int_equal(rig->s->gpr[T1], 1);
        }
    }
}

int main(void)
{
    const struct rig_test tests[] = {
        {"increment",                 test_increment   },
        {"sc that fails",             test_fails       },
        {"misaligned",                test_misaligned  },
        {"not writable",              test_not_writable},
        {"device",                    test_device      },
        {"over the next instruction", test_own_code    },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
