/*
 * AT24C02 serial EEPROM.
 *
 * Document: Atmel AT24C01A/02/04 data sheet: device operation, device addressing, write and read operations.
 * Lines: SCL and SDA.
 *
 * Bits are taken at the rising edge of SCL, and what the chip drives changes at the falling one. A byte is 8 bits and an
 * acknowledgement, by the receiver.
 * NOT EMULATED: write cycle time, write protection.
 */
#include "devices/eeprom24c02.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define PAGE_SIZE 8 /* a write wraps within its page */

enum { PHASE_IDLE, PHASE_ADDRESS, PHASE_OFFSET, PHASE_WRITE, PHASE_READ, PHASE_COUNT };

struct eeprom24c02_state {
    uint8_t contents[EEPROM24C02_SIZE];
    uint8_t offset;
    uint8_t phase;
    uint8_t bits;  /* of the present byte that were clocked, 8: the acknowledgement is next */
    uint8_t shift; /* received so far, or being sent */
    uint8_t scl, sda;
    uint8_t out; /* 0: the chip pulls SDA low */
    uint8_t pad;
};

struct eeprom24c02 {
    struct eeprom24c02_state *s;
    uint8_t address;
};

static const struct field eeprom24c02_fields[] = {
    FIELD_ARRAY(struct eeprom24c02_state, contents),
    FIELD(struct eeprom24c02_state, offset),
    FIELD(struct eeprom24c02_state, phase),
    FIELD(struct eeprom24c02_state, bits),
    FIELD(struct eeprom24c02_state, shift),
    FIELD(struct eeprom24c02_state, scl),
    FIELD(struct eeprom24c02_state, sda),
    FIELD(struct eeprom24c02_state, out),
    FIELD(struct eeprom24c02_state, pad),
};

static void enter(struct eeprom24c02_state *s, unsigned phase)
{
    assert(phase < PHASE_COUNT);
    s->phase = phase;
    s->bits = 0;
    s->shift = 0;
    s->out = 1;
}

/* A byte was received and acknowledged: what is next. */
static void take_byte(struct eeprom24c02 *eeprom)
{
    struct eeprom24c02_state *s = eeprom->s;
    uint8_t byte = s->shift;
    switch (s->phase) {
    case PHASE_ADDRESS:
        enter(s, byte & 1 ? PHASE_READ : PHASE_OFFSET);
        break;
    case PHASE_OFFSET:
        s->offset = byte;
        enter(s, PHASE_WRITE);
        break;
    default:
        assert(s->phase == PHASE_WRITE);
        s->contents[s->offset] = byte;
        s->offset = (s->offset & ~(PAGE_SIZE - 1)) | ((s->offset + 1) & (PAGE_SIZE - 1));
        enter(s, PHASE_WRITE);
    }
}

static void rising(struct eeprom24c02 *eeprom, bool sda)
{
    struct eeprom24c02_state *s = eeprom->s;
    if (s->phase == PHASE_IDLE || s->bits > 8)
        return;
    if (s->phase == PHASE_READ) {
        /* The master's acknowledgement; without one the transfer is over. */
        if (s->bits == 8 && sda)
            enter(s, PHASE_IDLE);
    } else if (s->bits < 8) {
        s->shift = s->shift << 1 | sda;
    }
    s->bits++;
}

static void falling(struct eeprom24c02 *eeprom)
{
    struct eeprom24c02_state *s = eeprom->s;
    if (s->phase == PHASE_IDLE)
        return;
    if (s->phase != PHASE_READ && s->bits == 8) {
        if (s->phase == PHASE_ADDRESS && s->shift >> 1 != eeprom->address)
            enter(s, PHASE_IDLE);
        else
            s->out = 0;
        return;
    }
    if (s->phase != PHASE_READ && s->bits == 9)
        take_byte(eeprom);
    if (s->phase != PHASE_READ)
        return;
    if (s->bits == 0 || s->bits == 9) {
        s->shift = s->contents[s->offset++];
        s->bits = 0;
    }
    assert(s->bits <= 8);
    s->out = s->bits == 8 ? 1 : s->shift >> (7 - s->bits) & 1;
}

void eeprom24c02_set_lines(struct eeprom24c02 *eeprom, bool scl, bool sda)
{
    struct eeprom24c02_state *s = eeprom->s;
    bool was_scl = s->scl, was_sda = s->sda;
    s->scl = scl;
    s->sda = sda;
    if (was_scl && scl && was_sda != sda)
        enter(s, sda ? PHASE_IDLE : PHASE_ADDRESS);
    else if (!was_scl && scl)
        rising(eeprom, sda);
    else if (was_scl && !scl)
        falling(eeprom);
}

bool eeprom24c02_sda(const struct eeprom24c02 *eeprom)
{
    return eeprom->s->out;
}

static void eeprom24c02_reset(void *device)
{
    struct eeprom24c02 *eeprom = device;
    struct eeprom24c02_state *s = eeprom->s;
    s->offset = 0;
    s->scl = s->sda = 1;
    enter(s, PHASE_IDLE);
}

static int eeprom24c02_check(const void *state)
{
    const struct eeprom24c02_state *s = state;
    return s->phase < PHASE_COUNT && s->bits <= 9 && s->scl <= 1 && s->sda <= 1 && s->out <= 1 ? 0 : -1;
}

const struct device_class eeprom24c02_class = {
    "eeprom24c02",
    1,
    sizeof(struct eeprom24c02_state),
    eeprom24c02_fields,
    ARRAY_SIZE(eeprom24c02_fields),
    eeprom24c02_reset,
    eeprom24c02_check,
    NULL,
};

struct eeprom24c02 *eeprom24c02_new(struct machine *machine, const char *instance, uint8_t address,
                                    const uint8_t contents[EEPROM24C02_SIZE])
{
    assert(address < 0x80);
    struct eeprom24c02 *eeprom = alloc_zeroed(sizeof(*eeprom));
    eeprom->address = address;
    eeprom->s = device_register(machine, &eeprom24c02_class, instance, eeprom);
    memcpy(eeprom->s->contents, contents, EEPROM24C02_SIZE);
    eeprom24c02_reset(eeprom);
    return eeprom;
}
