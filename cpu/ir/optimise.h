/* Passes over a block's IR before a host back end compiles it. The interpreter's copy is never optimised. */
#ifndef CPU_IR_OPTIMISE_H
#define CPU_IR_OPTIMISE_H

#include "cpu/arch.h"

/*
 * Forward: constants and copies. Backward: results that nothing reads, and writes of globals that are overwritten before anything
 * could look at them (an operation that may leave, an exit). Afterwards ld and st may have a = IR_NONE: imm is the whole address.
 */
void ir_optimise(struct ir *ir, const struct cpu_arch *arch);

#endif
