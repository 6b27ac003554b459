/* The stub on real sockets, client and server in one process and one loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <unistd.h>

#include <event2/event.h>

#include "fake.h"
#include "gdbstub/gdbstub.h"

struct rig {
    struct event_base *base;
    struct gdbstub *stub;
    struct fake fake;
    char directory[64], path[96], address[128]; /* for Unix sockets */
};

static void rig_open(struct rig *rig, const char *address)
{
    fake_init(&rig->fake);
    rig->base = event_base_new();
    rig->stub = gdbstub_new(rig->base, address, &fake_ops, &rig->fake);
    assert_non_null(rig->stub);
}

static void rig_close(struct rig *rig)
{
    gdbstub_free(rig->stub);
    event_base_free(rig->base);
}

static void use_directory(struct rig *rig)
{
    strcpy(rig->directory, "/tmp/gdbstub-test-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    snprintf(rig->path, sizeof(rig->path), "%s/socket", rig->directory);
    snprintf(rig->address, sizeof(rig->address), "unix:%s", rig->path);
}

/* The kernel delivers on loopback at once, so that one pass over what is ready is enough for each step. */
static void turn(struct rig *rig)
{
    for (int i = 0; i < 4; i++)
        event_base_loop(rig->base, EVLOOP_NONBLOCK);
}

static int connect_tcp(struct rig *rig)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)gdbstub_port(rig->stub))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    turn(rig);
    return fd;
}

static int connect_unix(struct rig *rig)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", rig->path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    turn(rig);
    return fd;
}

static void ask(struct rig *rig, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    turn(rig);
}

/* Blocks until that much is there: a wrong answer fails at once, a missing one by the test's time limit. */
static void expect(int fd, const char *text)
{
    char got[256] = "";
    assert_true(strlen(text) < sizeof(got));
    assert_int_equal(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
    assert_string_equal(got, text);
}

static void expect_closed(int fd)
{
    char byte;
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
}

static void test_tcp_session(void **state)
{
    struct rig rig;
    rig_open(&rig, "tcp::0");
    assert_true(gdbstub_port(rig.stub) > 0);
    assert_false(gdbstub_connected(rig.stub));
    rig.fake.running = true;
    int fd = connect_tcp(&rig);
    assert_true(gdbstub_connected(rig.stub));
    assert_string_equal(fake_calls(&rig.fake), "stop;");
    ask(&rig, fd, "$?#3f");
    expect(fd, "+");
    rig.fake.running = false;
    gdbstub_stopped(rig.stub, &rig.fake.last); /* written at once, without the loop */
    expect(fd, "$T02thread:01;02:12020380;#6b");
    ask(&rig, fd, "+$c#63");
    expect(fd, "+");
    gdbstub_console(rig.stub, "a", 1);
    expect(fd, "$O61#b6");
    close(fd);
    turn(&rig);
    assert_false(gdbstub_connected(rig.stub));
    assert_string_equal(fake_calls(&rig.fake), "stop;resume f c 0 0;vanish;");
    gdbstub_stopped(rig.stub, &rig.fake.last); /* nobody to tell */
    rig_close(&rig);
}

static void test_second_client_is_refused(void **state)
{
    struct rig rig;
    rig_open(&rig, "tcp::0");
    int first = connect_tcp(&rig), second = connect_tcp(&rig);
    expect_closed(second);
    ask(&rig, first, "$qC#b4");
    expect(first, "+$QC01#f5");
    ask(&rig, first, "$D#44");
    expect(first, "+$OK#9a");
    close(first);
    turn(&rig);
    assert_string_equal(fake_calls(&rig.fake), "detach;");
    int third = connect_tcp(&rig);
    ask(&rig, third, "$qC#b4");
    expect(third, "+$QC01#f5");
    close(third);
    rig_close(&rig);
}

static void test_no_ack_mode_ends_with_its_client(void **state)
{
    struct rig rig;
    rig_open(&rig, "tcp:127.0.0.1:0");
    int fd = connect_tcp(&rig);
    ask(&rig, fd, "$QStartNoAckMode#b0$qC#b4");
    expect(fd, "+$OK#9a$QC01#f5");
    close(fd);
    turn(&rig);
    fd = connect_tcp(&rig);
    ask(&rig, fd, "$qC#b4");
    expect(fd, "+$QC01#f5");
    close(fd);
    rig_close(&rig);
}

static void test_port_in_use(void **state)
{
    struct rig rig;
    char address[32];
    rig_open(&rig, "tcp::0");
    snprintf(address, sizeof(address), "tcp::%u", gdbstub_port(rig.stub));
    assert_null(gdbstub_new(rig.base, address, &fake_ops, &rig.fake));
    rig_close(&rig);
}

static void test_addresses(void **state)
{
    static const char *const bad[] = {"",
                                      "tcp:",
                                      "tcp::",
                                      "tcp::x",
                                      "tcp::65536",
                                      "tcp::-1",
                                      "1234x",
                                      "unix:",
                                      "udp::1234",
                                      "tcp::0,telnet",
                                      "unix:/nonexistent-directory/socket"};
    static const char *const good[] = {":0", "tcp::0", "tcp:localhost:0", "tcp:127.0.0.1:0,server=on,wait=off",
                                       "tcp::0,server,nowait"};
    struct event_base *base = event_base_new();
    struct fake fake;
    fake_init(&fake);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_null(gdbstub_new(base, bad[i], &fake_ops, &fake));
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct gdbstub *stub = gdbstub_new(base, good[i], &fake_ops, &fake);
        assert_non_null(stub);
        assert_true(gdbstub_port(stub) > 0);
        gdbstub_free(stub);
    }
    event_base_free(base);
}

