/* C with debug information for whoever steps through its source: calls, a loop, recursion, a structure that is written in turn. */
#include "guest.h"

void body(void);
void ready(void);

static volatile unsigned char *const uart = (volatile unsigned char *)UART;
struct account {
    int balance, changes;
} account;
volatile int calls, total, keys;

int add(int a, int b)
{
    calls++;
    int sum = a + b;
    return sum;
}

int factorial(int n)
{
    if (n < 2)
        return 1;
    int rest = factorial(n - 1);
    return n * rest;
}

void pay(struct account *to, int amount)
{
    to->balance = add(to->balance, amount);
    to->changes++;
}

int sum_to(int last)
{
    int sum = 0;
    for (int i = 1; i <= last; i++) {
        sum = add(sum, i);
        total = sum;
    }
    return sum;
}

static void put(char c)
{
    while (!(uart[UART_LSR] & UART_THRE))
        ;
    uart[0] = (unsigned char)c;
}

void say(const char *text)
{
    while (*text)
        put(*text++);
}

void __attribute__((noinline)) said(char c)
{
    asm volatile("" ::"r"(c));
}

/* Each key is answered in brackets. */
void answer(void)
{
    for (;;) {
        while (!(uart[UART_LSR] & UART_DR))
            ;
        char c = (char)uart[0];
        keys++;
        put('[');
        put(c);
        said(c);
        put(']');
    }
}

void __attribute__((noinline)) ready(void)
{
    asm volatile("");
}

void body(void)
{
    ready();
    account.balance = 100;
    int sum = sum_to(5);
    pay(&account, sum);
    int product = factorial(4);
    pay(&account, product);
    pay(&account, -9);
    say("done\n");
    answer();
}
