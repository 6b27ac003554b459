/* Integer arithmetic: one translator a row of insn.def, most of them one line. */
#include "cpu/mips/translate.h"

#define ROW(name, call)                                                                                                          \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        call;                                                                                                                    \
    }

static void three(struct translator *t, const struct mips_insn *i, enum ir_opcode op)
{
    ir_binary(t->ir, op, gpr_dest(t, i->rd), gpr(i, i->rs), gpr(i, i->rt));
}

/* rs + 0 and rs | 0 are how assemblers write a move. */
static void three_or_move(struct translator *t, const struct mips_insn *i, enum ir_opcode op)
{
    if (!i->rt)
        ir_unary(t->ir, IR_mov, gpr_dest(t, i->rd), gpr(i, i->rs));
    else
        three(t, i, op);
}

static void shift(struct translator *t, const struct mips_insn *i, enum ir_opcode op)
{
    assert(i->sa < 32);
    if (i->rd) /* nop, ssnop and ehb among them */
        ir_binary_imm(t->ir, op, G_GPR + i->rd, gpr(i, i->rt), i->sa);
}

static void shift_by_register(struct translator *t, const struct mips_insn *i, enum ir_opcode op)
{
    ir_binary(t->ir, op, gpr_dest(t, i->rd), gpr(i, i->rt), gpr(i, i->rs));
}

static void immediate(struct translator *t, const struct mips_insn *i, enum ir_opcode op, int32_t imm)
{
    if (!i->rt)
        return;
    if (!i->rs && (op == IR_add || op == IR_or))
        ir_movi(t->ir, G_GPR + i->rt, (uint32_t)imm);
    else
        ir_binary_imm(t->ir, op, G_GPR + i->rt, gpr(i, i->rs), imm);
}

static void unary(struct translator *t, const struct mips_insn *i, enum ir_opcode op, unsigned a)
{
    ir_unary(t->ir, op, gpr_dest(t, i->rd), a);
}

static void compare(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    ir_setcc(t->ir, cc, gpr_dest(t, i->rd), gpr(i, i->rs), gpr(i, i->rt));
}

static void compare_imm(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    ir_setcc_imm(t->ir, cc, gpr_dest(t, i->rt), gpr(i, i->rs), i->imm);
}

static void count_leading_ones(struct translator *t, const struct mips_insn *i)
{
    unsigned inverted = ir_temp(t->ir);
    ir_unary(t->ir, IR_not, inverted, gpr(i, i->rs));
    unary(t, i, IR_clz, inverted);
}

static void not_or(struct translator *t, const struct mips_insn *i)
{
    unsigned both = ir_temp(t->ir);
    ir_binary(t->ir, IR_or, both, gpr(i, i->rs), gpr(i, i->rt));
    unary(t, i, IR_not, both);
}

/* The sum or difference comes from a helper, which raises Integer Overflow instead of returning. */
static void trapping(struct translator *t, const struct mips_insn *i, unsigned helper)
{
    ir_call(t->ir, helper, gpr_dest(t, i->rd), gpr(i, i->rs), gpr(i, i->rt), 0);
}

static void add_imm_trapping(struct translator *t, const struct mips_insn *i)
{
    unsigned imm = ir_temp(t->ir);
    ir_movi(t->ir, imm, (uint32_t)i->imm);
    ir_call(t->ir, HELPER_add_overflow, gpr_dest(t, i->rt), gpr(i, i->rs), imm, 0);
}

static void extract(struct translator *t, const struct mips_insn *i)
{
    if (i->sa + i->msb > 31)
        tr_raise(t, i, EXC_RI);
    else
        ir_extract(t->ir, gpr_dest(t, i->rt), gpr(i, i->rs), i->sa, i->msb + 1);
}

static void insert(struct translator *t, const struct mips_insn *i)
{
    if (i->msb < i->sa)
        tr_raise(t, i, EXC_RI);
    else
        ir_deposit(t->ir, gpr_dest(t, i->rt), gpr(i, i->rt), gpr(i, i->rs), i->sa, i->msb - i->sa + 1);
}

static void set_hi_lo(struct translator *t, unsigned wide)
{
    ir_unary(t->ir, IR_low32, G_LO, wide);
    ir_unary(t->ir, IR_high32, G_HI, wide);
}

