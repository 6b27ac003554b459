/* The MIPS CPU's saved state: lies in the arena, ends at struct cpu. Hot words last, within a short displacement. */
#ifndef CPU_MIPS_STATE_H
#define CPU_MIPS_STATE_H

#include "softmmu/base.h"

#define MIPS_TLB_MAX       64
#define MIPS_TLB_UNWRITTEN 1u /* in vpn2, with any address: not written since power-on; matches nothing */

struct mips_tlb_entry {
    uint32_t vpn2;      /* EntryHi's VPN2, masked by PageMask; or MIPS_TLB_UNWRITTEN */
    uint32_t page_mask; /* PageMask register form */
    uint32_t lo[2];     /* EntryLo0/1 */
    uint8_t asid, global, pad[2];
};

struct mips_state {
    uint8_t reserved[2140]; /* fills the page; version this struct when it shrinks */
    struct mips_tlb_entry tlb[MIPS_TLB_MAX];

    uint32_t index, random_word, last_tlbwr, entry_lo[2], context, user_local, page_mask, page_grain, wired, hwr_ena, bad_vaddr;
    uint32_t entry_hi, compare, status, int_ctl, srs_ctl, srs_map, cause, epc, ebase, config[8], lladdr_cp0;
    uint32_t watch_lo[4], watch_hi[4], debug, depc, perf_ctl[4], perf_cnt[4], err_ctl, cache_err, tag_lo[4], data_lo[4],
        error_epc, desave;
    uint32_t count_offset;  /* Count = virtual time in ticks + this, see count.c */
    uint32_t count_stopped; /* Count's value while Cause.DC is set */
    uint32_t irq_lines;     /* hardware lines as driven from outside: bits 2..7 as in Cause.IP */
    uint32_t waiting;       /* executed WAIT, not yet woken */
    uint32_t fcsr;
    uint32_t spare[2];

    uint32_t fpr_lo[32], fpr_hi[32]; /* low and high words; FR=0: a double is the low words of an even-odd pair */
    uint32_t ll_address, ll_bit, ll_value;
    uint32_t lo, hi, pc; /* LO and HI: one 64-bit word to those that accumulate */
    uint32_t gpr[32];    /* gpr[0] is always 0 */
};
static_assert(sizeof(struct mips_state) % 4096 == 0, "whole pages: it ends where struct cpu begins");

#endif
