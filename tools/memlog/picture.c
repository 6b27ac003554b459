#include "tools/memlog/picture.h"

#include <cairo-svg.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "tools/memlog/ticks.h"

#define LEFT_MARGIN   96
#define RIGHT_MARGIN  228
#define TOP_MARGIN    76
#define BOTTOM_MARGIN 46
#define SMALL_FONT    11.0
#define TITLE_FONT    17.0
#define LINE          14.0 /* of small text */

#define BAR_WIDTH  132.0 /* of the legend */
#define BAR_HEIGHT 11.0

enum { INK, FAINT, GROUND, RULE, HOLE };
static const double inks[][3] = {
    [INK] = {0.10, 0.12, 0.16},
    [FAINT] = {0.42, 0.45, 0.50},
    [GROUND] = {1,    1,    1   },
    [HOLE] = {0.93, 0.94, 0.95},
    [RULE] = {0.75, 0.77, 0.80}
};

enum align { ALIGN_LEFT, ALIGN_MIDDLE, ALIGN_RIGHT };

struct frame picture_frame(unsigned width, unsigned height)
{
    bool narrow = width < 2 * (LEFT_MARGIN + RIGHT_MARGIN);
    unsigned right = narrow ? RIGHT_MARGIN / 2 : RIGHT_MARGIN;
    assert(width > LEFT_MARGIN + right && height > TOP_MARGIN + BOTTOM_MARGIN);
    return (struct frame){
        width, height, LEFT_MARGIN, TOP_MARGIN, width - LEFT_MARGIN - right, height - TOP_MARGIN - BOTTOM_MARGIN};
}

double picture_line(void)
{
    return LINE;
}

static void ink(cairo_t *cairo, unsigned which)
{
    assert(which < ARRAY_SIZE(inks));
    cairo_set_source_rgb(cairo, inks[which][0], inks[which][1], inks[which][2]);
}

static void font(cairo_t *cairo, double size, bool strong)
{
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           strong ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
}

/* y is the middle of the line. Returns the width. */
static double write_text(cairo_t *cairo, double x, double y, enum align align, const char *text)
{
    cairo_text_extents_t extents;
    cairo_font_extents_t line;
    cairo_text_extents(cairo, text, &extents);
    cairo_font_extents(cairo, &line);
    double shift = align == ALIGN_LEFT ? 0 : align == ALIGN_RIGHT ? extents.x_advance : extents.x_advance / 2;
    cairo_move_to(cairo, round(x - shift), round(y + (line.ascent - line.descent) / 2));
    cairo_show_text(cairo, text);
    return extents.x_advance;
}

/* Text that is cut, between its characters, to what the width has room for. */
static void write_fitting(cairo_t *cairo, double x, double y, double width, const char *text)
{
    static const char dots[] = "…";
    cairo_text_extents_t extents;
    size_t end = strlen(text);
    char *cut = alloc_zeroed(end + sizeof(dots));
    memcpy(cut, text, end);
    for (cairo_text_extents(cairo, cut, &extents); extents.x_advance > width && end; cairo_text_extents(cairo, cut, &extents)) {
        do
            end--;
        while (end && (text[end] & 0xc0) == 0x80);
        memcpy(cut + end, dots, sizeof(dots));
    }
    write_text(cairo, x, y, ALIGN_LEFT, cut);
    free(cut);
}

static void line(cairo_t *cairo, double x1, double y1, double x2, double y2)
{
    cairo_move_to(cairo, x1, y1);
    cairo_line_to(cairo, x2, y2);
    cairo_set_line_width(cairo, 1);
    cairo_stroke(cairo);
}

static void image(cairo_t *cairo, const uint32_t *pixels, double x, double y, unsigned width, unsigned height)
{
    int stride = (int)(width * sizeof(*pixels));
    assert(stride == cairo_format_stride_for_width(CAIRO_FORMAT_RGB24, (int)width));
    cairo_surface_t *surface =
        cairo_image_surface_create_for_data((unsigned char *)pixels, CAIRO_FORMAT_RGB24, (int)width, (int)height, stride);
    cairo_set_source_surface(cairo, surface, x, y);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo);
    cairo_surface_destroy(surface);
}