static unsigned product(struct translator *t, const struct mips_insn *i, enum ir_opcode multiply)
{
    unsigned wide = ir_temp(t->ir);
    ir_binary(t->ir, multiply, wide, gpr(i, i->rs), gpr(i, i->rt));
    return wide;
}

/* HI:LO = HI:LO op rs * rt */
static void accumulate(struct translator *t, const struct mips_insn *i, enum ir_opcode multiply, enum ir_opcode op)
{
    unsigned wide = product(t, i, multiply);
    unsigned old = ir_temp(t->ir), sum = ir_temp(t->ir);
    ir_binary(t->ir, IR_concat, old, G_LO, G_HI);
    ir_binary(t->ir, op, sum, old, wide);
    set_hi_lo(t, sum);
}

static void divide(struct translator *t, const struct mips_insn *i, enum ir_opcode quotient, enum ir_opcode remainder)
{
    ir_binary(t->ir, quotient, G_LO, gpr(i, i->rs), gpr(i, i->rt));
    ir_binary(t->ir, remainder, G_HI, gpr(i, i->rs), gpr(i, i->rt));
}

ROW(sll, shift(t, i, IR_shl))
ROW(srl, shift(t, i, IR_shr))
ROW(sra, shift(t, i, IR_sar))
ROW(rotr, shift(t, i, IR_rotr))
ROW(sllv, shift_by_register(t, i, IR_shl))
ROW(srlv, shift_by_register(t, i, IR_shr))
ROW(srav, shift_by_register(t, i, IR_sar))
ROW(rotrv, shift_by_register(t, i, IR_rotr))
ROW(movz, tr_move_if(t, i, IR_EQ, gpr(i, i->rt), 0))
ROW(movn, tr_move_if(t, i, IR_NE, gpr(i, i->rt), 0))
ROW(mfhi, unary(t, i, IR_mov, G_HI))
ROW(mflo, unary(t, i, IR_mov, G_LO))
ROW(mthi, ir_unary(t->ir, IR_mov, G_HI, gpr(i, i->rs)))
ROW(mtlo, ir_unary(t->ir, IR_mov, G_LO, gpr(i, i->rs)))
ROW(mult, set_hi_lo(t, product(t, i, IR_muls64)))
ROW(multu, set_hi_lo(t, product(t, i, IR_mulu64)))
ROW(madd, accumulate(t, i, IR_muls64, IR_add64))
ROW(maddu, accumulate(t, i, IR_mulu64, IR_add64))
ROW(msub, accumulate(t, i, IR_muls64, IR_sub64))
ROW(msubu, accumulate(t, i, IR_mulu64, IR_sub64))
ROW(div, divide(t, i, IR_divs, IR_rems))
ROW(divu, divide(t, i, IR_divu, IR_remu))
ROW(mul, three(t, i, IR_mul))
ROW(add, trapping(t, i, HELPER_add_overflow))
ROW(sub, trapping(t, i, HELPER_sub_overflow))
ROW(addi, add_imm_trapping(t, i))
ROW(addu, three_or_move(t, i, IR_add))
ROW(subu, three_or_move(t, i, IR_sub))
ROW(and, three(t, i, IR_and))
ROW(or, three_or_move(t, i, IR_or))
ROW(xor, three_or_move(t, i, IR_xor))
ROW(nor, not_or(t, i))
ROW(slt, compare(t, i, IR_LTS))
ROW(sltu, compare(t, i, IR_LTU))
ROW(slti, compare_imm(t, i, IR_LTS))
ROW(sltiu, compare_imm(t, i, IR_LTU))
ROW(addiu, immediate(t, i, IR_add, i->imm))
ROW(andi, immediate(t, i, IR_and, (uint16_t)i->imm))
ROW(ori, immediate(t, i, IR_or, (uint16_t)i->imm))
ROW(xori, immediate(t, i, IR_xor, (uint16_t)i->imm))
ROW(lui, ir_movi(t->ir, gpr_dest(t, i->rt), (uint32_t)i->imm << 16))
ROW(clz, unary(t, i, IR_clz, gpr(i, i->rs)))
ROW(clo, count_leading_ones(t, i))
ROW(ext, extract(t, i))
ROW(ins, insert(t, i))
ROW(seb, unary(t, i, IR_sext8, gpr(i, i->rt)))
ROW(seh, unary(t, i, IR_sext16, gpr(i, i->rt)))
ROW(wsbh, unary(t, i, IR_bswap16, gpr(i, i->rt)))
