/*
 * What the viewer knows of the guest: MIPS32's unmapped segments, through which a kernel sees the lowest 512 MiB of physical memory.
 * Source: MIPS32 Privileged Resource Architecture, chapter "Virtual Memory".
 */
#ifndef TOOLS_MEMLOG_GUEST_H
#define TOOLS_MEMLOG_GUEST_H

#include "softmmu/base.h"

#define GUEST_KSEG0        UINT64_C(0x80000000)
#define GUEST_UNMAPPED_END UINT64_C(0xc0000000)
#define GUEST_LOW_MEMORY   UINT64_C(0x20000000)

/* False: a virtual address that goes through the TLB. */
static inline bool guest_unmapped(uint64_t virt, uint64_t *phys)
{
    *phys = virt & (GUEST_LOW_MEMORY - 1);
    return virt >= GUEST_KSEG0 && virt < GUEST_UNMAPPED_END;
}

/* False: memory that no unmapped segment shows. */
static inline bool guest_kernel_address(uint64_t phys, uint64_t *virt)
{
    *virt = GUEST_KSEG0 + phys;
    return phys < GUEST_LOW_MEMORY;
}

#endif
