/*
 * Back ends against each other: random programs that take exceptions, TLB misses and interrupts, store into their own code, and
 * use every row, coprocessor 0 too. The interpreter with one unit a block is the reference; the others must have the same state
 * to the last byte, the same memory, the same count and the same watch hits: at the end of the run, and at whatever count the run
 * is cut. Where each cut is tried, what comes before the program is longer than a block: so the budget ends at each unit of each block while
 * generated code runs, which leaves fewer instructions than a block to the interpreter.
 */
#include "tests/cpu/random_code.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "cpu/mips/decode.h"
#include "cpu/translate.h"
#include "softmmu/alloc.h"
#include "softmmu/watch.h"
#include "tests/softmmu/unit.h"

#define MAX_FAILURES 5
#define MAX_UNITS    400                   /* of a program, as far as it is compared */
#define TAIL         140                   /* instructions behind the end: only so will generated code run up to it */
#define LEAD         (BLOCK_MAX_INSNS + 8) /* and in front of a program that is cut */

static const struct rig_config configs[] = {
    {ACCEL_INTERP, 1,  false, 0,         0                                                                  }, /* the reference */
    {ACCEL_INTERP, 0,  false, 0,         0                                                                  },
    {ACCEL_INTERP, 7,  false, 0,         0                                                                  },
    {ACCEL_INTERP, 0,  false, 0,         CPU_ONE_TLB_ENTRY                                                  },
    {ACCEL_JIT,    0,  false, 0,         0                                                                  },
    {ACCEL_JIT,    7,  false, 0,         0                                                                  },
    {ACCEL_JIT,    1,  false, 0,         0                                                                  },
    {ACCEL_JIT,    12, false, 1,         0                                                                  }, /* the least code cache: each block evicts one */
    {ACCEL_JIT,    12, false, 512 << 10, 0                                                                  }, /* a small one: evicts */
    {ACCEL_JIT,    0,  false, 0,         CPU_NO_PINS                                                        },
    {ACCEL_JIT,    0,  false, 0,         CPU_ONE_TLB_ENTRY                                                  },
    {ACCEL_JIT,    0,  false, 0,         CPU_FAULT_FIRST                                                    },
    {ACCEL_JIT,    0,  false, 0,         CPU_LONG_BLOCKS                                                    },
    {ACCEL_JIT,    0,  false, 0,         CPU_NO_PINS | CPU_ONE_TLB_ENTRY | CPU_FAULT_FIRST | CPU_LONG_BLOCKS},
};
#define RIGS ARRAY_SIZE(configs)

enum { WATCH_NONE, WATCH_NEAR, WATCH_HIT_BEFORE, WATCH_HIT_AFTER };

/* What is compared. */
struct outcome {
    uint64_t icount, idle_ns, state, data, events;
    enum cpu_exit exit;
};

struct bench {
    struct rig rigs[RIGS];
    unsigned nrigs;
    struct mips_state base;
    uint64_t random;
    uint32_t place;
    unsigned lead; /* instructions without effect in front of the program */
    struct program program;
    uint8_t data[RIG_DATA_SIZE];
    unsigned watch;
    /* The reference's run. */
    struct {
        uint64_t icount, state;
    } boundary[MAX_UNITS + 1];
    unsigned nboundaries;
    struct outcome expected;
    struct mips_state expected_state;
    unsigned programs, runs, failures;
    unsigned covered[MIPS_OPCODES];
};

static unsigned programs_per_order = 6000;
#define CUT_PROGRAMS_PER_ORDER (programs_per_order / 60 + 1)

static uint64_t state_hash(const struct rig *rig)
{
    return XXH3_64bits(rig->s, sizeof(*rig->s));
}

static uint64_t data_hash(const struct rig *rig)
{
    uint8_t data[RIG_DATA_SIZE];
    rig_read(rig, RIG_DATA, data, sizeof(data));
    return XXH3_64bits(data, sizeof(data));
}

