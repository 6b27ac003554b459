/* The line for a person that names the access which hit a watch. */
#ifndef SRC_WATCH_NOTE_H
#define SRC_WATCH_NOTE_H

#include "src/vm.h"

/*
 * Makes the line of the hit in vm->cpu->debug, with its newline, and keeps it; to be called at the stop, while state and watch
 * are those of the hit:
 * watch 0x810f0c00: 80125a3c __pte_alloc_kernel+0x5c: sw v0,0(s1): s1=0x810f0c00, 4 bytes <- 0x81525000 (was 0x0)
 */
const char *watch_note_take(struct vm *vm);
/* The last line taken; NULL: none yet. */
const char *watch_note_last(void);

#endif
