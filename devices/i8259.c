/*
 * Two Intel 8259A, cascaded at the master's input 2, with the edge/level registers of a PCI south bridge.
 *
 * Documents: Intel 8259A data sheet (231468), "Programming the 8259A"; 82371AB (PIIX4) data sheet, ELCR1/ELCR2.
 * Regions: master (command, data), slave (command, data), ELCR (master's, slave's); one byte wide.
 * Lines: 16 inputs, INT out.
 *
 * An input must stay high until it is acknowledged, in edge mode too: a line that falls takes its request along.
 * ICW1.LTIM is ignored, as the PIIX4 does; ELCR says which inputs are level-triggered.
 *
 * NOT EMULATED: 8080 mode (ICW4.uPM = 0 gives the same vectors), buffered mode, slaves anywhere but at input 2.
 */
#include "devices/i8259.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define CASCADE  2
#define NO_LEVEL 8

enum { ICW1_IC4 = 0x01, ICW1_SNGL = 0x02, ICW1 = 0x10 };
enum { ICW4_AEOI = 0x02, ICW4_SFNM = 0x10 };
enum { OCW2_EOI = 0x20, OCW2_SPECIFIC = 0x40, OCW2_ROTATE = 0x80 };
enum { OCW3_RIS = 0x01, OCW3_RR = 0x02, OCW3_POLL = 0x04, OCW3 = 0x08, OCW3_SMM = 0x20, OCW3_ESMM = 0x40 };

/* Which chip: 0 master, 1 slave. */
struct i8259_state {
    uint8_t line[2]; /* levels of the inputs */
    uint8_t irr[2];
    uint8_t imr[2];
    uint8_t isr[2];
    uint8_t elcr[2];
    uint8_t icw1[2];
    uint8_t icw2[2];
    uint8_t icw3[2];
    uint8_t icw4[2];
    uint8_t expect[2]; /* which ICW the data port takes next, 0: none */
    uint8_t lowest[2]; /* level of lowest priority */
    uint8_t read_isr[2];
    uint8_t poll[2];
    uint8_t special_mask[2];
    uint8_t rotate_aeoi[2];
    uint8_t cascade_line; /* level of the board's own wire at input 2 */
};

struct i8259 {
    struct i8259_state *s;
    struct irq intr;
    struct i8259_chip {
        struct i8259 *pic;
        unsigned index;
    } chip[2];
};

static const struct field i8259_fields[] = {
    FIELD_ARRAY(struct i8259_state, line),        FIELD_ARRAY(struct i8259_state, irr),
    FIELD_ARRAY(struct i8259_state, imr),         FIELD_ARRAY(struct i8259_state, isr),
    FIELD_ARRAY(struct i8259_state, elcr),        FIELD_ARRAY(struct i8259_state, icw1),
    FIELD_ARRAY(struct i8259_state, icw2),        FIELD_ARRAY(struct i8259_state, icw3),
    FIELD_ARRAY(struct i8259_state, icw4),        FIELD_ARRAY(struct i8259_state, expect),
    FIELD_ARRAY(struct i8259_state, lowest),      FIELD_ARRAY(struct i8259_state, read_isr),
    FIELD_ARRAY(struct i8259_state, poll),        FIELD_ARRAY(struct i8259_state, special_mask),
    FIELD_ARRAY(struct i8259_state, rotate_aeoi), FIELD(struct i8259_state, cascade_line),
};

/* Rank of the highest priority among the levels in mask: 0 is the highest there can be, NO_LEVEL if mask is empty. */
static unsigned i8259_rank(uint8_t mask, unsigned lowest)
{
    for (unsigned rank = 0; rank < NO_LEVEL; rank++)
        if (mask >> ((lowest + 1 + rank) & 7) & 1)
            return rank;
    return NO_LEVEL;
}

static uint8_t i8259_blocking(const struct i8259_state *s, unsigned chip)
{
    uint8_t blocking = s->isr[chip];
    if (s->special_mask[chip])
        blocking &= ~s->imr[chip];
    /* Fully nested for slaves too: the slave itself decides what may interrupt what. */
    if (chip == 0 && (s->icw4[0] & ICW4_SFNM))
        blocking &= ~(1u << CASCADE);
    return blocking;
}

/* The level that the chip asks an interrupt for, -1 if none. */
static int i8259_request(const struct i8259_state *s, unsigned chip)
{
    unsigned lowest = s->lowest[chip];
    unsigned rank = i8259_rank(s->irr[chip] & ~s->imr[chip], lowest);
    if (rank == NO_LEVEL || rank >= i8259_rank(i8259_blocking(s, chip), lowest))
        return -1;
    return (int)((lowest + 1 + rank) & 7);
}

