/* Names for generated code, so that Linux perf shows the guest's functions: -perfmap, -jitdump. */
#ifndef SRC_PROFILE_H
#define SRC_PROFILE_H

#include "src/vm.h"

struct profile;

/*
 * Writes /tmp/perf-PID.map and jit-PID.dump, as options->perfmap and ->jitdump ask. *profile: NULL if neither does. False and an error line if
 * a file cannot be made, or there is no generated code to name.
 */
bool profile_start(struct vm *vm, struct profile **profile);
void profile_end(struct profile *profile);

#endif
