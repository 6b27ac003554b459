/*
 * MIPS Malta with a CoreLV card.
 *
 * Document: MIPS Malta User's Manual (MD00048), "Memory map", "Interrupts"; MIPS CoreLV User's Manual.
 * The memory map that the start-up code makes of the GT-64120's windows is set by malta_load().
 */
#include "src/boards/malta.h"

#include "cpu/mips/mips.h"
#include "src/boards/malta_chips.h"
#include "src/options.h"
#include "src/serial.h"

#define FLASH_BASE      0x1e000000u
#define FPGA_BASE       0x1f000000u
#define CBUS_UART_BASE  (FPGA_BASE + 0x900)
#define RESET_BASE      0x1fc00000u
#define REVISION_BASE   (RESET_BASE + 0x10)
/* RAM from 512 MiB on answers at its own address, and all of it once more in the upper half. */
#define HIGH_RAM_FROM   ((uint64_t)512 << 20)
#define LINEAR_RAM_BASE 0x80000000u

enum { IP_ISA = 2, IP_CBUS = 4, IP_CORE = 5 };
enum { IRQ_TIMER = 0, IRQ_COM2 = 3, IRQ_COM1 = 4, IRQ_RTC = 8 };
enum { LINE_COM1, LINE_COM2, LINE_CBUS, MALTA_LINES };

/* Overlapping regions: what a board register covers. */
enum { PRIORITY_PLAIN, PRIORITY_OVER };

static void add_ram(struct vm *vm, const struct malta *malta)
{
    struct physmap *map = vm->machine.phys;
    uint64_t rest = malta->memory - malta->low_ram;
    struct region ram = {.name = "ram", .kind = REGION_RAM, .size = malta->low_ram, .host = vm->machine.arena->low_ram};
    unsigned low = physmap_add(map, 0, PRIORITY_PLAIN, &ram);
    physmap_add_alias(map, LINEAR_RAM_BASE, PRIORITY_PLAIN, low, 0, malta->low_ram);
    if (!rest)
        return;
    ram = (struct region){.name = "ram-high", .kind = REGION_RAM, .size = rest};
    ram.host = arena_alloc(vm->machine.arena, "ram.high", ARENA_RAM, rest);
    unsigned high = physmap_add(map, LINEAR_RAM_BASE + malta->low_ram, PRIORITY_PLAIN, &ram);
    if (malta->memory > HIGH_RAM_FROM)
        physmap_add_alias(map, HIGH_RAM_FROM, PRIORITY_PLAIN, high, HIGH_RAM_FROM - malta->low_ram,
                          malta->memory - HIGH_RAM_FROM);
}

static void add_flash(struct vm *vm)
{
    struct region copy;
    struct flash_cfi *flash = flash_cfi_new(&vm->machine, "flash", FLASH_BASE);
    flash_cfi_copy_region(flash, &copy);
    physmap_add(vm->machine.phys, RESET_BASE, PRIORITY_PLAIN, &copy);
}

static void add_fpga(struct vm *vm, const struct malta *malta)
{
    struct region region;
    struct malta_fpga *fpga = malta_fpga_new(&vm->machine, "fpga", malta->low_ram);
    malta_fpga_region(fpga, &region);
    physmap_add(vm->machine.phys, FPGA_BASE, PRIORITY_PLAIN, &region);
    malta_fpga_revision_region(fpga, &region);
    physmap_add(vm->machine.phys, REVISION_BASE, PRIORITY_OVER, &region);
}

static void add_uart(struct vm *vm, struct physmap *map, uint64_t base, const struct uart16550_config *config)
{
    struct region region;
    struct uart16550 *uart = uart16550_new(&vm->machine, config);
    uart16550_region(uart, &region);
    physmap_add(map, base, PRIORITY_OVER, &region);
    serials_attach(vm->serials, config->channel, uart);
}

static int acknowledge(void *pic)
{
    return i8259_acknowledge(pic);
}

static struct i8259 *add_pci(struct vm *vm, struct malta *malta)
{
    struct machine *machine = &vm->machine;
    /* Nobody answers: a memory cycle ends with 0 here, an I/O cycle with all ones. */
    struct physmap *memory = physmap_new("pci-memory", 32, 0x00, machine->big_endian);
    struct physmap *io = physmap_new("pci-io", 32, 0xff, machine->big_endian);
    struct pci_bus *bus = pci_bus_new(machine, memory, io);
    struct i8259 *pic = i8259_new(machine, "i8259", mips_cpu_irq(vm->cpu, IP_ISA));
    malta->gt = gt64120_new(
        machine, &(struct gt64120_config){"gt64120", "gt64120-dma", bus, acknowledge, pic, mips_cpu_irq(vm->cpu, IP_CORE)});
    struct piix4_config config = {.instance = "piix4", .bus = bus};
    for (unsigned line = 0; line < ARRAY_SIZE(config.isa); line++)
        config.isa[line] = i8259_irq_input(pic, line);
    malta->piix4 = piix4_new(machine, &config);
    malta->io = io;
    return pic;
}

