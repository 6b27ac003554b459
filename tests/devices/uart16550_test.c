#include "devices/uart16550.h"

#include <string.h>

#include "tests/devices/rig.h"

#define BASE 0x3f8
#define CBUS 0x1f000900
enum { THR = BASE, RBR = BASE, DLL = BASE, IER, DLM = IER, FCR, IIR = FCR, LCR, MCR, LSR, MSR, SCR };

#define FIFO_ON                                                                                                                  \
    {                                                                                                                            \
        OUT, FCR, 0x01                                                                                                           \
    }
#define PUT4                                                                                                                     \
    {OUT, THR, 'a'}, {OUT, THR, 'b'}, {OUT, THR, 'c'},                                                                           \
    {                                                                                                                            \
        OUT, THR, 'd'                                                                                                            \
    }
#define PUT20 PUT4, PUT4, PUT4, PUT4, PUT4
#define GET4                                                                                                                     \
    {IN, LSR, 0x61}, {IN, RBR, 'a'}, {IN, RBR, 'b'}, {IN, RBR, 'c'},                                                             \
    {                                                                                                                            \
        IN, RBR, 'd'                                                                                                             \
    }

static const struct row rows[] = {
    ROW("earlycon's set-up: transmitter always empty", {OUT, LCR, 0x03}, {IN, IER, 0}, {OUT, IER, 0}, {OUT, FCR, 0},
        {OUT, MCR, 0x03}, {OUT, LCR, 0x83}, {OUT, DLL, 3}, {OUT, DLM, 0}, {IN, DLL, 3}, {OUT, LCR, 0x03}, {IN, LSR, 0x60},
        {OUT, THR, 'x'}, {IN, LSR, 0x60}),
    ROW("autoconfig finds a 16550A", {IN, IER, 0}, {OUT, IER, 0}, {OUT, IER, 0x0f}, {IN, IER, 0x0f}, {OUT, IER, 0}, {OUT, MCR, 8},
        {IN, MCR, 8}, {OUT, LCR, 0xbf}, {OUT, FCR, 0}, {OUT, LCR, 0}, {OUT, FCR, 1}, {IN, IIR, 0xc1}, {OUT, LCR, 0x80},
        {IN, IIR, 0xc1}, {OUT, LCR, 0xe0}, {IN, IIR, 0xc1}, {OUT, MCR, 0x18}, {IN, IIR, 0xc1}, {OUT, MCR, 8}, {OUT, LCR, 0},
        {OUT, FCR, 0x21}, {IN, IIR, 0xc1}, {OUT, LCR, 0x80}, {OUT, FCR, 0x21}, {IN, IIR, 0xc1}, {OUT, LCR, 0}, {OUT, IER, 0x40},
        {IN, IER, 0}),
    ROW("IIR without FIFO", {IN, IIR, 0x01}, FIFO_ON, {IN, IIR, 0xc1}, {OUT, FCR, 0}, {IN, IIR, 0x01}),
    ROW("size of the FIFO by loopback: 16, then overrun", {OUT, FCR, 7}, {OUT, MCR, 0x10}, {OUT, LCR, 0x83}, {OUT, DLL, 1},
        {OUT, DLM, 0}, {OUT, LCR, 3}, PUT20, {IN, LSR, 0x63}, GET4, GET4, GET4, GET4, {IN, LSR, 0x60}),
    ROW("loopback without FIFO keeps the last", {OUT, MCR, 0x10}, {OUT, THR, 'a'}, {OUT, THR, 'b'}, {PEEK, LSR, 0x63},
        {IN, LSR, 0x63}, {IN, RBR, 'b'}, {IN, LSR, 0x60}),
    ROW("loopback of the modem's lines", {OUT, MCR, 0x1a}, {IN, MSR, 0x90 | 0x02}, {IN, MSR, 0x90}, {OUT, MCR, 0},
        {IN, MSR, 0xb2}, {IN, MSR, 0xb0}),
    ROW("transmitter interrupt at once, cleared by IIR", FIFO_ON, {OUT, IER, 7}, {PROBE, 0, 1}, {PEEK, IIR, 0xc2},
        {IN, IIR, 0xc2}, {PROBE, 0, 0}, {IN, IIR, 0xc1}, {OUT, THR, 'x'}, {PROBE, 0, 1}, {OUT, IER, 5}, {PROBE, 0, 0}),
    ROW("enabled twice, it is pending twice", FIFO_ON, {OUT, IER, 2}, {IN, IIR, 0xc2}, {OUT, IER, 0}, {OUT, IER, 2},
        {IN, IIR, 0xc2}),
    ROW("an edge for each character written", {OUT, IER, 2}, {IN, IIR, 2}, {OUT, THR, 'x'}, {IN, IIR, 2}, {OUT, THR, 'y'},
        {RISES, 0, 3}),
    ROW("receiver: timeout below the trigger, data at it", {OUT, FCR, 0x81}, {OUT, IER, 1}, {FEED, 7, 'k'}, {PROBE, 0, 1},
        {IN, IIR, 0xcc}, {FEED, 1, 'k'}, {IN, IIR, 0xc4}, {IN, RBR, 'k'}, {IN, IIR, 0xcc}, {PROBE, 0, 1}),
    ROW("receiver without FIFO", {OUT, IER, 5}, {FEED, 1, 'k'}, {IN, IIR, 4}, {IN, LSR, 0x61}, {PEEK, RBR, 'k'}, {IN, RBR, 'k'},
        {PROBE, 0, 0}, {IN, LSR, 0x60}),
    ROW("overrun has the highest priority and LSR clears it", FIFO_ON, {OUT, IER, 7}, {FEED, 17, 'k'}, {IN, IIR, 0xc6},
        {IN, LSR, 0x63}, {IN, IIR, 0xc4}),
    ROW("FCR empties the receiver", FIFO_ON, {FEED, 5, 'k'}, {OUT, FCR, 3}, {IN, LSR, 0x60}),
    ROW("MSR shows a ready modem", {IN, MSR, 0xb0}),
    ROW("scratch, and the divisor apart from data", {OUT, SCR, 0x5a}, {IN, SCR, 0x5a}, {OUT, LCR, 0x80}, {OUT, DLM, 0x12},
        {OUT, LCR, 0}, {IN, IER, 0}, {OUT, LCR, 0x80}, {IN, DLM, 0x12}),
};

