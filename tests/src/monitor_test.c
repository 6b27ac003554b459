/* Command lines in, text and effect out. The machine behind the monitor is made of fakes. */
#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "softmmu/phys_watch.h"
#include "src/monitor.h"
#include "src/notice.h"
#include "src/symbols.h"
#include "src/target.h"
#include "src/watch_condition.h"
#include "src/watch_note.h"
#include "src/watchpoint.h"

static char calls[64]; /* what the monitor did to the machine */

void vm_start(struct vm *vm, const struct vm_run *run)
{
    assert_null(run);
    strcat(calls, "start ");
    strcat(calls, vm->cpu->skip_breakpoint ? "past " : "");
    strcat(calls, vm->cpu->skip_watch ? "watch " : "");
}

void vm_stop(struct vm *vm, enum vm_stop_reason reason)
{
    assert_int_equal(reason, VM_STOP_USER);
    strcat(calls, "stop ");
}

void vm_reset(struct vm *vm)
{
    strcat(calls, "reset ");
}

void vm_quit(struct vm *vm, int status)
{
    assert_int_equal(status, 0);
    strcat(calls, "quit ");
}

/* Memory from 0x1000 to 0x1fff: each byte is the low byte of its address. */
size_t cpu_debug_read(struct cpu *cpu, uint32_t va, uint8_t *bytes, size_t length)
{
    size_t done = 0;
    for (; done < length && va + done >= 0x1000 && va + done < 0x2000; done++)
        bytes[done] = (uint8_t)(va + done);
    return done;
}

/* The first 8 KiB are mapped to 0x1000 less. */
bool cpu_debug_translate(struct cpu *cpu, uint32_t va, struct mmu_page *page)
{
    page->phys = va - 0x1000;
    return va < 0x2000;
}

void target_each_point(void (*fn)(void *opaque, enum target_point type, uint32_t address, uint64_t length), void *opaque)
{
    fn(opaque, TARGET_SOFTWARE_BREAK, 0x1004, 0);
    fn(opaque, TARGET_WRITE_WATCH, 0x1100, 4);
    fn(opaque, TARGET_HARDWARE_BREAK, 0x80001000, 0);
}

static bool always(struct watch_condition *condition, struct vm *vm, const struct watch_access *access)
{
    return true;
}

static void free_condition(struct watch_condition *condition)
{
    free(condition);
}

/* What begins with "bad" is none. */
struct watch_condition *watch_condition_new(struct vm *vm, const char *text, char *error, size_t room)
{
    struct watch_condition *made = strncmp(text, "bad", 3) == 0 ? NULL : calloc(1, sizeof(*made));
    snprintf(error, room, "no good");
    if (made)
        *made = (struct watch_condition){always, free_condition};
    return made;
}

void cpu_print_stats(const struct cpu *cpu, stats_line_fn *line, void *opaque)
{
    line(opaque, "blocks");
}

const char *watch_note_last(void)
{
    return "note\n";
}

const char *watch_note_make(struct vm *vm, const struct watchpoint *watchpoint, const struct debug_event *hit)
{
    static char text[64];
    snprintf(text, sizeof(text), "%u: %s 0x%x\n", watchpoint->number, hit->kind == ACCESS_STORE ? "watch" : "rwatch",
             hit->lowest);
    return text;
}

static char told[256]; /* what the watchpoints said */

void notice(struct vm *vm, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(told + strlen(told), sizeof(told) - strlen(told), format, args);
    va_end(args);
}

struct debug_event cpu_watch_event(struct cpu *cpu, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    return (struct debug_event){.kind = access->store ? ACCESS_STORE : ACCESS_LOAD, .lowest = access->va + (uint32_t)offset};
}

static uint32_t asid;

static uint32_t fake_address_space(const struct cpu *cpu)
{
    return asid;
}

static uint64_t fake_read(struct cpu *cpu, unsigned arg)
{
    return arg;
}

