/*
 * Start of every guest: vectors, a TLB without surprises, the two wired mappings of guest.h, a stack; then `body`.
 * A guest may define on_refill, on_exception and on_interrupt (k0 and k1 are theirs); without, the guest hangs in a
 * place whose name says why.
 */
#include "guest.h"
    .set noreorder
    .section .vectors, "ax"
    j on_refill
    nop
    .org 0x180
    j on_exception
    nop
    .org 0x200
    j on_interrupt
    nop

    .weak on_refill, on_exception, on_interrupt
    .section .text.start, "ax"
    .globl start
start:
    li $t0, STATUS_CU
    mtc0 $t0, C0_STATUS
    li $t0, CAUSE_IV
    mtc0 $t0, C0_CAUSE
    ehb
    mtc0 $zero, C0_WIRED
    mtc0 $zero, C0_PAGEMASK
    mtc0 $zero, C0_ENTRYLO0
    mtc0 $zero, C0_ENTRYLO1
    li $t0, 15
    lui $t1, 0x8000
1:  mtc0 $t0, C0_INDEX
    mtc0 $t1, C0_ENTRYHI
    ehb
    tlbwi
    addiu $t1, $t1, 0x2000
    bnez $t0, 1b
    addiu $t0, $t0, -1

    li $t0, ENTRYLO(DATA_PHYS)
    mtc0 $t0, C0_ENTRYLO0
    li $t0, ENTRYLO(DATA_PHYS + 0x1000)
    mtc0 $t0, C0_ENTRYLO1
    li $t0, DATA_KUSEG
    mtc0 $t0, C0_ENTRYHI
    mtc0 $zero, C0_INDEX
    ehb
    tlbwi
    li $t0, DATA_KSEG2
    mtc0 $t0, C0_ENTRYHI
    li $t0, 1
    mtc0 $t0, C0_INDEX
    ehb
    tlbwi
    li $t0, 2
    mtc0 $t0, C0_WIRED
    mtc0 $zero, C0_ENTRYHI
    ehb
    la $sp, stack_top
    la $t9, body
    jalr $t9
    nop
    .globl returned
returned:
    b returned
    nop

    .globl unexpected_refill, unexpected_exception, unexpected_interrupt
on_refill:
unexpected_refill:
    b unexpected_refill
    nop
on_exception:
unexpected_exception:
    b unexpected_exception
    nop
on_interrupt:
unexpected_interrupt:
    b unexpected_interrupt
    nop