static void draw_gap(cairo_t *cairo, const struct frame *frame, const struct band *band, double bottom)
{
    char bytes[32], text[64];
    double top = frame->top + band->bottom, height = bottom - band->bottom;
    ink(cairo, band->gap ? HOLE : GROUND);
    cairo_rectangle(cairo, frame->left, top, frame->heat_width, height);
    cairo_fill(cairo);
    if (!band->gap)
        return;
    snprintf(text, sizeof(text), "%s not touched", ticks_bytes((double)band->gap, bytes, sizeof(bytes)));
    ink(cairo, FAINT);
    font(cairo, SMALL_FONT - 1, false);
    double middle = round(top + height / 2), center = frame->left + frame->heat_width / 2.0;
    double half = write_text(cairo, center, middle, ALIGN_MIDDLE, text) / 2 + 8;
    ink(cairo, RULE);
    cairo_set_dash(cairo, (const double[]){2, 3}, 2, 0);
    line(cairo, frame->left, middle - 0.5, center - half, middle - 0.5);
    line(cairo, center + half, middle - 0.5, frame->left + frame->heat_width, middle - 0.5);
    cairo_set_dash(cairo, NULL, 0, 0);
}

static void draw_heat(cairo_t *cairo, const struct picture *picture)
{
    const struct frame *frame = &picture->frame;
    image(cairo, picture->heat->pixels, frame->left, frame->top, frame->heat_width, frame->heat_height);
    for (size_t i = 1; i < picture->scale->count; i++)
        draw_gap(cairo, frame, &picture->scale->bands[i], picture->scale->bands[i - 1].top);
}

/* Places of ticks that are taken, so that their numbers do not overlap. */
struct taken {
    double at[256];
    size_t count;
};

static bool take(struct taken *taken, double y)
{
    for (size_t i = 0; i < taken->count; i++)
        if (fabs(taken->at[i] - y) < LINE - 2)
            return false;
    if (taken->count == ARRAY_SIZE(taken->at))
        return false;
    taken->at[taken->count++] = y;
    return true;
}

static void address_tick(cairo_t *cairo, const struct frame *frame, struct taken *taken, double y, uint64_t address)
{
    char text[24];
    if (!take(taken, y))
        return;
    snprintf(text, sizeof(text), "0x%08" PRIx64, address);
    ink(cairo, FAINT);
    y = floor(frame->top + y) + 0.5;
    line(cairo, frame->left - 5, y, frame->left, y);
    ink(cairo, INK);
    write_text(cairo, frame->left - 8, y, ALIGN_RIGHT, text);
}

static void inner_ticks(cairo_t *cairo, const struct frame *frame, struct taken *taken, const struct band *band)
{
    double height = band->bottom - band->top;
    uint64_t step = ticks_binary_step(48 * band_bytes(band) / height);
    for (uint64_t address = (band->first / step + 1) * step; address > band->first && address < band->last; address += step)
        address_tick(cairo, frame, taken, band->bottom - (double)(address - band->first) / band_bytes(band) * height, address);
}

/* The ends of bands come first: they tell what the axis shows. */
static void draw_addresses(cairo_t *cairo, const struct picture *picture)
{
    struct taken taken = {.count = 0};
    const struct scale *scale = picture->scale;
    font(cairo, SMALL_FONT, false);
    for (size_t i = 0; i < scale->count; i++)
        address_tick(cairo, &picture->frame, &taken, scale->bands[i].bottom - 1, scale->bands[i].first);
    for (size_t i = 0; i < scale->count; i++)
        if (i + 1 == scale->count || scale->bands[i + 1].gap)
            address_tick(cairo, &picture->frame, &taken, scale->bands[i].top, scale->bands[i].last + 1);
    for (size_t i = 0; i < scale->count; i++)
        inner_ticks(cairo, &picture->frame, &taken, &scale->bands[i]);
}

static double time_place(const struct picture *picture, uint64_t icount)
{
    const struct grid *grid = picture->grid;
    double length = (double)(grid->last_icount - grid->first_icount) + 1;
    assert(icount >= grid->first_icount && icount <= grid->last_icount);
    return floor(picture->frame.left + (double)(icount - grid->first_icount) / length * picture->frame.heat_width) + 0.5;
}

