/* Who wrote last: the search for a write, which only looks. */
#include <string.h>

#include "src/travel_internal.h"

/* The bytes asked for with those of the access in place. */
static void overlay(struct travel_write *write, const struct watch_access *access)
{
    memcpy(write->new_bytes, write->old_bytes, write->bytes);
    for (uint64_t i = 0; access->after && i < access->length; i++)
        if (access->phys + i - write->phys < write->bytes)
            write->new_bytes[access->phys + i - write->phys] = access->after[i];
}

/* All that is asked is seen here, so that the machine need not stop, nor come here again. A device's write is told at the boundary behind it. */
static bool note_write(struct watch_owner *owner, const struct watch_access *access, uint64_t offset, uint64_t length)
{
    struct travel *travel = (struct travel *)((char *)owner - offsetof(struct travel, owner));
    struct travel_write *write = travel->write;
    assert(write && write->bytes <= sizeof(write->old_bytes));
    write->found = true;
    write->icount = travel_now(travel);
    write->hit = cpu_watch_event(travel->vm->cpu, access, offset, length);
    phys_read(travel->vm->machine.phys, write->phys, write->old_bytes, write->bytes, PHYS_DEBUGGER);
    overlay(write, access);
    return write->hit.after;
}

bool travel_begin_who_wrote(struct travel *travel, uint64_t phys, uint64_t length, struct travel_write *write)
{
    assert(length);
    travel_note_origin(travel);
    *write = (struct travel_write){.phys = phys, .bytes = min_u64(length, sizeof(write->old_bytes))};
    travel->write = write;
    travel->owner.hit = note_write;
    travel->watch = phys_watch_insert(travel->vm->cpu->mmu.phys_watches, phys, length, WATCH_WRITE, &travel->owner);
    if (travel->watch)
        travel_search_before(travel, travel->origin);
    return travel->watch;
}
