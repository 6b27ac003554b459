#include "src/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpu/mips/mips.h"
#include "softmmu/alloc.h"
#include "softmmu/log.h"
#include "src/boards/board.h"
#include "src/options_value.h"

#define PARSE_ON     (-1)
#define PARSE_FAILED 1
#define PARSE_DONE   0

struct row;
/* Returns PARSE_ON, or the exit status. */
typedef int row_fn(struct vm_options *options, const struct row *row, const char *argument);

struct row {
    const char *name;     /* without the dash */
    const char *argument; /* its name in the help text; NULL: takes none */
    row_fn *fn;
    size_t offset; /* of the member that set_text and set_flag fill */
    const char *help;
};

static int bad_value(const struct row *row, const char *argument)
{
    report_error("-%s %s: expected %s", row->name, argument, row->argument);
    return PARSE_FAILED;
}

static int set_text(struct vm_options *options, const struct row *row, const char *argument)
{
    *(const char **)((char *)options + row->offset) = argument;
    return PARSE_ON;
}

/* As set_text; no text is a text too. */
static int set_text_or_empty(struct vm_options *options, const struct row *row, const char *argument)
{
    return set_text(options, row, argument);
}

static int set_flag(struct vm_options *options, const struct row *row, const char *argument)
{
    *(bool *)((char *)options + row->offset) = true;
    return PARSE_ON;
}

static const char accepted[] = "accepted: "; /* then what is so here anyway */

/* What QEMU's users write out of habit. The argument must be one of the row's: "none or null". */
static int accept_same(struct vm_options *options, const struct row *row, const char *argument)
{
    char words[32], *rest = words;
    snprintf(words, sizeof(words), "%s", row->argument ? row->argument : "");
    for (const char *word; argument && (word = strsep(&rest, " "));)
        if (strcmp(word, argument) == 0 && strcmp(word, "or") != 0)
            return PARSE_ON;
    if (!argument)
        return PARSE_ON;
    report_error("-%s %s: expected %s: %s", row->name, argument, row->argument, row->help + strlen(accepted));
    return PARSE_FAILED;
}

static row_fn set_accel;

static int set_machine(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    if (strcmp(argument, "help") == 0 || strcmp(argument, "?") == 0) {
        puts("Supported machines are:");
        for (unsigned i = 0; i < board_count; i++)
            printf("%-20s %s\n", boards[i]->name, boards[i]->description);
        return PARSE_DONE;
    }
    for (value_list_begin(&list, argument, "type"); value_list_next(&list);) {
        if (strcmp(list.key, "type") == 0)
            options->machine = alloc_checked(strdup(list.value));
        else if (strcmp(list.key, "accel") != 0)
            return bad_value(row, argument);
        else if (set_accel(options, row, list.value) != PARSE_ON)
            return PARSE_FAILED;
    }
    return PARSE_ON;
}

static int set_cpu(struct vm_options *options, const struct row *row, const char *argument)
{
    if (strcmp(argument, "help") == 0 || strcmp(argument, "?") == 0) {
        puts("Available CPUs:");
        for (unsigned i = 0; i < mips_model_count; i++)
            printf("  %s\n", mips_models[i].name);
        return PARSE_DONE;
    }
    options->cpu = argument;
    return PARSE_ON;
}

static int set_memory(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    for (value_list_begin(&list, argument, "size"); value_list_next(&list);)
        if (strcmp(list.key, "size") != 0 || !value_size(list.value, 1 << 20, &options->memory) || !options->memory)
            return bad_value(row, argument);
    return PARSE_ON;
}

static int set_kernel(struct vm_options *options, const struct row *row, const char *argument)
{
    static const char key[] = ",addr=";
    const char *at = strstr(argument, key);
    options->kernel = argument;
    if (!at)
        return PARSE_ON;
    if (!value_number(at + strlen(key), &options->kernel_address))
        return bad_value(row, argument);
    options->kernel = strndup(argument, (size_t)(at - argument));
    return PARSE_ON;
}

