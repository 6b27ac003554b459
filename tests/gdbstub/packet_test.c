/* Every packet of the table against a machine that notes down what is asked of it: one line of expectation each. */
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "gdbstub/packets.h"

struct row {
    const char *setup; /* packets sent before, separated by '|'; their replies are dropped */
    const char *in, *replies, *calls;
};

#define MULTI    "qSupported:multiprocess+"
#define BREAKS   "qSupported:swbreak+;hwbreak+"
#define TEXTS    "qSupported:error-message+"
#define RUN(how) "resume " how ";"

static const struct row rows[] = {
  /* run */
    {"",                            "?",                                     "T02thread:01;02:12020380;|",                                                                    ""                                  },
    {MULTI,                         "?",                                     "T02thread:p1.1;02:12020380;|",                                                                  ""                                  },
    {"",                            "c",                                     "",                                                                                              RUN("f c 0 0")                      },
    {"",                            "s",                                     "",                                                                                              RUN("f s 0 0")                      },
    {"",                            "c80001234",                             "",                                                                                              "register 2;" RUN("f c 0 0")        },
    {"",                            "sffffffff80001234",                     "",                                                                                              "register 2;" RUN("f s 0 0")        },
    {"",                            "C05",                                   "",                                                                                              RUN("f c 0 0")                      },
    {"",                            "S05;80001234",                          "",                                                                                              "register 2;" RUN("f s 0 0")        },
    {"",                            "cxyz",                                  "E01|",                                                                                          ""                                  },
    {"",                            "vCont?",                                "vCont;c;C;s;S;r|",                                                                              ""                                  },
    {"",                            "vCont;c",                               "",                                                                                              RUN("f c 0 0")                      },
    {"",                            "vCont;s:1",                             "",                                                                                              RUN("f s 0 0")                      },
    {MULTI,                         "vCont;s:p1.1;c:p1.-1",                  "",                                                                                              RUN("f s 0 0")                      },
    {MULTI,                         "vCont;s:p2.1;c",                        "",                                                                                              RUN("f c 0 0")                      },
    {"",                            "vCont;C0e",                             "",                                                                                              RUN("f c 0 0")                      },
    {"",                            "vCont;S05:-1",                          "",                                                                                              RUN("f s 0 0")                      },
    {"",                            "vCont;r80001000,ffffffff80001010:p1.1", "",                                                                                              RUN("f r 80001000 ffffffff80001010")},
    {"",                            "vCont;s:2",                             "E01|",                                                                                          ""                                  },
    {"",                            "vCont;t",                               "E01|",                                                                                          ""                                  },
    {"",                            "vCont;s;nonsense",                      "E01|",                                                                                          ""                                  },
    {"",                            "vCont;r1",                              "E01|",                                                                                          ""                                  },
    {"",                            "vCont;",                                "E01|",                                                                                          ""                                  },
    {"",                            "bs",                                    "",                                                                                              RUN("b s 0 0")                      },
    {"",                            "bc",                                    "",                                                                                              RUN("b c 0 0")                      },
    {"",                            "D",                                     "OK|",                                                                                           "detach;"                           },
    {"",                            "D;1",                                   "OK|",                                                                                           "detach;"                           },
    {"",                            "k",                                     "",                                                                                              "kill;"                             },
    {"",                            "vKill;1",                               "OK|",                                                                                           "kill;"                             },
 /* registers */
    {"",                            "g",                                     "100203801102038012020380|",                                                                     ""                                  },
    {"",                            "G0a0b0c0dxxxxxxxx00000000",             "OK|",                                                                                           "register 0;register 2;"            },
    {"G0a0b0c0d",                   "g",                                     "0a0b0c0d1102038012020380|",                                                                     ""                                  },
    {"",                            "G0a0b0c0",                              "E01|",                                                                                          ""                                  },
    {"",                            "G0a0b0c0g",                             "E01|",                                                                                          ""                                  },
    {"",                            "G00000000000000000000000000000000",     "E01|",                                                                                          "register 0;register 1;register 2;" },
    {"",                            "p1",                                    "11020380|",                                                                                     ""                                  },
    {"",                            "p3",                                    "E01|",                                                                                          ""                                  },
    {"",                            "p4",                                    "E01|",                                                                                          ""                                  },
    {"",                            "pffffffffffffffff",                     "E01|",                                                                                          ""                                  },
    {"",                            "P1=0a0b0c0d",                           "OK|",                                                                                           "register 1;"                       },
    {"P1=0a0b0c0d",                 "p1",                                    "0a0b0c0d|",                                                                                     ""                                  },
    {"",                            "P1=0a0b0c",                             "E01|",                                                                                          ""                                  },
    {"",                            "P3=0a0b0c0d",                           "E01|",                                                                                          ""                                  },
    {"",                            "P9=0a0b0c0d",                           "E01|",                                                                                          ""                                  },
    {"",                            "P1",                                    "E01|",                                                                                          ""                                  },
 /* memory */
    {"",                            "m1010,4",                               "10111213|",                                                                                     ""                                  },
    {"",                            "m2ffe,10",                              "feff|",                                                                                         ""                                  },
    {"",                            "m0,4",                                  "E01|",                                                                                          ""                                  },
    {"",                            "m1010",                                 "E01|",                                                                                          ""                                  },
    {"",                            "m1010,4,4",                             "E01|",                                                                                          ""                                  },
    {"",                            "m00000000000000001010,4",               "10111213|",                                                                                     ""                                  },
    {"",                            "m10000000000001010,4",                  "E01|",                                                                                          ""                                  },
    {"",                            "M1010,2:abcd",                          "OK|",                                                                                           ""                                  },
    {"M1010,2:abcd",                "m1010,3",                               "abcd12|",                                                                                       ""                                  },
    {"",                            "M1010,2:abc",                           "E01|",                                                                                          ""                                  },
    {"",                            "M1010,2:abxy",                          "E01|",                                                                                          ""                                  },
    {"",                            "M1010,3:abcd",                          "E01|",                                                                                          ""                                  },
    {"",                            "M2ff0,2:abcd",                          "E01|",                                                                                          ""                                  },
    {"",                            "M2fef,2:abcd",                          "E01|",                                                                                          ""                                  },
    {"",                            "X0,0:",                                 "OK|",                                                                                           ""                                  },
    {"X1010,3:a}\x03z",             "m1010,4",                               "61237a13|",                                                                                     ""                                  },
    {"",                            "X1010,4:abc",                           "E01|",                                                                                          ""                                  },
    {"",                            "x1041,3",                               "bABC|",                                                                                         ""                                  },
    {"",                            "x1023,2",                               "b#$|",                                                                                          ""                                  },
    {"",                            "x0,0",                                  "OK|",                                                                                           ""                                  },
    {"x0,0",                        "x1041,3",                               "ABC|",                                                                                          ""                                  },
    {"",                            "x0,3",                                  "E01|",                                                                                          ""                                  },
    {"M1000,9:313233343536373839",  "qCRC:1000,9",                           "C376e6e7|",                                                                                     ""                                  },
    {"",                            "qCRC:0,4",                              "E01|",                                                                                          ""                                  },
    {"",                            "qCRC:1000,ffffffffffff",                "E01|",                                                                                          ""                                  },
    {"",                            "qSearch:memory:1000;100;ABC",           "1,1041|",                                                                                       ""                                  },
    {"",                            "qSearch:memory:1042;102;ABC",           "1,1141|",                                                                                       ""                                  },
    {"",                            "qSearch:memory:1000;42;AB",             "0|",                                                                                            ""                                  },
    {"",                            "qSearch:memory:1000;43;AB",             "1,1041|",                                                                                       ""                                  },
    {"",                            "qSearch:memory:0;43;AB",                "E01|",                                                                                          ""                                  },
    {"",                            "qSearch:memory:1000;43;",               "E01|",                                                                                          ""                                  },
 /* points */
    {"",                            "Z0,80001000,4",                         "OK|",                                                                                           "insert 0 80001000 4;"              },
    {"",                            "Z1,ffffffff80001000,2",                 "OK|",                                                                                           "insert 1 ffffffff80001000 2;"      },
    {"",                            "Z2,1000,8",                             "OK|",                                                                                           "insert 2 1000 8;"                  },
    {"",                            "Z3,1000,1",                             "OK|",                                                                                           "insert 3 1000 1;"                  },
    {"",                            "Z4,1000,100000",                        "OK|",                                                                                           "insert 4 1000 100000;"             },
    {"",                            "z4,1000,100000",                        "OK|",                                                                                           "remove 4 1000 100000;"             },
    {"",                            "z0,80001000,4",                         "OK|",                                                                                           "remove 0 80001000 4;"              },
    {"",                            "Z5,1000,4",                             "|",                                                                                             ""                                  },
    {"",                            "Z0,bad,4",                              "E01|",                                                                                          ""                                  },
    {TEXTS,                         "Z0,bad,4",                              "E.no room for it|",                                                                             ""                                  },
    {TEXTS,                         "z2,dead,4",                             "E.the point cannot be set there|",                                                              "remove 2 dead 4;"                  },
    {"",                            "Z0,1000,4;X1,27",                       "OK|",                                                                                           "insert 0 1000 4;if 27;"            },
    {"",                            "Z1,1000,4;X2,2227X1,27",                "OK|",                                                                                           "insert 1 1000 4;if 2227;if 27;"    },
    {"",                            "Z0,1000,4;X1,27;X1,28",                 "OK|",                                                                                           "insert 0 1000 4;if 27;if 28;"      },
    {"",                            "Z0,1000,4;cmds:0,X1,27X1,28",           "OK|",                                                                                           "insert 0 1000 4;do 27;do 28;"      },
    {"",                            "Z0,1000,4;cmds:1,X1,27",                "OK|",                                                                                           "insert 0 1000 4;always 27;"        },
    {"",                            "Z2,1000,4;X1,27;cmds:0,X1,28",          "OK|",                                                                                           "insert 2 1000 4;if 27;do 28;"      },
    {"",                            "Z0,1000,4;X0,",                         "OK|",                                                                                           "insert 0 1000 4;if ;"              },
    {"",                            "Z0,1000,4;X2,27",                       "E01|",                                                                                          ""                                  },
    {"",                            "Z0,1000,4;X1,2x",                       "E01|",                                                                                          ""                                  },
    {"",                            "Z0,1000,4;Xffffffffffffffff,27",        "E01|",                                                                                          ""                                  },
    {"",                            "Z0,1000,4;cmds:0,X1,27;cmds:0,X1,27",   "E01|",                                                                                          ""                                  },
    {"",                            "Z0,1000,4;cmds:,X1,27",                 "E01|",                                                                                          ""                                  },
    {"",                            "Z0,1000,4;nonsense",                    "E01|",                                                                                          ""                                  },
    {TEXTS,                         "Z0,1000,4;X2,27",                       "E.a condition or command is shorter than its length says|",                                     ""                                  },
    {"",                            "Z0,1000",                               "E01|",                                                                                          ""                                  },
 /* threads */
    {"",                            "Hg0",                                   "OK|",                                                                                           ""                                  },
    {"",                            "Hc-1",                                  "OK|",                                                                                           ""                                  },
    {"",                            "Hgp0.0",                                "OK|",                                                                                           ""                                  },
    {"",                            "Hgp1.1",                                "OK|",                                                                                           ""                                  },
    {"",                            "Hgp1.-1",                               "OK|",                                                                                           ""                                  },
    {"",                            "Hg2",                                   "E01|",                                                                                          ""                                  },
    {"",                            "Hg",                                    "E01|",                                                                                          ""                                  },
    {"",                            "Hx1",                                   "|",                                                                                             ""                                  },
    {"",                            "T1",                                    "OK|",                                                                                           ""                                  },
    {"",                            "Tp1.1",                                 "OK|",                                                                                           ""                                  },
    {"",                            "T7",                                    "E01|",                                                                                          ""                                  },
    {"",                            "Tp2.1",                                 "E01|",                                                                                          ""                                  },
    {"",                            "qC",                                    "QC01|",                                                                                         ""                                  },
    {MULTI,                         "qC",                                    "QCp1.1|",                                                                                       ""                                  },
    {"",                            "qfThreadInfo",                          "m01|",                                                                                          ""                                  },
    {MULTI,                         "qfThreadInfo",                          "mp1.1|",                                                                                        ""                                  },
    {"",                            "qsThreadInfo",                          "l|",                                                                                            ""                                  },
    {"",                            "qThreadExtraInfo,1",                    "4350552030|",                                                                                   ""                                  },
    {"",                            "qAttached",                             "1|",                                                                                            ""                                  },
    {"",                            "qAttached:1",                           "1|",                                                                                            ""                                  },
 /* queries */
    {"",                            "qSupported:xmlRegisters=i386",
     "PacketSize=20000;multiprocess+;swbreak+;hwbreak+;vContSupported+;ReverseStep+;"
     "ReverseContinue+;binary-upload+;ConditionalBreakpoints+;BreakpointCommands+;QStartNoAckMode+;qXfer:features:read+;qXfer:"
     "memory-map:read+;qXfer:threads:read+|",                                                                                                                                 ""                                  },
    {"",                            "vMustReplyEmpty",                       "|",                                                                                             ""                                  },
    {"",                            "qMemoryRegionInfo:0",                   "|",                                                                                             ""                                  },
    {"",                            "",                                      "|",                                                                                             ""                                  },
    {"",                            "qXfer:features:read:target.xml:0,100",  "l<target/>|",                                                                                   ""                                  },
    {"",                            "qXfer:features:read:target.xml:2,3",    "marg|",                                                                                         ""                                  },
    {"",                            "qXfer:features:read:target.xml:9,3",    "l|",                                                                                            ""                                  },
    {"",                            "qXfer:features:read:target.xml:a,3",    "E01|",                                                                                          ""                                  },
    {"",                            "qXfer:features:read:other.xml:0,100",   "E00|",                                                                                          ""                                  },
    {"",                            "qXfer:features:read:target.xml",        "E01|",                                                                                          ""                                  },
    {"",                            "qXfer:memory-map:read::0,ffff",         "l<map/>|",                                                                                      ""                                  },
    {"",                            "qXfer:memory-map:read:x:0,ffff",        "E00|",                                                                                          ""                                  },
    {MULTI,                         "qXfer:threads:read::0,1000",
     "l<?xml version=\"1.0\"?>\n<threads>\n"
     "<thread id=\"p1.1\" core=\"0\" name=\"CPU 0\"/>\n</threads>\n|",                                                                                                        ""                                  },
    {"",                            "qXfer:auxv:read::0,1000",               "|",                                                                                             ""                                  },
 /* monitor */
    {"",                            "qRcmd,68656c6c6f",                      "68656c6c6f0a|",                                                                                 "monitor hello;"                    },
    {"",                            "qRcmd,7175696574",                      "OK|",                                                                                           "monitor quiet;"                    },
    {"",                            "qRcmd,6f",                              "756e6b6e6f776e0a|",                                                                             "monitor o;"                        },
    {TEXTS,                         "qRcmd,6f",                              "E.unknown|",                                                                                    "monitor o;"                        },
    {"",                            "qRcmd,6",                               "E01|",                                                                                          ""                                  },
    {"",                            "qRcmd,zz",                              "E01|",                                                                                          ""                                  },
    {"",                            "qqemu.Supported",                       "sstepbits;sstep|",                                                                              ""                                  },
    {"",                            "qqemu.sstepbits",                       "ENABLE=1,NOIRQ=2,NOTIMER=4|",                                                                   ""                                  },
    {"",                            "qqemu.sstep",                           "0x7|",                                                                                          ""                                  },
    {"Qqemu.sstep=1",               "qqemu.sstep",                           "0x1|",                                                                                          ""                                  },
    {"Qqemu.sstep=1|Qqemu.sstep=7", "qqemu.sstep",                           "0x7|",                                                                                          ""                                  },
    {"",                            "Qqemu.sstep=8",                         "E01|",                                                                                          ""                                  },
 /* lldb */
    {"",                            "qHostInfo",                             "triple:6162;endian:little;ptrsize:4;watchpoint_exceptions_received:before;vm-page-size:4096;|", ""                                  },
    {"",                            "qWatchpointSupportInfo:",               "num:65535;|",                                                                                   ""                                  },
    {"",                            "qProcessInfo",                          "pid:1;ostype:unknown;triple:6162;endian:little;ptrsize:4;|",                                    ""                                  },
    {"",                            "qGDBServerVersion",                     "name:stakeout;version:" STAKEOUT_VERSION ";|",                                                  ""                                  },
    {"",                            "QThreadSuffixSupported",                "OK|",                                                                                           ""                                  },
    {"",                            "p1;thread:1;",                          "E01|",                                                                                          ""                                  },
    {"QThreadSuffixSupported",      "p1;thread:0001;",                       "11020380|",                                                                                     ""                                  },
    {"QThreadSuffixSupported",      "g;thread:0001;",                        "100203801102038012020380|",                                                                     ""                                  },
    {"QThreadSuffixSupported",      "qXfer:memory-map:read::0,ffff",         "|",                                                                                             ""                                  },
    {"QThreadSuffixSupported",      "P1=0a0b0c0d;thread:1;",                 "OK|",                                                                                           "register 1;"                       },
    {"QEnableErrorStrings",         "m0,4",                                  "E01;63616e6e6f742072656164206d656d6f727920617420307830|",                                       ""                                  },
    {TEXTS,                         "m0,4",                                  "E.cannot read memory at 0x0|",                                                                  ""                                  },
    {TEXTS,                         "M2fee,4:01020304",                      "E.cannot write memory at 0x2ff0|",                                                              ""                                  },
    {"",                            "qThreadStopInfo1",                      "T02thread:01;02:12020380;|",                                                                    ""                                  },
    {"",                            "qThreadStopInfo2",                      "E01|",                                                                                          ""                                  },
    {"QListThreadsInStopReply",     "?",                                     "T02thread:01;02:12020380;threads:1;thread-pcs:80030212;reason:signal;|",                        ""                                  },
};