/* The same chip as words in CPU order, 8 bytes apart. */
static const struct row word_rows[] = {
    ROW("words", {STORE, CBUS + 0x18, 0x83}, {STORE, CBUS, 3}, {LOAD, CBUS, 3}, {STORE, CBUS + 0x18, 3}, {LOAD, CBUS + 0x18, 3},
        {LOAD, CBUS + 0x28, 0x60}, {LOAD, CBUS + 0x2c, 0}, {STORE, CBUS + 0x38, 0x77}, {LOOK, CBUS + 0x38, 0x77}),
    ROW("transmitter", {STORE, CBUS + 8, 2}, {PROBE, 0, 1}, {LOAD, CBUS + 0x10, 2}, {PROBE, 0, 0}),
};
static const struct row big_endian_rows[] = {
    ROW("words, big-endian", {STORE, CBUS + 0x38, 0x77000000}, {LOAD, CBUS + 0x38, 0x77000000}, {LOAD1, CBUS + 0x3b, 0x77},
        {STORE1, CBUS + 0x3b, 0x12}, {LOAD, CBUS + 0x38, 0x12000000}, {LOAD, CBUS + 0x28, 0x60000000}),
};

static void sink_write(void *opaque, const uint8_t *bytes, size_t n)
{
    struct rig *rig = opaque;
    memcpy(rig->output + rig->output_length, bytes, n);
    rig->output_length += n;
}

static struct rig *uart_rig(bool big_endian, unsigned stride, struct uart16550 **uart)
{
    struct rig *rig = rig_new(big_endian);
    const struct uart16550_config config = {"uart", stride, 0, rig_probe(rig, 0)};
    *uart = uart16550_new(&rig->machine, &config);
    uart16550_connect(*uart, (struct uart_sink){sink_write, rig}, NULL, NULL);
    struct region region;
    uart16550_region(*uart, &region);
    if (stride == 1)
        rig_map(rig, BASE, &region);
    else
        physmap_add(rig->machine.phys, CBUS, 0, &region);
    return rig;
}

static void run(const struct row *row, bool big_endian, unsigned stride)
{
    struct uart16550 *uart;
    struct rig *rig = uart_rig(big_endian, stride, &uart);
    rig_run(rig, row);
    rig_free(rig);
}

static void test_row(void **state)
{
    run(*state, false, 1);
}

static void test_words(void **state)
{
    run(*state, false, 8);
}

static void test_big_endian(void **state)
{
    run(*state, true, 8);
}

static const struct row output_rows[] = {
    ROW("output but for loopback", FIFO_ON, {OUT, THR, 'H'}, {OUT, THR, 'i'}, {OUT, MCR, 0x10}, {OUT, THR, 'x'}, {OUT, MCR, 0},
        {OUT, THR, '!'}),
};

static void test_output(void **state)
{
    struct uart16550 *uart;
    struct rig *rig = uart_rig(false, 1, &uart);
    rig_run(rig, *state);
    assert_int_equal(rig->output_length, 3);
    assert_memory_equal(rig->output, "Hi!", 3);
    rig_free(rig);
}

static void count_call(void *opaque)
{
    ++*(unsigned *)opaque;
}

/* Rows of what to do and what room there is then, and how often room was announced. */
static const struct room_row {
    struct step step;
    unsigned room, calls;
} room_rows[] = {
    {{LINE, 0, 0},     1,  0},
    {{FEED, 1, 'k'},   0,  0},
    {{IN, RBR, 'k'},   1,  1},
    {{OUT, FCR, 1},    16, 1},
    {{FEED, 3, 'k'},   13, 1},
    {{IN, RBR, 'k'},   14, 1},
    {{IN, RBR, 'k'},   15, 1},
    {{IN, RBR, 'k'},   16, 2},
    {{OUT, MCR, 0x10}, 0,  2},
    {{OUT, MCR, 0},    16, 3},
    {{FEED, 16, 'k'},  0,  3},
    {{OUT, FCR, 3},    16, 4},
};

static void test_room(void **state)
{
    struct uart16550 *uart;
    unsigned calls = 0;
    struct rig *rig = uart_rig(false, 1, &uart);
    uart16550_connect(uart, (struct uart_sink){NULL, NULL}, count_call, &calls);
    for (unsigned i = 0; i < ARRAY_SIZE(room_rows); i++) {
        const struct row row = {"room", &room_rows[i].step, 1};
        rig_run(rig, &row);
        assert_int_equal(uart16550_room(uart), room_rows[i].room);
        assert_int_equal(calls, room_rows[i].calls);
    }
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest room[] = {cmocka_unit_test(test_room)};
    return rig_main("uart16550", rows, ARRAY_SIZE(rows), test_row) +
           rig_main("uart16550 words", word_rows, ARRAY_SIZE(word_rows), test_words) +
           rig_main("uart16550 big-endian", big_endian_rows, ARRAY_SIZE(big_endian_rows), test_big_endian) +
           rig_main("uart16550 output", output_rows, ARRAY_SIZE(output_rows), test_output) +
           cmocka_run_group_tests_name("uart16550 room", room, NULL, NULL);
}
