/* What generated code logged: blocks, their exits, and an entry for each time that a block ran. */
#include <stdlib.h>
#include <string.h>

#include "tools/memlog/reader_internal.h"

/* Definitions */

static struct memlog_ref get_ref(struct memlog_reader *reader, struct section *section)
{
    uint64_t from = get_number(reader, section), offset = memlog_unfold(get_number(reader, section));
    return (struct memlog_ref){(uint16_t)from, (uint32_t)offset};
}

/* It refers to words that the block has, and to sites before it. */
static bool good_ref(const struct block *block, unsigned site, const struct memlog_ref *ref, unsigned words)
{
    if (ref->from == MEMLOG_CONSTANT)
        return true;
    return ref->from & 1 ? ref->from / 2u + words <= block->nwords : ref->from / 2u - 1 < site;
}

static bool read_site(struct memlog_reader *reader, struct section *section, const struct block *block, unsigned i)
{
    struct site *site = &block->sites[i];
    site->flags = get_byte(reader, section);
    site->insn = get_byte(reader, section);
    site->size = (uint8_t)(1 << (site->flags & MEMLOG_SITE_SIZE));
    site->address = get_ref(reader, section);
    if (site->flags & MEMLOG_SITE_STORE)
        site->value = get_ref(reader, section);
    bool wide = site->size == 8;
    return good_ref(block, i, &site->address, 1) && good_ref(block, i, &site->value, wide ? 2 : 1) &&
           (!wide || !(site->flags & MEMLOG_SITE_STORE) || site->value.from & 1);
}

static bool read_block(struct memlog_reader *reader, struct section *section)
{
    struct block *blocks = room_for_one(reader, reader->blocks, &reader->blocks_room, reader->nblocks, sizeof(*blocks));
    if (!blocks)
        return false;
    reader->blocks = blocks;
    struct block *block = &blocks[reader->nblocks++];
    *block = (struct block){.pc = (uint32_t)get_number(reader, section)};
    block->insn_align = get_byte(reader, section);
    block->mode = get_byte(reader, section);
    block->nsites = get_byte(reader, section);
    block->nwords = get_byte(reader, section);
    if (block->mode >= MEMLOG_MODES || block->nsites > MEMLOG_SITES_MAX || block->nwords > MEMLOG_WORDS_MAX)
        return false;
    block->sites = calloc(block->nsites + 1u, sizeof(*block->sites));
    block->words = calloc(block->nwords + 1u, sizeof(*block->words));
    if (!block->sites || !block->words)
        return reader_fail(reader, "out of memory") == 0;
    for (unsigned i = 0; i < block->nsites; i++)
        if (!read_site(reader, section, block, i))
            return false;
    return true;
}

static bool read_exit(struct memlog_reader *reader, struct section *section)
{
    struct exit *exits = room_for_one(reader, reader->exits, &reader->exits_room, reader->nexits, sizeof(*exits));
    if (!exits)
        return false;
    reader->exits = exits;
    struct exit *exit = &exits[reader->nexits++];
    *exit = (struct exit){.block = (uint32_t)get_number(reader, section)};
    exit->nsites = get_byte(reader, section);
    exit->distance = exit->ninsns = get_byte(reader, section);
    exit->nwords = get_byte(reader, section);
    return exit->block < reader->nblocks && exit->nsites <= reader->blocks[exit->block].nsites &&
           exit->nwords <= reader->blocks[exit->block].nwords;
}

/* Chunks end between entries. */
static void forget_definitions(struct memlog_reader *reader)
{
    for (size_t i = 0; i < reader->nblocks; i++) {
        free(reader->blocks[i].sites);
        free(reader->blocks[i].words);
    }
    reader->nblocks = reader->nexits = reader->exit = 0;
}

bool read_definitions(struct memlog_reader *reader, struct section *section)
{
    bool good = true;
    while (good && section->at < section->end) {
        switch (get_byte(reader, section)) {
        case MEMLOG_BLOCK:
            good = read_block(reader, section);
            break;
        case MEMLOG_EXIT:
            good = read_exit(reader, section);
            break;
        case MEMLOG_ANEW:
            forget_definitions(reader);
            break;
        default:
            good = false;
        }
        good &= !reader->error[0];
    }
    if (!good && !reader->error[0])
        reader_damaged(reader);
    return good;
}

