/* 16550A serial port. */
#ifndef DEVICES_UART16550_H
#define DEVICES_UART16550_H

#include "softmmu/device.h"

struct uart16550;

/* Where output goes, at the moment it is written. */
struct uart_sink {
    void (*write)(void *opaque, const uint8_t *bytes, size_t n); /* NULL: nowhere */
    void *opaque;
};

struct uart16550_config {
    const char *instance;
    unsigned
        stride; /* bytes from one register to the next: 1 (byte-wide port) or 8 (32-bit words in CPU order, value in the low byte) */
    unsigned channel; /* INPUT_CONSOLE channel of its input */
    struct irq irq;
};

extern const struct device_class uart16550_class;

struct uart16550 *uart16550_new(struct machine *machine, const struct uart16550_config *config);
/* 8 registers, `stride` apart. */
void uart16550_region(struct uart16550 *uart, struct region *out);
/* The host side. room (may be NULL) is called when input is wanted again: the receiver has become empty. */
void uart16550_connect(struct uart16550 *uart, struct uart_sink sink, void (*room)(void *opaque), void *room_opaque);
/* How many bytes of input can be taken now; more are lost, as on the wire. */
size_t uart16550_room(const struct uart16550 *uart);

#endif