static void draw_time(cairo_t *cairo, const struct picture *picture)
{
    char text[40];
    const struct frame *frame = &picture->frame;
    const struct grid *grid = picture->grid;
    double length = (double)(grid->last_icount - grid->first_icount) + 1, bottom = frame->top + frame->heat_height;
    uint64_t step = ticks_decimal_step(length * 90 / frame->heat_width);
    font(cairo, SMALL_FONT, false);
    /* The sums may pass the end of what 64 bits hold. */
    uint64_t past = grid->first_icount % step, first = grid->first_icount + (past ? step - past : 0);
    for (uint64_t at = first; at >= grid->first_icount && at <= grid->last_icount; at += step) {
        double x = time_place(picture, at);
        ink(cairo, FAINT);
        line(cairo, x, bottom, x, bottom + 5);
        ink(cairo, INK);
        write_text(cairo, x, bottom + 14, ALIGN_MIDDLE, ticks_count(at, step, text, sizeof(text)));
        if (grid->last_icount - at < step)
            break;
    }
    write_text(cairo, frame->left + frame->heat_width / 2.0, bottom + 32, ALIGN_MIDDLE, "time: instructions executed");
}

/* Of one before the first access by less than a pixel, at the left edge. */
static bool mark_place(const struct picture *picture, const struct mark *mark, double *x)
{
    const struct grid *grid = picture->grid;
    uint64_t pixel = (grid->last_icount - grid->first_icount) / picture->frame.heat_width;
    uint64_t icount =
        mark->icount < grid->first_icount && mark->icount + pixel >= grid->first_icount ? grid->first_icount : mark->icount;
    if (!mark->known || icount < grid->first_icount || icount > grid->last_icount)
        return false;
    *x = time_place(picture, icount);
    return true;
}

static void draw_mark(cairo_t *cairo, const struct frame *frame, const char *text, double x, double end)
{
    ink(cairo, FAINT);
    line(cairo, x, frame->top - LINE, x, frame->top);
    cairo_set_source_rgba(cairo, 1, 1, 1, 0.45);
    cairo_set_dash(cairo, (const double[]){3, 4}, 2, 0);
    line(cairo, x, frame->top, x, frame->top + frame->heat_height);
    cairo_set_dash(cairo, NULL, 0, 0);
    ink(cairo, INK);
    write_fitting(cairo, x + 4, frame->top - LINE / 2, end - x - 8, text);
}

/* A mark's text has the space up to the next one. */
static void draw_marks(cairo_t *cairo, const struct picture *picture)
{
    double x, other;
    font(cairo, SMALL_FONT, false);
    for (size_t i = 0; i < picture->nmarks; i++) {
        double end = picture->frame.width;
        if (!mark_place(picture, &picture->marks[i], &x))
            continue;
        for (size_t j = 0; j < picture->nmarks; j++)
            if (mark_place(picture, &picture->marks[j], &other) && other > x)
                end = fmin(end, other);
        draw_mark(cairo, &picture->frame, picture->marks[i].text, x, end);
    }
}

/* A bracket at each band that has a region. */
static void draw_brackets(cairo_t *cairo, const struct picture *picture)
{
    const struct frame *frame = &picture->frame;
    double x = frame->left + frame->heat_width + 5;
    for (size_t i = 0; i < picture->scale->count; i++) {
        const struct band *band = &picture->scale->bands[i];
        ink(cairo, band->region ? FAINT : RULE);
        cairo_rectangle(cairo, x, frame->top + band->top, 4, band->bottom - band->top);
        cairo_fill(cairo);
    }
}

static void draw_labels(cairo_t *cairo, const struct picture *picture)
{
    const struct frame *frame = &picture->frame;
    double x = frame->left + frame->heat_width + 10, text = x + 18;
    for (size_t i = 0; i < picture->nlabels; i++) {
        const struct label *label = &picture->labels[i];
        ink(cairo, RULE);
        line(cairo, x, floor(frame->top + label->y) + 0.5, text - 4, floor(frame->top + label->at) + 0.5);
        ink(cairo, INK);
        font(cairo, SMALL_FONT, label->strong);
        write_fitting(cairo, text, frame->top + label->at, frame->width - text - 4, label->text);
    }
}

static void legend_bar(cairo_t *cairo, double x, double y, bool reads, bool writes, const char *name)
{
    uint32_t pixels[(int)BAR_WIDTH * (int)BAR_HEIGHT];
    for (unsigned i = 0; i < ARRAY_SIZE(pixels); i++) {
        double level = (i % (unsigned)BAR_WIDTH) / (BAR_WIDTH - 1);
        pixels[i] = heat_color(reads ? level : -1, writes ? level : -1);
    }
    image(cairo, pixels, x, y, (unsigned)BAR_WIDTH, (unsigned)BAR_HEIGHT);
    ink(cairo, INK);
    write_text(cairo, x - 6, y + BAR_HEIGHT / 2, ALIGN_RIGHT, name);
}

