/* Shared by reader.c, reader_entries.c and reader_memory.c. */
#ifndef TOOLS_MEMLOG_READER_INTERNAL_H
#define TOOLS_MEMLOG_READER_INTERNAL_H

#include <stdio.h>
#include <zstd.h>

#include "tools/memlog/reader.h"

/* A part of a chunk that is read from its start on. */
struct section {
    const uint8_t *at, *end;
};

struct site {
    uint8_t insn, size, flags;
    struct memlog_ref address, value;
};

struct block {
    uint32_t pc;
    uint8_t insn_align, mode, nsites, nwords;
    struct site *sites;
    struct memlog_word *words; /* what predicts them */
};

struct exit {
    uint32_t block, next[2];
    uint32_t distance; /* from the icount of the entry before one of its */
    uint8_t oldest;    /* of next */
    uint8_t nsites, ninsns, nwords;
};

/* What is known of memory: which page is where, and what it holds. */
struct memory {
    uint32_t *frames[MEMLOG_MODES]; /* by virtual page: physical page + 1; 0: not known */
    uint32_t *places;               /* by physical page: place + 1 */
    uint8_t **pages;                /* by place; NULL: not known */
    uint32_t npages;
};

/* A run of a block under way. */
struct entry {
    const struct block *block;
    uint64_t icount; /* of the block's start */
    unsigned site, nsites;
    uint32_t words[MEMLOG_WORDS_MAX];
    uint32_t loaded[MEMLOG_SITES_MAX];
};

/* Entries of the last exit under way. */
struct run {
    unsigned left;
    uint8_t sizes[MEMLOG_WORDS_MAX]; /* bytes of each word's differences */
    const uint8_t *columns[MEMLOG_WORDS_MAX];
};

struct memlog_reader {
    FILE *file;
    char *path;
    char error[512];
    struct memlog_header header;
    uint64_t done, total;
    ZSTD_DCtx *unpacker;
    uint8_t *packed, *plain;
    struct section entries, events;

    struct memlog_last last; /* of events */
    bool has_event;          /* `event` was taken from events, and awaits its turn */
    bool event_is_access;
    struct memlog_record event;
    uint64_t by_c; /* icount of the last access of the CPU's that has an event: that of its site is the same */
    uint64_t by_c_value;

    struct block *blocks;
    struct exit *exits;
    size_t nblocks, blocks_room, nexits, exits_room;
    uint32_t exit;
    uint64_t entry_icount;
    bool has_distance; /* `distance` is the next entry's */
    uint64_t distance;
    struct run run;
    struct entry entry;
    struct memory memory;
};

/* Returns -1. */
int reader_fail(struct memlog_reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);
int reader_damaged(struct memlog_reader *reader);
uint8_t get_byte(struct memlog_reader *reader, struct section *section);
/* `size` bytes, lowest first. */
uint64_t get_little(struct memlog_reader *reader, struct section *section, unsigned size);
uint64_t get_number(struct memlog_reader *reader, struct section *section);
/* `array` with room for one more element; NULL and an error: no memory. */
void *room_for_one(struct memlog_reader *reader, void *array, size_t *room, size_t used, size_t element);

/* reader_entries.c */
bool read_definitions(struct memlog_reader *reader, struct section *definitions);
/* The next entry of the chunk. False: there is none, or an error. */
bool next_entry(struct memlog_reader *reader);
/* The record of the entry's next site. */
bool site_record(struct memlog_reader *reader, struct memlog_record *record);
uint64_t site_icount(const struct entry *entry);
/* That site was done by C, and this was its value. */
void pass_site(struct memlog_reader *reader, uint64_t value);
void free_definitions(struct memlog_reader *reader);

/* reader_memory.c */
bool memory_begin(struct memlog_reader *reader);
void memory_free(struct memory *memory);
bool memory_event(struct memlog_reader *reader, enum memlog_event event, struct section *section);
/* False: the page is not known. */
bool memory_translate(const struct memory *memory, unsigned mode, uint32_t virt, uint64_t *phys);
/* Bytes of one page that is known, or not. False: it is not. */
bool memory_read(const struct memory *memory, uint64_t phys, uint8_t *bytes, unsigned size);
bool memory_write(struct memory *memory, uint64_t phys, const uint8_t *bytes, unsigned size);
uint64_t number_of_bytes(const struct memlog_reader *reader, const uint8_t *bytes, unsigned size);
void bytes_of_number(const struct memlog_reader *reader, uint64_t value, uint8_t *bytes, unsigned size);

#endif
