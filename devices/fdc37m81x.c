/*
 * SMSC FDC37M81x super-I/O: the configuration port, by which firmware places and enables the devices in the chip.
 *
 * Document: FDC37M81x data sheet, "Configuration" (keys 0x55 and 0xaa, global registers 0x00-0x2f, device registers).
 * Regions: index and data port, one byte wide. Outside configuration mode they float.
 *
 * NOT EMULATED: any effect. The serial ports are chips of their own and always there; floppy, printer port and keyboard
 * controller are absent.
 */
#include "devices/fdc37m81x.h"

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define KEY_ENTER    0x55
#define KEY_EXIT     0xaa
#define GLOBAL_COUNT 0x30
#define DEVICE_COUNT 11
#define FLOATING     0xff

enum { REG_DEVICE = 0x07, REG_ID = 0x20, REG_REVISION = 0x21 };

struct fdc37m81x_state {
    uint8_t global[GLOBAL_COUNT];
    uint8_t device[DEVICE_COUNT][256 - GLOBAL_COUNT];
    uint8_t configuring;
    uint8_t index;
    uint8_t pad[2];
};

struct fdc37m81x {
    struct fdc37m81x_state *s;
};

static const struct field fdc37m81x_fields[] = {
    FIELD_ARRAY(struct fdc37m81x_state, global), FIELD_ARRAY(struct fdc37m81x_state, device),
    FIELD(struct fdc37m81x_state, configuring),  FIELD(struct fdc37m81x_state, index),
    FIELD_ARRAY(struct fdc37m81x_state, pad),
};

/* Activation, bases and interrupts after reset; what is missing is 0. */
static const struct {
    uint8_t device, at, value;
} device_resets[] = {
    {0, 0x60, 0x03},
    {0, 0x61, 0xf0},
    {0, 0x70, 0x06},
    {0, 0x74, 0x02},
    {3, 0x74, 0x04},
};

/* Where the selected register is kept; NULL: nowhere. */
static uint8_t *fdc37m81x_reg(const struct fdc37m81x *sio)
{
    struct fdc37m81x_state *s = sio->s;
    if (s->index < GLOBAL_COUNT)
        return &s->global[s->index];
    unsigned device = s->global[REG_DEVICE];
    return device < DEVICE_COUNT ? &s->device[device][s->index - GLOBAL_COUNT] : NULL;
}

static uint64_t fdc37m81x_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct fdc37m81x *sio = opaque;
    if (!sio->s->configuring)
        return FLOATING;
    if (offset == 0)
        return sio->s->index;
    const uint8_t *reg = fdc37m81x_reg(sio);
    return reg ? *reg : 0;
}

static uint64_t fdc37m81x_read(void *opaque, uint64_t offset, unsigned size)
{
    return fdc37m81x_peek(opaque, offset, size);
}

static void fdc37m81x_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct fdc37m81x *sio = opaque;
    struct fdc37m81x_state *s = sio->s;
    if (!s->configuring) {
        s->configuring = offset == 0 && value == KEY_ENTER;
    } else if (offset == 0) {
        if (value == KEY_EXIT)
            s->configuring = 0;
        else
            s->index = value;
    } else {
        uint8_t *reg = fdc37m81x_reg(sio);
        if (reg && s->index != REG_ID && s->index != REG_REVISION)
            *reg = value;
    }
}

static const struct mmio_ops fdc37m81x_ops = {fdc37m81x_read, fdc37m81x_write, fdc37m81x_peek, 1, 1};

void fdc37m81x_region(struct fdc37m81x *sio, struct region *out)
{
    *out = (struct region){.name = "fdc37m81x", .kind = REGION_MMIO, .size = 2, .ops = &fdc37m81x_ops, .opaque = sio};
}

static void fdc37m81x_reset(void *device)
{
    struct fdc37m81x *sio = device;
    *sio->s = (struct fdc37m81x_state){
        .global = {[REG_ID] = 0x4d, [REG_REVISION] = 0x01}
    };
    for (unsigned i = 0; i < ARRAY_SIZE(device_resets); i++) {
        assert(device_resets[i].device < DEVICE_COUNT && device_resets[i].at >= GLOBAL_COUNT);
        sio->s->device[device_resets[i].device][device_resets[i].at - GLOBAL_COUNT] = device_resets[i].value;
    }
}

static int fdc37m81x_check(const void *state)
{
    return ((const struct fdc37m81x_state *)state)->configuring <= 1 ? 0 : -1;
}

const struct device_class fdc37m81x_class = {
    "fdc37m81x",     1,    sizeof(struct fdc37m81x_state), fdc37m81x_fields, ARRAY_SIZE(fdc37m81x_fields), fdc37m81x_reset,
    fdc37m81x_check, NULL,
};

struct fdc37m81x *fdc37m81x_new(struct machine *machine, const char *instance)
{
    struct fdc37m81x *sio = alloc_zeroed(sizeof(*sio));
    sio->s = device_register(machine, &fdc37m81x_class, instance, sio);
    fdc37m81x_reset(sio);
    return sio;
}
