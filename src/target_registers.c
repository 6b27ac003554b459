#include "softmmu/alloc.h"
#include "src/debug_write.h"
#include "src/target_internal.h"

void target_registers_make(struct stub_target *target)
{
    assert(!target->registers);
    const struct cpu_arch *arch = target->vm->cpu->arch;
    for (unsigned i = 0; i < arch->nregisters; i++)
        if (arch->registers[i].number >= target->nregisters)
            target->nregisters = arch->registers[i].number + 1u;
    target->registers = alloc_zeroed(target->nregisters * sizeof(*target->registers));
    for (unsigned i = 0; i < arch->nregisters; i++) {
        const struct cpu_register *row = &arch->registers[i];
        assert(row->bits && row->bits % 8 == 0 && row->bits <= 64);
        assert(!target->registers[row->number]);
        target->registers[row->number] = row;
    }
    assert(target->registers[arch->pc_register]);
    while (target->ngeneral < target->nregisters && target->registers[target->ngeneral])
        target->ngeneral++;
}

static const struct cpu_register *register_row(const struct stub_target *target, unsigned number)
{
    return number < target->nregisters ? target->registers[number] : NULL;
}

unsigned target_registers_pc(void *opaque)
{
    struct stub_target *target = opaque;
    return target->vm->cpu->arch->pc_register;
}

unsigned target_registers_count(void *opaque)
{
    struct stub_target *target = opaque;
    return target->ngeneral;
}

size_t target_registers_size(void *opaque, unsigned number)
{
    const struct cpu_register *row = register_row(opaque, number);
    return row ? row->bits / 8 : 0;
}

static unsigned byte_shift(const struct stub_target *target, size_t size, size_t i)
{
    return 8 * (unsigned)(target->ops.big_endian ? size - 1 - i : i);
}

bool target_registers_read(void *opaque, unsigned number, uint8_t *value)
{
    struct stub_target *target = opaque;
    const struct cpu_register *row = register_row(target, number);
    if (!row || !row->read)
        return false;
    uint64_t word = row->read(target->vm->cpu, row->arg);
    size_t size = row->bits / 8;
    for (size_t i = 0; i < size; i++)
        value[i] = (uint8_t)(word >> byte_shift(target, size, i));
    return true;
}

bool target_registers_write(void *opaque, unsigned number, const uint8_t *value)
{
    struct stub_target *target = opaque;
    const struct cpu_register *row = register_row(target, number);
    if (!row || !row->write)
        return false;
    size_t size = row->bits / 8;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)value[i] << byte_shift(target, size, i);
    debug_write_register(target->vm, number, word);
    if (number == target->vm->cpu->arch->pc_register)
        target->reported.pc_written = true;
    return true;
}