static const struct register_field fields[] = {
    {"IE",  0, 0 },
    {"OFF", 1, 1 },
    {"IM",  8, 15},
    {NULL,  0, 0 }
};
static const struct cpu_register registers[] = {
    {.name = "r0",       .bits = 32,        .read = fake_read, .arg = 1},
    {                .name = "r1",        .bits = 64, .read = fake_read,          .arg = 2        },
    { .name = "status", .bits = 32,      .read = fake_read,  .arg = 0x401,         .fields = fields},
};
static const struct cpu_arch arch = {
    .name = "fake",
    .registers = registers,
    .nregisters = ARRAY_SIZE(registers),
    .address_space = fake_address_space,
};

static const struct row {
    const char *line;
    bool good;
    const char *text, *calls;
} rows[] = {
    {"",                                              true,  "",                                                                       ""                 },
    {"  \t ",                                         true,  "",                                                                       ""                 },
    {"frobnicate",                                    false, "frobnicate: no such command; try help\n",                                ""                 },
    {"stop",                                          true,  "",                                                                       "stop "            },
    {"STOP now",                                      false, "usage: stop \n",                                                         ""                 },
    {"cont",                                          true,  "",                                                                       "start past watch "},
    {" c ",                                           true,  "",                                                                       "start past watch "},
    {"reset",                                         true,  "",                                                                       "reset "           },
    {"q",                                             true,  "",                                                                       "quit "            },
    {"quit",                                          true,  "",                                                                       "quit "            },
    {"x 0x1040 0x11",                                 true,
     "00001040: 40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO\n"
     "00001050: 50                                               P\n",                                                                 ""                 },
    {"x data+0x3c 2",                                 true,  "00001040: 40 41                                            @A\n",        ""                 },
    {"x 0x1ffe 4",                                    false,
     "00001ffe: fe ff                                            ..\n"
     "cannot read 0x2000\n",                                                                                                           ""                 },
    {"x 0xffffffff80001000",                          false, "cannot read 0x80001000\n",                                               ""                 },
    {"x nowhere",                                     false, "nowhere: no such symbol, and not a number\n",                            ""                 },
    {"x data+q",                                      false, "data+q: no such symbol, and not a number\n",                             ""                 },
    {"x 0x1000 0",                                    false, "0: the length must be 1 to 1048576\n",                                   ""                 },
    {"x",                                             false, "usage: x ADDR [LEN]\n",                                                  ""                 },
    {"x 1 2 3 4",                                     false, "usage: x ADDR [LEN]\n",                                                  ""                 },
    {"print data",                                    true,  "0x00001004 data+0x0\n",                                                  ""                 },
    {"p 0x1009",                                      true,  "0x00001009 data+0x5\n",                                                  ""                 },
    {"p 0x100",                                       true,  "0x00000100\n",                                                           ""                 },
    {"info nonsense",                                 false, "info nonsense: no such topic; try info\n",                               ""                 },
    {"info registers",                                true,
     "r0        00000001  r1        0000000000000002  \n"
     "status    00000401 [ IE IM=4 ]\n",                                                                                               ""                 },
    {"info icount",                                   true,
     "icount        1000000000\n"
     "virtual time  2.000000005 s\n"
     "rate          2.000000 ns an instruction\n",                                                                                     ""                 },
    {"info jit",                                      true,  "blocks\n",                                                               ""                 },
    {"info status",                                   true,  "stopped: at a watchpoint\n",                                             ""                 },
    {"info watchpoints",                              true,  " gdb  virt  access  0x00001100-0x00001103  hits 0\nlast hit: note\n",    ""                 },
    {"watch phys:0x100,8",                            true,  "   1  phys  write   0x00000100-0x00000107  hits 0\n",                    ""                 },
    {"watch virt:data+4,2 rw asid 7 count 3 log any", true,
     "   1  virt  access  0x00001008-0x00001009  hits 0  asid 7  count 3  log  any\n",                                                 ""                 },
    {"watch phys:data",                               true,  "   1  phys  write   0x00000004-0x00000007  hits 0\n",                    ""                 },
    {"watch phys:wild",                               false, "wild: not mapped now, so it has no physical address\n",                  ""                 },
    {"watch 0x100,4",                                 false, "0x100,4: a range is phys:ADDR,LEN or virt:ADDR,LEN\n",                   ""                 },
    {"watch phys:0x100,0",                            false, "the range is empty or goes past the end of memory\n",                    ""                 },
    {"watch virt:0xfffffffe,4",                       false, "the range is empty or goes past the end of memory\n",                    ""                 },
    {"watch phys:0x100,x",                            false, "x: not a length\n",                                                      ""                 },
    {"watch phys:0x100 x",                            false, "x: not an option of watch\n",                                            ""                 },
    {"watch phys:0x100 count",                        false, "count: a number up to 4294967295 must follow\n",                         ""                 },
    {"watch phys:0x100 asid x",                       false, "asid: a number up to 65535 must follow\n",                               ""                 },
    {"watch phys:0x100,4 any if good && 1",           true,  "   1  phys  write   0x00000100-0x00000103  hits 0  any  if good && 1\n", ""                 },
    {"watch phys:0x100 r exec 'x data 4'",            true,  "   1  phys  read    0x00000100-0x00000103  hits 0  exec 'x data 4'\n",   ""                 },
    {"watch phys:0x100 exec stop log",                true,  "   1  phys  write   0x00000100-0x00000103  hits 0  log  exec 'stop'\n",  ""                 },
    {"watch phys:0x100 stop if good exec \"when\"",   true,
     "   1  phys  write   0x00000100-0x00000103  hits 0  stop  if good  exec 'when'\n",                                                ""                 },
    {"watch phys:0x100 exec",                         false, "exec: one command must follow, in quotes: exec 'info registers'\n",      ""                 },
    {"watch phys:0x100 exec 'x 1",                    false, "exec: one command must follow, in quotes: exec 'info registers'\n",      ""                 },
    {"watch phys:0x100 exec 'a' exec 'b'",            false, "exec: one command must follow, in quotes: exec 'info registers'\n",      ""                 },
    {"unwatch all",                                   true,  "",                                                                       ""                 },
    {"watch phys:0x100,0 if good",                    false, "the range is empty or goes past the end of memory\n",                    ""                 },
    {"watch phys:0x100 if bad == 1",                  false, "if: no good\n",                                                          ""                 },
    {"watch phys:0x100 if",                           false, "if: a condition must follow\n",                                          ""                 },
    {"unwatch 1",                                     false, "there is no watchpoint 1; info watchpoints lists them\n",                ""                 },
    {"unwatch phys:0x100,4",                          false, "there is no such watchpoint; info watchpoints lists them\n",             ""                 },
    {"unwatch all",                                   true,  "",                                                                       ""                 },
    {"info b",                                        true,  "software  0x00001004  data+0x0\nhardware  0x80001000\n",                 ""                 },
    {"info symbols",                                  true,  "2 symbols\n",                                                            ""                 },
    {"set sstep into on",                             true,  "",                                                                       ""                 },
    {"set sstep into maybe",                          false, "maybe: must be on or off\n",                                             ""                 },
    {"set sstep over on",                             false, "usage: set sstep into on|off\n",                                         ""                 },
    {"set watch-note on",                             true,  "",                                                                       ""                 },
    {"set replay-stop off",                           true,  "",                                                                       ""                 },
    {"set replay-stop on off",                        false, "usage: set replay-stop on|off\n",                                        ""                 },
};

