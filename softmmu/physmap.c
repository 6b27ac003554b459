/*
 * The structure of a physical map.
 *
 * A map keeps its mappings as they were made and, derived from them, a view: the sorted pieces of its address space with
 * all priorities, aliases and windows resolved. The view is rebuilt whenever the map changes or a map changes that it sees
 * through windows; both are rare and small, lookups are not.
 *
 * Views are made from mappings only, never from other views, so maps may have windows onto each other (a PCI bus that sees
 * RAM, a CPU that sees the bus). A path of windows that leads back to where it began ends after WINDOW_DEPTH steps.
 *
 * Of two mappings with the same priority the younger wins. A window hides what lies below it also where its target
 * decodes nothing. Listeners must not change a map.
 */
#include "softmmu/physmap_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "softmmu/alloc.h"

#define WINDOW_DEPTH 8

/* How many bytes a mapping can serve at most: RAM ends, and a window ends where its target's addresses would wrap. */
static uint64_t capacity_of(const struct mapping *mapping)
{
    switch (mapping->region->kind) {
    case REGION_RAM:
    case REGION_ROM:
        return mapping->region->size - mapping->offset;
    case REGION_WINDOW: {
        uint64_t start = mapping->region->target_base + mapping->offset;
        return start ? 0 - start : UINT64_MAX;
    }
    default:
        return UINT64_MAX;
    }
}

/* The addresses that a mapping claims, cut to the map's width; false if there are none. */
static bool extent(const struct physmap *map, const struct mapping *mapping, uint64_t *first, uint64_t *last)
{
    uint64_t size = min_u64(mapping->size, capacity_of(mapping));
    if (size == 0 || mapping->base > map->mask)
        return false;
    *first = mapping->base;
    *last = mapping->base + min_u64(size - 1, map->mask - mapping->base);
    return true;
}

/* Who answers at `from` (or NULL); *to is lowered to the last address up to which this stays so. */
static const struct mapping *winner(const struct physmap *map, uint64_t from, uint64_t *to)
{
    const struct mapping *best = NULL;
    uint64_t first, last, best_last = UINT64_MAX;
    size_t best_index = 0;
    for (size_t i = 0; i < map->count; i++) {
        const struct mapping *mapping = map->mappings[i];
        if (!extent(map, mapping, &first, &last) || first > from || last < from)
            continue;
        if (!best || mapping->priority >= best->priority) {
            best = mapping;
            best_last = last;
            best_index = i;
        }
    }
    *to = min_u64(*to, best_last);
    for (size_t i = 0; i < map->count; i++) {
        const struct mapping *mapping = map->mappings[i];
        bool above = !best || mapping->priority > best->priority || (mapping->priority == best->priority && i > best_index);
        if (above && extent(map, mapping, &first, &last) && first > from)
            *to = min_u64(*to, first - 1);
    }
    return best;
}

/* Adds a piece that ends at outer address `last`; it begins where the one before ended. */
static void append(struct view *view, uint64_t last, const struct region *region, uint64_t offset, uint8_t undecoded)
{
    struct range *before = view->count ? &view->ranges[view->count - 1] : NULL;
    if (before && !region && !before->region && before->undecoded == undecoded) {
        before->last = last;
        return;
    }
    uint64_t first = before ? before->last + 1 : 0;
    assert(first <= last);
    view->ranges = alloc_room(view->ranges, &view->capacity, view->count + 1, sizeof(*view->ranges));
    view->ranges[view->count++] = (struct range){first, last, region, offset, undecoded};
}

/* Appends what `map` answers from `first` to `last`; `delta` leads from its addresses to the outermost map's. */
static void flatten(struct view *view, const struct physmap *map, uint64_t first, uint64_t last, uint64_t delta, unsigned depth)
{
    assert(first <= last && depth <= WINDOW_DEPTH);
    for (uint64_t from = first;;) {
        uint64_t to = last;
        const struct mapping *mapping = winner(map, from, &to);
        const struct region *region = mapping ? mapping->region : NULL;
        uint64_t offset = mapping ? mapping->offset + (from - mapping->base) : 0;
        if (!region || region->kind != REGION_WINDOW) {
            append(view, to + delta, region, offset, map->undecoded);
        } else if (!region->target || depth == WINDOW_DEPTH) {
            append(view, to + delta, NULL, 0, map->undecoded);
        } else {
            uint64_t at = region->target_base + offset;
            flatten(view, region->target, at, at + (to - from), from + delta - at, depth + 1);
        }
        if (to == last)
            return;
        from = to + 1;
    }
}