static void add_ports(struct malta *malta, uint64_t port, const struct region *region)
{
    physmap_add(malta->io, port, PRIORITY_PLAIN, region);
}

static void add_piix4_ports(struct malta *malta)
{
    static const uint16_t ports[] = {
        [PIIX4_RESET_CONTROL] = 0xcf9, [PIIX4_IDE0_COMMAND] = 0x1f0, [PIIX4_IDE0_CONTROL] = 0x3f6,
        [PIIX4_IDE1_COMMAND] = 0x170,  [PIIX4_IDE1_CONTROL] = 0x376,
    };
    struct region region;
    for (unsigned i = 0; i < ARRAY_SIZE(ports); i++) {
        piix4_region(malta->piix4, i, &region);
        add_ports(malta, ports[i], &region);
    }
}

static void add_isa(struct vm *vm, struct malta *malta, struct i8259 *pic)
{
    static const uint16_t pic_ports[] = {[I8259_MASTER] = 0x20, [I8259_SLAVE] = 0xa0, [I8259_ELCR] = 0x4d0};
    struct machine *machine = &vm->machine;
    struct region region;
    for (unsigned i = 0; i < ARRAY_SIZE(pic_ports); i++) {
        i8259_region(pic, i, &region);
        add_ports(malta, pic_ports[i], &region);
    }
    i8254_region(i8254_new(machine, "i8254", i8259_irq_input(pic, IRQ_TIMER)), &region);
    add_ports(malta, 0x40, &region);
    mc146818_region(mc146818_new(machine, "rtc", i8259_irq_input(pic, IRQ_RTC)), &region);
    add_ports(malta, 0x70, &region);
    fdc37m81x_region(fdc37m81x_new(machine, "superio"), &region);
    add_ports(malta, 0x3f0, &region);
    add_uart(vm, malta->io, 0x3f8, &(struct uart16550_config){"com1", 1, LINE_COM1, i8259_irq_input(pic, IRQ_COM1)});
    add_uart(vm, malta->io, 0x2f8, &(struct uart16550_config){"com2", 1, LINE_COM2, i8259_irq_input(pic, IRQ_COM2)});
}

static bool add_cpu(struct vm *vm, const struct mips_model *model)
{
    struct cpu_options options = {
        .accel = vm->options->accel_jit ? ACCEL_JIT : ACCEL_INTERP,
        .max_block = vm->options->max_block,
        .code_cache = vm->options->code_cache,
        .toggles = vm->options->cpu_toggles,
    };
    vm->cpu = mips_cpu_new(&vm->machine, model, &options);
    return vm->cpu;
}

static const struct mips_model *find_model(const struct vm *vm)
{
    const char *name = vm->options->cpu ? vm->options->cpu : vm->board->default_cpu;
    const struct mips_model *model = mips_model_find(name);
    if (!model)
        report_error("-cpu %s: no such model (-cpu help lists them)", name);
    return model;
}

static bool malta_build(struct vm *vm, bool big_endian, uint64_t memory)
{
    struct malta *malta = alloc_zeroed(sizeof(*malta));
    vm->board_wiring = malta;
    malta->memory = memory;
    malta->low_ram = min_u64(memory, MALTA_LOW_RAM_MAX);
    const struct mips_model *model = find_model(vm);
    if (!model)
        return false;
    struct arena *arena = arena_new(malta->low_ram, memory + FLASH_CFI_SIZE, mips_arch.state_size, cpu_derived_size());
    if (!arena)
        return false;
    machine_init(&vm->machine, arena, big_endian);
    vm->machine.phys = physmap_new("system", 32, 0x00, big_endian);
    add_ram(vm, malta);
    if (!add_cpu(vm, model))
        return false;
    add_flash(vm);
    add_fpga(vm, malta);
    struct i8259 *pic = add_pci(vm, malta);
    add_piix4_ports(malta);
    add_isa(vm, malta, pic);
    add_uart(vm, vm->machine.phys, CBUS_UART_BASE,
             &(struct uart16550_config){"cbus-uart", 8, LINE_CBUS, mips_cpu_irq(vm->cpu, IP_CBUS)});
    return true;
}

const struct board board_malta = {
    .name = "malta",
    .description = "MIPS Malta with a CoreLV card (GT-64120, PIIX4)",
    .default_cpu = "24Kf",
    .default_memory = (uint64_t)128 << 20,
    .min_memory = (uint64_t)2 << 20,
    .max_memory = (uint64_t)2048 << 20,
    .serials = MALTA_LINES,
    .build = malta_build,
    .check = malta_check,
    .load = malta_load,
};