static int set_serial(struct vm_options *options, const struct row *row, const char *argument)
{
    if (options->nserial == MAX_SERIALS) {
        report_error("-serial: there are no more than %u serial lines", MAX_SERIALS);
        return PARSE_FAILED;
    }
    options->serial[options->nserial++] = argument;
    return PARSE_ON;
}

static int add_watch(struct vm_options *options, const struct row *row, const char *argument)
{
    if (options->nwatch == MAX_WATCHES) {
        report_error("-watch: no more than %u may be given; the monitor's `watch` sets any number", MAX_WATCHES);
        return PARSE_FAILED;
    }
    options->watch[options->nwatch++] = argument;
    return PARSE_ON;
}

static int add_plugin(struct vm_options *options, const struct row *row, const char *argument)
{
    if (options->nplugin == MAX_PLUGINS) {
        report_error("-plugin: no more than %u may be given", MAX_PLUGINS);
        return PARSE_FAILED;
    }
    options->plugin[options->nplugin++] = argument;
    return PARSE_ON;
}

static int set_gdb_default(struct vm_options *options, const struct row *row, const char *argument)
{
    options->gdb = "tcp::1234";
    return PARSE_ON;
}

static int set_log(struct vm_options *options, const struct row *row, const char *argument)
{
    if (strcmp(argument, "help") == 0 || strcmp(argument, "?") == 0) {
        puts("Log items (comma separated):");
#define X(id, name, text) printf("%-16s %s\n", name, text);
        LOG_ITEMS(X)
#undef X
        return PARSE_DONE;
    }
    return log_set_items(argument) ? PARSE_ON : PARSE_FAILED;
}

static int set_log_file(struct vm_options *options, const struct row *row, const char *argument)
{
    return log_set_file(argument) ? PARSE_ON : PARSE_FAILED;
}

#define HISTORY_MIN         ((uint64_t)16 << 20)
#define HISTORY_MAX_DEFAULT ((uint64_t)2 << 30)

static bool icount_item(struct vm_options *options, const char *key, const char *value)
{
    uint64_t shift;
    bool align;
    if (strcmp(key, "sleep") == 0)
        return value_switch(value, &options->icount_sleep);
    if (strcmp(key, "align") == 0)
        return value_switch(value, &align) && !align;
    if (strcmp(key, "shift") != 0)
        return false;
    if (strcmp(value, "auto") == 0) {
        options->icount_shift = -1;
        return true;
    }
    if (!value_number(value, &shift) || shift > ICOUNT_SHIFT_MAX)
        return false;
    options->icount_shift = (int)shift;
    return true;
}

static int set_icount(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    for (value_list_begin(&list, argument, "shift"); value_list_next(&list);)
        if (!icount_item(options, list.key, list.value))
            return bad_value(row, argument);
    return PARSE_ON;
}

/* A quarter of the host's memory, 2 GiB at most. */
static size_t default_history(void)
{
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    return (size_t)min_u64(memory / 4, HISTORY_MAX_DEFAULT);
}

static int set_history(struct vm_options *options, const struct row *row, const char *argument)
{
    uint64_t size;
    bool on;
    if (value_switch(argument, &on)) {
        options->history = on ? default_history() : 0;
        return PARSE_ON;
    }
    if (!value_size(argument, 1 << 20, &size) || size < HISTORY_MIN)
        return bad_value(row, argument);
    options->history = size;
    return PARSE_ON;
}

static int set_turbo(struct vm_options *options, const struct row *row, const char *argument)
{
    options->icount_sleep = false;
    return PARSE_ON;
}

/* The clock counts nanoseconds since 1970, and must do so for some centuries more: to 2262. */
#define RTC_BASE_MAX (INT64_MAX / 1000000000)

