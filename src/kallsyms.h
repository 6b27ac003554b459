/*
 * The symbols that a Linux kernel carries for itself (CONFIG_KALLSYMS), found in guest memory: for kernels that come stripped or
 * compressed. The table, all parts 4-aligned (Linux: scripts/kallsyms.c; Debian's 6.1.176 for Malta, read in memory):
 *   offsets (u32 a symbol), relative_base (u32); or addresses (u32 a symbol)     up to 6.3
 *   num_syms (u32), names, markers (u32 for each 256th symbol: where its name is)
 *   [3 bytes a symbol: the order by name], token_table (256 strings), token_index (256 u16: where each string is)
 *   offsets, relative_base                                                       from 6.4 on
 * A name is a length (a byte, or two if bit 7 is set: low 7 bits first) and that many token numbers; its first character is nm's type.
 */
#ifndef SRC_KALLSYMS_H
#define SRC_KALLSYMS_H

#include "softmmu/base.h"

struct symbols;

#define KALLSYMS_INDEX 512 /* bytes of token_index */

/* A table that was found; places are offsets into the bytes. */
struct kallsyms {
    const uint8_t *bytes;
    size_t size;
    uint32_t address; /* of the first byte */
    bool big;
    size_t index_at, tokens_at, markers_at, names_at, addresses_at;
    uint32_t count, base;
};

/*
 * The table of the kernel in these bytes, the first of which is at `address`. Of several it is that of the kernel which `pc` is in, else
 * of the highest: a relocated one (KASLR) leaves its origin, which lies lower, behind. False: there is none.
 */
bool kallsyms_find(struct kallsyms *table, const uint8_t *bytes, size_t size, uint32_t address, bool big_endian, uint32_t pc);
/* From its first symbol to its last. */
bool kallsyms_spans(const struct kallsyms *table, uint32_t address);
void kallsyms_add(const struct kallsyms *table, struct symbols *symbols);

#endif
