/*
 * Keeps the four DMA channels of the GT-64120 busy for ever, in an order that pseudo-random numbers give: transfers upwards and downwards, of
 * odd lengths and over page ends, chains of records, while it reads and writes source and destination itself.
 */
#include "functions.h"
#include "guest.h"

#define DMA        0xbbe00800u /* + 4 * channel + register; its registers are little-endian */
#define COUNT      0x00u
#define SOURCE     0x10u
#define DEST       0x20u
#define NEXT       0x30u
#define CONTROL    0x40u
#define CHANNELS   4u
#define ACTIVE     0x4000u
#define START      0x3a00u /* single, block, enable, fetch a record */
#define START_ONE  0x1a00u /* without a record */
#define DIRECTIONS 0x0014u /* source and destination may go down */
#define AREA_PHYS  0x00400000u
#define AREA       (0x80000000u + AREA_PHYS)
#define AREA_SIZE  0x00010000u
#define RECORDS    0x00300000u /* physical */
#define MOST       0x600u

void body(void);

static unsigned seed = 1;
unsigned rounds, sum;

static unsigned number(void)
{
    return next_random(&seed);
}

static volatile unsigned *reg(unsigned which, unsigned channel)
{
    return (volatile unsigned *)(DMA + which + 4 * channel);
}

/* Away from the area's ends, so that a transfer stays in it whatever its direction. */
static unsigned place(void)
{
    return AREA_PHYS + MOST + number() % (AREA_SIZE - 3 * MOST);
}

static void start(unsigned channel)
{
    unsigned fields[] = {1 + number() % MOST, place(), place(), 0};
    volatile unsigned *record = (volatile unsigned *)(0xa0000000u + RECORDS + 16 * channel);
    if (number() % 2) {
        for (unsigned i = 0; i < 4; i++)
            record[i] = little(fields[i]);
        *reg(NEXT, channel) = little(RECORDS + 16 * channel);
        *reg(CONTROL, channel) = little(START);
    } else {
        *reg(COUNT, channel) = little(fields[0]);
        *reg(SOURCE, channel) = little(fields[1]);
        *reg(DEST, channel) = little(fields[2]);
        *reg(CONTROL, channel) = little(START_ONE | (number() & DIRECTIONS));
    }
}

void body(void)
{
    volatile unsigned *words = (volatile unsigned *)AREA;
    for (;; rounds++) {
        unsigned channel = number() % CHANNELS;
        if (!(little(*reg(CONTROL, channel)) & ACTIVE))
            start(channel);
        for (unsigned i = 0; i < 32; i++) {
            unsigned at = number() % (AREA_SIZE / 4);
            if (number() % 2)
                words[at] = seed;
            else
                sum += words[at];
        }
    }
}
