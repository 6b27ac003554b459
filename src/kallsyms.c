/* Found from its end: nothing else looks like 256 ascending numbers that fit the 256 strings before them. */
#include "src/kallsyms.h"

#include <string.h>

#include "src/symbols.h"

#define KERNEL_MAX ((size_t)64 << 20)
#define NAMES_MAX  ((size_t)8 << 20) /* names, markers and order by name */
#define GAP        (1u << 16)        /* a function that seems longer ends before something without symbols */

enum { TOKENS = 256, TOKEN_MAX = 64, NAME_MAX_BYTES = 512, MARKED = 256, NAME_CHARS = 1024 };
static_assert(KALLSYMS_INDEX == 2 * TOKENS, "token_index is u16");

static uint32_t get16(const struct kallsyms *table, size_t at)
{
    assert(at + 2 <= table->size);
    const uint8_t *p = table->bytes + at;
    return table->big ? (uint32_t)p[0] << 8 | p[1] : (uint32_t)p[1] << 8 | p[0];
}

static uint32_t get32(const struct kallsyms *table, size_t at)
{
    uint32_t first = get16(table, at), second = get16(table, at + 2);
    return table->big ? first << 16 | second : second << 16 | first;
}

static uint32_t token_start(const struct kallsyms *table, unsigned token)
{
    return get16(table, table->index_at + 2 * token);
}

static bool ascends_as_index(struct kallsyms *table, size_t at)
{
    table->index_at = at;
    if (token_start(table, 0))
        return false;
    for (unsigned i = 1; i < TOKENS; i++) {
        uint32_t step = token_start(table, i) - token_start(table, i - 1);
        if (step < 2 || step > TOKEN_MAX)
            return false;
    }
    return true;
}

/* The strings from `start` on are as long as the index says, and the last one ends within the 4 bytes before the index. */
static bool tokens_fit(const struct kallsyms *table, size_t start)
{
    for (unsigned i = 0; i < TOKENS; i++) {
        size_t at = start + token_start(table, i);
        size_t length = strnlen((const char *)table->bytes + at, table->index_at - at);
        if (i + 1 < TOKENS ? length + 1 != token_start(table, i + 1) - token_start(table, i)
                           : at + length >= table->index_at || table->index_at - (at + length + 1) > 3)
            return false;
    }
    return true;
}

static bool find_tokens(struct kallsyms *table)
{
    assert(table->index_at + KALLSYMS_INDEX <= table->size);
    size_t least = token_start(table, TOKENS - 1) + 2u, most = least + TOKEN_MAX + 4u;
    for (size_t back = (least + 3) & ~(size_t)3; back <= most && back <= table->index_at; back += 4) {
        table->tokens_at = table->index_at - back;
        if (tokens_fit(table, table->tokens_at))
            return true;
    }
    return false;
}

/* Bytes that the name at `at` takes; 0: it does not end before `end`. */
static size_t name_size(const struct kallsyms *table, size_t at, size_t end, size_t *head)
{
    if (at >= end)
        return 0;
    size_t length = table->bytes[at];
    *head = length & 0x80 ? 2 : 1;
    if (at + *head > end)
        return 0;
    if (*head == 2)
        length = (length & 0x7f) | (size_t)table->bytes[at + 1] << 7;
    return length <= end - at - *head ? *head + length : 0;
}

/* The names from `start` on end at the markers, and are where these say. */
static bool names_fit(const struct kallsyms *table, size_t start, uint32_t count)
{
    size_t at = start, head;
    for (uint32_t i = 0; i < count; i++) {
        if (i % MARKED == 0 && at - start != get32(table, table->markers_at + i / MARKED * 4u))
            return false;
        size_t size = name_size(table, at, table->markers_at, &head);
        if (!size)
            return false;
        at += size;
    }
    return table->markers_at - at < 4;
}

/* num_syms says how many markers there are, so where the names begin is found by it. */
static bool find_names(struct kallsyms *table, uint32_t nmarkers)
{
    assert(nmarkers && table->markers_at + nmarkers * 4u <= table->tokens_at);
    uint32_t last = get32(table, table->markers_at + (nmarkers - 1) * 4u);
    size_t most = (size_t)last + MARKED * NAME_MAX_BYTES;
    for (size_t back = ((size_t)last + 5) & ~(size_t)3; back <= most && back + 4 <= table->markers_at; back += 4) {
        size_t start = table->markers_at - back;
        uint32_t count = get32(table, start - 4);
        if (!count || count > nmarkers * MARKED || count <= (nmarkers - 1) * MARKED || !names_fit(table, start, count))
            continue;
        table->names_at = start;
        table->count = count;
        return true;
    }
    return false;
}

