/*
 * The slow path: an access that the inline look-up did not serve. The order is fixed: alignment, translation, watches, then the
 * access itself; so an access that is left has had no effect.
 */
#include <string.h>

#include "softmmu/machine.h"
#include "softmmu/tlb.h"
#include "softmmu/tlb_internal.h"
#include "softmmu/watch.h"

static struct tlb_entry *entry_for(struct mmu *mmu, uint32_t va, enum access_kind kind, unsigned mode)
{
    struct tlb_entry *entry = &mmu->tlb[mode][kind == ACCESS_STORE][tlb_index(va)];
    if (((entry->tag ^ va) & GUEST_PAGE_MASK) == 0 && !(entry->tag & TLB_INVALID))
        return entry;
    return mmu_fill(mmu, va, kind, mode);
}

static uint8_t *entry_host(const struct tlb_entry *entry, uint32_t va)
{
    return (uint8_t *)(entry->addend + (intptr_t)va);
}

static uint64_t entry_phys(const struct tlb_entry *entry, uint32_t va)
{
    return (uint64_t)entry->frame << GUEST_PAGE_BITS | (va & ~GUEST_PAGE_MASK);
}

/* The bytes of an access in the order of their addresses, before and after it. */
struct access_bytes {
    uint64_t before, after;
    bool known; /* before */
};

/* A device is asked without side effect; one that cannot be asked keeps its value for itself. */
static struct access_bytes access_bytes(const struct mmu *mmu, const struct tlb_entry *entry, uint32_t va, unsigned size)
{
    struct access_bytes bytes = {.known = true};
    assert(size >= 1 && size <= sizeof(bytes.before));
    if (entry->tag & TLB_IO)
        bytes.known = phys_read(mmu->machine->phys, entry_phys(entry, va), &bytes.before, size, PHYS_DEBUGGER);
    else
        memcpy(&bytes.before, entry_host(entry, va), size);
    return bytes;
}

/* Of a flagged page the map tells, without a search, that only other bytes are watched; registers have none. */
static bool is_watched(const struct mmu *mmu, const struct tlb_entry *entry, uint32_t va, unsigned size)
{
    assert(entry->tag & TLB_WATCH);
    const uint8_t *map = (const uint8_t *)((&mmu->watch_map[0][0][0])[entry - &mmu->tlb[0][0][0]] + (intptr_t)va);
    for (unsigned i = 0; i < size && !(entry->tag & TLB_IO); i++)
        if (map[i])
            return true;
    return entry->tag & TLB_IO;
}

/* value: the bytes stored, the one at the lowest address least significant. True: the unit is left before the access. */
static bool watch_stops(struct mmu *mmu, const struct tlb_entry *entry, uint32_t va, unsigned size, bool store, uint64_t value)
{
    if (LIKELY(!(entry->tag & TLB_WATCH)) || !is_watched(mmu, entry, va, size))
        return false;
    struct access_bytes bytes = access_bytes(mmu, entry, va, size);
    bytes.after = store ? value : bytes.before;
    const struct watch_access access = {
        .source = WATCH_BY_CPU,
        .store = store,
        .va = va,
        .phys = entry_phys(entry, va),
        .length = size,
        .before = bytes.known ? (const uint8_t *)&bytes.before : NULL,
        .after = store || bytes.known ? (const uint8_t *)&bytes.after : NULL,
    };
    mmu->watch_checks++;
    if (mmu->ops->watched(mmu->cpu, &access))
        return true;
    if (watch_count(mmu->guest_watches))
        mmu->ops->guest_watched(mmu->cpu, va, store ? ACCESS_STORE : ACCESS_LOAD, true);
    return false;
}

/*
 * Before all that can be wrong with an access comes the guest's own watch: its exception was entered if this is true. Before that comes
 * what only tests ask for.
 */
static bool stops_first(struct mmu *mmu, uint32_t va, enum access_kind kind)
{
    if (UNLIKELY(mmu->fault_first) && mmu->ops->faults_first(mmu->cpu))
        return true;
    return watch_count(mmu->guest_watches) && mmu->ops->guest_watched(mmu->cpu, va, kind, false);
}

