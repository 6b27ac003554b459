#include "tests/determinism/points.h"

#include <inttypes.h>
#include <stdio.h>

#include "cpu/actions.h"
#include "softmmu/alloc.h"
#include "softmmu/watch.h"
#include "tests/determinism/random.h"

enum { PLACED_AT_ONCE = 16, PLACED_EVERY = 32, HITS_KEPT = 2, WATCH_LENGTH_MAX = 8 };

struct point {
    uint64_t sample;          /* at which it was placed */
    uint32_t address, length; /* length 0: a breakpoint */
    unsigned kind;
    bool stop_after;
    struct watch *watch;
    struct point_actions actions; /* of those that are conditional */
    uint64_t hits;
    bool removed;
};

struct points {
    struct cpu *cpu;
    uint64_t random, hits;
    struct agent_program *condition;
    size_t most, count;
    bool loaded;
    struct point point[];
};

/* Looks at registers and memory, and is false; where there is no memory it cannot be evaluated, and its point stops. */
static const uint8_t condition[] = {AGENT_reg, 0,         29,           AGENT_ref32, AGENT_reg,           0,
                                    4,         AGENT_add, AGENT_const8, 0,           AGENT_less_unsigned, AGENT_end};

struct points *points_new(struct cpu *cpu, uint64_t seed, size_t most)
{
    struct points *points = alloc_zeroed(sizeof(*points) + most * sizeof(*points->point));
    const char *error;
    points->condition = actions_program(cpu, condition, sizeof(condition), &error);
    assert(points->condition);
    points->cpu = cpu;
    points->random = seed;
    points->most = most;
    return points;
}

void points_free(struct points *points)
{
    if (points)
        agent_program_free(points->condition);
    free(points);
}

static bool is_conditional(const struct point *point)
{
    return point->address & 4;
}

static void insert(struct points *points, struct point *point)
{
    struct cpu *cpu = points->cpu;
    if (is_conditional(point))
        point->actions = (struct point_actions){.conditions = &points->condition, .nconditions = 1};
    if (!point->length) {
        cpu_breakpoint_insert(cpu, point->address);
        if (is_conditional(point))
            cpu_breakpoint_attach(cpu, point->address, &point->actions);
        return;
    }
    point->watch = watch_insert(cpu->mmu.watches, point->address, point->length, point->kind, point->stop_after);
    point->watch->actions = is_conditional(point) ? &point->actions : NULL;
}

static void place(struct points *points, struct point point)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->point[i].address == point.address)
            return;
    points->point[points->count] = point;
    insert(points, &points->point[points->count++]);
}

/* The address, in the segment that maps low RAM linearly, of a page with this flag, at random; false: none was found. */
static bool random_page(struct points *points, enum page_flag flag, uint32_t *address)
{
    const struct cpu *cpu = points->cpu;
    const struct arena *arena = cpu->machine->arena;
    size_t first = arena_page_of(arena, arena->low_ram), pages = arena->low_ram_size >> ARENA_PAGE_BITS;
    size_t start = random_below(&points->random, pages);
    for (size_t i = 0; i < pages; i++) {
        size_t page = (start + i) % pages;
        if (cpu->mmu.page_flags[first + page] & flag) {
            *address = cpu->arch->direct_base + (uint32_t)(page << ARENA_PAGE_BITS);
            return true;
        }
    }
    return false;
}

static void place_breakpoint(struct points *points, uint64_t sample)
{
    uint32_t page;
    if (random_page(points, PAGE_CODE, &page))
        place(points, (struct point){sample, .address = page + (uint32_t)random_below(&points->random, GUEST_PAGE / 4) * 4});
}

static void place_watch(struct points *points, uint64_t sample)
{
    uint32_t page;
    if (!random_page(points, PAGE_DIRTY, &page))
        return;
    struct point point = {
        .sample = sample,
        .address = page + (uint32_t)random_below(&points->random, GUEST_PAGE - WATCH_LENGTH_MAX),
        .length = 1 + (uint32_t)random_below(&points->random, WATCH_LENGTH_MAX),
        .kind = 1 + (unsigned)random_below(&points->random, WATCH_ACCESS),
        .stop_after = random_below(&points->random, 2),
    };
    place(points, point);
}

static void place_loaded(struct points *points, uint64_t sample)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->point[i].sample == sample)
            insert(points, &points->point[i]);
}

static void place_random(struct points *points, uint64_t sample)
{
    for (unsigned i = 0; i < PLACED_AT_ONCE && points->count < points->most; i++) {
        if (i % 2)
            place_watch(points, sample);
        else
            place_breakpoint(points, sample);
    }
}

void points_place(struct points *points, uint64_t sample)
{
    if (points->loaded)
        place_loaded(points, sample);
    else if (sample % PLACED_EVERY == 0)
        place_random(points, sample);
}

static struct point *find_breakpoint(struct points *points, uint32_t pc)
{
    for (size_t i = 0; i < points->count; i++)
        if (!points->point[i].length && !points->point[i].removed && points->point[i].address == pc)
            return &points->point[i];
    return NULL;
}

static struct point *find_hit(struct points *points)
{
    const struct cpu *cpu = points->cpu;
    if (cpu->debug.reason == DEBUG_BREAKPOINT) { /* one on a slot stops at the branch */
        struct point *point = find_breakpoint(points, cpu->debug.pc);
        return point ? point : find_breakpoint(points, cpu->debug.pc + cpu->arch->insn_align);
    }
    for (size_t i = 0; cpu->debug.reason == DEBUG_WATCH && i < points->count; i++)
        if (points->point[i].watch && points->point[i].watch == cpu->debug.watch)
            return &points->point[i];
    return NULL;
}

static void remove_point(struct points *points, struct point *point)
{
    struct cpu *cpu = points->cpu;
    point->removed = true;
    if (point->length)
        watch_remove(cpu->mmu.watches, point->address, point->length, point->kind);
    if (!point->length && is_conditional(point))
        cpu_breakpoint_detach(cpu, point->address, &point->actions);
    if (!point->length)
        cpu_breakpoint_remove(cpu, point->address);
    point->watch = NULL;
}

bool points_hit(struct points *points)
{
    struct cpu *cpu = points->cpu;
    struct point *point = find_hit(points);
    if (!point)
        return false;
    points->hits++;
    cpu->skip_breakpoint = cpu->debug.reason == DEBUG_BREAKPOINT;
    cpu->skip_watch = cpu->debug.reason == DEBUG_WATCH && !cpu->debug.after;
    if (++point->hits > HITS_KEPT)
        remove_point(points, point);
    return true;
}

uint64_t points_hits(const struct points *points)
{
    return points->hits;
}

size_t points_count(const struct points *points)
{
    return points->count;
}

bool points_save(const struct points *points, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    for (const struct point *point = points->point; point < points->point + points->count; point++)
        if (!point->hits)
            fprintf(file, "%" PRIu64 " %" PRIx32 " %" PRIu32 " %u %d\n", point->sample, point->address, point->length,
                    point->kind, point->stop_after);
    return fclose(file) == 0;
}

bool points_load(struct points *points, const char *path)
{
    FILE *file = fopen(path, "r");
    struct point point = {0};
    int stop_after;
    if (!file)
        return false;
    while (points->count < points->most && fscanf(file, "%" SCNu64 " %" SCNx32 " %" SCNu32 " %u %d", &point.sample,
                                                  &point.address, &point.length, &point.kind, &stop_after) == 5) {
        point.stop_after = stop_after;
        points->point[points->count++] = point;
    }
    fclose(file);
    points->loaded = true;
    return points->count;
}
