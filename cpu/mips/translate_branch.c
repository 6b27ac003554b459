/*
 * Branches and jumps with their delay slots. A unit is emitted as: operands that the slot overwrites are copied, the slot, the
 * link register, the exit. A branch-likely leaves before its slot when it is not taken.
 */
#include "cpu/mips/translate.h"

static void address(struct translator *t, unsigned d, uint32_t pc)
{
    if (t->position_independent)
        ir_movpc(t->ir, d, pc);
    else
        ir_movi(t->ir, d, pc);
}

static void begin_slot(struct translator *t, const struct mips_insn *i, struct mips_insn *slot)
{
    struct mips_unit *unit = i->unit;
    assert(!unit->in_slot);
    unsigned link = mips_insn_writes(i);
    if (link) {
        unit->link = (uint8_t)link;
        unit->link_value = (uint16_t)ir_temp(t->ir);
        address(t, unit->link_value, i->pc + 8);
    }
    unit->in_slot = true;
    *slot = (struct mips_insn){.pc = i->pc + 4, .unit = unit};
    ir_insn(t->ir, slot->pc, true);
}

/* Emits the slot and then the link register, unless the slot wrote that. t->pc is behind the unit then. */
static void emit_slot(struct translator *t, const struct mips_insn *i)
{
    struct mips_insn slot;
    uint32_t word;
    begin_slot(t, i, &slot);
    if (translator_fetch32(t, slot.pc, &word))
        tr_instruction(t, &slot, word);
    else
        ir_call(t->ir, HELPER_slot_fetch, IR_NONE, IR_NONE, IR_NONE, slot.pc);
    unsigned link = i->unit->link;
    if (link && !(slot.row && mips_insn_writes(&slot) == link))
        address(t, G_GPR + link, i->pc + 8);
    t->pc = i->pc + 8;
}

static unsigned slot_writes(struct translator *t, const struct mips_insn *i)
{
    struct mips_insn slot = {0};
    uint32_t word;
    if (!translator_fetch32(t, i->pc + 4, &word) || !mips_decode(word, true, &slot))
        return 0;
    return mips_insn_writes(&slot);
}

/* The operand as it is before the unit: a copy if the slot or the link changes the register before it is looked at. */
static unsigned operand(struct translator *t, const struct mips_insn *i, unsigned value)
{
    assert(!i->unit->in_slot);
    if (value == G_GPR || value >= G_GPR + 32)
        return value;
    if (value - G_GPR != slot_writes(t, i) && value - G_GPR != mips_insn_writes(i))
        return value;
    unsigned copy = ir_temp(t->ir);
    ir_unary(t->ir, IR_mov, copy, value);
    return copy;
}

static uint32_t branch_target(const struct mips_insn *i)
{
    return i->pc + 4 + ((uint32_t)i->imm << 2);
}

static void branch_always(struct translator *t, const struct mips_insn *i)
{
    emit_slot(t, i);
    if (i->unit->leave)
        ir_exit_main(t->ir, branch_target(i));
    else
        ir_exit(t->ir, branch_target(i));
    t->done = true;
}

/* j and jal: not relative to the pc. */
static void jump_far(struct translator *t, const struct mips_insn *i)
{
    uint32_t target = ((i->pc + 4) & 0xf0000000) | i->target << 2;
    emit_slot(t, i);
    if (i->unit->leave) {
        unsigned pc = ir_temp(t->ir);
        ir_movi(t->ir, pc, target);
        ir_exit_main_indirect(t->ir, pc);
    } else {
        ir_exit_far(t->ir, target);
    }
    t->done = true;
}

static void exit_if(struct translator *t, enum ir_cc cc, unsigned a, unsigned b, int32_t imm, uint32_t pc)
{
    if (b == IR_IMM)
        ir_exit_if_imm(t->ir, cc, a, imm, pc);
    else
        ir_exit_if(t->ir, cc, a, b, pc);
}

