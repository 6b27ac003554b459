/*
 * 16550A UART.
 *
 * Document: National Semiconductor PC16550D data sheet (register descriptions, FIFO interrupt and polled operation).
 * Regions: 8 registers, either bytes side by side or 32-bit words in CPU order 8 bytes apart. Lines: INTR.
 *
 * A character takes no time: the transmitter is always empty, and what was received below the FIFO's trigger level counts
 * as timed out at once. In loopback mode the transmitter feeds the receiver, overruns included, and the wire is off.
 *
 * NOT EMULATED: baud rate, parity and framing errors, breaks, DMA mode; OUT2 does not gate the interrupt.
 */
#include "devices/uart16550.h"

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define FIFO_SIZE 16

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };
enum { IER_RDA = 0x01, IER_THRE = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08, IER_MASK = 0x0f };
enum { IIR_MODEM = 0x00, IIR_NONE = 0x01, IIR_THRE = 0x02, IIR_RDA = 0x04, IIR_LINE = 0x06, IIR_TIMEOUT = 0x0c, IIR_FIFO = 0xc0 };
enum { FCR_ENABLE = 0x01, FCR_CLEAR_RX = 0x02, FCR_TRIGGER = 0xc0 };
enum { LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT1 = 0x04, MCR_OUT2 = 0x08, MCR_LOOP = 0x10, MCR_MASK = 0x1f };
enum { LSR_DR = 0x01, LSR_OE = 0x02, LSR_THRE = 0x20, LSR_TEMT = 0x40 };
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80, MSR_TERI = 0x04 };

struct uart16550_state {
    uint8_t fifo[FIFO_SIZE]; /* received; one byte deep while FIFOs are off */
    uint8_t head, count;
    uint8_t ier, fcr, lcr, mcr, scr;
    uint8_t overrun;
    uint8_t thre_pending; /* the transmitter's interrupt, not yet seen in IIR */
    uint8_t modem;        /* MSR bits 7:4 */
    uint8_t modem_delta;  /* MSR bits 3:0 */
    uint8_t dll, dlm;
    uint8_t pad[3];
};

struct uart16550 {
    struct uart16550_state *s;
    struct uart16550_config config;
    struct uart_sink sink;
    void (*room)(void *opaque);
    void *room_opaque;
};

static const struct field uart16550_fields[] = {
    FIELD_ARRAY(struct uart16550_state, fifo),   FIELD(struct uart16550_state, head),  FIELD(struct uart16550_state, count),
    FIELD(struct uart16550_state, ier),          FIELD(struct uart16550_state, fcr),   FIELD(struct uart16550_state, lcr),
    FIELD(struct uart16550_state, mcr),          FIELD(struct uart16550_state, scr),   FIELD(struct uart16550_state, overrun),
    FIELD(struct uart16550_state, thre_pending), FIELD(struct uart16550_state, modem), FIELD(struct uart16550_state, modem_delta),
    FIELD(struct uart16550_state, dll),          FIELD(struct uart16550_state, dlm),   FIELD_ARRAY(struct uart16550_state, pad),
};

static unsigned depth(const struct uart16550_state *s)
{
    return s->fcr & FCR_ENABLE ? FIFO_SIZE : 1;
}

static unsigned trigger(const struct uart16550_state *s)
{
    static const uint8_t levels[4] = {1, 4, 8, 14};
    return s->fcr & FCR_ENABLE ? levels[s->fcr >> 6] : 1;
}

static uint8_t line_status(const struct uart16550_state *s)
{
    return LSR_THRE | LSR_TEMT | (s->overrun ? LSR_OE : 0) | (s->count ? LSR_DR : 0);
}

/* The source of highest priority among those that are enabled. */
static uint8_t identify(const struct uart16550_state *s)
{
    if ((s->ier & IER_LINE) && s->overrun)
        return IIR_LINE;
    if ((s->ier & IER_RDA) && s->count)
        return s->count >= trigger(s) ? IIR_RDA : IIR_TIMEOUT;
    if ((s->ier & IER_THRE) && s->thre_pending)
        return IIR_THRE;
    if ((s->ier & IER_MODEM) && s->modem_delta)
        return IIR_MODEM;
    return IIR_NONE;
}

static void uart16550_update_irq(struct uart16550 *uart)
{
    irq_set(&uart->config.irq, identify(uart->s) != IIR_NONE);
}

