/* Benchmark guest: runs the chosen parts; the host times each from its "start" to its "done" line. */
#include <stdbool.h>

#include "bench.h"

/* Patched by the host in a copy of the ELF: parts by bit, size in sixteenths, count (0: from the table), whether in user mode. */
volatile struct {
    u32 magic, mask, scale, count, user;
} bench_cfg PAGE = {0xbe9cf600, ~0u, 16, 0, 0};

static const struct part {
    const char *name;
    u32 (*fn)(u32);
    u32 (*user_fn)(u32); /* or NULL */
    void (*setup)(void);
    u32 n, sum;
} parts[] = {
#define PART(name, fn, setup, n, sum)    {name, fn, 0, setup, n, sum},
#define PROGRAM(name, fn, setup, n, sum) {name, fn, user_##fn, setup, n, sum},
#include "parts.def"
};

void print(const char *s)
{
    while (*s)
        putch(*s++);
}
void print_hex(u32 v)
{
    for (int i = 28; i >= 0; i -= 4)
        putch("0123456789abcdef"[(v >> i) & 15]);
}
static void field(const char *name, u32 v)
{
    print(name);
    print_hex(v);
}

void *memcpy(void *d, const void *s, unsigned n)
{
    u8 *a = d;
    const u8 *b = s;
    while (n--)
        *a++ = *b++;
    return d;
}
void *memset(void *d, int c, unsigned n)
{
    u8 *a = d;
    while (n--)
        *a++ = c;
    return d;
}

void plat_bad(u32 cause, u32 pc, u32 addr)
{
    field("BENCH bad exception ", cause);
    field(" pc=", pc);
    field(" addr=", addr);
    putch('\n');
}

static void run(const struct part *p)
{
    u32 scale = bench_cfg.scale, n = bench_cfg.count ? bench_cfg.count : p->n >= 16 ? (p->n >> 4) * scale : p->n;
    if (p->setup)
        p->setup();
    bool user = bench_cfg.user && p->user_fn;
    irq_count = 0;
    print("BENCH ");
    print(p->name);
    print(" start\n");
    u32 t0 = ticks(), sum = user ? plat_user(p->user_fn, n) : p->fn(n), t1 = ticks();
    print("BENCH ");
    print(p->name);
    field(" done sum=", sum);
    field(" ticks=", t1 - t0);
    field(" irqs=", irq_count);
    print(bench_cfg.count || scale != 16 || !p->sum ? " unchecked\n" : sum == p->sum ? " ok\n" : " WRONG\n");
}

/* Out of a jump's reach. */
static void (*volatile user_setup)(void) = user_programs_setup;

void bench_main(void)
{
    plat_init();
    programs_setup();
    user_setup();
    for (u32 i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (bench_cfg.mask >> i & 1)
            run(&parts[i]);
    print("BENCH end\n");
    plat_exit();
}
