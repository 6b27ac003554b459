/*
 * GT-64120 DMA: four channels that copy from any address of the CPU's map to any other, one record or a chain of them.
 *
 * Document: GT-64120 data sheet: "DMA Controller", "Register Tables".
 * Registers (each for channels 0 to 3): byte count 0x800, source 0x810, destination 0x820, next record 0x830, control 0x840, current
 * record 0x870; arbiter 0x860. A record is four little-endian words: byte count, source, destination, next record (0: the last).
 *
 * A transfer is made of bursts of the size that the control register says: read, then written; the addresses then go up or down
 * by it or stay. Channels take turns, a piece of at most 1 KiB each, at 10 ns a byte; what a piece leaves is in the registers.
 * Deviation: the arbiter's priorities are storage, all channels are served alike.
 * NOT EMULATED: demand mode (no request pin is wired: such a channel waits), fly-by, closing of records, end-of-transfer pins, the PCI
 * override bits.
 */
#include "devices/gt64120_dma.h"

#include "softmmu/alloc.h"
#include "softmmu/dma.h"
#include "softmmu/log.h"

#define CHANNELS    4
#define PIECE       1024 /* bytes a turn */
#define NS_A_BYTE   10
#define RECORD_SIZE 16
#define COUNT_MASK  0xffffu

enum {
    REG_COUNT = 0x800,
    REG_SOURCE = 0x810,
    REG_DEST = 0x820,
    REG_NEXT = 0x830,
    REG_CONTROL = 0x840,
    REG_ARBITER = 0x860,
    REG_CURRENT = 0x870
};

#define CONTROL_FLY_BY       0x00000003u
#define CONTROL_SOURCE_SHIFT 2 /* two bits: enum direction */
#define CONTROL_DEST_SHIFT   4
#define CONTROL_BURST_SHIFT  6           /* three bits */
#define CONTROL_SINGLE       0x00000200u /* no chain */
#define CONTROL_INT_AT_END   0x00000400u /* interrupts at a chain's end only */
#define CONTROL_BLOCK        0x00000800u /* not on demand */
#define CONTROL_ENABLE       0x00001000u
#define CONTROL_FETCH        0x00002000u /* the next record is to be fetched */
#define CONTROL_ACTIVE       0x00004000u
#define CONTROL_CLOSE        0x00020000u
#define CONTROL_ABORT        0x00100000u
#define CONTROL_WRITABLE     0x17efbfffu /* all but activity and abort */

#define CAUSE_NOBODY 0x00000004u
#define CAUSE_DONE   0x00000010u

enum direction { UP, DOWN, HOLD };

struct gt64120_dma_state {
    uint32_t count[CHANNELS], source[CHANNELS], dest[CHANNELS], next[CHANNELS], current[CHANNELS], control[CHANNELS];
    uint32_t arbiter;
    uint32_t turn; /* the channel to be asked first */
};

struct gt64120_dma {
    struct gt64120_dma_state *s;
    struct machine *machine;
    struct gt64120_dma_config config;
    unsigned timer; /* the end of the piece under way */
};

static const struct field gt64120_dma_fields[] = {
    FIELD_ARRAY(struct gt64120_dma_state, count),   FIELD_ARRAY(struct gt64120_dma_state, source),
    FIELD_ARRAY(struct gt64120_dma_state, dest),    FIELD_ARRAY(struct gt64120_dma_state, next),
    FIELD_ARRAY(struct gt64120_dma_state, current), FIELD_ARRAY(struct gt64120_dma_state, control),
    FIELD(struct gt64120_dma_state, arbiter),       FIELD(struct gt64120_dma_state, turn),
};

static uint32_t *dma_reg(const struct gt64120_dma *dma, unsigned offset)
{
    struct gt64120_dma_state *s = dma->s;
    unsigned channel = offset / 4 & (CHANNELS - 1);
    switch (offset & ~0xfu) {
    case REG_COUNT:
        return &s->count[channel];
    case REG_SOURCE:
        return &s->source[channel];
    case REG_DEST:
        return &s->dest[channel];
    case REG_NEXT:
        return &s->next[channel];
    case REG_CONTROL:
        return &s->control[channel];
    case REG_CURRENT:
        return &s->current[channel];
    case REG_ARBITER:
        return offset == REG_ARBITER ? &s->arbiter : NULL;
    }
    return NULL;
}

bool gt64120_dma_has(unsigned offset)
{
    static struct gt64120_dma_state none;
    return dma_reg(&(struct gt64120_dma){.s = &none}, offset);
}

