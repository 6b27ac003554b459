/* Memory as the log tells it: what loads read is not written in it, but is what was there. */
#include <stdlib.h>
#include <string.h>

#include "tools/memlog/reader_internal.h"

enum { PAGE = 1 << MEMLOG_PAGE_BITS, PAGES = 1 << (32 - MEMLOG_PAGE_BITS), PLACES_MAX = 1 << 22 };

/* Tables that are mostly untouched cost no memory. */
bool memory_begin(struct memlog_reader *reader)
{
    struct memory *memory = &reader->memory;
    for (unsigned mode = 0; mode < MEMLOG_MODES; mode++)
        memory->frames[mode] = calloc(PAGES, sizeof(*memory->frames[mode]));
    memory->places = calloc(PAGES, sizeof(*memory->places));
    static_assert(MEMLOG_MODES == 2, "both are looked at");
    return memory->frames[0] && memory->frames[1] && memory->places;
}

void memory_free(struct memory *memory)
{
    for (unsigned mode = 0; mode < MEMLOG_MODES; mode++)
        free(memory->frames[mode]);
    for (uint32_t i = 0; i < memory->npages; i++)
        free(memory->pages[i]);
    free(memory->pages);
    free(memory->places);
}

/* The page's memory; NULL after an error. */
static uint8_t *make_page(struct memlog_reader *reader, uint64_t place)
{
    struct memory *memory = &reader->memory;
    if (place >= PLACES_MAX) {
        reader_damaged(reader);
        return NULL;
    }
    if (place >= memory->npages) {
        uint32_t npages = (uint32_t)place + 4096;
        uint8_t **pages = realloc(memory->pages, npages * sizeof(*pages));
        if (pages) {
            memset(pages + memory->npages, 0, (npages - memory->npages) * sizeof(*pages));
            memory->pages = pages;
            memory->npages = npages;
        }
    }
    if (place < memory->npages && !memory->pages[place])
        memory->pages[place] = malloc(PAGE);
    if (place < memory->npages && memory->pages[place])
        return memory->pages[place];
    reader_fail(reader, "out of memory");
    return NULL;
}

static bool get_page(struct memlog_reader *reader, struct section *section)
{
    uint8_t *page = make_page(reader, get_number(reader, section));
    if (!page)
        return false;
    if (section->end - section->at < PAGE) {
        reader_damaged(reader);
        return false;
    }
    memcpy(page, section->at, PAGE);
    section->at += PAGE;
    return true;
}

bool memory_event(struct memlog_reader *reader, enum memlog_event event, struct section *section)
{
    struct memory *memory = &reader->memory;
    if (event == MEMLOG_PAGE)
        return get_page(reader, section);
    if (event != MEMLOG_MAP && event != MEMLOG_FRAME)
        return reader_damaged(reader) == 0;
    unsigned mode = event == MEMLOG_MAP ? get_byte(reader, section) : 0;
    uint64_t page = get_number(reader, section), to = get_number(reader, section);
    if (mode >= MEMLOG_MODES || page >= PAGES || to >= (event == MEMLOG_MAP ? (uint64_t)PAGES : (uint64_t)PLACES_MAX))
        return reader_damaged(reader) == 0;
    (event == MEMLOG_MAP ? memory->frames[mode] : memory->places)[page] = (uint32_t)to + 1;
    return !reader->error[0];
}

bool memory_translate(const struct memory *memory, unsigned mode, uint32_t virt, uint64_t *phys)
{
    uint32_t frame = memory->frames[mode][virt >> MEMLOG_PAGE_BITS];
    *phys = (uint64_t)(frame - 1) << MEMLOG_PAGE_BITS | (virt & (PAGE - 1));
    return frame;
}

static uint8_t *find(const struct memory *memory, uint64_t phys, unsigned size)
{
    uint32_t place = phys >> 32 ? 0 : memory->places[phys >> MEMLOG_PAGE_BITS];
    if (!place || place > memory->npages || !memory->pages[place - 1] || (phys & (PAGE - 1)) + size > PAGE)
        return NULL;
    return memory->pages[place - 1] + (phys & (PAGE - 1));
}

bool memory_read(const struct memory *memory, uint64_t phys, uint8_t *bytes, unsigned size)
{
    const uint8_t *from = find(memory, phys, size);
    if (from)
        memcpy(bytes, from, size);
    return from;
}

/* What crosses a page is written byte by byte. */
bool memory_write(struct memory *memory, uint64_t phys, const uint8_t *bytes, unsigned size)
{
    bool known = true;
    for (unsigned i = 0; i < size; i++) {
        uint8_t *to = find(memory, phys + i, 1);
        known &= to != NULL;
        if (to)
            *to = bytes[i];
    }
    return known;
}

uint64_t number_of_bytes(const struct memlog_reader *reader, const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * (reader->header.big_endian ? size - 1 - i : i);
    return value;
}

void bytes_of_number(const struct memlog_reader *reader, uint64_t value, uint8_t *bytes, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * (reader->header.big_endian ? size - 1 - i : i));
}
