#include "fake.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub/hex.h"

static void note(struct fake *fake, const char *format, ...) PRINTF_LIKE(2, 3);

static void note(struct fake *fake, const char *format, ...)
{
    va_list args;
    size_t room = sizeof(fake->calls) - fake->length;
    va_start(args, format);
    int n = vsnprintf(fake->calls + fake->length, room, format, args);
    va_end(args);
    if ((size_t)n < room)
        fake->length += (size_t)n;
}

static unsigned pc_register(void *vm)
{
    return FAKE_PC;
}

static const char *triple(void *vm)
{
    return "ab";
}

static bool running(void *vm)
{
    return ((struct fake *)vm)->running;
}

static void last_stop(void *vm, struct target_stop *stop)
{
    *stop = ((struct fake *)vm)->last;
}

static const char *description(void *vm, const char *annex)
{
    return strcmp(annex, "target.xml") == 0 ? "<target/>" : NULL;
}

static const char *memory_map(void *vm)
{
    return "<map/>";
}

static unsigned general_count(void *vm)
{
    return FAKE_GENERAL;
}

static size_t register_size(void *vm, unsigned number)
{
    return number < FAKE_REGISTERS ? 4 : 0;
}

static bool read_register(void *vm, unsigned number, uint8_t *value)
{
    struct fake *fake = vm;
    if (number >= FAKE_UNREADABLE)
        return false;
    memcpy(value, fake->registers[number], 4);
    return true;
}

static bool write_register(void *vm, unsigned number, const uint8_t *value)
{
    struct fake *fake = vm;
    if (number >= FAKE_UNREADABLE)
        return false;
    memcpy(fake->registers[number], value, 4);
    note(fake, "register %u;", number);
    return true;
}

static size_t inside(uint64_t address, size_t length, size_t size)
{
    if (address < FAKE_BASE || address >= FAKE_BASE + size)
        return 0;
    return (size_t)min_u64(length, FAKE_BASE + size - address);
}

static size_t read_memory(void *vm, uint64_t address, uint8_t *bytes, size_t length)
{
    struct fake *fake = vm;
    size_t done = inside(address, length, FAKE_SIZE);
    if (done)
        memcpy(bytes, fake->memory + (address - FAKE_BASE), done);
    return done;
}

static size_t write_memory(void *vm, uint64_t address, const uint8_t *bytes, size_t length)
{
    struct fake *fake = vm;
    size_t done = inside(address, length, FAKE_SIZE - 16);
    if (done)
        memcpy(fake->memory + (address - FAKE_BASE), bytes, done);
    return done;
}

static bool point(void *vm, const char *what, enum target_point type, uint64_t address, uint64_t length, const char **error)
{
    if (address == 0xbad)
        *error = "no room for it";
    else
        note(vm, "%s %d %" PRIx64 " %" PRIx64 ";", what, type, address, length);
    return address != 0xbad && address != 0xdead;
}

static void note_expressions(struct fake *fake, const char *what, const struct target_expression *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        note(fake, "%s ", what);
        for (size_t byte = 0; byte < list[i].length; byte++)
            note(fake, "%02x", list[i].bytes[byte]);
        note(fake, ";");
    }
}

static bool insert_point(void *vm, enum target_point type, uint64_t address, uint64_t length,
                         const struct target_actions *actions, const char **error)
{
    bool done = point(vm, "insert", type, address, length, error);
    note_expressions(vm, "if", actions->conditions, actions->nconditions);
    note_expressions(vm, actions->persist ? "always" : "do", actions->commands, actions->ncommands);
    return done;
}

static bool remove_point(void *vm, enum target_point type, uint64_t address, uint64_t length, const char **error)
{
    return point(vm, "remove", type, address, length, error);
}

static void remove_all_points(void *vm)
{
    note(vm, "remove all;");
}

static void stop_at_once(struct fake *fake)
{
    if (!fake->stop_at_once)
        return;
    fake->running = false;
    session_stopped(fake->stop_at_once, &fake->last);
}

static void stop(void *vm)
{
    note(vm, "stop;");
    stop_at_once(vm);
}

static void resume(void *vm, const struct target_resume *how)
{
    struct fake *fake = vm;
    note(fake, "resume %c %c %" PRIx64 " %" PRIx64 ";", "fb"[how->direction], "csr"[how->kind], how -> start, how -> end);
    fake->running = true;
    stop_at_once(fake);
}

static bool can_reverse(void *vm)
{
    return ((struct fake *)vm)->reversible;
}

