/* Parts that use the machine: mapped pages, TLB refills, interrupts, MMIO, self-modifying code, exceptions. */
#include "bench.h"

/* Code and data of this part live in mapped pages (section .kuseg*): sort, checksum, copy, with data and code through the TLB. */
static u32 kuseg_a[2048] SECTION(".kuseg.data") = {1};
static u32 kuseg_b[2048] SECTION(".kuseg.data") = {1};
SECTION(".kuseg.text") static void kuseg_sift(u32 *a, int i, int n)
{
    for (int k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && a[k + 1] > a[k])
            k++;
        if (a[i] >= a[k])
            return;
        u32 t = a[i];
        a[i] = a[k];
        a[k] = t;
    }
}
SECTION(".kuseg.text") NOINLINE u32 part_kuseg(u32 n)
{
    u32 s = 0, x = 99;
    while (n--) {
        for (int i = 0; i < 512; i++)
            kuseg_a[i] = x = x * 1664525u + 1013904223u;
        for (int i = 255; i >= 0; i--)
            kuseg_sift(kuseg_a, i, 512);
        for (int i = 511; i > 0; i--) {
            u32 t = kuseg_a[0];
            kuseg_a[0] = kuseg_a[i];
            kuseg_a[i] = t;
            kuseg_sift(kuseg_a, 0, i);
        }
        for (int i = 0; i < 512; i++)
            kuseg_b[i] = kuseg_a[i] >> 3;
        for (int i = 0; i < 512; i++)
            s = (s ^ kuseg_b[i]) * 16777619u;
    }
    return s;
}

static void sync_code(void *p, u32 words) /* make newly written instructions visible */
{
    for (char *a = p, *e = a + 4 * words; a < e; a += 4)
        asm volatile("synci 0(%0)" ::"r"(a) : "memory");
    asm volatile(".set push; .set noreorder; sync; bal 1f; nop; 1: addiu $31,$31,12; jr.hb $31; nop; .set pop" ::
                     : "$31", "memory");
}
typedef u32 (*leaf)(u32);
static void write_leaf(volatile u32 *p, u32 k) /* return x + k, 0 <= k < 256 */
{
    p[0] = 0x03e00008u;
    p[1] = 0x24820000u | k; /* jr ra; addiu v0, a0, k */
}

#define LEAVES 256 /* a function in each of 256 pages, called in pseudo-random order */
void tlbcode_set(void)
{
    for (u32 i = 0; i < LEAVES; i++) {
        u32 *p = (u32 *)(RAM + MAPPED_PA + i * 4096 + ((i * 64) & 0xfc0));
        write_leaf(p, i);
        sync_code(p, 2);
    }
}
NOINLINE u32 part_tlbcode(u32 n)
{
    u32 s = 0;
    seed = 21;
    while (n--) {
        for (u32 i = 0; i < LEAVES; i++) {
            u32 k = rnd() & (LEAVES - 1);
            s = ((leaf)(MAPPED + k * 4096 + ((k * 64) & 0xfc0)))(s);
        }
    }
    return s;
}

void tlb_setup(void)
{
    for (u32 i = 0; i < DATA_PAGES; i++)
        *(u32 *)(RAM + MAPPED_PA + i * 4096 + ((i * 64) & 0xfc0)) = i * 7;
}
NOINLINE u32 part_tlbseq(u32 n)
{
    u32 s = 0;
    while (n--) {
        for (u32 i = 0; i < DATA_PAGES; i++) {
            volatile u32 *p = (u32 *)(MAPPED + i * 4096 + ((i * 64) & 0xfc0));
            *p += i;
            s += *p;
        }
    }
    return s;
}
NOINLINE u32 part_tlbrand(u32 n)
{
    u32 s = 0;
    seed = 3;
    while (n--) {
        for (u32 i = 0; i < DATA_PAGES; i++) {
            u32 k = rnd() & (DATA_PAGES - 1);
            s += *(volatile u32 *)(MAPPED + k * 4096 + ((k * 64) & 0xfc0));
        }
    }
    return s;
}

NOINLINE u32 part_irq(u32 n) /* fixed work while the timer interrupts every 100 us */
{
    u32 s = 1;
    irq_on();
    while (n--)
        for (u32 i = 0; i < 1024; i++) {
            s ^= s << 13;
            s ^= s >> 17;
            s ^= s << 5;
        }
    irq_off();
    return s;
}

NOINLINE u32 part_mmio(u32 n) /* wait for console input that never comes */
{
    u32 s = 0;
    volatile u8 *lsr = (volatile u8 *)0xb80003fdu;
    while (n--)
        s = s * 3 + (*lsr & 1) + 1;
    return s;
}

NOINLINE u32 part_smc(u32 n) /* write a function, call it four times */
{
    static u32 code[2] __attribute__((aligned(64)));
    u32 s = 0;
    while (n--) {
        write_leaf(code, n & 255);
        sync_code(code, 2);
        for (int i = 0; i < 4; i++)
            s = ((leaf volatile)code)(s)*3;
    }
    return s;
}

NOINLINE u32 part_syscall(u32 n)
{
    exc_count = 0;
    exc_skip = 1;
    plat_syscall(n);
    exc_skip = 0;
    return exc_count;
}

NOINLINE u32 part_exception(u32 n) /* an address error, an overflow, a trap, a break; each is passed over by the handler */
{
    exc_count = 0;
    exc_skip = 1;
    plat_faults(n);
    exc_skip = 0;
    return exc_count;
}
