#include "gdbstub/args.h"

#include <string.h>

#include "gdbstub/hex.h"

bool args_number(struct args_span *span, uint64_t *number)
{
    assert(span->at <= span->end);
    const uint8_t *first = span->at;
    uint64_t value = 0;
    for (int digit; span->at < span->end && (digit = hex_digit(*span->at)) >= 0; span->at++) {
        if (value >> 60)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    *number = value;
    return span->at > first;
}

bool args_literal(struct args_span *span, const char *text)
{
    assert(span->at <= span->end);
    size_t length = strlen(text);
    if (args_length(*span) < length || memcmp(span->at, text, length) != 0)
        return false;
    span->at += length;
    return true;
}

bool args_piece(struct args_span *span, uint8_t separator, struct args_span *piece)
{
    if (span->at >= span->end)
        return false;
    const uint8_t *stop = memchr(span->at, separator, args_length(*span));
    piece->at = span->at;
    piece->end = stop ? stop : span->end;
    span->at = stop ? stop + 1 : span->end;
    return true;
}

/* One half of a thread id. */
static bool parse_id(struct args_span *span, int64_t *id)
{
    if (args_literal(span, "-1")) {
        *id = ARGS_ALL;
        return true;
    }
    uint64_t number;
    if (!args_number(span, &number) || number > INT32_MAX)
        return false;
    *id = (int64_t)number;
    return true;
}

bool args_thread(struct args_span *span, struct args_thread *thread)
{
    thread->pid = ARGS_ANY;
    if (!args_literal(span, "p"))
        return parse_id(span, &thread->tid);
    thread->tid = ARGS_ALL;
    return parse_id(span, &thread->pid) && (!args_literal(span, ".") || parse_id(span, &thread->tid));
}

bool args_thread_means(const struct args_thread *thread, int64_t pid, int64_t tid)
{
    return (thread->pid <= 0 || thread->pid == pid) && (thread->tid <= 0 || thread->tid == tid);
}

static void parse_text(struct args_span *span, uint8_t stop, struct args_span *text)
{
    text->at = span->at;
    while (span->at < span->end && (!stop || *span->at != stop))
        span->at++;
    text->end = span->at;
}

static bool parse_one(struct args *args, const char *pattern, struct args_span *body)
{
    switch (*pattern) {
    case 'x':
        assert(args->numbers < ARGS_NUMBERS);
        return args_number(body, &args->number[args->numbers++]);
    case 't':
        return args_thread(body, &args->thread);
    case 's':
        parse_text(body, (uint8_t)pattern[1], &args->text);
        return true;
    case '*':
        args->rest = *body;
        body->at = body->end;
        return true;
    default:
        return body->at < body->end && *body->at++ == (uint8_t)*pattern;
    }
}

bool args_parse(struct args *args, const char *pattern, struct args_span body)
{
    assert(body.at <= body.end);
    *args = (struct args){
        .text = {body.end, body.end},
          .rest = {body.end, body.end}
    };
    for (; *pattern; pattern++) {
        if (*pattern == '?') {
            if (body.at == body.end)
                return true;
        } else if (!parse_one(args, pattern, &body)) {
            return false;
        }
    }
    return body.at == body.end;
}
