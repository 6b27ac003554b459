/*
 * PIIX4 function 2: a USB host controller with nothing plugged in.
 *
 * Document: Universal Host Controller Interface design guide 1.1, section 2; 82371AB data sheet, section 6.
 * Regions: registers behind BAR 4 (32 bytes of I/O). Lines: pin D, never raised.
 *
 * The frame number runs with virtual time while the controller does.
 * NOT EMULATED: the schedule (it could only reach devices), interrupts, legacy keyboard support (storage).
 */
#include "devices/piix4_internal.h"

#include "devices/piix4.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define REGS_SIZE 32
#define FRAME_NS  1000000u

/* 16-bit registers, by offset / 2. */
enum { CMD, STS, INTR, FRNUM, FLBASE_LOW, FLBASE_HIGH, SOFMOD, PORT1 = 8, PORT2, REG_COUNT = REGS_SIZE / 2 };
enum { CMD_RUN = 0x0001, CMD_HC_RESET = 0x0002 };
enum { STS_HALTED = 0x0020 };
enum { FRNUM_MASK = 0x07ff };

struct piix4_uhci_state {
    uint64_t since_ns; /* when the frame number was what reg[FRNUM] says */
    uint16_t reg[REG_COUNT];
};

struct piix4_uhci {
    struct piix4_uhci_state *s;
    struct machine *machine;
};

static const struct field piix4_uhci_fields[] = {
    FIELD(struct piix4_uhci_state, since_ns),
    FIELD_ARRAY(struct piix4_uhci_state, reg),
};

/* Port registers: bit 7 always reads 1; connect and enable stay 0, so their change bits do. */
static const struct {
    uint16_t reset, writable;
} reg_rows[REG_COUNT] = {
    [CMD] = {0,          0x00fd    },
      [STS] = {STS_HALTED, 0         },
      [INTR] = {0,          0x000f    },
    [FRNUM] = {0,          FRNUM_MASK},
      [FLBASE_LOW] = {0,          0xf000    },
      [FLBASE_HIGH] = {0,          0xffff    },
    [SOFMOD] = {0x0040,     0x007f    },
      [PORT1] = {0x0080,     0x1240    },
      [PORT2] = {0x0080,     0x1240    },
};

static const struct pci_row uhci_rows[] = {
    {PCI_ID,    0x71128086, 0,          0},
    PCI_ROW_COMMAND(0),       {PCI_CLASS, 0x0c030001, 0,          0},
    PCI_ROW_HEADER(0),
    PCI_ROW_INTERRUPT(0x00000400), {0x60,      0x00000010, 0,          0},
    {0x68,      0x00010000, 0xffffffff, 0},
};

static uint64_t uhci_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct piix4_uhci *uhci = opaque;
    const struct piix4_uhci_state *s = uhci->s;
    unsigned reg = offset / 2;
    if (reg != FRNUM || !(s->reg[CMD] & CMD_RUN))
        return s->reg[reg];
    return (s->reg[FRNUM] + (machine_now(uhci->machine) - s->since_ns) / FRAME_NS) & FRNUM_MASK;
}

static uint64_t uhci_read(void *opaque, uint64_t offset, unsigned size)
{
    return uhci_peek(opaque, offset, size);
}

static void uhci_reset_regs(struct piix4_uhci_state *s)
{
    for (unsigned i = 0; i < REG_COUNT; i++)
        s->reg[i] = reg_rows[i].reset;
    s->since_ns = 0;
}

static void uhci_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct piix4_uhci *uhci = opaque;
    struct piix4_uhci_state *s = uhci->s;
    unsigned reg = offset / 2, shift = 8 * (offset & 1);
    uint16_t lanes = size == 1 ? 0xff << shift : 0xffff;
    uint16_t mask = reg_rows[reg].writable & lanes;
    value <<= shift;
    if (reg == CMD && (value & CMD_HC_RESET)) {
        uhci_reset_regs(s);
        return;
    }
    /* Running or not is about to change, or the number itself: it counts from what it is now. */
    if (reg == CMD || reg == FRNUM) {
        s->reg[FRNUM] = uhci_peek(uhci, 2 * FRNUM, 2);
        s->since_ns = machine_now(uhci->machine);
    }
    s->reg[reg] = (s->reg[reg] & ~mask) | (value & mask);
    s->reg[STS] = s->reg[CMD] & CMD_RUN ? 0 : STS_HALTED;
}

static const struct mmio_ops uhci_ops = {uhci_read, uhci_write, uhci_peek, 2, 2};

static void piix4_uhci_reset(void *device)
{
    uhci_reset_regs(((struct piix4_uhci *)device)->s);
}

static int piix4_uhci_check(const void *state)
{
    const struct piix4_uhci_state *s = state;
    for (unsigned i = 0; i < REG_COUNT; i++)
        if (i != STS && ((s->reg[i] ^ reg_rows[i].reset) & ~reg_rows[i].writable))
            return -1;
    return s->reg[STS] == (s->reg[CMD] & CMD_RUN ? 0 : STS_HALTED) ? 0 : -1;
}

const struct device_class piix4_uhci_class = {
    "piix4-uhci",     1,    sizeof(struct piix4_uhci_state), piix4_uhci_fields, ARRAY_SIZE(piix4_uhci_fields), piix4_uhci_reset,
    piix4_uhci_check, NULL,
};

void piix4_uhci_new(struct machine *machine, struct pci_bus *bus)
{
    struct piix4_uhci *uhci = alloc_zeroed(sizeof(*uhci));
    uhci->machine = machine;
    uhci->s = device_register(machine, &piix4_uhci_class, "piix4-uhci", uhci);
    uhci_reset_regs(uhci->s);
    const struct pci_function_config config = {"piix4-uhci-pci",      PIIX4_SLOT, 2,    uhci_rows,
                                               ARRAY_SIZE(uhci_rows), ~0u,        NULL, NULL};
    struct pci_function *function = pci_function_new(bus, &config);
    struct region region = {.name = "uhci", .kind = REGION_MMIO, .size = REGS_SIZE, .ops = &uhci_ops, .opaque = uhci};
    pci_function_bar(function, 4, true, &region);
}
