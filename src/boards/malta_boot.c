/*
 * What YAMON, the Malta's monitor, leaves to a kernel that it starts: the kernel in memory, argument and environment vectors,
 * registers, and the chips' windows and interrupt routing set.
 *
 * Document: MIPS YAMON User's Manual (MD00008), "Application interface"; where an initial RAM disk goes and how the kernel is told:
 * Linux, arch/mips/kernel/setup.c (rd_start, rd_size).
 */
#include "src/boards/malta.h"

#include <string.h>

#include "cpu/mips/mips.h"
#include "src/boards/malta_chips.h"
#include "src/loader.h"
#include "src/options.h"

#define KSEG0        0x80000000u
#define SEGMENT_MASK 0x1fffffffu
#define VECTORS      0x2000u /* physical: 16 pointers, then the strings */
#define VECTOR_SLOTS 16
#define STRINGS      (VECTORS + VECTOR_SLOTS * 4)
#define STRING_SIZE  256 /* where each string may be; the command line has all the rest */
#define STRINGS_END  0x6000u
#define STACK        (KSEG0 + VECTORS - 64)
#define STATUS_BEV   0x00400000u

/* The RAM disk's end stays this far below low RAM's: a kernel keeps its first tables there. */
#define INITRD_GAP   ((uint64_t)128 << 10)
#define INITRD_ALIGN ((uint64_t)64 << 10)

static uint32_t physical(uint32_t address)
{
    return address & SEGMENT_MASK;
}

/* As high as it goes; 0: there is no room. */
static uint64_t initrd_address(const struct vm *vm)
{
    const struct malta *malta = vm->board_wiring;
    uint64_t need = vm->initrd->size + INITRD_GAP;
    if (need > malta->low_ram)
        return 0;
    return (malta->low_ram - need + INITRD_ALIGN - 1) & ~(INITRD_ALIGN - 1);
}

static uint64_t kernel_end(const struct image *kernel)
{
    uint64_t end = 0;
    for (unsigned i = 0; i < kernel->nsegments; i++) {
        const struct image_segment *segment = &kernel->segments[i];
        uint64_t last = (uint64_t)physical(segment->address) + segment->memory_size;
        end = last > end ? last : end;
    }
    return end;
}

static bool kernel_covers(const struct image *kernel, uint32_t first, uint32_t end)
{
    bool covers = false;
    for (unsigned i = 0; i < kernel->nsegments; i++) {
        uint32_t at = physical(kernel->segments[i].address);
        covers |= at < end && at + kernel->segments[i].memory_size > first;
    }
    return covers;
}

/* The user's text, and before it where the RAM disk is. */
static void command_line(const struct vm *vm, char *line, size_t room)
{
    size_t length = 0;
    *line = '\0';
    if (vm->initrd) {
        /* A kernel of either width takes the sign-extended form. */
        uint64_t address = 0xffffffff00000000u | KSEG0 | initrd_address(vm);
        length = (size_t)snprintf(line, room, "rd_start=0x%llx rd_size=%zu ", (unsigned long long)address, vm->initrd->size);
    }
    snprintf(line + length, room - length, "%s", vm->options->append ? vm->options->append : "");
}

bool malta_check(struct vm *vm)
{
    const struct malta *malta = vm->board_wiring;
    uint64_t end = kernel_end(vm->kernel);
    if (end > malta->low_ram) {
        report_error("%s: it ends at 0x%llx, but the machine's low memory at 0x%llx (-m)", vm->kernel->path,
                     (unsigned long long)end, (unsigned long long)malta->low_ram);
        return false;
    }
    if (vm->initrd && initrd_address(vm) < end) {
        report_error("%s: no room for it above the kernel in low memory of %llu MiB (-m)", vm->initrd->path,
                     (unsigned long long)(malta->low_ram >> 20));
        return false;
    }
    if (vm->options->append && strlen(vm->options->append) >= STRINGS_END - STRINGS - VECTOR_SLOTS * STRING_SIZE - 64) {
        report_error("-append: the command line is too long");
        return false;
    }
    return true;
}

static void write_bytes(struct vm *vm, uint64_t address, const void *bytes, size_t length)
{
    bool done = phys_write(vm->machine.phys, address, bytes, length, PHYS_LOADER);
    assert(done);
    (void)done;
}

static void write_word(struct vm *vm, uint32_t address, uint32_t word)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> 8 * (vm->machine.big_endian ? 3 - i : i));
    write_bytes(vm, address, bytes, sizeof(bytes));
}

/* Cut to `room` bytes, the end included. */
static void write_string(struct vm *vm, uint32_t address, const char *text, size_t room)
{
    size_t length = strnlen(text, room - 1);
    write_bytes(vm, address, text, length);
    write_bytes(vm, address + length, "", 1);
}

static void write_zeros(struct vm *vm, uint64_t address, uint64_t length)
{
    static const uint8_t zeros[65536];
    for (uint64_t done = 0, part; done < length; done += part) {
        part = min_u64(length - done, sizeof(zeros));
        write_bytes(vm, address + done, zeros, (size_t)part);
    }
}

static void load_kernel(struct vm *vm)
{
    for (unsigned i = 0; i < vm->kernel->nsegments; i++) {
        const struct image_segment *segment = &vm->kernel->segments[i];
        uint64_t at = physical(segment->address);
        write_bytes(vm, at, segment->bytes, segment->file_size);
        write_zeros(vm, at + segment->file_size, segment->memory_size - segment->file_size);
    }
}

/* argv and envp are one table: two arguments, then names and values in turn, then 0. The longest string, the command line, comes last. */
static void load_vectors(struct vm *vm)
{
    const struct malta *malta = vm->board_wiring;
    char line[STRINGS_END - STRINGS], low[24], all[24];
    command_line(vm, line, sizeof(line) - VECTOR_SLOTS * STRING_SIZE);
    snprintf(low, sizeof(low), "%llu", (unsigned long long)malta->low_ram);
    snprintf(all, sizeof(all), "%llu", (unsigned long long)malta->memory);
    const char *const strings[] = {vm->kernel->path, line, "memsize", low, "ememsize", all, "modetty0", "38400n8r"};
    static_assert(ARRAY_SIZE(strings) < VECTOR_SLOTS, "a 0 ends the table");
    for (unsigned i = 0; i < VECTOR_SLOTS; i++) {
        uint32_t at = i == 1 ? STRINGS + VECTOR_SLOTS * STRING_SIZE : STRINGS + i * STRING_SIZE;
        if (i < ARRAY_SIZE(strings))
            write_string(vm, at, strings[i], i == 1 ? sizeof(line) : STRING_SIZE);
        write_word(vm, VECTORS + 4 * i, i < ARRAY_SIZE(strings) ? KSEG0 + at : 0);
    }
}

void malta_load(struct vm *vm)
{
    const struct malta *malta = vm->board_wiring;
    gt64120_preset(malta->gt);
    piix4_preset(malta->piix4);
    load_kernel(vm);
    if (vm->initrd)
        write_bytes(vm, initrd_address(vm), vm->initrd->file, vm->initrd->size);
    /* A bare-metal program that lies there itself has no use for them. */
    if (!kernel_covers(vm->kernel, VECTORS, STRINGS_END))
        load_vectors(vm);
    const uint32_t arguments[] = {2, KSEG0 + VECTORS, KSEG0 + VECTORS + 8, (uint32_t)malta->low_ram};
    mips_cpu_start(vm->cpu, vm->kernel->entry, arguments, ARRAY_SIZE(arguments), STACK, STATUS_BEV);
}
