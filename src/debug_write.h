/*
 * What a debugger writes: part of the machine's history as an input of its own (INPUT_DEBUG_WRITE), so that a replay writes it again. In the
 * past a write begins a new history.
 */
#ifndef SRC_DEBUG_WRITE_H
#define SRC_DEBUG_WRITE_H

#include "src/vm.h"

/* Connects the machine's log to what follows. */
void debug_write_connect(struct vm *vm);
/* Memory as the CPU sees it now; bytes written from the start. */
size_t debug_write_memory(struct vm *vm, uint32_t va, const uint8_t *bytes, size_t length);
/* RAM and ROM at a physical address; false if any byte is something else. */
bool debug_write_physical(struct vm *vm, uint64_t address, const uint8_t *bytes, size_t length);
/* number: gdb's. False if there is no such register or it cannot be written. */
bool debug_write_register(struct vm *vm, unsigned number, uint64_t value);
/* Is this INPUT_DEBUG_WRITE, out of a file, one that can be replayed? */
bool debug_write_valid(const struct vm *vm, const struct input *input);

#endif
