#include "src/boards/board.h"

#include <string.h>

const struct board *const boards[] = {&board_malta};
const unsigned board_count = ARRAY_SIZE(boards);

const struct board *board_find(const char *name)
{
    for (unsigned i = 0; i < board_count; i++)
        if (strcmp(boards[i]->name, name) == 0)
            return boards[i];
    return NULL;
}
