#include "cpu/host/x86_64/asm.h"

#include "cpu/host/x86_64/sse.h"
#include <string.h>

void emit8(struct code *c, uint8_t byte)
{
    assert(c->p < c->end);
    *c->p++ = byte;
}

void emit32(struct code *c, uint32_t value)
{
    assert((size_t)(c->end - c->p) >= sizeof(value));
    memcpy(c->p, &value, sizeof(value));
    c->p += sizeof(value);
}

void emit64(struct code *c, uint64_t value)
{
    assert((size_t)(c->end - c->p) >= sizeof(value));
    memcpy(c->p, &value, sizeof(value));
    c->p += sizeof(value);
}

static void emit_opcode(struct code *c, unsigned opcode)
{
    if (opcode >= 0x100)
        emit8(c, 0x0f);
    emit8(c, (uint8_t)opcode);
}

static bool is_byte_op(unsigned opcode)
{
    return opcode == OP_STORE8 || opcode == OP_MOVZX8 || opcode == OP_MOVSX8;
}

/* Prefixes and opcode. The low bytes of rsi, rdi need a REX prefix, an empty one too. */
static void emit_head(struct code *c, unsigned opcode, bool wide, unsigned reg, unsigned index, unsigned base, bool byte_reg)
{
    unsigned rex = (wide ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (opcode >= 0x200)
        emit8(c, 0xf3);
    if (rex || byte_reg)
        emit8(c, (uint8_t)(0x40 | rex));
    emit_opcode(c, opcode);
}

void emit_rr(struct code *c, unsigned opcode, bool wide, enum reg reg, enum reg rm)
{
    assert(reg != NO_REG && rm != NO_REG);
    emit_head(c, opcode, wide, reg, 0, rm, is_byte_op(opcode));
    emit8(c, (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7)));
}

static void emit_modrm_mem(struct code *c, unsigned reg, struct mem mem)
{
    assert(mem.scale < 4 && mem.index != RSP);
    bool sib = mem.index != NO_REG || (mem.base & 7) == RSP;
    bool disp8 = mem.disp >= -128 && mem.disp < 128;
    if (mem.base == NO_REG) {
        emit8(c, (uint8_t)((reg & 7) << 3 | 4));
        emit8(c, (uint8_t)(mem.scale << 6 | (mem.index & 7) << 3 | 5));
        emit32(c, (uint32_t)mem.disp);
        return;
    }
    emit8(c, (uint8_t)((disp8 ? 0x40 : 0x80) | (reg & 7) << 3 | (sib ? 4 : mem.base & 7)));
    if (sib)
        emit8(c, (uint8_t)(mem.scale << 6 | (mem.index == NO_REG ? 4 : mem.index & 7) << 3 | (mem.base & 7)));
    if (disp8)
        emit8(c, (uint8_t)mem.disp);
    else
        emit32(c, (uint32_t)mem.disp);
}

void emit_rm(struct code *c, unsigned opcode, bool wide, enum reg reg, struct mem mem)
{
    emit_head(c, opcode, wide, reg, mem.index == NO_REG ? 0 : mem.index, mem.base == NO_REG ? 0 : mem.base, opcode == OP_STORE8);
    emit_modrm_mem(c, reg, mem);
}

void emit_alu_imm(struct code *c, unsigned alu, bool wide, enum reg rm, int32_t imm)
{
    assert(alu < 8 && rm != NO_REG);
    bool imm8 = imm >= -128 && imm < 128;
    emit_head(c, imm8 ? 0x83 : 0x81, wide, 0, 0, rm, false);
    emit8(c, (uint8_t)(0xc0 | alu << 3 | (rm & 7)));
    if (imm8)
        emit8(c, (uint8_t)imm);
    else
        emit32(c, (uint32_t)imm);
}

void emit_alu_mem_imm(struct code *c, unsigned alu, struct mem mem, int32_t imm)
{
    bool imm8 = imm >= -128 && imm < 128;
    emit_head(c, imm8 ? 0x83 : 0x81, false, 0, mem.index == NO_REG ? 0 : mem.index, mem.base, false);
    emit_modrm_mem(c, alu, mem);
    if (imm8)
        emit8(c, (uint8_t)imm);
    else
        emit32(c, (uint32_t)imm);
}

