#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "src/console.h"
#include "src/memlog.h"
#include "src/options.h"
#include "src/plugin.h"
#include "src/profile.h"
#include "src/save.h"
#include "src/target.h"
#include "src/unattended.h"

enum { PRIORITIES = 3 }; /* 0: console; 1: sockets and all else; 2: the machine (vm.c) */

static struct event_base *make_base(void)
{
    struct event_config *config = alloc_checked(event_config_new());
    /* Idle waits end at the microsecond, not at the next millisecond. */
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = alloc_checked(event_base_new_with_config(config));
    event_config_free(config);
    event_base_priority_init(base, PRIORITIES);
    return base;
}

static void quit_on_signal(evutil_socket_t signal, short what, void *vm)
{
    vm_quit(vm, EXIT_SUCCESS);
}

/* ^Z: the shell gets its terminal back as it was. */
static void suspend_on_signal(evutil_socket_t signal, short what, void *vm)
{
    console_restore();
    kill(getpid(), SIGSTOP);
    console_resume();
}

static const struct {
    int number;
    event_callback_fn fn;
} signals[] = {
    {SIGINT,  quit_on_signal   },
    {SIGTERM, quit_on_signal   },
    {SIGHUP,  quit_on_signal   },
    {SIGTSTP, suspend_on_signal},
};
static struct event *signal_events[ARRAY_SIZE(signals)];

static void catch_signals(struct vm *vm)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error like a full disk */
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++) {
        signal_events[i] = alloc_checked(evsignal_new(vm->base, signals[i].number, signals[i].fn, vm));
        event_priority_set(signal_events[i], 0);
        event_add(signal_events[i], NULL);
    }
}

static void free_signals(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        event_free(signal_events[i]);
}

static bool write_pidfile(const char *path)
{
    FILE *file = fopen(path, "w");
    bool written = file && fprintf(file, "%ld\n", (long)getpid()) > 0;
    if (file)
        written &= fclose(file) == 0;
    if (!written)
        report_error("-pidfile %s: %s", path, strerror(errno));
    return written;
}

static void print_line(void *opaque, const char *text)
{
    log_printf(LOG_BIT_STATS, "%s\n", text);
}

static int run(struct vm *vm, const struct vm_options *options)
{
    struct stub_target *target = NULL;
    struct profile *profile;
    if (!unattended_watch(vm) || !plugins_start(vm) || !memlog_power_on(vm))
        return EXIT_FAILURE;
    if (options->gdb && strcmp(options->gdb, "none") != 0 && !(target = target_new(vm, options->gdb)))
        return EXIT_FAILURE;
    if (!profile_start(vm, &profile)) {
        target_free(target);
        return EXIT_FAILURE;
    }
    unattended_report_stops(vm);
    catch_signals(vm);
    if (!options->stopped && !options->load)
        vm_start(vm, NULL);
    int status = vm_loop(vm);
    plugins_end();
    if (log_enabled(LOG_BIT_STATS))
        cpu_print_stats(vm->cpu, print_line, NULL);
    profile_end(profile);
    target_free(target);
    free_signals();
    return status;
}

/* A closed standard stream's number must not be given to something else that then would be taken for it. */
static bool standard_streams_open(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    struct vm_options options;
    if (!standard_streams_open())
        return EXIT_FAILURE;
    int status = options_parse(&options, argc, argv);
    if (status >= 0)
        return status;
    struct event_base *base = make_base();
    struct vm *vm = options.load ? load_machine(base, &options) : vm_new(base, &options);
    status = EXIT_FAILURE;
    if (vm && (!options.pidfile || write_pidfile(options.pidfile))) {
        status = run(vm, &options);
        if (options.pidfile)
            unlink(options.pidfile);
    }
    vm_free(vm);
    plugins_free();
    load_free();
    event_base_free(base);
    return status;
}
