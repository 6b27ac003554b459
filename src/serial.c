#include "src/serial.h"

#include <string.h>

#include "devices/chardev.h"
#include "softmmu/alloc.h"
#include "src/console.h"
#include "src/options.h"
#include "src/prompt.h"

/* Beyond HOLD the back end is not read any more; a person who types never gets there, so that Ctrl-A is always seen. */
enum { INPUT_HOLD = 32 << 10, INPUT_ROOM = 64 << 10 };

struct line {
    struct vm *vm;
    unsigned channel;
    struct chardev *dev;
    struct uart16550 *uart;
    bool has_keys; /* Ctrl-A means something */
    bool typed;    /* new input came while time stood in the past */
    struct console_escape escape;
    struct prompt prompt;
    size_t length;
    uint8_t waiting[INPUT_ROOM];
    char label[24];
};

struct serials {
    unsigned count;
    struct line *lines;
};

static void feed(struct line *line)
{
    struct inputs *inputs = line->vm->machine.inputs;
    if (line->vm->muted)
        return;
    line->typed = false;
    /* What was submitted and not applied yet is not in the UART's count of room. */
    if (!line->uart || !line->length || inputs_pending(inputs))
        return;
    size_t length = (size_t)min_u64(line->length, uart16550_room(line->uart));
    if (!length)
        return;
    uint8_t bytes[64];
    length = (size_t)min_u64(length, sizeof(bytes));
    assert(length <= line->length && line->length <= INPUT_ROOM);
    memcpy(bytes, line->waiting, length);
    line->length -= length;
    memmove(line->waiting, line->waiting + length, line->length);
    chardev_hold(line->dev, line->length >= INPUT_HOLD);
    inputs_submit(inputs, INPUT_CONSOLE, line->channel, bytes, length);
}

static void print(void *opaque, const char *text, size_t length)
{
    struct line *line = opaque;
    chardev_write(line->dev, (const uint8_t *)text, length);
}

static void take_byte(struct line *line, uint8_t byte)
{
    assert(line->length <= INPUT_ROOM);
    if (line->prompt.active) {
        prompt_feed(&line->prompt, byte);
    } else if (line->length < INPUT_ROOM) {
        line->waiting[line->length++] = byte;
        line->typed = line->vm->muted;
    }
}

static void take_key(struct line *line, uint8_t byte)
{
    switch (console_escape_feed(&line->escape, byte)) {
    case CONSOLE_BYTE:
        take_byte(line, byte);
        break;
    case CONSOLE_NOTHING:
        break;
    case CONSOLE_QUIT:
        vm_quit(line->vm, 0);
        break;
    case CONSOLE_MONITOR:
        prompt_toggle(&line->prompt);
        break;
    case CONSOLE_HELP:
        print(line, console_help, strlen(console_help));
        break;
    }
}

static void line_input(void *opaque, const uint8_t *bytes, size_t length)
{
    struct line *line = opaque;
    for (size_t i = 0; i < length; i++) {
        if (line->has_keys)
            take_key(line, bytes[i]);
        else
            take_byte(line, bytes[i]);
    }
    chardev_hold(line->dev, line->length >= INPUT_HOLD);
    feed(line);
}

static void line_drained(void *opaque)
{
    struct line *line = opaque;
    vm_wake(line->vm);
}

static void uart_output(void *opaque, const uint8_t *bytes, size_t length)
{
    struct line *line = opaque;
    if (!line->vm->muted)
        chardev_write(line->dev, bytes, length);
}

static void uart_room(void *opaque)
{
    feed(opaque);
}

/* With Ctrl-A's keys ^C is the guest's; a plain "stdio" leaves it to stakeout. From a pipe bytes pass straight through. */
static void take_terminal(struct line *line)
{
    assert(line->dev);
    console_raw(!line->has_keys);
    line->has_keys &= console_is_terminal();
}

/* *terminal: the line that has the terminal, if one has. */
static bool open_line(struct line *line, const char *spec, struct line **terminal)
{
    assert(!line->dev);
    bool monitor = strncmp(spec, "mon:", 4) == 0;
    if (monitor)
        spec += 4;
    if (strcmp(spec, "none") == 0)
        spec = "null";
    bool stdio = strcmp(spec, "stdio") == 0;
    if (stdio && *terminal) {
        report_error("%s: the terminal is taken by another serial line", line->label);
        return false;
    }
    if (monitor && !stdio) {
        report_error("%s: mon: goes with stdio only", line->label);
        return false;
    }
    line->dev = chardev_new(line->vm->base, spec, line->label);
    if (!line->dev)
        return false;
    chardev_connect(line->dev, &(struct chardev_handlers){line_input, line_drained, line});
    if (stdio)
        *terminal = line;
    line->has_keys = monitor;
    return true;
}

static const char *spec_of(const struct vm_options *options, unsigned line)
{
    if (line < options->nserial)
        return options->serial[line];
    return line == 0 && !options->nserial ? "mon:stdio" : "null";
}

struct serials *serials_new(struct vm *vm, unsigned lines)
{
    assert(lines && lines <= INPUT_CHANNELS);
    if (vm->options->nserial > lines) {
        report_error("-serial: this machine has %u serial lines", lines);
        return NULL;
    }
    struct serials *serials = alloc_zeroed(sizeof(*serials));
    serials->lines = alloc_zeroed(lines * sizeof(*serials->lines));
    struct line *terminal = NULL;
    for (unsigned i = 0; i < lines; i++) {
        struct line *line = &serials->lines[serials->count++];
        line->vm = vm;
        line->channel = i;
        line->prompt = (struct prompt){.vm = vm, .print = print, .opaque = line};
        snprintf(line->label, sizeof(line->label), "serial line %u", i);
        if (!open_line(line, spec_of(vm->options, i), &terminal)) {
            serials_free(serials);
            return NULL;
        }
    }
    if (terminal) /* last, so that ^C ends a wait for another line's client */
        take_terminal(terminal);
    return serials;
}

void serials_free(struct serials *serials)
{
    if (!serials)
        return;
    for (unsigned i = 0; i < serials->count; i++)
        chardev_free(serials->lines[i].dev);
    free(serials->lines);
    free(serials);
    console_restore();
}

void serials_attach(struct serials *serials, unsigned line, struct uart16550 *uart)
{
    assert(line < serials->count);
    assert(!serials->lines[line].uart);
    struct line *to = &serials->lines[line];
    to->uart = uart;
    uart16550_connect(uart, (struct uart_sink){uart_output, to}, uart_room, to);
}

void serials_poll(struct serials *serials)
{
    for (unsigned i = 0; i < serials->count; i++)
        feed(&serials->lines[i]);
}

bool serials_typed(const struct serials *serials)
{
    for (unsigned i = 0; i < serials->count; i++)
        if (serials->lines[i].typed)
            return true;
    return false;
}

bool serials_full(const struct serials *serials)
{
    for (unsigned i = 0; i < serials->count; i++)
        if (chardev_full(serials->lines[i].dev))
            return true;
    return false;
}

bool serials_have_prompt(const struct serials *serials)
{
    for (unsigned i = 0; i < serials->count; i++)
        if (serials->lines[i].has_keys)
            return true;
    return false;
}
