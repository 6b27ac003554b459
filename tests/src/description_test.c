/* The documents are well-formed XML, and hold what gdb wants of a MIPS target. */
#include "tests/softmmu/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/mips/mips.h"
#include "src/description.h"

enum { DEPTH_MAX = 8 };

/* One pass over a document of elements and attributes: no text but white space, no comments, no references but named ones. */
struct xml {
    const char *at;
    struct {
        const char *name;
        size_t length;
    } open[DEPTH_MAX];
    unsigned depth, elements, roots;
};

static void skip_space(struct xml *xml)
{
    xml->at += strspn(xml->at, " \n");
}

static size_t take_name(struct xml *xml)
{
    size_t length = 0;
    assert_true(isalpha((unsigned char)*xml->at));
    while (isalnum((unsigned char)xml->at[length]) || strchr("-_.", xml->at[length]))
        length++;
    xml->at += length;
    return length;
}

static void take_attribute(struct xml *xml)
{
    take_name(xml);
    assert_memory_equal(xml->at, "=\"", 2);
    for (xml->at += 2; *xml->at != '"'; xml->at++) {
        assert_true(*xml->at && *xml->at != '<' && *xml->at != '>');
        if (*xml->at == '&')
            assert_true(strchr(xml->at, ';') && strcspn(xml->at, ";") <= 5);
    }
    xml->at++;
}

static void take_close(struct xml *xml)
{
    const char *name = xml->at;
    size_t length = take_name(xml);
    assert_true(xml->depth > 0);
    xml->depth--;
    assert_int_equal(length, xml->open[xml->depth].length);
    assert_memory_equal(name, xml->open[xml->depth].name, length);
    assert_int_equal(*xml->at++, '>');
}

static void take_open(struct xml *xml)
{
    const char *name = xml->at;
    size_t length = take_name(xml);
    xml->elements++;
    xml->roots += xml->depth == 0;
    while (*xml->at == ' ') {
        skip_space(xml);
        take_attribute(xml);
    }
    if (*xml->at == '/') {
        xml->at++;
    } else {
        assert_true(xml->depth < DEPTH_MAX);
        xml->open[xml->depth].name = name;
        xml->open[xml->depth++].length = length;
    }
    assert_int_equal(*xml->at++, '>');
}

