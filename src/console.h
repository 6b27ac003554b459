/* The person's terminal: raw while the machine has it, as it was on every way out; and the keys after Ctrl-A. */
#ifndef SRC_CONSOLE_H
#define SRC_CONSOLE_H

#include "softmmu/base.h"

enum console_key {
    CONSOLE_BYTE,    /* goes on to the guest (or monitor) */
    CONSOLE_NOTHING, /* swallowed */
    CONSOLE_QUIT,    /* Ctrl-A x */
    CONSOLE_MONITOR, /* Ctrl-A c: to the monitor and back */
    CONSOLE_HELP,    /* Ctrl-A h, ? */
};

#define CONSOLE_ESCAPE 0x01 /* Ctrl-A */

struct console_escape {
    bool escaped; /* the last byte was Ctrl-A */
};
enum console_key console_escape_feed(struct console_escape *escape, uint8_t byte);
extern const char console_help[];

/* Is standard input a terminal, with us in its foreground? */
bool console_is_terminal(void);
/* Raw: bytes as they are typed, no echo. signals: ^C, ^\ and ^Z still raise signals. Restored at exit and by fatal signals. */
void console_raw(bool signals);
/* As it was before. */
void console_restore(void);
/* After a stop by job control: raw again if it was. */
void console_resume(void);

#endif
