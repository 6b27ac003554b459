/*
 * A small machine for tests of the core: 1 MiB of RAM, a MIPS CPU in kernel mode, one device that notes its accesses. A test runs
 * once for each back end and byte order (rig_run_tests()), with a fresh rig in *state.
 */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include "cpu/mips/mips.h"
#include "cpu/mips/state.h"
#include "tests/softmmu/unit.h"

#define RIG_RAM      ((size_t)1 << 20)
#define RIG_CODE     0x80001000u /* where rig_code() puts a program and rig_start() starts it */
#define RIG_DATA     0x80010000u
#define RIG_DEVICE   0xbf000000u /* a page of device registers, unmapped uncached */
#define RIG_REFILL   0x80000000u
#define RIG_VECTOR   0x80000180u
#define RIG_ACCESSES 64

struct rig_config {
    enum cpu_accel accel;
    bool big_endian;
    unsigned max_block; /* 0: as many as there may be */
    unsigned toggles;   /* enum cpu_toggle */
};

struct rig_access {
    uint64_t icount, offset, value;
    unsigned size;
    bool write;
};

struct rig {
    struct machine machine;
    struct cpu *cpu;
    struct mips_state *s;
    struct clock_state *clock;
    unsigned toggles;
    struct irq irq;  /* IP2 */
    unsigned device; /* its handle in the physical map */
    unsigned timer;  /* one that is nobody's: on_timer() is called */
    unsigned naccesses;
    struct rig_access access[RIG_ACCESSES];
    void (*on_write)(struct rig *rig, uint64_t value); /* the device was written; may be NULL */
    void (*on_timer)(struct rig *rig);                 /* may be NULL */
    unsigned nfired;
    uint64_t fired[RIG_ACCESSES]; /* icount of each call */
    uint64_t noted;               /* a test's own */
};

enum { T0 = 8, T1, T2, T3, A0 = 4, A1, A2, V0 = 2, V1, T9 = 25, RA = 31 };

/* Instructions. Branch offsets are in instructions, from the slot. */
#define ADDIU(rt, rs, imm)   (0x24000000u | (rs) << 21 | (rt) << 16 | ((imm)&0xffff))
#define BEQ(rs, rt, offset)  (0x10000000u | (rs) << 21 | (rt) << 16 | ((offset)&0xffff))
#define BNE(rs, rt, offset)  (0x14000000u | (rs) << 21 | (rt) << 16 | ((offset)&0xffff))
#define BEQL(rs, rt, offset) (0x50000000u | (rs) << 21 | (rt) << 16 | ((offset)&0xffff))
#define BNEL(rs, rt, offset) (0x54000000u | (rs) << 21 | (rt) << 16 | ((offset)&0xffff))
#define XORI(rt, rs, imm)    (0x38000000u | (rs) << 21 | (rt) << 16 | ((imm)&0xffff))
#define ADDU(rd, rs, rt)     (0x00000021u | (rs) << 21 | (rt) << 16 | (rd) << 11)
#define JALR(rd, rs)         (0x00000009u | (rs) << 21 | (rd) << 11)
#define MEM(op, rt, imm, rs) ((uint32_t)(op) << 26 | (rs) << 21 | (rt) << 16 | ((imm)&0xffff))
#define LB(rt, imm, rs)      MEM(0x20, rt, imm, rs)
#define LWL(rt, imm, rs)     MEM(0x22, rt, imm, rs)
#define LW(rt, imm, rs)      MEM(0x23, rt, imm, rs)
#define LWR(rt, imm, rs)     MEM(0x26, rt, imm, rs)
#define SB(rt, imm, rs)      MEM(0x28, rt, imm, rs)
#define SWL(rt, imm, rs)     MEM(0x2a, rt, imm, rs)
#define SW(rt, imm, rs)      MEM(0x2b, rt, imm, rs)
#define SWR(rt, imm, rs)     MEM(0x2e, rt, imm, rs)
#define LL(rt, imm, rs)      MEM(0x30, rt, imm, rs)
#define SC(rt, imm, rs)      MEM(0x38, rt, imm, rs)
#define SDC1(ft, imm, rs)    MEM(0x3d, ft, imm, rs)
#define MFC0(rt, reg, sel)   (0x40000000u | (rt) << 16 | (reg) << 11 | (sel))
#define MTC0(rt, reg, sel)   (0x40800000u | (rt) << 16 | (reg) << 11 | (sel))
#define ERET                 0x42000018u
#define NOP                  0u
#define WAIT                 0x42000020u

void rig_open(struct rig *rig, const struct rig_config *config);
void rig_close(struct rig *rig);

/* Puts words at an address of RAM, as a loader does. */
void rig_words(struct rig *rig, uint32_t va, const uint32_t *words, size_t count);
#define rig_code(rig, ...)                                                                                                       \
    rig_words(rig, RIG_CODE, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
uint32_t rig_word(struct rig *rig, uint32_t va);
/* tlbwi: the guest's TLB entry `index` maps the pair of pages of va, for reading, in all address spaces. */
void rig_map_pair(struct rig *rig, unsigned index, uint32_t va, uint32_t even, uint32_t odd);
/* Goes to RIG_CODE, with icount 0, A0 the device and A1 RIG_DATA; other registers 0. status: e.g. 0x401 for IP2 enabled. */
void rig_start(struct rig *rig, uint32_t status);
/* rig_start(), runs `count` instructions and starts again: translated blocks and TLB entries are there then. */
void rig_warm(struct rig *rig, uint64_t count);

/* Runs these for each back end that the build has and both byte orders. */
struct rig_test {
    const char *name;
    void (*fn)(void **state);
};
int rig_run_tests(const struct rig_test *tests, size_t count);

/* icount and pc are these, and the run ended so. */
#define assert_at(rig, icount_, pc_)                                                                                             \
    do {                                                                                                                         \
        assert_int_equal((rig)->clock->icount, icount_);                                                                         \
        assert_int_equal(*cpu_pc((rig)->cpu), pc_);                                                                              \
    } while (0)

#endif
