/*
 * The guest's own watch registers, WatchLo and WatchHi (MIPS32 Architecture volume III, release 2, "WatchLo Register", "WatchHi
 * Register", and the exceptions "Watch" and "Deferred Watch").
 *
 * A register matches an aligned doubleword, or with its mask up to 4 KiB, of virtual addresses. What matches by address alone is
 * kept outside the state, in the watch sets and in the translator's places to stop at; ASID and mode are looked at on a hit. An
 * exception that must wait for EXL and ERL to be 0 is a bit of Cause, and taken as interrupts are.
 */
#include "cpu/block.h"
#include "cpu/mips/cp0.h"

enum { ENABLE_WRITE = 1, ENABLE_READ = 2, ENABLE_FETCH = 4, ENABLES = 7 };

struct range {
    uint32_t first, last;
};

/* All that a register can match. A mask with gaps leaves some of it out. */
static struct range range_of(const struct mips_watch *watch)
{
    uint32_t open = (watch->hi & WATCHHI_MASK) | 7, first = watch->lo & ~open;
    return (struct range){first, first | open};
}

static unsigned kind_of(const struct mips_watch *watch)
{
    return (watch->lo & ENABLE_READ ? WATCH_READ : 0) | (watch->lo & ENABLE_WRITE ? WATCH_WRITE : 0);
}

static void disarm(struct cpu *cpu, const struct mips_watch *watch)
{
    struct range range = range_of(watch);
    if (kind_of(watch))
        watch_remove(cpu->mmu.guest_watches, range.first, (uint64_t)range.last - range.first + 1, kind_of(watch));
    if (watch->lo & ENABLE_FETCH)
        block_drop_virtual(cpu, range.first - 4, range.last);
}

static void arm(struct cpu *cpu, const struct mips_watch *watch)
{
    struct range range = range_of(watch);
    if (kind_of(watch))
        watch_insert(cpu->mmu.guest_watches, range.first, (uint64_t)range.last - range.first + 1, kind_of(watch), false);
    if (watch->lo & ENABLE_FETCH)
        block_drop_virtual(cpu, range.first - 4, range.last);
}

void mips_watch_update(struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    struct mips_wiring *wiring = mips_wiring(cpu);
    if (!wiring)
        return;
    assert(mips_model(cpu)->watches <= ARRAY_SIZE(wiring->watch));
    cpu->fetch_watches = false;
    for (unsigned i = 0; i < mips_model(cpu)->watches; i++) {
        const struct mips_watch now = {s->watch_lo[i], s->watch_hi[i] & WATCHHI_MASK};
        struct mips_watch *armed = &wiring->watch[i];
        cpu->fetch_watches |= now.lo & ENABLE_FETCH;
        if (now.lo == armed->lo && now.hi == armed->hi)
            continue;
        disarm(cpu, armed);
        *armed = now;
        arm(cpu, armed);
        cpu_look_up_again(cpu);
    }
}

bool mips_fetch_watched(const struct cpu *cpu, uint32_t pc)
{
    const struct mips_wiring *wiring = mips_wiring(cpu);
    for (unsigned i = 0; i < mips_model(cpu)->watches; i++) {
        struct range range = range_of(&wiring->watch[i]);
        if (wiring->watch[i].lo & ENABLE_FETCH && pc >= range.first && pc <= range.last)
            return true;
    }
    return false;
}

static bool matches(const struct mips_state *s, unsigned i, uint32_t va, unsigned enable)
{
    uint32_t compared = ~((s->watch_hi[i] & WATCHHI_MASK) | 7);
    bool here = s->watch_hi[i] & WATCHHI_G || (s->watch_hi[i] >> WATCHHI_ASID_SHIFT & 0xff) == (s->entry_hi & ENTRYHI_ASID);
    return s->watch_lo[i] & enable && ((s->watch_lo[i] ^ va) & compared) == 0 && here;
}

/* An access lies in one doubleword, so its first byte decides. */
bool mips_guest_watched(struct cpu *cpu, uint32_t va, enum access_kind kind, bool deferred)
{
    assert(mips_model(cpu)->watches <= 4);
    static const uint8_t enables[] = {[ACCESS_LOAD] = ENABLE_READ, [ACCESS_STORE] = ENABLE_WRITE, [ACCESS_FETCH] = ENABLE_FETCH};
    struct mips_state *s = mips_state(cpu);
    unsigned enable = enables[kind], matching = 0;
    bool waits = s->status & (STATUS_EXL | STATUS_ERL);
    if (waits != deferred || s->debug & DEBUG_DM)
        return false;
    for (unsigned i = 0; i < mips_model(cpu)->watches; i++)
        matching |= (unsigned)matches(s, i, va, enable) << i;
    if (!matching)
        return false;
    if (waits)
        s->cause |= CAUSE_WP;
    else
        mips_raise(cpu, EXC_WATCH, 0);
    for (unsigned i = 0; mips_model(cpu)->release2 && i < mips_model(cpu)->watches; i++)
        if (matching >> i & 1)
            s->watch_hi[i] |= enable;
    return !waits;
}
