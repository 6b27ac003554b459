/*
 * Entries that generated code wrote, in the form of the file. Most of an entry is as predicted: the next exit is the one that came next the
 * last time, its icount is as far on as then, an address goes on by the step that it made twice.
 *
 * Branches of the guest's that go either way must not be branches here. So single entries are written without looking at them, four words at
 * once; entries of one exit that come one behind the other, as a loop makes them, word by word, as columns.
 */
#include <string.h>

#include "softmmu/memlog_internal.h"

typedef int32_t signed_lanes __attribute__((vector_size(4 * MEMLOG_LANES)));

static inline memlog_lanes load(const uint32_t *from)
{
    memlog_lanes lanes;
    memcpy(&lanes, from, sizeof(lanes));
    return lanes;
}

static inline memlog_lanes fold(memlog_lanes difference)
{
    return difference << 1 ^ (memlog_lanes)((signed_lanes)difference >> 31);
}

/* Of each lane the code of its size, a byte each. */
static inline uint32_t size_codes(memlog_lanes folded)
{
    const memlog_lanes one = {1, 1 << 8, 1 << 16, 1 << 24};
    memlog_lanes codes = (one & (memlog_lanes)(folded != 0)) + (one & (memlog_lanes)(folded >> 8 != 0)) +
                         (one & (memlog_lanes)(folded >> 16 != 0));
    uint64_t halves[2];
    memcpy(halves, &codes, sizeof(codes));
    uint64_t both = halves[0] | halves[1];
    return (uint32_t)(both | both >> 32);
}

/* Lanes that are an entry's words. */
struct lanes_used {
    memlog_lanes lanes;
    uint32_t bytes;
};
#define ON (~0u)
static const struct lanes_used used_of_first[] = {
    {{0, 0, 0, 0},    0         },
    {{0, ON, 0, 0},   0x0000ff00},
    {{0, ON, ON, 0},  0x00ffff00},
    {{0, ON, ON, ON}, 0xffffff00},
};
static const struct lanes_used used_of_more[] = {
    {{0, 0, 0, 0},     0         },
    {{ON, 0, 0, 0},    0x000000ff},
    {{ON, ON, 0, 0},   0x0000ffff},
    {{ON, ON, ON, 0},  0x00ffffff},
    {{ON, ON, ON, ON}, 0xffffffff},
};
#undef ON

/* A group's words; *code: two bits for the size of each. */
static inline uint8_t *put_group(uint8_t *out, const uint32_t *from, struct memlog_group *group, const struct lanes_used *used,
                                 unsigned *code)
{
    uint32_t differences[MEMLOG_LANES];
    memlog_lanes value = load(from), step = value - group->last;
    memlog_lanes folded = fold(step - group->step), again = step & (memlog_lanes)(step == group->seen);
    group->last ^= (group->last ^ value) & used->lanes;
    group->step ^= (group->step ^ again) & used->lanes;
    group->seen ^= (group->seen ^ step) & used->lanes;
    uint32_t codes = size_codes(folded) & used->bytes;
    uint32_t sizes = codes + (codes & codes >> 1 & 0x01010101), ends = sizes * 0x01010101;
    *code = (codes | codes >> 6 | codes >> 12 | codes >> 18) & 0xff;
    memcpy(differences, &folded, sizeof(folded));
    memcpy(out, &differences[0], 4);
    memcpy(out + (ends & 0xff), &differences[1], 4);
    memcpy(out + (ends >> 8 & 0xff), &differences[2], 4);
    memcpy(out + (ends >> 16 & 0xff), &differences[3], 4);
    return out + (ends >> 24);
}

static __attribute__((noinline)) uint8_t *put_more_groups(uint8_t *out, const uint32_t *from, struct memlog_group *group,
                                                          unsigned count)
{
    for (;; from += MEMLOG_LANES, count -= MEMLOG_LANES, group++) {
        uint8_t *code_at = out++;
        unsigned code, here = count < MEMLOG_LANES ? count : MEMLOG_LANES;
        out = put_group(out, from, group, &used_of_more[here], &code);
        *code_at = (uint8_t)code;
        if (count <= MEMLOG_LANES)
            return out;
    }
}

