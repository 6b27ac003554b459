#include "src/target.h"

#include <stdio.h>
#include <string.h>

#include "gdbstub/gdbstub.h"
#include "softmmu/alloc.h"
#include "softmmu/watch.h"
#include "src/debug_write.h"
#include "src/description.h"
#include "src/history.h"
#include "src/monitor.h"
#include "src/notice.h"
#include "src/point_actions.h"
#include "src/travel.h"
#include "src/watch_note.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

struct point {
    uint32_t address;
    enum target_point type;
    uint64_t length;
    struct watch *watch;           /* NULL for breakpoints */
    struct point_actions *actions; /* NULL: each hit stops */
    bool persist;
};

struct stub_target {
    struct vm *vm;
    struct gdbstub *stub;
    struct target_ops ops; /* this machine's */
    char triple[64];
    char *description, *memory_map;

    const struct cpu_register **registers; /* by gdb's number, NULL where there is none */
    unsigned nregisters, ngeneral;

    struct point *points; /* ordered by address, type, length */
    size_t npoints, points_capacity;

    struct target_stop last;
    struct {
        uint64_t icount;
        uint32_t pc;
        bool pc_written; /* by the client, since */
    } reported;
    char held_notice[512];
};

/* Whom the change handler, which cannot be taken back, speaks for. */
static struct stub_target *present;

/* False: no address of this 32-bit space, neither zero- nor sign-extended. */
static bool canonical(uint64_t address, uint32_t *canonical)
{
    *canonical = (uint32_t)address;
    return address == *canonical || address == (uint64_t)(int64_t)(int32_t)*canonical;
}

static uint64_t sign_extended(uint32_t address)
{
    return (uint64_t)(int64_t)(int32_t)address;
}

/* Any packet but those of the first contact comes by here before it matters: a client is there. */
static struct vm *attended(struct stub_target *target)
{
    target->vm->debugger_waits = true;
    return target->vm;
}

/* Registers */

static void make_registers(struct stub_target *target)
{
    const struct cpu_arch *arch = target->vm->cpu->arch;
    for (unsigned i = 0; i < arch->nregisters; i++)
        if (arch->registers[i].number >= target->nregisters)
            target->nregisters = arch->registers[i].number + 1u;
    target->registers = alloc_zeroed(target->nregisters * sizeof(*target->registers));
    for (unsigned i = 0; i < arch->nregisters; i++)
        target->registers[arch->registers[i].number] = &arch->registers[i];
    while (target->ngeneral < target->nregisters && target->registers[target->ngeneral])
        target->ngeneral++;
}

static const struct cpu_register *register_row(const struct stub_target *target, unsigned number)
{
    return number < target->nregisters ? target->registers[number] : NULL;
}

static unsigned pc_register(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->cpu->arch->pc_register;
}

static unsigned general_count(void *opaque)
{
    struct stub_target *target = opaque;
    return target->ngeneral;
}

static size_t register_size(void *opaque, unsigned number)
{
    const struct cpu_register *row = register_row(opaque, number);
    return row ? row->bits / 8 : 0;
}

static unsigned byte_shift(const struct stub_target *target, size_t size, size_t i)
{
    return 8 * (unsigned)(target->ops.big_endian ? size - 1 - i : i);
}

static bool read_register(void *opaque, unsigned number, uint8_t *value)
{
    struct stub_target *target = opaque;
    const struct cpu_register *row = register_row(target, number);
    if (!row || !row->read)
        return false;
    uint64_t word = row->read(target->vm->cpu, row->arg);
    size_t size = row->bits / 8;
    for (size_t i = 0; i < size; i++)
        value[i] = (uint8_t)(word >> byte_shift(target, size, i));
    return true;
}

static bool write_register(void *opaque, unsigned number, const uint8_t *value)
{
    struct stub_target *target = opaque;
    const struct cpu_register *row = register_row(target, number);
    if (!row || !row->write)
        return false;
    size_t size = row->bits / 8;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)value[i] << byte_shift(target, size, i);
    debug_write_register(target->vm, number, word);
    if (number == target->vm->cpu->arch->pc_register)
        target->reported.pc_written = true;
    return true;
}