static void send_all(struct session *session, const char *setup)
{
    char one[256];
    for (size_t n; *setup; setup += n + (setup[n] == '|')) {
        n = strcspn(setup, "|");
        snprintf(one, sizeof(one), "%.*s", (int)n, setup);
        fake_send(session, one);
    }
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct fake fake;
    fake_init(&fake);
    struct session *session = session_new(&fake_ops, &fake);
    send_all(session, row->setup);
    fake_wire(session);
    fake_calls(&fake);
    fake_send(session, row->in);
    assert_string_equal(fake_replies(session), row->replies);
    assert_string_equal(fake_calls(&fake), row->calls);
    session_free(session);
}

static void test_pc_is_written_in_target_order(void **state)
{
    struct fake fake;
    for (unsigned big = 0; big < 2; big++) {
        struct target_ops ops = fake_ops;
        ops.big_endian = big;
        fake_init(&fake);
        struct session *session = session_new(&ops, &fake);
        fake_send(session, "cffffffff80001234");
        assert_memory_equal(fake.registers[FAKE_PC], big ? "\x80\x00\x12\x34" : "\x34\x12\x00\x80", 4);
        session_free(session);
    }
}

static const struct stop_row {
    const char *setup;
    struct target_stop stop;
    const char *reply;
} stop_rows[] = {
    {"",                        {TARGET_STOP_SIGNAL, 0, 11, 0},                                 "T0bthread:01;02:12020380;|"                       },
    {"",                        {TARGET_STOP_STEP, 0, 0, 0},                                    "T05thread:01;02:12020380;|"                       },
    {"",                        {TARGET_STOP_SWBREAK, 0, 0, 0},                                 "T05thread:01;02:12020380;|"                       },
    {BREAKS,                    {TARGET_STOP_SWBREAK, 0, 0, 0},                                 "T05swbreak:;thread:01;02:12020380;|"              },
    {"",                        {TARGET_STOP_HWBREAK, 1, 0, 0},                                 "T05thread:01;02:12020380;|"                       },
    {BREAKS,                    {TARGET_STOP_HWBREAK, 1, 0, 0},                                 "T05hwbreak:;thread:01;02:12020380;|"              },
    {"",                        {TARGET_STOP_WATCH, TARGET_WRITE_WATCH, 0, 0xffffffff80001002}, "T05watch:ffffffff80001002;thread:01;02:12020380;|"},
    {"",                        {TARGET_STOP_WATCH, TARGET_READ_WATCH, 0, 0x1002},              "T05rwatch:1002;thread:01;02:12020380;|"           },
    {"",                        {TARGET_STOP_WATCH, TARGET_ACCESS_WATCH, 0, 0x1002},            "T05awatch:1002;thread:01;02:12020380;|"           },
    {"",                        {TARGET_STOP_MONITOR_WATCH, 0, 5, 0x1002},                      "T02thread:01;02:12020380;|"                       },
    {MULTI,                     {TARGET_STOP_HISTORY_BEGIN, 0, 0, 0},                           "T05replaylog:begin;thread:p1.1;02:12020380;|"     },
    {"",                        {TARGET_STOP_HISTORY_END, 0, 0, 0},                             "T05replaylog:end;thread:01;02:12020380;|"         },
    {"",                        {TARGET_STOP_EXITED, 0, 3, 0},                                  "W03|"                                             },
    {MULTI,                     {TARGET_STOP_EXITED, 0, 255, 0},                                "Wff;process:1|"                                   },
    {"QListThreadsInStopReply",
     {TARGET_STOP_WATCH, TARGET_WRITE_WATCH, 0, 0x1002},
     "T05watch:1002;thread:01;02:12020380;threads:1;thread-pcs:80030212;|"                                                                         },
    {"QThreadSuffixSupported",
     {TARGET_STOP_WATCH, TARGET_WRITE_WATCH, 0, 0xffffffff80001002},
     "T05watch:80001002;thread:01;02:12020380;|"                                                                                                   },
    {"QListThreadsInStopReply",
     {TARGET_STOP_STEP, 0, 0, 0},
     "T05thread:01;02:12020380;threads:1;thread-pcs:80030212;reason:trace;|"                                                                       },
};

