/* Passes over a block's IR before a host back end compiles it. The interpreter's copy is never optimised. */
#ifndef CPU_IR_OPTIMISE_H
#define CPU_IR_OPTIMISE_H

#include "cpu/arch.h"

/*
 * Forward: constants and copies. Backward: results that nothing reads, and writes of globals that are overwritten before anything
 * could look at them (an operation that may leave, an exit). Afterwards ld and st may have a = IR_NONE: imm is the whole address.
 */
void ir_optimise(struct ir *ir, const struct cpu_arch *arch);

/* What the passes share: the opcode of an operation that was taken out, until the end; whether every global must be right at an operation. */
#define IR_REMOVED IR_OPCODES
bool ir_observes(const struct ir_op *op, const struct cpu_arch *arch);
/* fuse.c: comparisons into branches, shifts and constants into additions. */
void ir_fuse(struct ir *ir, const struct cpu_arch *arch);

#endif