static bool rtc_item(struct vm_options *options, const char *key, const char *value)
{
    /* There is one clock here: the guest's. In QEMU's words that is `vm`. */
    if (strcmp(key, "clock") == 0)
        return strcmp(value, "vm") == 0;
    if (strcmp(key, "driftfix") == 0)
        return strcmp(value, "none") == 0;
    if (strcmp(key, "base") != 0)
        return false;
    options->rtc_local = strcmp(value, "localtime") == 0;
    options->rtc_fixed = !options->rtc_local && strcmp(value, "utc") != 0;
    return !options->rtc_fixed ||
           (value_date(value, &options->rtc_base) && options->rtc_base >= 0 && options->rtc_base <= RTC_BASE_MAX);
}

static int set_rtc(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    for (value_list_begin(&list, argument, NULL); value_list_next(&list);)
        if (!rtc_item(options, list.key, list.value))
            return bad_value(row, argument);
    return PARSE_ON;
}

/* For those who test the core: the guest sees no difference. */
static const struct {
    const char *name;
    unsigned toggle;
    bool when; /* the property is so, the toggle is set */
    const char *help;
} accel_rows[] = {
    {"pins",          CPU_NO_PINS,       false, "on (default): guest registers stay in host registers from block to block"},
    {"one-tlb-entry", CPU_ONE_TLB_ENTRY, true,  "on: the software TLB holds one page at a time"                           },
    {"fault-first",   CPU_FAULT_FIRST,   true,  "on: each access of jit's code leaves its unit once before it is done"    },
    {"long-blocks",   CPU_LONG_BLOCKS,   true,  "on: blocks go on over branches at once, not only where they are hot"     },
};

static int show_accel(void)
{
    puts("Accelerators:\n"
         "  jit               guest code is translated to the host's (tcg is the same)\n"
         "  interp            it is interpreted\n"
         "Properties, with which the emulator is tested; the guest sees no difference:");
    for (unsigned i = 0; i < ARRAY_SIZE(accel_rows); i++)
        printf("  %-16s  %s\n", accel_rows[i].name, accel_rows[i].help);
    return PARSE_DONE;
}

static bool set_toggle(struct vm_options *options, unsigned row, const char *value)
{
    bool on;
    if (!value_switch(value, &on))
        return false;
    options->cpu_toggles &= ~accel_rows[row].toggle;
    options->cpu_toggles |= on == accel_rows[row].when ? accel_rows[row].toggle : 0;
    return true;
}

static bool accel_item(struct vm_options *options, const char *key, const char *value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(accel_rows); i++)
        if (strcmp(accel_rows[i].name, key) == 0)
            return set_toggle(options, i, value);
    if (strcmp(key, "thread") == 0)
        return true; /* there is one CPU, so it makes no difference */
    options->accel_jit = strcmp(value, "interp") != 0;
    return strcmp(key, "accel") == 0 && (!options->accel_jit || strcmp(value, "jit") == 0 || strcmp(value, "tcg") == 0);
}

/* QEMU's name for a dynamic translator is as good as ours. */
static int set_accel(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    if (strcmp(argument, "help") == 0 || strcmp(argument, "?") == 0)
        return show_accel();
    for (value_list_begin(&list, argument, "accel"); value_list_next(&list);)
        if (!accel_item(options, list.key, list.value)) {
            report_error("-%s %s: expected jit (or tcg, which is the same) or interp; -accel help lists the properties",
                         row->name, argument);
            return PARSE_FAILED;
        }
    return PARSE_ON;
}

/* One, however it is spelled out: 1, cpus=1, sockets=1,cores=1,threads=1. */
static int set_smp(struct vm_options *options, const struct row *row, const char *argument)
{
    struct value_list list;
    for (value_list_begin(&list, argument, "cpus"); value_list_next(&list);)
        if (!*list.key || strcmp(list.value, "1") != 0) {
            report_error("-smp %s: stakeout's machines have one CPU", argument);
            return PARSE_FAILED;
        }
    return PARSE_ON;
}