uint32_t gt64120_dma_read(const struct gt64120_dma *dma, unsigned offset)
{
    assert(gt64120_dma_has(offset));
    return *dma_reg(dma, offset);
}

static bool dma_moves(const struct gt64120_dma *dma, unsigned channel)
{
    assert(channel < CHANNELS);
    const uint32_t wanted = CONTROL_ACTIVE | CONTROL_BLOCK;
    return (dma->s->control[channel] & wanted) == wanted;
}

/* The channel whose turn it is, or CHANNELS. */
static unsigned dma_turn(const struct gt64120_dma *dma)
{
    for (unsigned i = 0; i < CHANNELS; i++) {
        unsigned channel = (dma->s->turn + i) % CHANNELS;
        if (dma_moves(dma, channel))
            return channel;
    }
    return CHANNELS;
}

static uint32_t dma_piece(const struct gt64120_dma *dma, unsigned channel)
{
    if (dma->s->control[channel] & CONTROL_FETCH)
        return RECORD_SIZE;
    return (uint32_t)min_u64(dma->s->count[channel] & COUNT_MASK, PIECE);
}

static void dma_arm(struct gt64120_dma *dma, uint64_t now)
{
    unsigned channel = dma_turn(dma);
    uint64_t deadline = channel == CHANNELS ? TIMER_OFF : now + (uint64_t)dma_piece(dma, channel) * NS_A_BYTE;
    timer_set(&dma->machine->timers, dma->timer, deadline);
}

static void dma_stop(struct gt64120_dma *dma, unsigned channel, uint32_t cause)
{
    dma->s->control[channel] &= ~(CONTROL_ACTIVE | CONTROL_FETCH);
    dma->config.cause(dma->config.opaque, cause);
}

static void dma_nobody(struct gt64120_dma *dma, unsigned channel)
{
    log_printf(LOG_BIT_GUEST_ERRORS, "%s: channel %u stops: nobody answers at %08x or %08x\n", dma->config.instance, channel,
               dma->s->source[channel], dma->s->dest[channel]);
    dma_stop(dma, channel, CAUSE_NOBODY);
}

/* A record's bytes have all gone. */
static void dma_record_done(struct gt64120_dma *dma, unsigned channel)
{
    uint32_t *control = &dma->s->control[channel];
    bool last = *control & CONTROL_SINGLE || !dma->s->next[channel];
    if (last) {
        dma_stop(dma, channel, CAUSE_DONE << channel);
        return;
    }
    *control |= CONTROL_FETCH;
    if (!(*control & CONTROL_INT_AT_END))
        dma->config.cause(dma->config.opaque, CAUSE_DONE << channel);
}

