#include "src/description.h"

#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"

static void put_escaped(FILE *out, const char *text)
{
    static const char special[] = "&<>\"";
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    for (; *text; text++) {
        const char *found = strchr(special, *text);
        if (found)
            fputs(entity[found - special], out);
        else
            fputc(*text, out);
    }
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    put_escaped(out, value);
    fputc('"', out);
}

/* Without a type of its own, a row with fields gets a flags type, called by the register's name. */
static bool has_flags(const struct cpu_register *row)
{
    return !row->type && row->fields;
}

static void put_flags(FILE *out, const struct cpu_register *row)
{
    if (!has_flags(row))
        return;
    fputs("    <flags", out);
    put_attribute(out, "id", row->name);
    fprintf(out, " size=\"%d\">\n", row->bits / 8);
    for (const struct register_field *field = row->fields; field->name; field++) {
        fputs("      <field", out);
        put_attribute(out, "name", field->name);
        fprintf(out, " start=\"%d\" end=\"%d\"/>\n", field->first, field->last);
    }
    fputs("    </flags>\n", out);
}

/* System registers are not restored after a function that gdb called: writing back Count or Cause would be harm, not repair. */
static void put_register(FILE *out, const struct cpu_register *row)
{
    fputs("    <reg", out);
    put_attribute(out, "name", row->name);
    fprintf(out, " bitsize=\"%d\" regnum=\"%d\"", row->bits, row->number);
    if (row->type || has_flags(row))
        put_attribute(out, "type", row->type ? row->type : row->name);
    if (row->group)
        put_attribute(out, "group", row->group);
    if (row->group && strcmp(row->group, "system") == 0)
        put_attribute(out, "save-restore", "no");
    fputs("/>\n", out);
}

static void put_plain_register(FILE *out, const struct cpu_register *row)
{
    if (!has_flags(row))
        put_register(out, row);
}

static void put_flags_register(FILE *out, const struct cpu_register *row)
{
    if (has_flags(row))
        put_register(out, row);
}

/*
 * Registers with flags come last: gdb counts those that it does not know in document order from 72 on, and on MIPS shows the ones at
 * 74 to 89 as plain integers, whatever type they have here.
 */
static void put_feature(FILE *out, const struct cpu_arch *arch, const char *feature)
{
    fputs("  <feature", out);
    put_attribute(out, "name", feature);
    fputs(">\n", out);
    static void (*const put[])(FILE *, const struct cpu_register *) = {put_flags, put_plain_register, put_flags_register};
    for (unsigned pass = 0; pass < ARRAY_SIZE(put); pass++)
        for (unsigned i = 0; i < arch->nregisters; i++)
            if (strcmp(arch->registers[i].feature, feature) == 0)
                put[pass](out, &arch->registers[i]);
    fputs("  </feature>\n", out);
}

static bool is_first_of_feature(const struct cpu_arch *arch, unsigned row)
{
    for (unsigned i = 0; i < row; i++)
        if (strcmp(arch->registers[i].feature, arch->registers[row].feature) == 0)
            return false;
    return true;
}

static char *finish(FILE *out, char **text)
{
    if (fclose(out) != 0)
        alloc_checked(NULL);
    return *text;
}

/* The OS ABI "none" keeps gdb from stepping by breakpoints, which it does for Linux programs on MIPS. */
char *description_target(const struct cpu_arch *arch)
{
    char *text;
    size_t size;
    FILE *out = alloc_checked(open_memstream(&text, &size));
    fputs("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n  <architecture>",
          out);
    put_escaped(out, arch->name);
    fputs("</architecture>\n  <osabi>none</osabi>\n", out);
    for (unsigned i = 0; i < arch->nregisters; i++)
        if (is_first_of_feature(arch, i))
            put_feature(out, arch, arch->registers[i].feature);
    fputs("</target>\n", out);
    return finish(out, &text);
}

/* A debugger refuses what a map leaves out, so all is memory here; what cannot be reached is said access by access. */
char *description_memory_map(void)
{
    static const char map[] = "<?xml version=\"1.0\"?>\n"
                              "<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\" "
                              "\"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n"
                              "<memory-map>\n"
                              "  <memory type=\"ram\" start=\"0x0\" length=\"0x80000000\"/>\n"
                              "  <memory type=\"ram\" start=\"0xffffffff80000000\" length=\"0x80000000\"/>\n"
                              "</memory-map>\n";
    return alloc_checked(strdup(map));
}
