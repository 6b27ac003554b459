#include "cpu/log_access.h"

#include <string.h>

#include "cpu/block.h"
#include "softmmu/memlog.h"

/* The code that generated code's accesses are logged by, or not, is in the blocks; so are the numbers that one log gave them. */
void cpu_set_log(struct cpu *cpu, struct memlog *log)
{
    bool was_inline = cpu->mmu.log_inline, is_inline = log && cpu->jit && memlog_is_plain(log);
    if (was_inline)
        memlog_detach(cpu->mmu.log);
    if (was_inline || is_inline)
        block_drop_all(cpu, BLOCK_HOST);
    cpu->mmu.log = log;
    cpu->mmu.log_inline = is_inline;
    cpu->fetch_log = log && memlog_wants_kind(log, MEMLOG_FETCH);
    if (is_inline)
        memlog_attach(log, &cpu->log, cpu->machine->clock->icount);
    cpu_flush_all(cpu);
}

void cpu_log_boundary_now(struct cpu *cpu)
{
    if (!memlog_boundary(cpu->mmu.log, cpu->machine->clock->icount))
        return;
    block_drop_all(cpu, BLOCK_HOST);
    memlog_begin_anew(cpu->mmu.log);
}

/* Pages */

static uint32_t place_of(const struct cpu *cpu, const uint8_t *host)
{
    return (uint32_t)arena_page_of(cpu->machine->arena, host);
}

void cpu_log_page(void *opaque, unsigned mode, uint32_t va, uint64_t phys, const uint8_t *host)
{
    struct cpu *cpu = opaque;
    memlog_map(cpu->mmu.log, cpu_unit_icount(cpu), mode, va, phys, place_of(cpu, host), host);
}

void cpu_log_written(struct cpu *cpu, size_t arena_page, enum phys_writer who)
{
    const uint8_t *host = cpu->machine->arena->origin + (arena_page << ARENA_PAGE_BITS);
    if (UNLIKELY(cpu->mmu.log_inline) && who != PHYS_DMA && who != PHYS_CPU)
        memlog_changed(cpu->mmu.log, cpu->machine->clock->icount, (uint32_t)arena_page, host);
}

void cpu_log_memory_moved(struct cpu *cpu)
{
    if (UNLIKELY(cpu->mmu.log_inline))
        memlog_forget_pages(cpu->mmu.log);
}

/* Accesses */

/* Bytes in the order of their addresses, the lowest least significant, as a number of the guest's. */
static uint64_t number(const struct cpu *cpu, uint64_t bytes, unsigned size)
{
    assert(size >= 1 && size <= 8);
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

/* Where a device writes is told before it writes. */
static void log_frames(struct cpu *cpu, const struct watch_access *touched)
{
    const uint64_t first = touched->phys & ~(uint64_t)(GUEST_PAGE - 1);
    for (uint64_t phys = first; cpu->mmu.log_inline && touched->before && phys < touched->phys + touched->length;
         phys += GUEST_PAGE) {
        struct phys_place place = physmap_find(cpu->machine->phys, phys);
        if (place.region && place.region->kind == REGION_RAM && place.length >= GUEST_PAGE)
            memlog_frame(cpu->mmu.log, cpu->machine->clock->icount, phys, place_of(cpu, place.region->host + place.offset),
                         place.region->host + place.offset);
    }
}

void cpu_log_dma(struct cpu *cpu, const struct watch_access *touched)
{
    if (LIKELY(!cpu->mmu.log) || touched->source != WATCH_BY_DMA)
        return;
    struct memlog_access access = {.kind = touched->store ? MEMLOG_DMA_WRITE : MEMLOG_DMA_READ,
                                   .icount = cpu->machine->clock->icount,
                                   .known = touched->after,
                                   .io = !touched->before};
    log_frames(cpu, touched);
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
