/*
 * The Malta board's FPGA registers.
 *
 * Document: MIPS Malta User's Manual (MD00048), "Board registers"; Atmel AT24C02 data sheet; JEDEC 21-C 4.1.2.5 for what the
 * EEPROM holds.
 * Regions: 1 MiB of 32-bit registers in CPU order; the REVISION word. Lines: none.
 *
 * The I2C bus is wired-AND: the board drives a line low when it is enabled in I2COE and 0 in I2COUT, the EEPROM answers at
 * address 0x50.
 * NOT EMULATED: the UART (a chip of its own), power supply control, the EEPROM's write cycle time.
 */
#include "devices/malta_fpga.h"

#include "devices/eeprom24c02.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define REVISION 0x00000420 /* core card 1, CoreLV; system controller 0, to be deduced from the card */

// clang-format off
/* name, offset, reset value, writable bits */
#define FPGA_REGS(R)                 \
    R(SWITCH, 0x0200, 0,    0)       \
    R(STATUS, 0x0208, 0x10, 0)       \
    R(JMPRS,  0x0210, 0,    0)       \
    R(LEDBAR, 0x0408, 0,    0xff)    \
    R(BRKRES, 0x0508, 0x0a, 0xff)    \
    R(GPOUT,  0x0a00, 0,    0xff)    \
    R(I2COE,  0x0b08, 0,    0x03)    \
    R(I2COUT, 0x0b10, 0x03, 0x03)    \
    R(I2CSEL, 0x0b18, 0x01, 0x01)
// clang-format on

/* These have no storage in the table, or a meaning besides. */
enum { ASCIIWORD = 0x0410, ASCIIPOS0 = 0x0418, ASCIIPOS7 = 0x0450, SOFTRES = 0x0500, GPINP = 0x0a08, I2CINP = 0x0b00 };
static_assert(ASCIIPOS7 - ASCIIPOS0 == 8 * (MALTA_DISPLAY_SIZE - 1), "a register for each place of the display");
enum { STATUS_BIG_ENDIAN = 0x02 };
enum { SOFTRES_GO = 0x42 };
enum { I2C_SDA = 0x01, I2C_SCL = 0x02 };

enum {
#define R(name, offset, reset, writable) FPGA_##name,
    FPGA_REGS(R)
#undef R
        FPGA_COUNT
};

struct malta_fpga_state {
    uint8_t reg[FPGA_COUNT];
    uint8_t display[MALTA_DISPLAY_SIZE];
    uint8_t pad[7];
};

struct malta_fpga {
    struct malta_fpga_state *s;
    struct machine *machine;
    struct eeprom24c02 *eeprom;
};

static_assert(sizeof(struct malta_fpga_state) == 24, "padding as listed");

static const struct field malta_fpga_fields[] = {
    FIELD_ARRAY(struct malta_fpga_state, reg),
    FIELD_ARRAY(struct malta_fpga_state, display),
    FIELD_ARRAY(struct malta_fpga_state, pad),
};

static const struct {
    const char *name;
    uint16_t offset;
    uint8_t reset, writable;
} regs[FPGA_COUNT] = {
#define R(name, offset, reset, writable) {#name, offset, reset, writable},
    FPGA_REGS(R)
#undef R
};

/* FPGA_COUNT: not in the table. */
static unsigned fpga_find(uint64_t offset)
{
    unsigned i = 0;
    while (i < FPGA_COUNT && regs[i].offset != offset)
        i++;
    return i;
}

/* The lines as the board drives them: an output that is not enabled is pulled up. */
static uint8_t fpga_i2c_driven(const struct malta_fpga *fpga)
{
    return fpga->s->reg[FPGA_I2COUT] | (~fpga->s->reg[FPGA_I2COE] & (I2C_SDA | I2C_SCL));
}

static uint8_t fpga_i2c_seen(const struct malta_fpga *fpga)
{
    return fpga_i2c_driven(fpga) & ~(eeprom24c02_sda(fpga->eeprom) ? 0 : I2C_SDA);
}

static void fpga_i2c_update(struct malta_fpga *fpga)
{
    uint8_t driven = fpga_i2c_driven(fpga);
    eeprom24c02_set_lines(fpga->eeprom, driven & I2C_SCL, driven & I2C_SDA);
}

static uint64_t fpga_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct malta_fpga *fpga = opaque;
    unsigned reg = fpga_find(offset);
    if (reg < FPGA_COUNT)
        return fpga->s->reg[reg] | (reg == FPGA_STATUS && fpga->machine->big_endian ? STATUS_BIG_ENDIAN : 0);
    if (offset == I2CINP)
        return fpga_i2c_seen(fpga);
    if (offset == GPINP)
        return fpga->s->reg[FPGA_I2CSEL] ? fpga->s->reg[FPGA_I2COUT] : 0;
    return 0;
}

static uint64_t fpga_read(void *opaque, uint64_t offset, unsigned size)
{
    return fpga_peek(opaque, offset, size);
}

static void fpga_show_word(struct malta_fpga *fpga, uint32_t word)
{
    static_assert(MALTA_DISPLAY_SIZE == 8, "a place for each hexadecimal digit");
    for (unsigned i = 0; i < MALTA_DISPLAY_SIZE; i++)
        fpga->s->display[i] = "0123456789ABCDEF"[word >> (28 - 4 * i) & 15];
}