/* Memory */

static size_t reachable(uint32_t first, size_t length)
{
    return (size_t)min_u64(length, (UINT64_C(1) << 32) - first);
}

static size_t read_memory(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    struct stub_target *target = opaque;
    uint32_t va;
    return canonical(address, &va) ? cpu_debug_read(target->vm->cpu, va, bytes, reachable(va, length)) : 0;
}

static size_t write_memory(void *opaque, uint64_t address, const uint8_t *bytes, size_t length)
{
    struct stub_target *target = opaque;
    uint32_t va;
    return canonical(address, &va) ? debug_write_memory(target->vm, va, bytes, reachable(va, length)) : 0;
}

/* Points */

static const unsigned watch_kinds[] = {
    [TARGET_WRITE_WATCH] = WATCH_WRITE,
    [TARGET_READ_WATCH] = WATCH_READ,
    [TARGET_ACCESS_WATCH] = WATCH_ACCESS,
};

static int compare_points(const struct point *a, const struct point *b)
{
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}

/* Where the point is or would be; *found says which. */
static size_t find_point(const struct stub_target *target, const struct point *key, bool *found)
{
    size_t low = 0, high = target->npoints;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_points(&target->points[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < target->npoints && compare_points(&target->points[low], key) == 0;
    return low;
}

/* A breakpoint is one address whatever its kind says, so its length does not count. */
static bool make_key(struct stub_target *target, struct point *key, enum target_point type, uint64_t address, uint64_t length,
                     const char **error)
{
    bool watch = type >= TARGET_WRITE_WATCH;
    *key = (struct point){.type = type, .length = watch ? length : 0};
    if (!canonical(address, &key->address))
        *error = "not an address of this CPU";
    else if (!watch && key->address % target->vm->cpu->arch->insn_align)
        *error = "no instruction can stand at this address: misaligned";
    else if (watch && (!length || length > (UINT64_C(1) << 32) - key->address))
        *error = "the watched range is empty or goes past the end of memory";
    else
        return true;
    return false;
}

static void arm(struct vm *vm, struct point *point)
{
    if (point->type < TARGET_WRITE_WATCH) {
        cpu_breakpoint_insert(vm->cpu, point->address);
        return;
    }
    point->watch = watch_insert(vm->cpu->mmu.watches, point->address, point->length, watch_kinds[point->type], false);
    assert(point->watch);
}

/* Takes the actions over; those before are gone. */
static void set_actions(struct vm *vm, struct point *point, struct point_actions *actions, bool persist)
{
    if (point->actions && !point->watch)
        cpu_breakpoint_detach(vm->cpu, point->address, point->actions);
    actions_free(point->actions);
    point->actions = actions;
    point->persist = persist && actions && actions->ncommands;
    if (point->watch)
        point->watch->actions = actions;
    else if (actions)
        cpu_breakpoint_attach(vm->cpu, point->address, actions);
}

static void disarm(struct vm *vm, struct point *point)
{
    set_actions(vm, point, NULL, false);
    bool done = point->type < TARGET_WRITE_WATCH
                    ? cpu_breakpoint_remove(vm->cpu, point->address)
                    : watch_remove(vm->cpu->mmu.watches, point->address, point->length, watch_kinds[point->type]);
    assert(done);
    (void)done;
}

static void add_point(struct stub_target *target, size_t place, struct point key)
{
    target->points = alloc_room(target->points, &target->points_capacity, target->npoints + 1, sizeof(key));
    memmove(&target->points[place + 1], &target->points[place], (target->npoints - place) * sizeof(key));
    arm(target->vm, &key);
    target->points[place] = key;
    target->npoints++;
}

static bool insert_point(void *opaque, enum target_point type, uint64_t address, uint64_t length,
                         const struct target_actions *wanted, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    struct point_actions *actions;
    bool found;
    if (!make_key(target, &key, type, address, length, error) || !point_actions_new(target->vm->cpu, wanted, &actions, error))
        return false;
    size_t place = find_point(target, &key, &found);
    if (!found)
        add_point(target, place, key);
    set_actions(target->vm, &target->points[place], actions, wanted->persist);
    return true;
}

static bool remove_point(void *opaque, enum target_point type, uint64_t address, uint64_t length, const char **error)
{
    struct stub_target *target = opaque;
    struct point key;
    bool found;
    if (!make_key(target, &key, type, address, length, error))
        return false;
    size_t place = find_point(target, &key, &found);
    if (!found)
        *error = "there is no such point";
    else {
        disarm(target->vm, &target->points[place]);
        target->npoints--;
        memmove(&target->points[place], &target->points[place + 1], (target->npoints - place) * sizeof(key));
    }
    return found;
}

static void remove_all_points(void *opaque)
{
    struct stub_target *target = opaque;
    while (target->npoints)
        disarm(target->vm, &target->points[--target->npoints]);
}

/* The client goes; what it wanted to go on without it stays. */
static void remove_clients_points(struct stub_target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->npoints; i++)
        if (target->points[i].persist)
            target->points[kept++] = target->points[i];
        else
            disarm(target->vm, &target->points[i]);
    target->npoints = kept;
}

void target_each_point(void (*fn)(void *opaque, enum target_point type, uint32_t address, uint64_t length), void *opaque)
{
    for (size_t i = 0; present && i < present->npoints; i++)
        fn(opaque, present->points[i].type, present->points[i].address, present->points[i].length);
}

/* Stops */

static bool has_point(const struct stub_target *target, uint32_t address, enum target_point type)
{
    bool found;
    find_point(target, &(struct point){.address = address, .type = type}, &found);
    return found;
}

static void breakpoint_stop(const struct stub_target *target, struct target_stop *stop)
{
    bool hard = has_point(target, *cpu_pc(target->vm->cpu), TARGET_HARDWARE_BREAK);
    stop->kind = hard ? TARGET_STOP_HWBREAK : TARGET_STOP_SWBREAK;
}

/* A watch that is none of the client's is the monitor's. */
static void watch_stop(const struct stub_target *target, struct target_stop *stop)
{
    const struct debug_event *hit = &target->vm->cpu->debug;
    stop->kind = TARGET_STOP_MONITOR_WATCH;
    stop->address = sign_extended(hit->lowest);
    for (size_t i = 0; i < target->npoints; i++) {
        if (target->points[i].watch && target->points[i].watch == hit->watch) {
            stop->kind = TARGET_STOP_WATCH;
            stop->point = target->points[i].type;
        }
    }
}

static void make_stop(const struct stub_target *target, enum vm_stop_reason reason, struct target_stop *stop)
{
    *stop = (struct target_stop){.kind = TARGET_STOP_SIGNAL, .signal = SIGNAL_TRAP};
    switch (reason) {
    case VM_STOP_START:
        break;
    case VM_STOP_USER:
        stop->signal = SIGNAL_INT;
        break;
    case VM_STOP_BREAKPOINT:
        breakpoint_stop(target, stop);
        break;
    case VM_STOP_WATCH:
        watch_stop(target, stop);
        break;
    case VM_STOP_STEP:
        stop->kind = TARGET_STOP_STEP;
        break;
    case VM_STOP_HISTORY_BEGIN:
        stop->kind = TARGET_STOP_HISTORY_BEGIN;
        break;
    case VM_STOP_SHUTDOWN:
        *stop = (struct target_stop){.kind = TARGET_STOP_EXITED};
        break;
    }
}

static void note_position(struct stub_target *target)
{
    target->reported.icount = target->vm->machine.clock->icount;
    target->reported.pc = *cpu_pc(target->vm->cpu);
}

/* Text of points; without a client to show it to, on stderr, since stdout may be the guest's console. None of it is lost: a client that reads slowly holds the machine up. */
static void print_text(void *opaque, const char *text, size_t length)
{
    struct stub_target *target = opaque;
    if (target && target->vm->travels) /* it was printed when it happened */
        return;
    if (!target || !gdbstub_connected(target->stub)) {
        fwrite(text, 1, length, stderr);
        return;
    }
    gdbstub_console(target->stub, text, length);
    target->vm->held_up = gdbstub_full(target->stub);
}

static void drained(void *opaque)
{
    struct stub_target *target = opaque;
    target->vm->held_up = false;
    vm_wake(target->vm);
}

static void changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    struct stub_target *target = present;
    if (!target || state != VM_STOPPED || target->vm->looking)
        return;
    make_stop(target, reason, &target->last);
    note_position(target);
    target->reported.pc_written = false;
    if (reason == VM_STOP_WATCH) {
        const char *note = watch_note_take(target->vm);
        if (target->vm->watch_note)
            gdbstub_console(target->stub, note, strlen(note));
    }
    gdbstub_stopped(target->stub, &target->last);
}

