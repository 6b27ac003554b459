/*
 * The physical address map: which region answers at an address. Regions may be RAM (one piece of arena memory, mapped
 * at any number of places), ROM, device registers, or windows onto another map (PCI memory and I/O), and may be moved
 * or switched at run time. Where regions overlap, the higher priority wins; where nothing answers, the map's
 * `undecoded` value is read and writes vanish.
 *
 * Byte order: the map is byte-invariant. Values that pass through map_read/map_write are little-endian renderings of the
 * bytes in address order (byte at the lowest address = least significant). A region declares REGION_CPU_ORDER if its registers are
 * native words of the CPU (the map then swaps for a big-endian CPU); all others are little-endian devices.
 */
#ifndef SOFTMMU_PHYSMAP_H
#define SOFTMMU_PHYSMAP_H

#include "softmmu/base.h"

struct arena;
struct physmap;
struct watch_access;

enum region_kind { REGION_RAM, REGION_ROM, REGION_MMIO, REGION_WINDOW };

enum region_flags {
    REGION_CPU_ORDER = 1, /* registers are words in the CPU's byte order */
};

/*
 * Device register access. offset is from the region's start; size is 1, 2, 4 or 8, and an access never crosses a size
 * that the region does not take: wider ones are split, low address first, narrower ones are widened (reads) or passed
 * on with their own size (writes are never widened).
 */
struct mmio_ops {
    uint64_t (*read)(void *opaque, uint64_t offset, unsigned size);
    void (*write)(void *opaque, uint64_t offset, uint64_t value, unsigned size);
    /* As read, without any side effect: for debuggers. NULL: unreadable for them. */
    uint64_t (*peek)(const void *opaque, uint64_t offset, unsigned size);
    unsigned min_size, max_size; /* of reads; 0 means 1 and 4 */
};

struct region {
    const char *name;
    enum region_kind kind;
    unsigned flags;
    uint64_t size;
    uint8_t *host;              /* RAM, ROM: arena memory */
    const struct mmio_ops *ops; /* MMIO, and ROM: where writes go (flash commands), may be NULL */
    void *opaque;               /* for ops */
    struct physmap *target;     /* WINDOW */
    uint64_t target_base;       /* WINDOW: address in target of the window's first byte */
};

/* What answers at an address: the leaf region after all windows, and how far the same answer goes. */
struct phys_place {
    const struct region *region; /* NULL: nothing */
    uint64_t offset;             /* within region */
    uint64_t length;             /* bytes from here on that are the same region, contiguous */
};

/* bits: width of an address; undecoded: the byte that is read where nothing answers (0x00 or 0xff). */
struct physmap *physmap_new(const char *name, unsigned bits, uint8_t undecoded, bool cpu_big_endian);
void physmap_free(struct physmap *map);

/* Maps a region (copied; its name and pointers must live on). Returns a handle for the calls below. */
unsigned physmap_add(struct physmap *map, uint64_t base, int priority, const struct region *region);
/* As physmap_add, a part of RAM or MMIO that is already mapped, once more: `offset` into the handle's region. */
unsigned physmap_add_alias(struct physmap *map, uint64_t base, int priority, unsigned of, uint64_t offset, uint64_t size);
/* Moves, resizes (size 0: switches off) a mapping. Tells the listener when the answer changed anywhere. */
void physmap_move(struct physmap *map, unsigned handle, uint64_t base, uint64_t size);
/* Called after each change of this map or of one that it has a window onto: flush what was cached. */
void physmap_on_change(struct physmap *map, void (*fn)(void *opaque), void *opaque);

struct phys_place physmap_find(const struct physmap *map, uint64_t addr);

/* One bus access, size 1, 2, 4 or 8, any alignment. peek: no side effect. */
uint64_t physmap_read(struct physmap *map, uint64_t addr, unsigned size);
uint64_t physmap_peek(struct physmap *map, uint64_t addr, unsigned size);
void physmap_write(struct physmap *map, uint64_t addr, uint64_t value, unsigned size);

/*
 * Who writes guest memory past generated code; DMA and the walker are tested against physical watches. physmap_write() is the CPU's, which
 * has been tested by then.
 */
enum phys_writer { PHYS_DMA, PHYS_WALKER, PHYS_LOADER, PHYS_DEBUGGER, PHYS_CPU };

/*
 * The hooks of every write that is not generated code: called before the bytes change (journal, dirty pages) and
 * after (drop translated blocks). Set by the run loop's owner; may be NULL.
 */
struct phys_hooks {
    void (*before)(void *opaque, uint8_t *host, size_t length, enum phys_writer who);
    void (*after)(void *opaque, uint8_t *host, size_t length, enum phys_writer who);
    /* Before the above: DMA or the walker reads or writes bytes of one place, memory's or a device's. */
    void (*touch)(void *opaque, const struct watch_access *access);
    void *opaque;
};
void physmap_set_hooks(struct physmap *map, const struct phys_hooks *hooks);

/* Bytes to RAM (and ROM, for loader and debugger); MMIO is written bytewise by DMA, and refused for others. False if any byte had no taker. */
bool phys_write(struct physmap *map, uint64_t addr, const void *bytes, size_t length, enum phys_writer who);
/* Bytes from RAM and ROM; MMIO by peek for the debugger, by read for DMA. False if any byte could not be had. */
bool phys_read(struct physmap *map, uint64_t addr, void *bytes, size_t length, enum phys_writer who);

/* Prints the tree for `monitor info mtree`, line by line. */
void physmap_print(const struct physmap *map, void (*line)(void *opaque, const char *text), void *opaque);

#endif
