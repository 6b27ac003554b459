/*
 * Does a bit of everything, for ever, in an order that pseudo-random numbers give, which keys and the timer stir: stores over some MiB,
 * mapped pages by way of the refill handler, user mode and system calls, exceptions, timer interrupts, WAIT, code that it
 * writes, device registers, flash, the console. 'r' resets the board.
 */
#include "functions.h"
#include "guest.h"

#define HEAP_KSEG0 0x80400000u
#define HEAP_SIZE  0x00300000u
#define CODE_KSEG0 0x80800000u /* 16 pages of generated functions */
#define PAGED_MASK 0x000fe000u /* what the refill handler takes of an address; + PAGED_PHYS */
#define PAGED_PHYS 0x00900000u
#define KUSEG      0x10000000u
#define KSEG2      0xc0100000u
#define RTC        0xb8000070u
#define PIT        0xb8000040u
#define PIC_MASK   0xb8000021u
#define FLASH      0xbe000000u
#define NUDGE      0x9e3779b9u

void body(void);

/* The handlers count here; k0 and k1 are theirs. The interrupt handler sets the next deadline from a number of its own. */
unsigned ticks, exceptions, refills, calls, seed = 1, tick_seed = 7, keys, rounds, put_bytes;
volatile unsigned shared;

asm(".set noreorder\n"
    ".set noat\n"
    ".globl on_interrupt, on_exception, on_refill, user_code, user_enter, wait_here\n"
    "on_interrupt:\n"
    "  lui $k1, %hi(ticks)\n"
    "  lw $k0, %lo(ticks)($k1)\n"
    "  addiu $k0, $k0, 1\n"
    "  sw $k0, %lo(ticks)($k1)\n"
    "  lui $k1, %hi(tick_seed)\n"
    "  lw $k0, %lo(tick_seed)($k1)\n"
    "  sll $k1, $k0, 13\n"
    "  xor $k0, $k0, $k1\n"
    "  srl $k1, $k0, 17\n"
    "  xor $k0, $k0, $k1\n"
    "  sll $k1, $k0, 5\n"
    "  xor $k0, $k0, $k1\n"
    "  lui $k1, %hi(tick_seed)\n"
    "  sw $k0, %lo(tick_seed)($k1)\n"
    "  andi $k0, $k0, 0x1fff\n"
    "  addiu $k0, $k0, 300\n"
    "  mfc0 $k1, $9\n"
    "  addu $k0, $k0, $k1\n"
    "1: mtc0 $k0, $11\n"
    "  ehb\n"
    "  mfc0 $k1, $9\n"
    "  subu $k0, $k1, $k0\n"
    "  bgez $k0, 1b\n" /* too late */
    "  ori $k0, $k1, 0xffff\n"
    "  eret\n"
    /* EPC + 4, or + 8 for one in a slot; a system call 99 comes back to the kernel at s8 */
    "on_exception:\n"
    "  lui $k1, %hi(exceptions)\n"
    "  lw $k0, %lo(exceptions)($k1)\n"
    "  addiu $k0, $k0, 1\n"
    "  sw $k0, %lo(exceptions)($k1)\n"
    "  mfc0 $k0, $13\n"
    "  bltz $k0, 1f\n"
    "  li $k1, 8\n"
    "  li $k1, 4\n"
    "1: andi $k0, $k0, 0x7c\n"
    "  addiu $k0, $k0, -32\n"
    "  bnez $k0, 2f\n"
    "  addiu $k0, $v0, -99\n"
    "  bnez $k0, 2f\n"
    "  mfc0 $k0, $12\n"
    "  srl $k0, $k0, 5\n"
    "  sll $k0, $k0, 5\n"
    "  ori $k0, $k0, 3\n"
    "  mtc0 $k0, $12\n"
    "  b 3f\n"
    "  move $k0, $s8\n"
    "2: mfc0 $k0, $14\n"
    "  addu $k0, $k0, $k1\n"
    "3: mtc0 $k0, $14\n"
    "  ehb\n"
    "  eret\n"
    "on_refill:\n"
    "  lui $k1, %hi(refills)\n"
    "  lw $k0, %lo(refills)($k1)\n"
    "  addiu $k0, $k0, 1\n"
    "  sw $k0, %lo(refills)($k1)\n"
    "  mfc0 $k0, $8\n"
    "  lui $k1, 0xf\n"
    "  ori $k1, $k1, 0xe000\n"
    "  and $k0, $k0, $k1\n"
    "  lui $k1, 0x90\n"
    "  or $k0, $k0, $k1\n"
    "  srl $k0, $k0, 6\n"
    "  ori $k0, $k0, 0x1f\n"
    "  mtc0 $k0, $2\n"
    "  addiu $k0, $k0, 0x40\n"
    "  mtc0 $k0, $3\n"
    "  ehb\n"
    "  tlbwr\n"
    "  ehb\n"
    "  eret\n"
    /* a0: where the user's code lies in kuseg; a1: its data; a2: how often */
    "user_enter:\n"
    "  addiu $sp, $sp, -8\n"
    "  sw $ra, 0($sp)\n"
    "  sw $s8, 4($sp)\n"
    "  la $s8, 1f\n"
    "  di\n"
    "  ehb\n"
    "  mfc0 $t0, $12\n"
    "  ori $t0, $t0, 0x13\n" /* KSU = user, EXL, IE */
    "  mtc0 $t0, $12\n"
    "  mtc0 $a0, $14\n"
    "  ehb\n"
    "  eret\n"
    "1: lw $ra, 0($sp)\n"
    "  lw $s8, 4($sp)\n"
    "  jr $ra\n"
    "  addiu $sp, $sp, 8\n"
    "user_code:\n"
    "1: lw $t0, 0($a1)\n"
    "  addu $t0, $t0, $a2\n"
    "  sw $t0, 0($a1)\n"
    "  li $v0, 1\n"
    "  syscall\n"
    "  addiu $a2, $a2, -1\n"
    "  bnez $a2, 1b\n"
    "  addiu $a1, $a1, 0x1004\n"
    "  li $v0, 99\n"
    "  syscall\n"
    "  .word 0\n"
    "wait_here:\n"
    "  wait\n"
    "  jr $ra\n"
    "  nop\n"
    ".set at\n"
    ".set reorder\n");