static void test_unix_socket(void **state)
{
    struct rig rig;
    struct stat status;
    use_directory(&rig);
    rig_open(&rig, rig.address);
    assert_null(gdbstub_new(rig.base, rig.address, &fake_ops, &rig.fake)); /* in use */
    turn(&rig); /* that one asked whether somebody listens, which is a client that comes and goes */
    fake_calls(&rig.fake);
    int fd = connect_unix(&rig);
    ask(&rig, fd, "$qC#b4");
    expect(fd, "+$QC01#f5");
    close(fd);
    rig_close(&rig);
    assert_int_not_equal(stat(rig.path, &status), 0);
    rmdir(rig.directory);
}

/* What a killed program left behind does not stop the next; a file that is something else does. */
static void test_unix_leftovers(void **state)
{
    struct rig rig;
    struct sockaddr_un left = {.sun_family = AF_UNIX};
    use_directory(&rig);
    snprintf(left.sun_path, sizeof(left.sun_path), "%s", rig.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&left, sizeof(left)), 0);
    close(fd);
    rig_open(&rig, rig.address);
    gdbstub_free(rig.stub);
    FILE *file = fopen(rig.path, "w");
    fclose(file);
    assert_null(gdbstub_new(rig.base, rig.address, &fake_ops, &rig.fake));
    assert_int_equal(unlink(rig.path), 0);
    event_base_free(rig.base);
    rmdir(rig.directory);
}

/* More than the socket's buffers hold goes out in the loop, and gdbstub_free() still sends what is queued. */
static void test_large_replies(void **state)
{
    enum { ROUNDS = 600, SIZE = 2 * (FAKE_SIZE - 16) + 4 };
    static char reply[SIZE];
    struct rig rig;
    rig_open(&rig, "tcp::0");
    for (size_t i = 0; i < FAKE_SIZE; i++) /* nothing in it repeats */
        rig.fake.memory[i] = (uint8_t)((i * 2 + 1) % 16 << 4 | (i * 2 + 2) % 16);
    int fd = connect_tcp(&rig);
    ask(&rig, fd, "$QStartNoAckMode#b0");
    expect(fd, "+$OK#9a");
    for (unsigned i = 0; i < ROUNDS; i++)
        ask(&rig, fd, "$m1000,1ff0#87");
    for (unsigned i = 0; i < ROUNDS; i++) {
        size_t done = 0;
        while (done < SIZE) {
            ssize_t n = recv(fd, reply + done, SIZE - done, MSG_DONTWAIT);
            if (n > 0)
                done += (size_t)n;
            turn(&rig);
        }
        assert_int_equal(reply[0], '$');
        assert_int_equal(reply[SIZE - 3], '#');
    }
    rig_close(&rig);
    expect_closed(fd);
}

/* The last reply before the program ends still arrives. */
static void test_free_flushes(void **state)
{
    struct rig rig;
    rig_open(&rig, "tcp::0");
    int fd = connect_tcp(&rig);
    ask(&rig, fd, "$c#63");
    expect(fd, "+");
    gdbstub_stopped(rig.stub, &(struct target_stop){.kind = TARGET_STOP_EXITED, .signal = 1});
    rig_close(&rig);
    expect(fd, "$W01#b8");
    expect_closed(fd);
}

int main(void)
{
    alarm(60); /* a reply that never comes fails the test instead of hanging it */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_session),
        cmocka_unit_test(test_second_client_is_refused),
        cmocka_unit_test(test_no_ack_mode_ends_with_its_client),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_unix_socket),
        cmocka_unit_test(test_unix_leftovers),
        cmocka_unit_test(test_large_replies),
        cmocka_unit_test(test_free_flushes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
