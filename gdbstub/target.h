/*
 * What the stub needs of a machine. The stub knows nothing else: the program implements these functions and tells the
 * stub of stops and output through the calls at the end of gdbstub.h. Everything runs in the event loop's one thread.
 *
 * Addresses are 64 bits wide here; the target brings them to its canonical form (a client may or may not sign-extend).
 */
#ifndef GDBSTUB_TARGET_H
#define GDBSTUB_TARGET_H

#include "softmmu/base.h"

enum target_direction { TARGET_FORWARD, TARGET_BACKWARD };
enum target_resume_kind {
    TARGET_CONTINUE,
    TARGET_STEP,  /* one step, as the target defines it */
    TARGET_RANGE, /* step while pc is in [start, end) */
};

struct target_resume {
    enum target_direction direction;
    enum target_resume_kind kind;
    uint64_t start, end;
};

/* The digit of Z packets. */
enum target_point {
    TARGET_SOFTWARE_BREAK,
    TARGET_HARDWARE_BREAK,
    TARGET_WRITE_WATCH,
    TARGET_READ_WATCH,
    TARGET_ACCESS_WATCH,
};

/* An agent expression as the client sent it: GDB manual, appendix "The GDB Agent Expression Mechanism". */
struct target_expression {
    const uint8_t *bytes;
    size_t length;
};
/* What a point does besides stopping. They come with each insertion, and the last one's hold. */
struct target_actions {
    const struct target_expression *conditions, *commands;
    size_t nconditions, ncommands;
    bool persist; /* commands go on when the client has gone */
};

enum target_stop_kind {
    TARGET_STOP_SIGNAL, /* `signal` alone: an interrupt by the user (2), a guest's trap */
    TARGET_STOP_STEP,   /* the step asked for is done */
    TARGET_STOP_SWBREAK,
    TARGET_STOP_HWBREAK,
    TARGET_STOP_WATCH,         /* `point` says which kind, `address` the lowest byte touched and watched */
    TARGET_STOP_MONITOR_WATCH, /* a watch that gdb did not set: T02 without a reason */
    TARGET_STOP_HISTORY_BEGIN,
    TARGET_STOP_HISTORY_END,
    TARGET_STOP_EXITED, /* the machine is gone: `signal` is the exit status */
};

struct target_stop {
    enum target_stop_kind kind;
    enum target_point point;
    unsigned signal; /* gdb's number: 2 SIGINT, 5 SIGTRAP, ... */
    uint64_t address;
};

enum target_detach {
    TARGET_DETACH, /* D: points removed, the machine runs on */
    TARGET_VANISH, /* the connection broke: points removed, the machine stays as it is */
};

enum target_command { TARGET_COMMAND_FAILED, TARGET_COMMAND_DONE, TARGET_COMMAND_LATER };

/* Text that a monitor command prints, any length. */
typedef void target_print_fn(void *opaque, const char *text, size_t length);

struct target_ops {
    bool big_endian;
    unsigned (*pc_register)(void *vm); /* number and width of the pc, for expedited registers */
    const char *(*triple)(void *vm);   /* lldb's qHostInfo: "mipsel-unknown-unknown" */

    bool (*running)(void *vm);
    /* The stop that `?` reports while the machine is stopped. */
    void (*last_stop)(void *vm, struct target_stop *stop);

    /* The description document named annex ("target.xml"), or NULL. Lives as long as the target. */
    const char *(*description)(void *vm, const char *annex);
    /* The memory map document for qXfer:memory-map, or NULL. */
    const char *(*memory_map)(void *vm);

    /* Registers 0 .. general_count-1 make up g and G. Values are in target byte order. Sizes in bytes; 0: no such register. */
    unsigned (*general_count)(void *vm);
    size_t (*register_size)(void *vm, unsigned number);
    bool (*read_register)(void *vm, unsigned number, uint8_t *value);
    bool (*write_register)(void *vm, unsigned number, const uint8_t *value);

    /* Guest virtual memory as the CPU would see it now; the number of bytes done from the start (0: the first is unmapped). */
    size_t (*read_memory)(void *vm, uint64_t address, uint8_t *bytes, size_t length);
    size_t (*write_memory)(void *vm, uint64_t address, const uint8_t *bytes, size_t length);

    /*
     * length: breakpoint kind or bytes watched. False and *error (static text) if it cannot be, or its actions cannot. Inserting twice
     * is once, with the new actions.
     */
    bool (*insert_point)(void *vm, enum target_point type, uint64_t address, uint64_t length,
                         const struct target_actions *actions, const char **error);
    bool (*remove_point)(void *vm, enum target_point type, uint64_t address, uint64_t length, const char **error);
    void (*remove_all_points)(void *vm);

    void (*stop)(void *vm); /* stop soon: a stop with signal 2 follows through gdbstub_stopped(); asked again, still one */
    void (*resume)(void *vm, const struct target_resume *how);
    bool (*can_reverse)(void *vm);

    void (*detach)(void *vm, enum target_detach how);
    void (*kill)(void *vm);
    /* gdbstub_full() was true and is not any more. */
    void (*drained)(void *vm);
    /* `monitor COMMAND`. Later: gdbstub_console() and gdbstub_command_done() follow, the machine runs until then, stop() ends it early. */
    enum target_command (*monitor)(void *vm, const char *command, target_print_fn *print, void *opaque);
    /* QEMU's sstep bits (1 enable, 2 no interrupts, 4 no timers) as far as they mean something here: into = step into handlers. */
    void (*set_step_into)(void *vm, bool into);
    bool (*step_into)(void *vm);
};

#endif
