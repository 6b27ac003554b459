/*
 * The front end: units of guest instructions to IR.
 *
 * Within a unit nothing that an exception could expose may be written early (ir.h): the slot's code comes before the branch's
 * effects. What the slot must see of the branch is the link value only: gpr() hands it a constant in the register's place.
 */
#include "cpu/mips/translate.h"

#include "cpu/mips/mips.h"

static void (*const translators[MIPS_OPCODES])(struct translator *t, const struct mips_insn *i) = {
#define INSN(name, bits, format, flags, text) tr_##name,
#include "cpu/mips/insn.def"
#include "cpu/mips/insn_fpu.def"
#undef INSN
};

static const struct mips_model *model_of(const struct translator *t)
{
    return t->cpu->arch_config;
}

unsigned gpr(const struct mips_insn *i, unsigned n)
{
    assert(n < 32);
    if (n && i->unit->in_slot && i->unit->link == n)
        return i->unit->link_value;
    return G_GPR + n;
}

unsigned gpr_dest(struct translator *t, unsigned n)
{
    assert(n < 32);
    return n ? G_GPR + n : ir_temp(t->ir);
}

void tr_move_if(struct translator *t, const struct mips_insn *i, enum ir_cc cc, unsigned a, int32_t imm)
{
    unsigned result = ir_temp(t->ir);
    ir_unary(t->ir, IR_mov, result, gpr(i, i->rd));
    ir_movcc_imm(t->ir, cc, result, a, imm, gpr(i, i->rs));
    ir_unary(t->ir, IR_mov, gpr_dest(t, i->rd), result);
}

unsigned tr_memop(const struct translator *t, unsigned size)
{
    return t->big_endian && (size & MO_SIZE) != MO_8 ? size | MO_SWAP : size;
}

unsigned tr_indexed_address(struct translator *t, const struct mips_insn *i)
{
    unsigned address = ir_temp(t->ir);
    ir_binary(t->ir, IR_add, address, gpr(i, i->rs), gpr(i, i->rt));
    return address;
}

void tr_raise(struct translator *t, const struct mips_insn *i, uint32_t imm)
{
    assert(!t->done);
    ir_call(t->ir, HELPER_raise, IR_NONE, IR_NONE, IR_NONE, imm);
    if (i->unit->in_slot)
        return; /* the branch ends the block as ever, in code that is never reached */
    ir_exit_main(t->ir, i->pc);
    t->done = true;
}

void tr_leave_soon(struct translator *t, const struct mips_insn *i)
{
    if (i->unit->in_slot)
        i->unit->leave = true;
    else
        ir_leave_if(t->ir, i->pc + 4);
}

static bool fpu_usable(struct translator *t)
{
    t->depends_on |= KEY_CU1 | KEY_FR;
    return t->key & KEY_CU1;
}

/* The exception that the instruction raises before it does anything, or 0. */
static uint32_t refusal(struct translator *t, const struct mips_insn *i)
{
    unsigned flags = i->row->flags;
    if ((flags & I_COP0) && (t->key & (KEY_USER | KEY_COP0)) == KEY_USER)
        return RAISE_CPU(0);
    if ((flags & I_FPU) && !fpu_usable(t))
        return RAISE_CPU(1);
    if (flags & I_COP2)
        return RAISE_CPU(2);
    if (i->unit->in_slot && (flags & (I_BRANCH | I_NOSLOT)))
        return EXC_RI;
    return 0;
}

/* A word that is no instruction: Reserved Instruction, but a coprocessor that may not be used comes first. */
static uint32_t unknown_exception(struct translator *t, uint32_t word)
{
    unsigned major = word >> 26;
    if (major == 0x10 && (t->key & (KEY_USER | KEY_COP0)) == KEY_USER)
        return RAISE_CPU(0);
    if ((major == 0x11 || (major == 0x13 && model_of(t)->release2)) && !fpu_usable(t))
        return RAISE_CPU(1);
    return EXC_RI;
}

void tr_instruction(struct translator *t, struct mips_insn *i, uint32_t word)
{
    const struct mips_row *row = mips_decode(word, model_of(t)->release2, i);
    uint32_t exception = row ? refusal(t, i) : unknown_exception(t, word);
    if (exception)
        tr_raise(t, i, exception);
    else
        translators[i->opcode](t, i);
}

void mips_translate_unit(struct translator *t)
{
    assert(!t->done);
    struct mips_unit unit = {.pc = t->pc};
    struct mips_insn insn = {.pc = t->pc, .unit = &unit};
    uint32_t word;
    ir_insn(t->ir, t->pc, false);
    t->pc += 4;
    if (translator_fetch32(t, unit.pc, &word)) {
        tr_instruction(t, &insn, word);
        return;
    }
    /* The core begins a unit only where it could fetch; were it not so, execution would try again from here. */
    ir_call(t->ir, HELPER_slot_fetch, IR_NONE, IR_NONE, IR_NONE, unit.pc);
    ir_exit_main(t->ir, unit.pc);
    t->done = true;
}
