/*
 * Guest FPU registers in SSE registers. Memory is always right; what a register holds besides spares the next reader a load, and lets
 * results go from one operation to the next. xmm0 and xmm1 are scratch. C changes all: cold code loads again what is read later.
 */
#include "cpu/host/x86_64/emit_fpu.h"

#include <string.h>

#define FIRST 2 /* the first that caches */

/* Both words lie in one piece. */
static bool contiguous(const struct emitter *e, unsigned value, unsigned distance)
{
    assert(value + distance < IR_TEMPS);
    return global_offset(e->cpu, value + distance) == global_offset(e->cpu, value) + 4;
}

static void load(struct emitter *e, unsigned xmm, unsigned value, unsigned distance)
{
    if (!distance) {
        emit_sse_rm(e->c, SSE_MOVD_LOAD, xmm, value_mem(e, value));
    } else if (contiguous(e, value, distance) && !e->fpr_halves[value] && !e->fpr_halves[value + distance]) {
        emit_sse_rm(e->c, SSE_MOVQ_LOAD, xmm, value_mem(e, value));
    } else {
        emit_sse_rm(e->c, SSE_MOVD_LOAD, xmm, value_mem(e, value));
        emit_sse_rm(e->c, SSE_MOVD_LOAD, XMM1, value_mem(e, value + distance));
        emit_sse_rr(e->c, SSE_PUNPCKLDQ, false, xmm, XMM1);
    }
}

static void store(struct emitter *e, unsigned xmm, unsigned value, unsigned distance)
{
    if (!distance) {
        emit_sse_rm(e->c, SSE_MOVD_STORE, xmm, value_mem(e, value));
    } else if (contiguous(e, value, distance)) {
        emit_sse_rm(e->c, SSE_MOVQ_STORE, xmm, value_mem(e, value));
    } else {
        emit_sse_rm(e->c, SSE_MOVD_STORE, xmm, value_mem(e, value));
        emit_sse_rr(e->c, SSE_MOVD_STORE, true, xmm, RAX);
        emit_shift_imm(e->c, SHIFT_SHR, true, RAX, 32);
        emit_rm(e->c, OP_STORE, false, RAX, value_mem(e, value + distance));
    }
}

void fpr_begin(struct emitter *e)
{
    memset(e->fpr_halves, 0, sizeof(e->fpr_halves));
    fpr_forget_all(e);
}

void fpr_forget_all(struct emitter *e)
{
    for (unsigned i = 0; i < XMM_REGISTERS; i++)
        e->fprs[i] = (struct fpr){.value = IR_NONE};
}

static void forget(struct emitter *e, unsigned word)
{
    for (unsigned i = FIRST; i < XMM_REGISTERS; i++) {
        struct fpr *fpr = &e->fprs[i];
        if (fpr->value != IR_NONE && (fpr->value == word || fpr->value + fpr->distance == word))
            fpr->value = IR_NONE;
    }
}

void fpr_written(struct emitter *e, unsigned word)
{
    assert(word < IR_TEMPS);
    e->fpr_halves[word] = true;
    forget(e, word);
}

void fpr_release(struct emitter *e)
{
    e->fprs_kept = 0;
}

static unsigned keep(struct emitter *e, unsigned xmm)
{
    assert(xmm >= FIRST && xmm < XMM_REGISTERS);
    e->fprs_kept |= 1u << xmm;
    e->fpr_used[xmm] = ++e->fpr_clock;
    return xmm;
}

/* Free, or else what was used longest ago. */
unsigned fpr_scratch(struct emitter *e)
{
    unsigned best = XMM_REGISTERS;
    for (unsigned i = FIRST; i < XMM_REGISTERS; i++) {
        if (e->fprs_kept >> i & 1)
            continue;
        if (e->fprs[i].value == IR_NONE || e->last_use[e->fprs[i].value] < e->index) {
            best = i;
            break;
        }
        if (best == XMM_REGISTERS || e->fpr_used[i] < e->fpr_used[best])
            best = i;
    }
    assert(best < XMM_REGISTERS);
    e->fprs[best].value = IR_NONE;
    return keep(e, best);
}

static unsigned find(const struct emitter *e, unsigned value, unsigned distance)
{
    for (unsigned i = FIRST; i < XMM_REGISTERS; i++)
        if (e->fprs[i].value == value && e->fprs[i].distance == distance)
            return i;
    return XMM_REGISTERS;
}

unsigned fpr_use(struct emitter *e, unsigned value, unsigned distance)
{
    unsigned xmm = find(e, value, distance);
    if (xmm != XMM_REGISTERS)
        return keep(e, xmm);
    xmm = fpr_scratch(e);
    load(e, xmm, value, distance);
    e->fprs[xmm] = (struct fpr){(uint16_t)value, (uint8_t)distance};
    return xmm;
}

unsigned fpr_use_word(struct emitter *e, unsigned value)
{
    enum reg reg = value_reg(e, value);
    if (reg == NO_REG && value < IR_TEMPS)
        return fpr_use(e, value, 0);
    unsigned xmm = fpr_scratch(e);
    if (reg == NO_REG)
        emit_sse_rm(e->c, SSE_MOVD_LOAD, xmm, value_mem(e, value));
    else
        emit_sse_rr(e->c, SSE_MOVD_LOAD, false, xmm, reg);
    return xmm;
}

void fpr_define(struct emitter *e, unsigned xmm, unsigned value, unsigned distance)
{
    store(e, xmm, value, distance);
    forget(e, value);
    forget(e, value + distance);
    forget_local(e, value);
    forget_local(e, value + distance);
    e->fprs[xmm] = (struct fpr){(uint16_t)value, (uint8_t)distance};
    e->fpr_halves[value] = e->fpr_halves[value + distance] = !distance;
}

void fpr_note(struct emitter *e, struct stub *stub)
{
    for (unsigned i = 0; i < XMM_REGISTERS; i++)
        stub->fprs[i] = e->fprs[i];
}

void fpr_reload(struct emitter *e, const struct stub *stub)
{
    for (unsigned i = FIRST; i < XMM_REGISTERS; i++) {
        const struct fpr *fpr = &stub->fprs[i];
        if (fpr->value != IR_NONE && e->last_use[fpr->value] > stub->index)
            load(e, i, fpr->value, fpr->distance);
    }
}