static void print(void *opaque, const char *text, size_t length)
{
    strncat(opaque, text, length);
}

struct machine_of_fakes {
    struct vm vm;
    struct clock_state clock;
};

static void setup(struct machine_of_fakes *m)
{
    *m = (struct machine_of_fakes){
        .clock = {.icount = 1000000000, .rate = CLOCK_RATE_SHIFT(1), .base_ns = 5},
        .vm = {.stop_reason = VM_STOP_WATCH,                    .symbols = symbols_new()                   },
    };
    m->vm.cpu = calloc(1, sizeof(struct cpu));
    m->vm.cpu->arch = &arch;
    m->vm.cpu->mmu.watches = watch_set_new();
    m->vm.machine.clock = &m->clock;
    m->vm.machine.phys = physmap_new("system", 32, 0, false);
    m->vm.cpu->mmu.phys_watches = phys_watches_new(&m->vm.machine, NULL, NULL);
    watch_insert(m->vm.cpu->mmu.watches, 0x1100, 4, WATCH_ACCESS, false);
    symbols_add(m->vm.symbols, "data", 0x1004, 0x100, false);
    symbols_add(m->vm.symbols, "wild", 0x80001004, 0x100, false);
}

static void teardown(struct machine_of_fakes *m)
{
    watchpoints_free(&m->vm);
    assert_int_equal(watch_count(m->vm.cpu->mmu.watches), 1);
    watch_set_free(m->vm.cpu->mmu.watches);
    phys_watches_free(m->vm.cpu->mmu.phys_watches);
    physmap_free(m->vm.machine.phys);
    symbols_free(m->vm.symbols);
    free(m->vm.cpu);
}

