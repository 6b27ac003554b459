#include "src/prompt.h"

#include <string.h>

enum { KEY_DELETE_LINE = 0x15, KEY_BACKSPACE = 0x08, KEY_DELETE = 0x7f };

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

static void run_line(struct prompt *prompt)
{
    prompt->line[prompt->length] = '\0';
    print(prompt, "\n");
    if (strspn(prompt->line, " \t") < prompt->length)
        monitor_command(prompt->vm, prompt->line, prompt->print, prompt->opaque);
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
    } else if (byte >= ' ' && prompt->length < sizeof(prompt->line) - 1) {
        prompt->line[prompt->length++] = (char)byte;
        prompt->print(prompt->opaque, (const char *)&byte, 1);
    }
}
