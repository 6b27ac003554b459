/* Malta: UART, CP0 timer, TLB. */
#include "bench.h"

volatile u32 exc_skip, irq_count, exc_count, irq_period = 16000; /* 100 us at Count's 160 MHz */
#define MAPPED_PAGES (DATA_PAGES + CODE_PAGES)
u32 tlb_table[4096] PAGE; /* EntryLo by virtual page, read by the refill handler */
extern u32 vec_refill[], vec_refill_end[], vec_general[], vec_general_end[];

u32 ticks(void)
{
    u32 r;
    asm volatile("mfc0 %0,$9" : "=r"(r));
    return r;
}
void putch(int c)
{
    volatile u8 *u = (volatile u8 *)0xb80003f8u;
    while (!(u[5] & 0x20))
        ;
    u[0] = c;
}

static void copy_words(u32 *d, const u32 *s, const u32 *e)
{
    while (s < e)
        *d++ = *s++;
}
static void tlb_write(u32 index, u32 hi, u32 lo0, u32 lo1)
{
    asm volatile("mtc0 %0,$10; mtc0 %1,$2; mtc0 %2,$3; mtc0 %3,$0; ehb; tlbwi; ehb" ::"r"(hi), "r"(lo0), "r"(lo1), "r"(index));
}
void plat_init(void)
{
    copy_words((u32 *)0xa0000000u, vec_refill, vec_refill_end);
    copy_words((u32 *)0xa0000180u, vec_general, vec_general_end);
    for (u32 a = 0x80000000u; a < 0x80000400u; a += 16)
        asm volatile("cache 0x15, 0(%0); cache 0x10, 0(%0)" ::"r"(a));
    asm volatile("sync; mtc0 $0,$5; ehb"); /* PageMask: 4 KB */
    for (u32 i = 0; i < 16; i++)
        tlb_write(i, 0x80000000u + (i << 13), 0, 0);
    asm volatile("mtc0 $0,$10; ehb");
    for (u32 i = 0; i < MAPPED_PAGES; i++) {
        u32 va = MAPPED + i * 4096, pa = MAPPED_PA + i * 4096;
        tlb_table[va >> 12] = (pa >> 12) << 6 | 0x1f; /* cached, dirty, valid, global */
    }
}

void irq_on(void)
{
    asm volatile("1: mfc0 $8,$9; addu $8,$8,%0; mtc0 $8,$11; ehb; mfc0 $9,$9; subu $9,$9,$8; bgez $9,1b;"
                 "mfc0 $8,$12; ori $8,$8,0x8001; mtc0 $8,$12; ehb" ::"r"(irq_period)
                 : "$8", "$9");
}
void irq_off(void)
{
    asm volatile("di; ehb");
}
