/* A board: which chips, where, wired to what, and how a kernel is started on it. One const struct a file. */
#ifndef SRC_BOARDS_BOARD_H
#define SRC_BOARDS_BOARD_H

#include "src/vm.h"

#define BOARD_SERIALS 4

struct board {
    const char *name, *description;
    const char *default_cpu;
    uint64_t default_memory, min_memory, max_memory; /* bytes */
    unsigned serials;                                /* lines of its own, at most BOARD_SERIALS */

    /*
     * Makes arena, machine, CPU and chips (vm->machine, vm->cpu, vm->board_wiring), and connects the lines to vm->serials.
     * False after an error line.
     */
    bool (*build)(struct vm *vm, bool big_endian, uint64_t memory);
    /* Is there room for vm->kernel and vm->initrd? Asked once, after build(). False after an error line. */
    bool (*check)(struct vm *vm);
    /* From power-on values: images into memory, what firmware would have set, registers. Also at each reset. */
    void (*load)(struct vm *vm);
};

extern const struct board board_malta;

/* All of them, the default first. */
extern const struct board *const boards[];
extern const unsigned board_count;
/* By name; NULL: none. */
const struct board *board_find(const char *name);

#endif
