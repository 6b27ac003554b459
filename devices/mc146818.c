/*
 * Motorola MC146818 real-time clock.
 *
 * Document: MC146818 data sheet (register set, update cycle, interrupts); 82371AB (PIIX4) for the second bank of memory.
 * Regions: index and data ports of the two banks, one byte wide. Lines: IRQ.
 *
 * Time runs on the virtual clock plus a phase; each multiple of a second of that sum is an update. Nothing happens at
 * an update: whoever looks catches up on the updates and periodic beats since the last look, and a timer runs only
 * while an interrupt is enabled whose flag is not yet set. The update itself takes no time: UIP is up for the
 * 244 us before it. Byte 0x32 is the century and advances with the year.
 *
 * The battery keeps date and memory through a reset; power-on happens when the guest first looks.
 *
 * NOT EMULATED: square wave output, daylight saving (DSE is storage), time bases other than 32768 Hz, the NMI mask.
 */
#include "devices/mc146818.h"

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define NS_PER_S    UINT64_C(1000000000)
#define UIP_NS      244000u
#define BEATS_PER_S 32768u
#define DAY         86400u
#define DONT_CARE   0xc0

enum {
    SECONDS,
    SECONDS_ALARM,
    MINUTES,
    MINUTES_ALARM,
    HOURS,
    HOURS_ALARM,
    WEEKDAY,
    DAY_OF_MONTH,
    MONTH,
    YEAR,
    REG_A,
    REG_B,
    REG_C,
    REG_D,
    CENTURY = 0x32
};
enum { A_UIP = 0x80, A_DIVIDER_RESET = 0x60, A_RATE = 0x0f };
enum { B_SET = 0x80, B_PIE = 0x40, B_AIE = 0x20, B_UIE = 0x10, B_BINARY = 0x04, B_24H = 0x02 };
enum { C_IRQF = 0x80, C_PF = 0x40, C_AF = 0x20, C_UF = 0x10, C_FLAGS = 0x70 };
enum { D_VALID = 0x80 };

struct mc146818_state {
    uint64_t phase_ns; /* < 1 s; virtual time plus this is a multiple of a second at each update */
    uint64_t updates;  /* updates up to the last look */
    uint64_t beats;    /* of 1/32768 s, up to the last look */
    uint8_t reg[256];  /* as the guest sees them, but for UIP, IRQF */
    uint8_t index[2];
    uint8_t powered; /* date and memory have their first values */
    uint8_t pad[5];
};

struct mc146818 {
    struct mc146818_state *s;
    struct machine *machine;
    struct irq irq;
    unsigned timer;
};

static const struct field mc146818_fields[] = {
    FIELD(struct mc146818_state, phase_ns),  FIELD(struct mc146818_state, updates),     FIELD(struct mc146818_state, beats),
    FIELD_ARRAY(struct mc146818_state, reg), FIELD_ARRAY(struct mc146818_state, index), FIELD(struct mc146818_state, powered),
    FIELD_ARRAY(struct mc146818_state, pad),
};

/*
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar, from year 0 on. Years are counted from March, so
 * that leap days come last, and 400 years early, so that none is negative.
 */
static int64_t days_from_date(int64_t year, unsigned month, unsigned day)
{
    unsigned from_march = (month + 9) % 12;
    year += 400 - (month <= 2);
    int64_t leap_days = year / 4 - year / 100 + year / 400;
    return year * 365 + leap_days + (153 * from_march + 2) / 5 + day - 1 - (719468 + 146097);
}

static void date_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    *year = 1970 + days / 366;
    while (days_from_date(*year, 1, 1) > days)
        --*year;
    while (days_from_date(*year + 1, 1, 1) <= days)
        ++*year;
    *month = 1;
    while (*month < 12 && days_from_date(*year, *month + 1, 1) <= days)
        ++*month;
    *day = (unsigned)(days - days_from_date(*year, *month, 1)) + 1;
}