static void test_stop(void **state)
{
    const struct stop_row *row = *state;
    struct fake fake;
    fake_init(&fake);
    struct session *session = session_new(&fake_ops, &fake);
    send_all(session, row->setup);
    fake_wire(session);
    fake_send(session, "vCont;c");
    assert_string_equal(fake_replies(session), "");
    fake.running = false;
    session_stopped(session, &row->stop);
    assert_string_equal(fake_replies(session), row->reply);
    session_stopped(session, &row->stop); /* nobody waits any more */
    assert_string_equal(fake_replies(session), "");
    session_free(session);
}

static void test_monitor_long(void **state)
{
    struct fake fake;
    unsigned letters = 0, packets_seen = 0;
    fake_init(&fake);
    struct session *session = session_new(&fake_ops, &fake);
    fake_send(session, "qRcmd,6c6f6e67");
    const char *at = fake_replies(session);
    for (; *at == 'O' && at[1] != 'K'; at += strcspn(at, "|") + 1) {
        letters += (unsigned)(strcspn(at, "|") - 1) / 2;
        packets_seen++;
    }
    assert_int_equal(letters, 3000);
    assert_true(packets_seen > 1);
    assert_string_equal(at, "OK|");
    session_free(session);
}

/* Without the optional functions their packets are unknown, and nothing is announced. */
static void test_bare_target(void **state)
{
    static const char *const unknown[] = {"bs",
                                          "bc",
                                          "qRcmd,68",
                                          "qHostInfo",
                                          "qProcessInfo",
                                          "qqemu.sstep",
                                          "Qqemu.sstep=1",
                                          "qXfer:features:read:target.xml:0,10",
                                          "qXfer:memory-map:read::0,10"};
    struct fake fake;
    fake_init(&fake);
    struct session *session = session_new(&fake_ops_bare, &fake);
    fake_send(session, "qSupported");
    assert_string_equal(fake_replies(session), "PacketSize=20000;multiprocess+;swbreak+;hwbreak+;vContSupported+;binary-upload+;"
                                               "ConditionalBreakpoints+;BreakpointCommands+;"
                                               "QStartNoAckMode+;qXfer:threads:read+|");
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
        fake_send(session, unknown[i]);
        assert_string_equal(fake_replies(session), "|");
    }
    assert_string_equal(fake_calls(&fake), "");
    session_free(session);
}