static unsigned check_xml(const char *text, const char *root)
{
    struct xml xml = {.at = text};
    static const char head[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE ";
    assert_memory_equal(xml.at, head, strlen(head));
    xml.at += strlen(head);
    assert_memory_equal(xml.at, root, strlen(root));
    xml.at = strchr(xml.at, '>') + 1;
    for (skip_space(&xml); *xml.at; skip_space(&xml)) {
        if (*xml.at != '<') { /* character data: only inside an element */
            assert_true(xml.depth > 0);
            xml.at += strcspn(xml.at, "<");
            continue;
        }
        if (xml.at[1] == '/') {
            xml.at += 2;
            take_close(&xml);
        } else {
            xml.at++;
            take_open(&xml);
        }
    }
    assert_int_equal(xml.depth, 0);
    assert_int_equal(xml.roots, 1);
    return xml.elements;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* Registers with flags stand behind the others of their feature. */
static void small_description(void **state)
{
    static const struct register_field fields[] = {
        {"LOW",   0, 0},
        {"WI<DE", 1, 8},
        {NULL,    0, 0}
    };
    static const struct cpu_register rows[] = {
        {.feature = "a", .name = "sr", .number = 1, .bits = 32,            .group = "system",  .fields = fields},
        {.feature = "a", .name = "r0", .number = 0, .bits = 32,            .group = "general"},
        {.feature = "b",  .name = "f0",  .number = 2,  .bits = 32, .type = "ieee_single",   .group = "float"                },
    };
    static const struct cpu_arch arch = {.name = "x&y", .registers = rows, .nregisters = ARRAY_SIZE(rows)};
    char *text = description_target(&arch);
    check_xml(text, "target");
    assert_string_equal(strchr(strchr(text, '>') + 1, '>') + 2,
                        "<target version=\"1.0\">\n"
                        "  <architecture>x&amp;y</architecture>\n"
                        "  <osabi>none</osabi>\n"
                        "  <feature name=\"a\">\n"
                        "    <flags id=\"sr\" size=\"4\">\n"
                        "      <field name=\"LOW\" start=\"0\" end=\"0\"/>\n"
                        "      <field name=\"WI&lt;DE\" start=\"1\" end=\"8\"/>\n"
                        "    </flags>\n"
                        "    <reg name=\"r0\" bitsize=\"32\" regnum=\"0\" group=\"general\"/>\n"
                        "    <reg name=\"sr\" bitsize=\"32\" regnum=\"1\" type=\"sr\" group=\"system\" save-restore=\"no\"/>\n"
                        "  </feature>\n"
                        "  <feature name=\"b\">\n"
                        "    <reg name=\"f0\" bitsize=\"32\" regnum=\"2\" type=\"ieee_single\" group=\"float\"/>\n"
                        "  </feature>\n"
                        "</target>\n");
    free(text);
}

static void mips_description(void **state)
{
    static const char *const wanted[] = {
        "<architecture>mips</architecture>",
        "<osabi>none</osabi>",
        "<feature name=\"org.gnu.gdb.mips.cpu\">",
        "<feature name=\"org.gnu.gdb.mips.cp0\">",
        "<feature name=\"org.gnu.gdb.mips.fpu\">",
        "<reg name=\"pc\" bitsize=\"32\" regnum=\"37\"",
        "<reg name=\"status\" bitsize=\"32\" regnum=\"32\"",
    };
    char *text = description_target(&mips_arch);
    assert_true(check_xml(text, "target") > mips_arch.nregisters);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        assert_int_equal(count(text, wanted[i]), 1);
    assert_int_equal(count(text, "<reg "), mips_arch.nregisters);
    free(text);
}

/* r0 to fir are the g packet, without a gap, in numbers that gdb has used since before there were descriptions. */
static void mips_numbers(void **state)
{
    enum { NUMBERS = 512, GENERAL = 72 };
    static const struct {
        unsigned number;
        const char *name;
    } classic[] = {
        {0,  "r0"      },
        {31, "r31"     },
        {32, "status"  },
        {33, "lo"      },
        {34, "hi"      },
        {35, "badvaddr"},
        {36, "cause"   },
        {37, "pc"      },
        {38, "f0"      },
        {69, "f31"     },
        {70, "fcsr"    },
        {71, "fir"     },
    };
    const char *names[NUMBERS] = {NULL};
    for (unsigned i = 0; i < mips_arch.nregisters; i++) {
        const struct cpu_register *row = &mips_arch.registers[i];
        assert_true(row->number < NUMBERS && row->bits % 8 == 0 && row->read);
        assert_null(names[row->number]);
        names[row->number] = row->name;
        if (row->number < GENERAL)
            assert_int_equal(row->bits, 32);
    }
    for (unsigned i = 0; i < GENERAL; i++)
        assert_non_null(names[i]);
    assert_null(names[GENERAL]);
    for (size_t i = 0; i < ARRAY_SIZE(classic); i++)
        assert_string_equal(names[classic[i].number], classic[i].name);
    assert_int_equal(mips_arch.pc_register, 37);
}

static void mips_fields(void **state)
{
    for (unsigned i = 0; i < mips_arch.nregisters; i++) {
        const struct cpu_register *row = &mips_arch.registers[i];
        uint64_t seen = 0;
        for (const struct register_field *field = row->fields; field && field->name; field++) {
            assert_true(field->first <= field->last && field->last < row->bits);
            uint64_t mask = (UINT64_MAX >> (63 - (field->last - field->first))) << field->first;
            assert_int_equal(seen & mask, 0);
            seen |= mask;
        }
    }
}

static void memory_map(void **state)
{
    char *text = description_memory_map();
    assert_int_equal(check_xml(text, "memory-map"), 3);
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_description), cmocka_unit_test(mips_description), cmocka_unit_test(mips_numbers),
        cmocka_unit_test(mips_fields),       cmocka_unit_test(memory_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
