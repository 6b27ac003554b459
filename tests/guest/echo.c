/* Says hello on the first serial line, then answers: each key in brackets; 'r' resets the board, 'q' powers it off. */
#include "functions.h"
#include "guest.h"

#define PM_CONTROL 0xb8001004 /* PIIX4's power management after body() has placed it at I/O 0x1000 */
#define GT_CONFIG  0xbbe00cf8

void body(void);

static volatile unsigned char *const uart = (volatile unsigned char *)UART;
unsigned keys;

static void put(char c)
{
    while (!(uart[UART_LSR] & UART_THRE))
        ;
    uart[0] = (unsigned char)c;
}

static void say(const char *text)
{
    while (*text)
        put(*text++);
}

static char get(void)
{
    while (!(uart[UART_LSR] & UART_DR))
        ;
    return (char)uart[0];
}

static void config_write(unsigned function, unsigned offset, unsigned value)
{
    volatile unsigned *gt = (volatile unsigned *)GT_CONFIG;
    gt[0] = little(0x80000000u | 10u << 11 | function << 8 | offset);
    gt[1] = value;
}

void body(void)
{
    say("hello from the guest\n");
    for (;;) {
        char c = get();
        keys++;
        put('[');
        put(c);
        put(']');
        if (c == 'r')
            *(volatile unsigned *)SOFTRES = RESET_KEY;
        if (c == 'q') {
            config_write(3, 0x40, 0x1001);
            config_write(3, 0x80, 1);
            *(volatile unsigned short *)PM_CONTROL = little(0x2000) >> (little(1) == 1 ? 0 : 16);
        }
    }
}
