#include "softmmu/alloc.h"
#include "softmmu/watch.h"
#include "src/point_actions.h"
#include "src/target_internal.h"

static const unsigned watch_kinds[] = {
    [TARGET_WRITE_WATCH] = WATCH_WRITE,
    [TARGET_READ_WATCH] = WATCH_READ,
    [TARGET_ACCESS_WATCH] = WATCH_ACCESS,
};

static int compare_points(const struct point *a, const struct point *b)
{
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}

/* Those of several lengths or types at one address share a bucket. */
static struct point **bucket_of(const struct target_points *points, const struct point *key)
{
    assert(points->nbuckets && !(points->nbuckets & (points->nbuckets - 1)));
    return &points->buckets[key->address * UINT64_C(0x9e3779b97f4a7c15) >> 32 & (points->nbuckets - 1)];
}

/* The link to the point, or to NULL if there is none. */
static struct point **find_point(const struct target_points *points, const struct point *key)
{
    struct point **link = bucket_of(points, key);
    while (*link && compare_points(*link, key) != 0)
        link = &(*link)->next;
    return link;
}

void target_points_make(struct target_points *points)
{
    points->nbuckets = 64;
    points->buckets = alloc_zeroed(points->nbuckets * sizeof(*points->buckets));
}

static void grow(struct target_points *points)
{
    const struct target_points old = *points;
    assert(old.nbuckets && old.count <= old.nbuckets);
    points->nbuckets *= 2;
    points->buckets = alloc_zeroed(points->nbuckets * sizeof(*points->buckets));
    for (size_t i = 0; i < old.nbuckets; i++)
        for (struct point *point = old.buckets[i], *next; point; point = next) {
            struct point **bucket = bucket_of(points, point);
            next = point->next;
            point->next = *bucket;
            *bucket = point;
        }
    free(old.buckets);
}

/* A breakpoint is one address whatever its kind says, so its length does not count. */
static bool make_key(struct stub_target *target, struct point *key, enum target_point type, uint64_t address, uint64_t length,
                     const char **error)
{
    bool watch = type >= TARGET_WRITE_WATCH;
    assert(type <= TARGET_ACCESS_WATCH);
    *key = (struct point){.type = type, .length = watch ? length : 0};
    if (!target_canonical(address, &key->address))
        *error = "not an address of this CPU";
    else if (!watch && key->address % target->vm->cpu->arch->insn_align)
        *error = "no instruction can stand at this address: misaligned";
    else if (watch && (!length || length > (UINT64_C(1) << 32) - key->address))
        *error = "the watched range is empty or goes past the end of memory";
    else
        return true;
    return false;
}

static void arm(struct vm *vm, struct point *point)
{
    assert(!point->watch && !point->actions);
    if (point->type < TARGET_WRITE_WATCH) {
        cpu_breakpoint_insert(vm->cpu, point->address);
        return;
    }
    point->watch = watch_insert(vm->cpu->mmu.watches, point->address, point->length, watch_kinds[point->type], false);
    assert(point->watch);
}

/* Takes the actions over; those before are gone. */
static void set_actions(struct vm *vm, struct point *point, struct point_actions *actions, bool persist)
{
    if (point->actions && !point->watch)
        cpu_breakpoint_detach(vm->cpu, point->address, point->actions);
    actions_free(point->actions);
    point->actions = actions;
    point->persist = persist && actions && actions->ncommands;
    if (point->watch)
        point->watch->actions = actions;
    else if (actions)
        cpu_breakpoint_attach(vm->cpu, point->address, actions);
}

static void disarm(struct vm *vm, struct point *point)
{
    set_actions(vm, point, NULL, false);
    bool done = point->type < TARGET_WRITE_WATCH
                    ? cpu_breakpoint_remove(vm->cpu, point->address)
                    : watch_remove(vm->cpu->mmu.watches, point->address, point->length, watch_kinds[point->type]);
    assert(done);
    (void)done;
}

static struct point *add_point(struct stub_target *target, const struct point *key)
{
    struct target_points *points = &target->points;
    if (points->count == points->nbuckets)
        grow(points);
    struct point **bucket = bucket_of(points, key), *point = alloc_zeroed(sizeof(*point));
    assert(points->count < points->nbuckets);
    *point = *key;
    point->next = *bucket;
    *bucket = point;
    points->count++;
    arm(target->vm, point);
    return point;
}

static void take_out(struct stub_target *target, struct point **link)
{
    struct point *point = *link;
    assert(point && target->points.count);
    disarm(target->vm, point);
    *link = point->next;
    free(point);
    target->points.count--;
}

bool target_points_insert(void *opaque, enum target_point type, uint64_t address, uint64_t length,
                          const struct target_actions *wanted, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    struct point_actions *actions;
    if (!make_key(target, &key, type, address, length, error) || !point_actions_new(target->vm->cpu, wanted, &actions, error))
        return false;
    struct point *point = *find_point(&target->points, &key);
    set_actions(target->vm, point ? point : add_point(target, &key), actions, wanted->persist);
    return true;
}

bool target_points_remove(void *opaque, enum target_point type, uint64_t address, uint64_t length, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    if (!make_key(target, &key, type, address, length, error))
        return false;
    struct point **link = find_point(&target->points, &key);
    if (!*link) {
        *error = "there is no such point";
        return false;
    }
    take_out(target, link);
    return true;
}

static void remove_points(struct stub_target *target, bool keep_persistent)
{
    for (size_t i = 0; i < target->points.nbuckets; i++)
        for (struct point **link = &target->points.buckets[i]; *link;)
            if (keep_persistent && (*link)->persist)
                link = &(*link)->next;
            else
                take_out(target, link);
}

void target_points_remove_all(void *opaque)
{
    remove_points(opaque, false);
    assert(!((struct stub_target *)opaque)->points.count);
}

void target_points_client_gone(struct stub_target *target)
{
    remove_points(target, true);
}

void target_points_free(struct stub_target *target)
{
    target_points_remove_all(target);
    free(target->points.buckets);
}

bool target_points_has(const struct stub_target *target, uint32_t address, enum target_point type)
{
    return *find_point(&target->points, &(struct point){.address = address, .type = type});
}

const struct point *target_points_of_watch(const struct stub_target *target, const struct watch *watch)
{
    if (!watch)
        return NULL;
    struct point key = {.address = (uint32_t)watch->first, .length = watch->last - watch->first + 1};
    for (key.type = TARGET_WRITE_WATCH; key.type <= TARGET_ACCESS_WATCH; key.type++) {
        const struct point *point = *find_point(&target->points, &key);
        if (point && point->watch == watch)
            return point;
    }
    return NULL;
}

static int by_address(const void *a, const void *b)
{
    return compare_points(*(const struct point *const *)a, *(const struct point *const *)b);
}

void target_each_point(void (*fn)(void *opaque, enum target_point type, uint32_t address, uint64_t length), void *opaque)
{
    const struct stub_target *target = target_present();
    if (!target)
        return;
    const struct target_points *points = &target->points;
    const struct point **list = alloc_zeroed((points->count + 1) * sizeof(struct point *));
    size_t n = 0;
    for (size_t i = 0; i < points->nbuckets; i++)
        for (const struct point *point = points->buckets[i]; point; point = point->next)
            list[n++] = point;
    assert(n == points->count);
    qsort(list, n, sizeof(*list), by_address);
    for (size_t i = 0; i < n; i++)
        fn(opaque, list[i]->type, list[i]->address, list[i]->length);
    free(list);
}
