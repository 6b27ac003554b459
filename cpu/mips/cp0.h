/*
 * Coprocessor 0: registers, the mode that they make, exceptions' entry, Count and Compare.
 * Facts: MIPS32 Architecture, volume III, release 2.
 */
#ifndef CPU_MIPS_CP0_H
#define CPU_MIPS_CP0_H

#include "cpu/mips/helper.h"
#include "cpu/mips/mips.h"
#include "cpu/mips/tlb_index.h"

#define CP0_NUMBER(reg, sel) ((reg) << 3 | (sel))

enum cp0_register {
#define CP0(id, reg, sel, name, member, mask, has, flags) CP0_##id = CP0_NUMBER(reg, sel),
#include "cpu/mips/cp0.def"
#undef CP0
    CP0_NUMBERS = 256
};

enum cp0_flags {
    CP0_READS_TIME = 1,  /* reading needs the exact icount */
    CP0_WRITES_TIME = 2, /* writing does */
    CP0_LEAVES = 4,      /* a write may change the mode or make an interrupt pending */
};

#define STATUS_IE  0x00000001u
#define STATUS_EXL 0x00000002u
#define STATUS_ERL 0x00000004u
#define STATUS_KSU 0x00000018u
#define STATUS_IM  0x0000ff00u
#define STATUS_TS  0x00200000u
#define STATUS_BEV 0x00400000u
#define STATUS_RE  0x02000000u
#define STATUS_FR  0x04000000u
#define STATUS_CU0 0x10000000u
#define STATUS_CU1 0x20000000u

#define CAUSE_EXCCODE     0x0000007cu
#define CAUSE_IP          0x0000ff00u
#define CAUSE_IP_HARDWARE 0x0000fc00u
#define CAUSE_IP7         0x00008000u
#define CAUSE_WP          0x00400000u
#define CAUSE_IV          0x00800000u
#define CAUSE_DC          0x08000000u
#define CAUSE_CE_SHIFT    28
#define CAUSE_TI          0x40000000u
#define CAUSE_BD          0x80000000u

#define ENTRYHI_ASID       0x000000ffu
#define ENTRYHI_VPN2       0xffffe000u
#define ENTRYLO_G          1u
#define ENTRYLO_V          2u
#define ENTRYLO_D          4u
#define CONTEXT_PTEBASE    0xff800000u
#define INTCTL_VS          0x000003e0u
#define CONFIG0_BE         0x00008000u
#define CONFIG1_WR         0x00000008u
#define CONFIG3_VINT       0x00000020u
#define CONFIG3_ULRI       0x00002000u
#define HWRENA_ULR         0x20000000u
#define WATCHHI_STATUS     0x00000007u
#define WATCHHI_MASK       0x00000ff8u
#define WATCHHI_ASID       0x00ff0000u
#define WATCHHI_ASID_SHIFT 16
#define WATCHHI_G          0x40000000u
#define WATCHHI_M          0x80000000u
#define DEBUG_DBP          0x00000002u
#define DEBUG_DM           0x40000000u
#define DEBUG_DBD          0x80000000u

/* Segments whose mapping never changes: kseg0 and kseg1. */
#define UNMAPPED_FIRST 0x80000000u
#define UNMAPPED_LAST  0xbfffffffu

static inline const struct mips_model *mips_model(const struct cpu *cpu)
{
    return cpu->arch_config;
}

/*
 * By number (CP0_NUMBER). Registers that the model lacks read 0 and ignore writes. Reads have no side effect; icount must be
 * exact as cp0_flags say.
 */
bool cp0_has(const struct cpu *cpu, unsigned number);
uint32_t cp0_read(const struct cpu *cpu, unsigned number);
void cp0_write(struct cpu *cpu, unsigned number, uint32_t value);
bool cp0_write_may_leave(unsigned number);
/* The bits that a write changes in this CPU's model. */
uint32_t cp0_write_mask(const struct cpu *cpu, unsigned number);
/* Power-on values. */
void cp0_reset(struct cpu *cpu);

/* enum mips_key of the present state. */
uint32_t mips_state_key(const struct cpu *cpu);
/* To be called with a new Status: flushes and asks to leave as the change demands. */
void mips_set_status(struct cpu *cpu, uint32_t status);
/* Cause.IP follows the lines and the timer; asks to leave if an interrupt can be taken now. */
void mips_update_interrupts(struct cpu *cpu);
bool mips_interrupt_pending(const struct cpu *cpu);

/* Enters the vector of the pending interrupt, or of the Watch exception that was deferred: the core counts it. */
void mips_take_interrupt(struct cpu *cpu);
/* As mips_raise(), with BadVAddr; for TLB exceptions EntryHi and Context too. refill: no entry matched. */
void mips_raise_address(struct cpu *cpu, enum mips_exception code, uint32_t va);
void mips_raise_tlb(struct cpu *cpu, enum mips_exception code, uint32_t va, bool refill);

/* Count: virtual time in ticks of MIPS_COUNT_HZ. */
uint32_t mips_count(const struct cpu *cpu);
void mips_count_write(struct cpu *cpu, uint32_t value);
/* After a change of Compare: the next match is the next time that Count comes to it. */
void mips_count_arm(struct cpu *cpu);
/* Cause.DC is about to change. */
void mips_count_stop(struct cpu *cpu);
void mips_count_continue(struct cpu *cpu);
/* The timer's callback: opaque is the CPU. */
void mips_count_match(void *opaque, uint64_t deadline);

/* A pair of watch registers. */
struct mips_watch {
    uint32_t lo, hi;
};

/* What is armed follows the watch registers: after each change of them, and when the state was replaced. */
void mips_watch_update(struct cpu *cpu);
/* cpu_arch's: see there. */
bool mips_fetch_watched(const struct cpu *cpu, uint32_t pc);
bool mips_guest_watched(struct cpu *cpu, uint32_t va, enum access_kind kind, bool deferred);

/* Outside the arena. */
struct mips_wiring {
    unsigned timer; /* id in machine->timers */
    struct mips_tlb_index tlb_index;
    uint64_t tlb_index_of;      /* cpu->flushes + 1 when it was made; 0: not made */
    struct mips_watch watch[4]; /* as they are armed, Mask alone of hi. DERIVED */
};
static inline struct mips_wiring *mips_wiring(const struct cpu *cpu)
{
    return cpu->arch_wiring;
}

#endif
