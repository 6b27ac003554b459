/* The machine's serial lines: each between a UART and a host back end, input held back until the UART has room for it. */
#ifndef SRC_SERIAL_H
#define SRC_SERIAL_H

#include "devices/uart16550.h"
#include "src/vm.h"

struct serials;

/* Opens the back ends that the options name; the first line is the terminal's if they name none. NULL after an error line. */
struct serials *serials_new(struct vm *vm, unsigned lines);
/* Writes out what is queued. */
void serials_free(struct serials *serials);
/* For the board: the UART of line n, whose input channel is n. */
void serials_attach(struct serials *serials, unsigned line, struct uart16550 *uart);

/* Hands over input that waits for room. */
void serials_poll(struct serials *serials);
/* In the past: new input has come since time left the present. Input that waited then still waits for the present. */
bool serials_typed(const struct serials *serials);
/* A back end is full: the machine has to wait; vm_wake() tells when it is not any more. */
bool serials_full(const struct serials *serials);
/* The monitor can be reached by keys of one of the lines. */
bool serials_have_prompt(const struct serials *serials);

#endif
