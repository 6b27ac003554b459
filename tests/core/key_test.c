/* Blocks and the optional bits of the state key: code without FPU instructions is made once, and what it leads to is what the FPU's state asks for. */
#include "cpu/block.h"
#include "cpu/mips/cp0.h"
#include "cpu/mips/helper.h"
#include "tests/core/rig.h"

#define MTHC1(rt, fs)   (0x44e00000u | (rt) << 16 | (fs) << 11)
#define XOR(rd, rs, rt) (0x00000026u | (rs) << 21 | (rt) << 16 | (rd) << 11)
#define VECTOR          0x80000180u
#define PLAIN           (RIG_CODE + 7 * 4)
#define FLOATING        (RIG_CODE + 9 * 4)
#define ROUNDS          40u
#define ROUND           13u /* instructions; with an exception and its handler five more */

enum { K0 = 26, STATUS = 12, EPC = 14 };

/* Each round changes Status by what T2 has, then goes to PLAIN and to FLOATING, by way of branches or of T1 and T9. */
static void load_program(struct rig *rig, bool indirect)
{
    const uint32_t handler[] = {ADDIU(A2, A2, 1), MFC0(K0, EPC, 0), ADDIU(K0, K0, 4), MTC0(K0, EPC, 0), ERET};
    rig_words(rig, VECTOR, handler, ARRAY_SIZE(handler));
    rig_code(rig, MFC0(T0, STATUS, 0), XOR(T0, T0, T2), MTC0(T0, STATUS, 0), NOP, NOP, indirect ? JALR(0, T1) : BEQ(0, 0, 1), NOP,
             /* PLAIN */ indirect ? JALR(0, T9) : BEQ(0, 0, 1), ADDIU(V0, V0, 1),
             /* FLOATING */ MTHC1(V0, 2), ADDIU(V1, V1, 1), BEQ(0, 0, -12), NOP, NOP);
}

static const struct block *made(struct rig *rig, uint32_t pc, uint32_t key)
{
    return block_find(rig->cpu->blocks, rig->cpu->jit ? BLOCK_HOST : BLOCK_INTERP, pc, key, pc & 0x1fffffff);
}

static unsigned run_rounds(struct rig *rig, uint32_t status, uint32_t changes)
{
    unsigned off = 0;
    rig_start(rig, status);
    rig->s->gpr[T1] = PLAIN;
    rig->s->gpr[T2] = changes;
    rig->s->gpr[T9] = FLOATING;
    rig->s->fpr_lo[3] = rig->s->fpr_hi[2] = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        off += !((status ^ (i % 2 ? 0 : changes)) & STATUS_CU1);
    assert_int_equal(cpu_run(rig->cpu, ROUND * ROUNDS + 5 * off), CPU_EXIT_LIMIT);
    assert_int_equal(*cpu_pc(rig->cpu), RIG_CODE);
    assert_int_equal(rig->s->gpr[V0], ROUNDS);
    assert_int_equal(rig->s->gpr[V1], ROUNDS);
    assert_int_equal(rig->s->gpr[A2], off);
    return off;
}

static void check(struct rig *rig, bool indirect)
{
    load_program(rig, indirect);
    assert_int_equal(run_rounds(rig, STATUS_CU1, STATUS_CU1), ROUNDS / 2);
    assert_int_equal(rig->s->fpr_lo[3], ROUNDS);
    assert_int_equal(rig->s->fpr_hi[2], 0);
    assert_int_equal(run_rounds(rig, STATUS_CU1, STATUS_FR), 0);
    assert_int_equal(rig->s->fpr_lo[3], ROUNDS);
    assert_int_equal(rig->s->fpr_hi[2], ROUNDS - 1);
    assert_int_equal(run_rounds(rig, STATUS_FR, STATUS_CU1 | STATUS_FR), ROUNDS / 2);
    assert_int_equal(rig->s->fpr_lo[3], ROUNDS - 1);
    assert_int_equal(rig->s->fpr_hi[2], 0);
}

static void test_branches(void **state)
{
    check(*state, false);
}

static void test_jumps(void **state)
{
    check(*state, true);
}

static void test_made_once(void **state)
{
    struct rig *rig = *state;
    check(rig, true);
    const struct block *floating = made(rig, FLOATING, KEY_CU1);
    assert_non_null(made(rig, PLAIN, 0));
    assert_ptr_equal(made(rig, PLAIN, KEY_CU1), made(rig, PLAIN, 0));
    assert_ptr_equal(made(rig, PLAIN, KEY_CU1 | KEY_FR), made(rig, PLAIN, 0));
    assert_non_null(floating);
    assert_ptr_not_equal(made(rig, FLOATING, 0), floating);
    assert_ptr_not_equal(made(rig, FLOATING, KEY_CU1 | KEY_FR), floating);
    assert_null(made(rig, PLAIN, KEY_USER));
}

int main(void)
{
    const struct rig_test tests[] = {
        {"by branches",             test_branches },
        {"by jumps",                test_jumps    },
        {"plain code is made once", test_made_once},
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