static void run_row(void **state)
{
    const struct row *row = *state;
    struct machine_of_fakes m;
    char text[4096] = "";
    setup(&m);
    calls[0] = 0;
    assert_int_equal(monitor_command(&m.vm, row->line, print, text), row->good);
    assert_string_equal(text, row->text);
    assert_string_equal(calls, row->calls);
    teardown(&m);
}

/* Does an access of the low byte of `bytes` at 0x200 stop? */
static bool stops(struct machine_of_fakes *m, bool store, uint8_t before, uint8_t after)
{
    const struct watch_access access = {
        .store = store, .va = 0x200, .phys = 0x200, .length = 1, .before = &before, .after = store ? &after : &before};
    uint64_t lowest;
    struct watch *watch = watch_find(m->vm.cpu->mmu.watches, 0x200, 1, store ? WATCH_WRITE : WATCH_READ, &lowest);
    return watch && watch->owner->hit(watch->owner, &access, 0, 1);
}

/* Which hits of a watchpoint count, which stop, which are told. */
static const struct hit_row {
    const char *command;
    bool store;
    uint8_t after; /* 0 before */
    uint32_t asid;
    const char *stops; /* of four hits: x stops */
    unsigned hits;
    bool told;
} hit_rows[] = {
    {"watch virt:0x200,1",             true,  1, 0, "xxxx", 4, false},
    {"watch virt:0x200,1",             true,  0, 0, "....", 0, false},
    {"watch virt:0x200,1",             false, 0, 0, "....", 0, false},
    {"watch virt:0x200,1 any",         true,  0, 0, "xxxx", 4, false},
    {"watch virt:0x200,1 r",           false, 0, 0, "xxxx", 4, false},
    {"watch virt:0x200,1 rw",          true,  0, 0, "xxxx", 4, false},
    {"watch virt:0x200,1 log",         true,  1, 0, "....", 4, true },
    {"watch virt:0x200,1 count 3",     true,  1, 0, "..xx", 4, false},
    {"watch virt:0x200,1 count 4 log", true,  1, 0, "...x", 4, true },
    {"watch virt:0x200,1 log stop",    true,  1, 0, "xxxx", 4, true },
    {"watch virt:0x200,1 exec stop",   true,  1, 0, "xxxx", 4, false},
    {"watch virt:0x200,1 asid 5",      true,  1, 5, "xxxx", 4, false},
    {"watch virt:0x200,1 asid 5",      true,  1, 4, "....", 0, false},
};

static void hits(void **state)
{
    const struct hit_row *row = *state;
    struct machine_of_fakes m;
    char text[256] = "", got[5] = "";
    setup(&m);
    told[0] = 0;
    asid = row->asid;
    assert_true(monitor_command(&m.vm, row->command, print, text));
    for (unsigned i = 0; i < 4; i++)
        strcat(got, stops(&m, row->store, 0, row->after) ? "x" : ".");
    assert_string_equal(got, row->stops);
    assert_int_equal(watchpoint_from(&m.vm, 1)->hits, row->hits);
    assert_int_equal(told[0] != 0, row->told);
    if (row->told)
        assert_memory_equal(told, "1: watch 0x200\n1: watch 0x200\n", 30);
    teardown(&m);
}

