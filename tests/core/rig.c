#include "tests/core/rig.h"

#include <stdio.h>
#include <string.h>

#include "cpu/backend.h"
#include "cpu/mips/cp0.h"
#include "softmmu/alloc.h"

#define DEVICE_PHYS 0x1f000000u

static void note(struct rig *rig, uint64_t offset, uint64_t value, unsigned size, bool write)
{
    assert_true(rig->naccesses < RIG_ACCESSES);
    rig->access[rig->naccesses++] = (struct rig_access){rig->clock->icount, offset, value, size, write};
}

static uint64_t device_read(void *opaque, uint64_t offset, unsigned size)
{
    note(opaque, offset, 0, size, false);
    return 0x11223344 >> (8 * (offset & 3));
}

static void device_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct rig *rig = opaque;
    note(rig, offset, value, size, true);
    if (rig->on_write)
        rig->on_write(rig, value);
}

static void timer_fired(void *opaque, uint64_t deadline)
{
    struct rig *rig = opaque;
    assert_true(rig->nfired < RIG_ACCESSES);
    rig->fired[rig->nfired++] = rig->clock->icount;
    if (rig->on_timer)
        rig->on_timer(rig);
}

static void map_all(struct rig *rig)
{
    static const struct mmio_ops ops = {.read = device_read, .write = device_write};
    const struct region ram = {.name = "ram", .kind = REGION_RAM, .size = RIG_RAM, .host = rig->machine.arena->low_ram};
    const struct region device = {
        .name = "device",
        .kind = REGION_MMIO,
        .flags = REGION_CPU_ORDER,
        .size = GUEST_PAGE,
        .ops = &ops,
        .opaque = rig,
    };
    physmap_add(rig->machine.phys, 0, 0, &ram);
    rig->device = physmap_add(rig->machine.phys, DEVICE_PHYS, 0, &device);
}

void rig_open(struct rig *rig, const struct rig_config *config)
{
    const struct cpu_options options = {
        .accel = config->accel, .max_block = config->max_block, .code_cache = (size_t)4 << 20, .toggles = config->toggles};
    *rig = (struct rig){.toggles = config->toggles};
    struct arena *arena = arena_new(RIG_RAM, RIG_RAM, mips_arch.state_size, cpu_derived_size());
    machine_init(&rig->machine, arena, config->big_endian);
    rig->clock = rig->machine.clock;
    rig->machine.phys = physmap_new("system", 32, 0, config->big_endian);
    map_all(rig);
    rig->cpu = mips_cpu_new(&rig->machine, mips_model_find("24Kf"), &options);
    assert_non_null(rig->cpu);
    assert_int_equal(rig->cpu->jit != NULL, config->accel == ACCEL_JIT);
    rig->s = cpu_state(rig->cpu);
    rig->irq = mips_cpu_irq(rig->cpu, 2);
    rig->timer = timer_add(&rig->machine.timers, "test", timer_fired, rig);
    rig->cpu->idle_jumps = true;
}

void rig_close(struct rig *rig)
{
    cpu_free(rig->cpu);
    inputs_free(rig->machine.inputs);
    physmap_free(rig->machine.phys);
    arena_free(rig->machine.arena);
}

void rig_words(struct rig *rig, uint32_t va, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word = rig->machine.big_endian ? __builtin_bswap32(words[i]) : words[i];
        assert_true(phys_write(rig->machine.phys, (va & 0x1fffffff) + 4 * i, &word, sizeof(word), PHYS_LOADER));
    }
}

uint32_t rig_word(struct rig *rig, uint32_t va)
{
    uint32_t word;
    assert_true(phys_read(rig->machine.phys, va & 0x1fffffff, &word, sizeof(word), PHYS_LOADER));
    return rig->machine.big_endian ? __builtin_bswap32(word) : word;
}

void rig_map_pair(struct rig *rig, unsigned index, uint32_t va, uint32_t even, uint32_t odd)
{
    struct mips_state *s = rig->s;
    s->index = index;
    s->entry_hi = va & ~0x1fffu;
    s->entry_lo[0] = even >> 6 | ENTRYLO_V | ENTRYLO_G;
    s->entry_lo[1] = odd >> 6 | ENTRYLO_V | ENTRYLO_G;
    helper_tlbwi(rig->cpu, 0, 0, RIG_CODE);
}

void rig_start(struct rig *rig, uint32_t status)
{
    const uint32_t args[2] = {RIG_DEVICE, RIG_DATA};
    memset(rig->s->gpr, 0, sizeof(rig->s->gpr));
    rig->clock->icount = 0;
    rig->clock->idle_ns = 0;
    mips_cpu_start(rig->cpu, RIG_CODE, args, 2, 0, status);
    rig->naccesses = rig->nfired = 0;
}

void rig_warm(struct rig *rig, uint64_t count)
{
    rig_start(rig, 0);
    assert_int_equal(cpu_run(rig->cpu, count), CPU_EXIT_LIMIT);
    rig_start(rig, 0);
}

static int set_up(void **state)
{
    const struct rig_config *config = *state;
    struct rig *rig = alloc_zeroed(sizeof(*rig));
    rig_open(rig, config);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

int rig_run_tests(const struct rig_test *tests, size_t count)
{
    static struct rig_config configs[] = {
        {ACCEL_INTERP, false, 0, 0                },
        {ACCEL_INTERP, true,  0, 0                },
        {ACCEL_INTERP, false, 1, 0                },
        {ACCEL_INTERP, false, 0, CPU_ONE_TLB_ENTRY},
        {ACCEL_JIT,    false, 0, 0                },
        {ACCEL_JIT,    true,  0, 0                },
        {ACCEL_JIT,    false, 1, 0                },
        {ACCEL_JIT,    false, 0, CPU_NO_PINS      },
        {ACCEL_JIT,    false, 0, CPU_ONE_TLB_ENTRY},
        {ACCEL_JIT,    false, 0, CPU_FAULT_FIRST  },
        {ACCEL_JIT,    false, 0, CPU_LONG_BLOCKS  },
    };
    int failed = 0;
    for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
        char group[128];
        struct CMUnitTest *rows = alloc_zeroed(count * sizeof(*rows));
        if (configs[i].accel == ACCEL_JIT && !host_backend)
            continue;
        for (size_t t = 0; t < count; t++)
            rows[t] = (struct CMUnitTest){tests[t].name, tests[t].fn, set_up, tear_down, &configs[i]};
        snprintf(group, sizeof(group), "%s, %s-endian, max_block %u%s%s%s%s", configs[i].accel == ACCEL_JIT ? "jit" : "interp",
                 configs[i].big_endian ? "big" : "little", configs[i].max_block,
                 configs[i].toggles & CPU_NO_PINS ? ", no pins" : "",
                 configs[i].toggles & CPU_ONE_TLB_ENTRY ? ", one TLB entry" : "",
                 configs[i].toggles & CPU_FAULT_FIRST ? ", faults first" : "",
                 configs[i].toggles & CPU_LONG_BLOCKS ? ", long blocks" : "");
        failed += _cmocka_run_group_tests(group, rows, count, NULL, NULL);
        free(rows);
    }
    return failed;
}
