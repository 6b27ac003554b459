#include "src/notice.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/vm.h"

void notice_connect(struct vm *vm, notice_fn *fn, void *opaque)
{
    vm->notice.fn = fn;
    vm->notice.opaque = opaque;
}

void notice(struct vm *vm, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!vm->notice.fn || !vm->notice.fn(vm->notice.opaque, text))
        fprintf(stderr, "stakeout: %s", text);
}