void emit_inc64(struct code *c, struct mem mem)
{
    emit_head(c, 0xff, true, 0, mem.index == NO_REG ? 0 : mem.index, mem.base, false);
    emit_modrm_mem(c, 0, mem);
}

/* Zero without touching the flags' readers: callers use it where no flags are live. */
void emit_mov_imm(struct code *c, enum reg reg, uint32_t imm)
{
    assert(reg != NO_REG);
    if (reg >= R8)
        emit8(c, 0x41);
    emit8(c, (uint8_t)(0xb8 | (reg & 7)));
    emit32(c, imm);
}

void emit_mov_imm64(struct code *c, enum reg reg, uint64_t imm)
{
    emit8(c, reg >= R8 ? 0x49 : 0x48);
    emit8(c, (uint8_t)(0xb8 | (reg & 7)));
    emit64(c, imm);
}

void emit_store_imm(struct code *c, struct mem mem, uint32_t imm)
{
    emit_store_imm_size(c, mem, imm, 2);
}

void emit_store_imm_size(struct code *c, struct mem mem, uint32_t imm, unsigned log2_size)
{
    assert(log2_size <= 3);
    if (log2_size == 1)
        emit8(c, 0x66);
    emit_head(c, log2_size ? 0xc7 : 0xc6, log2_size == 3, 0, mem.index == NO_REG ? 0 : mem.index, mem.base, false);
    emit_modrm_mem(c, 0, mem);
    if (log2_size >= 2) {
        emit32(c, imm);
        return;
    }
    emit8(c, (uint8_t)imm);
    if (log2_size)
        emit8(c, (uint8_t)(imm >> 8));
}

void emit_store16(struct code *c, enum reg reg, struct mem mem)
{
    emit8(c, 0x66);
    emit_rm(c, OP_STORE, false, reg, mem);
}

void emit_store8(struct code *c, enum reg reg, struct mem mem)
{
    emit_rm(c, OP_STORE8, false, reg, mem);
}

static void emit_group(struct code *c, unsigned opcode, bool wide, unsigned digit, enum reg rm)
{
    emit_head(c, opcode, wide, 0, 0, rm, false);
    emit8(c, (uint8_t)(0xc0 | digit << 3 | (rm & 7)));
}

void emit_shift_imm(struct code *c, unsigned shift, bool wide, enum reg rm, unsigned count)
{
    assert(count < (wide ? 64 : 32));
    emit_group(c, 0xc1, wide, shift, rm);
    emit8(c, (uint8_t)count);
}

void emit_shift_cl(struct code *c, unsigned shift, enum reg rm)
{
    emit_group(c, 0xd3, false, shift, rm);
}

void emit_not(struct code *c, enum reg rm)
{
    emit_group(c, 0xf7, false, 2, rm);
}

void emit_neg(struct code *c, enum reg rm)
{
    emit_group(c, 0xf7, false, 3, rm);
}

void emit_bswap(struct code *c, bool wide, enum reg reg)
{
    emit_head(c, 0x100 | 0xc8 | (reg & 7), wide, 0, 0, reg, false);
}

void emit_rol16(struct code *c, enum reg reg)
{
    emit8(c, 0x66);
    emit_group(c, 0xc1, false, SHIFT_ROL, reg);
    emit8(c, 8);
}

void emit_test_imm8(struct code *c, enum reg reg, uint8_t imm)
{
    emit_head(c, 0xf6, false, 0, 0, reg, true);
    emit8(c, (uint8_t)(0xc0 | (reg & 7)));
    emit8(c, imm);
}

void emit_test_imm(struct code *c, uint32_t imm)
{
    emit8(c, 0xa9);
    emit32(c, imm);
}

void emit_test_reg_imm(struct code *c, enum reg reg, uint32_t imm)
{
    emit_head(c, 0xf7, false, 0, 0, reg, false);
    emit8(c, (uint8_t)(0xc0 | (reg & 7)));
    emit32(c, imm);
}

