/* What the debugger rows watch. */
#include "bench.h"

/* A loop of one store and one load to a page whose other 1000 words nobody touches; never_run shares the loop's code page. */
struct {
    u32 hot[16], never[1000], pad[8];
} hot_page PAGE;
SECTION(".text.hotpage") __attribute__((aligned(4096))) NOINLINE u32 part_hotpage(u32 n)
{
    volatile u32 *p = hot_page.hot;
    u32 s = 0;
    while (n--) {
        p[n & 15] = n;
        s += p[(n + 8) & 15];
    }
    return s;
}
SECTION(".text.hotpage") __attribute__((used)) NOINLINE void never_run(void)
{
    asm volatile(".rept 400; nop; .endr");
}

/* A loop of calls: where a breakpoint is come to, once a round. */
static volatile u32 turns;
NOINLINE void turn(u32 n)
{
    turns = n;
}
u32 part_calls(u32 n)
{
    while (n--)
        turn(n);
    return turns;
}