/* The words of an entry: its first byte at `first`, the differences from `out` on. from: one before the words. */
static inline uint8_t *put_words(uint8_t *first, uint8_t *out, const uint32_t *from, struct memlog_group *groups, unsigned nwords,
                                 enum memlog_entry entry)
{
    unsigned code;
    out = put_group(out, from, groups, &used_of_first[nwords < MEMLOG_FIRST_WORDS ? nwords : MEMLOG_FIRST_WORDS], &code);
    *first = (uint8_t)(code | entry);
    if (nwords > MEMLOG_FIRST_WORDS)
        out = put_more_groups(out, from + MEMLOG_LANES, groups + 1, nwords - MEMLOG_FIRST_WORDS);
    return out;
}

/* The whole count, of which the entry has the low half. */
static uint64_t whole(const struct memlog *log, uint32_t low)
{
    return log->since + (uint32_t)(low - (uint32_t)log->since);
}

static uint8_t *put_else(uint8_t *out, enum memlog_else what)
{
    *out++ = (uint8_t)(MEMLOG_ELSE | what << MEMLOG_ENTRY_SHIFT);
    return out;
}

/* *icount: of the entry before; becomes that of the block's start. */
static __attribute__((noinline)) uint8_t *put_partial(struct memlog *log, uint8_t *out, const uint32_t *from, uint64_t *icount)
{
    uint32_t block = from[0] & MEMLOG_RING_BLOCK, nwords = from[MEMLOG_ENTRY_HEAD];
    uint64_t start = whole(log, from[1]);
    out = put_else(out, MEMLOG_PARTIAL);
    out = memlog_put_number(out, block);
    *out++ = (uint8_t)(from[0] >> MEMLOG_RING_SITES & 0x7f);
    *out++ = (uint8_t)nwords;
    out = memlog_put_number(out, memlog_fold(start - *icount));
    *icount = start;
    return put_words(out, out + 1, from + MEMLOG_ENTRY_HEAD, log->blocks[block].groups, nwords, 0);
}

/* Before an entry that is not when it was expected. */
static __attribute__((noinline)) uint8_t *put_distance(const struct memlog *log, uint8_t *out, uint32_t low,
                                                       struct memlog_exit *exit, uint64_t *icount)
{
    uint64_t distance = whole(log, low) - *icount;
    exit->distance = (uint32_t)distance;
    *icount += distance;
    return memlog_put_number(put_else(out, MEMLOG_DISTANCE), memlog_fold(distance));
}

/* Runs */

enum {
    RUN_MOST = 64, /* entries; a column's worst difference counts for all of them */
    BEFORE = 3,    /* values of a column before its first that predict it */
};

/* Values that would have led to what the word's lane in the group is. */
static void set_before(uint32_t *column, const struct memlog_group *group, unsigned lane)
{
    uint32_t seen = group->seen[lane];
    column[2] = group->last[lane];
    column[1] = column[2] - seen;
    column[0] = column[1] - (group->step[lane] == seen ? seen : seen + 1);
}

/* Behind the values are put such as are expected. */
static void learn_column(struct memlog_group *group, unsigned lane, uint32_t *end)
{
    uint32_t last = end[-1], seen = last - end[-2], step = seen == end[-2] - end[-3] ? seen : 0;
    group->last[lane] = last;
    group->step[lane] = step;
    group->seen[lane] = seen;
    for (unsigned i = 0; i < MEMLOG_LANES; i++)
        end[i] = last += step;
}

/* The differences of a column's values; returned: all bits that are set in one. */
static uint32_t differ(uint32_t *differences, const uint32_t *column, unsigned count)
{
    memlog_lanes all = {0};
    for (unsigned i = 0; i < count; i += MEMLOG_LANES) {
        memlog_lanes last = load(column + i + 2), before = load(column + i + 1), step = last - before;
        memlog_lanes again = step & (memlog_lanes)(step == before - load(column + i));
        memlog_lanes difference = fold(load(column + i + BEFORE) - last - again);
        memcpy(differences + i, &difference, sizeof(difference));
        all |= difference;
    }
    return all[0] | all[1] | all[2] | all[3];
}

static uint8_t *put_differences(uint8_t *out, const uint32_t *differences, unsigned count, unsigned size)
{
    switch (size) {
    case 1:
        for (unsigned i = 0; i < count; i++)
            out[i] = (uint8_t)differences[i];
        return out + count;
    case 2:
        for (unsigned i = 0; i < count; i++)
            memcpy(out + 2 * i, &differences[i], 2);
        return out + 2 * count;
    case 3:
        memcpy(out, differences, 4 * count);
        return out + 4 * count;
    default:
        return out;
    }
}