static unsigned decode(const struct mc146818_state *s, uint8_t value)
{
    return s->reg[REG_B] & B_BINARY ? value : (value >> 4) * 10u + (value & 15);
}

static uint8_t encode(const struct mc146818_state *s, unsigned value)
{
    assert(value < 100);
    return s->reg[REG_B] & B_BINARY ? value : value / 10 << 4 | value % 10;
}

static unsigned decode_hour(const struct mc146818_state *s, uint8_t value)
{
    if (s->reg[REG_B] & B_24H)
        return decode(s, value) % 24;
    return decode(s, value & 0x7f) % 12 + (value & 0x80 ? 12 : 0);
}

static uint8_t encode_hour(const struct mc146818_state *s, unsigned hour)
{
    assert(hour < 24);
    if (s->reg[REG_B] & B_24H)
        return encode(s, hour);
    return encode(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? 0x80 : 0);
}

static void put_time(struct mc146818_state *s, unsigned second_of_day)
{
    assert(second_of_day < 86400);
    s->reg[SECONDS] = encode(s, second_of_day % 60);
    s->reg[MINUTES] = encode(s, second_of_day / 60 % 60);
    s->reg[HOURS] = encode_hour(s, second_of_day / 3600);
}

static void put_date(struct mc146818_state *s, int64_t days)
{
    int64_t year;
    unsigned month, day;
    date_from_days(days, &year, &month, &day);
    s->reg[DAY_OF_MONTH] = encode(s, day);
    s->reg[MONTH] = encode(s, month);
    s->reg[YEAR] = encode(s, year % 100);
    s->reg[CENTURY] = encode(s, year / 100 % 100);
}

/* Whatever the guest wrote is read as some date: months wrap, and a day past the month's end is one of the next. */
static int64_t get_date(const struct mc146818_state *s)
{
    int64_t year = decode(s, s->reg[CENTURY]) * 100 + decode(s, s->reg[YEAR]);
    return days_from_date(year, (decode(s, s->reg[MONTH]) + 11) % 12 + 1, decode(s, s->reg[DAY_OF_MONTH]));
}

static unsigned get_time(const struct mc146818_state *s)
{
    return decode_hour(s, s->reg[HOURS]) * 3600 + decode(s, s->reg[MINUTES]) % 60 * 60 + decode(s, s->reg[SECONDS]) % 60;
}

static bool alarm_matches(const struct mc146818_state *s, unsigned second_of_day)
{
    const uint8_t *reg = s->reg;
    return (reg[SECONDS_ALARM] >= DONT_CARE || decode(s, reg[SECONDS_ALARM]) == second_of_day % 60) &&
           (reg[MINUTES_ALARM] >= DONT_CARE || decode(s, reg[MINUTES_ALARM]) == second_of_day / 60 % 60) &&
           (reg[HOURS_ALARM] >= DONT_CARE || decode_hour(s, reg[HOURS_ALARM]) == second_of_day / 3600);
}

/* `count` > 0 updates at once. */
static void advance(struct mc146818_state *s, uint64_t count)
{
    unsigned start = get_time(s);
    for (uint64_t i = 1; i <= min_u64(count, DAY) && !(s->reg[REG_C] & C_AF); i++)
        if (alarm_matches(s, (start + i) % DAY))
            s->reg[REG_C] |= C_AF;
    s->reg[REG_C] |= C_UF;
    put_time(s, (start + count) % DAY);
    uint64_t days = (start + count) / DAY;
    if (days) {
        put_date(s, get_date(s) + (int64_t)days);
        s->reg[WEEKDAY] = (s->reg[WEEKDAY] + 6 + days) % 7 + 1;
    }
}

static bool divider_runs(const struct mc146818_state *s)
{
    return (s->reg[REG_A] & A_DIVIDER_RESET) != A_DIVIDER_RESET;
}

