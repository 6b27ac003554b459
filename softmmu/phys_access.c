/*
 * Accesses through a physical map: bus accesses of a size, and runs of bytes.
 *
 * Values are little-endian renderings of the bytes in address order, everywhere in this file but at the ops of a region with
 * REGION_CPU_ORDER, which get native words. An access that a region cannot take in one piece is cut into naturally aligned
 * pieces that it can take; each piece is swapped alone, so every byte keeps its address whatever the sizes were.
 */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "softmmu/log.h"
#include "softmmu/physmap_internal.h"
#include "softmmu/watch.h"

/* Where an access is: the map it came in by, the region that answers, and how. */
struct site {
    const struct physmap *map;
    const struct region *region;
    uint64_t addr;
    uint64_t offset;
    uint8_t undecoded;
    bool peek;
};

/* The piece at addr; *length is lowered to what of it lies in one place. */
static struct site site_at(const struct physmap *map, uint64_t addr, uint64_t *length, bool peek)
{
    const struct range *range = physmap_lookup(map, addr);
    assert(*length && addr >= range->first && addr <= range->last);
    uint64_t left = range->last - addr;
    if (*length > left)
        *length = left + 1;
    return (struct site){map, range->region, addr, range->offset + (addr - range->first), range->undecoded, peek};
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
    assert(size >= 1 && size <= 8);
    return value & (UINT64_MAX >> (64 - 8 * size));
}

static uint64_t load_bytes(const uint8_t *host, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, host, size);
    return le64toh(value);
}

static bool is_memory(const struct region *region)
{
    return region && (region->kind == REGION_RAM || region->kind == REGION_ROM);
}

static bool is_readable(const struct site *site)
{
    const struct region *region = site->region;
    if (!region || is_memory(region))
        return region;
    return region->ops && (site->peek ? region->ops->peek != NULL : region->ops->read != NULL);
}

static bool is_device_writable(const struct region *region)
{
    return region && region->kind != REGION_RAM && region->ops && region->ops->write;
}

static uint64_t swap_for_cpu_order(const struct site *site, uint64_t value, unsigned size)
{
    bool swaps = (site->region->flags & REGION_CPU_ORDER) && site->map->big_endian;
    return swaps ? byte_swap(value, size) : low_bytes(value, size);
}

static uint64_t device_read(const struct site *site, uint64_t offset, unsigned size)
{
    const struct region *region = site->region;
    uint64_t value =
        site->peek ? region->ops->peek(region->opaque, offset, size) : region->ops->read(region->opaque, offset, size);
    return swap_for_cpu_order(site, value, size);
}

static unsigned max_size(const struct mmio_ops *ops)
{
    return ops->max_size ? ops->max_size : 4;
}

/* The largest naturally aligned piece at offset, at most `limit` bytes and the region's widest. */
static unsigned piece_size(const struct mmio_ops *ops, uint64_t offset, unsigned limit)
{
    assert(limit);
    unsigned size = max_size(ops);
    while (size > limit || (offset & (size - 1)))
        size /= 2;
    return size;
}

/* Any number of bytes up to 8. A register too wide for what is asked is read once, and all that is wanted of it taken. */
static uint64_t device_read_split(const struct site *site, unsigned size)
{
    unsigned min = site->region->ops->min_size ? site->region->ops->min_size : 1;
    uint64_t value = 0;
    for (unsigned done = 0, piece; done < size; done += piece) {
        uint64_t offset = site->offset + done;
        piece = piece_size(site->region->ops, offset, size - done);
        if (piece >= min) {
            value |= device_read(site, offset, piece) << (8 * done);
            continue;
        }
        unsigned skip = offset & (min - 1);
        piece = (unsigned)min_u64(min - skip, size - done);
        value |= low_bytes(device_read(site, offset - skip, min) >> (8 * skip), piece) << (8 * done);
    }
    return value;
}

static void device_write_split(const struct site *site, uint64_t value, unsigned size)
{
    const struct region *region = site->region;
    for (unsigned done = 0, piece; done < size; done += piece) {
        uint64_t offset = site->offset + done;
        piece = piece_size(region->ops, offset, size - done);
        region->ops->write(region->opaque, offset, swap_for_cpu_order(site, value >> (8 * done), piece), piece);
    }
}

static uint64_t read_piece(const struct site *site, unsigned size)
{
    if (is_memory(site->region))
        return load_bytes(site->region->host + site->offset, size);
    if (is_readable(site))
        return device_read_split(site, size);
    return low_bytes(site->undecoded * UINT64_C(0x0101010101010101), size);
}

static uint64_t read_value(const struct physmap *map, uint64_t addr, unsigned size, bool peek)
{
    assert(size == 1 || size == 2 || size == 4 || size == 8);
    uint64_t value = 0, piece;
    for (unsigned done = 0; done < size; done += piece) {
        piece = size - done;
        struct site site = site_at(map, addr + done, &piece, peek);
        if (!peek && !is_readable(&site))
            log_printf(LOG_BIT_UNIMP, "%s: read of %u bytes at %08" PRIx64 ": nothing answers\n", map->name, size, addr);
        value |= read_piece(&site, (unsigned)piece) << (8 * done);
    }
    return value;
}