static int set_endian(struct vm_options *options, const struct row *row, const char *argument)
{
    options->endian = strcmp(argument, "big") == 0;
    return options->endian || strcmp(argument, "little") == 0 ? PARSE_ON : bad_value(row, argument);
}

static int set_max_block(struct vm_options *options, const struct row *row, const char *argument)
{
    uint64_t number;
    if (!value_number(argument, &number) || number < 1 || number > 64)
        return bad_value(row, argument);
    options->max_block = (unsigned)number;
    return PARSE_ON;
}

static int set_slice(struct vm_options *options, const struct row *row, const char *argument)
{
    uint64_t number;
    if (!value_number(argument, &number) || number < 1 || number > 1000000)
        return bad_value(row, argument);
    options->slice_us = (unsigned)number;
    return PARSE_ON;
}

static int set_code_cache(struct vm_options *options, const struct row *row, const char *argument)
{
    /* Half of the least is thunks, the rest a ring of blocks; more than the most is out of a host jump's reach. */
    const uint64_t least = (uint64_t)128 << 10, most = (uint64_t)1 << 30;
    if (!value_size(argument, 1 << 20, &options->code_cache) || options->code_cache < least || options->code_cache > most)
        return bad_value(row, argument);
    return PARSE_ON;
}

static int show_version(struct vm_options *options, const struct row *row, const char *argument)
{
    puts("stakeout " STAKEOUT_VERSION);
    return PARSE_DONE;
}

static row_fn show_help;

#define TEXT(member) set_text, offsetof(struct vm_options, member)
#define FLAG(member) set_flag, offsetof(struct vm_options, member)

