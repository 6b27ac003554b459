/*
 * The software TLB and the slow path behind it (design sections 5 and 6).
 *
 * Read and write entries are separate arrays, one pair a mode, at constant offsets from the CPU's base register. A tag is
 * a guest page address with flags in bits 4..11: generated code compares it with the access's address, page bits and
 * low alignment bits kept, so that any flag, a misaligned address and a miss all go to the slow path by one compare.
 */
#ifndef SOFTMMU_TLB_H
#define SOFTMMU_TLB_H

#include "softmmu/base.h"
#include "softmmu/page_slots.h"

struct journal;
struct machine;
struct memlog;
struct phys_watches;
struct watch;
struct watch_access;
struct watch_set;

#define GUEST_PAGE_BITS 12
#define GUEST_PAGE      ((uint32_t)1 << GUEST_PAGE_BITS)
#define GUEST_PAGE_MASK (~(GUEST_PAGE - 1))

#define TLB_BITS    10
#define TLB_ENTRIES (1u << TLB_BITS)
#define MMU_MODES   2 /* 0: kernel, 1: user; a guest's other modes share one of them as its architecture folder says */

enum tlb_flag {
    TLB_INVALID = 0x800,
    TLB_WATCH = 0x400, /* a watch of this access kind lies on the page */
    TLB_IO = 0x200,    /* not plain memory */
    TLB_LOG = 0x080,   /* accesses of this kind are logged */
    TLB_SLOW = 0x040,  /* mmu->fault_first */
    TLB_CLEAN = 0x100, /* write entries: the page has blocks on it, or was not written since the last checkpoint */
};

struct tlb_entry {
    uint32_t tag;
    uint32_t frame;  /* physical address >> GUEST_PAGE_BITS */
    intptr_t addend; /* host address = guest address + addend; not for TLB_IO */
};