static void receive(struct uart16550_state *s, uint8_t byte)
{
    assert(s->head < FIFO_SIZE && s->count <= FIFO_SIZE);
    if (s->count < depth(s)) {
        s->fifo[(s->head + s->count++) % FIFO_SIZE] = byte;
        return;
    }
    s->overrun = 1;
    /* Without FIFO the new character takes the place of the old one; with it, the new one is lost. */
    if (!(s->fcr & FCR_ENABLE))
        s->fifo[s->head] = byte;
}

static void offer_room(struct uart16550 *uart)
{
    if (uart->room && uart16550_room(uart))
        uart->room(uart->room_opaque);
}

static uint8_t take(struct uart16550 *uart)
{
    struct uart16550_state *s = uart->s;
    uint8_t byte = s->fifo[s->head];
    assert(s->head < FIFO_SIZE && s->count <= depth(s));
    if (!s->count)
        return byte;
    s->head = (s->head + 1) % FIFO_SIZE;
    if (--s->count == 0)
        offer_room(uart);
    return byte;
}

static void transmit(struct uart16550 *uart, uint8_t byte)
{
    if (uart->s->mcr & MCR_LOOP)
        receive(uart->s, byte);
    else if (uart->sink.write)
        uart->sink.write(uart->sink.opaque, &byte, 1);
    uart->s->thre_pending = 1;
}

/* The modem's lines as the chip sees them: a modem that is always ready, or in loopback the chip's own outputs. */
static uint8_t modem_lines(uint8_t mcr)
{
    if (!(mcr & MCR_LOOP))
        return MSR_DCD | MSR_DSR | MSR_CTS;
    return (mcr & MCR_DTR ? MSR_DSR : 0) | (mcr & MCR_RTS ? MSR_CTS : 0) | (mcr & MCR_OUT1 ? MSR_RI : 0) |
           (mcr & MCR_OUT2 ? MSR_DCD : 0);
}

static void write_mcr(struct uart16550 *uart, uint8_t value)
{
    struct uart16550_state *s = uart->s;
    bool left_loopback = s->mcr & ~value & MCR_LOOP;
    s->mcr = value & MCR_MASK;
    uint8_t old = s->modem;
    s->modem = modem_lines(s->mcr);
    /* RI counts only when it ends. */
    s->modem_delta |= ((s->modem ^ old) >> 4 & ~MSR_TERI) | ((old & ~s->modem) >> 4 & MSR_TERI);
    if (left_loopback)
        offer_room(uart);
}

static void write_fcr(struct uart16550 *uart, uint8_t value)
{
    struct uart16550_state *s = uart->s;
    bool clears = (value & FCR_CLEAR_RX) || ((value ^ s->fcr) & FCR_ENABLE);
    s->fcr = value & FCR_ENABLE ? value & (FCR_ENABLE | FCR_TRIGGER) : 0;
    if (!clears)
        return;
    bool was_full = s->count;
    s->head = s->count = 0;
    if (was_full)
        offer_room(uart);
}

static void write_ier(struct uart16550_state *s, uint8_t value)
{
    /* Enabling the transmitter's interrupt while it is empty raises it. */
    if (value & ~s->ier & IER_THRE)
        s->thre_pending = 1;
    s->ier = value & IER_MASK;
}

static void uart16550_write_reg(struct uart16550 *uart, unsigned reg, uint8_t value)
{
    assert(reg < 8);
    struct uart16550_state *s = uart->s;
    bool dlab = s->lcr & LCR_DLAB;
    switch (reg) {
    case RBR_THR:
        if (dlab)
            s->dll = value;
        else
            transmit(uart, value);
        break;
    case IER:
        if (dlab)
            s->dlm = value;
        else
            write_ier(s, value);
        break;
    case IIR_FCR:
        write_fcr(uart, value);
        break;
    case LCR:
        s->lcr = value;
        break;
    case MCR:
        write_mcr(uart, value);
        break;
    case SCR:
        s->scr = value;
        break;
    default: /* LSR and MSR: factory test only */
        break;
    }
    uart16550_update_irq(uart);
}

static uint8_t uart16550_peek_reg(const struct uart16550_state *s, unsigned reg)
{
    assert(reg < 8);
    bool dlab = s->lcr & LCR_DLAB;
    switch (reg) {
    case RBR_THR:
        return dlab ? s->dll : s->fifo[s->head];
    case IER:
        return dlab ? s->dlm : s->ier;
    case IIR_FCR:
        return identify(s) | (s->fcr & FCR_ENABLE ? IIR_FIFO : 0);
    case LCR:
        return s->lcr;
    case MCR:
        return s->mcr;
    case LSR:
        return line_status(s);
    case MSR:
        return s->modem | s->modem_delta;
    default:
        return s->scr;
    }
}

