/* SSE2 instructions: what the floating-point emitter uses. (Software Developer's Manual, volume 2.) */
#ifndef CPU_HOST_X86_64_SSE_H
#define CPU_HOST_X86_64_SSE_H

#include "cpu/host/x86_64/asm.h"

#define XMM_REGISTERS 16
enum { XMM0, XMM1 };

/* Opcode behind 0F, and the prefix that says the type: << 8. */
enum {
    SSE_SINGLE = 0xf300, /* scalar arithmetic is one of these or'd with an operation */
    SSE_DOUBLE = 0xf200,
    SSE_SQRT = 0x51,
    SSE_ADD = 0x58,
    SSE_MUL = 0x59,
    SSE_SUB = 0x5c,
    SSE_DIV = 0x5e,
    SSE_CONVERT = 0x5a,      /* to the other width */
    SSE_FROM_INTEGER = 0x2a, /* reg: xmm, rm: 32-bit integer */
    SSE_TRUNCATE = 0x2c,     /* reg: general, rm: xmm */
    SSE_TO_INTEGER = 0x2d,
    SSE_UCOMISS = 0x2e,
    SSE_UCOMISD = 0x662e,
    SSE_MOVAPS = 0x28,
    SSE_ANDPS = 0x54,
    SSE_XORPS = 0x57,
    SSE_PCMPEQD = 0x6676,
    SSE_PUNPCKLDQ = 0x6662,
    SSE_CVTDQ2PD = 0xf3e6,
    SSE_MOVD_LOAD = 0x666e,  /* xmm = 32 bits, or 64 if wide, the rest zero */
    SSE_MOVD_STORE = 0x667e, /* reg: xmm, rm: general register or memory */
    SSE_MOVQ_LOAD = 0xf37e,
    SSE_MOVQ_STORE = 0x66d6,
};

void emit_sse_rr(struct code *c, unsigned opcode, bool wide, unsigned reg, unsigned rm);
void emit_sse_rm(struct code *c, unsigned opcode, unsigned reg, struct mem mem);
/* Shifts of each 64-bit or 32-bit element. */
void emit_sse_shift(struct code *c, bool wide, bool left, unsigned xmm, unsigned count);

#endif
