/*
 * Galileo GT-64120: the CPU's way to a PCI bus, with decoders that the guest programs.
 *
 * Document: GT-64120 data sheet: "CPU Address Decoding", "PCI Configuration", "Interrupt Controller", "Register Tables".
 * Regions: 4 KiB of registers wherever ISD says; three windows onto PCI (I/O, memory 0 and 1). It maps these itself.
 * Lines: the interrupt to the CPU, on causes that the CPU's mask lets through.
 *
 * Byte order: registers are little-endian in address terms whatever the CPU is. Of the configuration data register only the
 * chip's own space is; for other functions bytes are swapped while PCI0_COMMAND.MByteSwap is 0.
 *
 * Deviation: the windows' REMAP registers are storage; PCI memory is seen at its own addresses, and I/O port 0 at the base
 * of the I/O window.
 * NOT EMULATED: SDRAM and chip-select decoding (storage), timers, PCI_1 and its interrupt, errors, and with them every interrupt cause but
 * those of DMA (gt64120_dma.c).
 */
#include "devices/gt64120.h"

#include "devices/gt64120_dma.h"
#include "devices/gt64120_regs.h"
#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define GT_UNIT_BITS 21 /* windows are made of 2 MiB units */
#define GT_SIZE      0x1000
#define GT_PLACES    16 /* window bases that may occur in one run */

enum {
#define R(name, offset, reset, writable, written) GT_##name = offset,
    GT64120_REGS(R)
#undef R
};

enum {
    SLOT_NONE,
#define R(name, offset, reset, writable, written) SLOT_##name,
    GT64120_REGS(R)
#undef R
        SLOT_COUNT
};

enum { COMMAND_BYTE_SWAP = 0x00000001, CONFIG_ENABLE = 0x80000000 };

/* Of the cause register: causes, and what sums them up. */
#define CAUSE_BITS    0x3ffffffeu
#define CAUSE_SUM     0x00000001u
#define CAUSE_CPU_SUM 0x40000000u
#define CAUSE_PCI_SUM 0x80000000u

struct gt64120_state {
    uint32_t reg[SLOT_COUNT]; /* by SLOT_; the first is not in use */
};

/* A window as the registers describe it; HD and REMAP lie at fixed distances in the table. */
struct window {
    const char *name;
    uint16_t low, high, remap;
};

static const struct window windows[] = {
    {"pci-io",       GT_PCI0_IO_LD, GT_PCI0_IO_HD, GT_PCI0_IO_REMAP},
    {"pci-memory-0", GT_PCI0_M0_LD, GT_PCI0_M0_HD, GT_PCI0_M0_REMAP},
    {"pci-memory-1", GT_PCI0_M1_LD, GT_PCI0_M1_HD, GT_PCI0_M1_REMAP},
};
#define WINDOW_IO 0

struct gt64120 {
    struct gt64120_state *s;
    struct machine *machine;
    struct gt64120_config config;
    struct gt64120_dma *dma;
    unsigned registers; /* handle */
    /* A window has one mapping for each base that it ever had: what a mapping shows of the bus cannot be changed. */
    struct place {
        uint64_t base;
        unsigned handle;
    } places[ARRAY_SIZE(windows)][GT_PLACES];
    unsigned nplaces[ARRAY_SIZE(windows)];
};

static const struct field gt64120_fields[] = {
    FIELD_ARRAY(struct gt64120_state, reg),
};

static void gt_low_written(struct gt64120 *gt, unsigned offset);
static void gt_map_written(struct gt64120 *gt, unsigned offset);
static void gt_cause_written(struct gt64120 *gt, unsigned offset);
static void gt_mask_written(struct gt64120 *gt, unsigned offset);

struct reg {
    const char *name;
    uint32_t reset, writable;
    void (*written)(struct gt64120 *gt, unsigned offset);
};

static const struct reg regs[SLOT_COUNT] = {
#define R(name, offset, reset, writable, written) [SLOT_##name] = {#name, reset, writable, written},
    GT64120_REGS(R)
#undef R
};

static const uint8_t slots[GT_SIZE / 4] = {
#define R(name, offset, reset, writable, written) [offset / 4] = SLOT_##name,
    GT64120_REGS(R)
#undef R
};
static_assert(SLOT_COUNT <= 256, "slots are bytes");

static uint32_t *gt_reg(const struct gt64120 *gt, unsigned offset)
{
    assert(slots[offset / 4] != SLOT_NONE);
    return &gt->s->reg[slots[offset / 4]];
}

static void gt_update_interrupt(struct gt64120 *gt)
{
    irq_set(&gt->config.interrupt, *gt_reg(gt, GT_CAUSE) & *gt_reg(gt, GT_CPU_MASK));
}

static uint32_t gt_cause(const struct gt64120 *gt)
{
    uint32_t causes = *gt_reg(gt, GT_CAUSE) & CAUSE_BITS;
    return causes | (causes ? CAUSE_SUM : 0) | (causes & *gt_reg(gt, GT_CPU_MASK) ? CAUSE_CPU_SUM : 0) |
           (causes & *gt_reg(gt, GT_PCI0_MASK) ? CAUSE_PCI_SUM : 0);
}

