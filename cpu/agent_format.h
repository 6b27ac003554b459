/*
 * The formats of agent printf: as C's, with its escapes still in the text. Conversions: d i u x X o c p s %, with flags, width and
 * precision in digits, and the length modifiers. What is not among them is refused: floating point, %n, a width from an argument.
 */
#ifndef CPU_AGENT_FORMAT_H
#define CPU_AGENT_FORMAT_H

#include "cpu/agent.h"

/* NULL if the format, which ends with a zero byte, takes just so many arguments; else what is wrong. */
const char *agent_format_check(const char *format, unsigned arguments);
/* Prints it. The first argument lies highest: top[0], the next top[-1]. */
void agent_format_print(const char *format, const uint64_t *top, const struct agent_interface *machine, void *opaque);

#endif
