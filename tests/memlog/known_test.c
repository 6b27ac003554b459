/* The log of a program on bare metal is exactly what the program does: every access once, in order, with all that is told of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/log_access.h"
#include "softmmu/dma.h"
#include "softmmu/memlog_internal.h"
#include "tests/core/rig.h"
#include "tools/memlog/reader.h"

#define LH(rt, imm, rs)  MEM(0x21, rt, imm, rs)
#define LWL(rt, imm, rs) MEM(0x22, rt, imm, rs)
#define LBU(rt, imm, rs) MEM(0x24, rt, imm, rs)
#define LWR(rt, imm, rs) MEM(0x26, rt, imm, rs)
#define SH(rt, imm, rs)  MEM(0x29, rt, imm, rs)
#define SWR(rt, imm, rs) MEM(0x2e, rt, imm, rs)
#define LL(rt, imm, rs)  MEM(0x30, rt, imm, rs)
#define DATA_PHYS        (RIG_DATA & 0x1fffffff)
#define DEVICE_PHYS      (RIG_DEVICE & 0x1fffffff)
#define ALL_BUT_FETCHES  ((1u << MEMLOG_KINDS) - 1 - (1u << MEMLOG_FETCH))

static struct memlog *log_to(struct rig *rig, char *path, const struct memlog_filter *filter)
{
    char error[512];
    strcpy(path, "/tmp/memlog-test-XXXXXX");
    close(mkstemp(path));
    struct memlog *log = memlog_new(path, &rig->machine, filter, error, sizeof(error));
    assert_non_null(log);
    cpu_set_log(rig->cpu, log);
    return log;
}

static struct memlog_filter everything(unsigned kinds)
{
    return (struct memlog_filter){.kinds = kinds, .phys = MEMLOG_ALL, .virt = MEMLOG_ALL, .pc = MEMLOG_ALL, .when = MEMLOG_ALL};
}

struct row {
    uint64_t icount;
    uint32_t pc; /* instructions behind RIG_CODE */
    char kind;
    unsigned size;
    uint32_t virt, phys;
    uint64_t little, big; /* value, by byte order */
};
#define D(offset) RIG_DATA + (offset), DATA_PHYS + (offset)

static void compare(const struct memlog_record *record, const struct row *row, bool big)
{
    bool dma = row->kind == 'R' || row->kind == 'W';
    assert_int_equal(record->icount, row->icount);
    assert_int_equal(record->kind, row->kind);
    assert_int_equal(record->size, row->size);
    assert_int_equal(record->phys, row->phys);
    assert_int_equal(record->virt, dma ? 0 : row->virt);
    assert_int_equal(record->pc, dma ? 0 : RIG_CODE + 4 * row->pc);
    assert_int_equal(record->value, big ? row->big : row->little);
    assert_int_equal(record->cpu, 0);
    assert_int_equal(record->flags,
                     MEMLOG_VALUE_KNOWN | (dma ? 0 : MEMLOG_VIRT_KNOWN) | (row->phys >= DEVICE_PHYS ? MEMLOG_RECORD_IO : 0));
}

static void end_log(struct rig *rig, struct memlog *log)
{
    cpu_set_log(rig->cpu, NULL);
    assert_true(memlog_end(log));
    memlog_free(log);
}

static void expect(const struct rig *rig, const char *path, const struct row *rows, size_t count)
{
    char error[512];
    struct memlog_record record;
    struct memlog_reader *reader = memlog_open(path, error, sizeof(error));
    assert_non_null(reader);
    assert_int_equal(memlog_header(reader)->big_endian, rig->machine.big_endian);
    assert_int_equal(memlog_header(reader)->page_size, GUEST_PAGE);
    assert_int_equal(memlog_header(reader)->nram, 1);
    assert_int_equal(memlog_header(reader)->ram[0].first, 0);
    assert_int_equal(memlog_header(reader)->ram[0].last, RIG_RAM - 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(memlog_next(reader, &record), 1);
        compare(&record, &rows[i], rig->machine.big_endian);
    }
    assert_int_equal(memlog_next(reader, &record), 0);
    memlog_close(reader);
    unlink(path);
}

/* Records so far. */
static unsigned count(const char *path, struct memlog *log)
{
    char error[512];
    struct memlog_record record;
    unsigned found = 0;
    memlog_flush(log);
    struct memlog_reader *reader = memlog_open(path, error, sizeof(error));
    while (memlog_next(reader, &record) == 1)
        found++;
    memlog_close(reader);
    return found;
}

