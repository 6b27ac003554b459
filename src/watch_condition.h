/* `monitor watch ... if EXPR`: an expression as what decides whether an access counts. */
#ifndef SRC_WATCH_CONDITION_H
#define SRC_WATCH_CONDITION_H

#include "src/watchpoint.h"

/* NULL, and a line without a newline in error[room], if text is no expression (src/expression.h). What cannot be evaluated at a hit holds. */
struct watch_condition *watch_condition_new(struct vm *vm, const char *text, char *error, size_t room);

#endif
