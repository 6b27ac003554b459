#include "cpu/stats.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cpu/backend.h"
#include "cpu/block.h"
#include "softmmu/log.h"

void stats_say(const struct stats_printer *to, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    to->line(to->opaque, text);
}

double stats_share(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

uint64_t stats_begin(void)
{
    struct timespec now;
    if (!log_enabled(LOG_BIT_STATS))
        return 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t stats_since(uint64_t begin)
{
    return begin ? stats_begin() - begin : 0;
}

static void print_owner(const struct cpu *cpu, enum block_owner owner, const char *name, const struct stats_printer *to)
{
    const struct block_cache *cache = cpu->blocks;
    uint64_t blocks = cache->made[owner], insns = cache->made_insns[owner], ns = cache->made_ns[owner];
    stats_say(to, "%s: %" PRIu64 " blocks made of %" PRIu64 " instructions (%.2f each)", name, blocks, insns,
              blocks ? (double)insns / (double)blocks : 0);
    if (ns)
        stats_say(to, "%s: translation took %.3f ms, %.0f ns an instruction", name, (double)ns / 1e6,
                  insns ? (double)ns / (double)insns : 0);
}

static void print_slow_path(const struct mmu *mmu, const struct stats_printer *to)
{
    stats_say(to,
              "slow path: %" PRIu64 " TLB fills, %" PRIu64 " faults, %" PRIu64 " misaligned, %" PRIu64
              " device accesses, %" PRIu64 " stores to clean pages or code, %" PRIu64 " watch checks",
              mmu->fills, mmu->faults, mmu->misaligned, mmu->io, mmu->clean, mmu->watch_checks);
}

void cpu_print_stats(const struct cpu *cpu, stats_line_fn *line, void *opaque)
{
    const struct stats_printer to = {line, opaque};
    const struct cpu_counts *counts = &cpu->counts;
    stats_say(&to, "icount: %" PRIu64, cpu->machine->clock->icount);
    print_owner(cpu, BLOCK_INTERP, "interpreter", &to);
    if (cpu->jit) {
        print_owner(cpu, BLOCK_HOST, host_backend->name, &to);
        host_backend->print_stats(cpu, &to);
    }
    stats_say(&to, "blocks dropped: %" PRIu64, cpu->blocks->drops);
    stats_say(&to, "code TLB: %" PRIu64 " look-ups by the dispatcher, %.2f %% hit", counts->fetches,
              stats_share(counts->fetches - counts->fetch_misses, counts->fetches));
    print_slow_path(&cpu->mmu, &to);
}
