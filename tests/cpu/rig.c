#include "tests/cpu/rig.h"

#include <stdio.h>
#include <string.h>

#include "cpu/backend.h"
#include "cpu/mips/cp0.h"

bool rig_has_jit(void)
{
    return host_backend != NULL;
}

const char *rig_name(const struct rig_config *config)
{
    static char name[128];
    snprintf(name, sizeof(name), "%s, max_block %u, %s-endian%s%s%s%s%s", config->accel == ACCEL_JIT ? "jit" : "interpreter",
             config->max_block, config->big_endian ? "big" : "little", config->code_cache ? ", small code cache" : "",
             config->toggles & CPU_NO_PINS ? ", no pins" : "", config->toggles & CPU_ONE_TLB_ENTRY ? ", one TLB entry" : "",
             config->toggles & CPU_FAULT_FIRST ? ", faults first" : "", config->toggles & CPU_LONG_BLOCKS ? ", long blocks" : "");
    return name;
}

static void map_ram(struct rig *rig)
{
    struct arena *arena = rig->machine.arena;
    const struct region ram = {.name = "ram", .kind = REGION_RAM, .size = RIG_RAM, .host = arena->low_ram};
    const struct region debug = {
        .name = "debug",
        .kind = REGION_RAM,
        .size = GUEST_PAGE,
        .host = arena_alloc(arena, "debug", ARENA_RAM, GUEST_PAGE),
    };
    physmap_add(rig->machine.phys, 0, 0, &ram);
    physmap_add(rig->machine.phys, RIG_DEBUG & 0x1ffff000, 0, &debug);
}

void rig_open(struct rig *rig, const struct rig_config *config)
{
    const struct cpu_options options = {.accel = config->accel,
                                        .max_block = config->max_block,
                                        .code_cache = config->code_cache ? config->code_cache : (size_t)16 << 20,
                                        .toggles = config->toggles};
    *rig = (struct rig){.cpu = NULL};
    struct arena *arena = arena_new(RIG_RAM, RIG_RAM + GUEST_PAGE, mips_arch.state_size, cpu_derived_size());
    assert(arena);
    machine_init(&rig->machine, arena, config->big_endian);
    rig->machine.clock->rate = CLOCK_RATE_SHIFT(3);
    rig->machine.phys = physmap_new("system", 32, 0, config->big_endian);
    map_ram(rig);
    rig->cpu = mips_cpu_new(&rig->machine, mips_model_find("24Kf"), &options);
    assert(rig->cpu);
    rig->cpu->idle_jumps = true;
    rig->s = cpu_state(rig->cpu);
}

void rig_close(struct rig *rig)
{
    cpu_free(rig->cpu);
    inputs_free(rig->machine.inputs);
    physmap_free(rig->machine.phys);
    arena_free(rig->machine.arena);
}

void rig_write(struct rig *rig, uint32_t va, const void *bytes, size_t length)
{
    bool ok = phys_write(rig->machine.phys, va & 0x1fffffff, bytes, length, PHYS_LOADER);
    assert(ok);
    (void)ok;
}

void rig_read(const struct rig *rig, uint32_t va, void *bytes, size_t length)
{
    bool ok = phys_read(rig->machine.phys, va & 0x1fffffff, bytes, length, PHYS_LOADER);
    assert(ok);
    (void)ok;
}

void rig_words(struct rig *rig, uint32_t va, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t word = rig->machine.big_endian ? __builtin_bswap32(words[i]) : words[i];
        rig_write(rig, va + 4 * (uint32_t)i, &word, sizeof(word));
    }
}

/* Would addresses translate alike? */
static bool same_mapping(const struct mips_state *a, const struct mips_state *b)
{
    return !memcmp(a->tlb, b->tlb, sizeof(a->tlb)) && a->entry_hi == b->entry_hi && !((a->status ^ b->status) & STATUS_ERL);
}

void rig_restore(struct rig *rig, const struct mips_state *state)
{
    bool same = same_mapping(rig->s, state);
    *rig->s = *state;
    rig->machine.clock->icount = 0;
    rig->machine.clock->idle_ns = 0;
    rig->cpu->skip_watch = false;
    if (!same)
        cpu_flush_all(rig->cpu);
    mips_count_arm(rig->cpu);
    mips_update_interrupts(rig->cpu);
}