/* The slot asked to leave: both ways go to the dispatcher, by a computed pc. */
static void end_leaving(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, unsigned b, int32_t imm)
{
    assert(i->unit->leave);
    unsigned pc = ir_temp(t->ir), taken = ir_temp(t->ir), holds = ir_temp(t->ir);
    if (b == IR_IMM)
        ir_setcc_imm(t->ir, cc, holds, a, imm);
    else
        ir_setcc(t->ir, cc, holds, a, b);
    address(t, pc, i->pc + 8);
    address(t, taken, branch_target(i));
    ir_movcc_imm(t->ir, IR_NE, pc, holds, 0, taken);
    ir_exit_main_indirect(t->ir, pc);
    t->done = true;
}

static void branch_likely(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, unsigned b, int32_t imm)
{
    exit_if(t, ir_cc_negate(cc), a, b, imm, i->pc + 8);
    branch_always(t, i);
}

void tr_branch(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, unsigned b, int32_t imm)
{
    if (i->row->flags & I_LIKELY) {
        branch_likely(t, i, cc, a, b, imm);
        return;
    }
    a = operand(t, i, a);
    if (b != IR_IMM)
        b = operand(t, i, b);
    emit_slot(t, i);
    if (i->unit->leave)
        end_leaving(t, i, cc, a, b, imm);
    else
        exit_if(t, cc, a, b, imm, branch_target(i));
}

/* Conditions that hold always, b and bal, are jumps: nothing of the block follows them. */
static void branch_equal(struct translator *t, const struct mips_insn *i)
{
    if (i->rs == i->rt)
        branch_always(t, i);
    else
        tr_branch(t, i, IR_EQ, gpr(i, i->rs), gpr(i, i->rt), 0);
}

static void branch_zero(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    if (!i->rs && (cc == IR_GES || cc == IR_LES))
        branch_always(t, i);
    else
        tr_branch(t, i, cc, gpr(i, i->rs), IR_IMM, 0);
}

/*
 * bltzall, bgezall link also when they are not taken: a store to the link register before the slot would be seen by the slot's
 * exceptions, so the rare case that nullifies is all in a helper.
 */
static void branch_likely_link(struct translator *t, const struct mips_insn *i, enum ir_cc cc)
{
    ir_call(t->ir, HELPER_not_taken_link, IR_NONE, gpr(i, i->rs), IR_NONE, cc);
    branch_always(t, i);
}

static void jump_register(struct translator *t, const struct mips_insn *i)
{
    unsigned target = operand(t, i, gpr(i, i->rs));
    emit_slot(t, i);
    if (i->unit->leave)
        ir_exit_main_indirect(t->ir, target);
    else
        ir_exit_indirect(t->ir, target);
    t->done = true;
}

/* One line a row of insn.def. */
#define BRANCH(name, call)                                                                                                       \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        call;                                                                                                                    \
    }

BRANCH(j, jump_far(t, i))
BRANCH(jal, jump_far(t, i))
BRANCH(jr, jump_register(t, i))
BRANCH(jalr, jump_register(t, i))
BRANCH(beq, branch_equal(t, i))
BRANCH(beql, branch_equal(t, i))
BRANCH(bne, tr_branch(t, i, IR_NE, gpr(i, i->rs), gpr(i, i->rt), 0))
BRANCH(bnel, tr_branch(t, i, IR_NE, gpr(i, i->rs), gpr(i, i->rt), 0))
BRANCH(blez, branch_zero(t, i, IR_LES))
BRANCH(blezl, branch_zero(t, i, IR_LES))
BRANCH(bgtz, branch_zero(t, i, IR_GTS))
BRANCH(bgtzl, branch_zero(t, i, IR_GTS))
BRANCH(bltz, branch_zero(t, i, IR_LTS))
BRANCH(bltzl, branch_zero(t, i, IR_LTS))
BRANCH(bltzal, branch_zero(t, i, IR_LTS))
BRANCH(bgez, branch_zero(t, i, IR_GES))
BRANCH(bgezl, branch_zero(t, i, IR_GES))
BRANCH(bgezal, branch_zero(t, i, IR_GES))
BRANCH(bltzall, branch_likely_link(t, i, IR_LTS))
BRANCH(bgezall, branch_likely_link(t, i, IR_GES))
