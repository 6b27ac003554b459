#include "src/console.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

const char console_help[] = "\nAfter Ctrl-A:\n"
                            "  h       this text\n"
                            "  x       quit\n"
                            "  c       to the monitor and back\n"
                            "  Ctrl-A  Ctrl-A itself\n";

enum console_key console_escape_feed(struct console_escape *escape, uint8_t byte)
{
    static const struct {
        uint8_t byte;
        enum console_key key;
    } keys[] = {
        {'x',            CONSOLE_QUIT   },
        {'c',            CONSOLE_MONITOR},
        {'h',            CONSOLE_HELP   },
        {'?',            CONSOLE_HELP   },
        {CONSOLE_ESCAPE, CONSOLE_BYTE   },
    };
    if (!escape->escaped) {
        escape->escaped = byte == CONSOLE_ESCAPE;
        return escape->escaped ? CONSOLE_NOTHING : CONSOLE_BYTE;
    }
    escape->escaped = false;
    for (unsigned i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].byte == byte)
            return keys[i].key;
    return CONSOLE_NOTHING;
}

/* Signal handlers and atexit() have no other way to it. */
static struct {
    struct termios before, raw;
    volatile sig_atomic_t is_raw;
    bool known;
} console;

bool console_is_terminal(void)
{
    return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void console_restore(void)
{
    if (console.is_raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &console.before);
    console.is_raw = 0;
}

/* The handler is reset, so the signal kills when it is unblocked at our return. */
static void restore_and_die(int signal)
{
    console_restore();
    raise(signal);
}

static void restore_on_fatal_signals(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGALRM, SIGXCPU, SIGSYS};
    struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = SA_RESETHAND};
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &action, NULL);
}

void console_raw(bool signals)
{
    if (!console_is_terminal() || tcgetattr(STDIN_FILENO, &console.before) < 0)
        return;
    console.raw = console.before;
    console.raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    console.raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | (signals ? 0 : ISIG));
    console.raw.c_oflag |= OPOST;
    console.raw.c_cc[VMIN] = 1;
    console.raw.c_cc[VTIME] = 0;
    if (!console.known) {
        atexit(console_restore);
        restore_on_fatal_signals();
        console.known = true;
    }
    console.is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &console.raw);
}

void console_resume(void)
{
    if (!console.known || !console_is_terminal())
        return;
    console.is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &console.raw);
}