/* Runs over watch hits, which go into the hash of events. */
static enum cpu_exit run_to(struct rig *rig, uint64_t until, uint64_t *events)
{
    for (;;) {
        enum cpu_exit exit = cpu_run(rig->cpu, until);
        if (exit != CPU_EXIT_DEBUG)
            return exit;
        const struct debug_event *e = &rig->cpu->debug;
        const uint64_t words[] = {*events, rig_icount(rig), e->lowest, e->va, e->size, e->kind, e->value, e->pc, e->after};
        *events = XXH3_64bits(words, sizeof(words));
        rig->cpu->skip_watch = !e->after;
    }
}

static void finish(struct rig *rig, uint64_t until, uint64_t events, struct outcome *outcome)
{
    *outcome = (struct outcome){.events = events};
    outcome->exit = run_to(rig, until, &outcome->events);
    outcome->icount = rig_icount(rig);
    outcome->idle_ns = rig->machine.clock->idle_ns;
    outcome->state = state_hash(rig);
    outcome->data = data_hash(rig);
}

static void set_watch(struct bench *b, struct rig *rig)
{
    uint32_t base = b->program.options.mapped ? RIG_DATA & 0x1fffffff : RIG_DATA;
    watch_remove_all(rig->cpu->mmu.watches);
    if (b->watch == WATCH_NEAR)
        watch_insert(rig->cpu->mmu.watches, base + 0x100, 16, WATCH_ACCESS, false);
    else if (b->watch != WATCH_NONE)
        watch_insert(rig->cpu->mmu.watches, base + 0x1000, 0x80, WATCH_ACCESS, b->watch == WATCH_HIT_AFTER);
}

/* The program from its beginning: code is loaded anew if it may have been changed. */
static void begin(struct bench *b, struct rig *rig, bool load)
{
    static const uint32_t nops[LEAD];
    if (load || b->program.options.patch) {
        rig_words(rig, b->program.start - 4 * b->lead, nops, b->lead);
        rig_words(rig, b->program.start, b->program.words, b->program.count);
    }
    rig_write(rig, RIG_DATA, b->data, sizeof(b->data));
    rig_restore(rig, &b->program.state);
}

static void note_row(struct bench *b, uint32_t pc)
{
    struct mips_insn insn = {0};
    uint32_t offset = pc - b->program.start;
    if (offset / 4 < b->program.count && mips_decode(b->program.words[offset / 4], true, &insn))
        b->covered[insn.opcode]++;
}

/* Unit by unit, with a note of each boundary. */
static void run_reference(struct bench *b)
{
    struct rig *rig = &b->rigs[0];
    uint64_t events = 0;
    unsigned after = 0;
    set_watch(b, rig);
    begin(b, rig, true);
    b->nboundaries = 0;
    while (b->nboundaries < MAX_UNITS && after < 3) {
        note_row(b, rig->s->pc);
        if (run_to(rig, rig_icount(rig) + 1, &events) != CPU_EXIT_LIMIT)
            break;
        b->boundary[b->nboundaries].icount = rig_icount(rig);
        b->boundary[b->nboundaries++].state = state_hash(rig);
        after += rig->s->pc == b->program.end;
    }
    finish(rig, rig_icount(rig) + TAIL, events, &b->expected);
    b->expected_state = *rig->s;
}

static const char *word_name(size_t offset)
{
    for (unsigned i = 0; i < mips_arch.nglobals; i++)
        if (mips_arch.globals[i].offset == offset)
            return mips_arch.globals[i].name;
    return offset == offsetof(struct mips_state, pc) ? "pc" : "state";
}

static void print_difference(struct bench *b, const struct rig *rig)
{
    const uint32_t *ours = (const uint32_t *)rig->s, *theirs = (const uint32_t *)&b->expected_state;
    for (size_t i = 0; i < sizeof(*rig->s) / 4; i++)
        if (ours[i] != theirs[i])
            print_message("  %s (offset %zu): %08x, reference %08x\n", word_name(4 * i), 4 * i, ours[i], theirs[i]);
}

