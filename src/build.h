/* From options to a machine with the guest in it. */
#ifndef SRC_BUILD_H
#define SRC_BUILD_H

#include "src/vm.h"

/* Opens images and serial lines and builds the board. False after an error line; build_free() then frees what was made. */
bool build_machine(struct vm *vm);
/* Every chip, the CPU, and memory as they are when power comes on and the guest is loaded; time goes on. */
void build_power_on(struct vm *vm);
/* The reset that the guest asked for: power-on state. It counts one, so that the states before and after it have positions of their own. */
void build_reset(struct vm *vm);
void build_free(struct vm *vm);

#endif
