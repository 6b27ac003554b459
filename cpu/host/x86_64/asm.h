/*
 * An x86-64 encoder: what the back end uses and no more. All memory operands are [base + disp32] or [base + index * scale + disp32].
 * (Intel 64 Architectures Software Developer's Manual, volume 2.)
 */
#ifndef CPU_HOST_X86_64_ASM_H
#define CPU_HOST_X86_64_ASM_H

#include "softmmu/base.h"

enum reg { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, NO_REG = 0xff };

enum cond {
    COND_O = 0,
    COND_B = 2,
    COND_AE,
    COND_E,
    COND_NE,
    COND_BE,
    COND_A,
    COND_S,
    COND_NS,
    COND_P = 10,
    COND_L = 12,
    COND_GE,
    COND_LE,
    COND_G
};

/* Where code goes: it is written at `p` and runs at p + to_exec. */
struct code {
    uint8_t *p, *end;
    intptr_t to_exec;
};

struct mem {
    enum reg base, index; /* NO_REG: none; lea takes one without base */
    uint8_t scale;        /* log2 */
    int32_t disp;
};
static inline struct mem mem_base(enum reg base, int32_t disp)
{
    return (struct mem){base, NO_REG, 0, disp};
}
static inline struct mem mem_index(enum reg base, enum reg index, unsigned scale, int32_t disp)
{
    return (struct mem){base, index, (uint8_t)scale, disp};
}

/* One-byte opcodes of the form "reg, r/m" (loads, arithmetic) unless said. */
enum {
    OP_ADD = 0x03,
    OP_OR = 0x0b,
    OP_AND = 0x23,
    OP_SUB = 0x2b,
    OP_XOR = 0x33,
    OP_CMP = 0x3b,
    OP_MOV = 0x8b,
    OP_TO_MEMORY = 2, /* less than the opcodes above: memory is the destination */
    OP_STORE = 0x89,
    OP_STORE8 = 0x88,
    OP_LEA = 0x8d,
    OP_TEST = 0x85,
    OP_MOVSXD = 0x63,
    OP_IMUL = 0x1af,
    OP_SHLD_CL = 0x1a5, /* r/m is shifted by cl, bits of reg come in */
    OP_SHRD_CL = 0x1ad,
    OP_MOVZX8 = 0x1b6,
    OP_MOVZX16 = 0x1b7,
    OP_MOVSX8 = 0x1be,
    OP_MOVSX16 = 0x1bf,
    OP_CMOV = 0x140,
    OP_LZCNT = 0x2bd, /* with F3 */
};
/* The /n of group 1 (arithmetic with an immediate) and of shifts. */
enum { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };

void emit8(struct code *c, uint8_t byte);
void emit32(struct code *c, uint32_t value);
void emit64(struct code *c, uint64_t value);
/* wide: 64-bit operands. Opcodes from 0x100 have the 0F prefix, from 0x200 F3 0F. */
void emit_rr(struct code *c, unsigned opcode, bool wide, enum reg reg, enum reg rm);
void emit_rm(struct code *c, unsigned opcode, bool wide, enum reg reg, struct mem mem);
void emit_alu_imm(struct code *c, unsigned alu, bool wide, enum reg rm, int32_t imm);
void emit_alu_mem_imm(struct code *c, unsigned alu, struct mem mem, int32_t imm);
void emit_inc64(struct code *c, struct mem mem);
void emit_mov_imm(struct code *c, enum reg reg, uint32_t imm);
void emit_mov_imm64(struct code *c, enum reg reg, uint64_t imm);
void emit_store_imm(struct code *c, struct mem mem, uint32_t imm); /* 32 bits */
void emit_store_imm_size(struct code *c, struct mem mem, uint32_t imm, unsigned log2_size);
void emit_store16(struct code *c, enum reg reg, struct mem mem);
void emit_store8(struct code *c, enum reg reg, struct mem mem);
void emit_shift_imm(struct code *c, unsigned shift, bool wide, enum reg rm, unsigned count);
void emit_shift_cl(struct code *c, unsigned shift, enum reg rm);
void emit_not(struct code *c, enum reg rm);
void emit_neg(struct code *c, enum reg rm);
void emit_bswap(struct code *c, bool wide, enum reg reg);
void emit_rol16(struct code *c, enum reg reg);                  /* the low half's bytes exchanged */
void emit_test_imm8(struct code *c, enum reg reg, uint8_t imm); /* low byte */
void emit_test_reg_imm(struct code *c, enum reg reg, uint32_t imm);
void emit_test_imm(struct code *c, uint32_t imm); /* eax: five bytes, the last four are imm */
void emit_cmp_mem_zero(struct code *c, struct mem mem, unsigned log2_size);
void emit_setcc(struct code *c, enum cond cond, enum reg reg); /* low byte */
void emit_push(struct code *c, enum reg reg);
void emit_pop(struct code *c, enum reg reg);
void emit_ret(struct code *c);
void emit_call_reg(struct code *c, enum reg reg);
void emit_jmp_reg(struct code *c, enum reg reg);
void emit_jmp_mem(struct code *c, struct mem mem);
/* Jumps to a place not known yet: the address of the rel32, for patch32(). */
uint8_t *emit_jcc(struct code *c, enum cond cond);
uint8_t *emit_jmp(struct code *c);
void emit_jcc_to(struct code *c, enum cond cond, const uint8_t *target);
void emit_jmp_to(struct code *c, const uint8_t *target);
void emit_call_to(struct code *c, const uint8_t *target);
/* Both in the writable mapping. */
void patch32(uint8_t *rel32, const uint8_t *target);

#endif