static void gt_raise(void *opaque, uint32_t causes)
{
    struct gt64120 *gt = opaque;
    *gt_reg(gt, GT_CAUSE) |= causes;
    gt_update_interrupt(gt);
}

static void gt_cause_written(struct gt64120 *gt, unsigned offset)
{
    gt_update_interrupt(gt);
}

static void gt_mask_written(struct gt64120 *gt, unsigned offset)
{
    gt_update_interrupt(gt);
}

/* The mapping of a window at `base`; NULL once the guest has used up all places. */
static const struct place *gt_place(struct gt64120 *gt, unsigned index, uint64_t base)
{
    assert(index < ARRAY_SIZE(windows));
    struct place *places = gt->places[index];
    for (unsigned i = 0; i < gt->nplaces[index]; i++)
        if (places[i].base == base)
            return &places[i];
    if (gt->nplaces[index] == GT_PLACES)
        return NULL;
    bool io = index == WINDOW_IO;
    struct region region = {.name = windows[index].name, .kind = REGION_WINDOW};
    region.target = io ? pci_bus_io(gt->config.bus) : pci_bus_memory(gt->config.bus);
    region.target_base = io ? 0 : base;
    struct place *place = &places[gt->nplaces[index]++];
    *place = (struct place){base, physmap_add(gt->machine->phys, base, io ? 1 : 0, &region)};
    return place;
}

static void gt_map_window(struct gt64120 *gt, unsigned index)
{
    uint32_t low = *gt_reg(gt, windows[index].low), high = *gt_reg(gt, windows[index].high);
    uint64_t base = (uint64_t)low << GT_UNIT_BITS;
    uint64_t size = (low & 0x7f) <= high ? (uint64_t)(high - (low & 0x7f) + 1) << GT_UNIT_BITS : 0;
    /* The PCI side has 32 address bits. */
    if (base >> 32)
        size = 0;
    const struct place *here = size ? gt_place(gt, index, base) : NULL;
    if (size && !here)
        log_printf(LOG_BIT_UNIMP, "gt64120: %s was moved too often; it is off now\n", windows[index].name);
    for (unsigned i = 0; i < gt->nplaces[index]; i++) {
        const struct place *place = &gt->places[index][i];
        physmap_move(gt->machine->phys, place->handle, place->base, place == here ? size : 0);
    }
}

void gt64120_remap(struct gt64120 *gt)
{
    physmap_move(gt->machine->phys, gt->registers, (uint64_t)*gt_reg(gt, GT_ISD) << GT_UNIT_BITS, GT_SIZE);
    for (unsigned i = 0; i < ARRAY_SIZE(windows); i++)
        gt_map_window(gt, i);
}

static void gt_map_written(struct gt64120 *gt, unsigned offset)
{
    gt64120_remap(gt);
}

/* The low end of a window is copied to its remap register. */
static void gt_low_written(struct gt64120 *gt, unsigned offset)
{
    for (unsigned i = 0; i < ARRAY_SIZE(windows); i++)
        if (windows[i].low == offset)
            *gt_reg(gt, windows[i].remap) = *gt_reg(gt, offset) & 0x7ff;
    gt64120_remap(gt);
}

/* What the address register names. */
struct cycle {
    bool enabled;
    unsigned slot, function, offset;
    bool swaps;
};

static struct cycle gt_cycle(const struct gt64120 *gt)
{
    uint32_t address = *gt_reg(gt, GT_CONFIG_ADDRESS);
    struct cycle cycle = {.slot = bits32(address, 15, 11), .function = bits32(address, 10, 8), .offset = address & 0xfc};
    cycle.enabled = (address & CONFIG_ENABLE) && bits32(address, 23, 16) == 0;
    cycle.swaps = cycle.slot != 0 && !(*gt_reg(gt, GT_PCI0_COMMAND) & COMMAND_BYTE_SWAP);
    return cycle;
}

static uint32_t gt_config_read(const struct gt64120 *gt)
{
    struct cycle cycle = gt_cycle(gt);
    if (!cycle.enabled)
        return 0xffffffff;
    uint32_t value = pci_bus_read(gt->config.bus, cycle.slot, cycle.function, cycle.offset, 4);
    return cycle.swaps ? byte_swap(value, 4) : value;
}

static void gt_config_write(struct gt64120 *gt, unsigned lane, uint32_t value, unsigned size)
{
    struct cycle cycle = gt_cycle(gt);
    if (!cycle.enabled)
        return;
    if (cycle.swaps) {
        value = byte_swap(value, size);
        lane = 4 - size - lane;
    }
    pci_bus_write(gt->config.bus, cycle.slot, cycle.function, cycle.offset + lane, value, size);
}

static uint64_t gt_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct gt64120 *gt = opaque;
    if (gt64120_dma_has(offset))
        return gt64120_dma_read(gt->dma, offset);
    if (slots[offset / 4] == SLOT_NONE)
        return 0;
    if (offset == GT_CAUSE)
        return gt_cause(gt);
    if (offset == GT_CONFIG_DATA)
        return gt_config_read(gt);
    return *gt_reg(gt, offset);
}