static void fpga_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct malta_fpga *fpga = opaque;
    unsigned reg = fpga_find(offset);
    if (reg < FPGA_COUNT) {
        fpga->s->reg[reg] = (fpga->s->reg[reg] & ~regs[reg].writable) | (value & regs[reg].writable);
        fpga_i2c_update(fpga);
    } else if (offset == ASCIIWORD) {
        fpga_show_word(fpga, value);
    } else if (offset >= ASCIIPOS0 && offset <= ASCIIPOS7 && offset % 8 == 0) {
        fpga->s->display[(offset - ASCIIPOS0) / 8] = value;
    } else if (offset == SOFTRES) {
        if (value == SOFTRES_GO)
            machine_request(fpga->machine, REQUEST_RESET);
    } else {
        log_printf(LOG_BIT_UNIMP, "malta_fpga: write of %08x at %05x\n", (unsigned)value, (unsigned)offset);
    }
}

static uint64_t revision_peek(const void *opaque, uint64_t offset, unsigned size)
{
    return REVISION;
}

static uint64_t revision_read(void *opaque, uint64_t offset, unsigned size)
{
    return REVISION;
}

static const struct mmio_ops fpga_ops = {fpga_read, fpga_write, fpga_peek, 4, 4};
static const struct mmio_ops revision_ops = {revision_read, NULL, revision_peek, 4, 4};

void malta_fpga_region(struct malta_fpga *fpga, struct region *out)
{
    *out = (struct region){.name = "malta-fpga", .kind = REGION_MMIO, .flags = REGION_CPU_ORDER, .size = 0x100000};
    out->ops = &fpga_ops;
    out->opaque = fpga;
}

void malta_fpga_revision_region(struct malta_fpga *fpga, struct region *out)
{
    *out = (struct region){.name = "malta-revision", .kind = REGION_MMIO, .flags = REGION_CPU_ORDER, .size = 4};
    out->ops = &revision_ops;
    out->opaque = fpga;
}

const uint8_t *malta_fpga_display(const struct malta_fpga *fpga)
{
    return fpga->s->display;
}

static void malta_fpga_reset(void *device)
{
    struct malta_fpga *fpga = device;
    *fpga->s = (struct malta_fpga_state){0};
    for (unsigned i = 0; i < FPGA_COUNT; i++)
        fpga->s->reg[i] = regs[i].reset;
    for (unsigned i = 0; i < MALTA_DISPLAY_SIZE; i++)
        fpga->s->display[i] = ' ';
    fpga_i2c_update(fpga);
}

static int malta_fpga_check(const void *state)
{
    const struct malta_fpga_state *s = state;
    for (unsigned i = 0; i < FPGA_COUNT; i++)
        if ((s->reg[i] ^ regs[i].reset) & ~regs[i].writable)
            return -1;
    return 0;
}

const struct device_class malta_fpga_class = {
    "malta-fpga",     1,    sizeof(struct malta_fpga_state), malta_fpga_fields, ARRAY_SIZE(malta_fpga_fields), malta_fpga_reset,
    malta_fpga_check, NULL,
};

/* A module of 64-bit PC100 SDRAM in one bank, described as JEDEC has it. */
static void fill_spd(uint8_t spd[EEPROM24C02_SIZE], uint64_t bytes)
{
    static const struct {
        uint8_t at, value;
    } rows[] = {
        {0,  128 },
        {1,  8   },
        {2,  4   },
        {3,  13  },
        {4,  10  },
        {5,  1   },
        {6,  64  },
        {8,  1   },
        {9,  0x75},
        {10, 0x54},
        {12, 0x82},
        {13, 8   },
        {15, 1   },
        {16, 0x8f},
        {17, 4   },
        {18, 0x06},
        {19, 0x01},
        {20, 0x01},
        {22, 0x0e},
        {23, 0x75},
        {24, 0x54},
        {27, 20  },
        {28, 15  },
        {29, 20  },
        {30, 45  },
        {32, 0x15},
        {33, 0x08},
        {34, 0x15},
        {35, 0x08},
        {62, 0x12},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        assert(rows[i].at < 63); /* where the checksum stands */
        spd[rows[i].at] = rows[i].value;
    }
    /* Bank density: bit 0 is 4 MiB, bit 7 is 512 MiB. */
    unsigned density = 0;
    while (density < 7 && (uint64_t)8 << (20 + density) <= bytes)
        density++;
    spd[31] = 1u << density;
    for (unsigned i = 0; i < 63; i++)
        spd[63] += spd[i];
}

struct malta_fpga *malta_fpga_new(struct machine *machine, const char *instance, uint64_t low_ram)
{
    struct malta_fpga *fpga = alloc_zeroed(sizeof(*fpga));
    uint8_t spd[EEPROM24C02_SIZE] = {0};
    fill_spd(spd, low_ram);
    fpga->machine = machine;
    fpga->eeprom = eeprom24c02_new(machine, "spd-eeprom", 0x50, spd);
    fpga->s = device_register(machine, &malta_fpga_class, instance, fpga);
    malta_fpga_reset(fpga);
    return fpga;
}
