#include "tests/devices/rig.h"

#include <string.h>

#include "softmmu/alloc.h"

struct rig *rig_new(bool big_endian)
{
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    struct arena *arena = arena_new(RIG_RAM, RIG_RAM + ((size_t)4 << 20), ARENA_PAGE, ARENA_PAGE);
    assert_non_null(arena);
    machine_init(&rig->machine, arena, big_endian);
    rig->machine.phys = physmap_new("phys", 36, 0x00, big_endian);
    rig->memory = physmap_new("pci-memory", 32, 0x00, big_endian);
    rig->io = physmap_new("pci-io", 32, 0xff, big_endian);
    return rig;
}

void rig_free(struct rig *rig)
{
    physmap_free(rig->machine.phys);
    physmap_free(rig->memory);
    physmap_free(rig->io);
    inputs_free(rig->machine.inputs);
    arena_free(rig->machine.arena);
    free(rig);
}

void rig_map(struct rig *rig, uint64_t at, const struct region *region)
{
    physmap_add(rig->io, at, 0, region);
}

static void rig_set_probe(void *opaque, unsigned line, bool level)
{
    struct probe *probe = &((struct rig *)opaque)->probes[line];
    probe->rises += level && !probe->level;
    probe->level = level;
}

struct irq rig_probe(struct rig *rig, unsigned n)
{
    assert_true(n < RIG_PROBES);
    return (struct irq){rig_set_probe, rig, n};
}

void rig_wait(struct rig *rig, uint64_t ns)
{
    struct clock_state *clock = rig->machine.clock;
    struct timers *timers = &rig->machine.timers;
    uint64_t end = clock->icount + ns;
    while (timers->next <= end) {
        if (timers->next > clock->icount)
            clock->icount = timers->next;
        timers_fire(timers, clock_now(clock));
    }
    clock->icount = end;
}

static void rig_feed(struct rig *rig, uint8_t byte, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        inputs_apply_now(rig->machine.inputs, INPUT_CONSOLE, 0, &byte, 1);
}

/* How the ops that are accesses do it. */
static const struct access {
    bool memory, writes, peeks;
    unsigned size;
} accesses[] = {
    [OUT] = {false, true,  false, 1},
      [OUT2] = {false, true,  false, 2},
      [OUT4] = {false, true,  false, 4},
    [IN] = {false, false, false, 1},
      [IN2] = {false, false, false, 2},
      [IN4] = {false, false, false, 4},
    [PEEK] = {false, false, true,  1},
      [PEEK4] = {false, false, true,  4},
      [STORE] = {true,  true,  false, 4},
    [STORE1] = {true,  true,  false, 1},
      [STORE2] = {true,  true,  false, 2},
      [LOAD] = {true,  false, false, 4},
    [LOAD1] = {true,  false, false, 1},
      [LOAD2] = {true,  false, false, 2},
      [LOOK] = {true,  false, true,  4},
};

static bool expects(enum step_op op)
{
    if (op <= LAST_ACCESS)
        return !accesses[op].writes;
    return op == PROBE || op == RISES || op == ACK || op == REQUEST;
}

static uint64_t rig_access(struct rig *rig, const struct step *step)
{
    const struct access *access = &accesses[step->op];
    struct physmap *map = access->memory ? rig->machine.phys : rig->io;
    if (access->peeks)
        return physmap_peek(map, step->at, access->size);
    if (!access->writes)
        return physmap_read(map, step->at, access->size);
    physmap_write(map, step->at, step->value, access->size);
    return 0;
}

/* Does the step; the value that came of it, for those that expect one. */
static uint64_t rig_do(struct rig *rig, const struct step *step)
{
    uint64_t value = 0;
    switch (step->op) {
    default:
        return rig_access(rig, step);
    case WAIT:
        rig_wait(rig, step->value);
        break;
    case LINE:
        irq_set(&rig->lines[step->at], step->value);
        break;
    case PROBE:
        return rig->probes[step->at].level;
    case RISES:
        value = rig->probes[step->at].rises;
        rig->probes[step->at].rises = 0;
        break;
    case ACK:
        return rig->acknowledge(rig->chip);
    case FEED:
        rig_feed(rig, step->value, step->at);
        break;
    case REQUEST:
        value = rig->machine.s->request;
        machine_request(&rig->machine, REQUEST_NONE);
        break;
    }
    return value;
}

void rig_run(struct rig *rig, const struct row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        uint64_t got = rig_do(rig, &row->steps[i]);
        if (expects(row->steps[i].op) && got != row->steps[i].value)
            fail_msg("%s: step %zu at %#x: got %#llx instead of %#llx", row->name, i, row->steps[i].at, (unsigned long long)got,
                     (unsigned long long)row->steps[i].value);
    }
}

int rig_main(const char *group, const struct row *rows, size_t count, CMUnitTestFunction fn)
{
    struct CMUnitTest *tests = alloc_zeroed(count * sizeof(*tests));
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){rows[i].name, fn, NULL, NULL, (void *)&rows[i]};
    int failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failed;
}
