/*
 * Every row of the instruction table on random operands, in random programs, against libunicorn: general and FPU registers, HI,
 * LO, FCSR, memory, the count of instructions, and of exceptions the kind and the place. For each back end and byte order.
 *
 * Not compared: the link register when the slot raises (the branch is executed again, so that it does not matter: V2, BGEZAL;
 * here it is not written); rdhwr of CPUNum (libunicorn: 0x3ff on a machine with one CPU); sc to a misaligned address (V2, SC:
 * an Address Error; libunicorn only fails it); underflow enabled as a trap (volume I, Underflow Exception: tininess is enough
 * then; libunicorn wants loss of accuracy too). The FPU's own list is in tests/mips/fpu_oracle_test.c.
 *
 * A program, and each exception vector, goes on to a read of Count, which tells how many instructions there were, and a jump to
 * itself, so that generated code, which runs only while there is budget for a whole block, runs the program to its end.
 *
 * At the end it names the rows that no comparison covered. These must be the ones listed here, each with its reason.
 */
#include "tests/cpu/oracle.h"

#include <stdio.h>
#include <string.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/decode.h"
#include "softmmu/alloc.h"
#include "tests/softmmu/unit.h"

#define MAX_FAILURES 8

/* mfc0 k0, Count; b .; nop */
#define TAIL_WORDS 3
static const uint32_t tail[TAIL_WORDS] = {0x401a4800, 0x1000ffff, 0};

/* Not compared here; cp0_test.c tests them against what the manual says. V2, V3: MIPS32 Architecture, volumes II and III. */
static const struct {
    uint16_t opcode;
    const char *why;
} not_compared[] = {
    {MIPS_mfc0,  "system state that libunicorn does not give out (V2 MFC0)"                    },
    {MIPS_mtc0,  "system state that libunicorn does not take (V2 MTC0)"                        },
    {MIPS_di,    "changes Status (V2 DI)"                                                      },
    {MIPS_ei,    "changes Status (V2 EI)"                                                      },
    {MIPS_tlbr,  "TLB (V2 TLBR)"                                                               },
    {MIPS_tlbwi, "TLB (V2 TLBWI)"                                                              },
    {MIPS_tlbwr, "TLB (V2 TLBWR)"                                                              },
    {MIPS_tlbp,  "TLB (V2 TLBP)"                                                               },
    {MIPS_eret,  "leaves the program (V2 ERET)"                                                },
    {MIPS_deret, "leaves the program (V2 DERET)"                                               },
    {MIPS_wait,  "ends the program (V2 WAIT)"                                                  },
    {MIPS_cop2,  "libunicorn raises Reserved Instruction, not Coprocessor Unusable 2 (V2 COP2)"},
    {MIPS_lwc2,  "libunicorn raises Reserved Instruction, not Coprocessor Unusable 2 (V2 LWC2)"},
    {MIPS_ldc2,  "libunicorn raises Reserved Instruction, not Coprocessor Unusable 2 (V2 LDC2)"},
    {MIPS_swc2,  "libunicorn raises Reserved Instruction, not Coprocessor Unusable 2 (V2 SWC2)"},
    {MIPS_sdc2,  "libunicorn raises Reserved Instruction, not Coprocessor Unusable 2 (V2 SDC2)"},
};

/* One back end in one byte order, with its oracle. */
struct pair {
    struct rig rig;
    struct oracle *oracle;
    struct mips_state base;
    uint64_t random;
    uint32_t place; /* where the next program goes: none is ever written twice */
    unsigned programs, failures;
    unsigned covered[MIPS_OPCODES], ended[256];
};

static unsigned programs_per_row = 100;

static const char *excuse(unsigned opcode)
{
    for (size_t i = 0; i < ARRAY_SIZE(not_compared); i++)
        if (not_compared[i].opcode == opcode)
            return not_compared[i].why;
    return NULL;
}

static void open_pair(struct pair *pair, const struct rig_config *config)
{
    *pair = (struct pair){.random = 0x5eed0001 + config->big_endian, .place = RIG_CODE};
    rig_open(&pair->rig, config);
    pair->base = *pair->rig.s;
    rig_words(&pair->rig, RIG_VECTOR, tail, TAIL_WORDS);
    rig_words(&pair->rig, RIG_DEBUG, tail, TAIL_WORDS);
    pair->oracle = oracle_new(config->big_endian);
    for (uint32_t i = 0; i < RIG_DATA_SIZE; i += 8) {
        uint64_t value = random_u64(&pair->random);
        memcpy(oracle_ram(pair->oracle) + (RIG_DATA & 0x1fffffff) + i, &value, 8);
    }
    rig_write(&pair->rig, RIG_DATA, oracle_ram(pair->oracle) + (RIG_DATA & 0x1fffffff), RIG_DATA_SIZE);
}

static void close_pair(struct pair *pair)
{
    rig_close(&pair->rig);
    oracle_free(pair->oracle);
}

