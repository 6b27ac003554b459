/*
 * Stakeout's interface for plug-ins: shared objects that are loaded with -plugin FILE.so[,ARG...].
 *
 * A plug-in defines stakeout_plugin_version and stakeout_plugin_start(), and may define stakeout_plugin_end(). At its start it is given the
 * machine and a table of functions, with which it registers what is to be called. Everything happens in stakeout's one thread, and a
 * callback that takes long holds the machine up; the guest does not see that.
 *
 * What a plug-in may do when:
 *   start, watch and state callbacks   everything: the machine stands between two units (instructions; a branch goes with its delay slot)
 *   exception callbacks                look, print, and stop; what would change the machine or its watches does nothing and says false
 *   end                                look and print
 * A plug-in that only looks leaves no trace: the guest does what it does without it, instruction by instruction. What it writes becomes
 * part of the machine's history, so that going back in time and replaying does it again without the plug-in.
 *
 * Callbacks do not run while the past is searched or replayed on the way to somewhere (reverse-continue, reverse-step, goto, who-wrote). If time
 * was taken back and the machine then runs forward, they run for what happens again, with the icount that it had the first time.
 *
 * Addresses and values of registers are 64 bits wide whatever the guest's width; a 32-bit guest's are zero-extended, and sign-extended
 * ones are taken as well. Strings that a function returns are good until the callback ends.
 *
 * Versions: a new one only adds, at the ends of the table and of the structs. A plug-in made for an older version keeps working; one made for
 * a newer version is refused.
 */
#ifndef STAKEOUT_PLUGIN_H
#define STAKEOUT_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STAKEOUT_PLUGIN_VERSION 1

/* The machine, as this plug-in has it. */
struct stakeout;

enum stakeout_space { STAKEOUT_VIRTUAL, STAKEOUT_PHYSICAL };
enum stakeout_kind { STAKEOUT_READ = 1, STAKEOUT_WRITE = 2, STAKEOUT_ACCESS = 3 };
enum stakeout_source { STAKEOUT_BY_CPU, STAKEOUT_BY_DMA, STAKEOUT_BY_WALKER }; /* walker: the CPU reads page tables by itself */
enum stakeout_state {
    STAKEOUT_RUNNING,
    STAKEOUT_STOPPED,
};

/* An access to watched bytes. The CPU's is told before it is done, a device's at the first boundary behind it. */
struct stakeout_hit {
    unsigned watch; /* as watch() numbered it */
    enum stakeout_source source;
    const char *device;         /* whose DMA it is; NULL: the CPU's, or not known */
    bool write;                 /* else it reads */
    bool known;                 /* value and old are: all but reads of devices that cannot be asked, and old of writes to those */
    uint32_t size;              /* bytes of the access; of DMA the watched ones, 8 at most */
    uint64_t address, physical; /* of the lowest byte that is touched and watched; address is 0 but for the CPU's */
    uint64_t value, old;        /* what is written, and what it replaces; what is read (in both) */
    uint64_t pc;                /* of the instruction; 0 but for the CPU's */
};

/* About to be entered; registers and pc() are those of the interrupted unit. */
struct stakeout_exception {
    unsigned code; /* the architecture's number; MIPS: Cause.ExcCode, 0 an interrupt */
};

typedef void stakeout_hit_fn(void *opaque, struct stakeout *machine, const struct stakeout_hit *hit);
typedef void stakeout_state_fn(void *opaque, struct stakeout *machine, enum stakeout_state state);
typedef void stakeout_exception_fn(void *opaque, struct stakeout *machine, const struct stakeout_exception *exception);

struct stakeout_functions {
    uint32_t version; /* of the table */

    /* Calls fn for each access of the kind to any of `length` bytes. The watch's number, from 1; 0: the range is empty or wraps. */
    unsigned (*watch)(struct stakeout *machine, enum stakeout_space space, uint64_t address, uint64_t length,
                      enum stakeout_kind kind, stakeout_hit_fn *fn, void *opaque);
    /* False: this plug-in has no such watch. */
    bool (*unwatch)(struct stakeout *machine, unsigned number);
    /* Calls fn after each change between running and stopped; the last one given counts, NULL ends it. */
    void (*on_state)(struct stakeout *machine, stakeout_state_fn *fn, void *opaque);
    /* Calls fn before each exception and interrupt; the last one given counts, NULL ends it. */
    void (*on_exception)(struct stakeout *machine, stakeout_exception_fn *fn, void *opaque);

    /* By name ("pc", "a0", "status"). False: there is none, or it cannot be read or written. */
    bool (*read_register)(struct stakeout *machine, const char *name, uint64_t *value);
    bool (*write_register)(struct stakeout *machine, const char *name, uint64_t value);
    /* Bytes done from the start; devices are not touched. A virtual address is as the CPU maps it now. */
    size_t (*read_memory)(struct stakeout *machine, enum stakeout_space space, uint64_t address, void *bytes, size_t length);
    size_t (*write_memory)(struct stakeout *machine, enum stakeout_space space, uint64_t address, const void *bytes,
                           size_t length);
    bool (*big_endian)(struct stakeout *machine);

    /* The symbol that an address belongs to, and how far it is into it; NULL: none is known. It lives until the next question. */
    const char *(*symbol)(struct stakeout *machine, uint64_t address, uint64_t *offset);
    bool (*find_symbol)(struct stakeout *machine, const char *name, uint64_t *address);

    /* Units of time passed since power-on: instructions, interrupts, idle jumps. */
    uint64_t (*icount)(struct stakeout *machine);
    /* The guest's time since power-on. */
    uint64_t (*nanoseconds)(struct stakeout *machine);

    /* A line, without its newline, to the debugger's console if a client is there, else to stderr. */
    void (*print)(struct stakeout *machine, const char *line);
    /* The machine stops: in a watch callback right there, else at the next boundary. */
    void (*stop)(struct stakeout *machine);
};

/* What a plug-in defines. */
#define STAKEOUT_PLUGIN_EXPORT __attribute__((visibility("default")))
/* = STAKEOUT_PLUGIN_VERSION */
STAKEOUT_PLUGIN_EXPORT extern const uint32_t stakeout_plugin_version;
/*
 * Before the machine runs. argv[0] is the plug-in's file, then the ARGs; all live as long as the plug-in. False: it cannot work, and has
 * printed why; stakeout then ends.
 */
STAKEOUT_PLUGIN_EXPORT bool stakeout_plugin_start(struct stakeout *machine, const struct stakeout_functions *functions, int argc,
                                                  const char *const *argv);
/* The program ends. May be left out. */
STAKEOUT_PLUGIN_EXPORT void stakeout_plugin_end(struct stakeout *machine);

#ifdef __cplusplus
}
#endif

#endif