static void print_case(struct bench *b, unsigned n, const char *what, uint64_t cut, const struct outcome *got)
{
    const struct outcome *want = &b->expected;
    const struct random_options *o = &b->program.options;
    struct rig_config config = configs[n];
    config.big_endian = b->rigs[n].machine.big_endian;
    print_message("  %s, %s (cut at %llu): program %u%s%s%s%s%s%s watch %u\n", rig_name(&config), what, (unsigned long long)cut,
                  b->programs, o->fr ? " FR" : "", o->mapped ? " mapped" : "", o->user ? " user" : "", o->fpu ? " fpu" : "",
                  o->patch ? " patch" : "", o->misaligned ? " misaligned" : "", b->watch);
    if (got)
        print_message("  icount %llu/%llu exit %d/%d idle %llu/%llu data %s events %s\n", (unsigned long long)got->icount,
                      (unsigned long long)want->icount, got->exit, want->exit, (unsigned long long)got->idle_ns,
                      (unsigned long long)want->idle_ns, got->data == want->data ? "same" : "DIFFER",
                      got->events == want->events ? "same" : "DIFFER");
    print_difference(b, &b->rigs[n]);
    random_print(&b->program);
    b->failures++;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
    return a->icount == b->icount && a->idle_ns == b->idle_ns && a->state == b->state && a->data == b->data &&
           a->events == b->events && a->exit == b->exit;
}

/* In one go; twice, since the second time finds code translated and linked. */
static void run_whole(struct bench *b, unsigned n)
{
    struct outcome got;
    set_watch(b, &b->rigs[n]);
    for (unsigned again = 0; again < 2; again++) {
        begin(b, &b->rigs[n], !again);
        finish(&b->rigs[n], b->expected.exit == CPU_EXIT_LIMIT ? b->expected.icount : b->expected.icount + TAIL, 0, &got);
        b->runs++;
        if (!same(&got, &b->expected)) {
            print_case(b, n, again ? "again" : "first", 0, &got);
            return;
        }
    }
}

/* Stops after `cut` instructions or what the unit there takes, looks, and goes on. */
static bool run_cut(struct bench *b, unsigned n, unsigned at, uint64_t cut)
{
    struct rig *rig = &b->rigs[n];
    struct outcome got;
    uint64_t events = 0;
    begin(b, rig, false);
    run_to(rig, cut, &events);
    b->runs++;
    if (rig_icount(rig) != b->boundary[at].icount || state_hash(rig) != b->boundary[at].state) {
        print_case(b, n, "at the cut", cut, NULL);
        print_message("  icount %llu, reference %llu\n", (unsigned long long)rig_icount(rig),
                      (unsigned long long)b->boundary[at].icount);
        return false;
    }
    finish(rig, b->expected.exit == CPU_EXIT_LIMIT ? b->expected.icount : b->expected.icount + TAIL, events, &got);
    if (same(&got, &b->expected))
        return true;
    print_case(b, n, "after the cut", cut, &got);
    return false;
}

static void run_cuts(struct bench *b, unsigned n)
{
    uint64_t cut = 1;
    for (unsigned at = 0; at < b->nboundaries; at++)
        for (; cut <= b->boundary[at].icount; cut++)
            if (cut > b->lead && !run_cut(b, n, at, cut))
                return;
}

static bool chance(struct bench *b, unsigned n)
{
    return random_below(&b->random, n) == 0;
}

static void make_program(struct bench *b)
{
    bool mapped_code = chance(b, 4), mapped = mapped_code || chance(b, 4);
    const struct random_options options = {
        .fr = chance(b, 2),
        .misaligned = chance(b, 2),
        .traps = chance(b, 4),
        .loop = true,
        .patch = chance(b, 4),
        .mapped = mapped,
        .user = mapped_code && chance(b, 2),
        .fpu = chance(b, 3),
        .invalid = chance(b, 8),
        .length = 8 + (unsigned)random_below(&b->random, 32),
        .row = (int)(b->programs % MIPS_OPCODES),
    };
    if (mapped_code && chance(b, 2)) /* across pages that are not mapped together */
        b->place = (b->place | 0x1fff) + 1 - 4 * (1 + (uint32_t)random_below(&b->random, options.length));
    if (b->place + 4 * (b->lead + PROGRAM_WORDS) > 0x80000000u + RIG_RAM)
        b->place = RIG_CODE;
    uint32_t start = b->place + 4 * b->lead;
    random_program(&b->program, &b->base, mapped_code ? start & 0x1fffffff : start, &options, &b->random);
    b->program.state.pc -= 4 * b->lead;
    b->program.state.compare += b->lead / 2;
    b->place = (b->program.start | 0x80000000) + 4 * b->program.count;
    for (size_t i = 0; i < sizeof(b->data); i += 64) {
        uint64_t value = random_u64(&b->random);
        memcpy(b->data + i, &value, sizeof(value));
    }
    b->watch = chance(b, 3) ? (unsigned)random_below(&b->random, 4) : WATCH_NONE;
    b->programs++;
}