static void i8259_set_line(struct i8259_state *s, unsigned chip, unsigned level, bool high)
{
    assert(chip < 2 && level < 8);
    uint8_t bit = 1u << level;
    bool rising = high && !(s->line[chip] & bit);
    s->line[chip] = (s->line[chip] & ~bit) | (high ? bit : 0);
    if (!high)
        s->irr[chip] &= ~bit;
    else if (rising || (s->elcr[chip] & bit))
        s->irr[chip] |= bit;
}

static void i8259_update(struct i8259 *pic)
{
    struct i8259_state *s = pic->s;
    i8259_set_line(s, 0, CASCADE, s->cascade_line || i8259_request(s, 1) >= 0);
    irq_set(&pic->intr, i8259_request(s, 0) >= 0);
}

static void i8259_input(void *opaque, unsigned line, bool level)
{
    struct i8259 *pic = opaque;
    struct i8259_state *s = pic->s;
    unsigned chip = line >> 3;
    assert(line < 16);
    uint8_t high = s->line[chip], wanted = s->irr[chip];
    if (line == CASCADE)
        s->cascade_line = level;
    else
        i8259_set_line(s, chip, line & 7, level);
    if (line == CASCADE || s->line[chip] != high || s->irr[chip] != wanted) /* devices tell again what has not changed */
        i8259_update(pic);
}

/* The chip's part of an INTA cycle for a level that it has requested. */
static void i8259_take(struct i8259_state *s, unsigned chip, unsigned level)
{
    assert(chip < 2 && level < 8);
    uint8_t bit = 1u << level;
    if (!(s->icw4[chip] & ICW4_AEOI))
        s->isr[chip] |= bit;
    else if (s->rotate_aeoi[chip])
        s->lowest[chip] = level;
    if (!(s->elcr[chip] & bit))
        s->irr[chip] &= ~bit;
}

int i8259_acknowledge(struct i8259 *pic)
{
    struct i8259_state *s = pic->s;
    int level = i8259_request(s, 0);
    if (level < 0)
        return s->icw2[0] | 7;
    i8259_take(s, 0, level);
    int vector = s->icw2[0] | level;
    if (level == CASCADE) {
        level = i8259_request(s, 1);
        if (level >= 0)
            i8259_take(s, 1, level);
        vector = s->icw2[1] | (level < 0 ? 7 : level);
        /* The slave's INT drops for the cycle, so that what it still wants is an edge of its own. */
        i8259_set_line(s, 0, CASCADE, false);
    }
    i8259_update(pic);
    return vector;
}

static void i8259_start_init(struct i8259_state *s, unsigned chip, uint8_t value)
{
    s->icw1[chip] = value;
    s->icw4[chip] = 0;
    s->imr[chip] = s->isr[chip] = 0;
    s->irr[chip] = s->line[chip] & s->elcr[chip];
    s->lowest[chip] = 7;
    s->read_isr[chip] = s->poll[chip] = s->special_mask[chip] = s->rotate_aeoi[chip] = 0;
    s->expect[chip] = 2;
}

static void i8259_ocw2(struct i8259_state *s, unsigned chip, uint8_t value)
{
    unsigned level = value & 7;
    if (!(value & OCW2_EOI)) {
        if (!(value & OCW2_SPECIFIC))
            s->rotate_aeoi[chip] = !!(value & OCW2_ROTATE);
        else if (value & OCW2_ROTATE)
            s->lowest[chip] = level;
        return;
    }
    if (!(value & OCW2_SPECIFIC)) {
        uint8_t in_service = s->isr[chip] & ~(s->special_mask[chip] ? s->imr[chip] : 0);
        unsigned rank = i8259_rank(in_service, s->lowest[chip]);
        if (rank == NO_LEVEL)
            return;
        level = (s->lowest[chip] + 1 + rank) & 7;
    }
    s->isr[chip] &= ~(1u << level);
    if (value & OCW2_ROTATE)
        s->lowest[chip] = level;
}

static void i8259_ocw3(struct i8259_state *s, unsigned chip, uint8_t value)
{
    if (value & OCW3_RR)
        s->read_isr[chip] = value & OCW3_RIS;
    if (value & OCW3_ESMM)
        s->special_mask[chip] = !!(value & OCW3_SMM);
    s->poll[chip] = !!(value & OCW3_POLL);
}

/* A byte to the data port: the ICW that is due, else the mask. */
static void i8259_write_data(struct i8259_state *s, unsigned chip, uint8_t value)
{
    bool wants_icw4 = s->icw1[chip] & ICW1_IC4;
    switch (s->expect[chip]) {
    case 2:
        s->icw2[chip] = value & 0xf8;
        s->expect[chip] = s->icw1[chip] & ICW1_SNGL ? (wants_icw4 ? 4 : 0) : 3;
        break;
    case 3:
        s->icw3[chip] = value;
        s->expect[chip] = wants_icw4 ? 4 : 0;
        if (value != (chip ? CASCADE : 1u << CASCADE))
            log_printf(LOG_BIT_GUEST_ERRORS, "i8259: ICW3 %02x does not fit the wiring\n", value);
        break;
    case 4:
        s->icw4[chip] = value;
        s->expect[chip] = 0;
        break;
    default:
        s->imr[chip] = value;
    }
}

