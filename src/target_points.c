#include <string.h>

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

/* Where the point is or would be; *found says which. */
static size_t find_point(const struct stub_target *target, const struct point *key, bool *found)
{
    size_t low = 0, high = target->npoints;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_points(&target->points[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < target->npoints && compare_points(&target->points[low], key) == 0;
    return low;
}

/* A breakpoint is one address whatever its kind says, so its length does not count. */
static bool make_key(struct stub_target *target, struct point *key, enum target_point type, uint64_t address, uint64_t length,
                     const char **error)
{
    bool watch = type >= TARGET_WRITE_WATCH;
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

static void add_point(struct stub_target *target, size_t place, struct point key)
{
    target->points = alloc_room(target->points, &target->points_capacity, target->npoints + 1, sizeof(key));
    memmove(&target->points[place + 1], &target->points[place], (target->npoints - place) * sizeof(key));
    arm(target->vm, &key);
    target->points[place] = key;
    target->npoints++;
}

bool target_points_insert(void *opaque, enum target_point type, uint64_t address, uint64_t length,
                          const struct target_actions *wanted, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    struct point_actions *actions;
    bool found;
    if (!make_key(target, &key, type, address, length, error) || !point_actions_new(target->vm->cpu, wanted, &actions, error))
        return false;
    size_t place = find_point(target, &key, &found);
    if (!found)
        add_point(target, place, key);
    set_actions(target->vm, &target->points[place], actions, wanted->persist);
    return true;
}

bool target_points_remove(void *opaque, enum target_point type, uint64_t address, uint64_t length, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    bool found;
    if (!make_key(target, &key, type, address, length, error))
        return false;
    size_t place = find_point(target, &key, &found);
    if (!found)
        *error = "there is no such point";
    else {
        disarm(target->vm, &target->points[place]);
        target->npoints--;
        memmove(&target->points[place], &target->points[place + 1], (target->npoints - place) * sizeof(key));
    }
    return found;
}

void target_points_remove_all(void *opaque)
{
    struct stub_target *target = opaque;
    while (target->npoints)
        disarm(target->vm, &target->points[--target->npoints]);
}

void target_points_client_gone(struct stub_target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->npoints; i++)
        if (target->points[i].persist)
            target->points[kept++] = target->points[i];
        else
            disarm(target->vm, &target->points[i]);
    target->npoints = kept;
}

bool target_points_has(const struct stub_target *target, uint32_t address, enum target_point type)
{
    bool found;
    find_point(target, &(struct point){.address = address, .type = type}, &found);
    return found;
}

const struct point *target_points_of_watch(const struct stub_target *target, const struct watch *watch)
{
    for (size_t i = 0; watch && i < target->npoints; i++)
        if (target->points[i].watch == watch)
            return &target->points[i];
    return NULL;
}

void target_each_point(void (*fn)(void *opaque, enum target_point type, uint32_t address, uint64_t length), void *opaque)
{
    const struct stub_target *target = target_present();
    for (size_t i = 0; target && i < target->npoints; i++)
        fn(opaque, target->points[i].type, target->points[i].address, target->points[i].length);
}
