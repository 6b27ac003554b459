/* What the guests know of the board, for assembly and C. Source of the numbers: MIPS32 PRA; the Malta user's manual. */
#ifndef GUEST_H
#define GUEST_H

#define UART      0xb80003f8 /* COM1 through kseg1 */
#define UART_LSR  5
#define UART_THRE 0x20
#define UART_DR   0x01
#define LEDBAR    0xbf000408
#define SOFTRES   0xbf000500
#define RESET_KEY 0x42

#define DATA_PHYS  0x00200000 /* two pages; mapped at the two addresses below by wired TLB entries */
#define DATA_KUSEG 0x00400000
#define DATA_KSEG2 0xc0000000
#define DATA_ASID  0x00600000 /* matrix.S: two pages, DATA_PHYS in address space 1, LAZY_PHYS in 2 */
#define LAZY_PHYS  0x00300000 /* mapped by the refill handler, page by page, at LAZY_KUSEG */
#define LAZY_KUSEG 0x00500000

#define ENTRYLO_FLAGS 0x1f /* C = 3 cached, D, V, G */
#define ENTRYLO(phys) (((phys) >> 6) | ENTRYLO_FLAGS)

#define C0_INDEX    $0
#define C0_ENTRYLO0 $2
#define C0_ENTRYLO1 $3
#define C0_PAGEMASK $5
#define C0_WIRED    $6
#define C0_BADVADDR $8
#define C0_COUNT    $9
#define C0_ENTRYHI  $10
#define C0_COMPARE  $11
#define C0_STATUS   $12
#define C0_CAUSE    $13
#define C0_EPC      $14

#define STATUS_IE  0x00000001
#define STATUS_EXL 0x00000002
#define STATUS_IM7 0x00008000
#define STATUS_CU  0x30000000 /* CU1, CU0 */
#define CAUSE_IV   0x00800000

#endif
