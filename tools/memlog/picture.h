/* The map as a picture with axes, labels and a legend: PNG or SVG (drawn by cairo; in an SVG the heat is an embedded PNG). */
#ifndef TOOLS_MEMLOG_PICTURE_H
#define TOOLS_MEMLOG_PICTURE_H

#include "tools/memlog/heat.h"
#include "tools/memlog/labels.h"
#include "tools/memlog/options.h"

/* Of the whole picture, and of the heat inside of it, in pixels. */
struct frame {
    unsigned width, height;
    unsigned left, top; /* of the heat */
    unsigned heat_width, heat_height;
};

struct picture {
    struct frame frame;
    const struct grid *grid;
    const struct scale *scale;
    const struct heat *heat;
    const struct label *labels; /* at the right side, placed */
    size_t nlabels;
    const struct mark *marks; /* those that are not known are left out */
    size_t nmarks;
    const char *title, *subtitle;
    const char *kind_names[GRID_KINDS]; /* of the legend: "reads", "writes"; NULL: none are shown */
};

/* How the space is shared out. */
struct frame picture_frame(unsigned width, unsigned height);
/* The height of a line of labels. */
double picture_line(void);
/* What the path's ending asks for; false: neither .png nor .svg. */
bool picture_kind(const char *path, bool *svg);
/* False after an error line. */
bool picture_write(const struct picture *picture, const char *path);

#endif
