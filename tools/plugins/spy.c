/*
 * An example of a plug-in: prints who writes to a page table, or to any other range: the instruction, the function that it is in, and what
 * it writes over what.
 *
 *     stakeout ... -plugin spy.so                           the kernel's own page table, swapper_pg_dir
 *     stakeout ... -plugin spy.so,ADDR|SYMBOL[,LENGTH[,COUNT]]
 *
 * After COUNT lines (default 100) it keeps counting and says at the end how many there were.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stakeout-plugin.h>

#define PAGE_TABLE_SIZE 4096

const uint32_t stakeout_plugin_version = STAKEOUT_PLUGIN_VERSION;

static const struct stakeout_functions *stakeout;
static uint64_t writes, wanted_lines = 100;

static void on_write(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit)
{
    char line[256], who[128];
    uint64_t offset;
    const char *name = hit->source == STAKEOUT_BY_CPU ? stakeout->symbol(machine, hit->pc, &offset) : NULL;
    if (writes++ >= wanted_lines)
        return;
    if (hit->source != STAKEOUT_BY_CPU)
        snprintf(who, sizeof(who), "DMA by %s", hit->device ? hit->device : "a device");
    else if (name)
        snprintf(who, sizeof(who), "pc 0x%08" PRIx64 " %s+0x%" PRIx64, hit->pc, name, offset);
    else
        snprintf(who, sizeof(who), "pc 0x%08" PRIx64, hit->pc);
    snprintf(line, sizeof(line), "spy: icount %" PRIu64 ": 0x%08" PRIx64 " <- 0x%0*" PRIx64 " (was 0x%" PRIx64 "), %s",
             stakeout->icount(machine), hit->physical, (int)(2 * hit->size), hit->value, hit->old, who);
    stakeout->print(machine, line);
}

static bool parse_place(struct stakeout *machine, const char *text, uint64_t *address)
{
    char *end;
    *address = strtoull(text, &end, 0);
    return (end != text && !*end) || stakeout->find_symbol(machine, text, address);
}

bool stakeout_plugin_start(struct stakeout *machine, const struct stakeout_functions *functions, int argc,
                           const char *const *argv)
{
    const char *place = argc > 1 ? argv[1] : "swapper_pg_dir";
    uint64_t length = argc > 2 ? strtoull(argv[2], NULL, 0) : PAGE_TABLE_SIZE, address;
    char line[256];
    stakeout = functions;
    if (argc > 3)
        wanted_lines = strtoull(argv[3], NULL, 0);
    if (!parse_place(machine, place, &address))
        snprintf(line, sizeof(line), "spy: the guest's file has no symbol %s; give its address: -plugin %s,ADDR", place, argv[0]);
    else if (!functions->watch(machine, STAKEOUT_VIRTUAL, address, length, STAKEOUT_WRITE, on_write, NULL))
        snprintf(line, sizeof(line), "spy: %s: a range of %" PRIu64 " bytes cannot be watched there", place, length);
    else
        return true;
    functions->print(machine, line);
    return false;
}

void stakeout_plugin_end(struct stakeout *machine)
{
    char line[64];
    snprintf(line, sizeof(line), "spy: %" PRIu64 " writes", writes);
    stakeout->print(machine, line);
}
