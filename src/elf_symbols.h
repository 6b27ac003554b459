/* The symbol table of an ELF file. */
#ifndef SRC_ELF_SYMBOLS_H
#define SRC_ELF_SYMBOLS_H

#include <libelf.h>

struct symbols;

/* Functions, objects and global labels; addresses in their 32-bit form. What cannot be read of the table is left out. */
void elf_symbols_read(Elf *elf, struct symbols *symbols);

#endif
