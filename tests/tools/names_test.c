/* tools/memlog: symbols, lines and regions from files. */
#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/memlog/names.h"

/* A file with this text; its path lives until the next call. */
static const char *file_of(const char *text)
{
    static char path[64];
    snprintf(path, sizeof(path), "/tmp/memlog-names-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static bool add_text(struct names *names, const char *text)
{
    const char *path = file_of(text);
    bool good = names_add_file(names, path);
    unlink(path);
    return good;
}

static const char map_text[] = "80101000 T second\n"
                               "80100000 T _stext\n"
                               "80100000 t first\n"
                               "00000010 A absolute\n"
                               "         U nothing\n"
                               "80102000 T _etext\n"
                               "80103000 D data\n"
                               "ffffffff80104000 B last\t[module]\n";

static void system_map(void **state)
{
    static const struct {
        uint64_t address;
        const char *text;
    } rows[] = {
        {0x800fffff, ""           },
        {0x80100000, "first"      },
        {0x80100ffc, "first+0xffc"},
        {0x80101000, "second"     },
        {0x80102fff, ""           }, /* _etext ends what was before it */
        {0x80103ffe, "data+0xffe" },
        {0x80104000, "last"       },
        {0x80104001, ""           },
        {0x10,       ""           },
    };
    char text[64];
    struct names *names = names_new();
    assert_true(names_empty(names));
    assert_false(add_text(names, map_text)); /* one line of it is none of a symbol */
    char good[sizeof(map_text)];
    const char *bad = strstr(map_text, "         U");
    snprintf(good, sizeof(good), "%.*s%s", (int)(bad - map_text), map_text, strchr(bad, '\n') + 1);
    assert_true(add_text(names, good));
    assert_false(names_empty(names));
    for (unsigned twice = 0; twice < 2; twice++) /* the second time from the cache */
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
            assert_string_equal(names_format(names, rows[i].address, text, sizeof(text)), rows[i].text);
    names_free(names);
}

static void extents(void **state)
{
    struct range range;
    struct names *names = names_new();
    assert_true(add_text(names, "80100000 T first\n80100010 T second\n"));
    assert_true(names_extent(names, "first", &range));
    assert_int_equal(range.first, 0x80100000);
    assert_int_equal(range.last, 0x8010000f);
    assert_true(names_extent(names, "second", &range));
    assert_int_equal(range.last, 0x80100010);
    assert_false(names_extent(names, "third", &range));
    names_free(names);
}

static void kernel_regions(void **state)
{
    size_t count;
    struct names *names = names_new();
    assert_true(add_text(names, "80100000 T _stext\n80102000 T _etext\n80103000 B __bss_start\n80103000 B __bss_stop\n"));
    const struct region *regions = names_regions(names, &count);
    assert_int_equal(count, 1); /* an empty one is none */
    assert_string_equal(regions[0].name, "kernel text");
    assert_int_equal(regions[0].range.first, 0x80100000);
    assert_int_equal(regions[0].range.last, 0x80101fff);
    assert_false(regions[0].given);
    names_free(names);
}

/* A label at the end of a program, say, names no device. */
static void far(void **state)
{
    uint64_t start;
    struct names *names = names_new();
    assert_true(add_text(names, "80000000 T label\n90000000 T next\n"));
    assert_string_equal(names_symbol(names, 0x80ffffff, &start), "label");
    assert_int_equal(start, 0x80000000);
    assert_null(names_symbol(names, 0x81000000, &start));
    names_free(names);
}

/* This program is an ELF file with symbols and sections, and with lines if it was built so. */
static void own_program(void **state)
{
    struct range range;
    const char *file = "";
    int line = 0;
    size_t count, text = 0;
    struct names *names = names_new();
    assert_true(names_add_file(names, "/proc/self/exe"));
    assert_true(names_extent(names, "own_program", &range));
    const struct region *regions = names_regions(names, &count);
    for (size_t i = 0; i < count; i++)
        text += strcmp(regions[i].name, ".text") == 0 && range_meets(&regions[i].range, range.first, 1);
    assert_int_equal(text, 1);
    bool found = names_line(names, range.first, &file, &line);
    assert_int_equal(found, WITH_LINES);
    if (found) {
        assert_non_null(strstr(file, "names_test.c"));
        assert_in_range(line, 60, __LINE__);
    }
    assert_false(names_line(names, UINT64_C(0xffff0000), &file, &line));
    names_free(names);
}

static void refused(void **state)
{
    static const char *const texts[] = {"", "hello\n", "80100000 T\n", "80100000 1 f\n", "\177ELF", "zzzz T f\n"};
    struct names *names = names_new();
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_false(add_text(names, texts[i]));
    assert_false(names_add_file(names, "/nonexistent/System.map"));
    assert_false(names_add_file(names, "/tmp"));
    assert_true(names_empty(names));
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(system_map), cmocka_unit_test(extents),     cmocka_unit_test(kernel_regions),
        cmocka_unit_test(far),        cmocka_unit_test(own_program), cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
