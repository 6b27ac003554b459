/* The conditions and commands that a client sends with a point, made into what the CPU evaluates at its hits. */
#ifndef SRC_POINT_ACTIONS_H
#define SRC_POINT_ACTIONS_H

#include "cpu/actions.h"
#include "gdbstub/target.h"

/*
 * *made: NULL if there are neither conditions nor commands; to be given back with actions_free(). False, and *error, static text, if
 * one of them is not sound.
 */
bool point_actions_new(struct cpu *cpu, const struct target_actions *wanted, struct point_actions **made, const char **error);

#endif