extern unsigned user_code[];
void user_enter(unsigned code, unsigned data, unsigned count);
void wait_here(void);

static unsigned random(void)
{
    return next_random(&seed);
}

static unsigned below(unsigned limit)
{
    return random() % limit;
}

static void write_code(unsigned va, unsigned word)
{
    *(volatile unsigned *)va = word;
    asm volatile("cache 0x15, 0(%0)\n sync\n cache 0x10, 0(%0)\n" ::"r"(va) : "memory");
}

static void interrupts(unsigned on)
{
    unsigned status = STATUS_CU | STATUS_IM7 | (on ? STATUS_IE : 0);
    asm volatile("mtc0 %0, $12\n ehb\n" ::"r"(status) : "memory");
}

/* Acts */

static void store_some(void)
{
    for (unsigned n = below(40); n > 0; n--) {
        unsigned at = HEAP_KSEG0 + below(HEAP_SIZE);
        unsigned what = random();
        switch (what & 3) {
        case 0:
            *(volatile unsigned char *)at = (unsigned char)(what >> 8);
            break;
        case 1:
            *(volatile unsigned short *)(at & ~1u) += (unsigned short)(what >> 8);
            break;
        default:
            *(volatile unsigned *)(at & ~3u) ^= what;
        }
    }
}

static void fill_page(void)
{
    unsigned at = HEAP_KSEG0 + (below(HEAP_SIZE) & ~0xfffu), value = below(3) ? random() : 0;
    for (unsigned i = 0; i < 1024; i += 4)
        ((volatile unsigned *)at)[i] = value;
}

static void touch_mapped(void)
{
    unsigned base = below(2) ? KUSEG : KSEG2;
    for (unsigned n = below(30); n > 0; n--)
        *(volatile unsigned *)(base + (below(0x100000) & ~3u)) += n;
}

static void go_to_user(void)
{
    unsigned page = KUSEG + (below(0x80000) & ~0xfffu) + 0x40;
    for (unsigned i = 0; i < 12; i++)
        write_code(page + 4 * i, user_code[i]);
    user_enter(page, KUSEG + (below(0x40000) & ~3u) + 0x80000, 1 + below(12));
    interrupts(1);
}