static bool same_answers(const struct view *a, const struct view *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct range *x = &a->ranges[i], *y = &b->ranges[i];
        if (x->first != y->first || x->last != y->last || x->region != y->region || x->offset != y->offset ||
            x->undecoded != y->undecoded)
            return false;
    }
    return true;
}

/* Makes the view anew; true if any answer is another one now. */
static bool rebuild(struct physmap *map)
{
    struct view old = *map->view;
    *map->view = map->spare;
    map->view->count = 0;
    map->view->hit = 0;
    flatten(map->view, map, 0, UINT64_MAX, 0, 0);
    assert(map->view->count && map->view->ranges[map->view->count - 1].last == UINT64_MAX);
    map->spare = old;
    return !same_answers(map->view, &old);
}

/* Puts the map, and all that see it through windows, in front of the list. */
static struct physmap *collect(struct physmap *map, struct physmap *list)
{
    assert(list != map);
    if (map->affected)
        return list;
    map->affected = true;
    map->next_affected = list;
    list = map;
    for (size_t i = 0; i < map->nouters; i++)
        list = collect(map->outers[i], list);
    return list;
}

/* After a change: all views first, then the listeners, who may look anything up. */
static void refresh(struct physmap *changed)
{
    struct physmap *list = collect(changed, NULL);
    for (struct physmap *map = list; map; map = map->next_affected) {
        map->differs = rebuild(map);
        map->affected = false;
    }
    for (struct physmap *map = list; map; map = map->next_affected)
        if (map->differs && map->changed)
            map->changed(map->changed_opaque);
}

struct physmap *physmap_new(const char *name, unsigned bits, uint8_t undecoded, bool cpu_big_endian)
{
    assert(name);
    assert(bits >= 1 && bits <= 64);
    struct physmap *map = alloc_zeroed(sizeof(*map));
    map->name = name;
    map->mask = UINT64_MAX >> (64 - bits);
    map->undecoded = undecoded;
    map->big_endian = cpu_big_endian;
    map->view = alloc_zeroed(sizeof(*map->view));
    rebuild(map);
    return map;
}

static void forget_outer(struct physmap *target, const struct physmap *outer)
{
    for (size_t i = 0; i < target->nouters; i++)
        if (target->outers[i] == outer)
            target->outers[i--] = target->outers[--target->nouters];
}

/* Windows of others onto a map that goes away read as undecoded from then on. */
static void close_windows(struct physmap *outer, const struct physmap *target)
{
    for (size_t i = 0; i < outer->count; i++)
        if (outer->mappings[i]->own.target == target)
            outer->mappings[i]->own.target = NULL;
}

void physmap_free(struct physmap *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->count; i++)
        if (map->mappings[i]->own.target)
            forget_outer(map->mappings[i]->own.target, map);
    for (size_t i = 0; i < map->nouters; i++)
        close_windows(map->outers[i], map);
    for (size_t i = 0; i < map->nouters; i++)
        refresh(map->outers[i]);
    for (size_t i = 0; i < map->count; i++)
        free(map->mappings[i]);
    free(map->mappings);
    free(map->outers);
    free(map->view->ranges);
    free(map->view);
    free(map->spare.ranges);
    free(map);
}

static void remember_outer(struct physmap *target, struct physmap *outer)
{
    forget_outer(target, outer);
    target->outers = alloc_room(target->outers, &target->outers_capacity, target->nouters + 1, sizeof(*target->outers));
    target->outers[target->nouters++] = outer;
}

static struct mapping *mapping_new(struct physmap *map, uint64_t base, uint64_t size, int priority)
{
    struct mapping *mapping = alloc_zeroed(sizeof(*mapping));
    mapping->base = base;
    mapping->size = size;
    mapping->priority = priority;
    map->mappings = alloc_room(map->mappings, &map->capacity, map->count + 1, sizeof(*map->mappings));
    map->mappings[map->count++] = mapping;
    return mapping;
}

unsigned physmap_add(struct physmap *map, uint64_t base, int priority, const struct region *region)
{
    assert(region->name);
    assert(region->host || (region->kind != REGION_RAM && region->kind != REGION_ROM));
    assert((region->target != NULL) == (region->kind == REGION_WINDOW));
    assert(!region->ops || ((region->ops->min_size & (region->ops->min_size - 1)) == 0 && region->ops->min_size <= 8));
    assert(!region->ops || ((region->ops->max_size & (region->ops->max_size - 1)) == 0 && region->ops->max_size <= 8));
    struct mapping *mapping = mapping_new(map, base, region->size, priority);
    mapping->own = *region;
    mapping->region = &mapping->own;
    if (region->target)
        remember_outer(region->target, map);
    refresh(map);
    return (unsigned)map->count - 1;
}

