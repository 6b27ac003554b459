/*
 * Z0-Z4 and z0-z4. Behind the point itself: ";X<length>,<bytes>" for each condition, where gdb sets the ';' before the first only, then
 * ";cmds:<persist>,X<length>,<bytes>..." for its commands. Numbers and bytes are hexadecimal.
 */
#include "gdbstub/hex.h"
#include "gdbstub/packets.h"

enum { MOST_EXPRESSIONS = 256 };

/* The expressions of one packet: conditions from the front, commands behind them. Their bytes lie in session->memory. */
struct expressions {
    struct target_expression list[MOST_EXPRESSIONS];
    size_t count, conditions, used;
    bool commands, persist;
};

static int failed(struct session *session, const char *error)
{
    return session_fail(session, "%s", error ? error : "the point cannot be set there");
}

/* One "<length>,<bytes>"; its bytes decoded to where the session has room. NULL, or what is wrong. */
static const char *take_expression(struct session *session, struct expressions *e, struct args_span *rest)
{
    uint64_t length;
    assert(e->used <= sizeof(session->memory) && e->conditions <= e->count);
    if (!args_number(rest, &length) || !args_literal(rest, ","))
        return "malformed condition or command";
    if (e->count == MOST_EXPRESSIONS || length > sizeof(session->memory) - e->used)
        return "too many conditions and commands";
    uint8_t *bytes = &session->memory[e->used];
    if (length > args_length(*rest) / 2 || !hex_decode(bytes, rest->at, (size_t)length))
        return "a condition or command is shorter than its length says";
    rest->at += 2 * length;
    e->used += (size_t)length;
    e->list[e->count++] = (struct target_expression){bytes, (size_t)length};
    e->conditions += !e->commands;
    return NULL;
}

static bool take_commands(struct expressions *e, struct args_span *rest)
{
    uint64_t persist;
    if (e->commands || !args_literal(rest, "cmds:") || !args_number(rest, &persist) || !args_literal(rest, ","))
        return false;
    e->commands = true;
    e->persist = persist != 0;
    return true;
}

static const char *take_expressions(struct session *session, struct expressions *e, struct args_span rest)
{
    const char *error = NULL;
    while (!error && args_length(rest)) {
        args_literal(&rest, ";");
        if (args_literal(&rest, "X"))
            error = take_expression(session, e, &rest);
        else if (!take_commands(e, &rest))
            error = "malformed condition or command";
    }
    return error;
}

int rsp_points_insert(struct session *session, const struct args *args, struct outbuf *out)
{
    struct expressions e = {.count = 0};
    if (args->number[0] > TARGET_ACCESS_WATCH)
        return REPLY_EMPTY;
    const char *error = take_expressions(session, &e, args->rest);
    if (error)
        return failed(session, error);
    const struct target_actions actions = {
        .conditions = e.list,
        .nconditions = e.conditions,
        .commands = e.list + e.conditions,
        .ncommands = e.count - e.conditions,
        .persist = e.persist,
    };
    enum target_point type = (enum target_point)args->number[0];
    bool done = session->ops->insert_point(session->vm, type, args->number[1], args->number[2], &actions, &error);
    return done ? REPLY_OK : failed(session, error);
}

int rsp_points_remove(struct session *session, const struct args *args, struct outbuf *out)
{
    const char *error = NULL;
    if (args->number[0] > TARGET_ACCESS_WATCH)
        return REPLY_EMPTY;
    enum target_point type = (enum target_point)args->number[0];
    bool done = session->ops->remove_point(session->vm, type, args->number[1], args->number[2], &error);
    return done ? REPLY_OK : failed(session, error);
}
