/* Floating point: where registers are (fpr.c), operations (emit_fpu.c), loads and stores (memory.c). */
#ifndef CPU_HOST_X86_64_EMIT_FPU_H
#define CPU_HOST_X86_64_EMIT_FPU_H

#include "cpu/host/x86_64/emit.h"
#include "cpu/host/x86_64/sse.h"

/* distance: as in ops.def. An operation begins with fpr_release(); what it uses after that stays till the next does so. */
void fpr_release(struct emitter *e);
/* The register that holds it; loaded if need be. */
unsigned fpr_use(struct emitter *e, unsigned value, unsigned distance);
/* A 32-bit value, wherever it is. */
unsigned fpr_use_word(struct emitter *e, unsigned value);
/* One that holds nothing. */
unsigned fpr_scratch(struct emitter *e);
/* xmm goes to the state (eax is lost), and is what holds this FPU register from now on. */
void fpr_define(struct emitter *e, unsigned xmm, unsigned value, unsigned distance);
/* A global was written otherwise; C ran; a block begins. */
void fpr_written(struct emitter *e, unsigned word);
void fpr_forget_all(struct emitter *e);
void fpr_begin(struct emitter *e);
/* For cold code that calls C: what is to be as it was when it comes back (eax is kept). */
void fpr_note(struct emitter *e, struct stub *stub);
void fpr_reload(struct emitter *e, const struct stub *stub);

void emit_fpu_sum(struct emitter *e, const struct ir_op *op);
void emit_fpu_product(struct emitter *e, const struct ir_op *op);
void emit_fpu_sqrt(struct emitter *e, const struct ir_op *op);
void emit_fpu_sign(struct emitter *e, const struct ir_op *op);
void emit_fpu_multiply_add(struct emitter *e, const struct ir_op *op);
void emit_fpu_to_integer(struct emitter *e, const struct ir_op *op);
void emit_fpu_convert(struct emitter *e, const struct ir_op *op);
void emit_fpu_from_integer(struct emitter *e, const struct ir_op *op);
void emit_fpu_compare(struct emitter *e, const struct ir_op *op);
void emit_fpu_move(struct emitter *e, const struct ir_op *op);
void emit_fpu_stub(struct emitter *e, struct stub *stub);

#endif
