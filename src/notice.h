/* A line for the person who debugs, out of turn: to the debugger's console if a client is there, else to stderr. */
#ifndef SRC_NOTICE_H
#define SRC_NOTICE_H

#include "softmmu/base.h"

struct vm;

typedef bool notice_fn(void *opaque, const char *text); /* false: nobody is there */

void notice(struct vm *vm, const char *format, ...) PRINTF_LIKE(2, 3);
void notice_connect(struct vm *vm, notice_fn *fn, void *opaque);

#endif