/* Beats between periodic interrupts, 0: none. */
static unsigned period(const struct mc146818_state *s)
{
    unsigned rate = s->reg[REG_A] & A_RATE;
    return rate == 0 ? 0 : rate <= 2 ? 64u << rate : 1u << (rate - 1);
}

static uint64_t beats_at(const struct mc146818_state *s, uint64_t now)
{
    return (unsigned __int128)(now + s->phase_ns) * BEATS_PER_S / NS_PER_S;
}

static void power_on(struct mc146818_state *s, uint64_t base_ns, uint64_t now)
{
    s->powered = 1;
    s->phase_ns = base_ns % NS_PER_S;
    s->updates = (now + s->phase_ns) / NS_PER_S;
    s->beats = beats_at(s, now);
    uint64_t seconds = base_ns / NS_PER_S + s->updates;
    put_time(s, seconds % DAY);
    put_date(s, seconds / DAY);
    s->reg[WEEKDAY] = (seconds / DAY + 4) % 7 + 1;
}

/* Brings s to `now`; works on copies too. */
static void catch_up(struct mc146818_state *s, const struct clock_state *clock, uint64_t now)
{
    if (!s->powered)
        power_on(s, clock->rtc_base_ns, now);
    uint64_t updates = (now + s->phase_ns) / NS_PER_S, beats = beats_at(s, now);
    if (divider_runs(s)) {
        if (period(s) && beats / period(s) != s->beats / period(s))
            s->reg[REG_C] |= C_PF;
        if (updates > s->updates && !(s->reg[REG_B] & B_SET))
            advance(s, updates - s->updates);
    }
    s->updates = updates;
    s->beats = beats;
}

static bool interrupts(const struct mc146818_state *s)
{
    return s->reg[REG_B] & s->reg[REG_C] & C_FLAGS;
}

/* Drives the line, and arms the timer for the next event that may raise it. */
static void mc146818_update(struct mc146818 *rtc)
{
    const struct mc146818_state *s = rtc->s;
    irq_set(&rtc->irq, interrupts(s));
    uint8_t awaited = s->reg[REG_B] & ~s->reg[REG_C];
    uint64_t next = TIMER_OFF;
    if (s->powered && divider_runs(s)) {
        if ((awaited & (B_AIE | B_UIE)) && !(s->reg[REG_B] & B_SET))
            next = (s->updates + 1) * NS_PER_S - s->phase_ns;
        if ((awaited & B_PIE) && period(s)) {
            uint64_t beat = (s->beats / period(s) + 1) * period(s);
            uint64_t at = ((unsigned __int128)beat * NS_PER_S + BEATS_PER_S - 1) / BEATS_PER_S - s->phase_ns;
            next = min_u64(next, at);
        }
    }
    timer_set(&rtc->machine->timers, rtc->timer, next);
}

static void mc146818_expired(void *opaque, uint64_t deadline)
{
    struct mc146818 *rtc = opaque;
    catch_up(rtc->s, rtc->machine->clock, deadline);
    mc146818_update(rtc);
}

/* A divider that leaves its reset makes the first update half a second later. */
static void write_a(struct mc146818_state *s, uint8_t value, uint64_t now)
{
    bool was_running = divider_runs(s);
    s->reg[REG_A] = value & ~A_UIP;
    if (was_running || !divider_runs(s))
        return;
    s->phase_ns = (NS_PER_S + NS_PER_S / 2 - now % NS_PER_S) % NS_PER_S;
    s->updates = (now + s->phase_ns) / NS_PER_S;
    s->beats = beats_at(s, now);
}

static void write_reg(struct mc146818_state *s, uint8_t index, uint8_t value, uint64_t now)
{
    switch (index) {
    case REG_A:
        write_a(s, value, now);
        break;
    case REG_B:
        s->reg[REG_B] = value & B_SET ? value & ~B_UIE : value;
        break;
    case REG_C:
    case REG_D:
        break;
    default:
        s->reg[index] = value;
    }
}

