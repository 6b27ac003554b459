/*
 * Intel 8254: three 16-bit counters.
 *
 * Document: Intel 8254 data sheet (231164), "Mode Definitions", "Read-Back Command".
 * Regions: counters 0..2 and the control word, one byte wide. Lines: OUT of counter 0.
 *
 * Nothing counts: a counter is the tick at which it was loaded and its count, and everything else follows from the virtual
 * time. In modes 2 and 3 a new count waits for the end of the (half) period as `next_`. Only counter 0 has a timer,
 * for the edges of its output. A count of 0 in mode 0 is 65536, whose end raises OUT once and no more.
 *
 * NOT EMULATED: the gates (all tied high, so modes 1 and 5 are never triggered and their OUT stays high), BCD counting.
 */
#include "devices/i8254.h"

#include "softmmu/alloc.h"
#include "softmmu/log.h"
#include "softmmu/machine.h"

#define COUNTERS 3
#define CONTROL  3
#define NS_PER_S 1000000000u
#define NEVER    UINT64_MAX

enum { ACCESS_LATCH, ACCESS_LOW, ACCESS_HIGH, ACCESS_BOTH };
enum { READ_BACK_NO_STATUS = 0x10, READ_BACK_NO_COUNT = 0x20 };
enum { STATUS_OUT = 0x80, STATUS_NULL = 0x40 };

struct i8254_state {
    uint64_t start[COUNTERS]; /* tick at which `count` is in the counter; modulo 2^64 */
    uint64_t next_start[COUNTERS];
    uint64_t next_from[COUNTERS]; /* tick from which next_start and next_count hold */
    uint32_t count[COUNTERS];     /* 1..65536 */
    uint32_t next_count[COUNTERS];
    uint16_t latch[COUNTERS];
    uint8_t latched[COUNTERS]; /* bytes of latch that wait to be read */
    uint8_t status[COUNTERS];
    uint8_t status_latched[COUNTERS];
    uint8_t mode[COUNTERS];
    uint8_t access[COUNTERS];
    uint8_t bcd[COUNTERS];
    uint8_t loaded[COUNTERS]; /* a count was written since the control word */
    uint8_t has_next[COUNTERS];
    uint8_t low[COUNTERS]; /* first byte of a count of two */
    uint8_t write_high[COUNTERS];
    uint8_t read_high[COUNTERS];
    uint8_t pad;
};

struct i8254 {
    struct i8254_state *s;
    struct machine *machine;
    struct irq out;
    unsigned timer;
};

static const struct field i8254_fields[] = {
    FIELD_ARRAY(struct i8254_state, start),
    FIELD_ARRAY(struct i8254_state, next_start),
    FIELD_ARRAY(struct i8254_state, next_from),
    FIELD_ARRAY(struct i8254_state, count),
    FIELD_ARRAY(struct i8254_state, next_count),
    FIELD_ARRAY(struct i8254_state, latch),
    FIELD_ARRAY(struct i8254_state, latched),
    FIELD_ARRAY(struct i8254_state, status),
    FIELD_ARRAY(struct i8254_state, status_latched),
    FIELD_ARRAY(struct i8254_state, mode),
    FIELD_ARRAY(struct i8254_state, access),
    FIELD_ARRAY(struct i8254_state, bcd),
    FIELD_ARRAY(struct i8254_state, loaded),
    FIELD_ARRAY(struct i8254_state, has_next),
    FIELD_ARRAY(struct i8254_state, low),
    FIELD_ARRAY(struct i8254_state, write_high),
    FIELD_ARRAY(struct i8254_state, read_high),
    FIELD(struct i8254_state, pad),
};

/* A counter as its mode sees it: ticks since it was loaded (negative: not yet) and the count. */
struct run {
    bool loaded;
    int64_t elapsed;
    uint32_t count;
};

/* What a mode makes of a run; `edge` is the number of ticks until OUT may change, NEVER if it will not. */
struct mode {
    bool (*out)(struct run);
    uint16_t (*value)(struct run);
    uint64_t (*edge)(struct run);
    bool periodic;
};