/* clang-format off */
static const struct row rows[] = {
    {"machine",    "[type=]NAME[,accel=jit|interp]", set_machine, 0, "the machine to emulate; help lists them"},
    {"M",          "[type=]NAME[,accel=jit|interp]", set_machine, 0, NULL},
    {"cpu",        "MODEL",        set_cpu, 0,       "the CPU model; help lists them"},
    {"m",          "[size=]SIZE",  set_memory, 0,    "guest memory: MiB, or with a suffix k, M, G"},
    {"smp",        "1",            set_smp, 0,       "number of CPUs: 1"},
    {"kernel",     "FILE[,addr=ADDRESS]", set_kernel, 0, "an ELF executable, or raw bytes for ADDRESS, where they also start"},
    {"initrd",     "FILE",         TEXT(initrd),     "initial RAM disk"},
    {"append",     "TEXT",         set_text_or_empty, offsetof(struct vm_options, append), "the kernel's command line"},
    {"load",       "FILE",         TEXT(load),       "a machine that `monitor save` has saved, with its history; it is stopped where it stood"},
    {"endian",     "little or big", set_endian, 0,   "the machine's byte order; default: that of the kernel"},
    {"serial",     "LINE",         set_serial, 0,    "where a serial line goes (may be repeated): [mon:]stdio, null, pty, file:PATH, "
                                                     "tcp:HOST:PORT[,server[,nowait]], unix:PATH[,server[,nowait]]"},
    {"nographic",  NULL,           FLAG(nographic),  "first serial line on the terminal (it is, unless -serial says else)"},
    {"display",    "none",         accept_same, 0,   "accepted: there is no display"},
    {"vga",        "none",         accept_same, 0,   "accepted: there is no display"},
    {"monitor",    "none or null", accept_same, 0,   "accepted: the monitor is Ctrl-A c on the console, or gdb's `monitor`"},
    {"parallel",   "none or null", accept_same, 0,   "accepted: there is no parallel port"},
    {"net",        "none",         accept_same, 0,   "accepted: there is no network"},
    {"nic",        "none",         accept_same, 0,   "accepted: there is no network"},
    {"nodefaults", NULL,           accept_same, 0,   "accepted: there are no default devices to leave out"},
    {"s",          NULL,           set_gdb_default, 0, "the same as -gdb tcp::1234"},
    {"gdb",        "ADDRESS",      TEXT(gdb),        "wait for gdb at tcp:[HOST]:PORT or unix:PATH"},
    {"S",          NULL,           FLAG(stopped),    "do not start the CPU"},
    {"watch",      "phys:|virt:ADDR,LEN[,WORD...]", add_watch, 0, "watch memory (may be repeated); WORD: r, w, rw, any, asid N, count N, "
                                                     "log, exec 'COMMAND', stop, if EXPR, as of the monitor's `watch`"},
    {"plugin",     "FILE.so[,ARG...]", add_plugin, 0, "load a plug-in (may be repeated); stakeout-plugin.h is the interface"},
    {"memlog",     "FILE[,phys=RANGE][,virt=RANGE][,kind=rwx][,pc=RANGE][,when=RANGE]", TEXT(memlog), "log every access to memory that lies in all the ranges (FIRST..LAST, ADDR+LENGTH, ADDR; when: counts of instructions); tools/memlog reads it"},
    {"no-reboot",  NULL,           FLAG(no_reboot),  "exit instead of rebooting"},
    {"icount",     "[shift=](0..10 or auto)[,sleep=on|off]", set_icount, 0,
                                                     "2^N ns of guest time an instruction, or as the host's clock goes; sleep=off: idle time passes at once"},
    {"turbo",      NULL,           set_turbo, 0,     "the same as sleep=off: idle time passes at once"},
    {"history",    "SIZE (16M or more) or off", set_history, 0, "host memory for the past, which the debugger can go back to; default: a quarter, 2G at most"},
    {"rtc",        "base=utc|localtime|DATE[,clock=vm]", set_rtc, 0, "the real-time clock's date at power-on"},
    {"accel",      "jit|interp[,PROPERTY=on|off]", set_accel, 0, "how guest code is run; help lists the properties, which are for tests of the emulator"},
    {"max-block",  "1..64",        set_max_block, 0, "most instructions in a block of translated code"},
    {"code-cache", "SIZE (128K..1G)", set_code_cache, 0, "memory for translated code; less than 1M makes for short blocks"},
    {"slice",      "MICROSECONDS (1..1000000)", set_slice, 0, "how long guest code runs between looks at the host's events"},
    {"d",          "ITEMS",        set_log, 0,       "log these items; help lists them"},
    {"D",          "FILE",         set_log_file, 0,  "the log goes to FILE instead of stderr"},
    {"perfmap",    NULL,           FLAG(perfmap),    "/tmp/perf-PID.map names generated code for Linux perf"},
    {"jitdump",    NULL,           FLAG(jitdump),    "jit-PID.dump does so in time: perf record -k CLOCK_MONOTONIC, perf inject --jit"},
    {"pidfile",    "FILE",         TEXT(pidfile),    "write the process id to FILE"},
    {"name",       "TEXT",         set_text_or_empty, offsetof(struct vm_options, name), "a name for this machine"},
    {"help",       NULL,           show_help, 0,     "this text"},
    {"h",          NULL,           show_help, 0,     NULL},
    {"version",    NULL,           show_version, 0,  "stakeout's version"},
};

static const char *const qemu_only[] = {
    "acpitable", "action", "add-fd", "alt-grab", "async-teardown", "audio", "audio-help", "audiodev", "balloon", "bios", "blockdev", "boot",
    "bt", "cdrom", "chardev", "chroot", "clock", "compat", "ctrl-grab", "curses", "daemonize", "debugcon", "device", "dfilter", "drive", "dtb",
    "dump-vmstate", "echr", "enable-kvm", "enable-sync-profile", "fda", "fdb", "fsdev", "full-screen", "fw_cfg", "g", "global", "hda", "hdachs",
    "hdb", "hdc", "hdd", "incoming", "iscsi", "k", "L", "loadvm", "localtime", "mem-path", "mem-prealloc", "mon", "msg", "mtdblock", "netdev",
    "no-acpi", "no-fd-bootchk", "no-hpet", "no-kvm", "no-quit", "no-shutdown", "no-user-config", "numa", "object", "one-insn-per-tb",
    "only-migratable", "option-rom", "overcommit", "pflash", "portrait", "preconfig", "prom-env", "qmp", "qmp-pretty", "qtest", "qtest-log",
    "readconfig", "realtime", "redir", "rotate", "run-with", "runas", "sandbox", "sd", "sdl", "seed", "semihosting", "semihosting-config", "set",
    "singlestep", "smb", "smbios", "snapshot", "soundhw", "spice", "startdate", "tb-size", "tftp", "tpmdev", "trace", "usb", "usbdevice", "uuid",
    "virtfs", "vnc", "watchdog", "watchdog-action", "writeconfig", "xen-attach", "xen-domid", "xen-domid-restrict",
};
/* clang-format on */

