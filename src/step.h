/*
 * Stepping that does not bend the path: interrupts and timers go on as ever. A step is over when the context in which it began has
 * completed one unit; handlers that come in between run through. With vm->step_into a step is one unit, handlers' too.
 */
#ifndef SRC_STEP_H
#define SRC_STEP_H

#include "src/vm.h"

/* Is the CPU in this context again, outside of handlers? */
bool step_is_home(const struct cpu *cpu, const struct step_context *home);
/* Notes where a step begins. Not for VM_RUN_FREE. cpu->skip_breakpoint and skip_watch are set by then. */
void step_begin(struct vm *vm, const struct vm_run *run);
/*
 * Goes on with the step for about a slice. True: it is over, and cpu->debug.reason says how (DEBUG_STEP, or a breakpoint or watch
 * hit on the way). False: to be called again, after what else is due: a machine request, or, if the CPU waits and no
 * interrupt is pending, the time of the next deadline.
 */
bool step_run(struct vm *vm);

#endif
