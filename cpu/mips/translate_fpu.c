/*
 * FPU instructions to IR. Moves, loads and stores work on the registers' words, which are globals; what computes is a helper.
 * That the FPU may be used at all (CU1) was seen to by the rows' I_FPU.
 */
#include "cpu/mips/fpu.h"
#include "cpu/mips/fpu_ops.h"
#include "cpu/mips/mips.h"
#include "cpu/mips/translate.h"

static bool wide_registers(const struct translator *t)
{
    return t->key & KEY_FR;
}

/* The words of a 64-bit value: of the register, or with FR=0 of the even-odd pair that contains it. */
static unsigned low_word(const struct translator *t, unsigned n)
{
    return G_FPR_LO + (wide_registers(t) ? n : n & ~1u);
}

static unsigned high_word(const struct translator *t, unsigned n)
{
    return wide_registers(t) ? G_FPR_HI + n : G_FPR_LO + (n | 1);
}

static void call(struct translator *t, const struct mips_insn *i, enum mips_helper helper, uint32_t imm)
{
    imm |= (uint32_t)i->fs << FPU_IMM_FS | (uint32_t)i->ft << FPU_IMM_FT | (uint32_t)i->fr << FPU_IMM_FR;
    imm |= (uint32_t)i->fd << FPU_IMM_FD | (wide_registers(t) ? FPU_IMM_WIDE : 0);
    ir_call(t->ir, helper, IR_NONE, IR_NONE, IR_NONE, imm);
}

static void compute(struct translator *t, const struct mips_insn *i, enum mips_helper helper, enum fpu_format to,
                    enum fpu_format from)
{
    if ((to == FPU_L || from == FPU_L) && !wide_registers(t))
        tr_raise(t, i, EXC_RI);
    else
        call(t, i, helper, 0);
}

#define FPU_OP(name, to, from, expression)                                                                                       \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        compute(t, i, HELPER_##name, FPU_##to, FPU_##from);                                                                      \
    }
#include "cpu/mips/fpu_ops.def"
#undef FPU_OP

static void compare(struct translator *t, const struct mips_insn *i, enum mips_helper helper)
{
    call(t, i, helper, (uint32_t)i->cc << FPU_IMM_CC | (uint32_t)i->cond << FPU_IMM_CONDITION);
}

void tr_c_s(struct translator *t, const struct mips_insn *i)
{
    compare(t, i, HELPER_c_s);
}

void tr_c_d(struct translator *t, const struct mips_insn *i)
{
    compare(t, i, HELPER_c_d);
}

/* Condition code cc as a temp, 0 or 1. */
static unsigned condition(struct translator *t, const struct mips_insn *i)
{
    unsigned bit = ir_temp(t->ir);

    ir_extract(t->ir, bit, G_FCSR, i->cc ? 24u + i->cc : 23, 1);
    return bit;
}

static void branch(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    tr_branch(t, i, cc, condition(t, i), IR_IMM, 0);
}

void tr_bc1f(struct translator *t, const struct mips_insn *i)
{
    branch(t, i, IR_EQ);
}

void tr_bc1t(struct translator *t, const struct mips_insn *i)
{
    branch(t, i, IR_NE);
}

void tr_bc1fl(struct translator *t, const struct mips_insn *i)
{
    branch(t, i, IR_EQ);
}

void tr_bc1tl(struct translator *t, const struct mips_insn *i)
{
    branch(t, i, IR_NE);
}

void tr_movf(struct translator *t, const struct mips_insn *i)
{
    tr_move_if(t, i, IR_EQ, condition(t, i), 0);
}

void tr_movt(struct translator *t, const struct mips_insn *i)
{
    tr_move_if(t, i, IR_NE, condition(t, i), 0);
}

void tr_mov_s(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, G_FPR_LO + i->fd, G_FPR_LO + i->fs);
}

void tr_mov_d(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, low_word(t, i->fd), low_word(t, i->fs));
    ir_unary(t->ir, IR_mov, high_word(t, i->fd), high_word(t, i->fs));
}

/* fd = fs if (a cc 0). */
static void move_s_if(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a)
{
    ir_movcc_imm(t->ir, cc, G_FPR_LO + i->fd, a, 0, G_FPR_LO + i->fs);
}

static void move_d_if(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a)
{
    ir_movcc_imm(t->ir, cc, low_word(t, i->fd), a, 0, low_word(t, i->fs));
    ir_movcc_imm(t->ir, cc, high_word(t, i->fd), a, 0, high_word(t, i->fs));
}

void tr_movf_s(struct translator *t, const struct mips_insn *i)
{
    move_s_if(t, i, IR_EQ, condition(t, i));
}

void tr_movt_s(struct translator *t, const struct mips_insn *i)
{
    move_s_if(t, i, IR_NE, condition(t, i));
}

void tr_movz_s(struct translator *t, const struct mips_insn *i)
{
    move_s_if(t, i, IR_EQ, gpr(i, i->rt));
}

void tr_movn_s(struct translator *t, const struct mips_insn *i)
{
    move_s_if(t, i, IR_NE, gpr(i, i->rt));
}

void tr_movf_d(struct translator *t, const struct mips_insn *i)
{
    move_d_if(t, i, IR_EQ, condition(t, i));
}

void tr_movt_d(struct translator *t, const struct mips_insn *i)
{
    move_d_if(t, i, IR_NE, condition(t, i));
}

void tr_movz_d(struct translator *t, const struct mips_insn *i)
{
    move_d_if(t, i, IR_EQ, gpr(i, i->rt));
}