/* A hit keeps its number when time comes by again, in either direction, until a new past replaces it. */
static void counted_in_time(void **state)
{
    struct machine_of_fakes m;
    char text[256] = "";
    setup(&m);
    uint64_t *now = &m.vm.machine.clock->icount;
    assert_true(monitor_command(&m.vm, "watch virt:0x200,1 count 3", print, text));
    const struct watchpoint *watchpoint = watchpoint_from(&m.vm, 1);
    for (*now = 10; *now <= 40; *now += 10)
        assert_int_equal(stops(&m, true, 0, 1), *now >= 30);
    watchpoints_rewound(&m.vm);
    m.vm.travels = true;
    for (*now = 40; *now >= 10; *now -= 10)
        assert_int_equal(stops(&m, true, 0, 1), *now >= 30);
    m.vm.travels = false;
    for (*now = 10; *now <= 40; *now += 10)
        assert_int_equal(stops(&m, true, 0, 1), *now >= 30);
    assert_int_equal(watchpoint->hits, 4);
    watchpoints_cut(&m.vm, 20);
    assert_int_equal(watchpoint->hits, 1);
    for (*now = 22; *now <= 25; *now += 1)
        assert_int_equal(stops(&m, true, 0, 1), *now >= 23);
    assert_int_equal(watchpoint->hits, 5);
    teardown(&m);
}

/* Four hits, each acted upon where the machine stands: what of them stays a stop, what was told, what was done. */
static const struct act_row {
    const char *command, *stays, *told, *calls;
} act_rows[] = {
    {"watch virt:0x200,1",                            "xxxx", "",                                            ""                    },
    {"watch virt:0x200,1 exec 'x 0x1041 1'",          "....", "00001041: 41",                                ""                    },
    {"watch virt:0x200,1 exec stop",                  "....", "",                                            "stop stop stop stop "},
    {"watch virt:0x200,1 exec reset count 4",         "....", "",                                            "reset "              },
    {"watch virt:0x200,1 exec reset stop count 3",    "..xx", "",                                            "reset reset "        },
    {"watch virt:0x200,1 log stop exec 'x 0x1041 1'", "xxxx", "1: watch 0x200\n00001041: 41",                ""                    },
    {"watch virt:0x200,1 exec frobnicate",            "....", "frobnicate: no such command; try help\nfrob", ""                    },
    {"watch virt:0x200,1 exec 'unwatch 1'",           "....", "",                                            ""                    },
    {"watch virt:0x200,1 stop exec 'unwatch all'",    "x...", "",                                            ""                    },
};

static void acts(void **state)
{
    const struct act_row *row = *state;
    struct machine_of_fakes m;
    char text[256] = "", got[5] = "";
    setup(&m);
    told[0] = calls[0] = 0;
    assert_true(monitor_command(&m.vm, row->command, print, text));
    for (unsigned i = 0; i < 4; i++) {
        const struct watchpoint *watchpoint = watchpoint_from(&m.vm, 1);
        bool stopped = stops(&m, true, 0, 1);
        m.vm.cpu->debug =
            (struct debug_event){.reason = stopped ? DEBUG_WATCH : DEBUG_NONE, .watch = watchpoint ? watchpoint->watch : NULL};
        strcat(got, stopped && !watchpoints_act(&m.vm) ? "x" : ".");
    }
    assert_string_equal(got, row->stays);
    assert_string_equal(calls, row->calls);
    assert_int_equal(told[0] != 0, row->told[0] != 0);
    assert_memory_equal(told, row->told, strlen(row->told));
    teardown(&m);
}

/* A client's watch that is hit with it stops whatever the action says. */
static void client_stops(void **state)
{
    struct machine_of_fakes m;
    char text[256] = "";
    setup(&m);
    calls[0] = 0;
    assert_true(monitor_command(&m.vm, "watch virt:0x200,1 exec reset", print, text));
    assert_true(stops(&m, true, 0, 1));
    m.vm.cpu->debug =
        (struct debug_event){.reason = DEBUG_WATCH, .watch = watch_insert(m.vm.cpu->mmu.watches, 0x200, 1, WATCH_WRITE, false)};
    assert_false(watchpoints_act(&m.vm));
    assert_string_equal(calls, "reset ");
    watch_remove(m.vm.cpu->mmu.watches, 0x200, 1, WATCH_WRITE);
    teardown(&m);
}

