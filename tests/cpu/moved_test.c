/*
 * Position-independent code: the same memory run at several addresses of user mode is translated once, does at each what the interpreter
 * does there, and stops at points on instructions at their addresses only.
 */
#include <string.h>

#include "cpu/block.h"
#include "cpu/mips/cp0.h"
#include "tests/cpu/rig.h"
#include "tests/softmmu/unit.h"

#define STATUS_USER 0x10u
#define LENGTH      300u /* instructions of a run: only far from its end will generated code run */
#define JAL_TARGET  0x20400010u

/* Each ends in an exception; the handler stays where it is. */
static const struct moved_program {
    const char *name;
    unsigned offset; /* from the first of two pages */
    bool remade;     /* made at each place: its slot lies on a page that may be mapped anew, or it comes to other code */
    uint32_t words[12];
} programs[] = {
    {"call and return",           0,     false, {0x04110003, 0x24020001, 0x0000000c, 0, 0x03e01825, 0x03e00008, 0}                  },
    {"slot that reads the link",  0x40,  false, {0x04110001, 0x03e01825, 0x0000000c}                                                },
    {"call by register",          0x80,  false, {0x04110001, 0, 0x27f90018, 0x0320f809, 0x24420001, 0x0000000c, 0, 0, 0x03e00008, 0}},
    {"to the next page and back", 0xff8, false, {0x10000003, 0x24420001, 0x0000000c, 0, 0x1000fffd, 0x24630002}                     },
    {"on into the next page",     0xff0, false, {0x24420001, 0x24420001, 0x24420001, 0x24630001, 0x24630001, 0x0000000c}            },
    {"slot on the next page",     0xffc, true,  {0x04110001, 0x03e01825, 0x0000000c}                                                },
    {"jump within the region",    0x100, true,  {0x0c000000 | (JAL_TARGET & 0x0fffffff) >> 2, 0x24420001}                           },
    {"exception of a slot",       0x140, false, {0x04110001, 0x8c020001, 0x0000000c}                                                },
    {"loop with a likely branch", 0x180, false, {0x24020005, 0x2442ffff, 0x5440fffe, 0x24630003, 0x0000000c}                        },
    {"choice behind a helper",    0x1c0, false, {0x14020001, 0x7c03083b, 0x0000000c}                                                },
};

static const uint32_t places[] = {0x20400000, 0x20402000, 0x2ffc0000, 0x30000000, 0x7ffe0000, 0x00400000, 0x00402000};

static uint32_t entry_lo(uint32_t va)
{
    return (va & 0x1ffff000) >> 6 | ENTRYLO_V | ENTRYLO_D;
}

static void start(struct rig *rig, const struct moved_program *program, uint32_t place)
{
    struct mips_state state = *rig->s;
    memset(state.gpr, 0, sizeof(state.gpr));
    state.pc = place + program->offset;
    state.status = STATUS_USER;
    state.cause = state.epc = state.bad_vaddr = state.context = state.entry_hi = 0;
    state.hwr_ena = 0xf;
    state.tlb[0] = (struct mips_tlb_entry){
        .vpn2 = place, .lo = {entry_lo(RIG_CODE), entry_lo(RIG_CODE + GUEST_PAGE)},
             .global = 1
    };
    rig_restore(rig, &state);
}

static void open(struct rig *rig, const struct rig_config *config, const struct moved_program *program)
{
    static const uint32_t stay[] = {0x1000ffff, 0};
    rig_open(rig, config);
    rig_words(rig, RIG_CODE + program->offset, program->words, ARRAY_SIZE(program->words));
    rig_words(rig, RIG_VECTOR, stay, 2);
    rig_words(rig, 0x80000000, stay, 2);
}

static void assert_same(const struct rig *rig, const struct rig *reference, const char *name, uint32_t place)
{
    if (memcmp(rig->s, reference->s, sizeof(*rig->s)))
        fail_msg("%s at %08x: pc %08x epc %08x ra %08x v0 %08x v1 %08x, by the interpreter %08x %08x %08x %08x %08x", name, place,
                 rig->s->pc, rig->s->epc, rig->s->gpr[31], rig->s->gpr[2], rig->s->gpr[3], reference->s->pc, reference->s->epc,
                 reference->s->gpr[31], reference->s->gpr[2], reference->s->gpr[3]);
    assert_int_equal(rig_icount(rig), rig_icount(reference));
}