static void one_program(struct bench *b)
{
    make_program(b);
    run_reference(b);
    for (unsigned n = 1; n < b->nrigs && b->failures < MAX_FAILURES; n++)
        run_whole(b, n);
    if (chance(b, 12) && b->failures < MAX_FAILURES)
        run_cuts(b, 1 + (unsigned)random_below(&b->random, b->nrigs - 1));
}

static void one_cut_program(struct bench *b)
{
    make_program(b);
    run_reference(b);
    for (unsigned n = 1; n < b->nrigs && b->failures < MAX_FAILURES; n++) {
        if (configs[n].accel != ACCEL_JIT)
            continue;
        run_whole(b, n);
        run_cuts(b, n);
    }
}

static void open_bench(struct bench *b, bool big_endian, unsigned lead)
{
    b->random = 0xbac0ed5 + big_endian;
    b->lead = lead;
    b->place = RIG_CODE;
    for (unsigned i = 0; i < RIGS; i++) {
        struct rig_config config = configs[i];
        if (config.accel == ACCEL_JIT && !rig_has_jit())
            break;
        config.big_endian = big_endian;
        rig_open(&b->rigs[i], &config);
        random_handlers(&b->rigs[i]);
        b->nrigs++;
    }
    b->base = *b->rigs[0].s;
}

static unsigned report_uncovered(const struct bench *b)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < MIPS_OPCODES; i++)
        if (!b->covered[i]) {
            print_message("  not covered: %s\n", mips_rows[i].name);
            missing++;
        }
    return missing;
}

static void report(const struct bench *b)
{
    print_message("  %u programs, %u runs compared with the reference, %u differ\n", b->programs, b->runs, b->failures);
    if (b->nrigs < RIGS)
        print_message("  NOT TESTED: this build has no host back end; %zu of %zu configurations are left out\n", RIGS - b->nrigs,
                      RIGS);
}

static unsigned close_bench(struct bench *b)
{
    unsigned failures = b->failures;
    report(b);
    for (unsigned i = 0; i < b->nrigs; i++)
        rig_close(&b->rigs[i]);
    free(b);
    return failures;
}

static void test_programs(void **state)
{
    struct bench *b = alloc_zeroed(sizeof(*b));
    mips_decode_init();
    open_bench(b, **(bool **)state, 0);
    while (b->programs < programs_per_order && b->failures < MAX_FAILURES)
        one_program(b);
    unsigned missing = report_uncovered(b);
    assert_int_equal(close_bench(b), 0);
    assert_int_equal(missing, 0);
}

static void test_cuts(void **state)
{
    struct bench *b = alloc_zeroed(sizeof(*b));
    mips_decode_init();
    open_bench(b, **(bool **)state, LEAD);
    while (b->programs < CUT_PROGRAMS_PER_ORDER && b->failures < MAX_FAILURES)
        one_cut_program(b);
    assert_int_equal(close_bench(b), 0);
}

int main(int argc, char **argv)
{
    static bool orders[] = {false, true};
    const struct CMUnitTest tests[] = {
        {"little-endian",           test_programs, NULL, NULL, &orders[0]},
        {"big-endian",              test_programs, NULL, NULL, &orders[1]},
        {"each cut, little-endian", test_cuts,     NULL, NULL, &orders[0]},
        {"each cut, big-endian",    test_cuts,     NULL, NULL, &orders[1]},
    };
    if (argc > 1)
        programs_per_order = (unsigned)strtoul(argv[1], NULL, 0);
    return cmocka_run_group_tests_name("back ends against each other", tests, NULL, NULL);
}