uint64_t physmap_read(struct physmap *map, uint64_t addr, unsigned size)
{
    return read_value(map, addr, size, false);
}

uint64_t physmap_peek(struct physmap *map, uint64_t addr, unsigned size)
{
    return read_value(map, addr, size, true);
}

/* bytes: what is written, or NULL. */
static void touch(const struct site *site, const void *bytes, size_t length, enum phys_writer who)
{
    const struct phys_hooks *hooks = &site->map->hooks;
    const uint8_t *before = is_memory(site->region) ? site->region->host + site->offset : NULL;
    if (!hooks->touch || (who != PHYS_DMA && who != PHYS_WALKER))
        return;
    const struct watch_access access = {
        .source = who == PHYS_DMA ? WATCH_BY_DMA : WATCH_BY_WALKER,
        .store = bytes,
        .phys = site->addr,
        .length = length,
        .before = before,
        .after = bytes ? bytes : before,
    };
    hooks->touch(hooks->opaque, &access);
}

static void store_bytes(const struct site *site, const void *bytes, size_t length, enum phys_writer who)
{
    const struct phys_hooks *hooks = &site->map->hooks;
    uint8_t *host = site->region->host + site->offset;
    if (hooks->before)
        hooks->before(hooks->opaque, host, length, who);
    memcpy(host, bytes, length);
    if (hooks->after)
        hooks->after(hooks->opaque, host, length, who);
}

static void write_piece(const struct site *site, uint64_t value, unsigned size, uint64_t addr)
{
    uint64_t bytes = htole64(value);
    if (site->region && site->region->kind == REGION_RAM)
        store_bytes(site, &bytes, size, PHYS_CPU);
    else if (is_device_writable(site->region))
        device_write_split(site, value, size);
    else if (site->region && site->region->kind == REGION_ROM)
        log_printf(LOG_BIT_GUEST_ERRORS, "%s: write of %u bytes at %08" PRIx64 ": %s is read-only\n", site->map->name, size, addr,
                   site->region->name);
    else
        log_printf(LOG_BIT_UNIMP, "%s: write of %u bytes at %08" PRIx64 ": nothing answers\n", site->map->name, size, addr);
}

void physmap_write(struct physmap *map, uint64_t addr, uint64_t value, unsigned size)
{
    assert(size == 1 || size == 2 || size == 4 || size == 8);
    uint64_t piece;
    for (unsigned done = 0; done < size; done += piece) {
        piece = size - done;
        struct site site = site_at(map, addr + done, &piece, false);
        write_piece(&site, low_bytes(value >> (8 * done), (unsigned)piece), (unsigned)piece, addr + done);
    }
}

/* Writes the bytes of one place; false if it takes none from this writer. */
static bool write_run(const struct site *site, const uint8_t *bytes, size_t length, enum phys_writer who)
{
    bool by_owner = who == PHYS_LOADER || who == PHYS_DEBUGGER;
    bool memory = is_memory(site->region) && (site->region->kind == REGION_RAM || by_owner);
    if (!memory && (who != PHYS_DMA || !is_device_writable(site->region)))
        return false;
    touch(site, bytes, length, who);
    if (memory) {
        store_bytes(site, bytes, length, who);
        return true;
    }
    struct site byte = *site;
    for (size_t i = 0; i < length; i++, byte.offset++)
        device_write_split(&byte, bytes[i], 1);
    return true;
}

bool phys_write(struct physmap *map, uint64_t addr, const void *bytes, size_t length, enum phys_writer who)
{
    bool all = true;
    const uint8_t *from = bytes;
    uint64_t piece;
    for (; length; length -= piece, addr += piece, from += piece) {
        piece = length;
        struct site site = site_at(map, addr, &piece, false);
        all &= write_run(&site, from, piece, who);
    }
    return all;
}

/* Reads the bytes of one place; where they cannot be had, what an undecoded read gives, and false. */
static bool read_run(const struct site *site, uint8_t *bytes, size_t length, enum phys_writer who)
{
    bool memory = is_memory(site->region);
    if (memory || is_readable(site))
        touch(site, NULL, length, who);
    if (memory) {
        memcpy(bytes, site->region->host + site->offset, length);
        return true;
    }
    if (!is_readable(site) || (who != PHYS_DMA && who != PHYS_DEBUGGER)) {
        memset(bytes, site->undecoded, length);
        return false;
    }
    struct site at = *site;
    for (size_t piece; length; length -= piece, bytes += piece, at.offset += piece) {
        piece = min_u64(length, 8 - (at.offset & 7));
        uint64_t value = htole64(device_read_split(&at, (unsigned)piece));
        memcpy(bytes, &value, piece);
    }
    return true;
}

bool phys_read(struct physmap *map, uint64_t addr, void *bytes, size_t length, enum phys_writer who)
{
    bool all = true;
    uint8_t *to = bytes;
    uint64_t piece;
    for (; length; length -= piece, addr += piece, to += piece) {
        piece = length;
        struct site site = site_at(map, addr, &piece, who == PHYS_DEBUGGER);
        all &= read_run(&site, to, piece, who);
    }
    return all;
}
