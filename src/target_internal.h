/* What the files of the target share. Functions that take `opaque`, a struct stub_target, are members of struct target_ops, told of there. */
#ifndef SRC_TARGET_INTERNAL_H
#define SRC_TARGET_INTERNAL_H

#include "src/target.h"

struct cpu_register;

struct point {
    uint32_t address;
    enum target_point type;
    uint64_t length;
    struct watch *watch;           /* NULL for breakpoints */
    struct point_actions *actions; /* NULL: each hit stops */
    bool persist;
    struct point *next; /* in its bucket */
};

/* By what they are, however many there are. */
struct target_points {
    struct point **buckets;
    size_t nbuckets, count; /* nbuckets: a power of two; count: at most as many */
};

struct stub_target {
    struct vm *vm;
    struct gdbstub *stub;
    struct target_ops ops; /* this machine's */
    char triple[64];
    char *description, *memory_map;

    const struct cpu_register **registers; /* by gdb's number, NULL where there is none */
    unsigned nregisters, ngeneral;

    struct target_points points;

    struct target_stop last;
    struct {
        uint64_t icount;
        uint32_t pc;
        bool pc_written; /* by the client, since */
    } reported;
    char held_notice[512];
};

/* The one that there is, or NULL. */
struct stub_target *target_present(void);

/* target_registers.c */
void target_registers_make(struct stub_target *target);
unsigned target_registers_pc(void *opaque);
unsigned target_registers_count(void *opaque);
size_t target_registers_size(void *opaque, unsigned number);
bool target_registers_read(void *opaque, unsigned number, uint8_t *value);
bool target_registers_write(void *opaque, unsigned number, const uint8_t *value);

/* target_memory.c */
/* False: no address of this 32-bit space, neither zero- nor sign-extended. */
bool target_canonical(uint64_t address, uint32_t *canonical);
size_t target_memory_read(void *opaque, uint64_t address, uint8_t *bytes, size_t length);
size_t target_memory_write(void *opaque, uint64_t address, const uint8_t *bytes, size_t length);

/* target_points.c */
void target_points_make(struct target_points *points);
void target_points_free(struct stub_target *target);
bool target_points_insert(void *opaque, enum target_point type, uint64_t address, uint64_t length,
                          const struct target_actions *wanted, const char **error);
bool target_points_remove(void *opaque, enum target_point type, uint64_t address, uint64_t length, const char **error);
void target_points_remove_all(void *opaque);
/* The client goes; what it wanted to go on without it stays. */
void target_points_client_gone(struct stub_target *target);
bool target_points_has(const struct stub_target *target, uint32_t address, enum target_point type);
/* The client's point that this watch belongs to, or NULL. */
const struct point *target_points_of_watch(const struct stub_target *target, const struct watch *watch);

/* target_stop.c */
/* The machine as it stands is what the client is told of. */
void target_stop_note_position(struct stub_target *target);
/* From now on a client counts as being there. */
struct vm *target_stop_attended(struct stub_target *target);
/* What is reported before the machine has run. */
void target_stop_at_start(struct stub_target *target);
void target_stop_last(void *opaque, struct target_stop *stop);
/* A vm_change_fn for the target that is present. */
void target_stop_changed(void *opaque, enum vm_state state, enum vm_stop_reason reason);

/* target_run.c */
bool target_run_running(void *opaque);
void target_run_stop(void *opaque);
void target_run_resume(void *opaque, const struct target_resume *how);
bool target_run_can_reverse(void *opaque);
void target_run_detach(void *opaque, enum target_detach how);
void target_run_kill(void *opaque);
void target_run_set_into(void *opaque, bool into);
bool target_run_into(void *opaque);

/* target_text.c */
/*
 * Text of points; without a client to show it to (or a target), on stderr, since stdout may be the guest's console. None of it is
 * lost: a client that reads slowly holds the machine up.
 */
void target_text_print(void *opaque, const char *text, size_t length);
void target_text_drained(void *opaque);
/* A notice_fn. */
bool target_text_notice(void *opaque, const char *text);
/* What was to be said when no packet could carry it. */
void target_text_say_held(struct stub_target *target);
enum target_command target_text_monitor(void *opaque, const char *command, target_print_fn *print, void *print_opaque);

#endif