/* What ours did: the exception that ended it, or -1. */
static int run_ours(struct pair *pair, const struct program *p, uint64_t icount)
{
    struct rig *rig = &pair->rig;
    rig_words(rig, p->start, p->words, p->count);
    rig_words(rig, p->end, tail, TAIL_WORDS);
    rig_restore(rig, &p->state);
    cpu_run(rig->cpu, icount + 1 + 128);
    if (rig->s->pc == RIG_DEBUG + 4)
        return EXC_DEBUG;
    return rig->s->status & STATUS_EXL ? (int)(rig->s->cause >> 2 & 31) : -1;
}

/* Count when this many instructions have run: 8 ns each, a tick being 6.25 ns. */
static uint32_t count_after(unsigned icount)
{
    return icount * 32 / 25;
}

static unsigned complain(unsigned wrong, const char *what, uint32_t ours, uint32_t theirs)
{
    print_message("  %s: %08x, libunicorn %08x\n", what, ours, theirs);
    return wrong + 1;
}

static unsigned compare_words(unsigned wrong, const char *name, const uint32_t *ours, const uint32_t *theirs)
{
    for (unsigned i = 0; i < 32; i++)
        if (ours[i] != theirs[i]) {
            char text[32];
            snprintf(text, sizeof(text), "%s%u", name, i);
            wrong = complain(wrong, text, ours[i], theirs[i]);
        }
    return wrong;
}

static unsigned compare_registers(const struct mips_state *a, const struct mips_state *b)
{
    unsigned wrong = 0;
    wrong = compare_words(wrong, "r", a->gpr, b->gpr);
    wrong = compare_words(wrong, "f", a->fpr_lo, b->fpr_lo);
    wrong = compare_words(wrong, "fh", a->fpr_hi, b->fpr_hi);
    if (a->hi != b->hi)
        wrong = complain(wrong, "hi", a->hi, b->hi);
    if (a->lo != b->lo)
        wrong = complain(wrong, "lo", a->lo, b->lo);
    if (a->fcsr != b->fcsr)
        wrong = complain(wrong, "fcsr", a->fcsr, b->fcsr);
    return wrong;
}

static unsigned compare_memory(struct pair *pair)
{
    static uint8_t ours[RIG_DATA_SIZE];
    uint8_t *theirs = oracle_ram(pair->oracle) + (RIG_DATA & 0x1fffffff);
    unsigned wrong = 0;
    rig_read(&pair->rig, RIG_DATA, ours, sizeof(ours));
    if (!memcmp(ours, theirs, sizeof(ours)))
        return 0;
    for (uint32_t i = 0; i < RIG_DATA_SIZE; i++)
        if (ours[i] != theirs[i]) {
            print_message("  memory %08x: %02x, libunicorn %02x\n", RIG_DATA + i, ours[i], theirs[i]);
            wrong++;
        }
    memcpy(theirs, ours, sizeof(ours));
    return wrong;
}

/* The address that the access at pc is made to. */
static uint32_t access_address(const struct program *p, const struct mips_state *s, uint32_t pc)
{
    struct mips_insn insn = {0};
    const struct mips_row *row = mips_decode(p->words[(pc - p->start) / 4], true, &insn);
    return s->gpr[insn.rs] + (row->flags & I_INDEXED ? s->gpr[insn.rt] : (uint32_t)insn.imm);
}

static unsigned compare_end(struct pair *pair, const struct program *p, const struct oracle_run *run, int exception)
{
    const struct mips_state *s = pair->rig.s;
    unsigned wrong = 0;
    if (exception != run->exception)
        wrong = complain(wrong, "exception", (uint32_t)exception, (uint32_t)run->exception);
    if (s->gpr[REG_K0] != count_after(run->icount))
        wrong = complain(wrong, "Count at the end", s->gpr[REG_K0], count_after(run->icount));
    if (run->exception < 0)
        return s->pc == p->end + 4 ? wrong : complain(wrong, "pc", s->pc - 4, p->end);
    bool debug = exception == EXC_DEBUG, slot = debug ? s->debug & DEBUG_DBD : s->cause & CAUSE_BD;
    uint32_t at = (debug ? s->depc : s->epc) + (slot ? 4 : 0), theirs = run->trace[run->ntrace - 1];
    if (at != theirs)
        wrong = complain(wrong, "address of the exception", at, theirs);
    if ((exception == EXC_ADEL || exception == EXC_ADES) && s->bad_vaddr != access_address(p, &run->state, theirs))
        wrong = complain(wrong, "BadVAddr", s->bad_vaddr, access_address(p, &run->state, theirs));
    return wrong;
}

static void note_coverage(struct pair *pair, const struct program *p, const struct oracle_run *run)
{
    for (unsigned i = 0; i < run->ntrace; i++) {
        struct mips_insn insn = {0};
        if (mips_decode(p->words[(run->trace[i] - p->start) / 4], true, &insn))
            pair->covered[insn.opcode]++;
    }
    pair->ended[run->exception & 255]++;
}

