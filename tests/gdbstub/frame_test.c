/* The outer layer of the protocol, both ways. */
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "gdbstub/encode.h"

static struct frame frame;

struct row {
    const char *name, *in;
    size_t length;
    const char *events; /* one letter an event that is not FRAME_MORE: P B A N X(bad) L(ong) */
    const char *body;   /* of the last packet */
};

#define IN(text) text, sizeof(text) - 1

static const struct row rows[] = {
    {"a packet",                     IN("$g#67"),             "P",   "g"   },
    {"an empty packet",              IN("$#00"),              "P",   ""    },
    {"upper-case checksum",          IN("$mm0,2#66$O#4F"),    "XP",  "O"   },
    {"escaped byte",                 IN("$X}\x03#d8"),        "P",   "X#"  },
    {"escaped end",                  IN("$}]#da"),            "P",   "}"   },
    {"break inside is data",         IN("$\x03#03"),          "P",   "\x03"},
    {"star inside is data",          IN("$*#2a"),             "P",   "*"   },
    {"sum not hex",                  IN("$m0,2#zz"),          "X",   "m0,2"},
    {"sum half hex",                 IN("$g#6z"),             "X",   "g"   },
    {"sum wrong",                    IN("$g#68"),             "X",   "g"   },
    {"acks and naks",                IN("+-+"),               "ANA", ""    },
    {"break between",                IN("\x03$g#67\x03"),     "BPB", "g"   },
    {"noise between",                IN("xyz#67\r\n$g#67\n"), "P",   "g"   },
    {"packet cut off",               IN("$m0$g#67"),          "P",   "g"   },
    {"packet cut off in escape",     IN("$m0}$g#67"),         "P",   "g"   },
    {"packet cut off in its sum",    IN("$m0#$g#67"),         "XP",  "g"   },
    {"packet cut off in sum's half", IN("$m0#9$g#67"),        "XP",  "g"   },
    {"sum counts escapes raw",       IN("$}\x03#80"),         "P",   "#"   },
    {"NUL is data",                  IN("$\0#00"),            "P",   ""    },
    {"two packets",                  IN("$g#67+$?#3f"),       "PAP", "?"   },
};

static char letter(enum frame_event event)
{
    static const char letters[] = {
        [FRAME_MORE] = 0,  [FRAME_PACKET] = 'P', [FRAME_BREAK] = 'B', [FRAME_ACK] = 'A',
        [FRAME_NAK] = 'N', [FRAME_BAD] = 'X',    [FRAME_LONG] = 'L',
    };
    return letters[event];
}

static void feed(const uint8_t *bytes, size_t length, char *events)
{
    for (size_t i = 0; i < length; i++) {
        char c = letter(frame_feed(&frame, bytes[i]));
        if (c)
            *events++ = c;
    }
    *events = 0;
}

static void test_row(void **state)
{
    const struct row *row = *state;
    char events[64];
    frame_init(&frame);
    feed((const uint8_t *)row->in, row->length, events);
    assert_string_equal(events, row->events);
    if (strchr(row->events, 'P') || strchr(row->events, 'X'))
        assert_string_equal(frame.body, row->body);
}

/* A packet of the announced size fits; one far beyond it is told apart, and the next one is well again. */
static void test_long(void **state)
{
    static uint8_t bytes[FRAME_CAPACITY + 10];
    char events[64];
    for (size_t length = FRAME_PACKET_SIZE; length <= FRAME_CAPACITY + 1; length += FRAME_CAPACITY + 1 - FRAME_PACKET_SIZE) {
        bool fits = length == FRAME_PACKET_SIZE;
        memset(bytes, 0, sizeof(bytes)); /* NULs add nothing to the sum */
        bytes[0] = '$';
        memcpy(bytes + 1 + length, "#00", 3);
        frame_init(&frame);
        feed(bytes, length + 4, events);
        assert_string_equal(events, fits ? "P" : "L");
        feed((const uint8_t *)"$g#67", 5, events);
        assert_string_equal(events, "P");
        assert_string_equal(frame.body, "g");
    }
}

static const struct code_row {
    const char *name, *body, *wire;
} code_rows[] = {
    {"plain",            "OK",        "$OK#9a"                  },
    {"nothing",          "",          "$#00"                    },
    {"three alike",      "000",       "$000#90"                 },
    {"four alike",       "0000",      "$0* #7a"                 },
    {"six alike",        "000000",    "$0*\"#7c"                },
    {"seven would be #", "0000000",   "$0*\"0#ac"               },
    {"eight would be $", "00000000",  "$0*\"00#dc"              },
    {"nine alike",       "000000000", "$0*%#7f"                 },
    {"special alike",    "####",      "$}\x03}\x03}\x03}\x03#00"},
    {"escapes",          "a}b*c$",    "$a}]b}\nc}\x04#08"       },
};

static void test_encode_row(void **state)
{
    const struct code_row *row = *state;
    struct outbuf wire = {0};
    encode_packet(&wire, (const uint8_t *)row->body, strlen(row->body), true);
    outbuf_byte(&wire, 0);
    assert_string_equal(outbuf_data(&wire), row->wire);
    outbuf_free(&wire);
}

/* Runs of every length, in random bytes too, come back as they were. */
static void test_encode_back(void **state)
{
    static const struct target_ops none;
    static struct session session; /* as a holder of a wire only */
    session.ops = &none;
    for (size_t length = 1; length < 400; length++) {
        char body[401];
        memset(body, 'z', length);
        body[length] = 0;
        if (length > 8)
            memcpy(body + length / 2, "#}*$", 4);
        encode_packet(&session.wire, (const uint8_t *)body, length, true);
        assert_true(length < 8 || outbuf_length(&session.wire) < length + 8);
        const char *wire = (const char *)outbuf_data(&session.wire);
        assert_ptr_equal(memchr(wire, '#', outbuf_length(&session.wire)), wire + outbuf_length(&session.wire) - 3);
        strcat(body, "|");
        assert_string_equal(fake_replies(&session), body);
    }
    outbuf_free(&session.wire);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(code_rows) + 2];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < ARRAY_SIZE(code_rows); i++)
        tests[n++] = (struct CMUnitTest){code_rows[i].name, test_encode_row, NULL, NULL, (void *)(uintptr_t)&code_rows[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_long);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_encode_back);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