static void mc146818_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct mc146818 *rtc = opaque;
    struct mc146818_state *s = rtc->s;
    unsigned bank = offset >> 1;
    if (!(offset & 1)) {
        s->index[bank] = value & 0x7f;
        return;
    }
    uint64_t now = machine_now(rtc->machine);
    catch_up(s, rtc->machine->clock, now);
    write_reg(s, bank << 7 | s->index[bank], value, now);
    mc146818_update(rtc);
}

/* A register of a state that has caught up. */
static uint8_t visible(const struct mc146818_state *s, uint8_t index, uint64_t now)
{
    uint8_t value = s->reg[index];
    bool updates = divider_runs(s) && !(s->reg[REG_B] & B_SET);
    if (index == REG_A && updates && (now + s->phase_ns) % NS_PER_S >= NS_PER_S - UIP_NS)
        value |= A_UIP;
    if (index == REG_C && interrupts(s))
        value |= C_IRQF;
    return value;
}

static uint64_t mc146818_read(void *opaque, uint64_t offset, unsigned size)
{
    struct mc146818 *rtc = opaque;
    struct mc146818_state *s = rtc->s;
    unsigned bank = offset >> 1;
    if (!(offset & 1))
        return 0xff;
    uint64_t now = machine_now(rtc->machine);
    catch_up(s, rtc->machine->clock, now);
    uint8_t index = bank << 7 | s->index[bank];
    uint8_t value = visible(s, index, now);
    if (index == REG_C)
        s->reg[REG_C] = 0;
    mc146818_update(rtc);
    return value;
}

static uint64_t mc146818_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct mc146818 *rtc = opaque;
    struct mc146818_state copy = *rtc->s;
    unsigned bank = offset >> 1;
    if (!(offset & 1))
        return 0xff;
    uint64_t now = machine_now(rtc->machine);
    catch_up(&copy, rtc->machine->clock, now);
    return visible(&copy, bank << 7 | copy.index[bank], now);
}

static const struct mmio_ops mc146818_ops = {mc146818_read, mc146818_write, mc146818_peek, 1, 1};

void mc146818_region(struct mc146818 *rtc, struct region *out)
{
    *out = (struct region){.name = "mc146818", .kind = REGION_MMIO, .size = 4, .ops = &mc146818_ops, .opaque = rtc};
}

static void mc146818_reset(void *device)
{
    struct mc146818 *rtc = device;
    struct mc146818_state *s = rtc->s;
    if (!s->powered) {
        s->reg[REG_A] = 0x26;
        s->reg[REG_B] = B_24H;
        s->reg[REG_D] = D_VALID;
    }
    s->reg[REG_B] &= ~(B_PIE | B_AIE | B_UIE);
    s->reg[REG_C] = 0;
    s->index[0] = s->index[1] = 0;
    mc146818_update(rtc);
}

static int mc146818_check(const void *state)
{
    const struct mc146818_state *s = state;
    bool valid = s->phase_ns < NS_PER_S && s->index[0] < 0x80 && s->index[1] < 0x80 && s->powered <= 1 &&
                 !(s->reg[REG_A] & A_UIP) && !(s->reg[REG_C] & ~C_FLAGS) && s->reg[REG_D] == D_VALID;
    return valid ? 0 : -1;
}

const struct device_class mc146818_class = {
    "mc146818",     1,    sizeof(struct mc146818_state), mc146818_fields, ARRAY_SIZE(mc146818_fields), mc146818_reset,
    mc146818_check, NULL,
};

struct mc146818 *mc146818_new(struct machine *machine, const char *instance, struct irq irq)
{
    struct mc146818 *rtc = alloc_zeroed(sizeof(*rtc));
    rtc->machine = machine;
    rtc->irq = irq;
    rtc->timer = timer_add(&machine->timers, instance, mc146818_expired, rtc);
    rtc->s = device_register(machine, &mc146818_class, instance, rtc);
    mc146818_reset(rtc);
    return rtc;
}
