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

/* The global that stands for a coprocessor 0 register, if the model has it and there is one; written: one that may be written, too. */
static bool cp0_global(const struct translator *t, unsigned number, bool written, unsigned *global)
{
    static const struct {
        uint8_t number;
        bool written;
    } rows[] = {
#define CP0_GLOBAL(id, member, written) {CP0_##id, written},
#include "cpu/mips/cp0_globals.def"
#undef CP0_GLOBAL
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].number == number && (rows[i].written || !written) && cp0_has(t->cpu, number)) {
            *global = G_CP0 + i;
            return true;
        }
    return false;
}

static void move_from_cp0(struct translator *t, const struct mips_insn *i)
{
    unsigned number = CP0_NUMBER(i->rd, i->sel), global = G_USER_LOCAL;
    if ((number == CP0_USERLOCAL && cp0_has(t->cpu, number)) || cp0_global(t, number, false, &global))
        ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), global);
    else
        ir_call(t->ir, HELPER_mfc0, gpr_dest(t, i->rt), IR_NONE, IR_NONE, number);
}

static void write_cp0_global(struct translator *t, unsigned global, unsigned value, uint32_t mask)
{
    assert(global >= G_USER_LOCAL && global < MIPS_GLOBALS);
    unsigned kept = ir_temp(t->ir), changed = ir_temp(t->ir);
    if (mask == UINT32_MAX) {
        ir_unary(t->ir, IR_mov, global, value);
        return;
    }
    ir_binary_imm(t->ir, IR_and, changed, value, (int32_t)mask);
    ir_binary_imm(t->ir, IR_and, kept, global, (int32_t)~mask);
    ir_binary(t->ir, IR_or, global, kept, changed);
}

static void move_to_cp0(struct translator *t, const struct mips_insn *i)
{
    unsigned number = CP0_NUMBER(i->rd, i->sel), global = G_USER_LOCAL;
    if ((number == CP0_USERLOCAL && cp0_has(t->cpu, number)) || cp0_global(t, number, true, &global)) {
        write_cp0_global(t, global, gpr(i, i->rt), cp0_write_mask(t->cpu, number));
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

static void leaving(struct translator *t, const struct mips_insn *i, unsigned helper, unsigned dest, uint32_t imm)
{
    ir_call(t->ir, helper, dest, IR_NONE, IR_NONE, imm);
    tr_leave_soon(t, i);
}

/* Nothing can become pending by this. */
static void disable_interrupts(struct translator *t, const struct mips_insn *i)
{
    const unsigned status = G_CP0 + CP0_GLOBAL_STATUS, old = ir_temp(t->ir);
    ir_unary(t->ir, IR_mov, old, status);
    ir_binary_imm(t->ir, IR_and, status, status, ~(int32_t)STATUS_IE);
    ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), old);
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
ROW(di, disable_interrupts(t, i))
ROW(ei, leaving(t, i, HELPER_ei, gpr_dest(t, i->rt), 0))
ROW(tlbp, call(t, HELPER_tlbp))
ROW(tlbr, leaving(t, i, HELPER_tlbr, IR_NONE, 0))
ROW(tlbwi, leaving(t, i, HELPER_tlbwi, IR_NONE, i->pc))
ROW(tlbwr, leaving(t, i, HELPER_tlbwr, IR_NONE, i->pc))
ROW(eret, exception_return(t, HELPER_eret))
ROW(deret, exception_return(t, HELPER_deret))
ROW(wait, wait_for_interrupt(t, i))

/* Coprocessor 2 does not exist: tr_instruction() has raised by then. */
ROW(cop2, tr_raise(t, i, RAISE_CPU(2)))
ROW(lwc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(ldc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(swc2, tr_raise(t, i, RAISE_CPU(2)))
ROW(sdc2, tr_raise(t, i, RAISE_CPU(2)))