static uint64_t gt_read(void *opaque, uint64_t offset, unsigned size)
{
    struct gt64120 *gt = opaque;
    if (offset == GT_PCI0_ACK)
        return (uint32_t)gt->config.acknowledge(gt->config.opaque);
    if (slots[offset / 4] == SLOT_NONE && !gt64120_dma_has(offset))
        log_printf(LOG_BIT_UNIMP, "gt64120: read of register %03x\n", (unsigned)offset);
    return gt_peek(gt, offset, size);
}

static void gt_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct gt64120 *gt = opaque;
    unsigned lane = offset & 3, at = offset & ~3u;
    const struct reg *reg = &regs[slots[at / 4]];
    uint32_t lanes = 0xffffffffu >> (32 - 8 * size) << 8 * lane;
    uint32_t word = (uint32_t)value << 8 * lane;
    if (gt64120_dma_has(at)) {
        gt64120_dma_write(gt->dma, at, (gt64120_dma_read(gt->dma, at) & ~lanes) | word);
        return;
    }
    if (!reg->name) {
        log_printf(LOG_BIT_UNIMP, "gt64120: write of %08x to register %03x\n", word, at);
        return;
    }
    if (at == GT_CONFIG_DATA) {
        gt_config_write(gt, lane, value, size);
        return;
    }
    uint32_t *stored = gt_reg(gt, at);
    if (at == GT_CAUSE)
        word &= *stored; /* a cause is cleared by a 0 and kept by a 1 */
    *stored = (*stored & ~(reg->writable & lanes)) | (word & reg->writable & lanes);
    if (reg->written)
        reg->written(gt, at);
}

static const struct mmio_ops gt_ops = {gt_read, gt_write, gt_peek, 4, 4};

void gt64120_preset(struct gt64120 *gt)
{
    static const struct {
        uint16_t offset;
        uint32_t value;
    } rows[] = {
        {GT_ISD,        0xdf},
        {GT_PCI0_IO_LD, 0xc0},
        {GT_PCI0_IO_HD, 0x40},
        {GT_PCI0_M0_LD, 0x80},
        {GT_PCI0_M0_HD, 0x3f},
        {GT_PCI0_M1_LD, 0xc1},
        {GT_PCI0_M1_HD, 0x5e},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        gt_write(gt, rows[i].offset, rows[i].value, 4);
}

static void gt64120_reset(void *device)
{
    struct gt64120 *gt = device;
    for (unsigned i = 1; i < SLOT_COUNT; i++)
        gt->s->reg[i] = regs[i].reset;
    if (gt->machine->big_endian)
        *gt_reg(gt, GT_CPU) = *gt_reg(gt, GT_PCI0_COMMAND) = 0;
    gt_update_interrupt(gt);
    gt64120_remap(gt);
}

static int gt64120_check(const void *state)
{
    const struct gt64120_state *s = state;
    for (unsigned i = 1; i < SLOT_COUNT; i++)
        if ((s->reg[i] ^ regs[i].reset) & ~regs[i].writable)
            return -1;
    return s->reg[SLOT_NONE] ? -1 : 0;
}

static void gt64120_loaded(void *device)
{
    gt64120_remap(device);
}

const struct device_class gt64120_class = {
    "gt64120",      1, sizeof(struct gt64120_state), gt64120_fields, ARRAY_SIZE(gt64120_fields), gt64120_reset, gt64120_check,
    gt64120_loaded,
};

/* The base address registers are fixed: nothing on the bus reads memory through them. */
static const struct pci_row gt_function[] = {
    {PCI_ID,    0x462011ab, 0, 0},
    PCI_ROW_COMMAND(0x02800000), {PCI_CLASS, 0x06000010, 0, 0},
    PCI_ROW_HEADER(0),
    {0x10,      0x00000008, 0, 0},
    {0x14,      0x01000008, 0, 0},
    {0x18,      0x1c000000, 0, 0},
    {0x1c,      0x1f000000, 0, 0},
    {0x20,      0x14000000, 0, 0},
    {0x24,      0x14000001, 0, 0},
    PCI_ROW_INTERRUPT(0x00000100),
};

struct gt64120 *gt64120_new(struct machine *machine, const struct gt64120_config *config)
{
    assert(config->bus);
    struct gt64120 *gt = alloc_zeroed(sizeof(*gt));
    gt->machine = machine;
    gt->config = *config;
    gt->s = device_register(machine, &gt64120_class, config->instance, gt);
    gt->dma = gt64120_dma_new(machine, &(struct gt64120_dma_config){config->dma_instance, gt_raise, gt});
    struct region region = {.name = config->instance, .kind = REGION_MMIO, .size = GT_SIZE, .ops = &gt_ops, .opaque = gt};
    gt->registers = physmap_add(machine->phys, 0, 2, &region);
    const struct pci_function_config function = {"gt64120-pci", 0, 0, gt_function, ARRAY_SIZE(gt_function), 0, NULL, NULL};
    pci_function_new(config->bus, &function);
    gt64120_reset(gt);
    return gt;
}
