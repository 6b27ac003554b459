/* How the front end tells FPU helpers their registers: imm of the call. */
#ifndef CPU_MIPS_FPU_OPS_H
#define CPU_MIPS_FPU_OPS_H

#include "softmmu/base.h"

/* Positions of the register numbers (5 bits each), and of c.cond's cc (3 bits) and condition (4 bits). */
enum fpu_imm { FPU_IMM_FS = 0, FPU_IMM_FT = 5, FPU_IMM_FR = 10, FPU_IMM_FD = 15, FPU_IMM_CC = 20, FPU_IMM_CONDITION = 23 };

#define FPU_IMM_WIDE 0x10000000u /* Status.FR: registers have 64 bits */

/* Control registers, fs of cfc1 and ctc1. */
enum fpu_control { FPU_FIR = 0, FPU_FCCR = 25, FPU_FEXR = 26, FPU_FENR = 28, FPU_FCSR = 31 };

/* Fields of FCSR that FEXR and FENR show at the same place. */
#define FEXR_MASK 0x0003f07cu
#define FENR_MASK 0x00000f83u
#define FENR_FS   0x4u

struct cpu;
/* FCSR written from outside. */
void mips_write_fcsr(struct cpu *cpu, uint32_t fcsr);

/* struct cpu_arch's. */
unsigned mips_fpu_mode(const struct cpu *cpu);
void mips_settle_fpu(struct cpu *cpu);

#endif
