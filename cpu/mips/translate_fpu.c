/*
 * FPU instructions to IR: floating-point operations, with a helper for what is not plain (struct fpu_lazy), and moves of the registers'
 * words, which are globals.
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
    assert(n < 32);
    return G_FPR_LO + (wide_registers(t) ? n : n & ~1u);
}

static unsigned high_word(const struct translator *t, unsigned n)
{
    return wide_registers(t) ? G_FPR_HI + n : G_FPR_LO + (n | 1);
}

/* From a 64-bit value's low word to its high word, as IR wants it. */
static unsigned distance(const struct translator *t)
{
    return wide_registers(t) ? G_FPR_HI - G_FPR_LO : 1;
}

static uint32_t registers(const struct translator *t, const struct mips_insn *i)
{
    uint32_t imm = (uint32_t)i->fs << FPU_IMM_FS | (uint32_t)i->ft << FPU_IMM_FT | (uint32_t)i->fr << FPU_IMM_FR;

    return imm | (uint32_t)i->fd << FPU_IMM_FD | (wide_registers(t) ? FPU_IMM_WIDE : 0);
}

/* Register n of this format as IR names it: its low word. */
static unsigned fpr(const struct translator *t, enum fpu_format format, unsigned n)
{
    return format == FPU_D ? low_word(t, n) : G_FPR_LO + n;
}

static void compute(struct translator *t, const struct mips_insn *i, enum mips_helper helper, enum fpu_format to,
                    enum fpu_format from, enum ir_opcode opcode)
{
    unsigned flags = ir_op_info[opcode].flags, wide = to == FPU_D || from == FPU_D ? distance(t) : 0;

    if ((to == FPU_L || from == FPU_L) && !wide_registers(t))
        tr_raise(t, i, EXC_RI);
    else if (opcode == IR_call)
        ir_call(t->ir, helper, IR_NONE, IR_NONE, IR_NONE, registers(t, i));
    else
        ir_fpu(t->ir, opcode, helper, registers(t, i), wide, fpr(t, to, i->fd), fpr(t, from, i->fs),
               flags & IR_FPR_B ? fpr(t, from, i->ft) : IR_NONE, flags & IR_FPR_C ? fpr(t, from, i->fr) : IR_NONE);
}

#define FPU_OP(name, to, from, ir, expression)                                                                                   \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        compute(t, i, HELPER_##name, FPU_##to, FPU_##from, IR_##ir);                                                             \
    }
#include "cpu/mips/fpu_ops.def"
#undef FPU_OP

static unsigned condition_bit(const struct mips_insn *i)
{
    assert(i->cc < 8);
    return i->cc ? 24u + i->cc : 23;
}

/* FCSR is named for its condition codes only: Cause and Flags change behind the IR's back. */
static void compare(struct translator *t, const struct mips_insn *i, enum mips_helper helper, enum fpu_format format)
{
    uint32_t imm = registers(t, i) | (uint32_t)i->cc << FPU_IMM_CC | (uint32_t)i->cond << FPU_IMM_CONDITION;

    ir_fpu_compare(t->ir, (enum ir_fpu_relation)(i->cond >> 1 & 3), helper, imm, format == FPU_D ? distance(t) : 0, G_FCSR,
                   condition_bit(i), fpr(t, format, i->fs), fpr(t, format, i->ft));
}

void tr_c_s(struct translator *t, const struct mips_insn *i)
{
    compare(t, i, HELPER_c_s, FPU_S);
}

void tr_c_d(struct translator *t, const struct mips_insn *i)
{
    compare(t, i, HELPER_c_d, FPU_D);
}

/* Condition code cc as a temp, 0 or 1. */
static unsigned condition(struct translator *t, const struct mips_insn *i)
{
    unsigned bit = ir_temp(t->ir);

    ir_extract(t->ir, bit, G_FCSR, condition_bit(i), 1);
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
    ir_fpu_move(t->ir, 0, G_FPR_LO + i->fd, G_FPR_LO + i->fs);
}

void tr_mov_d(struct translator *t, const struct mips_insn *i)
{
    ir_fpu_move(t->ir, distance(t), low_word(t, i->fd), low_word(t, i->fs));
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
    case FPU_FEXR:
        ir_call(t->ir, HELPER_cfc1, d, IR_NONE, IR_NONE, i->fs);
        break;
    case FPU_FCCR:
        read_fccr(t, d);
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
    ir_fpu_load(t->ir, tr_memop(t, MO_32), 0, G_FPR_LO + n, address, displacement);
}

static void store_word(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    ir_fpu_store(t->ir, tr_memop(t, MO_32), 0, G_FPR_LO + n, address, displacement);
}

static void load_double(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    ir_fpu_load(t->ir, tr_memop(t, MO_64), distance(t), low_word(t, n), address, displacement);
}

static void store_double(struct translator *t, unsigned n, unsigned address, int32_t displacement)
{
    ir_fpu_store(t->ir, tr_memop(t, MO_64), distance(t), low_word(t, n), address, displacement);
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