static void run(struct rig *rig, uint64_t until)
{
    assert_int_equal(cpu_run(rig->cpu, until), CPU_EXIT_LIMIT);
}

static const uint32_t widths[] = {
    ADDIU(T0, 0, 0x1234), SW(T0, 0, A1),   SH(T0, 6, A1),  SB(T0, 9, A1),  LW(T1, 0, A1), LH(T1, 6, A1), LBU(T1, 9, A1),
    SWL(T0, 17, A1),      SWR(T0, 22, A1), LWL(T1, 0, A1), LWR(T1, 3, A1), LW(T1, 4, A0), SW(T0, 8, A0), BNE(T0, 0, 1),
    SB(T0, 32, A1),       LB(T1, 1, A1),   LL(T1, 0, A1),  SC(T0, 0, A1),  SC(T0, 0, A1), NOP,
};
static const struct row widths_log[] = {
    {1,       1,  'w', 4,        D(0),           0x1234,          0x1234            },
    {2,       2,  'w', 2,        D(6),           0x1234,          0x1234            },
    {3,       3,  'w', 1,        D(9),           0x34,            0x34              },
    {4,       4,  'r', 4,        D(0),           0x1234,          0x1234            },
    {5,       5,  'r', 2,        D(6),           0x1234,          0x1234            },
    {6,       6,  'r', 1,        D(9),           0x34,            0x34              },
    {11,      11, 'r', 4,        RIG_DEVICE + 4, DEVICE_PHYS + 4, 0x11223344,         0x11223344},
    {12,       12,        'w',   4, RIG_DEVICE + 8,            DEVICE_PHYS + 8,             0x1234,     0x1234},
    {13, 14,   'w',     1,           D(32),                    0x34,                              0x34                            },
    {15,   15,     'r',       1,           D(1),                  0x12,0},
    {16,      16,        'r',          4,           D(0),               0x1234,                        0x1234                                                       },
    {17, 17,   'w',     4,           D(0),                    0x1234,       0x1234},
};
/* swl, swr, lwl and lwr touch other bytes in the other byte order. */
static const struct row parts_little[] = {
    {7,  7,  'w', 2, D(16), 0,      0},
    {8,  8,  'w', 2, D(22), 0x1234, 0},
    {9,  9,  'r', 1, D(0),  0x34,   0},
    {10, 10, 'r', 1, D(3),  0,      0},
};
static const struct row parts_big[] = {
    {7,  7,  'w', 3, D(17), 0, 0x12  },
    {8,  8,  'w', 3, D(20), 0, 0x1234},
    {9,  9,  'r', 4, D(0),  0, 0x1234},
    {10, 10, 'r', 4, D(0),  0, 0x1234},
};