/* One word of each entry of a run. *size: 0 to 3 for 0, 1, 2 or 4 bytes each. */
static uint8_t *put_column(uint8_t *out, const uint32_t *from, unsigned stride, unsigned count, struct memlog_group *group,
                           unsigned lane, unsigned *size)
{
    uint32_t column[BEFORE + RUN_MOST + MEMLOG_LANES], differences[RUN_MOST + MEMLOG_LANES];
    set_before(column, group, lane);
    for (unsigned i = 0; i < count; i++, from += stride)
        column[BEFORE + i] = *from;
    learn_column(group, lane, column + BEFORE + count);
    uint32_t all = differ(differences, column, count);
    *size = (all != 0) + (all > 0xff) + (all > 0xffff);
    return put_differences(out, differences, count, *size);
}

static uint8_t *put_columns(uint8_t *out, const uint32_t *from, unsigned count, const struct memlog_exit *exit)
{
    const unsigned stride = MEMLOG_ENTRY_HEAD + exit->nwords;
    uint8_t *codes = out;
    memset(codes, 0, (exit->nwords + 3u) / 4);
    out += (exit->nwords + 3u) / 4;
    for (unsigned i = 0; i < exit->nwords; i++) {
        unsigned size, at = i + 1;
        out = put_column(out, from + MEMLOG_ENTRY_HEAD + i, stride, count, &exit->groups[at / MEMLOG_LANES], at % MEMLOG_LANES,
                         &size);
        codes[i / 4] |= (uint8_t)(size << 2 * (i % 4));
    }
    return out;
}

/* How many entries from here on are of the exit that the one before left by, each when it is expected. */
static inline unsigned count_run(const uint32_t *from, const uint32_t *end, uint32_t number, const struct memlog_exit *exit,
                                 uint32_t icount)
{
    const unsigned stride = MEMLOG_ENTRY_HEAD + exit->nwords;
    uint32_t next = icount + exit->distance;
    unsigned count = 0;
    for (; count < RUN_MOST && from < end && from[0] == number && from[1] == next; from += stride, next += exit->distance)
        count++;
    return count;
}

static inline const uint32_t *put_runs(uint8_t **to, const uint32_t *from, const uint32_t *end, uint32_t number,
                                       const struct memlog_exit *exit, uint64_t *icount)
{
    for (unsigned count; (count = count_run(from, end, number, exit, (uint32_t)*icount));) {
        uint8_t *out = put_else(*to, MEMLOG_RUN);
        *out++ = (uint8_t)count;
        *to = put_columns(out, from, count, exit);
        *icount += (uint64_t)count * exit->distance;
        from += count * (MEMLOG_ENTRY_HEAD + exit->nwords);
    }
    return from;
}

/* The number of an exit that is none of the expected two goes behind the first byte. Returns whether, and which it was. */
static inline enum memlog_entry put_exit(uint8_t **out, struct memlog_exit *last, uint32_t number)
{
    unsigned other = last->next[0] != number, fresh = other & (last->next[1] != number);
    last->next[fresh ? last->oldest : other] = number;
    last->oldest ^= fresh;
    memcpy(*out, &number, sizeof(number));
    *out += fresh * MEMLOG_EXIT_BYTES;
    return (enum memlog_entry)(other + fresh);
}

uint8_t *memlog_put_entries(struct memlog *log, uint8_t *out, const uint32_t *from, const uint32_t *end)
{
    struct memlog_exit *exits = log->exits, *last = &exits[log->exit];
    uint64_t icount = log->entry_icount;
    while (from < end) {
        uint32_t number = from[0];
        if (UNLIKELY(number & MEMLOG_RING_PARTIAL)) {
            out = put_partial(log, out, from, &icount);
            from += MEMLOG_ENTRY_HEAD + 1 + from[MEMLOG_ENTRY_HEAD];
            continue;
        }
        struct memlog_exit *exit = &exits[number];
        if (LIKELY(from[1] == (uint32_t)icount + exit->distance))
            icount += exit->distance;
        else
            out = put_distance(log, out, from[1], exit, &icount);
        uint8_t *first = out++;
        enum memlog_entry entry = put_exit(&out, last, number);
        out = put_words(first, out, from + 1, exit->groups, exit->nwords, entry);
        from += MEMLOG_ENTRY_HEAD + exit->nwords;
        from = put_runs(&out, from, end, number, exit, &icount);
        last = exit;
    }
    log->exit = (uint32_t)(last - exits);
    log->entry_icount = icount;
    return out;
}