static uint32_t little_word(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void dma_fetch(struct gt64120_dma *dma, unsigned channel)
{
    struct gt64120_dma_state *s = dma->s;
    uint8_t record[RECORD_SIZE];
    uint32_t at = s->next[channel] & ~(uint32_t)(RECORD_SIZE - 1);
    if (!dma_read(dma->machine, dma->config.instance, at, record, sizeof(record))) {
        dma_nobody(dma, channel);
        return;
    }
    s->control[channel] &= ~CONTROL_FETCH;
    s->current[channel] = at;
    s->count[channel] = little_word(record);
    s->source[channel] = little_word(record + 4);
    s->dest[channel] = little_word(record + 8);
    s->next[channel] = little_word(record + 12);
    if (!(s->count[channel] & COUNT_MASK))
        dma_record_done(dma, channel);
}

static unsigned dma_burst(uint32_t control)
{
    static const uint8_t bytes[8] = {8, 16, 4, 32, 8, 1, 2, 64}; /* 4 is reserved */
    return bytes[control >> CONTROL_BURST_SHIFT & 7];
}

static uint32_t dma_step(uint32_t control, unsigned shift, uint32_t length)
{
    switch (control >> shift & 3) {
    case UP:
        return length;
    case DOWN:
        return 0 - length;
    default:
        return 0;
    }
}

/* False: somebody did not answer. */
static bool dma_move_burst(struct gt64120_dma *dma, unsigned channel, uint32_t length)
{
    struct gt64120_dma_state *s = dma->s;
    uint32_t control = s->control[channel];
    uint8_t bytes[64];
    if (!dma_read(dma->machine, dma->config.instance, s->source[channel], bytes, length) ||
        !dma_write(dma->machine, dma->config.instance, s->dest[channel], bytes, length))
        return false;
    s->source[channel] += dma_step(control, CONTROL_SOURCE_SHIFT, length);
    s->dest[channel] += dma_step(control, CONTROL_DEST_SHIFT, length);
    s->count[channel] -= length;
    return true;
}

/* A device that the transfer writes to may stop the channel. */
static void dma_move(struct gt64120_dma *dma, unsigned channel)
{
    assert(channel < CHANNELS);
    unsigned burst = dma_burst(dma->s->control[channel]);
    for (uint32_t left = dma_piece(dma, channel), length; left && dma_moves(dma, channel); left -= length) {
        length = (uint32_t)min_u64(left, burst);
        if (!dma_move_burst(dma, channel, length)) {
            dma_nobody(dma, channel);
            return;
        }
    }
    if (dma_moves(dma, channel) && !(dma->s->count[channel] & COUNT_MASK))
        dma_record_done(dma, channel);
}

static void dma_due(void *opaque, uint64_t deadline)
{
    struct gt64120_dma *dma = opaque;
    unsigned channel = dma_turn(dma);
    if (channel == CHANNELS)
        return;
    dma->s->turn = (channel + 1) % CHANNELS;
    if (dma->s->control[channel] & CONTROL_FETCH)
        dma_fetch(dma, channel);
    else
        dma_move(dma, channel);
    dma_arm(dma, deadline);
}

static void dma_log_unimplemented(const struct gt64120_dma *dma, unsigned channel, uint32_t control)
{
    if (!(control & CONTROL_BLOCK))
        log_printf(LOG_BIT_UNIMP, "%s: channel %u in demand mode waits: no request pin is wired\n", dma->config.instance,
                   channel);
    if (control & (CONTROL_FLY_BY | CONTROL_CLOSE))
        log_printf(LOG_BIT_UNIMP, "%s: channel %u: fly-by and closing of records\n", dma->config.instance, channel);
}

/* A channel that is disabled keeps its place, and goes on from there when it is enabled again. */
static void dma_control(struct gt64120_dma *dma, unsigned channel, uint32_t value)
{
    assert(channel < CHANNELS);
    struct gt64120_dma_state *s = dma->s;
    uint32_t control = value & CONTROL_WRITABLE;
    if (value & CONTROL_ABORT)
        control &= ~(CONTROL_ENABLE | CONTROL_FETCH);
    bool idle = dma_turn(dma) == CHANNELS;
    if (control & CONTROL_ENABLE && (control & CONTROL_FETCH || s->count[channel] & COUNT_MASK)) {
        control |= CONTROL_ACTIVE;
        dma_log_unimplemented(dma, channel, control);
    }
    s->control[channel] = control;
    if (idle || dma_turn(dma) == CHANNELS) /* else the piece under way goes on */
        dma_arm(dma, machine_now(dma->machine));
}

void gt64120_dma_write(struct gt64120_dma *dma, unsigned offset, uint32_t value)
{
    assert(gt64120_dma_has(offset));
    if ((offset & ~0xfu) == REG_CONTROL)
        dma_control(dma, offset / 4 & (CHANNELS - 1), value);
    else if ((offset & ~0xfu) != REG_CURRENT)
        *dma_reg(dma, offset) = value;
}

static void gt64120_dma_reset(void *device)
{
    struct gt64120_dma *dma = device;
    *dma->s = (struct gt64120_dma_state){.turn = 0};
    timer_set(&dma->machine->timers, dma->timer, TIMER_OFF);
}

static int gt64120_dma_check(const void *state)
{
    const struct gt64120_dma_state *s = state;
    for (unsigned i = 0; i < CHANNELS; i++)
        if (s->control[i] & ~(CONTROL_WRITABLE | CONTROL_ACTIVE))
            return -1;
    return s->turn < CHANNELS ? 0 : -1;
}

const struct device_class gt64120_dma_class = {
    "gt64120-dma",
    1,
    sizeof(struct gt64120_dma_state),
    gt64120_dma_fields,
    ARRAY_SIZE(gt64120_dma_fields),
    gt64120_dma_reset,
    gt64120_dma_check,
    NULL,
};

struct gt64120_dma *gt64120_dma_new(struct machine *machine, const struct gt64120_dma_config *config)
{
    struct gt64120_dma *dma = alloc_zeroed(sizeof(*dma));
    dma->machine = machine;
    dma->config = *config;
    dma->timer = timer_add(&machine->timers, config->instance, dma_due, dma);
    dma->s = device_register(machine, &gt64120_dma_class, config->instance, dma);
    return dma;
}