/* All widths and kinds; warm, so that generated code and its TLB entries are there. */
static void each_access_is_logged(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    struct row rows[ARRAY_SIZE(widths_log) + 4];
    char path[64];
    memcpy(rows, widths_log, 6 * sizeof(*rows));
    memcpy(rows + 6, rig->machine.big_endian ? parts_big : parts_little, 4 * sizeof(*rows));
    memcpy(rows + 10, widths_log + 6, sizeof(widths_log) - 6 * sizeof(*rows));
    rig_words(rig, RIG_CODE, widths, ARRAY_SIZE(widths));
    rig_warm(rig, ARRAY_SIZE(widths));
    struct memlog *log = log_to(rig, path, &filter);
    run(rig, ARRAY_SIZE(widths));
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

/* A loop in generated code, cut by limits at every count. */
static void limits_change_nothing(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    struct row rows[60];
    char path[64];
    rig_code(rig, ADDIU(T0, 0, 20), SW(T0, 0, A1), LW(T1, 0, A1), ADDIU(T0, T0, -1), BNE(T0, 0, -4), SB(T0, 8, A1), BEQ(0, 0, -1),
             NOP);
    for (unsigned i = 0; i < 20; i++) {
        rows[3 * i] = (struct row){1 + 5 * i, 1, 'w', 4, D(0), 20 - i, 20 - i};
        rows[3 * i + 1] = (struct row){2 + 5 * i, 2, 'r', 4, D(0), 20 - i, 20 - i};
        rows[3 * i + 2] = (struct row){4 + 5 * i, 5, 'w', 1, D(8), 19 - i, 19 - i};
    }
    rig_warm(rig, 300);
    struct memlog *log = log_to(rig, path, &filter);
    for (uint64_t until = 1; until < 120; until += 1 + until % 7)
        run(rig, until);
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

/* Code is dropped again and again, and the log forgets what it knew of it: memory for that is bounded. */
static void blocks_are_forgotten(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    struct row rows[40];
    char path[64];
    rig_code(rig, ADDIU(T0, T0, 1), SW(T0, 0, A1), BEQ(0, 0, -3), SB(T0, 8, A1));
    for (unsigned i = 0; i < 20; i++) {
        rows[2 * i] = (struct row){1 + 4 * i, 1, 'w', 4, D(0), i + 1, i + 1};
        rows[2 * i + 1] = (struct row){2 + 4 * i, 3, 'w', 1, D(8), i + 1, i + 1};
    }
    rig_warm(rig, 300);
    struct memlog *log = log_to(rig, path, &filter);
    memlog_set_most_blocks(log, 2);
    for (uint64_t until = 4; until <= 80; until += 4) {
        run(rig, until);
        assert_true(log->nblocks < 2 && log->nexits < 8);
        block_drop_all(rig->cpu, BLOCK_HOST);
    }
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

/* What makes an exception touches nothing; the handler's own accesses are in the log. */
static void exceptions_touch_nothing(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    const struct row rows[] = {
        {0, 0,                           'w', 4, D(0), 0, 0},
        {2, (RIG_VECTOR - RIG_CODE) / 4, 'w', 1, D(5), 0, 0},
    };
    char path[64];
    const uint32_t handler[] = {SB(0, 5, A1), NOP, NOP};
    rig_code(rig, SW(0, 0, A1), SW(0, 2, A1), SW(0, 4, A1));
    rig_words(rig, RIG_VECTOR, handler, ARRAY_SIZE(handler));
    rig_warm(rig, 4);
    struct memlog *log = log_to(rig, path, &filter);
    run(rig, 4);
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

/* A stop before an access: it is logged when it happens. A stop after it: its unit runs twice, and it is logged once. */
static void stops_log_an_access_once(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    const struct row rows[] = {
        {1, 1, 'w', 4, D(0), 7, 7},
        {2, 2, 'w', 4, D(4), 7, 7},
        {3, 3, 'r', 4, D(0), 7, 7},
    };
    char path[64];
    rig_code(rig, ADDIU(T0, 0, 7), SW(T0, 0, A1), SW(T0, 4, A1), LW(T1, 0, A1), NOP);
    rig_warm(rig, 5);
    struct memlog *log = log_to(rig, path, &filter);
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_ACCESS, false);
    watch_insert(rig->cpu->mmu.watches, RIG_DATA + 4, 4, WATCH_WRITE, true);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_DEBUG);
    assert_int_equal(count(path, log), 0);
    rig->cpu->skip_watch = true;
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_DEBUG);
    assert_at(rig, 3, RIG_CODE + 12);
    assert_int_equal(cpu_run(rig->cpu, 5), CPU_EXIT_DEBUG);
    rig->cpu->skip_watch = true;
    run(rig, 5);
    watch_remove_all(rig->cpu->mmu.watches);
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

static void transfer(struct rig *rig, uint64_t value)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    uint8_t got[2];
    dma_write(&rig->machine, "test", DATA_PHYS + 0x100, bytes, sizeof(bytes));
    dma_read(&rig->machine, "test", DATA_PHYS + 0x101, got, sizeof(got));
    machine_kick(&rig->machine); /* the unit is left with its access done, and run again */
}

/* A store that starts a device's transfer, and makes its unit be left: the store, then what the device does; each once. */
static void transfers_follow_the_store_that_starts_them(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(ALL_BUT_FETCHES);
    const struct row rows[] = {
        {1,                   1,     'w',    4,                RIG_DEVICE,  DEVICE_PHYS, 7,                                 7},
        {1,                   0,                        'W',           8, 0, DATA_PHYS + 0x100,           0x0807060504030201,                           0x0102030405060708},
        {1, 0,      'W',            1,                           0,                              DATA_PHYS + 0x108,                             9,         9},
        {1,                  0,                      'R',                            2,                                            0,                                     DATA_PHYS + 0x101,0x0302,0x0203},
        {2,  2, 'r', 1,                 D(0x108),9,      9                                           },
    };
    char path[64];
    rig_code(rig, ADDIU(T0, 0, 7), SW(T0, 0, A0), LB(T1, 0x108, A1), NOP);
    rig_warm(rig, 4);
    rig->on_write = transfer;
    struct memlog *log = log_to(rig, path, &filter);
    run(rig, 4);
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

static void fetches_are_logged_if_asked(void **state)
{
    struct rig *rig = *state;
    struct memlog_filter filter = everything(1u << MEMLOG_FETCH | 1u << MEMLOG_STORE);
    const uint32_t code[] = {BEQ(0, 0, 2), SW(0, 0, A1), NOP, LW(T0, 0, A1), NOP};
    struct row rows[] = {
        {0,  0,   'x', 4,             RIG_CODE,                     RIG_CODE & 0x1fffffff,       code[0], code[0]},
        {0,  1,   'x', 4,             RIG_CODE + 4,                 (RIG_CODE & 0x1fffffff) + 4, code[1], code[1]},
        {0,  1,   'w', 4,             D(0),                         0,                           0      },
        {2, 3, 'x',   4, RIG_CODE + 12, (RIG_CODE & 0x1fffffff) + 12,                     code[3], code[3]       },
        {3, 4, 'x',   4, RIG_CODE + 16, (RIG_CODE & 0x1fffffff) + 16,                           0,       0},
    };
    char path[64];
    rig_words(rig, RIG_CODE, code, ARRAY_SIZE(code));
    rig_warm(rig, 4);
    struct memlog *log = log_to(rig, path, &filter);
    watch_insert(rig->cpu->mmu.watches, RIG_DATA, 4, WATCH_WRITE, true); /* the unit is run twice, and fetched once */
    assert_int_equal(cpu_run(rig->cpu, 4), CPU_EXIT_DEBUG);
    watch_remove_all(rig->cpu->mmu.watches);
    run(rig, 4);
    end_log(rig, log);
    expect(rig, path, rows, ARRAY_SIZE(rows));
}

/* Each filter lets through just these of the accesses of `widths`. */
static void filters(void **state)
{
    struct rig *rig = *state;
    static const struct {
        struct memlog_filter filter;
        unsigned count;
    } rows[] = {
        {{.kinds = 1u << MEMLOG_STORE},                                                 8},
        {{.kinds = 1u << MEMLOG_LOAD},                                                  8},
        {{.kinds = ALL_BUT_FETCHES, .virt = {RIG_DEVICE, RIG_DEVICE + 0xfff}},          2},
        {{.kinds = ALL_BUT_FETCHES, .phys = {DATA_PHYS + 6, DATA_PHYS + 9}},            4},
        {{.kinds = ALL_BUT_FETCHES, .pc = {RIG_CODE + 4, RIG_CODE + 12}},               3},
        {{.kinds = ALL_BUT_FETCHES, .when = {4, 6}},                                    3},
        {{.kinds = 1u << MEMLOG_LOAD, .phys = {DATA_PHYS, DATA_PHYS}, .when = {0, 10}}, 2},
    };
    rig_words(rig, RIG_CODE, widths, ARRAY_SIZE(widths));
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        struct memlog_filter filter = rows[i].filter;
        struct memlog_range *ranges[] = {&filter.phys, &filter.virt, &filter.pc, &filter.when};
        char path[64];
        for (unsigned k = 0; k < ARRAY_SIZE(ranges); k++)
            if (!ranges[k]->last)
                *ranges[k] = MEMLOG_ALL;
        rig_warm(rig, ARRAY_SIZE(widths));
        struct memlog *log = log_to(rig, path, &filter);
        run(rig, ARRAY_SIZE(widths));
        unsigned more = i == 6 && rig->machine.big_endian; /* lwr of the whole word */
        assert_int_equal(count(path, log), rows[i].count + more);
        end_log(rig, log);
        unlink(path);
    }
}

int main(void)
{
    static const struct rig_test tests[] = {
        {"each access is logged",                       each_access_is_logged                      },
        {"limits change nothing",                       limits_change_nothing                      },
        {"blocks are forgotten",                        blocks_are_forgotten                       },
        {"exceptions touch nothing",                    exceptions_touch_nothing                   },
        {"stops log an access once",                    stops_log_an_access_once                   },
        {"transfers follow the store that starts them", transfers_follow_the_store_that_starts_them},
        {"fetches are logged if asked",                 fetches_are_logged_if_asked                },
        {"filters",                                     filters                                    },
    };
    return rig_run_tests(tests, ARRAY_SIZE(tests));
}