void free_definitions(struct memlog_reader *reader)
{
    forget_definitions(reader);
    free(reader->blocks);
    free(reader->exits);
}

/* Entries */

static unsigned size_of(unsigned code)
{
    return (1u << (code & 3)) >> 1;
}

static void take_word(struct memlog_reader *reader, const struct block *block, unsigned i, uint32_t difference)
{
    struct memlog_word *word = &block->words[i];
    reader->entry.words[i] = memlog_predict(word) + (uint32_t)memlog_unfold(difference);
    memlog_learn(word, reader->entry.words[i]);
}

/* The codes of the first words are in the entry's first byte, of each further four in a byte before these. */
static bool get_words(struct memlog_reader *reader, const struct block *block, unsigned first_byte, unsigned count)
{
    unsigned codes = first_byte >> MEMLOG_ENTRY_SHIFT;
    for (unsigned i = 0; i < count; i++, codes >>= 2) {
        if (i >= MEMLOG_FIRST_WORDS && (i - MEMLOG_FIRST_WORDS) % 4 == 0)
            codes = get_byte(reader, &reader->entries);
        take_word(reader, block, i, (uint32_t)get_little(reader, &reader->entries, size_of(codes)));
    }
    return !reader->error[0];
}

static bool next_partial(struct memlog_reader *reader)
{
    struct section *section = &reader->entries;
    uint64_t number = get_number(reader, section);
    unsigned nsites = get_byte(reader, section), nwords = get_byte(reader, section);
    reader->entry_icount += memlog_unfold(get_number(reader, section));
    if (number >= reader->nblocks || nsites > reader->blocks[number].nsites || nwords > reader->blocks[number].nwords)
        return reader_damaged(reader) == 0;
    const struct block *block = &reader->blocks[number];
    reader->entry.block = block;
    reader->entry.icount = reader->entry_icount;
    reader->entry.site = 0;
    reader->entry.nsites = nsites;
    return get_words(reader, block, get_byte(reader, section), nwords);
}

/* Of the exit that was left by last. */
static const struct block *begin_entry(struct memlog_reader *reader)
{
    const struct exit *exit = &reader->exits[reader->exit];
    struct entry *entry = &reader->entry;
    reader->entry_icount += exit->distance;
    entry->block = &reader->blocks[exit->block];
    entry->icount = reader->entry_icount - exit->ninsns;
    entry->site = 0;
    entry->nsites = exit->nsites;
    return entry->block;
}

/* Where each word's differences are, of as many entries as the run has. */
static bool begin_run(struct memlog_reader *reader)
{
    assert(!reader->run.left && reader->exit < reader->nexits);
    struct section *section = &reader->entries;
    struct run *run = &reader->run;
    const struct exit *exit = &reader->exits[reader->exit];
    unsigned count = get_byte(reader, section);
    size_t ncodes = (exit->nwords + 3u) / 4, left = (size_t)(section->end - section->at);
    if (!count || ncodes > left)
        return reader_damaged(reader) == 0;
    const uint8_t *codes = section->at, *at = codes + ncodes;
    for (unsigned i = 0; i < exit->nwords; i++) {
        run->sizes[i] = (uint8_t)size_of(codes[i / 4] >> 2 * (i % 4));
        run->columns[i] = at;
        if (run->sizes[i] * count > (size_t)(section->end - at))
            return reader_damaged(reader) == 0;
        at += run->sizes[i] * count;
    }
    section->at = at;
    run->left = count;
    return true;
}

static bool next_of_run(struct memlog_reader *reader)
{
    struct run *run = &reader->run;
    const struct block *block = begin_entry(reader);
    run->left--;
    for (unsigned i = 0; i < reader->exits[reader->exit].nwords; i++) {
        uint32_t difference = 0;
        for (unsigned k = 0; k < run->sizes[i]; k++)
            difference |= (uint32_t)*run->columns[i]++ << 8 * k;
        take_word(reader, block, i, difference);
    }
    return true;
}

