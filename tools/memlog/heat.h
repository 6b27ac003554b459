/* The grid as pixels: reads in one color, writes in another, their sum for both; brightness by the logarithm of how many. */
#ifndef TOOLS_MEMLOG_HEAT_H
#define TOOLS_MEMLOG_HEAT_H

#include "tools/memlog/scale.h"

struct heat {
    uint32_t *pixels; /* 0xffRRGGBB, width * height, the top line first */
    double low, high; /* accesses a KiB and million instructions: those of the least and the greatest brightness */
};

void heat_make(struct heat *heat, const struct grid *grid, const struct scale *scale, unsigned width, unsigned height);
void heat_free(struct heat *heat);
/* The color of so many reads and writes, in 0 (heat's low) to 1 (heat's high); below 0: none. */
uint32_t heat_color(double reads, double writes);

#endif
