/* Traps, coprocessor 0, and what changes the CPU's mode. */
#include "cpu/mips/cp0.h"
#include "cpu/mips/translate.h"

#define ROW(name, call)                                                                                                          \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        call;                                                                                                                    \
    }

static void trap(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    ir_call(t->ir, HELPER_trap, IR_NONE, gpr(i, i->rs), gpr(i, i->rt), cc);
}

static void trap_imm(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    unsigned imm = ir_temp(t->ir);
    ir_movi(t->ir, imm, (uint32_t)i->imm);
    ir_call(t->ir, HELPER_trap, IR_NONE, gpr(i, i->rs), imm, cc);
}

static void call(struct translator *t, unsigned helper)
{
    ir_call(t->ir, helper, IR_NONE, IR_NONE, IR_NONE, 0);
}

static void move_from_cp0(struct translator *t, const struct mips_insn *i)
{
    if (i->rd == 4 && i->sel == 2 && cp0_has(t->cpu, CP0_NUMBER(4, 2)))
        ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), G_USER_LOCAL);
    else
        ir_call(t->ir, HELPER_mfc0, gpr_dest(t, i->rt), IR_NONE, IR_NONE, CP0_NUMBER(i->rd, i->sel));
}

static void move_to_cp0(struct translator *t, const struct mips_insn *i)
{
    unsigned number = CP0_NUMBER(i->rd, i->sel);
    if (number == CP0_NUMBER(4, 2) && cp0_has(t->cpu, number)) { /* a global: helpers do not write these */
        ir_unary(t->ir, IR_mov, G_USER_LOCAL, gpr(i, i->rt));
        return;
    }
    ir_call(t->ir, HELPER_mtc0, IR_NONE, gpr(i, i->rt), IR_NONE, number);
    if (cp0_write_may_leave(number))
        tr_leave_soon(t, i);
}

static void read_hardware_register(struct translator *t, const struct mips_insn *i)
{
    bool permitted = !(t->key & KEY_USER) || (t->key & (KEY_COP0 | KEY_ULR));
    if (i->rd == 29 && permitted && cp0_has(t->cpu, CP0_NUMBER(4, 2)))
        ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), G_USER_LOCAL);
    else
        ir_call(t->ir, HELPER_rdhwr, gpr_dest(t, i->rt), IR_NONE, IR_NONE, i->rd);
}

static void leaving(struct translator *t, const struct mips_insn *i, unsigned helper, unsigned dest)
{
    ir_call(t->ir, helper, dest, IR_NONE, IR_NONE, 0);
    tr_leave_soon(t, i);
}

/* The helper puts the new pc into the state. */
static void exception_return(struct translator *t, unsigned helper)
{
    call(t, helper);
    ir_exit_state(t->ir);
    t->done = true;
}

static void wait_for_interrupt(struct translator *t, const struct mips_insn *i)
{
    call(t, HELPER_wait);
    ir_exit_main(t->ir, i->pc + 4);
    t->done = true;
}

ROW(tge, trap(t, i, IR_GES))
ROW(tgeu, trap(t, i, IR_GEU))
ROW(tlt, trap(t, i, IR_LTS))
ROW(tltu, trap(t, i, IR_LTU))
ROW(teq, trap(t, i, IR_EQ))
ROW(tne, trap(t, i, IR_NE))
ROW(tgei, trap_imm(t, i, IR_GES))
ROW(tgeiu, trap_imm(t, i, IR_GEU))
ROW(tlti, trap_imm(t, i, IR_LTS))
ROW(tltiu, trap_imm(t, i, IR_LTU))
ROW(teqi, trap_imm(t, i, IR_EQ))
ROW(tnei, trap_imm(t, i, IR_NE))
ROW(syscall, tr_raise(t, i, EXC_SYS))
ROW(break, tr_raise(t, i, EXC_BP))
ROW(sdbbp, tr_raise(t, i, EXC_DEBUG))
ROW(mfc0, move_from_cp0(t, i))
ROW(mtc0, move_to_cp0(t, i))
ROW(rdpgpr, ir_unary(t->ir, IR_mov, gpr_dest(t, i->rd), gpr(i, i->rt))) /* there is one register set */
ROW(wrpgpr, ir_unary(t->ir, IR_mov, gpr_dest(t, i->rd), gpr(i, i->rt)))
ROW(rdhwr, read_hardware_register(t, i))
ROW(di, ir_call(t->ir, HELPER_di, gpr_dest(t, i->rt), IR_NONE, IR_NONE, 0))
ROW(ei, leaving(t, i, HELPER_ei, gpr_dest(t, i->rt)))
ROW(tlbp, call(t, HELPER_tlbp))
ROW(tlbr, leaving(t, i, HELPER_tlbr, IR_NONE))
ROW(tlbwi, leaving(t, i, HELPER_tlbwi, IR_NONE))
ROW(tlbwr, leaving(t, i, HELPER_tlbwr, IR_NONE))
ROW(eret, exception_return(t, HELPER_eret))
ROW(deret, exception_return(t, HELPER_deret))
ROW(wait, wait_for_interrupt(t, i))

/* Coprocessor 2 does not exist: tr_instruction() has raised by then. */
ROW(cop2, tr_raise(t, i, RAISE_CPU(2)))
ROW(lwc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(ldc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(swc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(sdc2, tr_raise(t, i, RAISE_CPU(2)))