/* Cut at any count, then whole. */
static void run_both(struct rig *rig, struct rig *reference, const struct moved_program *program, uint32_t place)
{
    for (uint64_t cut = 0; cut < 24; cut++) {
        start(rig, program, place);
        start(reference, program, place);
        cpu_run(rig->cpu, cut);
        cpu_run(reference->cpu, rig_icount(rig));
        assert_same(rig, reference, program->name, place);
        cpu_run(rig->cpu, LENGTH);
        cpu_run(reference->cpu, rig_icount(rig));
        assert_same(rig, reference, program->name, place);
    }
}

static void run_everywhere(const struct moved_program *program, enum cpu_accel accel, unsigned toggles)
{
    static const struct rig_config by_units = {.accel = ACCEL_INTERP, .max_block = 1};
    struct rig rig, reference;
    open(&rig, &(struct rig_config){.accel = accel, .toggles = toggles}, program);
    open(&reference, &by_units, program);
    const uint64_t *made = &rig.cpu->blocks->made[accel == ACCEL_JIT ? BLOCK_HOST : BLOCK_INTERP];
    bool made_for_good = accel == ACCEL_INTERP || toggles & CPU_LONG_BLOCKS; /* else made anew where it is hot */
    uint64_t first = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        run_both(&rig, &reference, program, places[i]);
        first = i ? first : *made;
        if (made_for_good && !program->remade && (places[i] ^ places[0]) >> 28 == 0)
            assert_int_equal(*made, first);
    }
    rig_close(&rig);
    rig_close(&reference);
}

static void test_program(void **state)
{
    run_everywhere(*state, ACCEL_INTERP, 0);
    if (!rig_has_jit())
        return;
    run_everywhere(*state, ACCEL_JIT, 0);
    run_everywhere(*state, ACCEL_JIT, CPU_LONG_BLOCKS);
}

/* A program that is linked for its address calls a library, and is called back. */
static void test_bound_and_moved(void **state)
{
    static const struct moved_program program = {
        "bound and moved",
        0,
        false,
        {0x3c022040, 0x34422010, 0x0040f809, 0x24630001, 0x04110002, 0x03e04025, 0x0000000c, 0x03e00008, 0x03e04825}
    };
    static const struct rig_config by_units = {.accel = ACCEL_INTERP, .max_block = 1};
    struct rig rig, reference;
    open(&rig, &(struct rig_config){.accel = rig_has_jit() ? ACCEL_JIT : ACCEL_INTERP}, &program);
    open(&reference, &by_units, &program);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 2; i++) {
            struct rig *each = i ? &reference : &rig;
            start(each, &program, 0x00400000);
            struct mips_state both = *each->s;
            both.tlb[1] = both.tlb[0];
            both.tlb[1].vpn2 = 0x20402000;
            rig_restore(each, &both);
            cpu_run(each->cpu, LENGTH);
            if (i)
                assert_same(&rig, &reference, program.name, round);
        }
    rig_close(&rig);
    rig_close(&reference);
}

/* Inserted when the code has run everywhere; nothing of that is to be found while it is there, and all of it afterwards. */
static void test_breakpoint(void **state)
{
    const struct moved_program *program = &programs[0];
    const uint32_t point = places[1] + 0x10;
    struct rig rig;
    open(&rig, &(struct rig_config){.accel = rig_has_jit() ? ACCEL_JIT : ACCEL_INTERP}, program);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 2; i++) {
            uint64_t made = rig.cpu->blocks->made[BLOCK_HOST];
            start(&rig, program, places[i]);
            enum cpu_exit exit = cpu_run(rig.cpu, LENGTH);
            bool stops = round == 1 && i == 1;
            assert_int_equal(exit, stops ? CPU_EXIT_DEBUG : CPU_EXIT_LIMIT);
            if (stops)
                assert_int_equal(rig.s->pc, point);
            if (round == 2)
                assert_int_equal(rig.cpu->blocks->made[BLOCK_HOST], made);
            if (i == 1 && round == 0)
                cpu_breakpoint_insert(rig.cpu, point);
            if (i == 1 && round == 1)
                assert_true(cpu_breakpoint_remove(rig.cpu, point));
        }
    rig_close(&rig);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(programs) + 2];
    for (unsigned i = 0; i < ARRAY_SIZE(programs); i++)
        tests[i] = (struct CMUnitTest){programs[i].name, test_program, NULL, NULL, (void *)&programs[i]};
    tests[ARRAY_SIZE(programs) + 1] = (struct CMUnitTest){"bound and moved", test_bound_and_moved, NULL, NULL, NULL};
    tests[ARRAY_SIZE(programs)] = (struct CMUnitTest){"breakpoint", test_breakpoint, NULL, NULL, NULL};
    return cmocka_run_group_tests_name("code that moves", tests, NULL, NULL);
}
