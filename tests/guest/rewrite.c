/*
 * Always busy: rewrites the same 20 MiB each second of its clock, spread over the second, with bytes that compress about four to one, and
 * computes in between. Two words on pages that are otherwise quiet: ONCE is written at second QUIET_AT only, MINUTE at that second
 * of each minute. Each second a dot goes to the serial line.
 */
#include "guest.h"

#define COUNT_HZ  160000000u
#define AREA      0x81000000u
#define PAGE_SIZE 4096u
#define PAGES     (20u << 20 >> 12)
#define PIECES    100u
#define ONCE      0x80800000u
#define MINUTE    0x80900000u
#define QUIET_AT  3u

void body(void);

static volatile unsigned char *const uart = (volatile unsigned char *)UART;
static unsigned seed = 1;
unsigned result;

static unsigned count(void)
{
    unsigned now;
    __asm__ volatile("mfc0 %0, $9" : "=r"(now));
    return now;
}

static void put(char c)
{
    while (!(uart[UART_LSR] & UART_THRE))
        ;
    uart[0] = (unsigned char)c;
}

static void rewrite(unsigned page)
{
    volatile unsigned *word = (volatile unsigned *)(AREA + page * PAGE_SIZE);
    for (unsigned i = 0; i < PAGE_SIZE / 4; i++) {
        seed = seed * 1664525u + 1013904223u;
        word[i] = i % 4 ? i : seed;
    }
}

static void compute_until(unsigned then)
{
    while ((int)(count() - then) < 0)
        for (unsigned i = 0; i < 2000; i++)
            result = result * 31 + i;
}

void body(void)
{
    unsigned then = count();
    for (unsigned second = 0;; second++) {
        for (unsigned piece = 0; piece < PIECES; piece++) {
            for (unsigned page = piece * PAGES / PIECES; page < (piece + 1) * PAGES / PIECES; page++)
                rewrite(page);
            then += COUNT_HZ / PIECES;
            compute_until(then);
        }
        if (second == QUIET_AT)
            *(volatile unsigned *)ONCE = count();
        if (second % 60 == QUIET_AT)
            *(volatile unsigned *)MINUTE = second;
        put('.');
    }
}
