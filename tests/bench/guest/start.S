/* Malta bare-metal start: kseg0 0x80100000, exception vectors at 0x80000000. */
#define zero    $0
#define a0      $4
#define a1      $5
#define a2      $6
#define t0      $8
#define t1      $9
#define t2      $10
#define t9      $25
#define k0      $26
#define k1      $27
#define sp      $29
#define ra      $31
        .set    noreorder
        .set    noat
        .section .text.start, "ax"
        .globl  _start
_start:
        la      sp, stack_top - 32
        /* clear bss */
        la      t0, __bss_start
        la      t1, __bss_end
1:      sltu    t2, t0, t1
        beqz    t2, 2f
        nop
        sw      zero, 0(t0)
        b       1b
        addiu   t0, t0, 4
2:      li      t0, 0x20000000          /* CU1, BEV=0, IE=0 */
        mtc0    t0, $12
        ehb
        mtc0    zero, $13
        mtc0    zero, $11
        mtc0    zero, $9
        ehb
        ctc1    zero, $31               /* FCSR: round to nearest, denormals kept */
        jal     bench_main
        nop
        .globl  plat_exit
plat_exit:
        li      t0, 0xbf000500          /* SOFTRES */
        li      t1, 0x42
        sw      t1, 0(t0)
3:      b       3b
        nop

/* TLB refill: EntryLo pairs from tlb_table, indexed by VPN2. */
        .globl  vec_refill, vec_refill_end
vec_refill:
        mfc0    k0, $8                  /* BadVAddr */
        lui     k1, %hi(tlb_table)
        addiu   k1, k1, %lo(tlb_table)
        srl     k0, k0, 13
        sll     k0, k0, 3
        addu    k1, k1, k0
        lw      k0, 0(k1)
        lw      k1, 4(k1)
        mtc0    k0, $2                  /* EntryLo0 */
        mtc0    k1, $3                  /* EntryLo1 */
        ehb
        tlbwr
        ehb
        eret
vec_refill_end:

/* General exception: an interrupt acknowledges the timer and counts; others are counted and passed over if exc_skip says so. */
        .globl  vec_general, vec_general_end
vec_general:
        la      k0, vec_general_body
        jr      k0
        nop
vec_general_end:

vec_general_body:
        mfc0    k0, $13
        andi    k0, k0, 0x7c
        beqz    k0, irq
        lui     k1, %hi(exc_skip)
        lw      k1, %lo(exc_skip)(k1)
        beqz    k1, bad
        lui     k1, %hi(exc_count)
        lw      k0, %lo(exc_count)(k1)
        addiu   k0, k0, 1
        sw      k0, %lo(exc_count)(k1)
        mfc0    k0, $14
        addiu   k0, k0, 4
        mtc0    k0, $14
        ehb
        eret
irq:
        lui     k1, %hi(irq_count)
        lw      k0, %lo(irq_count)(k1)
        addiu   k0, k0, 1
        sw      k0, %lo(irq_count)(k1)
1:      lui     k1, %hi(irq_period)
        lw      k1, %lo(irq_period)(k1)
        mfc0    k0, $9
        addu    k0, k0, k1
        mtc0    k0, $11                 /* Compare: acks and re-arms */
        ehb
        mfc0    k1, $9
        subu    k1, k1, k0
        bgez    k1, 1b                  /* already past: it would wait for Count to wrap */
        nop
        ehb
        eret
bad:
        xori    k0, k0, 8 << 2          /* a user program's end is a syscall */
        bnez    k0, fatal
        lui     k1, %hi(user_sp)
        lw      k0, %lo(user_sp)(k1)
        beqz    k0, fatal
        nop
        move    sp, k0
        sw      zero, %lo(user_sp)(k1)
        mfc0    k0, $12
        ins     k0, zero, 4, 1          /* kernel mode */
        mtc0    k0, $12
        la      k0, user_back
        mtc0    k0, $14
        ehb
        eret
fatal:
        la      sp, exc_stack_top - 32
        mfc0    a0, $13
        mfc0    a1, $14
        mfc0    a2, $8
        jal     plat_bad
        nop
        b       plat_exit
        nop

        .globl  plat_user
plat_user:                              /* a0 = function in mapped pages, a1 = its argument: runs in user mode; its result */
        addiu   sp, sp, -8
        sw      ra, 0(sp)
        lui     t0, %hi(user_sp)
        sw      sp, %lo(user_sp)(t0)
        la      t0, user_start
        mtc0    t0, $14
        mfc0    t0, $12
        ori     t0, t0, 0x12            /* user mode, EXL */
        mtc0    t0, $12
        ehb
        move    t9, a0
        move    a0, a1
        la      sp, user_stack_top - 32
        eret
user_back:
        lw      ra, 0(sp)
        jr      ra
        addiu   sp, sp, 8

        .globl  plat_syscall
plat_syscall:                           /* a0 = count */
1:      syscall
        addiu   a0, a0, -1
        bgtz    a0, 1b
        nop
        jr      ra
        nop

        .globl  plat_faults
plat_faults:                            /* a0 = count */
        li      t1, 0x7fffffff
1:      lw      t0, 1(sp)
        add     t0, t1, t1
        teq     zero, zero
        break
        addiu   a0, a0, -1
        bgtz    a0, 1b
        nop
        jr      ra
        nop

        .section .kuseg.text, "ax"
user_start:
        jalr    t9
        nop
        syscall

        .section .kuseg.data, "aw"
        .space  4096
user_stack_top:

        .data
user_sp:
        .word   0                       /* the kernel's, while a user program runs */

        .section .stack, "aw", @nobits
        .align  12
        .space  4096*4
stack_top:
        .space  4096
exc_stack_top:
