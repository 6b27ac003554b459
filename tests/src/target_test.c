/* What the stub sees of the machine: addresses, registers, points, stops, and what a resume may pass over. Stub and VM are fakes. */
#include "tests/softmmu/unit.h"

#include <stdlib.h>
#include <string.h>

#include "gdbstub/gdbstub.h"
#include "softmmu/watch.h"
#include "src/monitor.h"
#include "src/debug_write.h"
#include "src/history.h"
#include "src/point_actions.h"
#include "src/notice.h"
#include "src/target.h"
#include "src/travel.h"
#include "src/watch_note.h"

struct gdbstub {
    const struct target_ops *ops;
    void *opaque;
    struct target_stop stop;
    unsigned stops;
    char console[64];
    bool full;
};

static struct gdbstub stub;
static struct {
    vm_change_fn *changed;
    struct vm_run run;
    unsigned starts, quits, cuts, wakes;
    void (*done)(void *opaque, bool good);
    void *done_opaque;
    const char *travel;           /* what was begun last */
    uint32_t breakpoint;          /* the last one inserted */
    int breakpoints;              /* inserted less removed */
    int attached;                 /* likewise */
    struct target_actions wanted; /* of the next insertions */
} seen;

struct gdbstub *gdbstub_new(struct event_base *base, const char *address, const struct target_ops *ops, void *opaque)
{
    stub = (struct gdbstub){.ops = ops, .opaque = opaque};
    return strcmp(address, "taken") ? &stub : NULL;
}

void gdbstub_free(struct gdbstub *s)
{
}

void gdbstub_stopped(struct gdbstub *s, const struct target_stop *stop)
{
    s->stop = *stop;
    s->stops++;
}

bool gdbstub_full(const struct gdbstub *s)
{
    return s->full;
}

bool gdbstub_connected(const struct gdbstub *stub)
{
    return true;
}

void gdbstub_console(struct gdbstub *s, const char *text, size_t length)
{
    strncat(s->console, text, length);
}

void history_cut(struct vm *vm)
{
    seen.cuts++;
}

unsigned travel_percent(const struct travel *travel)
{
    return 0;
}

void travel_begin_step(struct travel *travel)
{
    seen.travel = "step";
}

void travel_begin_continue(struct travel *travel)
{
    seen.travel = "continue";
}

void vm_add_change_state_handler(struct vm *vm, vm_change_fn *fn, void *opaque)
{
    seen.changed = fn;
}

static void stop_vm(struct vm *vm, enum vm_stop_reason reason)
{
    vm->state = VM_STOPPED;
    vm->stop_reason = reason;
    seen.changed(NULL, VM_STOPPED, reason);
}

void vm_stop(struct vm *vm, enum vm_stop_reason reason)
{
    if (vm->state == VM_RUNNING)
        stop_vm(vm, reason);
}

void vm_start(struct vm *vm, const struct vm_run *run)
{
    vm->state = VM_RUNNING;
    seen.run = run ? *run : (struct vm_run){0};
    seen.starts++;
    seen.changed(NULL, VM_RUNNING, vm->stop_reason);
}

void vm_wake(struct vm *vm)
{
    seen.wakes++;
}

void vm_quit(struct vm *vm, int status)
{
    seen.quits++;
}

enum monitor_result monitor_command(struct vm *vm, const char *line, monitor_print_fn *print, void *opaque)
{
    return strcmp(line, "later") == 0 ? MONITOR_LATER : strcmp(line, "good") == 0 ? MONITOR_DONE : MONITOR_FAILED;
}

void monitor_await(struct vm *vm, monitor_print_fn *print, void (*done)(void *opaque, bool good), void *opaque)
{
    seen.done = done;
    seen.done_opaque = opaque;
}

void gdbstub_command_done(struct gdbstub *s, bool good)
{
    strcat(s->console, good ? "done" : "failed");
}

const char *watch_note_take(struct vm *vm)
{
    return "note\n";
}

bool watch_note_told(void)
{
    return false;
}

void cpu_breakpoint_insert(struct cpu *cpu, uint32_t pc)
{
    seen.breakpoint = pc;
    seen.breakpoints++;
}

bool cpu_breakpoint_remove(struct cpu *cpu, uint32_t pc)
{
    seen.breakpoints--;
    return true;
}

void cpu_breakpoint_attach(struct cpu *cpu, uint32_t pc, struct point_actions *actions)
{
    assert_int_equal(pc, seen.breakpoint);
    assert_non_null(actions);
    seen.attached++;
}

void cpu_breakpoint_detach(struct cpu *cpu, uint32_t pc, struct point_actions *actions)
{
    assert_int_equal(pc, seen.breakpoint);
    seen.attached--;
}

void actions_print_to(void (*print)(void *opaque, const char *text, size_t length), void *opaque)
{
}

void actions_free(struct point_actions *actions)
{
    free(actions);
}

/* An expression is sound if it has bytes. */
bool point_actions_new(struct cpu *cpu, const struct target_actions *wanted, struct point_actions **made, const char **error)
{
    *made = NULL;
    for (size_t i = 0; i < wanted->nconditions; i++)
        if (!wanted->conditions[i].length)
            *error = "unsound";
    if (*error || wanted->nconditions + wanted->ncommands == 0)
        return !*error;
    *made = calloc(1, sizeof(**made));
    (*made)->nconditions = wanted->nconditions;
    (*made)->ncommands = wanted->ncommands;
    return true;
}

/* Memory: 16 bytes at either end of the address space's upper half. */
static uint8_t memory[32];

static size_t copy(uint32_t va, uint8_t *to, const uint8_t *from, size_t length, bool write)
{
    size_t done = 0;
    for (; done < length; done++, va++) {
        uint32_t place = va >= 0xfffffff0 ? va - 0xfffffff0 + 16 : va - 0x80000000;
        if (place >= sizeof(memory))
            break;
        if (write)
            memory[place] = from[done];
        else
            to[done] = memory[place];
    }
    return done;
}

size_t cpu_debug_read(struct cpu *cpu, uint32_t va, uint8_t *bytes, size_t length)
{
    return copy(va, bytes, NULL, length, false);
}

size_t cpu_debug_write(struct cpu *cpu, uint32_t va, const uint8_t *bytes, size_t length)
{
    return copy(va, NULL, bytes, length, true);
}

struct fake_state {
    uint32_t pc;
    uint64_t wide;
};

static uint64_t read_pc(struct cpu *cpu, unsigned arg)
{
    return *cpu_pc(cpu);
}

static void write_pc(struct cpu *cpu, unsigned arg, uint64_t value)
{
    *cpu_pc(cpu) = (uint32_t)value;
}

static uint64_t read_wide(struct cpu *cpu, unsigned arg)
{
    return ((struct fake_state *)cpu_state(cpu))->wide;
}

static void write_wide(struct cpu *cpu, unsigned arg, uint64_t value)
{
    ((struct fake_state *)cpu_state(cpu))->wide = value;
}

static const struct cpu_register registers[] = {
    {.feature = "a", .name = "wide", .number = 0, .bits = 64,      .read = read_wide, .write = write_wide},
    {.feature = "b", .name = "own",  .number = 3, .bits = 64,      .read = read_wide},
    {.feature = "a",  .name = "pc",    .number = 1,  .bits = 32, .read = read_pc, .write = write_pc                   },
};
static const struct cpu_arch arch = {
    .name = "mips",
    .state_size = sizeof(struct fake_state),
    .pc_offset = offsetof(struct fake_state, pc),
    .insn_align = 4,
    .registers = registers,
    .nregisters = ARRAY_SIZE(registers),
    .pc_register = 1,
};

static struct fixture {
    struct vm vm;
    struct clock_state clock;
    char *memory;
    struct stub_target *target;
    const struct target_ops *ops;
    void *opaque;
} f;

static void setup(bool big_endian)
{
    memset(&f, 0, sizeof(f));
    memset(&seen, 0, sizeof(seen));
    memset(memory, 0, sizeof(memory));
    f.memory = calloc(1, sizeof(struct fake_state) + sizeof(struct cpu));
    f.vm.cpu = (struct cpu *)(f.memory + sizeof(struct fake_state));
    f.vm.cpu->arch = &arch;
    f.vm.cpu->mmu.watches = watch_set_new();
    f.vm.machine.clock = &f.clock;
    f.vm.machine.inputs = inputs_new(&f.clock);
    debug_write_connect(&f.vm);
    f.vm.machine.big_endian = big_endian;
    *cpu_pc(f.vm.cpu) = 0x80001000;
    f.target = target_new(&f.vm, "free");
    assert_non_null(f.target);
    f.ops = stub.ops;
    f.opaque = stub.opaque;
}

static void teardown(void)
{
    target_free(f.target);
    assert_int_equal(seen.breakpoints, 0);
    assert_int_equal(watch_count(f.vm.cpu->mmu.watches), 0);
    watch_set_free(f.vm.cpu->mmu.watches);
    inputs_free(f.vm.machine.inputs);
    free(f.memory);
}

static void no_address_to_listen_at(void **state)
{
    setup(false);
    teardown();
    f.memory = calloc(1, sizeof(struct fake_state) + sizeof(struct cpu));
    f.vm.cpu = (struct cpu *)(f.memory + sizeof(struct fake_state));
    f.vm.cpu->arch = &arch;
    assert_null(target_new(&f.vm, "taken"));
    free(f.memory);
}

static void register_access(void **state)
{
    for (int big = 0; big < 2; big++) {
        static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        uint8_t value[8];
        setup(big);
        assert_int_equal(f.ops->general_count(f.opaque), 2);
        assert_int_equal(f.ops->pc_register(f.opaque), 1);
        assert_int_equal(f.ops->register_size(f.opaque, 0), 8);
        assert_int_equal(f.ops->register_size(f.opaque, 1), 4);
        assert_int_equal(f.ops->register_size(f.opaque, 2), 0);
        assert_int_equal(f.ops->register_size(f.opaque, 4), 0);
        assert_true(f.ops->write_register(f.opaque, 0, bytes));
        assert_true(read_wide(f.vm.cpu, 0) == (big ? 0x0102030405060708 : 0x0807060504030201));
        assert_true(f.ops->read_register(f.opaque, 3, value));
        assert_memory_equal(value, bytes, 8);
        assert_false(f.ops->write_register(f.opaque, 3, bytes));
        assert_false(f.ops->read_register(f.opaque, 2, value));
        assert_int_equal(inputs_count(f.vm.machine.inputs), 1);
        const struct input *logged = inputs_at(f.vm.machine.inputs, 0);
        assert_int_equal(logged->kind, INPUT_DEBUG_WRITE);
        assert_int_equal(logged->length, 16);
        assert_memory_equal(logged->bytes, "\0\0\0\0\0\0\0\0", 8);
        assert_memory_equal(logged->bytes + 8, big ? "\10\7\6\5\4\3\2\1" : "\1\2\3\4\5\6\7\10", 8);
        assert_string_equal(f.ops->triple(f.opaque), big ? "mips-unknown-unknown" : "mipsel-unknown-unknown");
        teardown();
    }
}

static void memory_access(void **state)
{
    static const struct {
        uint64_t address;
        size_t length, done, logged;
    } rows[] = {
        {0x80000000,         4, 4, 4},
        {0xffffffff80000000, 4, 4, 4},
        {0xffffffff00000000, 4, 0, 0},
        {0x180000000,        4, 0, 0},
        {0x8000001e,         4, 2, 4},
        {0xfffffffe,         4, 2, 2}, /* the space does not wrap */
        {0xfffffffffffffffe, 4, 2, 2},
        {0x70000000,         4, 0, 0},
    };
    setup(false);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint8_t bytes[4] = {1, 2, 3, 4};
        size_t logged = inputs_count(f.vm.machine.inputs);
        assert_int_equal(f.ops->read_memory(f.opaque, rows[i].address, bytes, rows[i].length), rows[i].done);
        assert_int_equal(f.ops->write_memory(f.opaque, rows[i].address, bytes, rows[i].length), rows[i].done);
        assert_int_equal(inputs_count(f.vm.machine.inputs), logged + (rows[i].done > 0));
        if (rows[i].done)
            assert_int_equal(inputs_at(f.vm.machine.inputs, logged)->length, 8 + rows[i].logged);
    }
    teardown();
}

static bool insert(enum target_point type, uint64_t address, uint64_t length)
{
    const char *error = NULL;
    bool done = f.ops->insert_point(f.opaque, type, address, length, &seen.wanted, &error);
    assert_true(done == !error);
    return done;
}

static bool take_away(enum target_point type, uint64_t address, uint64_t length)
{
    const char *error = NULL;
    bool done = f.ops->remove_point(f.opaque, type, address, length, &error);
    assert_true(done == !error);
    return done;
}

static void breakpoints(void **state)
{
    setup(false);
    assert_true(insert(TARGET_SOFTWARE_BREAK, 0xffffffff80002014, 4));
    assert_int_equal(seen.breakpoint, 0x80002014);
    assert_true(insert(TARGET_SOFTWARE_BREAK, 0x80002014, 4)); /* the same: once */
    assert_int_equal(seen.breakpoints, 1);
    assert_true(insert(TARGET_HARDWARE_BREAK, 0x80002014, 4));
    assert_int_equal(seen.breakpoints, 2);
    assert_true(take_away(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_false(take_away(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_int_equal(seen.breakpoints, 1);
    assert_false(insert(TARGET_SOFTWARE_BREAK, 0x80002016, 4));
    assert_false(insert(TARGET_SOFTWARE_BREAK, 0x180002014, 4));
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(insert(TARGET_SOFTWARE_BREAK, 0x1000 + i * 7919 % 1000 * 4, 4));
    assert_int_equal(seen.breakpoints, 1001);
    for (uint32_t i = 0; i < 1000; i += 2)
        assert_true(take_away(TARGET_SOFTWARE_BREAK, 0x1000 + i * 4, 4));
    assert_int_equal(seen.breakpoints, 501);
    f.ops->remove_all_points(f.opaque);
    assert_int_equal(seen.breakpoints, 0);
    teardown();
}

/* The last insertion's actions hold; what persists outlives the client. */
static void actions(void **state)
{
    static const struct target_expression expressions[] = {
        {(const uint8_t *)"", 1},
        {NULL,                0}
    };
    struct watch_set *set = NULL;
    uint64_t lowest;
    setup(false);
    set = f.vm.cpu->mmu.watches;
    seen.wanted = (struct target_actions){.conditions = expressions, .nconditions = 1};
    assert_true(insert(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_true(insert(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_int_equal(seen.attached, 1);
    seen.wanted.nconditions = 2;
    assert_false(insert(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_int_equal(seen.attached, 1);
    seen.wanted.nconditions = 0;
    assert_true(insert(TARGET_SOFTWARE_BREAK, 0x80002014, 4));
    assert_int_equal(seen.attached, 0);
    assert_int_equal(seen.breakpoints, 1);

    seen.wanted.nconditions = 1;
    assert_true(insert(TARGET_WRITE_WATCH, 0x80000100, 4));
    assert_int_equal(watch_find(set, 0x80000100, 1, WATCH_WRITE, &lowest)->actions->nconditions, 1);
    seen.wanted.nconditions = 0;
    assert_true(insert(TARGET_WRITE_WATCH, 0x80000100, 4));
    assert_null(watch_find(set, 0x80000100, 1, WATCH_WRITE, &lowest)->actions);

    seen.wanted = (struct target_actions){.commands = expressions, .ncommands = 1, .persist = true};
    assert_true(insert(TARGET_WRITE_WATCH, 0x80000200, 4));
    f.ops->detach(f.opaque, TARGET_DETACH);
    assert_int_equal(seen.breakpoints, 0);
    assert_int_equal(watch_count(set), 1);
    seen.wanted = (struct target_actions){.ncommands = 0};
    assert_true(take_away(TARGET_WRITE_WATCH, 0x80000200, 4));
    teardown();
}

/* Text that the client does not fetch holds the machine up. */
static void slow_client(void **state)
{
    setup(false);
    f.vm.state = VM_RUNNING;
    notice(&f.vm, "one");
    assert_false(f.vm.held_up);
    stub.full = true;
    notice(&f.vm, "two");
    assert_true(f.vm.held_up);
    assert_string_equal(stub.console, "onetwo");
    f.ops->drained(f.opaque);
    assert_false(f.vm.held_up);
    assert_int_equal(seen.wakes, 1);
    teardown();
}

static void watches(void **state)
{
    struct watch_set *set = NULL;
    uint64_t lowest;
    setup(false);
    set = f.vm.cpu->mmu.watches;
    assert_true(insert(TARGET_WRITE_WATCH, 0xffffffff80000100, 4));
    assert_true(insert(TARGET_WRITE_WATCH, 0x80000100, 4));
    assert_true(insert(TARGET_READ_WATCH, 0x80000100, 4));
    assert_true(insert(TARGET_ACCESS_WATCH, 0xfffffffc, 4));
    assert_int_equal(watch_count(set), 3);
    assert_non_null(watch_find(set, 0x80000102, 1, WATCH_WRITE, &lowest));
    assert_false(insert(TARGET_WRITE_WATCH, 0x80000100, 0));
    assert_false(insert(TARGET_WRITE_WATCH, 0xfffffffc, 5));
    assert_true(take_away(TARGET_WRITE_WATCH, 0xffffffff80000100, 4));
    assert_false(take_away(TARGET_WRITE_WATCH, 0x80000100, 4));
    assert_false(take_away(TARGET_READ_WATCH, 0x80000100, 8));
    f.ops->detach(f.opaque, TARGET_VANISH);
    assert_int_equal(watch_count(set), 0);
    assert_int_equal(f.vm.state, VM_STOPPED);
    teardown();
}

static void stops(void **state)
{
    static const struct {
        enum vm_stop_reason reason;
        struct target_stop stop;
    } rows[] = {
        {VM_STOP_START,    {.kind = TARGET_STOP_SIGNAL, .signal = 5}},
        {VM_STOP_USER,     {.kind = TARGET_STOP_SIGNAL, .signal = 2}},
        {VM_STOP_STEP,     {.kind = TARGET_STOP_STEP}               },
        {VM_STOP_SHUTDOWN, {.kind = TARGET_STOP_EXITED}             },
    };
    struct target_stop last;
    setup(false);
    f.ops->last_stop(f.opaque, &last);
    assert_int_equal(last.kind, TARGET_STOP_SIGNAL);
    assert_int_equal(last.signal, 5);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        stop_vm(&f.vm, rows[i].reason);
        assert_int_equal(stub.stop.kind, rows[i].stop.kind);
        if (rows[i].stop.kind == TARGET_STOP_SIGNAL)
            assert_int_equal(stub.stop.signal, rows[i].stop.signal);
        f.ops->last_stop(f.opaque, &last);
        assert_memory_equal(&last, &stub.stop, sizeof(last));
    }
    assert_int_equal(stub.stops, ARRAY_SIZE(rows));

    insert(TARGET_SOFTWARE_BREAK, 0x80001000, 4);
    stop_vm(&f.vm, VM_STOP_BREAKPOINT);
    assert_int_equal(stub.stop.kind, TARGET_STOP_SWBREAK);
    insert(TARGET_HARDWARE_BREAK, 0x80001000, 4);
    stop_vm(&f.vm, VM_STOP_BREAKPOINT);
    assert_int_equal(stub.stop.kind, TARGET_STOP_HWBREAK);
    teardown();
}

static void watch_stops(void **state)
{
    struct debug_event *hit = NULL;
    uint64_t lowest;
    setup(false);
    hit = &f.vm.cpu->debug;
    insert(TARGET_WRITE_WATCH, 0x80000100, 4);
    insert(TARGET_READ_WATCH, 0x80000200, 4);
    hit->watch = watch_find(f.vm.cpu->mmu.watches, 0x80000202, 1, WATCH_READ, &lowest);
    hit->lowest = 0x80000202;
    stop_vm(&f.vm, VM_STOP_WATCH);
    assert_int_equal(stub.stop.kind, TARGET_STOP_WATCH);
    assert_int_equal(stub.stop.point, TARGET_READ_WATCH);
    assert_true(stub.stop.address == 0xffffffff80000202);
    assert_string_equal(stub.console, "");
    f.vm.watch_note = true;
    hit->watch = watch_insert(f.vm.cpu->mmu.watches, 0x100, 4, WATCH_WRITE, true); /* not the client's */
    stop_vm(&f.vm, VM_STOP_WATCH);
    assert_int_equal(stub.stop.kind, TARGET_STOP_MONITOR_WATCH);
    assert_string_equal(stub.console, "note\n");
    watch_remove(f.vm.cpu->mmu.watches, 0x100, 4, WATCH_WRITE);
    teardown();
}

/* What a resume passes over: after which stop, and what happened since. */
static const struct resume_row {
    const char *name;
    enum vm_stop_reason reason;
    bool count, other_pc, write_pc; /* since the stop: the machine went on, by itself or by the client's hand */
    bool skip_breakpoint, skip_watch;
} resume_rows[] = {
    {"after a breakpoint",                        VM_STOP_BREAKPOINT, false, false, false, true,  false},
    {"after a step",                              VM_STOP_STEP,       false, false, false, true,  false},
    {"after a watch hit",                         VM_STOP_WATCH,      false, false, false, true,  true },
    {"the client wrote the pc",                   VM_STOP_BREAKPOINT, false, false, true,  false, false},
    {"the client wrote the pc after a watch hit", VM_STOP_WATCH,      false, false, true,  false, false},
    {"it ran since",                              VM_STOP_BREAKPOINT, true,  false, false, false, false},
    {"it was reset since",                        VM_STOP_WATCH,      false, true,  false, false, false},
};

static void resume_passes(void **state)
{
    static const uint8_t pc[4] = {0x00, 0x10, 0x00, 0x80};
    const struct resume_row *row = *state;
    uint64_t lowest;
    setup(false);
    insert(TARGET_WRITE_WATCH, 0x80000100, 4);
    f.vm.cpu->debug.watch = watch_find(f.vm.cpu->mmu.watches, 0x80000100, 4, WATCH_WRITE, &lowest);
    stop_vm(&f.vm, row->reason);
    f.clock.icount += row->count;
    *cpu_pc(f.vm.cpu) += 4 * row->other_pc;
    if (row->write_pc)
        f.ops->write_register(f.opaque, 1, pc);
    f.ops->resume(f.opaque, &(struct target_resume){TARGET_FORWARD, TARGET_RANGE, 0xffffffff80001000, 0xffffffff80001010});
    assert_int_equal(f.vm.cpu->skip_breakpoint, row->skip_breakpoint);
    assert_int_equal(f.vm.cpu->skip_watch, row->skip_watch);
    assert_int_equal(seen.run.kind, VM_RUN_RANGE);
    assert_int_equal(seen.run.start, 0x80001000);
    assert_int_equal(seen.run.end, 0x80001010);
    assert_true(f.vm.debugger_waits);
    teardown();
}

static void clients_come_and_go(void **state)
{
    setup(false);
    f.vm.state = VM_RUNNING;
    f.ops->stop(f.opaque);
    assert_false(f.ops->running(f.opaque));
    assert_true(f.vm.debugger_waits);
    insert(TARGET_SOFTWARE_BREAK, 0x1000, 4);
    f.ops->detach(f.opaque, TARGET_DETACH);
    assert_int_equal(seen.breakpoints, 0);
    assert_int_equal(seen.starts, 1);
    assert_false(f.vm.debugger_waits);
    f.ops->stop(f.opaque);
    f.ops->detach(f.opaque, TARGET_VANISH);
    assert_int_equal(seen.starts, 1);
    f.ops->kill(f.opaque);
    assert_int_equal(seen.quits, 1);
    teardown();
}

static void odds_and_ends(void **state)
{
    setup(false);
    assert_non_null(strstr(f.ops->description(f.opaque, "target.xml"), "<architecture>mips<"));
    assert_null(f.ops->description(f.opaque, "other.xml"));
    assert_non_null(strstr(f.ops->memory_map(f.opaque), "<memory-map>"));
    assert_false(f.ops->can_reverse(f.opaque));
    assert_int_equal(f.ops->monitor(f.opaque, "good", NULL, NULL), TARGET_COMMAND_DONE);
    assert_int_equal(f.ops->monitor(f.opaque, "bad", NULL, NULL), TARGET_COMMAND_FAILED);
    assert_int_equal(f.ops->monitor(f.opaque, "later", NULL, NULL), TARGET_COMMAND_LATER);
    stub.console[0] = 0;
    seen.done(seen.done_opaque, true);
    assert_string_equal(stub.console, "done");
    f.ops->set_step_into(f.opaque, true);
    assert_true(f.ops->step_into(f.opaque) && f.vm.step_into);
    teardown();
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(no_address_to_listen_at),
        cmocka_unit_test(register_access),
        cmocka_unit_test(memory_access),
        cmocka_unit_test(breakpoints),
        cmocka_unit_test(actions),
        cmocka_unit_test(slow_client),
        cmocka_unit_test(watches),
        cmocka_unit_test(stops),
        cmocka_unit_test(watch_stops),
        cmocka_unit_test(clients_come_and_go),
        cmocka_unit_test(odds_and_ends),
    };
    struct CMUnitTest tests[ARRAY_SIZE(others) + ARRAY_SIZE(resume_rows)];
    memcpy(tests, others, sizeof(others));
    for (size_t i = 0; i < ARRAY_SIZE(resume_rows); i++)
        tests[ARRAY_SIZE(others) + i] =
            (struct CMUnitTest){resume_rows[i].name, resume_passes, NULL, NULL, (void *)&resume_rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
