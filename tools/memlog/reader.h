/*
 * Reads access logs, which stakeout's -memlog and `monitor memlog` write; FORMAT.md describes the file.
 */
#ifndef TOOLS_MEMLOG_READER_H
#define TOOLS_MEMLOG_READER_H

#include "softmmu/memlog_format.h"

enum memlog_record_flags {
    MEMLOG_VIRT_KNOWN = 1,  /* pc and virt are: all but DMA */
    MEMLOG_VALUE_KNOWN = 2, /* all but what a device's DMA reads from another device */
    MEMLOG_RECORD_IO = 4,   /* not memory */
};

struct memlog_record {
    uint64_t icount; /* of the start of the access's unit: an instruction, or a branch with its delay slot */
    uint64_t pc;     /* of the instruction */
    uint64_t virt, phys;
    uint64_t value; /* the bytes as a number in the guest's byte order */
    uint8_t size;   /* bytes of the access, 1..8; larger DMA is split */
    uint8_t kind;   /* 'r' load, 'w' store, 'x' fetch; DMA: 'R' device reads memory, 'W' device writes */
    uint8_t cpu;    /* number */
    uint8_t flags;  /* enum memlog_record_flags */
};

struct memlog_header {
    uint32_t version, page_size, cpus;
    bool big_endian;
    uint64_t start_icount;
    unsigned nram;
    struct {
        uint64_t first, last;
    } ram[MEMLOG_RANGES_MAX];           /* physical memory */
    char filter[MEMLOG_FILTER_MAX + 1]; /* as it was given; "": all loads, stores and DMA */
};

struct memlog_reader;

/* NULL: no such file, or not one of these; `error` has a line that begins with the path. */
struct memlog_reader *memlog_open(const char *path, char *error, size_t room);
/*
 * The next record in the order in which things happened: 1. 0: the log ends here. -1: it cannot be read on, see memlog_reader_error(); of
 * a log that is cut off (the program was killed, the disk full) all whole chunks have been read then.
 */
int memlog_next(struct memlog_reader *reader, struct memlog_record *record);
/* A line that begins with the path. */
const char *memlog_reader_error(const struct memlog_reader *reader);
/* Bytes of the file. */
void memlog_progress(const struct memlog_reader *reader, uint64_t *done, uint64_t *total);
const struct memlog_header *memlog_header(const struct memlog_reader *reader);
void memlog_close(struct memlog_reader *reader);

#endif