unsigned physmap_add_alias(struct physmap *map, uint64_t base, int priority, unsigned of, uint64_t offset, uint64_t size)
{
    assert(of < map->count);
    const struct mapping *origin = map->mappings[of];
    struct mapping *mapping = mapping_new(map, base, size, priority);
    mapping->alias = true;
    mapping->region = origin->region;
    mapping->offset = origin->offset + offset;
    assert(mapping->offset <= mapping->region->size || mapping->region->kind == REGION_WINDOW);
    refresh(map);
    return (unsigned)map->count - 1;
}

void physmap_move(struct physmap *map, unsigned handle, uint64_t base, uint64_t size)
{
    assert(handle < map->count);
    struct mapping *mapping = map->mappings[handle];
    if (mapping->base == base && mapping->size == size)
        return;
    mapping->base = base;
    mapping->size = size;
    refresh(map);
}

void physmap_on_change(struct physmap *map, void (*fn)(void *opaque), void *opaque)
{
    map->changed = fn;
    map->changed_opaque = opaque;
}

void physmap_set_hooks(struct physmap *map, const struct phys_hooks *hooks)
{
    map->hooks = *hooks;
}

const struct range *physmap_lookup(const struct physmap *map, uint64_t addr)
{
    struct view *view = map->view;
    const struct range *hit = &view->ranges[view->hit];
    if (addr >= hit->first && addr <= hit->last)
        return hit;
    size_t low = 0, high = view->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (view->ranges[middle].last < addr)
            low = middle + 1;
        else
            high = middle;
    }
    view->hit = low;
    return &view->ranges[low];
}

struct phys_place physmap_find(const struct physmap *map, uint64_t addr)
{
    const struct range *range = physmap_lookup(map, addr);
    uint64_t left = range->last - addr;
    return (struct phys_place){
        .region = range->region,
        .offset = range->region ? range->offset + (addr - range->first) : 0,
        .length = left == UINT64_MAX ? left : left + 1,
    };
}

static const char *const kind_names[] = {"ram", "rom", "mmio", "window"};

struct printer {
    void (*line)(void *opaque, const char *text);
    void *opaque;
};

static void print_map(const struct printer *printer, const struct physmap *map, unsigned depth);

static void print_mapping(const struct printer *printer, const struct physmap *map, const struct mapping *mapping, unsigned depth)
{
    char where[48] = "off", more[96] = "", text[256];
    const struct region *region = mapping->region;
    uint64_t first, last;
    if (extent(map, mapping, &first, &last))
        snprintf(where, sizeof(where), "%08" PRIx64 "-%08" PRIx64, first, last);
    if (region->kind == REGION_WINDOW)
        snprintf(more, sizeof(more), " onto %s at %08" PRIx64, region->target ? region->target->name : "nothing",
                 region->target_base + mapping->offset);
    else if (mapping->alias)
        snprintf(more, sizeof(more), " from its byte %08" PRIx64 " on", mapping->offset);
    snprintf(text, sizeof(text), "%*s%s priority %d: %s%s %s%s", 2 * (int)depth, "", where, mapping->priority,
             mapping->alias ? "alias of " : "", kind_names[region->kind], region->name, more);
    printer->line(printer->opaque, text);
    if (region->kind == REGION_WINDOW && region->target && depth < WINDOW_DEPTH)
        print_map(printer, region->target, depth + 1);
}

/* The mapping that follows *index and *base in the order (base, age), or NULL; *index is SIZE_MAX before the first. */
static const struct mapping *next_by_base(const struct physmap *map, size_t *index, uint64_t *base)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < map->count; i++) {
        uint64_t at = map->mappings[i]->base;
        bool later = *index == SIZE_MAX || at > *base || (at == *base && i > *index);
        if (later && (best == SIZE_MAX || at < map->mappings[best]->base))
            best = i;
    }
    if (best == SIZE_MAX)
        return NULL;
    *index = best;
    *base = map->mappings[best]->base;
    return map->mappings[best];
}

static void print_map(const struct printer *printer, const struct physmap *map, unsigned depth)
{
    char text[160];
    snprintf(text, sizeof(text), "%*s%s: up to %08" PRIx64 ", undecoded %02x", 2 * (int)depth, "", map->name, map->mask,
             map->undecoded);
    printer->line(printer->opaque, text);
    size_t index = SIZE_MAX;
    uint64_t base = 0;
    for (const struct mapping *mapping; (mapping = next_by_base(map, &index, &base));)
        print_mapping(printer, map, mapping, depth + 1);
}

void physmap_print(const struct physmap *map, void (*line)(void *opaque, const char *text), void *opaque)
{
    print_map(&(struct printer){line, opaque}, map, 0);
}
