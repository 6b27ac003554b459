#include "src/debug_write.h"

#include <endian.h>
#include <string.h>

#include "softmmu/alloc.h"
#include "src/history.h"

/* Channels of INPUT_DEBUG_WRITE. A record is the address or register number, 8 bytes little-endian, and the bytes written. */
enum { WRITE_MEMORY, WRITE_REGISTER, WRITE_PHYSICAL };

/* What the last write of memory did. */
static size_t written;

static uint64_t where(const struct input *input)
{
    uint64_t word;
    assert(input->length >= sizeof(word));
    memcpy(&word, input->bytes, sizeof(word));
    return le64toh(word);
}

static void apply_memory(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    written = cpu_debug_write(vm->cpu, (uint32_t)where(input), input->bytes + 8, input->length - 8);
}

static const struct cpu_register *register_row(const struct vm *vm, unsigned number)
{
    const struct cpu_arch *arch = vm->cpu->arch;
    for (unsigned i = 0; i < arch->nregisters; i++)
        if (arch->registers[i].number == number)
            return &arch->registers[i];
    return NULL;
}

static void apply_register(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    uint64_t value;
    const struct cpu_register *row = register_row(vm, (unsigned)where(input));
    assert(row && row->write && input->length == 16);
    memcpy(&value, input->bytes + 8, sizeof(value));
    row->write(vm->cpu, row->arg, le64toh(value));
}

static void apply_physical(void *opaque, const struct input *input)
{
    struct vm *vm = opaque;
    written =
        phys_write(vm->machine.phys, where(input), input->bytes + 8, input->length - 8, PHYS_DEBUGGER) ? input->length - 8 : 0;
}

void debug_write_connect(struct vm *vm)
{
    inputs_connect(vm->machine.inputs, INPUT_DEBUG_WRITE, WRITE_MEMORY, apply_memory, vm);
    inputs_connect(vm->machine.inputs, INPUT_DEBUG_WRITE, WRITE_REGISTER, apply_register, vm);
    inputs_connect(vm->machine.inputs, INPUT_DEBUG_WRITE, WRITE_PHYSICAL, apply_physical, vm);
}

static void log_write(struct vm *vm, unsigned channel, uint64_t place, const void *bytes, size_t length)
{
    uint8_t *record = alloc_zeroed(8 + length);
    place = htole64(place);
    memcpy(record, &place, 8);
    memcpy(record + 8, bytes, length);
    inputs_apply_now(vm->machine.inputs, INPUT_DEBUG_WRITE, channel, record, 8 + length);
    free(record);
}

size_t debug_write_memory(struct vm *vm, uint32_t va, const uint8_t *bytes, size_t length)
{
    uint8_t old;
    if (!cpu_debug_read(vm->cpu, va, &old, 1))
        return 0;
    history_cut(vm);
    log_write(vm, WRITE_MEMORY, va, bytes, length);
    return written;
}

bool debug_write_physical(struct vm *vm, uint64_t address, const uint8_t *bytes, size_t length)
{
    uint8_t old;
    if (!phys_read(vm->machine.phys, address, &old, 1, PHYS_DEBUGGER))
        return false;
    history_cut(vm);
    log_write(vm, WRITE_PHYSICAL, address, bytes, length);
    return written == length;
}

bool debug_write_register(struct vm *vm, unsigned number, uint64_t value)
{
    const struct cpu_register *row = register_row(vm, number);
    if (!row || !row->write)
        return false;
    history_cut(vm);
    value = htole64(value);
    log_write(vm, WRITE_REGISTER, number, &value, sizeof(value));
    return true;
}

bool debug_write_valid(const struct vm *vm, const struct input *input)
{
    if (input->length < sizeof(uint64_t))
        return false;
    if (input->channel != WRITE_REGISTER)
        return input->channel == WRITE_MEMORY || input->channel == WRITE_PHYSICAL;
    const struct cpu_register *row = where(input) <= UINT16_MAX ? register_row(vm, (unsigned)where(input)) : NULL;
    return row && row->write && input->length == 16;
}