void tr_movn_d(struct translator *t, const struct mips_insn *i)
{
    move_d_if(t, i, IR_NE, gpr(i, i->rt));
}

void tr_mfc1(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), G_FPR_LO + i->fs);
}

void tr_mtc1(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, G_FPR_LO + i->fs, gpr(i, i->rt));
}

void tr_mfhc1(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), high_word(t, i->fs));
}

void tr_mthc1(struct translator *t, const struct mips_insn *i)
{
    ir_unary(t->ir, IR_mov, high_word(t, i->fs), gpr(i, i->rt));
}

/* d = the condition codes in order, as FCCR shows them. */
static void read_fccr(struct translator *t, unsigned d)
{
    unsigned first = ir_temp(t->ir), others = ir_temp(t->ir);

    ir_extract(t->ir, first, G_FCSR, 23, 1);
    ir_extract(t->ir, others, G_FCSR, 25, 7);
    ir_binary_imm(t->ir, IR_shl, others, others, 1);
    ir_binary(t->ir, IR_or, d, first, others);
}

static void read_fenr(struct translator *t, unsigned d)
{
    unsigned flush = ir_temp(t->ir), rest = ir_temp(t->ir);

    ir_extract(t->ir, flush, G_FCSR, 24, 1);
    ir_binary_imm(t->ir, IR_shl, flush, flush, 2);
    ir_binary_imm(t->ir, IR_and, rest, G_FCSR, FENR_MASK);
    ir_binary(t->ir, IR_or, d, rest, flush);
}

void tr_cfc1(struct translator *t, const struct mips_insn *i)
{
    const struct mips_model *model = t->cpu->arch_config;
    unsigned d = gpr_dest(t, i->rt);

    switch (i->fs) {
    case FPU_FCSR:
        ir_unary(t->ir, IR_mov, d, G_FCSR);
        break;
    case FPU_FCCR:
        read_fccr(t, d);
        break;
    case FPU_FEXR:
        ir_binary_imm(t->ir, IR_and, d, G_FCSR, FEXR_MASK);
        break;
    case FPU_FENR:
        read_fenr(t, d);
        break;
    default: /* other numbers than FIR's are UNPREDICTABLE */
        ir_movi(t->ir, d, i->fs == FPU_FIR ? model->fir : 0);
        break;
    }
}

void tr_ctc1(struct translator *t, const struct mips_insn *i)
{
    ir_call(t->ir, HELPER_ctc1, IR_NONE, gpr(i, i->rt), IR_NONE, i->fs);
}

static void load_word(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    ir_load(t->ir, tr_memop(t, MO_32), G_FPR_LO + n, address, displacement);
}

static void store_word(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    ir_store(t->ir, tr_memop(t, MO_32), G_FPR_LO + n, address, displacement);
}

static void load_double(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    unsigned value = ir_temp(t->ir);

    ir_load(t->ir, tr_memop(t, MO_64), value, address, displacement);
    ir_unary(t->ir, IR_low32, low_word(t, n), value);
    ir_unary(t->ir, IR_high32, high_word(t, n), value);
}

static void store_double(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    unsigned value = ir_temp(t->ir);

    ir_binary(t->ir, IR_concat, value, low_word(t, n), high_word(t, n));
    ir_store(t->ir, tr_memop(t, MO_64), value, address, displacement);
}

void tr_lwc1(struct translator *t, const struct mips_insn *i)
{
    load_word(t, i->ft, gpr(i, i->rs), i->imm);
}

void tr_ldc1(struct translator *t, const struct mips_insn *i)
{
    load_double(t, i->ft, gpr(i, i->rs), i->imm);
}

void tr_swc1(struct translator *t, const struct mips_insn *i)
{
    store_word(t, i->ft, gpr(i, i->rs), i->imm);
}

void tr_sdc1(struct translator *t, const struct mips_insn *i)
{
    store_double(t, i->ft, gpr(i, i->rs), i->imm);
}

void tr_lwxc1(struct translator *t, const struct mips_insn *i)
{
    load_word(t, i->fd, tr_indexed_address(t, i), 0);
}

void tr_ldxc1(struct translator *t, const struct mips_insn *i)
{
    load_double(t, i->fd, tr_indexed_address(t, i), 0);
}

void tr_swxc1(struct translator *t, const struct mips_insn *i)
{
    store_word(t, i->fs, tr_indexed_address(t, i), 0);
}

void tr_sdxc1(struct translator *t, const struct mips_insn *i)
{
    store_double(t, i->fs, tr_indexed_address(t, i), 0);
}

/* luxc1 and suxc1 drop the address's low three bits; they exist with FR=1 only. IR_NONE: the instruction has been refused. */
static unsigned unaligned_address(struct translator *t, const struct mips_insn *i)
{
    unsigned address;

    if (!wide_registers(t)) {
        tr_raise(t, i, EXC_RI);
        return IR_NONE;
    }
    address = tr_indexed_address(t, i);
    ir_binary_imm(t->ir, IR_and, address, address, ~7);
    return address;
}

void tr_luxc1(struct translator *t, const struct mips_insn *i)
{
    unsigned address = unaligned_address(t, i);

    if (address != IR_NONE)
        load_double(t, i->fd, address, 0);
}

void tr_suxc1(struct translator *t, const struct mips_insn *i)
{
    unsigned address = unaligned_address(t, i);

    if (address != IR_NONE)
        store_double(t, i->fs, address, 0);
}

/* A hint only, and never a fault. */
void tr_prefx(struct translator *t, const struct mips_insn *i)
{
}
