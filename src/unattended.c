#include "src/unattended.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "softmmu/log.h"
#include "src/monitor.h"
#include "src/options.h"
#include "src/serial.h"
#include "src/watch_note.h"

bool watch_line(const char *spec, char *line, size_t room)
{
    static const char command[] = "watch ";
    size_t length = strlen(command), word = length;
    bool range = true, condition = false;
    char quote = '\0';
    if (length + strlen(spec) >= room)
        return false;
    strcpy(line, command);
    for (; *spec; spec++) {
        char c = *spec;
        bool own_comma = range && c == ',' && isdigit((unsigned char)spec[1]);
        if (own_comma)
            range = false;
        else if (!quote && !condition && (c == ',' || c == '='))
            c = ' ';
        if (c == ' ' && !quote) {
            range = false;
            condition |= length - word == 2 && strncasecmp(line + word, "if", 2) == 0;
            word = length + 1;
        } else if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? '\0' : c;
        }
        line[length++] = c;
    }
    line[length] = '\0';
    return true;
}

struct answer {
    char text[512];
    size_t length;
};

static void take(void *opaque, const char *text, size_t length)
{
    struct answer *answer = opaque;
    length = (size_t)min_u64(length, sizeof(answer->text) - 1 - answer->length);
    memcpy(answer->text + answer->length, text, length);
    answer->length += length;
    answer->text[answer->length] = '\0';
}

static bool set_watch(struct vm *vm, const char *spec)
{
    char line[MONITOR_LINE];
    struct answer answer = {.text = ""};
    bool fits = watch_line(spec, line, sizeof(line));
    if (!fits)
        report_error("-watch %s: this is too long", spec);
    if (!fits || monitor_command(vm, line, take, &answer) == MONITOR_DONE)
        return fits;
    answer.text[strcspn(answer.text, "\n")] = '\0';
    report_error("-watch %s: %s", spec, answer.text);
    return false;
}

bool unattended_watch(struct vm *vm)
{
    for (unsigned i = 0; i < vm->options->nwatch; i++)
        if (!set_watch(vm, vm->options->watch[i]))
            return false;
    return true;
}

static void changed(void *opaque, enum vm_state state, enum vm_stop_reason reason)
{
    struct vm *vm = opaque;
    const char *gdb = vm->options->gdb && strcmp(vm->options->gdb, "none") != 0 ? vm->options->gdb : NULL;
    bool console = serials_have_prompt(vm->serials);
    if (state != VM_STOPPED || vm->looking || vm->debugger_waits || reason != VM_STOP_WATCH)
        return;
    const char *note = watch_note_take(vm);
    if (!watch_note_told())
        fprintf(stderr, "stakeout: %s", note);
    fprintf(stderr, "stakeout: the machine is stopped%s%s%s%s\n", gdb ? "; connect gdb to " : "", gdb ? gdb : "",
            console ? "; to go on: Ctrl-A c on the console, then cont" : "",
            gdb || console ? "" : ", with neither -gdb nor a console on the terminal to go on from");
}

void unattended_report_stops(struct vm *vm)
{
    vm_add_change_state_handler(vm, changed, vm);
}