/* By number, by range, all. */
static void removal(void **state)
{
    struct machine_of_fakes m;
    char text[4096] = "";
    setup(&m);
    for (unsigned i = 0; i < 3; i++)
        assert_true(monitor_command(&m.vm, "watch phys:0x100,4", print, text));
    assert_true(monitor_command(&m.vm, "watch virt:0x100,4 r", print, text));
    assert_true(monitor_command(&m.vm, "unwatch 2", print, text));
    assert_false(monitor_command(&m.vm, "unwatch 2", print, text));
    assert_int_equal(watchpoint_from(&m.vm, 2)->number, 3);
    assert_true(monitor_command(&m.vm, "unwatch phys:0x100,4", print, text));
    assert_int_equal(watchpoint_from(&m.vm, 1)->number, 4);
    assert_false(monitor_command(&m.vm, "unwatch virt:0x100,4 w", print, text));
    assert_true(monitor_command(&m.vm, "unwatch virt:0x100,4 r", print, text));
    assert_null(watchpoint_from(&m.vm, 1));
    teardown(&m);
}

static void settings(void **state)
{
    struct machine_of_fakes m;
    char text[256] = "";
    setup(&m);
    assert_true(monitor_command(&m.vm, "set sstep into on", print, text) && m.vm.step_into);
    assert_true(monitor_command(&m.vm, "set sstep into off", print, text) && !m.vm.step_into);
    assert_true(monitor_command(&m.vm, "set watch-note on", print, text) && m.vm.watch_note);
    assert_true(monitor_command(&m.vm, "set watch-note off", print, text) && !m.vm.watch_note);
    assert_string_equal(text, "");
    teardown(&m);
}

static void help_names_all(void **state)
{
    static const char *const names[] = {"help",    "info registers",        "info tlb",       "info mtree",   "reset",  "quit, q",
                                        "cont, c", "set sstep into on|off", "set watch-note", "x ADDR [LEN]", "xp ADDR"};
    struct machine_of_fakes m;
    char text[4096] = "";
    setup(&m);
    assert_true(monitor_command(&m.vm, "help", print, text));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_non_null(strstr(text, names[i]));
    teardown(&m);
}

static void long_line(void **state)
{
    struct machine_of_fakes m;
    char text[256] = "", line[1000];
    setup(&m);
    memset(line, 'a', sizeof(line) - 1);
    line[sizeof(line) - 1] = 0;
    assert_false(monitor_command(&m.vm, line, print, text));
    assert_string_equal(text, "the command is too long\n");
    teardown(&m);
}

int main(void)
{
    static const struct CMUnitTest others[] = {cmocka_unit_test(settings),     cmocka_unit_test(help_names_all),
                                               cmocka_unit_test(long_line),    cmocka_unit_test(removal),
                                               cmocka_unit_test(client_stops), cmocka_unit_test(counted_in_time)};
    struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others) + ARRAY_SIZE(hit_rows) + ARRAY_SIZE(act_rows)];
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].line, run_row, NULL, NULL, (void *)&rows[i]};
    memcpy(tests + ARRAY_SIZE(rows), others, sizeof(others));
    for (size_t i = 0; i < ARRAY_SIZE(hit_rows); i++)
        tests[ARRAY_SIZE(rows) + ARRAY_SIZE(others) + i] =
            (struct CMUnitTest){hit_rows[i].command, hits, NULL, NULL, (void *)&hit_rows[i]};
    for (size_t i = 0; i < ARRAY_SIZE(act_rows); i++)
        tests[ARRAY_SIZE(tests) - ARRAY_SIZE(act_rows) + i] =
            (struct CMUnitTest){act_rows[i].command, acts, NULL, NULL, (void *)&act_rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