static void last_stop(void *opaque, struct target_stop *stop)
{
    struct stub_target *target = opaque;
    attended(target);
    note_position(target);
    *stop = target->last;
}

/* Running */

static bool running(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->state == VM_RUNNING;
}

static void stop(void *opaque)
{
    vm_stop(attended(opaque), VM_STOP_USER);
}

/* From the position last reported at least one unit runs before a point that the client has seen can stop it again. */
static void pass_position(const struct stub_target *target)
{
    struct cpu *cpu = target->vm->cpu;
    bool same = target->reported.icount == target->vm->machine.clock->icount && target->reported.pc == *cpu_pc(cpu);
    cpu->skip_breakpoint = same && !target->reported.pc_written;
    if (!cpu->skip_breakpoint)
        cpu->asked = cpu->slot_asked = NOT_ASKED;
    cpu->skip_watch = cpu->skip_breakpoint && !cpu->debug.after &&
                      (target->last.kind == TARGET_STOP_WATCH || target->last.kind == TARGET_STOP_MONITOR_WATCH);
}

/* What was to be said when no packet could carry it. */
static void say_held_notice(struct stub_target *target)
{
    if (target->held_notice[0])
        print_text(target, target->held_notice, strlen(target->held_notice));
    target->held_notice[0] = 0;
}

