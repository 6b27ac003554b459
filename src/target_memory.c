#include "src/debug_write.h"
#include "src/target_internal.h"

bool target_canonical(uint64_t address, uint32_t *canonical)
{
    *canonical = (uint32_t)address;
    return address == *canonical || address == (uint64_t)(int64_t)(int32_t)*canonical;
}

static size_t reachable(uint32_t first, size_t length)
{
    return (size_t)min_u64(length, (UINT64_C(1) << 32) - first);
}

size_t target_memory_read(void *opaque, uint64_t address, uint8_t *bytes, size_t length)
{
    struct stub_target *target = opaque;
    uint32_t va;
    return target_canonical(address, &va) ? cpu_debug_read(target->vm->cpu, va, bytes, reachable(va, length)) : 0;
}

size_t target_memory_write(void *opaque, uint64_t address, const uint8_t *bytes, size_t length)
{
    struct stub_target *target = opaque;
    uint32_t va;
    return target_canonical(address, &va) ? debug_write_memory(target->vm, va, bytes, reachable(va, length)) : 0;
}
