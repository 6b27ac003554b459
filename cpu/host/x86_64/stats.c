/* -d stats: the back end's lines. */
#include "cpu/host/x86_64/x86_64.h"

void add_block_to(struct code_totals *totals, const struct host_block *block)
{
    totals->blocks++;
    totals->bytes += block->code_size;
    totals->hot_bytes += block->hot_size;
    totals->exits += block->nexits;
}

static struct code_totals held(const struct jit *jit)
{
    struct code_totals totals = {.blocks = 0};
    for (unsigned i = 0; i < GENERATIONS; i++)
        for (size_t j = 0; j < jit->generations[i].nblocks; j++)
            if (!jit->generations[i].blocks[j]->block.dropped)
                add_block_to(&totals, jit->generations[i].blocks[j]);
    return totals;
}

static void print_code(const char *what, const struct code_totals *totals, const struct stats_printer *to)
{
    stats_say(to, "%s: %" PRIu64 " blocks, %" PRIu64 " bytes (%" PRIu64 " in hot paths)", what, totals->blocks, totals->bytes,
              totals->hot_bytes);
}

static void print_returns(const struct jit *jit, const struct stats_printer *to)
{
    static const char *const texts[] = {
#define X(id, text) [RETURN_##id] = text,
        RETURN_REASON_ROWS(X)
#undef X
    };
    stats_say(to, "returns to the dispatcher: %" PRIu64, jit->entries);
    for (unsigned i = 0; i < RETURN_REASONS; i++)
        stats_say(to, "  %s: %" PRIu64, texts[i], jit->returns[i]);
}

static void print_hits(const char *kind, uint64_t tried, uint64_t missed, const struct stats_printer *to)
{
    stats_say(to, "%s: %" PRIu64 ", %.3f %% hit", kind, tried, stats_share(tried - missed, tried));
}

/* A load that tries the linear segment in vain looks the TLB up; what that lacks goes to a watch thunk, and then to C. */
static void print_counted(const struct cpu *cpu, const struct stats_printer *to)
{
    const uint64_t *count = cpu->counts.in_code;
    const struct jit *jit = cpu->jit;
    stats_say(to, "blocks run: %" PRIu64 ", %.3f %% by way of a link or the jump cache", count[COUNT_BLOCKS],
              stats_share(count[COUNT_BLOCKS] - jit->entries, count[COUNT_BLOCKS]));
    print_hits("loads from the linear segment", count[COUNT_DIRECT_LOADS], count[COUNT_FALLEN_LOADS], to);
    print_hits("loads from the page of the last time", count[COUNT_SLOT_LOADS], count[COUNT_SLOT_LOAD_MISSES], to);
    print_hits("stores to the page of the last time", count[COUNT_SLOT_STORES], count[COUNT_SLOT_STORE_MISSES], to);
    print_hits("TLB loads", count[COUNT_TLB_LOADS], jit->slow_loads + count[COUNT_WATCH_LOADS], to);
    print_hits("TLB stores", count[COUNT_TLB_STORES], jit->slow_stores + count[COUNT_WATCH_STORES], to);
    stats_say(to, "watch thunks let pass: %" PRIu64 " loads, %" PRIu64 " stores", count[COUNT_WATCH_LOADS],
              count[COUNT_WATCH_STORES]);
    stats_say(to, "helper calls: %" PRIu64, count[COUNT_HELPERS]);
    stats_say(to, "floating-point operations: %" PRIu64 ", %.3f %% without a helper", count[COUNT_FPU],
              stats_share(count[COUNT_FPU] - count[COUNT_FPU_HELPERS], count[COUNT_FPU]));
}

void print_host_stats(const struct cpu *cpu, const struct stats_printer *to)
{
    const struct jit *jit = cpu->jit;
    struct code_totals now = held(jit);
    print_code("code made", &jit->made, to);
    print_code("code held now", &now, to);
    stats_say(to, "chained: %" PRIu64 " links for %" PRIu64 " exits (%.1f %%); generations evicted: %" PRIu64, jit->links,
              jit->made.exits, stats_share(jit->links, jit->made.exits), jit->evictions);
    stats_say(to, "hot blocks, which go on over branches: %" PRIu64, jit->hot_blocks);
    print_returns(jit, to);
    stats_say(to, "access sites whose first guess was changed: %" PRIu64, jit->site_changes);
    stats_say(to, "calls of C by accesses: %" PRIu64 " loads, %" PRIu64 " stores", jit->slow_loads, jit->slow_stores);
    if (jit->counting)
        print_counted(cpu, to);
}