static bool take_notice(void *opaque, const char *text)
{
    struct stub_target *target = opaque;
    if (!gdbstub_connected(target->stub))
        return false;
    snprintf(target->held_notice, sizeof(target->held_notice), "%s", text);
    if (target->vm->state == VM_RUNNING)
        say_held_notice(target);
    return true;
}

static void go_back(struct stub_target *target, const struct target_resume *how)
{
    struct vm *vm = attended(target);
    if (how->kind == TARGET_CONTINUE)
        travel_begin_continue(vm->travel);
    else
        travel_begin_step(vm->travel);
    vm_start(vm, &(struct vm_run){.kind = VM_RUN_TRAVEL});
}

static void resume(void *opaque, const struct target_resume *how)
{
    static const enum vm_run_kind kinds[] = {
        [TARGET_CONTINUE] = VM_RUN_FREE,
        [TARGET_STEP] = VM_RUN_STEP,
        [TARGET_RANGE] = VM_RUN_RANGE,
    };
    struct stub_target *target = opaque;
    say_held_notice(target);
    if (how->direction == TARGET_BACKWARD) {
        go_back(target, how);
        return;
    }
    struct vm_run run = {.kind = kinds[how->kind], .start = (uint32_t)how->start, .end = (uint32_t)how->end};
    pass_position(target);
    vm_start(attended(target), &run);
}

static bool can_reverse(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->history;
}

static void detach(void *opaque, enum target_detach how)
{
    struct stub_target *target = opaque;
    struct vm *vm = target->vm;
    remove_clients_points(target);
    if (vm->command.opaque == target && vm->command.busy) {
        monitor_await(vm, NULL, NULL, NULL);
        vm_stop(vm, VM_STOP_USER);
    }
    vm->debugger_waits = false;
    if (how == TARGET_DETACH && vm->state == VM_STOPPED) {
        pass_position(target);
        vm_start(vm, NULL);
    }
    target->reported.pc_written = false;
}