static uint16_t down_value(struct run run)
{
    return run.loaded ? run.count - (run.elapsed < 0 ? 0 : run.elapsed) : 0;
}

static bool always_high(struct run run)
{
    return true;
}

static uint64_t no_edge(struct run run)
{
    return NEVER;
}

static bool mode0_out(struct run run)
{
    return run.loaded && run.elapsed >= (int64_t)run.count;
}

static uint64_t mode0_edge(struct run run)
{
    return !run.loaded || mode0_out(run) ? NEVER : (uint64_t)(run.count - run.elapsed);
}

static uint32_t phase(struct run run)
{
    return run.elapsed < 0 ? 0 : (uint64_t)run.elapsed % run.count;
}

/* Ticks until a tick of the present period. */
static uint64_t ticks_to(struct run run, uint32_t tick)
{
    return run.elapsed < 0 ? (uint64_t)-run.elapsed + tick : tick - phase(run);
}

static bool mode2_out(struct run run)
{
    return !run.loaded || run.elapsed < 0 || phase(run) != run.count - 1;
}

static uint16_t mode2_value(struct run run)
{
    return run.loaded ? run.count - phase(run) : 0;
}

static uint64_t mode2_edge(struct run run)
{
    if (!run.loaded || run.count == 1)
        return NEVER;
    return ticks_to(run, mode2_out(run) ? run.count - 1 : run.count);
}

static uint32_t high_half(uint32_t count)
{
    return (count + 1) / 2;
}

static bool mode3_out(struct run run)
{
    return !run.loaded || phase(run) < high_half(run.count);
}

/* Both halves count down by two from the count's even part. */
static uint16_t mode3_value(struct run run)
{
    if (!run.loaded)
        return 0;
    uint32_t in_half = mode3_out(run) ? phase(run) : phase(run) - high_half(run.count);
    return (run.count & ~1u) - 2 * in_half;
}

static uint64_t mode3_edge(struct run run)
{
    if (!run.loaded || run.count == 1)
        return NEVER;
    return ticks_to(run, mode3_out(run) ? high_half(run.count) : run.count);
}

static bool mode4_out(struct run run)
{
    return !run.loaded || run.elapsed != (int64_t)run.count;
}

static uint64_t mode4_edge(struct run run)
{
    if (!run.loaded || run.elapsed > (int64_t)run.count)
        return NEVER;
    return mode4_out(run) ? (uint64_t)(run.count - run.elapsed) : 1;
}

static const struct mode modes[6] = {
    {mode0_out,   down_value,  mode0_edge, false},
    {always_high, down_value,  no_edge,    false},
    {mode2_out,   mode2_value, mode2_edge, true },
    {mode3_out,   mode3_value, mode3_edge, true },
    {mode4_out,   down_value,  mode4_edge, false},
    {always_high, down_value,  no_edge,    false},
};

static uint64_t i8254_tick(uint64_t ns)
{
    return (unsigned __int128)ns * I8254_HZ / NS_PER_S;
}

/* The first virtual time at which the tick has come. */
static uint64_t i8254_time(uint64_t tick)
{
    return ((unsigned __int128)tick * NS_PER_S + I8254_HZ - 1) / I8254_HZ;
}

static uint64_t i8254_now(const struct i8254 *pit)
{
    return i8254_tick(machine_now(pit->machine));
}

static struct run i8254_run(const struct i8254_state *s, unsigned n, uint64_t tick)
{
    assert(n < COUNTERS);
    bool next = s->has_next[n] && tick >= s->next_from[n];
    uint64_t start = next ? s->next_start[n] : s->start[n];
    return (struct run){s->loaded[n], (int64_t)(tick - start), next ? s->next_count[n] : s->count[n]};
}

static void i8254_settle(struct i8254_state *s, unsigned n, uint64_t tick)
{
    if (!s->has_next[n] || tick < s->next_from[n])
        return;
    s->start[n] = s->next_start[n];
    s->count[n] = s->next_count[n];
    s->has_next[n] = 0;
}