static int show_help(struct vm_options *options, const struct row *row, const char *argument)
{
    printf("usage: %s [options]\n\n", options->name);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        if (!rows[i].help)
            continue;
        int column = printf("  -%s %s", rows[i].name, rows[i].argument ? rows[i].argument : "");
        printf("%*s%s\n", column < 30 ? 30 - column : 2, "", rows[i].help);
    }
    puts("\nOn the console: Ctrl-A h shows what the keys after Ctrl-A do.");
    return PARSE_DONE;
}

static const struct row *find_row(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* A script's variable that was not set. */
static bool empty_value(const struct row *row, const char *argument)
{
    if (!argument || *argument || row->fn == set_text_or_empty)
        return false;
    report_error("-%s '': the argument is empty; expected %s", row->name, row->argument);
    return true;
}

static int unknown_option(const char *option, const char *name)
{
    for (unsigned i = 0; name && i < ARRAY_SIZE(qemu_only); i++) {
        if (strcmp(qemu_only[i], name) == 0) {
            report_error("-%s is an option of QEMU that stakeout does not have", name);
            return PARSE_FAILED;
        }
    }
    report_error("%s: unknown option (-help lists the options)", option);
    return PARSE_FAILED;
}

/* What a saved machine is made of comes out of its file. */
static bool is_saved(const struct vm_options *options, const struct row *row)
{
    static const char *const names[] = {"machine", "M", "cpu", "m", "kernel", "initrd", "append", "endian", "rtc"};
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return strcmp(row->name, "icount") == 0 && options->icount_shift >= 0;
}

/* "-kernel" and "--kernel" to "kernel"; NULL if it is no option. */
static const char *option_name(const char *text)
{
    if (text[0] != '-' || text[1] == '\0')
        return NULL;
    return text + (text[1] == '-' ? 2 : 1);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int options_parse(struct vm_options *options, int argc, char **argv)
{
    *options = (struct vm_options){
        .kernel_address = UINT64_MAX,
        .endian = -1,
        .accel_jit = true,
        .icount_shift = -1,
        .icount_sleep = true,
        .history = default_history(),
        .name = argc > 0 ? last_part(argv[0]) : "stakeout",
    };
    const char *saved = NULL;
    for (int i = 1; i < argc; i++) {
        const char *name = option_name(argv[i]);
        const struct row *row = name ? find_row(name) : NULL;
        if (!row)
            return unknown_option(argv[i], name);
        bool takes_argument = row->argument;
        if (takes_argument && i + 1 == argc) {
            report_error("-%s needs an argument: %s", row->name, row->argument);
            return PARSE_FAILED;
        }
        const char *argument = takes_argument ? argv[++i] : NULL;
        if (empty_value(row, argument))
            return PARSE_FAILED;
        int status = row->fn(options, row, argument);
        if (status != PARSE_ON)
            return status;
        if (is_saved(options, row))
            saved = row->name;
    }
    if (options->load && saved) {
        report_error("-%s does not go with -load: it is as it was when %s was saved", saved, options->load);
        return PARSE_FAILED;
    }
    return PARSE_ON;
}
