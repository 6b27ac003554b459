/* Z0-Z4 and z0-z4. */
#include "gdbstub/packets.h"

static int failed(struct session *session, const char *error)
{
    return session_fail(session, "%s", error ? error : "the point cannot be set there");
}

/* Conditions and commands are not announced; to take and ignore them would be worse than to say no. */
int rsp_points_insert(struct session *session, const struct args *args, struct outbuf *out)
{
    const char *error = NULL;
    if (args->number[0] > TARGET_ACCESS_WATCH)
        return REPLY_EMPTY;
    if (args_length(args->rest))
        return session_fail(session, "conditions and commands are not evaluated in the stub");
    enum target_point type = (enum target_point)args->number[0];
    bool done = session->ops->insert_point(session->vm, type, args->number[1], args->number[2], &error);
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
