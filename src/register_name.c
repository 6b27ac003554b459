#include "src/register_name.h"

#include <string.h>
#include <strings.h>

#include "cpu/mips/insn.h"
#include "cpu/mips/mips.h"

/* Disassembly calls MIPS registers by their names in the ABI, debuggers' rows by their numbers. */
static unsigned abi_number(const struct cpu_arch *arch, const char *name)
{
    unsigned gpr = 0;
    if (arch != &mips_arch)
        return UINT32_MAX;
    if (strcmp(name, "fp") == 0) /* s8 when it is used as such */
        return 30;
    while (gpr < ARRAY_SIZE(mips_gpr_names) && strcmp(mips_gpr_names[gpr], name) != 0)
        gpr++;
    return gpr < ARRAY_SIZE(mips_gpr_names) ? gpr : UINT32_MAX;
}

const struct cpu_register *register_by_name(const struct cpu_arch *arch, const char *name)
{
    unsigned number = abi_number(arch, name);
    for (unsigned i = 0; i < arch->nregisters; i++)
        if (arch->registers[i].number == number || strcmp(arch->registers[i].name, name) == 0)
            return &arch->registers[i];
    return NULL;
}

const struct register_field *register_field_by_name(const struct cpu_register *row, const char *name)
{
    for (const struct register_field *field = row->fields; field && field->name; field++)
        if (strcasecmp(field->name, name) == 0)
            return field;
    return NULL;
}
