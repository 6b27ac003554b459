/* Whole conversations, byte for byte: what gdb 13 sends when it attaches, and what happens while the machine runs. */
#include <string.h>

#include "fake.h"

struct rig {
    struct fake fake;
    struct session *session;
};

static void rig_open(struct rig *rig, bool running)
{
    fake_init(&rig->fake);
    rig->fake.running = running;
    rig->session = session_new(&fake_ops, &rig->fake);
}

static void feed(struct rig *rig, const char *text)
{
    session_feed(rig->session, (const uint8_t *)text, strlen(text));
}

static void stopped(struct rig *rig, enum target_stop_kind kind, unsigned signal)
{
    rig->fake.running = false;
    rig->fake.last = (struct target_stop){.kind = kind, .signal = signal};
    session_stopped(rig->session, &rig->fake.last);
}

struct line {
    char
        from; /* '>' the client sends this, '<' all that the stub has sent since, '!' the target was called so, 's' a stop comes */
    const char *text;
};

static void play(struct rig *rig, const struct line *line)
{
    for (; line->text; line++) {
        if (line->from == '>')
            feed(rig, line->text);
        else if (line->from == '<')
            assert_string_equal(fake_wire(rig->session), line->text);
        else if (line->from == '!')
            assert_string_equal(fake_calls(&rig->fake), line->text);
        else
            stopped(rig, line->text[0] == 'b' ? TARGET_STOP_SWBREAK : TARGET_STOP_SIGNAL, 2);
    }
}

/* The bodies alone: each is framed and acknowledged as the mode of the moment demands. */
struct exchange {
    const char *in, *out;
};

static const struct exchange gdb_attach[] = {
    {"qSupported:multiprocess+;swbreak+;hwbreak+;qRelocInsn+;fork-events+;vfork-events+;exec-events+;vContSupported+;"
     "QThreadEvents+;no-resumed+;memory-tagging+", "PacketSize=20000;multiprocess+;swbreak+;hwbreak+;vContSupported+;ReverseStep+;ReverseContinue+;binary-upload+;"
     "ConditionalBreakpoints+;BreakpointCommands+;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;qXfer:threads:"
     "read+"                                      },
    {"vCont?",                                          "vCont;c;C;s;S;r"                                },
    {"vMustReplyEmpty",                                 ""                                               },
    {"QStartNoAckMode",                                 "OK"                                             },
    {"Hgp0.0",                                          "OK"                                             },
    {"qXfer:features:read:target.xml:0,1000",           "l<target/>"                                     },
    {"qTStatus",                                        ""                                               },
    {"?",                                               "T02thread:p1.1;02:12020380;"                    },
    {"qXfer:threads:read::0,1000",
     "l<?xml version=\"1.0\"?>\n<threads>\n<thread id=\"p1.1\" core=\"0\" name=\"CPU 0\"/>\n</threads>\n"},
    {"qAttached:1",                                     "1"                                              },
    {"Hc-1",                                            "OK"                                             },
    {"qOffsets",                                        ""                                               },
    {"g",                                               "100203801102038012020380"                       },
    {"qXfer:memory-map:read::0,1000",                   "l<map/>"                                        },
    {"m1000,4",                                         "00010203"                                       },
    {"qSymbol::",                                       ""                                               },
};

static void test_gdb_attach(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    assert_string_equal(fake_calls(&rig.fake), "");
    bool acks = true;
    feed(&rig, "+");
    for (size_t i = 0; i < ARRAY_SIZE(gdb_attach); i++) {
        const struct exchange *x = &gdb_attach[i];
        fake_send(rig.session, x->in);
        size_t pending = outbuf_length(&rig.session->wire);
        assert_true(pending >= 4);
        assert_int_equal(outbuf_data(&rig.session->wire)[0], acks ? '+' : '$');
        char expected[1024] = "";
        strcat(strcat(expected, x->out), "|");
        assert_string_equal(fake_replies(rig.session), expected);
        if (acks)
            feed(&rig, "+");
        acks &= strcmp(x->in, "QStartNoAckMode") != 0;
    }
    session_free(rig.session);
    assert_string_equal(fake_calls(&rig.fake), "vanish;");
}

