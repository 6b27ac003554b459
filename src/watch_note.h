/* The line for a person that names the access which hit a watch. */
#ifndef SRC_WATCH_NOTE_H
#define SRC_WATCH_NOTE_H

#include "src/vm.h"

struct watchpoint;

/*
 * Makes the line of the hit in vm->cpu->debug, with its newline, and keeps it; to be called at the stop, while state and watch
 * are those of the hit:
 * watch 0x810f0c00: 80125a3c __pte_alloc_kernel+0x5c: sw v0,0(s1): s1=0x810f0c00, 4 bytes <- 0x81525000 (was 0x0)
 */
const char *watch_note_take(struct vm *vm);
/* The line taken last is the one that watch_note_make() made just before, of a watchpoint that logs its hits: it was told then. */
bool watch_note_told(void);
/*
 * Likewise of an access, about to be done, that hits a watchpoint of the monitor's, or (NULL) a watch of gdb's:
 * 2: watch phys 0x00200000: 80100080 main+0x10: sw v0,0(s1): s1=0xa0200000, 4 bytes <- 0x1 (was 0x0)
 * 2: watch phys 0x00200000: DMA by gt64120, 8 bytes <- 0x1 (was 0x0)
 */
const char *watch_note_make(struct vm *vm, const struct watchpoint *watchpoint, const struct debug_event *hit);
/* At the start of the unit that makes the access, before the unit is run: the base register goes into the event. */
void watch_note_keep_base(struct cpu *cpu, struct debug_event *hit);
/* The last line taken; NULL: none yet. */
const char *watch_note_last(void);

#endif
