#include "src/elf_symbols.h"

#include <gelf.h>

#include "src/symbols.h"

static void add_symbol(struct symbols *symbols, const GElf_Sym *symbol, const char *name)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    bool label = type == STT_NOTYPE && GELF_ST_BIND(symbol->st_info) == STB_GLOBAL;
    if (!name || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
        return;
    if (type == STT_FUNC || type == STT_OBJECT || label)
        symbols_add(symbols, name, (uint32_t)symbol->st_value, symbol->st_size, type == STT_FUNC);
}

void elf_symbols_read(Elf *elf, struct symbols *symbols)
{
    GElf_Shdr header;
    GElf_Sym symbol;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (int i = 0; data && gelf_getsym(data, i, &symbol); i++)
            add_symbol(symbols, &symbol, elf_strptr(elf, header.sh_link, symbol.st_name));
    }
}
