/* Files that go into guest memory: read once, checked, and kept for each reset. */
#ifndef SRC_LOADER_H
#define SRC_LOADER_H

#include "softmmu/base.h"

struct symbols;

struct image_segment {
    uint32_t address; /* where it is loaded, unmapped: ELF's physical address, which linkers give as one of kseg0 */
    uint32_t file_size, memory_size; /* the rest of memory_size is zeros */
    const uint8_t *bytes;
};

struct image {
    const char *path;
    uint8_t *file;
    size_t size;
    bool big_endian; /* ELF only */
    uint32_t entry;
    struct image_segment *segments;
    unsigned nsegments;
};

/* An ELF32 executable for MIPS; its function and object symbols go to symbols (may be NULL). NULL after an error line. */
struct image *image_open_elf(const char *path, struct symbols *symbols);
/* Raw bytes for one address, where execution would start. NULL after an error line. */
struct image *image_open_raw(const char *path, uint32_t address);
void image_free(struct image *image);

#endif