static void raise_some(void)
{
    unsigned odd = HEAP_KSEG0 + 4 * below(1000) + 1 + below(3);
    switch (below(7)) {
    case 0:
        asm volatile("syscall" ::: "v0");
        break;
    case 1:
        asm volatile(".word 0x7c00003f"); /* reserved */
        break;
    case 2:
        asm volatile("lui $t0, 0x7fff\n add $t0, $t0, $t0" ::: "t0");
        break;
    case 3:
        asm volatile("lw $t0, 0(%0)" ::"r"(odd) : "t0");
        break;
    case 4:
        asm volatile(".set noreorder\n b 1f\n sw $zero, 0(%0)\n1: nop\n .set reorder" ::"r"(odd) : "memory");
        break;
    case 5:
        asm volatile("teq $zero, $zero");
        break;
    default:
        asm volatile("break");
    }
}

static void run_new_code(void)
{
    unsigned at = CODE_KSEG0 + (below(0x10000) & ~63u);
    write_code(at, 0x24820000u | (random() & 0x7fff)); /* addiu v0, a0, n */
    write_code(at + 4, 0x03e00008u);                   /* jr ra */
    write_code(at + 8, 0x24420000u | below(100));      /* addiu v0, v0, n */
    seed += ((unsigned (*)(unsigned))at)(rounds);
    seed |= 1;
}

static void count_atomically(void)
{
    unsigned value;
    asm volatile(".set noreorder\n1: ll %0, %1\n addiu %0, %0, 1\n sc %0, %1\n beqz %0, 1b\n nop\n .set reorder"
                 : "=&r"(value), "+m"(shared));
}

static float power = 1.5f;

static void calculate(void)
{
    for (unsigned n = below(20); n > 0; n--)
        power = power * 1.25f - (float)n;
    if (power > 1e20f || power < -1e20f)
        power = 1.5f;
}

static volatile unsigned char *port(unsigned at)
{
    return (volatile unsigned char *)at;
}

static void ask_devices(void)
{
    switch (below(5)) {
    case 0:
        port(RTC)[0] = (unsigned char)below(14);
        shared += port(RTC)[1];
        break;
    case 1:
        port(PIT)[3] = 0x34;
        port(PIT)[0] = (unsigned char)random();
        port(PIT)[0] = (unsigned char)random();
        break;
    case 2:
        *port(PIC_MASK) = (unsigned char)random();
        shared += *port(PIC_MASK);
        break;
    case 3:
        shared += port(PIT)[0];
        break;
    default:
        *(volatile unsigned *)LEDBAR = random();
    }
}

/* Both chips at once: unlock, program a word; now and then erase the sector. */
static void write_flash(void)
{
    volatile unsigned *word = (volatile unsigned *)(FLASH + 0x200000 + (below(0x40000) & ~3u));
    if (below(8) == 0) {
        *word = 0x00200020;
        *word = 0x00d000d0;
    } else {
        *word = 0x00400040;
        *word = random();
    }
    shared += *word; /* status */
    *word = 0x00ff00ff;
    shared += *word;
}

static void sleep_some(void)
{
    for (unsigned n = 1 + below(3); n > 0; n--)
        wait_here();
}

static void put(unsigned c)
{
    while (!(port(UART)[UART_LSR] & UART_THRE))
        ;
    port(UART)[0] = (unsigned char)c;
    put_bytes++;
}

static void answer_keys(void)
{
    while (port(UART)[UART_LSR] & UART_DR) {
        unsigned c = port(UART)[0];
        keys++;
        seed += c * NUDGE;
        seed |= 1;
        put('[');
        put(c);
        put(']');
        if (c == 'r')
            *(volatile unsigned *)SOFTRES = RESET_KEY;
    }
}

static void __attribute__((noinline)) act(unsigned which)
{
    static void (*const acts[])(void) = {store_some,  store_some,  fill_page,    touch_mapped,     touch_mapped,
                                         go_to_user,  raise_some,  run_new_code, count_atomically, calculate,
                                         ask_devices, write_flash, answer_keys};
    if (which < sizeof(acts) / sizeof(*acts))
        acts[which]();
    else if (which == 30)
        sleep_some();
    else if (which == 31)
        put('a' + below(26));
}

void body(void)
{
    unsigned count;
    asm volatile("mfc0 %0, $9" : "=r"(count));
    asm volatile("mtc0 %0, $11" ::"r"(count + 5000));
    interrupts(1);
    for (;;) {
        rounds++;
        act(below(32));
        if (rounds % 16 == 0)
            answer_keys();
    }
}