/* How many words from `at` on ascend from 0 as markers do. */
static uint32_t marker_run(const struct kallsyms *table, size_t at)
{
    uint32_t run = 1, last = 0;
    if (get32(table, at))
        return 0;
    for (at += 4; at + 4 <= table->tokens_at; at += 4, run++) {
        uint32_t value = get32(table, at), step = value - last;
        if (step < MARKED * 2 || step > MARKED * NAME_MAX_BYTES)
            break;
        last = value;
    }
    return run;
}

/* What follows the markers may look like one more. */
static bool find_markers(struct kallsyms *table)
{
    assert(table->tokens_at < table->index_at);
    size_t least = table->tokens_at > NAMES_MAX ? table->tokens_at - NAMES_MAX : 0;
    for (size_t at = table->tokens_at; at >= least + 4;) {
        at -= 4;
        uint32_t run = marker_run(table, at);
        table->markers_at = at;
        if (run > 1 && (find_names(table, run) || find_names(table, run - 1)))
            return true;
    }
    return false;
}

static bool addresses_ascend(const struct kallsyms *table, size_t at)
{
    for (uint32_t i = 1; i < table->count; i++) {
        if (get32(table, at + 4u * i) < get32(table, at + 4u * (i - 1)))
            return false;
    }
    return true;
}

/* The addresses are in the kernel that the table is in: copies of its image elsewhere in memory are not the running one. */
static bool take_addresses(struct kallsyms *table, size_t at, uint32_t base)
{
    uint32_t first = base + get32(table, at), here = table->address + (uint32_t)table->index_at;
    if (here - first >= KERNEL_MAX || !addresses_ascend(table, at))
        return false;
    table->addresses_at = at;
    table->base = base;
    return true;
}

static bool find_addresses(struct kallsyms *table)
{
    assert(table->count && table->names_at >= 4 && table->names_at < table->markers_at);
    size_t count_at = table->names_at - 4, bytes = 4 * (size_t)table->count, behind = table->index_at + KALLSYMS_INDEX;
    if (count_at >= bytes + 4 && take_addresses(table, count_at - 4 - bytes, get32(table, count_at - 4)))
        return true;
    if (bytes + 4 <= table->size - behind && take_addresses(table, behind, get32(table, behind + bytes)))
        return true;
    return count_at >= bytes && take_addresses(table, count_at - bytes, 0);
}

static uint32_t symbol_address(const struct kallsyms *table, uint32_t i)
{
    assert(i < table->count);
    return table->base + get32(table, table->addresses_at + 4u * i);
}

static void expand(const struct kallsyms *table, const uint8_t *numbers, size_t count, char text[NAME_CHARS])
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *token = (const char *)table->bytes + table->tokens_at + token_start(table, numbers[i]);
        for (; *token && used < NAME_CHARS - 1; token++)
            text[used++] = *token;
    }
    text[used] = 0;
}

/* As far as the next that begins elsewhere. */
static uint32_t symbol_size(const struct kallsyms *table, uint32_t i)
{
    uint32_t address = symbol_address(table, i), next = i + 1;
    while (next < table->count && symbol_address(table, next) == address)
        next++;
    if (next == table->count)
        return 4;
    uint32_t size = symbol_address(table, next) - address;
    return size < GAP ? size : GAP;
}

static bool find_at(struct kallsyms *table, size_t at)
{
    return ascends_as_index(table, at) && find_tokens(table) && find_markers(table) && find_addresses(table);
}

/* Of two kernels, the one that runs. */
static bool is_better(const struct kallsyms *table, const struct kallsyms *best, uint32_t pc)
{
    bool runs = kallsyms_spans(table, pc), best_runs = kallsyms_spans(best, pc);
    return runs == best_runs ? symbol_address(table, 0) > symbol_address(best, 0) : runs;
}

bool kallsyms_find(struct kallsyms *found, const uint8_t *bytes, size_t size, uint32_t address, bool big_endian, uint32_t pc)
{
    struct kallsyms table = {.bytes = bytes, .size = size, .address = address, .big = big_endian}, best = {0};
    for (size_t at = 0; at + KALLSYMS_INDEX <= size; at += 4) {
        uint32_t second = get16(&table, at + 2);
        if (second < 2 || second > TOKEN_MAX || !find_at(&table, at))
            continue;
        if (!best.count || is_better(&table, &best, pc))
            best = table;
    }
    *found = best;
    return best.count;
}

bool kallsyms_spans(const struct kallsyms *table, uint32_t address)
{
    return address - symbol_address(table, 0) <= symbol_address(table, table->count - 1) - symbol_address(table, 0);
}

void kallsyms_add(const struct kallsyms *table, struct symbols *symbols)
{
    char name[NAME_CHARS];
    size_t at = table->names_at, head = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        size_t size = name_size(table, at, table->markers_at, &head);
        assert(size);
        expand(table, table->bytes + at + head, size - head, name);
        if (name[0])
            symbols_add(symbols, name + 1, symbol_address(table, i), symbol_size(table, i), strchr("tTwW", name[0]) != NULL);
        at += size;
    }
}
