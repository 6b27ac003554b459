/* The machine as gdbstub/target.h wants it, and the stub that serves it. */
#ifndef SRC_TARGET_H
#define SRC_TARGET_H

#include "gdbstub/target.h"
#include "src/vm.h"

struct stub_target;

/* Listens at address (gdbstub/gdbstub.h). NULL after an error line. One at a time. */
struct stub_target *target_new(struct vm *vm, const char *address);
void target_free(struct stub_target *target);

/* The points that the client has set now, by address: clients take theirs away while the machine is stopped. */
void target_each_point(void (*fn)(void *opaque, enum target_point type, uint32_t address, uint64_t length), void *opaque);

#endif
