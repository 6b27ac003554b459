#include "cpu/log_access.h"

#include <string.h>

#include "cpu/debug.h"
#include "softmmu/memlog.h"

void cpu_set_log(struct cpu *cpu, struct memlog *log)
{
    cpu->mmu.log = log;
    cpu->fetch_log = log && memlog_wants_kind(log, MEMLOG_FETCH);
    cpu_flush_all(cpu);
}

/* Bytes in the order of their addresses, the lowest least significant, as a number of the guest's. */
static uint64_t number(const struct cpu *cpu, uint64_t bytes, unsigned size)
{
    return cpu->machine->big_endian ? __builtin_bswap64(bytes) >> (64 - 8 * size) : bytes & (UINT64_MAX >> (64 - 8 * size));
}

static struct memlog_access access_here(struct cpu *cpu, uint32_t va, uint64_t phys, unsigned size, enum memlog_kind kind)
{
    return (struct memlog_access){.icount = cpu_unit_icount(cpu),
                                  .pc = cpu_access_pc(cpu),
                                  .virt = va,
                                  .phys = phys,
                                  .size = (uint8_t)size,
                                  .kind = (uint8_t)kind};
}

void cpu_log_access(void *opaque, const struct mmu_logged *logged)
{
    struct cpu *cpu = opaque;
    struct memlog_access access =
        access_here(cpu, logged->va, logged->phys, logged->size, logged->store ? MEMLOG_STORE : MEMLOG_LOAD);
    access.io = logged->io;
    access.known = true;
    access.value = number(cpu, logged->value, logged->size);
    memlog_add(cpu->mmu.log, &access);
}

void cpu_log_dma(struct cpu *cpu, const struct watch_access *touched)
{
    if (LIKELY(!cpu->mmu.log) || touched->source != WATCH_BY_DMA)
        return;
    struct memlog_access access = {.kind = touched->store ? MEMLOG_DMA_WRITE : MEMLOG_DMA_READ,
                                   .icount = cpu->machine->clock->icount,
                                   .known = touched->after,
                                   .io = !touched->before};
    for (uint64_t done = 0; done < touched->length; done += access.size) {
        uint64_t bytes = 0;
        access.size = (uint8_t)min_u64(touched->length - done, sizeof(bytes));
        access.phys = touched->phys + done;
        if (touched->after)
            memcpy(&bytes, touched->after + done, access.size);
        access.value = number(cpu, bytes, access.size);
        memlog_add(cpu->mmu.log, &access);
    }
}

void cpu_log_unit_left(struct cpu *cpu)
{
    if (UNLIKELY(cpu->mmu.log))
        memlog_unit_left(cpu->mmu.log);
}

void cpu_log_fetch_now(struct cpu *cpu, uint32_t pc)
{
    const struct cpu_arch *arch = cpu->arch;
    struct mmu_page page;
    if (!arch->translate(cpu, pc, ACCESS_FETCH, arch->mmu_mode(cpu), true, &page))
        return;
    struct memlog_access access = access_here(cpu, pc, page.phys, arch->insn_align, MEMLOG_FETCH);
    const uint8_t *host = mmu_code_host(&cpu->mmu, page.phys);
    uint64_t bytes = 0;
    access.io = !host;
    access.known = host;
    if (host)
        memcpy(&bytes, host, access.size);
    access.value = number(cpu, bytes, access.size);
    memlog_add_fetch(cpu->mmu.log, &access);
}