static void detach(void *vm, enum target_detach how)
{
    note(vm, how == TARGET_DETACH ? "detach;" : "vanish;");
    if (how == TARGET_DETACH)
        ((struct fake *)vm)->running = true;
}

static void kill_machine(void *vm)
{
    note(vm, "kill;");
}

/* "hello": short text; "long": 3,000 characters; "quiet": nothing; "later": runs; anything else fails. */
static enum target_command monitor(void *vm, const char *command, target_print_fn *print, void *opaque)
{
    note(vm, "monitor %s;", command);
    if (strcmp(command, "later") == 0) {
        ((struct fake *)vm)->running = true;
        return TARGET_COMMAND_LATER;
    }
    if (strcmp(command, "hello") == 0) {
        print(opaque, "hel", 3);
        print(opaque, "lo\n", 3);
    } else if (strcmp(command, "long") == 0) {
        for (unsigned i = 0; i < 3000; i++)
            print(opaque, &"ab"[i % 2], 1);
    } else if (strcmp(command, "quiet") != 0) {
        print(opaque, "unknown\n", 8);
        return TARGET_COMMAND_FAILED;
    }
    return TARGET_COMMAND_DONE;
}

static void set_step_into(void *vm, bool into)
{
    ((struct fake *)vm)->into = into;
}

static bool step_into(void *vm)
{
    return ((struct fake *)vm)->into;
}

#define NEEDED                                                                                                                   \
    .pc_register = pc_register, .running = running, .last_stop = last_stop, .general_count = general_count,                      \
    .register_size = register_size, .read_register = read_register, .write_register = write_register,                            \
    .read_memory = read_memory, .write_memory = write_memory, .insert_point = insert_point, .remove_point = remove_point,        \
    .remove_all_points = remove_all_points, .stop = stop, .resume = resume, .detach = detach, .kill = kill_machine

const struct target_ops fake_ops_bare = {NEEDED};
const struct target_ops fake_ops = {
    NEEDED,
    .triple = triple,
    .description = description,
    .memory_map = memory_map,
    .can_reverse = can_reverse,
    .monitor = monitor,
    .set_step_into = set_step_into,
    .step_into = step_into,
};

void fake_init(struct fake *fake)
{
    *fake = (struct fake){
        .reversible = true, .last = {.kind = TARGET_STOP_SIGNAL, .signal = 2}
    };
    for (unsigned i = 0; i < FAKE_REGISTERS; i++)
        memcpy(fake->registers[i], (uint8_t[]){(uint8_t)(0x10 + i), 2, 3, 0x80}, 4);
    for (unsigned i = 0; i < FAKE_SIZE; i++)
        fake->memory[i] = (uint8_t)i;
}

const char *fake_calls(struct fake *fake)
{
    static char copy[sizeof(fake->calls)];
    memcpy(copy, fake->calls, fake->length);
    copy[fake->length] = 0;
    fake->length = 0;
    return copy;
}

const char *fake_framed(const char *body)
{
    static char text[8192];
    uint8_t sum = 0;
    for (const char *at = body; *at; at++)
        sum = (uint8_t)(sum + (uint8_t)*at);
    snprintf(text, sizeof(text), "$%s#%02x", body, sum);
    return text;
}

void fake_send(struct session *session, const char *body)
{
    const char *text = fake_framed(body);
    session_feed(session, (const uint8_t *)text, strlen(text));
}

const char *fake_wire(struct session *session)
{
    static char text[65536];
    size_t length = outbuf_length(&session->wire);
    assert_true(length < sizeof(text));
    if (length)
        memcpy(text, outbuf_data(&session->wire), length);
    text[length] = 0;
    outbuf_clear(&session->wire);
    return text;
}

/* The body up to '#', expanded; returns what follows the checksum. */
static const char *expand(const char *from, char **to)
{
    while (*from != '#') {
        assert_true(*from);
        if (*from == '*') {
            for (int n = from[1] - 29; n > 0; n--, (*to)++)
                **to = (*to)[-1];
            from += 2;
        } else if (*from == '}') {
            *(*to)++ = (char)(from[1] ^ 0x20);
            from += 2;
        } else {
            *(*to)++ = *from++;
        }
    }
    assert_true(hex_digit((uint8_t)from[1]) >= 0 && hex_digit((uint8_t)from[2]) >= 0);
    return from + 3;
}

const char *fake_replies(struct session *session)
{
    static char text[262144];
    char *to = text;
    const char *from = fake_wire(session);
    while (*from) {
        if (*from++ != '$')
            continue;
        from = expand(from, &to);
        *to++ = '|';
    }
    *to = 0;
    return text;
}
