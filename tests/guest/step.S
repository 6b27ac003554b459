/* Stretches of code to step through, and things to stop at. The debugger sets the PC to a label; nothing runs by itself. */
#include "guest.h"
    .set noreorder
    .text
    .macro LABEL name
    .globl \name
\name:
    .endm

LABEL body
LABEL ready
    b ready
    nop

LABEL taken
    bnez $a1, taken_to
    addiu $t1, $t1, 1
    addiu $t1, $t1, 100
LABEL taken_to
    nop
    nop

LABEL likely
    beql $a1, $zero, likely_to
    addiu $t1, $t1, 1
LABEL likely_next
    addiu $t1, $t1, 100
LABEL likely_to
    nop
    nop

LABEL call
    jal function
    addiu $t1, $t1, 1
LABEL call_back
    nop
LABEL call_register
    la $t9, function
LABEL call_register_jump
    jalr $t9
    addiu $t1, $t1, 1
LABEL call_register_back
    nop
    nop

LABEL function
    addiu $t2, $t2, 1
LABEL function_return
    jr $ra
    addiu $t2, $t2, 1

/* rd = rs: the slot and the link must not be seen when a stop is reported at the jump */
LABEL call_same
    jalr $ra, $t9
    sw $t0, 0($a0)
    nop

LABEL self
    bnez $a1, self
    addiu $a1, $a1, -1
LABEL self_end
    nop
    nop

LABEL llsc
    ll $t0, 0($a0)
    addiu $t0, $t0, 1
LABEL llsc_store
    sc $t0, 0($a0)
    beqz $t0, llsc
    nop
LABEL llsc_end
    nop
    nop

LABEL system_call
    syscall
LABEL system_call_end
    nop
    nop

/* a0 is misaligned: the handler resumes at s7 */
LABEL fault
    lw $t0, 0($a0)
LABEL fault_slot
    b fault_next
    lw $t0, 0($a0)
LABEL fault_next
    nop
LABEL fault_fixup
    nop
    nop

LABEL refill
    lw $t0, 0($a0)
LABEL refill_end
    nop
    nop

LABEL refill_slot
    b refill_slot_to
    lw $t0, 0($a0)
    nop
LABEL refill_slot_to
    nop
    nop

LABEL return_from_exception
    la $t0, return_target
    mtc0 $t0, C0_EPC
    mfc0 $t0, C0_STATUS
    ori $t0, $t0, STATUS_EXL
    mtc0 $t0, C0_STATUS
    ehb
LABEL return_insn
    eret
    nop
LABEL return_target
    nop
    nop

/* The timer fires within the stretch of `tick_code`, a1 Counts after its start. */
LABEL tick
    mfc0 $t0, C0_COUNT
    addu $t0, $t0, $a1
    mtc0 $t0, C0_COMPARE
    li $t0, STATUS_CU | STATUS_IM7 | STATUS_IE
    mtc0 $t0, C0_STATUS
    ehb
LABEL tick_code
    .rept 200
    addiu $t1, $t1, 1
    .endr
LABEL tick_end
    li $t0, STATUS_CU
    mtc0 $t0, C0_STATUS
    ehb
LABEL tick_off
    b tick_off
    nop

LABEL spin
    addiu $s0, $s0, 1
LABEL spin_middle
    b spin
    sw $s0, 0($s1)

LABEL store_loop
    lw $t0, 0($a0)
    addiu $t0, $t0, 1
LABEL store_loop_store
    sw $t0, 0($a0)
    sw $t0, 8($a0)
    addiu $a1, $a1, -1
    bnez $a1, store_loop
    nop
LABEL store_loop_end
    b store_loop_end
    nop

/* COUNTER ticks; EPC + 4, or s7 if it is not 0 */
LABEL on_interrupt
    mfc0 $k0, C0_COUNT
    lui $k1, 0x0100
    addu $k0, $k0, $k1
    mtc0 $k0, C0_COMPARE
    lui $k1, %hi(ticks)
    lw $k0, %lo(ticks)($k1)
    addiu $k0, $k0, 1
    sw $k0, %lo(ticks)($k1)
    ehb
    eret

LABEL on_exception
    lui $k1, %hi(exceptions)
    lw $k0, %lo(exceptions)($k1)
    addiu $k0, $k0, 1
    sw $k0, %lo(exceptions)($k1)
    bnez $s7, 1f
    move $k0, $s7
    mfc0 $k0, C0_EPC
    addiu $k0, $k0, 4
1:  mtc0 $k0, C0_EPC
    ehb
    eret

/* va to LAZY_PHYS + (va & 0x1e000) and the page beside it */
LABEL on_refill
    lui $k1, %hi(refills)
    lw $k0, %lo(refills)($k1)
    addiu $k0, $k0, 1
    sw $k0, %lo(refills)($k1)
    mfc0 $k0, C0_BADVADDR
    lui $k1, 1
    ori $k1, $k1, 0xe000
    and $k0, $k0, $k1
    lui $k1, LAZY_PHYS >> 16
    or $k0, $k0, $k1
    srl $k0, $k0, 6
    ori $k0, $k0, ENTRYLO_FLAGS
    mtc0 $k0, C0_ENTRYLO0
    addiu $k0, $k0, 0x40
    mtc0 $k0, C0_ENTRYLO1
    ehb
    tlbwr
    ehb
    eret

    .data
    .balign 4
LABEL ticks
    .word 0
LABEL exceptions
    .word 0
LABEL refills
    .word 0