static void kill_machine(void *opaque)
{
    struct stub_target *target = opaque;
    vm_quit(target->vm, 0);
}

/* What else there is */

static const char *triple(void *opaque)
{
    struct stub_target *target = opaque;
    return target->triple;
}

static const char *description(void *opaque, const char *annex)
{
    struct stub_target *target = opaque;
    return strcmp(annex, "target.xml") == 0 ? target->description : NULL;
}

static const char *memory_map(void *opaque)
{
    struct stub_target *target = opaque;
    return target->memory_map;
}

static void print_late(void *opaque, const char *text, size_t length)
{
    struct stub_target *target = opaque;
    gdbstub_console(target->stub, text, length);
}

static void command_done(void *opaque, bool good)
{
    struct stub_target *target = opaque;
    note_position(target);
    gdbstub_command_done(target->stub, good);
}

static enum target_command monitor(void *opaque, const char *command, target_print_fn *print, void *print_opaque)
{
    static const enum target_command results[] = {
        [MONITOR_FAILED] = TARGET_COMMAND_FAILED,
        [MONITOR_DONE] = TARGET_COMMAND_DONE,
        [MONITOR_LATER] = TARGET_COMMAND_LATER,
    };
    struct stub_target *target = opaque;
    enum monitor_result result = monitor_command(target->vm, command, print, print_opaque);
    if (result == MONITOR_LATER)
        monitor_await(target->vm, print_late, command_done, target);
    return results[result];
}

static void set_step_into(void *opaque, bool into)
{
    struct stub_target *target = opaque;
    target->vm->step_into = into;
}

static bool step_into(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->step_into;
}

static const struct target_ops target_ops = {
    .pc_register = pc_register,
    .triple = triple,
    .running = running,
    .last_stop = last_stop,
    .description = description,
    .memory_map = memory_map,
    .general_count = general_count,
    .register_size = register_size,
    .read_register = read_register,
    .write_register = write_register,
    .read_memory = read_memory,
    .write_memory = write_memory,
    .insert_point = insert_point,
    .remove_point = remove_point,
    .remove_all_points = remove_all_points,
    .stop = stop,
    .resume = resume,
    .can_reverse = can_reverse,
    .detach = detach,
    .kill = kill_machine,
    .drained = drained,
    .monitor = monitor,
    .set_step_into = set_step_into,
    .step_into = step_into,
};

static void make_documents(struct stub_target *target)
{
    const struct cpu_arch *arch = target->vm->cpu->arch;
    snprintf(target->triple, sizeof(target->triple), "%s%s-unknown-unknown", arch->name, target->ops.big_endian ? "" : "el");
    target->description = description_target(arch);
    target->memory_map = description_memory_map();
}

struct stub_target *target_new(struct vm *vm, const char *address)
{
    assert(!present);
    struct stub_target *target = alloc_zeroed(sizeof(*target));
    target->vm = vm;
    target->ops = target_ops;
    target->ops.big_endian = vm->machine.big_endian;
    make_registers(target);
    make_documents(target);
    make_stop(target, VM_STOP_START, &target->last);
    note_position(target);
    present = target;
    target->stub = gdbstub_new(vm->base, address, &target->ops, target);
    if (!target->stub) {
        target_free(target);
        return NULL;
    }
    vm_add_change_state_handler(vm, changed, target);
    notice_connect(vm, take_notice, target);
    actions_print_to(print_text, target);
    return target;
}

void target_free(struct stub_target *target)
{
    if (!target)
        return;
    if (target->stub)
        gdbstub_free(target->stub);
    present = NULL;
    notice_connect(target->vm, NULL, NULL);
    actions_print_to(NULL, NULL);
    remove_all_points(target);
    free(target->points);
    free(target->registers);
    free(target->description);
    free(target->memory_map);
    free(target);
}
