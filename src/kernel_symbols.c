#include "src/kernel_symbols.h"

#include "softmmu/arena.h"
#include "src/kallsyms.h"
#include "src/symbols.h"
#include "src/vm.h"

#define KSEG0    0x80000000u        /* where a MIPS kernel sees the lowest memory */
#define SEARCHED ((size_t)64 << 20) /* kernels are linked, and move, below it */
#define PAUSE_NS 2000000000u        /* guest time between searches while it runs */

/* Of the last search that found nothing. */
static struct search {
    bool done;
    uint64_t icount, time;
} last;

/* A search takes some ms of the host: at most one at a stop, and while the guest runs one in PAUSE_NS of its time. */
static bool worthwhile(const struct vm *vm)
{
    const struct clock_state *clock = vm->machine.clock;
    uint64_t now = clock_now(clock);
    if (!last.done || now < last.time)
        return true;
    return vm->state == VM_STOPPED ? clock->icount != last.icount : now - last.time >= PAUSE_NS;
}

static void search(void *opaque)
{
    struct vm *vm = opaque;
    const struct arena *arena = vm->machine.arena;
    if (!worthwhile(vm))
        return;
    last = (struct search){true, vm->machine.clock->icount, clock_now(vm->machine.clock)};
    kallsyms_read(arena->low_ram, (size_t)min_u64(arena->low_ram_size, SEARCHED), KSEG0, vm->machine.big_endian, vm->symbols);
}

void kernel_symbols_follow(struct vm *vm)
{
    last = (struct search){0};
    symbols_ask(vm->symbols, "the running kernel's own table (kallsyms)", search, vm);
}
