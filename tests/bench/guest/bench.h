/* Shared by the guest's files: types, the host's knobs, the board. */
typedef unsigned int u32;
typedef unsigned char u8;

#define NOINLINE   __attribute__((noinline))
#define PAGE       __attribute__((aligned(4096)))
#define SECTION(s) __attribute__((section(s)))

#define BIG        0x82000000u /* 128 MB of scratch RAM */
#define MAPPED     0x00400000u /* virtual pages that the refill handler maps ... */
#define MAPPED_PA  0x0a000000u /* ... linearly from here */
#define RAM        0x80000000u /* kseg0: unmapped, cached */
#define DATA_PAGES 2048        /* data, then ... */
#define CODE_PAGES 128         /* ... the .kuseg section (linker script) */

extern u32 seed;
static inline u32 rnd(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

/* exc_skip: exceptions other than interrupts and refills are counted and their instruction is passed over. */
extern volatile u32 exc_skip;
extern volatile u32 irq_count, exc_count, irq_period;
void plat_init(void);
void plat_exit(void);
void plat_syscall(u32 n);
void plat_faults(u32 n);
u32 plat_user(u32 (*fn)(u32), u32 n);
void irq_on(void);
void irq_off(void);
u32 ticks(void);
void putch(int c);
void print(const char *s);
void print_hex(u32 v);
void programs_setup(void);
void user_programs_setup(void); /* user_: the copy of programs.c in mapped pages */

#define PART(name, fn, setup, n, sum)    u32 fn(u32);
#define PROGRAM(name, fn, setup, n, sum) u32 fn(u32), user_##fn(u32);
#include "parts.def"
#undef PART
#undef PROGRAM
void chase_256k(void), chase_64m(void), tlb_setup(void), tlbcode_set(void);
