/* A kernel that comes without symbols: who asks vm->symbols gets those that it carries, as soon as they are in its memory. */
#ifndef SRC_KERNEL_SYMBOLS_H
#define SRC_KERNEL_SYMBOLS_H

struct vm;

/* Once, when the machine is built. */
void kernel_symbols_follow(struct vm *vm);

#endif
