#include "src/prompt.h"

#include <string.h>

enum { KEY_INTERRUPT = 0x03, KEY_DELETE_LINE = 0x15, KEY_BACKSPACE = 0x08, KEY_DELETE = 0x7f };

static void print(struct prompt *prompt, const char *text)
{
    prompt->print(prompt->opaque, text, strlen(text));
}

static void begin_line(struct prompt *prompt)
{
    prompt->length = 0;
    print(prompt, "(stakeout) ");
}

void prompt_toggle(struct prompt *prompt)
{
    prompt->active = !prompt->active;
    print(prompt, "\n");
    if (prompt->active)
        begin_line(prompt);
}

static void command_done(void *opaque, bool good)
{
    begin_line(opaque);
}

static void print_late(void *opaque, const char *text, size_t length)
{
    struct prompt *prompt = opaque;
    prompt->print(prompt->opaque, text, length);
}

static void run_line(struct prompt *prompt)
{
    assert(prompt->length < sizeof(prompt->line));
    prompt->line[prompt->length] = '\0';
    print(prompt, "\n");
    enum monitor_result result = MONITOR_DONE;
    if (strspn(prompt->line, " \t") < prompt->length)
        result = monitor_command(prompt->vm, prompt->line, prompt->print, prompt->opaque);
    if (result == MONITOR_LATER)
        monitor_await(prompt->vm, print_late, command_done, prompt);
    else
        begin_line(prompt);
}

static void erase(struct prompt *prompt, size_t count)
{
    for (; count && prompt->length; count--, prompt->length--)
        print(prompt, "\b \b");
}

void prompt_feed(struct prompt *prompt, uint8_t byte)
{
    if (byte == '\r' || byte == '\n') {
        run_line(prompt);
    } else if (byte == KEY_BACKSPACE || byte == KEY_DELETE) {
        erase(prompt, 1);
    } else if (byte == KEY_DELETE_LINE) {
        erase(prompt, prompt->length);
    } else if (byte == KEY_INTERRUPT) {
        vm_stop(prompt->vm, VM_STOP_USER);
    } else if (byte >= ' ' && prompt->length < sizeof(prompt->line) - 1) {
        prompt->line[prompt->length++] = (char)byte;
        prompt->print(prompt->opaque, (const char *)&byte, 1);
    }
}
