/* 200,000 pseudo-random bytes, well-formed packets of random content among them: the stub lives and still answers. */
#include <string.h>

#include "fake.h"
#include "gdbstub/packets.h"

enum { BYTES = 200000 };

struct fuzzer {
    uint64_t random;
    struct fake fake;
    struct session *session;
    unsigned packets, replies;
};

/* xorshift64*, the same in each run. */
static unsigned below(struct fuzzer *fuzzer, unsigned limit)
{
    fuzzer->random ^= fuzzer->random >> 12;
    fuzzer->random ^= fuzzer->random << 25;
    fuzzer->random ^= fuzzer->random >> 27;
    return (unsigned)((fuzzer->random * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % limit;
}

static unsigned count(struct session *session, uint8_t byte)
{
    unsigned n = 0;
    for (size_t i = 0; i < outbuf_length(&session->wire); i++)
        n += outbuf_data(&session->wire)[i] == byte;
    return n;
}

/* Packets of the protocol's own letters, so that arguments are often nearly right. */
static size_t random_body(struct fuzzer *fuzzer, uint8_t *body)
{
    static const char likely[] = "0123456789abcdef,,::;;.p-=cCsSr*ffff1000x";
    const char *name = packets[below(fuzzer, (unsigned)packets_count)].name;
    size_t length = strlen(name);
    memcpy(body, name, length);
    for (unsigned n = below(fuzzer, 24); n; n--) {
        uint8_t byte = below(fuzzer, 16) ? (uint8_t)likely[below(fuzzer, sizeof(likely) - 1)] : (uint8_t)below(fuzzer, 256);
        if (!strchr("#$}", byte)) /* NUL is left out too */
            body[length++] = byte;
    }
    return length;
}

static size_t send_packet(struct fuzzer *fuzzer)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t packet[128] = {'$'}, sum = 0;
    size_t length = random_body(fuzzer, packet + 1);
    for (size_t i = 1; i <= length; i++)
        sum = (uint8_t)(sum + packet[i]);
    packet[length + 1] = '#';
    packet[length + 2] = (uint8_t)digits[sum >> 4];
    packet[length + 3] = (uint8_t)digits[sum & 15];
    session_feed(fuzzer->session, packet, length + 4);
    return length + 4;
}

static size_t send_noise(struct fuzzer *fuzzer)
{
    uint8_t noise[64];
    size_t length = below(fuzzer, sizeof(noise)) + 1;
    for (size_t i = 0; i < length; i++)
        noise[i] = (uint8_t)below(fuzzer, 256);
    session_feed(fuzzer->session, noise, length);
    return length;
}

static void let_stop(struct fuzzer *fuzzer)
{
    if (!fuzzer->fake.running)
        return;
    fuzzer->fake.running = false;
    fuzzer->fake.last.kind = (enum target_stop_kind)below(fuzzer, TARGET_STOP_EXITED + 1);
    session_stopped(fuzzer->session, &fuzzer->fake.last);
}

static void open_session(struct fuzzer *fuzzer)
{
    fake_init(&fuzzer->fake);
    fuzzer->session = session_new(&fake_ops, &fuzzer->fake);
}

/* After whatever came, a proper question has its proper answer. */
static void still_answers(struct fuzzer *fuzzer)
{
    static const uint8_t end[] = "#00#00"; /* of a packet that noise has begun, and perhaps its checksum */
    session_feed(fuzzer->session, end, sizeof(end) - 1);
    while (fuzzer->fake.running)
        let_stop(fuzzer);
    outbuf_clear(&fuzzer->session->wire);
    fake_send(fuzzer->session, "m1000,0");
    assert_true(outbuf_length(&fuzzer->session->wire) >= 4);
    assert_int_equal(count(fuzzer->session, '$'), 1);
    assert_null(fuzzer->session->held);
}

static void test_random_bytes(void **state)
{
    struct fuzzer fuzzer = {.random = 0x5eed};
    open_session(&fuzzer);
    for (size_t sent = 0; sent < BYTES;) {
        sent += below(&fuzzer, 3) ? send_packet(&fuzzer) : send_noise(&fuzzer);
        fuzzer.fake.length = 0;
        if (below(&fuzzer, 2))
            let_stop(&fuzzer);
        outbuf_clear(&fuzzer.session->wire);
        if (below(&fuzzer, 64))
            continue;
        still_answers(&fuzzer);
        session_free(fuzzer.session);
        open_session(&fuzzer);
    }
    session_free(fuzzer.session);
}

/* One reply to each packet, whatever is in it: none for k and for resumes, whose stop follows. */
static void test_one_reply_each(void **state)
{
    struct fuzzer fuzzer = {.random = 0xfeed};
    open_session(&fuzzer);
    for (unsigned i = 0; i < 5000; i++) {
        outbuf_clear(&fuzzer.session->wire);
        fuzzer.fake.length = 0;
        fuzzer.fake.running = false;
        send_packet(&fuzzer);
        bool resumed = fuzzer.session->waiting, killed = strstr(fake_calls(&fuzzer.fake), "kill") != NULL;
        assert_int_equal(count(fuzzer.session, '$'), resumed || killed ? count(fuzzer.session, '$') & killed : 1);
        if (resumed)
            let_stop(&fuzzer);
        assert_true(killed || count(fuzzer.session, '$') == 1);
    }
    session_free(fuzzer.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_one_reply_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