/* A power of ten. */
static void legend_limit(cairo_t *cairo, double x, double y, enum align align, double density)
{
    assert(density > 0);
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char exponent[16], text[64] = "10";
    snprintf(exponent, sizeof(exponent), "%.0f", log10(density));
    for (const char *c = exponent; *c; c++)
        strcat(text, *c == '-' ? "⁻" : digits[*c - '0']);
    write_text(cairo, x, y, align, text);
}

static void draw_legend(cairo_t *cairo, const struct picture *picture)
{
    const char *const *names = picture->kind_names;
    double right = picture->frame.left + picture->frame.heat_width, x = right - BAR_WIDTH, y = 12;
    font(cairo, SMALL_FONT - 1, false);
    for (unsigned bar = 1; bar < 4; bar++) {
        bool reads = bar & 1, writes = bar & 2;
        if ((reads && !names[0]) || (writes && !names[1]))
            continue;
        legend_bar(cairo, x, y, reads, writes, reads && writes ? "both" : names[writes]);
        y += BAR_HEIGHT + 3;
    }
    legend_limit(cairo, x, y + 5, ALIGN_LEFT, picture->heat->low);
    legend_limit(cairo, right, y + 5, ALIGN_RIGHT, picture->heat->high);
    write_text(cairo, right + 8, 17, ALIGN_LEFT, "accesses per KiB and");
    write_text(cairo, right + 8, 29, ALIGN_LEFT, "million instructions");
    write_text(cairo, right + 8, 41, ALIGN_LEFT, "(logarithmic)");
}

static void draw_titles(cairo_t *cairo, const struct picture *picture)
{
    double width = picture->frame.left + picture->frame.heat_width - BAR_WIDTH - 90;
    ink(cairo, INK);
    font(cairo, TITLE_FONT, true);
    write_fitting(cairo, 14, 24, width, picture->title);
    ink(cairo, FAINT);
    font(cairo, SMALL_FONT, false);
    write_fitting(cairo, 14, 46, width, picture->subtitle);
}

static void draw(cairo_t *cairo, const struct picture *picture)
{
    ink(cairo, GROUND);
    cairo_paint(cairo);
    draw_titles(cairo, picture);
    draw_legend(cairo, picture);
    draw_heat(cairo, picture);
    draw_marks(cairo, picture);
    draw_addresses(cairo, picture);
    draw_time(cairo, picture);
    draw_brackets(cairo, picture);
    draw_labels(cairo, picture);
}

bool picture_kind(const char *path, bool *svg)
{
    const char *dot = strrchr(path, '.');
    *svg = dot && strcmp(dot, ".svg") == 0;
    return *svg || (dot && strcmp(dot, ".png") == 0);
}

static cairo_status_t to_file(void *opaque, const unsigned char *bytes, unsigned length)
{
    return fwrite(bytes, 1, length, opaque) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t render(const struct picture *picture, bool svg, FILE *file)
{
    unsigned width = picture->frame.width, height = picture->frame.height;
    cairo_surface_t *surface = svg ? cairo_svg_surface_create_for_stream(to_file, file, width, height)
                                   : cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)width, (int)height);
    if (svg)
        cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
    cairo_t *cairo = cairo_create(surface);
    draw(cairo, picture);
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    if (status == CAIRO_STATUS_SUCCESS && !svg)
        status = cairo_surface_write_to_png_stream(surface, to_file, file);
    cairo_surface_finish(surface);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return status;
}

bool picture_write(const struct picture *picture, const char *path)
{
    bool svg;
    picture_kind(path, &svg);
    FILE *file = fopen(path, "wbe");
    if (!file) {
        report_error("%s: %s", path, strerror(errno));
        return false;
    }
    cairo_status_t status = render(picture, svg, file);
    bool whole = fclose(file) == 0;
    if (whole && status == CAIRO_STATUS_SUCCESS)
        return true;
    report_error("%s: the picture could not be written: %s", path, whole ? cairo_status_to_string(status) : strerror(errno));
    return false;
}
