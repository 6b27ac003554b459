/*
 * One access a case, twice: alone at m_NAME, and in a branch's slot at m_NAME_slot (the branch's label). a0 is the
 * address, t0 the data. The debugger sets the PC to a case, and the case ends at `done`.
 */
#include "guest.h"
    .set noreorder
    .text
    .macro CASE name, insn:vararg
    .globl m_\name, m_\name\()_slot
m_\name:
    \insn
    b done
    nop
m_\name\()_slot:
    b done
    \insn
    .endm

    .globl body, ready, done
body:
ready:
    b ready
    nop

    CASE lb, lb $t0, 0($a0)
    CASE lbu, lbu $t0, 0($a0)
    CASE lh, lh $t0, 0($a0)
    CASE lhu, lhu $t0, 0($a0)
    CASE lw, lw $t0, 0($a0)
    CASE lwl, lwl $t0, 0($a0)
    CASE lwr, lwr $t0, 0($a0)
    CASE ll, ll $t0, 0($a0)
    CASE ldc1, ldc1 $f2, 0($a0)
    CASE lwc1, lwc1 $f2, 0($a0)
    CASE sb, sb $t0, 0($a0)
    CASE sh, sh $t0, 0($a0)
    CASE sw, sw $t0, 0($a0)
    CASE swl, swl $t0, 0($a0)
    CASE swr, swr $t0, 0($a0)
    CASE swc1, swc1 $f4, 0($a0)
    CASE sdc1, sdc1 $f4, 0($a0)
    CASE sc, sc $t0, 0($a0)
    CASE cache_wb, cache 0x15, 0($a0)
    CASE cache_i, cache 0x10, 0($a0)
    CASE pref, pref 0, 0($a0)
    CASE pref_w, pref 1, 0($a0)
    CASE sync, sync

/* Before m_sc: with LLbit set, or clear (ERET clears it). */
    .globl link, linked, unlink
link:
    ll $t1, 0($a0)
linked:
    b done
    nop
unlink:
    la $t1, done
    mtc0 $t1, C0_EPC
    mfc0 $t1, C0_STATUS
    ori $t1, $t1, STATUS_EXL
    mtc0 $t1, C0_STATUS
    ehb
    eret

/* Two more wired entries: DATA_ASID in address spaces 1 and 2, where it is other memory. */
    .globl map_asids, set_asid
map_asids:
    li $t1, 4
    mtc0 $t1, C0_WIRED
    li $t1, ENTRYLO(DATA_PHYS) & ~1
    li $t2, DATA_ASID | 1
    li $t3, 2
1:  mtc0 $t1, C0_ENTRYLO0
    addiu $t1, $t1, ENTRYLO(0x1000) - ENTRYLO(0)
    mtc0 $t1, C0_ENTRYLO1
    mtc0 $t2, C0_ENTRYHI
    mtc0 $t3, C0_INDEX
    ehb
    tlbwi
    li $t1, ENTRYLO(LAZY_PHYS) & ~1
    addiu $t2, $t2, 1
    li $t4, 3
    bne $t3, $t4, 1b
    addiu $t3, $t3, 1
    mtc0 $zero, C0_ENTRYHI
    ehb
    b done
    nop
set_asid:
    mtc0 $a0, C0_ENTRYHI
    ehb
    b done
    nop

done:
    b done
    nop