enum access_kind { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

/* How an access is done: log2 of its size in the low bits, and: */
enum memop {
    MO_8,
    MO_16,
    MO_32,
    MO_64,
    MO_SIZE = 3,
    MO_SIGN = 4, /* loads of less than 32 bits: sign-extend to 32 */
    MO_SWAP = 8, /* the guest's bytes are in the other order than the host's */
    MEMOPS = 16,
};

/* What the guest's own translation says of a page. */
struct mmu_page {
    uint64_t phys; /* of the byte asked for */
    bool writable;
};

/* An access of the CPU's that is logged. */
struct mmu_logged {
    uint32_t va;
    uint64_t phys, value;
    unsigned size;
    bool store, io;
};

/* Upcalls into the CPU that owns the MMU; `cpu` is mmu->cpu. */
struct mmu_ops {
    /*
     * Translates one address. False: not allowed; unless probe is set the guest's exception has then been entered.
     * probe: no side effect at all, for debuggers and for asking ahead.
     */
    bool (*translate)(void *cpu, uint32_t va, enum access_kind kind, unsigned mode, bool probe, struct mmu_page *page);
    /* The access is misaligned: enters the guest's exception. */
    void (*misaligned)(void *cpu, uint32_t va, enum access_kind kind);
    /* The bus answered with an error. */
    void (*bus_error)(void *cpu, uint32_t va, enum access_kind kind);
    /* Makes machine->clock->icount exact for the access under way: before each device access. */
    void (*sync)(void *cpu);
    /* Bytes of a page with code on it are about to change or have changed; drops the blocks that hold them. */
    void (*code_written)(void *cpu, size_t arena_page, size_t first, size_t last);
    /*
     * A page with watches is touched, watched bytes or others: mmu_each_watch() tells. True: the access must not be done now (the stop
     * is recorded and the unit left).
     */
    bool (*watched)(void *cpu, const struct watch_access *access);
    /*
     * While guest_watches are set: an access is asked for (deferred: is about to be done). True: the guest watches it, and its exception
     * was entered. May be NULL if they never are.
     */
    bool (*guest_watched)(void *cpu, uint32_t va, enum access_kind kind, bool deferred);
    /* The access under way is done: hands it to mmu->log. The value is the bytes, the one at the lowest address least significant. */
    void (*log)(void *cpu, const struct mmu_logged *access);
    /* mmu->log_inline: generated code reaches a page of RAM from here on; both addresses of its first byte. */
    void (*log_page)(void *cpu, unsigned mode, uint32_t va, uint64_t phys, const uint8_t *host);
    /* While fault_first is set: an access is asked for. True: the unit is left, and this is asked again when it is re-run. */
    bool (*faults_first)(void *cpu);
    /* A set of watches (enum watch_space) changed in this range; may be NULL. */
    void (*watches_changed)(void *cpu, unsigned space, uint64_t first, uint64_t last);
};

/* Flags of an arena page, one byte each. */
enum page_flag {
    PAGE_CODE = 1,  /* translated blocks hold bytes of it */
    PAGE_DIRTY = 2, /* written since the last mmu_clean_all() */
};

struct mmu {
    struct tlb_entry tlb[MMU_MODES][2][TLB_ENTRIES]; /* [mode][0: loads, 1: stores] */
    uint8_t filled[TLB_ENTRIES];                     /* those that an address may use, a bit each; not set: it is invalid */
    /*
     * Beside an entry that is flagged TLB_WATCH and nothing else: the address of a map of the page's bytes, one byte each, not 0 if watched,
     * less the guest address of the page: map + guest address. Generated code looks there before it goes to C.
     */
    intptr_t watch_map[MMU_MODES][2][TLB_ENTRIES];
    /* Likewise by mode and kind. */
    struct page_slots slots[MMU_MODES][2];
    struct watch_slots watch_slots[MMU_MODES][2];
    uint8_t
        slot_pages[PAGE_SLOT_NOTES]; /* by page_slots_note(): not 0 if a slot may hold such a page; whoever fills one sets it */
    bool watch_slots_used;           /* by whoever means to fill one: false promises that none is filled */
    unsigned slot_scans;
    uint8_t unwatched[GUEST_PAGE]; /* the map of a page without watches */
    struct watch_maps *maps;       /* the maps, by page */
    const struct mmu_ops *ops;
    void *cpu;
    struct machine *machine;
    struct watch_set *watches;         /* virtual watches: debugger state, outside the arena */
    struct watch_set *guest_watches;   /* likewise, what the guest's own watch registers say: derived from the CPU's state */
    struct phys_watches *phys_watches; /* debugger state, too */
    uint8_t *page_flags;               /* by arena page */
    struct memlog *log;                /* the access log; NULL: none is written */
    bool log_inline;                   /* generated code writes it, where it does not go to C */
    struct journal *journal;           /* saves pages before their first write; NULL: no history is kept */
    /* To test what depends on the TLB (enum cpu_toggle): it holds one entry at a time; each access goes to C and is left once before it is done. */
    bool one_entry, fault_first;
    struct tlb_entry *only; /* one_entry: the last that was filled; or NULL */
    /* The unit is run again and its access was done already: it is answered from here (design section 3). */
    struct {
        bool active;
        uint64_t value;
    } performed;
    uint64_t loaded; /* what the last slow load read: tells a watch that stops after it */
    /* Counters for -d stats: why accesses came to the slow path. faults: fills that the guest's translation refused. */
    uint64_t fills, faults, io, clean, watch_checks, misaligned;
};

void mmu_init(struct mmu *mmu, struct machine *machine, const struct mmu_ops *ops, void *cpu);
void mmu_free(struct mmu *mmu);

static inline unsigned tlb_index(uint32_t va)
{
    return va >> GUEST_PAGE_BITS & (TLB_ENTRIES - 1);
}

/* Flushes: everything; what lies in [first, last]; all but the range [keep_first, keep_last] (a guest's unmapped segments). */
void mmu_flush_all(struct mmu *mmu);
void mmu_flush_range(struct mmu *mmu, uint32_t first, uint32_t last);
void mmu_flush_outside(struct mmu *mmu, uint32_t keep_first, uint32_t keep_last);
/* Write entries onto this arena page go the slow path again (a block was laid on it). */
void mmu_protect_page(struct mmu *mmu, size_t arena_page);
/* A page is about to be written past the TLB: it is dirty from now on, and in the journal. */
void mmu_dirty_page(struct mmu *mmu, size_t arena_page);
/* All pages clean: PAGE_DIRTY of each is cleared, and write entries go the slow path once more. */
void mmu_clean_all(struct mmu *mmu);

/*
 * Each watch of the debugger's, virtual and physical, that the access hits: `length` of its bytes from `offset` on are the watch's.
 * The guest's own watches are not among them.
 */
typedef void mmu_watch_fn(void *opaque, struct watch *watch, uint64_t offset, uint64_t length);
void mmu_each_watch(struct mmu *mmu, const struct watch_access *access, mmu_watch_fn *fn, void *opaque);
/* The physical map changed, and the TLB was flushed: physical watches follow it. */
void mmu_watches_follow_map(struct mmu *mmu);

/*
 * The slow path: any access that the inline look-up did not serve. mode is the MMU mode. The value is in the CPU's order,
 * loads extended to 32 bits as memop says. False: the unit is left (exception entered, or a watch stopped it).
 */
bool mmu_load(struct mmu *mmu, uint32_t va, unsigned memop, unsigned mode, uint64_t *value);
bool mmu_store(struct mmu *mmu, uint32_t va, unsigned memop, unsigned mode, uint64_t value);
/*
 * 1 to 4 bytes inside one aligned word, as lwl, lwr, swl and swr touch them: exactly these. bytes are in address order.
 */
bool mmu_load_bytes(struct mmu *mmu, uint32_t va, unsigned length, unsigned mode, uint8_t *bytes);
bool mmu_store_bytes(struct mmu *mmu, uint32_t va, unsigned length, unsigned mode, const uint8_t *bytes);

/* Translates as a load does, and has the page in the TLB then. False: the exception was entered. */
bool mmu_translate(struct mmu *mmu, uint32_t va, unsigned mode, uint64_t *phys);

/* Memory for debuggers, through the CPU's present mapping, without a trace in the guest. Bytes done from the start. */
size_t mmu_debug_read(struct mmu *mmu, uint32_t va, unsigned mode, uint8_t *bytes, size_t length);
size_t mmu_debug_write(struct mmu *mmu, uint32_t va, unsigned mode, const uint8_t *bytes, size_t length);

/* The host address of a code page's byte for fetches, or NULL (MMIO, nothing there). */
const uint8_t *mmu_code_host(struct mmu *mmu, uint64_t phys);

#endif