static bool next_single(struct memlog_reader *reader, unsigned first_byte)
{
    struct exit *last = &reader->exits[reader->exit];
    unsigned how = first_byte & MEMLOG_ENTRY;
    uint32_t number = last->next[how == MEMLOG_OTHER];
    if (how == MEMLOG_NEW) {
        number = (uint32_t)get_little(reader, &reader->entries, MEMLOG_EXIT_BYTES);
        last->next[last->oldest] = number;
        last->oldest ^= 1;
    }
    if (number >= reader->nexits)
        return reader_damaged(reader) == 0;
    reader->exit = number;
    if (reader->has_distance) {
        reader->exits[number].distance = (uint32_t)reader->distance;
        reader->entry_icount += reader->distance - reader->exits[number].distance;
        reader->has_distance = false;
    }
    const struct block *block = begin_entry(reader);
    return get_words(reader, block, first_byte, reader->exits[number].nwords);
}

bool next_entry(struct memlog_reader *reader)
{
    struct section *section = &reader->entries;
    while (!reader->run.left && section->at < section->end && !reader->error[0]) {
        unsigned first_byte = get_byte(reader, section), what = first_byte >> MEMLOG_ENTRY_SHIFT;
        bool single = (first_byte & MEMLOG_ENTRY) != MEMLOG_ELSE;
        if (!single && what == MEMLOG_PARTIAL)
            return next_partial(reader);
        if (!reader->nexits || (!single && what > MEMLOG_RUN))
            return reader_damaged(reader) == 0;
        if (single)
            return next_single(reader, first_byte);
        if (what == MEMLOG_RUN) {
            begin_run(reader);
        } else {
            reader->distance = memlog_unfold(get_number(reader, section));
            reader->has_distance = true;
        }
    }
    return reader->run.left && !reader->error[0] && next_of_run(reader);
}

/* Sites */

static const struct site *site_of(const struct entry *entry)
{
    return &entry->block->sites[entry->site];
}

uint64_t site_icount(const struct entry *entry)
{
    const struct site *site = site_of(entry);
    return entry->icount + site->insn - (site->flags & MEMLOG_SITE_SLOT ? 1 : 0);
}

static uint32_t evaluate(const struct entry *entry, const struct memlog_ref *ref)
{
    unsigned i = ref->from / 2u;
    if (ref->from == MEMLOG_CONSTANT)
        return ref->offset;
    return (ref->from & 1 ? entry->words[i] : entry->loaded[i - 1]) + ref->offset;
}

/* As the CPU has it in a register. */
static uint32_t extended(const struct site *site, uint64_t value)
{
    if (site->size == 1 && site->flags & MEMLOG_SITE_SIGN)
        return (uint32_t)(int8_t)value;
    if (site->size == 2 && site->flags & MEMLOG_SITE_SIGN)
        return (uint32_t)(int16_t)value;
    return (uint32_t)value;
}

static uint64_t stored(const struct entry *entry, const struct site *site)
{
    uint64_t value = evaluate(entry, &site->value);
    if (site->size == 8)
        return value | (uint64_t)entry->words[site->value.from / 2u + 1] << 32;
    return value & (UINT64_MAX >> (64 - 8 * site->size));
}

void pass_site(struct memlog_reader *reader, uint64_t value)
{
    struct entry *entry = &reader->entry;
    entry->loaded[entry->site] = extended(site_of(entry), value);
    entry->site++;
}

bool site_record(struct memlog_reader *reader, struct memlog_record *record)
{
    struct entry *entry = &reader->entry;
    const struct site *site = site_of(entry);
    bool store = site->flags & MEMLOG_SITE_STORE, known;
    uint8_t bytes[8];
    *record = (struct memlog_record){.icount = site_icount(entry),
                                     .pc = (uint32_t)(entry->block->pc + site->insn * entry->block->insn_align),
                                     .virt = evaluate(entry, &site->address),
                                     .size = site->size,
                                     .kind = store ? 'w' : 'r',
                                     .flags = MEMLOG_VIRT_KNOWN | MEMLOG_VALUE_KNOWN};
    if (!memory_translate(&reader->memory, entry->block->mode, (uint32_t)record->virt, &record->phys))
        return reader_damaged(reader) == 0;
    if (store) {
        record->value = stored(entry, site);
        bytes_of_number(reader, record->value, bytes, site->size);
        known = memory_write(&reader->memory, record->phys, bytes, site->size);
    } else {
        known = memory_read(&reader->memory, record->phys, bytes, site->size);
        record->value = known ? number_of_bytes(reader, bytes, site->size) : 0;
    }
    pass_site(reader, record->value);
    return known || reader_damaged(reader) == 0;
}
