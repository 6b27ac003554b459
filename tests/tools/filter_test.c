/* tools/memlog: ranges as the user writes them, and which records they let through. */
#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/memlog/filter.h"
#include "tools/memlog/names.h"

static struct names *some_names(void)
{
    char path[] = "/tmp/memlog-filter-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fputs("80100000 T start\n80100010 T f.part.0\n80100030 T end\n", file);
    fclose(file);
    struct names *names = names_new();
    assert_true(names_add_file(names, path));
    unlink(path);
    return names;
}

static void parsed(void **state)
{
    static const struct {
        const char *text;
        uint64_t first, last;
    } rows[] = {
        {"0x1000..0x1fff",       0x1000,     0x1fff    },
        {"4096,4k",              0x1000,     0x1fff    },
        {"4096+4k",              0x1000,     0x1fff    },
        {"1M",                   0x100000,   0x100000  },
        {"5..",                  5,          UINT64_MAX},
        {"..5",                  0,          5         },
        {"..",                   0,          UINT64_MAX},
        {"7..7",                 7,          7         },
        {"start",                0x80100000, 0x8010000f},
        {"f.part.0",             0x80100010, 0x8010002f},
        {"start..f.part.0",      0x80100000, 0x8010002f},
        {"start,4",              0x80100000, 0x80100003},
        {"0xffffffffffffffff,1", UINT64_MAX, UINT64_MAX},
    };
    static const char *const wrong[] = {
        "",    "x", "1,",  "1,0",        ",1", "9..8", "-1", "1..2..3", "0xffffffffffffffff,2", "start,f.part.0",
        "1 2", "k", "1kk", "0x10000000T"};
    struct names *names = some_names();
    struct range range;
    const char *why;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_true(range_parse(rows[i].text, RANGE_BYTES, names, &range, &why));
        assert_int_equal(range.first, rows[i].first);
        assert_int_equal(range.last, rows[i].last);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_false(range_parse(wrong[i], RANGE_BYTES, names, &range, &why));
    assert_false(range_parse("start", RANGE_BYTES, NULL, &range, &why));
    assert_true(range_parse("2k..3G", RANGE_COUNTS, NULL, &range, &why));
    assert_int_equal(range.first, 2000);
    assert_int_equal(range.last, 3000000000);
    names_free(names);
}

static const struct memlog_record store = {
    .icount = 100, .pc = 0x80100020, .virt = 0xc0001ffc, .phys = 0x00200ffc, .size = 4, .kind = 'w', .flags = MEMLOG_VIRT_KNOWN};
static const struct memlog_record dma = {.icount = 100, .phys = 0x00200ffc, .size = 4, .kind = 'W'};

static void matched(void **state)
{
    const struct {
        struct filter filter;
        bool store, dma;
    } rows[] = {
        {FILTER_ALL,                                                        true,  true },
        {{RANGE_ALL, RANGE_ALL, RANGE_ALL, RANGE_ALL, "w"},                 true,  false},
        {{RANGE_ALL, RANGE_ALL, RANGE_ALL, RANGE_ALL, "rRW"},               false, true },
        {{{0x200fff, 0x200fff}, RANGE_ALL, RANGE_ALL, RANGE_ALL, NULL},     true,  true },
        {{{0x201000, UINT64_MAX}, RANGE_ALL, RANGE_ALL, RANGE_ALL, NULL},   false, false},
        {{{0, 0x200ffb}, RANGE_ALL, RANGE_ALL, RANGE_ALL, NULL},            false, false},
        {{{0, 0x200ffc}, RANGE_ALL, RANGE_ALL, RANGE_ALL, NULL},            true,  true },
        {{RANGE_ALL, {0xc0001fff, 0xc0001fff}, RANGE_ALL, RANGE_ALL, NULL}, true,  false},
        {{RANGE_ALL, {0, 0xc0001ffb}, RANGE_ALL, RANGE_ALL, NULL},          false, false},
        {{RANGE_ALL, RANGE_ALL, {0x80100020, 0x80100020}, RANGE_ALL, NULL}, true,  false},
        {{RANGE_ALL, RANGE_ALL, {0, 0x8010001f}, RANGE_ALL, NULL},          false, false},
        {{RANGE_ALL, RANGE_ALL, RANGE_ALL, {100, 100}, NULL},               true,  true },
        {{RANGE_ALL, RANGE_ALL, RANGE_ALL, {101, UINT64_MAX}, NULL},        false, false},
        {{RANGE_ALL, RANGE_ALL, RANGE_ALL, {0, 99}, NULL},                  false, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(filter_matches(&rows[i].filter, &store), rows[i].store);
        assert_int_equal(filter_matches(&rows[i].filter, &dma), rows[i].dma);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parsed), cmocka_unit_test(matched)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