/* A client that comes while the machine runs: `?` waits for its stop. */
static const struct line attach_running[] = {
    {'!', "stop;"                    },
    {'>', "+$qSupported#37"          },
    {'<', "+$PacketSize=20000;multiprocess+;swbreak+;hwbreak+;vContSupported+;ReverseStep+;ReverseContinue+;binary-upload+;"
          "ConditionalBreakpoints+;BreakpointCommands+;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;qXfer:"
          "threads:read+#64"},
    {'>', "+$?#3f"                   },
    {'<', "+"                        },
    {'>', "$qC#b4$m1000,4#8e"        }, /* behind a held packet: held, so that answers keep the order */
    {'<', "++"                       },
    {'!', "stop;stop;stop;"          }, /* to ask again does no harm */
    {'s', ""                         },
    {'<', "$T02thread:01;02:12020380;#6b"
          "$QC01#f5"
          "$00010203#86"    },
    {0,   NULL                       },
};

static const struct line run_and_interrupt[] = {
    {'>', "$QStartNoAckMode#b0"                                      },
    {'<', "+$OK#9a"                                                  },
    {'>', "+$vCont;c#a8"                                             },
    {'<', ""                                                         },
    {'!', "resume f c 0 0;"                                          },
    {'>', "\x03"                                                     },
    {'!', "stop;"                                                    },
    {'<', ""                                                         },
    {'s', ""                                                         },
    {'<', "$T02thread:01;02:12020380;#6b"                            },
    {'>', "\x03"                                                     }, /* too late: the stop has been told */
    {'!', ""                                                         },
    {'<', ""                                                         },
    {'>', "$vCont;s#b8"                                              },
    {'!', "resume f s 0 0;"                                          },
    {'>', "$g#67"                                                    }, /* held: the client must not get this instead of the stop */
    {'!', ""                                                         },
    {'<', ""                                                         },
    {'s', "b"                                                        },
    {'<', "$T05thread:01;02:12020380;#6e$100203801102038012020380#ad"},
    {0,   NULL                                                       },
};

/* Acknowledgements: a bad packet is asked for again, a bad reply is sent again. */
static const struct line acknowledged[] = {
    {'>', "$g#00"               },
    {'<', "-"                   },
    {'>', "$qC#b4"              },
    {'<', "+$QC01#f5"           },
    {'>', "-"                   },
    {'<', "$QC01#f5"            },
    {'>', "+$QStartNoAckMode#b0"},
    {'<', "+$OK#9a"             },
    {'>', "$g#00"               }, /* nobody would repeat it now */
    {'<', "$E01#a6"             },
    {'>', "-"                   },
    {'<', ""                    },
    {0,   NULL                  },
};

static const struct line detach_and_come_back[] = {
    {'>', "$QStartNoAckMode#b0$D;1#b0"},
    {'<', "+$OK#9a$OK#9a"             },
    {'!', "detach;"                   },
    {0,   NULL                        },
};

/* Leaving while a resume is under way; its stop then is nobody's. */
static const struct line detach_running[] = {
    {'>', "$QStartNoAckMode#b0$c#63$m1000,4#8e$D#44"},
    {'<', "+$OK#9a$OK#9a"                           },
    {'!', "resume f c 0 0;detach;"                  },
    {'s', ""                                        },
    {'<', ""                                        },
    {0,   NULL                                      },
};

static const struct script {
    const char *name;
    const struct line *lines;
    bool running;
    const char *end; /* what the target is told when the connection breaks then */
} scripts[] = {
    {"attach to a running machine", attach_running,       true,  "vanish;"},
    {"run and interrupt",           run_and_interrupt,    false, "vanish;"},
    {"acknowledgements",            acknowledged,         false, "vanish;"},
    {"detach",                      detach_and_come_back, false, ""       },
    {"detach while it runs",        detach_running,       false, ""       },
};

static void test_script(void **state)
{
    const struct script *script = *state;
    struct rig rig;
    rig_open(&rig, script->running);
    play(&rig, script->lines);
    session_free(rig.session);
    assert_string_equal(fake_calls(&rig.fake), script->end);
}

/* The machine stops, and says so, before resume() has returned. */
static void test_stop_from_within(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    rig.fake.stop_at_once = rig.session;
    feed(&rig, "$vCont;s#b8$vCont;s#b8$g#67");
    assert_string_equal(fake_replies(rig.session),
                        "T02thread:01;02:12020380;|T02thread:01;02:12020380;|100203801102038012020380|");
    assert_string_equal(fake_calls(&rig.fake), "resume f s 0 0;resume f s 0 0;");
    session_free(rig.session);
}