void emit_cmp_mem_zero(struct code *c, struct mem mem, unsigned log2_size)
{
    assert(log2_size <= 3);
    if (log2_size == 1)
        emit8(c, 0x66);
    emit_head(c, log2_size ? 0x83 : 0x80, log2_size == 3, 0, mem.index == NO_REG ? 0 : mem.index, mem.base, false);
    emit_modrm_mem(c, ALU_CMP, mem);
    emit8(c, 0);
}

void emit_setcc(struct code *c, enum cond cond, enum reg reg)
{
    assert(cond < 16);
    emit_head(c, 0x190 | cond, false, 0, 0, reg, true);
    emit8(c, (uint8_t)(0xc0 | (reg & 7)));
}

void emit_push(struct code *c, enum reg reg)
{
    if (reg >= R8)
        emit8(c, 0x41);
    emit8(c, (uint8_t)(0x50 | (reg & 7)));
}

void emit_pop(struct code *c, enum reg reg)
{
    if (reg >= R8)
        emit8(c, 0x41);
    emit8(c, (uint8_t)(0x58 | (reg & 7)));
}

void emit_ret(struct code *c)
{
    emit8(c, 0xc3);
}

void emit_call_reg(struct code *c, enum reg reg)
{
    emit_group(c, 0xff, false, 2, reg);
}

void emit_jmp_reg(struct code *c, enum reg reg)
{
    emit_group(c, 0xff, false, 4, reg);
}

void emit_jmp_mem(struct code *c, struct mem mem)
{
    emit_head(c, 0xff, false, 0, mem.index == NO_REG ? 0 : mem.index, mem.base, false);
    emit_modrm_mem(c, 4, mem);
}

uint8_t *emit_jcc(struct code *c, enum cond cond)
{
    emit8(c, 0x0f);
    emit8(c, (uint8_t)(0x80 | cond));
    emit32(c, 0);
    return c->p - 4;
}

uint8_t *emit_jmp(struct code *c)
{
    emit8(c, 0xe9);
    emit32(c, 0);
    return c->p - 4;
}

void patch32(uint8_t *rel32, const uint8_t *target)
{
    int32_t rel = (int32_t)(target - (rel32 + 4));
    memcpy(rel32, &rel, sizeof(rel));
}

void emit_jcc_to(struct code *c, enum cond cond, const uint8_t *target)
{
    patch32(emit_jcc(c, cond), target);
}

void emit_jmp_to(struct code *c, const uint8_t *target)
{
    patch32(emit_jmp(c), target);
}

void emit_call_to(struct code *c, const uint8_t *target)
{
    emit8(c, 0xe8);
    emit32(c, 0);
    patch32(c->p - 4, target);
}

static void emit_sse_head(struct code *c, unsigned opcode, bool wide, unsigned reg, unsigned index, unsigned base)
{
    unsigned rex = (wide ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;
    if (opcode >> 8)
        emit8(c, (uint8_t)(opcode >> 8));
    if (rex)
        emit8(c, (uint8_t)(0x40 | rex));
    emit8(c, 0x0f);
    emit8(c, (uint8_t)opcode);
}

void emit_sse_rr(struct code *c, unsigned opcode, bool wide, unsigned reg, unsigned rm)
{
    emit_sse_head(c, opcode, wide, reg, 0, rm);
    emit8(c, (uint8_t)(0xc0 | (reg & 7) << 3 | (rm & 7)));
}

void emit_sse_rm(struct code *c, unsigned opcode, unsigned reg, struct mem mem)
{
    emit_sse_head(c, opcode, false, reg, mem.index == NO_REG ? 0 : mem.index, mem.base);
    emit_modrm_mem(c, reg, mem);
}

void emit_sse_shift(struct code *c, bool wide, bool left, unsigned xmm, unsigned count)
{
    emit_sse_rr(c, wide ? 0x6673 : 0x6672, false, left ? 6 : 2, xmm);
    emit8(c, (uint8_t)count);
}
