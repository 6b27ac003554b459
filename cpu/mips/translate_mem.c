/* Loads and stores. Loads write their register themselves: nothing else of the unit may be written before a later access. */
#include "cpu/mips/translate.h"

#define ROW(name, call)                                                                                                          \
    void tr_##name(struct translator *t, const struct mips_insn *i)                                                              \
    {                                                                                                                            \
        call;                                                                                                                    \
    }

static void load(struct translator *t, const struct mips_insn *i, unsigned memop)
{
    ir_load(t->ir, tr_memop(t, memop), gpr_dest(t, i->rt), gpr(i, i->rs), i->imm);
}

static void store(struct translator *t, const struct mips_insn *i, unsigned memop)
{
    ir_store(t->ir, tr_memop(t, memop), gpr(i, i->rt), gpr(i, i->rs), i->imm);
}

static unsigned address(struct translator *t, const struct mips_insn *i)
{
    if (!i->imm)
        return gpr(i, i->rs);
    unsigned sum = ir_temp(t->ir);
    ir_binary_imm(t->ir, IR_add, sum, gpr(i, i->rs), i->imm);
    return sum;
}

static void partial(struct translator *t, const struct mips_insn *i, unsigned helper, unsigned dest)
{
    ir_call(t->ir, helper, dest, address(t, i), gpr(i, i->rt), tr_memop(t, MO_32));
}

static void load_linked(struct translator *t, const struct mips_insn *i)
{
    unsigned value = ir_temp(t->ir), at = ir_temp(t->ir), physical = ir_temp(t->ir);
    ir_binary_imm(t->ir, IR_add, at, gpr(i, i->rs), i->imm);
    ir_load(t->ir, tr_memop(t, MO_32), value, at, 0);
    ir_call(t->ir, HELPER_translate, physical, at, IR_NONE, 0);
    ir_binary_imm(t->ir, IR_shr, G_CP0 + CP0_GLOBAL_LLADDR, physical, 4);
    ir_unary(t->ir, IR_mov, G_LL_ADDRESS, at);
    ir_unary(t->ir, IR_mov, G_LL_VALUE, value);
    ir_movi(t->ir, G_LL_BIT, 1);
    ir_unary(t->ir, IR_mov, gpr_dest(t, i->rt), value);
}

static void store_conditional(struct translator *t, const struct mips_insn *i)
{
    unsigned at = address(t, i), holds = ir_temp(t->ir);
    ir_setcc(t->ir, IR_EQ, holds, at, G_LL_ADDRESS);
    ir_binary(t->ir, IR_and, holds, holds, G_LL_BIT);
    ir_call_if(t->ir, HELPER_sc, gpr_dest(t, i->rt), at, gpr(i, i->rt), tr_memop(t, MO_32), holds);
    ir_movi(t->ir, G_LL_BIT, 0);
}

ROW(lb, load(t, i, MO_8 | MO_SIGN))
ROW(lbu, load(t, i, MO_8))
ROW(lh, load(t, i, MO_16 | MO_SIGN))
ROW(lhu, load(t, i, MO_16))
ROW(lw, load(t, i, MO_32))
ROW(sb, store(t, i, MO_8))
ROW(sh, store(t, i, MO_16))
ROW(sw, store(t, i, MO_32))
ROW(lwl, partial(t, i, HELPER_lwl, gpr_dest(t, i->rt)))
ROW(lwr, partial(t, i, HELPER_lwr, gpr_dest(t, i->rt)))
ROW(swl, partial(t, i, HELPER_swl, IR_NONE))
ROW(swr, partial(t, i, HELPER_swr, IR_NONE))
ROW(ll, load_linked(t, i))
ROW(sc, store_conditional(t, i))

/* Memory is always coherent here, code too. What is left of synci and of cache's operations by address is that the address must be mapped. */
static void translate_address(struct translator *t, const struct mips_insn *i)
{
    ir_call(t->ir, HELPER_translate, IR_NONE, address(t, i), IR_NONE, 0);
}

#define CACHE_BY_ADDRESS 4 /* 0 to 3 go by index */

static void cache(struct translator *t, const struct mips_insn *i)
{
    if (i->hint >> 2 >= CACHE_BY_ADDRESS)
        translate_address(t, i);
}

static void nothing(void)
{
}
ROW(sync, nothing())
ROW(pref, nothing())
ROW(synci, translate_address(t, i))
ROW(cache, cache(t, i))
