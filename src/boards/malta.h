/* What the Malta's two files share. */
#ifndef SRC_BOARDS_MALTA_H
#define SRC_BOARDS_MALTA_H

#include "src/boards/board.h"

struct gt64120;
struct piix4;
struct physmap;

#define MALTA_LOW_RAM_MAX ((uint64_t)256 << 20)

struct malta {
    uint64_t memory, low_ram; /* bytes */
    struct gt64120 *gt;
    struct piix4 *piix4;
    struct physmap *io; /* the ISA ports, as the PCI bus has them */
};

/* board->check and board->load */
bool malta_check(struct vm *vm);
void malta_load(struct vm *vm);

#endif