static void i8259_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8259_chip *chip = opaque;
    struct i8259_state *s = chip->pic->s;
    if (offset == 1)
        i8259_write_data(s, chip->index, value);
    else if (value & ICW1)
        i8259_start_init(s, chip->index, value);
    else if (value & OCW3)
        i8259_ocw3(s, chip->index, value);
    else
        i8259_ocw2(s, chip->index, value);
    i8259_update(chip->pic);
}

static uint64_t i8259_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct i8259_chip *chip = opaque;
    const struct i8259_state *s = chip->pic->s;
    if (s->poll[chip->index]) {
        int level = i8259_request(s, chip->index);
        return level < 0 ? 0 : 0x80u | (unsigned)level;
    }
    if (offset == 1)
        return s->imr[chip->index];
    return s->read_isr[chip->index] ? s->isr[chip->index] : s->irr[chip->index];
}

static uint64_t i8259_read(void *opaque, uint64_t offset, unsigned size)
{
    struct i8259_chip *chip = opaque;
    struct i8259_state *s = chip->pic->s;
    uint64_t value = i8259_peek(chip, offset, size);
    if (s->poll[chip->index]) {
        s->poll[chip->index] = 0;
        if (value & 0x80)
            i8259_take(s, chip->index, value & 7);
        i8259_update(chip->pic);
    }
    return value;
}

/* Inputs 0, 1, 2, 8 and 13 are always edge-triggered. */
static const uint8_t elcr_mask[2] = {0xf8, 0xde};

static uint64_t i8259_elcr_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return ((const struct i8259 *)opaque)->s->elcr[offset];
}

static uint64_t i8259_elcr_read(void *opaque, uint64_t offset, unsigned size)
{
    return i8259_elcr_peek(opaque, offset, size);
}

static void i8259_elcr_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct i8259 *pic = opaque;
    struct i8259_state *s = pic->s;
    uint8_t level = s->elcr[offset] = value & elcr_mask[offset];
    s->irr[offset] = (s->irr[offset] & ~level) | (s->line[offset] & level);
    i8259_update(pic);
}

static const struct mmio_ops i8259_ops = {i8259_read, i8259_write, i8259_peek, 1, 1};
static const struct mmio_ops i8259_elcr_ops = {i8259_elcr_read, i8259_elcr_write, i8259_elcr_peek, 1, 1};

void i8259_region(struct i8259 *pic, enum i8259_region_id id, struct region *out)
{
    assert(id <= I8259_ELCR);
    static const char *const names[] = {"i8259-master", "i8259-slave", "i8259-elcr"};
    *out = (struct region){.name = names[id], .kind = REGION_MMIO, .size = 2};
    out->ops = id == I8259_ELCR ? &i8259_elcr_ops : &i8259_ops;
    out->opaque = id == I8259_ELCR ? (void *)pic : (void *)&pic->chip[id];
}

struct irq i8259_irq_input(struct i8259 *pic, unsigned line)
{
    assert(line < 16);
    return (struct irq){i8259_input, pic, line};
}

/* The levels of the inputs belong to who drives them and outlast a reset. */
static void i8259_reset(void *device)
{
    struct i8259 *pic = device;
    struct i8259_state *s = pic->s;
    struct i8259_state fresh = {
        .line = {s->line[0], s->line[1]},
          .cascade_line = s->cascade_line, .icw2 = {0,          8         }
    };
    fresh.lowest[0] = fresh.lowest[1] = 7;
    fresh.imr[0] = fresh.imr[1] = 0xff;
    *s = fresh;
    i8259_update(pic);
}

static int i8259_check(const void *state)
{
    const struct i8259_state *s = state;
    for (unsigned chip = 0; chip < 2; chip++)
        if (s->lowest[chip] > 7 || s->expect[chip] > 4 || s->expect[chip] == 1 || (s->icw2[chip] & 7) ||
            (s->elcr[chip] & ~elcr_mask[chip]))
            return -1;
    return s->cascade_line > 1 ? -1 : 0;
}

const struct device_class i8259_class = {
    "i8259", 1, sizeof(struct i8259_state), i8259_fields, ARRAY_SIZE(i8259_fields), i8259_reset, i8259_check, NULL,
};

struct i8259 *i8259_new(struct machine *machine, const char *instance, struct irq intr)
{
    struct i8259 *pic = alloc_zeroed(sizeof(*pic));
    pic->intr = intr;
    for (unsigned i = 0; i < 2; i++)
        pic->chip[i] = (struct i8259_chip){pic, i};
    pic->s = device_register(machine, &i8259_class, instance, pic);
    i8259_reset(pic);
    return pic;
}