/* Drives OUT of counter 0 as of `tick` and arms the timer for what comes next. */
static void i8254_update(struct i8254 *pit, uint64_t tick)
{
    struct i8254_state *s = pit->s;
    const struct mode *mode = &modes[s->mode[0]];
    i8254_settle(s, 0, tick);
    struct run run = i8254_run(s, 0, tick);
    irq_set(&pit->out, mode->out(run));
    uint64_t edge = mode->edge(run);
    uint64_t next = edge == NEVER ? NEVER : tick + edge;
    if (s->has_next[0])
        next = min_u64(next, s->next_from[0]);
    timer_set(&pit->machine->timers, pit->timer, next == NEVER ? TIMER_OFF : i8254_time(next));
}

/* Judged by the deadline, not by the time of the call: a pulse shorter than a unit of execution is still a pulse. */
static void i8254_expired(void *opaque, uint64_t deadline)
{
    i8254_update(opaque, i8254_tick(deadline));
}

/* A count is complete: it enters the counter with the next tick, or at the end of a running (half) period. */
static void i8254_load(struct i8254_state *s, unsigned n, uint16_t value, uint64_t tick)
{
    uint32_t count = value ? value : 0x10000;
    i8254_settle(s, n, tick);
    struct run run = i8254_run(s, n, tick);
    if (!modes[s->mode[n]].periodic || !run.loaded || run.elapsed < 0) {
        s->start[n] = tick + 1;
        s->count[n] = count;
        s->loaded[n] = 1;
        s->has_next[n] = 0;
        return;
    }
    bool ends_high_half = s->mode[n] == 3 && mode3_out(run);
    s->next_from[n] = tick + ticks_to(run, ends_high_half ? high_half(run.count) : run.count);
    s->next_start[n] = s->next_from[n] - (ends_high_half ? high_half(count) : 0);
    s->next_count[n] = count;
    s->has_next[n] = 1;
}

static void i8254_write_count(struct i8254_state *s, unsigned n, uint8_t value, uint64_t tick)
{
    assert(n < COUNTERS);
    switch (s->access[n]) {
    case ACCESS_LOW:
        i8254_load(s, n, value, tick);
        break;
    case ACCESS_HIGH:
        i8254_load(s, n, value << 8, tick);
        break;
    case ACCESS_BOTH:
        if (s->write_high[n]) {
            i8254_load(s, n, value << 8 | s->low[n], tick);
        } else {
            s->low[n] = value;
            if (s->mode[n] == 0)
                s->loaded[n] = 0;
        }
        s->write_high[n] ^= 1;
        break;
    }
}

static uint8_t i8254_status(const struct i8254_state *s, unsigned n, uint64_t tick)
{
    struct run run = i8254_run(s, n, tick);
    bool null = !run.loaded || run.elapsed < 0 || (s->has_next[n] && tick < s->next_from[n]);
    return (modes[s->mode[n]].out(run) ? STATUS_OUT : 0) | (null ? STATUS_NULL : 0) | s->access[n] << 4 | s->mode[n] << 1 |
           s->bcd[n];
}

static void i8254_latch_count(struct i8254_state *s, unsigned n, uint64_t tick)
{
    assert(n < COUNTERS);
    if (s->latched[n])
        return;
    s->latch[n] = modes[s->mode[n]].value(i8254_run(s, n, tick));
    s->latched[n] = s->access[n] == ACCESS_BOTH ? 2 : 1;
}

static void i8254_read_back(struct i8254_state *s, uint8_t value, uint64_t tick)
{
    for (unsigned n = 0; n < COUNTERS; n++) {
        if (!(value >> (n + 1) & 1))
            continue;
        if (!(value & READ_BACK_NO_COUNT))
            i8254_latch_count(s, n, tick);
        if (!(value & READ_BACK_NO_STATUS) && !s->status_latched[n]) {
            s->status[n] = i8254_status(s, n, tick);
            s->status_latched[n] = 1;
        }
    }
}