/* Held resumes follow each other, one stop each. */
static void test_held_resumes(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    feed(&rig, "$vCont;s#b8$vCont;s#b8$vCont;c#a8$qC#b4");
    assert_string_equal(fake_calls(&rig.fake), "resume f s 0 0;");
    stopped(&rig, TARGET_STOP_STEP, 0);
    assert_string_equal(fake_calls(&rig.fake), "resume f s 0 0;");
    stopped(&rig, TARGET_STOP_STEP, 0);
    assert_string_equal(fake_calls(&rig.fake), "resume f c 0 0;");
    assert_string_equal(fake_replies(rig.session), "T05thread:01;02:12020380;|T05thread:01;02:12020380;|");
    stopped(&rig, TARGET_STOP_SIGNAL, 2);
    assert_string_equal(fake_replies(rig.session), "T02thread:01;02:12020380;|QC01|");
    session_free(rig.session);
}

/* Somebody else (the monitor's `cont`) let the machine run: a packet that needs it standing stops it. */
static void test_run_by_others(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    rig.fake.running = true;
    feed(&rig, "$qC#b4$m1000,1#8b");
    assert_string_equal(fake_replies(rig.session), "QC01|");
    assert_string_equal(fake_calls(&rig.fake), "stop;");
    stopped(&rig, TARGET_STOP_SIGNAL, 2);
    assert_string_equal(fake_replies(rig.session), "00|");
    session_free(rig.session);
}

/* What comes while a long command runs is answered after it. */
static void test_held_commands(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    feed(&rig, "$qRcmd,6c61746572#62$qRcmd,68656c6c6f#ca$qC#b4");
    assert_string_equal(fake_replies(rig.session), "");
    assert_string_equal(fake_calls(&rig.fake), "monitor later;");
    rig.fake.running = false;
    session_command_done(rig.session, true);
    assert_string_equal(fake_replies(rig.session), "OK|68656c6c6f0a|QC01|");
    assert_string_equal(fake_calls(&rig.fake), "monitor hello;");
    session_free(rig.session);
}

static void test_console(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    session_console(rig.session, "x", 1);
    assert_string_equal(fake_replies(rig.session), ""); /* gdb would not expect it now */
    feed(&rig, "$c#63");
    fake_wire(rig.session);
    session_console(rig.session, "hi\n", 3);
    assert_string_equal(fake_replies(rig.session), "O68690a|");
    session_console(rig.session, "a", 1);
    session_console(rig.session, "b", 1); /* the wire is busy: in one packet, before the stop at the latest */
    session_console(rig.session, "c", 1);
    stopped(&rig, TARGET_STOP_SIGNAL, 2);
    session_console(rig.session, "x", 1);
    assert_string_equal(fake_replies(rig.session), "O61|O6263|T02thread:01;02:12020380;|");
    session_free(rig.session);
}

/* A client that sends without end while the machine runs gets errors, and we no larger. */
static void test_held_is_bounded(void **state)
{
    struct rig rig;
    rig_open(&rig, false);
    feed(&rig, "$QStartNoAckMode#b0$c#63");
    fake_wire(rig.session);
    for (unsigned i = 0; i < 100000; i++)
        feed(&rig, "$m1000,1#8b");
    assert_true(rig.session->held_bytes < 0x100000);
    outbuf_clear(&rig.session->wire);
    feed(&rig, "$m1000,1#8b");
    assert_string_equal(fake_wire(rig.session), "$E01#a6");
    session_free(rig.session);
}

static void test_largest_transfer(void **state)
{
    static char packet[FRAME_PACKET_SIZE + 64];
    struct rig rig;
    rig_open(&rig, false);
    feed(&rig, "$QStartNoAckMode#b0$m1000,100000#7b");
    assert_int_equal(strlen(fake_replies(rig.session)), strlen("OK|") + 2 * FAKE_SIZE + 1);
    strcpy(packet, "$X1000,1fe00:");
    uint8_t sum = 0;
    for (char *at = packet + 1; *at; at++)
        sum = (uint8_t)(sum + (uint8_t)*at);
    size_t head = strlen(packet);
    memset(packet + head, 0, 0x1fe00);
    session_feed(rig.session, (const uint8_t *)packet, head + 0x1fe00);
    char tail[] = {'#', "0123456789abcdef"[sum >> 4], "0123456789abcdef"[sum & 15], 0};
    feed(&rig, tail);
    assert_string_equal(fake_replies(rig.session), "E01|"); /* longer than the memory, but all of what fits is written */
    assert_int_equal(rig.fake.memory[FAKE_SIZE - 17], 0);
    session_free(rig.session);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(scripts) + 8];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
        tests[n++] = (struct CMUnitTest){scripts[i].name, test_script, NULL, NULL, (void *)(uintptr_t)&scripts[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_gdb_attach);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_stop_from_within);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_held_resumes);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_run_by_others);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_held_commands);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_console);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_held_is_bounded);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_largest_transfer);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
