/* What a file of save.h has of a machine that is built: its layout is compared, its state is taken, time goes to where it stood. */
#ifndef SRC_LOAD_STATE_H
#define SRC_LOAD_STATE_H

#include "softmmu/stream.h"
#include "src/vm.h"

/* False: the stream's error says why; the machine is of no use. */
bool load_state(struct vm *vm, struct stream *stream);

#endif