/* A store to a page that is clean or has code on it: notes the page as dirty, drops the blocks that are written. */
static void store_to_clean(struct mmu *mmu, struct tlb_entry *entry, uint32_t va, unsigned size)
{
    assert(!(entry->tag & (TLB_IO | TLB_INVALID)) && entry->tag & TLB_CLEAN);
    size_t page = arena_page_of(mmu->machine->arena, entry_host(entry, va));
    uint8_t *flags = &mmu->page_flags[page];
    mmu->clean++;
    mmu_dirty_page(mmu, page);
    if (*flags & PAGE_CODE) {
        size_t first = va & ~GUEST_PAGE_MASK;
        mmu->ops->code_written(mmu->cpu, page, first, first + size - 1);
    }
    if (!(*flags & PAGE_CODE))
        entry->tag &= ~(uint32_t)TLB_CLEAN;
}

static uint64_t read_memory(const uint8_t *host, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, host, size);
    return value;
}

static uint64_t extend(uint64_t value, unsigned memop)
{
    if (!(memop & MO_SIGN))
        return value;
    return (memop & MO_SIZE) == MO_8 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
}

/* In the map's order: the byte at the lowest address is the least significant. */
static uint64_t load_entry(struct mmu *mmu, const struct tlb_entry *entry, uint32_t va, unsigned size)
{
    if (!(entry->tag & TLB_IO))
        return read_memory(entry_host(entry, va), size);
    mmu->io++;
    mmu->ops->sync(mmu->cpu);
    return physmap_read(mmu->machine->phys, entry_phys(entry, va), size);
}

static void store_entry(struct mmu *mmu, struct tlb_entry *entry, uint32_t va, unsigned size, uint64_t value)
{
    if (entry->tag & TLB_IO) {
        mmu->io++;
        mmu->ops->sync(mmu->cpu);
        physmap_write(mmu->machine->phys, entry_phys(entry, va), value, size);
        return;
    }
    uint8_t *host = entry_host(entry, va);
    if (entry->tag & TLB_CLEAN)
        store_to_clean(mmu, entry, va, size);
    memcpy(host, &value, size);
}

/* Of a store it is called before it is done: what a device does because of it comes later. */
static void log_access(struct mmu *mmu, uint32_t va, uint64_t phys, unsigned size, bool store, bool io, uint64_t value)
{
    if (LIKELY(!mmu->log))
        return;
    const struct mmu_logged access = {va, phys, value, size, store, io};
    mmu->ops->log(mmu->cpu, &access);
}

static bool answered(struct mmu *mmu, uint64_t *value)
{
    if (LIKELY(!mmu->performed.active))
        return false;
    mmu->performed.active = false;
    if (value)
        *value = mmu->performed.value;
    return true;
}

bool mmu_load(struct mmu *mmu, uint32_t va, unsigned memop, unsigned mode, uint64_t *value)
{
    unsigned size = 1u << (memop & MO_SIZE);
    if (answered(mmu, value))
        return true;
    if (stops_first(mmu, va, ACCESS_LOAD))
        return false;
    if (va & (size - 1)) {
        mmu->misaligned++;
        mmu->ops->misaligned(mmu->cpu, va, ACCESS_LOAD);
        return false;
    }
    struct tlb_entry *entry = entry_for(mmu, va, ACCESS_LOAD, mode);
    if (!entry || watch_stops(mmu, entry, va, size, false, 0))
        return false;
    uint64_t phys = entry_phys(entry, va); /* the access may move mappings and flush the entry */
    bool io = entry->tag & TLB_IO;
    uint64_t loaded = load_entry(mmu, entry, va, size);
    log_access(mmu, va, phys, size, false, io, loaded);
    *value = mmu->loaded = extend(memop & MO_SWAP ? byte_swap(loaded, size) : loaded, memop);
    return true;
}

