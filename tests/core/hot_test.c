/* Blocks end at a conditional branch, until they are met where budgets end: then they go on over it, where what follows has run. */
#include "cpu/block.h"
#include "tests/core/rig.h"

#define LOOP  (RIG_CODE + 4)
#define COLD  3u /* instructions up to the first branch's slot */
#define ROUND 9u

/* A loop with two branches that could leave it, by way of the last three instructions. */
static void load_loop(struct rig *rig)
{
    rig_code(rig, NOP, ADDIU(T0, T0, 1), BNE(T2, 0, 7), NOP, ADDIU(T1, T1, 1), BNE(T3, 0, 4), NOP, ADDIU(T1, T1, 1),
             BEQ(0, 0, -8), NOP, ADDIU(V0, V0, 1), BEQ(0, 0, -11), NOP);
}

static void run_in_pieces(struct rig *rig, unsigned pieces)
{
    uint64_t random = 7;
    for (unsigned i = 0; i < pieces; i++)
        assert_int_equal(cpu_run(rig->cpu, rig->clock->icount + 300 + random_below(&random, 100)), CPU_EXIT_LIMIT);
}

/* Instructions of generated code's block at LOOP, or `otherwise` where there is none, or one of another length. */
static unsigned length(struct rig *rig, unsigned otherwise)
{
    if (!rig->cpu->jit || rig->cpu->max_block < ROUND)
        return otherwise;
    const struct block *block =
        block_find(rig->cpu->blocks, BLOCK_HOST, LOOP, rig->cpu->arch->state_key(rig->cpu), LOOP & 0x1fffffff);
    assert_non_null(block);
    return block->count;
}

static void test_goes_on(void **state)
{
    struct rig *rig = *state;
    load_loop(rig);
    rig_start(rig, 0);
    run_in_pieces(rig, 1);
    if (!(rig->toggles & CPU_LONG_BLOCKS))
        assert_int_equal(length(rig, COLD), COLD);
    run_in_pieces(rig, 40);
    assert_int_equal(length(rig, ROUND), ROUND);
    cpu_run(rig->cpu, 1 + 2000 * ROUND);
    assert_int_equal(*cpu_pc(rig->cpu), LOOP);
    assert_int_equal(rig->s->gpr[T0], 2000);
    assert_int_equal(rig->s->gpr[T1], 4000);
}

/* What has never run behind the branch is not translated. */
static void test_not_run(void **state)
{
    struct rig *rig = *state;
    load_loop(rig);
    rig_start(rig, 0);
    rig->s->gpr[T2] = 1;
    run_in_pieces(rig, 41);
    if (!(rig->toggles & CPU_LONG_BLOCKS))
        assert_int_equal(length(rig, COLD), COLD);
    cpu_run(rig->cpu, 1 + 6000 * 6);
    assert_int_equal(rig->s->gpr[T0], 6000);
    assert_int_equal(rig->s->gpr[V0], 6000);
    assert_int_equal(rig->s->gpr[T1], 0);
}

int main(void)
{
    const struct rig_test tests[] = {
        {"goes on where it is hot",   test_goes_on},
        {"not where nothing has run", test_not_run},
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