static uint8_t uart16550_read_reg(struct uart16550 *uart, unsigned reg)
{
    struct uart16550_state *s = uart->s;
    uint8_t value = uart16550_peek_reg(s, reg);
    switch (reg) {
    case RBR_THR:
        if (!(s->lcr & LCR_DLAB))
            take(uart);
        break;
    case IIR_FCR:
        if ((value & ~IIR_FIFO) == IIR_THRE)
            s->thre_pending = 0;
        break;
    case LSR: /* polled: mostly there is nothing to clear */
        if (!s->overrun)
            return value;
        s->overrun = 0;
        break;
    case MSR:
        s->modem_delta = 0;
        break;
    default:
        return value;
    }
    uart16550_update_irq(uart);
    return value;
}

static unsigned reg_at(const struct uart16550 *uart, uint64_t offset)
{
    return offset / uart->config.stride & 7;
}

/* With a stride the upper half of each step is empty. */
static bool is_gap(const struct uart16550 *uart, uint64_t offset)
{
    return offset % uart->config.stride >= 4;
}

static uint64_t uart16550_read(void *opaque, uint64_t offset, unsigned size)
{
    struct uart16550 *uart = opaque;
    return is_gap(uart, offset) ? 0 : uart16550_read_reg(uart, reg_at(uart, offset));
}

static uint64_t uart16550_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct uart16550 *uart = opaque;
    return is_gap(uart, offset) ? 0 : uart16550_peek_reg(uart->s, reg_at(uart, offset));
}

static void uart16550_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct uart16550 *uart = opaque;
    if (!is_gap(uart, offset))
        uart16550_write_reg(uart, reg_at(uart, offset), value);
}

static const struct mmio_ops uart16550_byte_ops = {uart16550_read, uart16550_write, uart16550_peek, 1, 1};
static const struct mmio_ops uart16550_word_ops = {uart16550_read, uart16550_write, uart16550_peek, 4, 4};

void uart16550_region(struct uart16550 *uart, struct region *out)
{
    bool bytes = uart->config.stride == 1;
    *out = (struct region){.name = uart->config.instance, .kind = REGION_MMIO, .size = 8 * uart->config.stride, .opaque = uart};
    out->flags = bytes ? 0 : REGION_CPU_ORDER;
    out->ops = bytes ? &uart16550_byte_ops : &uart16550_word_ops;
}

void uart16550_connect(struct uart16550 *uart, struct uart_sink sink, void (*room)(void *opaque), void *room_opaque)
{
    uart->sink = sink;
    uart->room = room;
    uart->room_opaque = room_opaque;
}

size_t uart16550_room(const struct uart16550 *uart)
{
    assert(uart->s->count <= depth(uart->s));
    return uart->s->mcr & MCR_LOOP ? 0 : depth(uart->s) - uart->s->count;
}

static void uart16550_input(void *opaque, const struct input *input)
{
    struct uart16550 *uart = opaque;
    if (uart->s->mcr & MCR_LOOP)
        return;
    for (uint32_t i = 0; i < input->length; i++)
        receive(uart->s, input->bytes[i]);
    uart16550_update_irq(uart);
}

static void uart16550_reset(void *device)
{
    struct uart16550 *uart = device;
    *uart->s = (struct uart16550_state){.modem = modem_lines(0)};
    uart16550_update_irq(uart);
}

static int uart16550_check(const void *state)
{
    const struct uart16550_state *s = state;
    bool valid = s->head < FIFO_SIZE && s->count <= depth(s) && !(s->ier & ~IER_MASK) && !(s->mcr & ~MCR_MASK) &&
                 s->overrun <= 1 && s->thre_pending <= 1 && !(s->modem & 0x0f) && !(s->modem_delta & 0xf0);
    return valid ? 0 : -1;
}

const struct device_class uart16550_class = {
    "uart16550",     1,    sizeof(struct uart16550_state), uart16550_fields, ARRAY_SIZE(uart16550_fields), uart16550_reset,
    uart16550_check, NULL,
};

struct uart16550 *uart16550_new(struct machine *machine, const struct uart16550_config *config)
{
    assert(config->stride == 1 || config->stride == 8);
    struct uart16550 *uart = alloc_zeroed(sizeof(*uart));
    uart->config = *config;
    uart->s = device_register(machine, &uart16550_class, config->instance, uart);
    inputs_connect(machine->inputs, INPUT_CONSOLE, config->channel, uart16550_input, uart);
    uart16550_reset(uart);
    return uart;
}
