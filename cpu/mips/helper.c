/* The table of helpers. */
#include "cpu/mips/helper.h"

const struct ir_helper mips_helpers[MIPS_HELPERS] = {
#define HELPER(name, flags) {#name, helper_##name, flags},
#include "cpu/mips/helpers.def"
#include "cpu/mips/helpers_fpu.def"
#undef HELPER
};
