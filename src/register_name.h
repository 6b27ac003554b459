/* Registers by the names that people call them. */
#ifndef SRC_REGISTER_NAME_H
#define SRC_REGISTER_NAME_H

#include "cpu/arch.h"

/* Names as debuggers' rows have them ("r4", "status") and as the ABI has them ("a0"); NULL if there is none of this name. */
const struct cpu_register *register_by_name(const struct cpu_arch *arch, const char *name);
const struct register_field *register_field_by_name(const struct cpu_register *row, const char *name);

#endif