static void i8254_set_mode(struct i8254_state *s, unsigned n, uint8_t value)
{
    assert(n < COUNTERS);
    unsigned mode = value >> 1 & 7;
    s->mode[n] = mode > 5 ? mode - 4 : mode;
    s->access[n] = value >> 4 & 3;
    s->bcd[n] = value & 1;
    if (s->bcd[n])
        log_printf(LOG_BIT_UNIMP, "i8254: counter %u is to count in BCD; it counts in binary\n", n);
    s->loaded[n] = s->has_next[n] = s->write_high[n] = s->read_high[n] = 0;
    s->latched[n] = s->status_latched[n] = 0;
}

static void i8254_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8254 *pit = opaque;
    uint64_t tick = i8254_now(pit);
    unsigned select = value >> 6 & 3, access = value >> 4 & 3;
    if (offset != CONTROL)
        i8254_write_count(pit->s, offset, value, tick);
    else if (select == CONTROL)
        i8254_read_back(pit->s, value, tick);
    else if (access == ACCESS_LATCH)
        i8254_latch_count(pit->s, select, tick);
    else
        i8254_set_mode(pit->s, select, value);
    i8254_update(pit, tick);
}

/* The byte that a read of counter n gives; advances what has to advance in s. */
static uint8_t i8254_next_byte(struct i8254_state *s, unsigned n, uint64_t tick)
{
    assert(n < COUNTERS);
    if (s->status_latched[n]) {
        s->status_latched[n] = 0;
        return s->status[n];
    }
    uint16_t value = s->latched[n] ? s->latch[n] : modes[s->mode[n]].value(i8254_run(s, n, tick));
    if (s->latched[n])
        s->latched[n]--;
    bool high = s->access[n] == ACCESS_HIGH || (s->access[n] == ACCESS_BOTH && s->read_high[n]);
    s->read_high[n] ^= s->access[n] == ACCESS_BOTH;
    return high ? value >> 8 : value;
}

static uint64_t i8254_read(void *opaque, uint64_t offset, unsigned size)
{
    struct i8254 *pit = opaque;
    return offset == CONTROL ? 0xff : i8254_next_byte(pit->s, offset, i8254_now(pit));
}

static uint64_t i8254_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct i8254 *pit = opaque;
    struct i8254_state copy = *pit->s;
    return offset == CONTROL ? 0xff : i8254_next_byte(&copy, offset, i8254_now(pit));
}

static const struct mmio_ops i8254_ops = {i8254_read, i8254_write, i8254_peek, 1, 1};

void i8254_region(struct i8254 *pit, struct region *out)
{
    *out = (struct region){.name = "i8254", .kind = REGION_MMIO, .size = 4, .ops = &i8254_ops, .opaque = pit};
}

/* After power-on the modes are undefined; here all counters are in mode 0, which is silent until a count is written. */
static void i8254_reset(void *device)
{
    struct i8254 *pit = device;
    *pit->s = (struct i8254_state){0};
    for (unsigned n = 0; n < COUNTERS; n++) {
        pit->s->access[n] = ACCESS_BOTH;
        pit->s->count[n] = pit->s->next_count[n] = 0x10000;
    }
    i8254_update(pit, i8254_now(pit));
}

static int i8254_check(const void *state)
{
    const struct i8254_state *s = state;
    for (unsigned n = 0; n < COUNTERS; n++)
        if (s->mode[n] > 5 || s->access[n] < 1 || s->access[n] > 3 || s->bcd[n] > 1 || s->latched[n] > 2 ||
            s->count[n] - 1 > 0xffff || s->next_count[n] - 1 > 0xffff)
            return -1;
    return 0;
}

const struct device_class i8254_class = {
    "i8254", 1, sizeof(struct i8254_state), i8254_fields, ARRAY_SIZE(i8254_fields), i8254_reset, i8254_check, NULL,
};

struct i8254 *i8254_new(struct machine *machine, const char *instance, struct irq out)
{
    struct i8254 *pit = alloc_zeroed(sizeof(*pit));
    pit->machine = machine;
    pit->out = out;
    pit->timer = timer_add(&machine->timers, instance, i8254_expired, pit);
    pit->s = device_register(machine, &i8254_class, instance, pit);
    i8254_reset(pit);
    return pit;
}
