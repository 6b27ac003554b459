/*
 * GDB's agent expressions: bytecode for a stack machine that a debugger sends to be evaluated where the hits are. A program is verified
 * before it becomes one: known opcodes, operands inside it, jumps to instructions, one stack depth at each, registers that
 * exist, formats that fit their arguments. So evaluating it cannot go wrong but in the ways of enum agent_result, and always ends.
 *
 * Values are 64 bits. Integers are as gdb makes them: loads and registers unextended, then ext or zero_ext as the type says. The
 * opcodes of floating point, which gdb defines and never sends, keep a double's bits there; a long double is one.
 */
#ifndef CPU_AGENT_H
#define CPU_AGENT_H

#include "softmmu/base.h"

enum {
#define AGENT_OP(name, code, kind, operand, pops, pushes) AGENT_##name = code,
#include "cpu/agent_ops.def"
#undef AGENT_OP
};

enum {
    AGENT_LONGEST = 8192, /* bytes of a program */
    AGENT_DEEPEST = 128,  /* values on the stack */
    AGENT_STEPS = 10000,  /* instructions of one evaluation */
    AGENT_VARIABLES = 256,
    AGENT_TEXT = 1024, /* bytes that one printf may print, and that %s may read */
};

enum agent_result {
    AGENT_DONE,
    AGENT_TOO_LONG, /* more than AGENT_STEPS */
    AGENT_NO_MEMORY,
    AGENT_NO_REGISTER,
    AGENT_DIVIDED_BY_ZERO,
};

/* What a program sees of the machine. */
struct agent_interface {
    bool big_endian;
    unsigned long_size; /* bytes of the guest's long, for printf's %ld */
    bool (*has_register)(void *opaque, unsigned number);
    bool (*read_register)(void *opaque, unsigned number, uint64_t *value);
    /* All of the bytes, without a trace in the guest. */
    bool (*read_memory)(void *opaque, uint64_t address, uint8_t *bytes, size_t length);
    void (*print)(void *opaque, const char *text, size_t length);
    /* What trace opcodes would record; NULL: nothing is recorded. until_zero: a string of at most length bytes. */
    void (*trace)(void *opaque, uint64_t address, uint64_t length, bool until_zero);
    uint64_t *variables; /* AGENT_VARIABLES trace state variables by number */
};

struct agent_program;

/* A copy of the bytes, verified; or NULL and the reason, which is static text. */
struct agent_program *agent_program_new(const uint8_t *bytes, size_t length, const struct agent_interface *machine, void *opaque,
                                        const char **error);
void agent_program_free(struct agent_program *program);

/* The value is what is on top of the stack in the end, 0 if nothing is; only AGENT_DONE gives one. */
enum agent_result agent_run(const struct agent_program *program, const struct agent_interface *machine, void *opaque,
                            uint64_t *value);
const char *agent_result_text(enum agent_result result);

#endif