static void test_no_history_no_reverse(void **state)
{
    struct fake fake;
    fake_init(&fake);
    fake.reversible = false;
    struct session *session = session_new(&fake_ops, &fake);
    fake_send(session, "qSupported");
    assert_null(strstr(fake_replies(session), "Reverse"));
    fake_send(session, "bs");
    assert_string_equal(fake_replies(session), "|");
    assert_string_equal(fake_calls(&fake), "");
    session_free(session);
}

/* A row must not stand behind one that would match its packets first. */
static void test_order_of_rows(void **state)
{
    for (size_t later = 0; later < packets_count; later++)
        for (size_t early = 0; early < later; early++) {
            if (!packets[early].arguments[0])
                continue;
            if (strncmp(packets[early].name, packets[later].name, strlen(packets[early].name)) == 0)
                fail_msg("%s hides %s", packets[early].name, packets[later].name);
        }
}

/* Every row of the table is reached by a row of this test. */
static void test_all_packets_tested(void **state)
{
    for (size_t i = 0; i < packets_count; i++) {
        bool seen = strcmp(packets[i].name, "QListThreadsInStopReply") == 0 ||
                    strcmp(packets[i].name, "QEnableErrorStrings") == 0 || strcmp(packets[i].name, "QStartNoAckMode") == 0;
        for (size_t k = 0; k < ARRAY_SIZE(rows) && !seen; k++)
            seen = strncmp(rows[k].in, packets[i].name, strlen(packets[i].name)) == 0;
        if (!seen)
            fail_msg("%s has no test", packets[i].name);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows) + ARRAY_SIZE(stop_rows) + 6];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        tests[n++] = (struct CMUnitTest){rows[i].in, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    for (size_t i = 0; i < ARRAY_SIZE(stop_rows); i++)
        tests[n++] = (struct CMUnitTest){stop_rows[i].reply, test_stop, NULL, NULL, (void *)(uintptr_t)&stop_rows[i]};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_pc_is_written_in_target_order);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_monitor_long);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_bare_target);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_no_history_no_reverse);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_order_of_rows);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_all_packets_tested);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