/* The state that they are to have: with the link register of ours if its branch is to be executed again. */
static void forget_link(struct pair *pair, const struct program *p, struct oracle_run *run)
{
    const struct mips_state *s = pair->rig.s;
    bool debug = run->exception == EXC_DEBUG;
    struct mips_insn insn = {0};
    if (run->exception < 0 || !(debug ? s->debug & DEBUG_DBD : s->cause & CAUSE_BD))
        return;
    mips_decode(p->words[((debug ? s->depc : s->epc) - p->start) / 4], true, &insn);
    run->state.gpr[mips_insn_writes(&insn)] = s->gpr[mips_insn_writes(&insn)];
}

static void one_program(struct pair *pair, int row, bool fr)
{
    static struct program p;
    static struct oracle_run run;
    const struct random_options options = {
        .strict = true,
        .fr = fr,
        .row = row,
        .length = 16,
        .misaligned = random_below(&pair->random, 4) == 0,
        .traps = random_below(&pair->random, 4) == 0,
        .no_nan = random_needs_no_nan((unsigned)row),
    };
    random_program(&p, &pair->base, pair->place, &options, &pair->random);
    pair->place += 4 * (p.count + TAIL_WORDS);
    oracle_run(pair->oracle, &p, &run);
    int exception = run_ours(pair, &p, run.icount);
    unsigned wrong = compare_end(pair, &p, &run, exception);
    forget_link(pair, &p, &run);
    run.state.gpr[REG_K0] = pair->rig.s->gpr[REG_K0];
    wrong += compare_registers(pair->rig.s, &run.state);
    wrong += compare_memory(pair);
    pair->programs++;
    if (!wrong) {
        note_coverage(pair, &p, &run);
        return;
    }
    pair->failures++;
    print_message("  program %u for %s, FR=%u, fcsr %08x:\n", pair->programs, mips_rows[row].name, fr, p.state.fcsr);
    random_print(&p);
}

static bool full(const struct pair *pair)
{
    return pair->place + 4 * PROGRAM_WORDS > 0x80000000u + RIG_RAM;
}

/* Fresh code memory for both; the random numbers and the counts go on. */
static void renew(struct pair *pair, const struct rig_config *config)
{
    struct pair old = *pair;
    close_pair(pair);
    open_pair(pair, config);
    pair->random = old.random;
    pair->programs = old.programs;
    pair->failures = old.failures;
    memcpy(pair->covered, old.covered, sizeof(old.covered));
    memcpy(pair->ended, old.ended, sizeof(old.ended));
}

static unsigned report_uncovered(const struct pair *pair)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < MIPS_OPCODES; i++) {
        const char *why = excuse(i);
        if (pair->covered[i])
            continue;
        print_message("  not covered: %-8s %s\n", mips_rows[i].name, why ? why : "AND IT SHOULD BE");
        missing += !why;
    }
    return missing;
}

static void report_exceptions(const struct pair *pair)
{
    print_message("  programs by the exception that ended them:");
    for (unsigned i = 0; i < 256; i++)
        if (pair->ended[i])
            print_message(" %d: %u", i == 255 ? -1 : (int)i, pair->ended[i]);
    print_message("\n");
}

static void test_rows(void **state)
{
    const struct rig_config *config = *state;
    struct pair *pair = alloc_zeroed(sizeof(*pair));
    if (config->accel == ACCEL_JIT && !rig_has_jit()) {
        print_message("  NOT TESTED: this build has no host back end\n");
        free(pair);
        skip();
    }
    mips_decode_init();
    open_pair(pair, config);
    for (unsigned n = 0; n < programs_per_row && pair->failures < MAX_FAILURES; n++)
        for (unsigned row = 0; row < MIPS_OPCODES && pair->failures < MAX_FAILURES; row++) {
            bool wide = row == MIPS_luxc1 || row == MIPS_suxc1;
            if (random_is_system(row))
                continue;
            if (full(pair))
                renew(pair, config);
            one_program(pair, (int)row, wide || n & 1);
        }
    print_message("  %u programs compared, %u differ\n", pair->programs, pair->failures);
    report_exceptions(pair);
    unsigned missing = report_uncovered(pair), failures = pair->failures;
    close_pair(pair);
    free(pair);
    assert_int_equal(failures, 0);
    assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
    static struct rig_config configs[] = {
        {ACCEL_INTERP, 0, false, 0, 0              },
        {ACCEL_INTERP, 0, true,  0, 0              },
        {ACCEL_JIT,    0, false, 0, 0              },
        {ACCEL_JIT,    0, true,  0, 0              },
        {ACCEL_JIT,    3, false, 0, 0              },
        {ACCEL_JIT,    0, true,  0, CPU_NO_PINS    },
        {ACCEL_JIT,    0, false, 0, CPU_LONG_BLOCKS},
    };
    static char names[ARRAY_SIZE(configs)][128];
    struct CMUnitTest tests[ARRAY_SIZE(configs)];
    if (argc > 1)
        programs_per_row = (unsigned)strtoul(argv[1], NULL, 0);
    for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
        snprintf(names[i], sizeof(names[i]), "%s", rig_name(&configs[i]));
        tests[i] = (struct CMUnitTest){names[i], test_rows, NULL, NULL, &configs[i]};
    }
    return cmocka_run_group_tests_name("instructions against libunicorn", tests, NULL, NULL);
}
