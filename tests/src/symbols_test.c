#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <string.h>

#include "src/symbols.h"

static const struct row {
    const char *name;
    uint64_t address, size;
    bool function;
} rows[] = {
    {"outer",   0x1000,     0x100, true },
    {"inner",   0x1020,     0x10,  true },
    {"label",   0x1040,     0,     false},
    {"data",    0x2000,     4,     false},
    {"text",    0x2000,     4,     true },
    {"alias",   0x2000,     4,     true },
    {"unsized", 0x3000,     0,     true },
    {"sized",   0x3000,     8,     true },
    {"tail",    0x4000,     0,     false},
    {"far",     0x200000,   0,     true },
    {"twice",   0x5000,     8,     true },
    {"twice",   0x6000,     8,     true },
    {"",        0x1030,     8,     true },
    {"top",     0xfffffff0, 0x10,  true },
};

static struct symbols *filled(void)
{
    struct symbols *symbols = symbols_new();
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        symbols_add(symbols, rows[i].name, rows[i].address, rows[i].size, rows[i].function);
    return symbols;
}

static void by_address(void **state)
{
    static const struct {
        uint64_t address;
        const char *name;
        uint64_t offset;
    } expected[] = {
        {0xfff,       NULL,    0      },
        {0x1000,      "outer", 0      },
        {0x101f,      "outer", 0x1f   },
        {0x1020,      "inner", 0      },
        {0x102f,      "inner", 0xf    },
        {0x1030,      "outer", 0x30   }, /* behind the inner one's end, and the nameless one was left out */
        {0x1044,      "outer", 0x44   }, /* a label inside a function does not hide it */
        {0x10ff,      "outer", 0xff   },
        {0x1100,      "label", 0xc0   }, /* of unknown size: as far as the next */
        {0x2000,      "text",  0      }, /* functions first, then the one added first */
        {0x2004,      NULL,    0      },
        {0x3004,      "sized", 4      },
        {0x4fff,      "tail",  0xfff  },
        {0x2fffff,    "far",   0xfffff},
        {0x300000,    NULL,    0      }, /* the next one is far away */
        {0xffffffff,  "top",   0xf    },
        {0x100000000, NULL,    0      },
    };
    struct symbols *symbols = filled();
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        uint64_t offset = 0;
        const char *name = symbols_name(symbols, expected[i].address, &offset);
        if (!expected[i].name) {
            assert_null(name);
            continue;
        }
        assert_non_null(name);
        assert_string_equal(name, expected[i].name);
        assert_int_equal(offset, expected[i].offset);
    }
    symbols_free(symbols);
}

static void by_name(void **state)
{
    struct symbols *symbols = filled();
    uint64_t address = 0;
    assert_int_equal(symbols_count(symbols), ARRAY_SIZE(rows) - 1);
    assert_true(symbols_find(symbols, "alias", &address));
    assert_int_equal(address, 0x2000);
    assert_true(symbols_find(symbols, "twice", &address));
    assert_int_equal(address, 0x5000);
    assert_false(symbols_find(symbols, "out", &address));
    assert_false(symbols_find(symbols, "zzz", &address));
    assert_false(symbols_find(symbols, "", &address));
    symbols_free(symbols);
}

/* What follows the last one is somebody else's. */
static void last_of_unknown_size(void **state)
{
    struct symbols *symbols = symbols_new();
    uint64_t offset;
    symbols_add(symbols, "last", 0x7ff0, 0, true);
    assert_null(symbols_name(symbols, 0x7fef, &offset));
    assert_string_equal(symbols_name(symbols, 0x7fff, &offset), "last");
    assert_int_equal(offset, 0xf);
    assert_null(symbols_name(symbols, 0x8000, &offset));
    assert_null(symbols_name(symbols, 0x17ff0, &offset));
    symbols_free(symbols);
}

static void nothing_known(void **state)
{
    uint64_t value;
    struct symbols *symbols = symbols_new();
    assert_null(symbols_name(symbols, 0, &value));
    assert_false(symbols_find(symbols, "a", &value));
    assert_null(symbols_name(NULL, 0, &value));
    assert_false(symbols_find(NULL, "a", &value));
    symbols_free(symbols);
    symbols_free(NULL);
}

static void adding_after_a_question(void **state)
{
    uint64_t offset;
    struct symbols *symbols = filled();
    assert_string_equal(symbols_name(symbols, 0x1024, &offset), "inner");
    symbols_add(symbols, "innermost", 0x1024, 4, true);
    assert_string_equal(symbols_name(symbols, 0x1024, &offset), "innermost");
    assert_string_equal(symbols_name(symbols, 0x1028, &offset), "inner");
    assert_int_equal(offset, 8);
    symbols_free(symbols);
}

static void many(void **state)
{
    enum { COUNT = 200000 };
    struct symbols *symbols = symbols_new();
    char name[32];
    uint64_t offset, address;
    for (uint64_t i = 0; i < COUNT; i++) {
        uint64_t mixed = i * 7919 % COUNT;
        snprintf(name, sizeof(name), "s%06u", (unsigned)mixed);
        symbols_add(symbols, name, mixed * 16, 16, true);
    }
    for (uint64_t i = 0; i < COUNT; i += 97) {
        snprintf(name, sizeof(name), "s%06u", (unsigned)i);
        assert_string_equal(symbols_name(symbols, i * 16 + 5, &offset), name);
        assert_int_equal(offset, 5);
        assert_true(symbols_find(symbols, name, &address));
        assert_int_equal(address, i * 16);
    }
    symbols_free(symbols);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_address),    cmocka_unit_test(by_name),
        cmocka_unit_test(nothing_known), cmocka_unit_test(adding_after_a_question),
        cmocka_unit_test(many),          cmocka_unit_test(last_of_unknown_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
