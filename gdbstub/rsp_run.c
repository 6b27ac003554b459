/* Packets that let the machine run, say why it stands, or leave it. */
#include "gdbstub/packets.h"

int rsp_run_why(struct session *session, const struct args *args, struct outbuf *out)
{
    struct target_stop stop;
    session->ops->last_stop(session->vm, &stop);
    stop_reply(session, &stop, out);
    return REPLY_DATA;
}

/* waiting is set first: the machine may stop, and say so, before resume() returns. */
static int resume(struct session *session, struct target_resume how)
{
    assert(!session->waiting);
    session->waiting = true;
    session->ops->resume(session->vm, &how);
    return REPLY_LATER;
}

static bool write_pc(struct session *session, uint64_t pc)
{
    unsigned number = session->ops->pc_register(session->vm);
    size_t size = session->ops->register_size(session->vm, number);
    assert(size <= sizeof(pc));
    uint8_t value[sizeof(pc)];
    for (size_t i = 0; i < size; i++)
        value[session->ops->big_endian ? size - 1 - i : i] = (uint8_t)(pc >> 8 * i);
    return session->ops->write_register(session->vm, number, value);
}

/* The address, if there is one, is argument number `index`. A signal is ignored: a machine has none. */
static int resume_at(struct session *session, const struct args *args, unsigned index, enum target_resume_kind kind)
{
    assert(index < ARGS_NUMBERS);
    if (args->numbers > index && !write_pc(session, args->number[index]))
        return session_fail(session, "the pc cannot be written");
    return resume(session, (struct target_resume){.direction = TARGET_FORWARD, .kind = kind});
}

int rsp_run_continue(struct session *session, const struct args *args, struct outbuf *out)
{
    return resume_at(session, args, 0, TARGET_CONTINUE);
}

int rsp_run_step(struct session *session, const struct args *args, struct outbuf *out)
{
    return resume_at(session, args, 0, TARGET_STEP);
}

int rsp_run_continue_signal(struct session *session, const struct args *args, struct outbuf *out)
{
    return resume_at(session, args, 1, TARGET_CONTINUE);
}

int rsp_run_step_signal(struct session *session, const struct args *args, struct outbuf *out)
{
    return resume_at(session, args, 1, TARGET_STEP);
}

int rsp_run_vcont_actions(struct session *session, const struct args *args, struct outbuf *out)
{
    outbuf_text(out, "vCont;c;C;s;S;r");
    return REPLY_DATA;
}

/* "s", "C05", "r80001000,80001010", each perhaps with ":THREAD". */
static bool parse_action(struct args_span *span, struct target_resume *how, struct args_thread *thread)
{
    uint64_t signal;
    *how = (struct target_resume){.direction = TARGET_FORWARD, .kind = TARGET_CONTINUE};
    *thread = (struct args_thread){ARGS_ALL, ARGS_ALL};
    if (args_literal(span, "s")) {
        how->kind = TARGET_STEP;
    } else if (args_literal(span, "S")) {
        how->kind = TARGET_STEP;
        if (!args_number(span, &signal))
            return false;
    } else if (args_literal(span, "r")) {
        how->kind = TARGET_RANGE;
        if (!args_number(span, &how->start) || !args_literal(span, ",") || !args_number(span, &how->end))
            return false;
    } else if (args_literal(span, "C")) {
        if (!args_number(span, &signal))
            return false;
    } else if (!args_literal(span, "c")) {
        return false;
    }
    return (!args_literal(span, ":") || args_thread(span, thread)) && span->at == span->end;
}

/* The leftmost action that names our thread holds; the others must still be well formed. */
int rsp_run_vcont(struct session *session, const struct args *args, struct outbuf *out)
{
    struct args_span list = args->rest, piece;
    struct target_resume how, ours;
    struct args_thread thread;
    bool found = false;
    while (args_piece(&list, ';', &piece)) {
        if (!parse_action(&piece, &how, &thread))
            return session_fail(session, "vCont: unknown action");
        if (!found && args_thread_means(&thread, SESSION_PROCESS, SESSION_THREAD)) {
            ours = how;
            found = true;
        }
    }
    return found ? resume(session, ours) : session_fail(session, "vCont: no such thread");
}

static int reverse(struct session *session, enum target_resume_kind kind)
{
    return resume(session, (struct target_resume){.direction = TARGET_BACKWARD, .kind = kind});
}

int rsp_run_reverse_step(struct session *session, const struct args *args, struct outbuf *out)
{
    return reverse(session, TARGET_STEP);
}

int rsp_run_reverse_continue(struct session *session, const struct args *args, struct outbuf *out)
{
    return reverse(session, TARGET_CONTINUE);
}

int rsp_run_detach(struct session *session, const struct args *args, struct outbuf *out)
{
    session_leave(session);
    session->ops->detach(session->vm, TARGET_DETACH);
    return REPLY_OK;
}

int rsp_run_kill(struct session *session, const struct args *args, struct outbuf *out)
{
    session_leave(session);
    session->ops->kill(session->vm);
    return REPLY_LATER;
}

int rsp_run_vkill(struct session *session, const struct args *args, struct outbuf *out)
{
    rsp_run_kill(session, args, out);
    return REPLY_OK;
}