bool mmu_store(struct mmu *mmu, uint32_t va, unsigned memop, unsigned mode, uint64_t value)
{
    unsigned size = 1u << (memop & MO_SIZE);
    if (answered(mmu, NULL))
        return true;
    if (stops_first(mmu, va, ACCESS_STORE))
        return false;
    if (va & (size - 1)) {
        mmu->misaligned++;
        mmu->ops->misaligned(mmu->cpu, va, ACCESS_STORE);
        return false;
    }
    struct tlb_entry *entry = entry_for(mmu, va, ACCESS_STORE, mode);
    uint64_t bytes = memop & MO_SWAP ? byte_swap(value, size) : value;
    if (!entry || watch_stops(mmu, entry, va, size, true, bytes))
        return false;
    log_access(mmu, va, entry_phys(entry, va), size, true, entry->tag & TLB_IO, bytes);
    store_entry(mmu, entry, va, size, bytes);
    return true;
}

bool mmu_load_bytes(struct mmu *mmu, uint32_t va, unsigned length, unsigned mode, uint8_t *bytes)
{
    uint64_t value;
    assert(length >= 1 && (va & 3) + length <= 4);
    if (!answered(mmu, &value)) {
        if (stops_first(mmu, va, ACCESS_LOAD))
            return false;
        struct tlb_entry *entry = entry_for(mmu, va, ACCESS_LOAD, mode);
        if (!entry || watch_stops(mmu, entry, va, length, false, 0))
            return false;
        unsigned shift = 8 * (va & 3);
        uint64_t phys = entry_phys(entry, va);
        bool io = entry->tag & TLB_IO;
        value = io ? load_entry(mmu, entry, va & ~3u, 4) >> shift : load_entry(mmu, entry, va, length);
        mmu->loaded = value;
        log_access(mmu, va, phys, length, false, io, value);
    }
    memcpy(bytes, &value, length);
    return true;
}

bool mmu_store_bytes(struct mmu *mmu, uint32_t va, unsigned length, unsigned mode, const uint8_t *bytes)
{
    uint64_t value = read_memory(bytes, length);
    assert(length >= 1 && (va & 3) + length <= 4);
    if (answered(mmu, NULL))
        return true;
    if (stops_first(mmu, va, ACCESS_STORE))
        return false;
    struct tlb_entry *entry = entry_for(mmu, va, ACCESS_STORE, mode);
    if (!entry || watch_stops(mmu, entry, va, length, true, value))
        return false;
    uint64_t phys = entry_phys(entry, va); /* a write may move mappings and flush the entry */
    log_access(mmu, va, phys, length, true, entry->tag & TLB_IO, value);
    if (!(entry->tag & TLB_IO)) {
        store_entry(mmu, entry, va, length, value);
        return true;
    }
    mmu->ops->sync(mmu->cpu);
    mmu->io++;
    for (unsigned i = 0; i < length; i++) /* byte enables: a device sees just these bytes written */
        physmap_write(mmu->machine->phys, phys + i, bytes[i], 1);
    return true;
}

bool mmu_translate(struct mmu *mmu, uint32_t va, unsigned mode, uint64_t *phys)
{
    const struct tlb_entry *entry = entry_for(mmu, va, ACCESS_LOAD, mode);
    if (entry)
        *phys = entry_phys(entry, va);
    return entry;
}

size_t mmu_debug_read(struct mmu *mmu, uint32_t va, unsigned mode, uint8_t *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        struct mmu_page page;
        uint32_t at = va + (uint32_t)done;
        size_t piece = min_u64(length - done, GUEST_PAGE - (at & ~GUEST_PAGE_MASK));
        if (!mmu->ops->translate(mmu->cpu, at, ACCESS_LOAD, mode, true, &page) ||
            !phys_read(mmu->machine->phys, page.phys, bytes + done, piece, PHYS_DEBUGGER))
            break;
        done += piece;
    }
    return done;
}

size_t mmu_debug_write(struct mmu *mmu, uint32_t va, unsigned mode, const uint8_t *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        struct mmu_page page;
        uint32_t at = va + (uint32_t)done;
        size_t piece = min_u64(length - done, GUEST_PAGE - (at & ~GUEST_PAGE_MASK));
        if (!mmu->ops->translate(mmu->cpu, at, ACCESS_LOAD, mode, true, &page) ||
            !phys_write(mmu->machine->phys, page.phys, bytes + done, piece, PHYS_DEBUGGER))
            break;
        done += piece;
    }
    return done;
}
