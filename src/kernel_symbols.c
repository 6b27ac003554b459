#include "src/kernel_symbols.h"

#include <string.h>

#include "softmmu/arena.h"
#include "src/kallsyms.h"
#include "src/symbols.h"
#include "src/vm.h"

#define KSEG0     0x80000000u /* where a MIPS kernel sees the lowest memory */
#define KSEG_SIZE 0x20000000u
#define SEARCHED  ((size_t)64 << 20) /* kernels are linked, and move, below it */
#define PAUSE_NS  2000000000u        /* guest time between searches while it runs */

/* The table that the symbols are from, and the bytes that tell it from others. */
static struct known {
    struct kallsyms table; /* no symbols: none is known */
    uint8_t index[KALLSYMS_INDEX];
} known;

/* The last search. */
static struct search {
    bool done;
    uint64_t icount, time;
    uint32_t pc;
} last;

/* A search takes some ms of the host: at most one at a stop, and while the guest runs one in PAUSE_NS of its time. */
static bool worthwhile(const struct vm *vm)
{
    const struct clock_state *clock = vm->machine.clock;
    uint64_t now = clock_now(clock);
    if (!last.done || now < last.time)
        return true;
    bool elsewhere = clock->icount != last.icount || *cpu_pc(vm->cpu) != last.pc;
    return vm->state == VM_STOPPED ? elsewhere : now - last.time >= PAUSE_NS;
}

/* The machine was reset, or time went to where the kernel is not there yet. */
static bool is_gone(void)
{
    return memcmp(known.table.bytes + known.table.index_at, known.index, sizeof(known.index)) != 0;
}

/* It may have been that of a kernel which has moved since, or went back to where it came from. */
static bool runs_elsewhere(const struct vm *vm)
{
    uint32_t pc = *cpu_pc(vm->cpu);
    return pc - KSEG0 < KSEG_SIZE && !kallsyms_spans(&known.table, pc);
}

static void forget(struct vm *vm)
{
    symbols_clear(vm->symbols);
    known.table.count = 0;
}

static void search(struct vm *vm)
{
    const struct arena *arena = vm->machine.arena;
    struct kallsyms table;
    last = (struct search){true, vm->machine.clock->icount, clock_now(vm->machine.clock), *cpu_pc(vm->cpu)};
    if (!kallsyms_find(&table, arena->low_ram, (size_t)min_u64(arena->low_ram_size, SEARCHED), KSEG0, vm->machine.big_endian,
                       *cpu_pc(vm->cpu)) ||
        (known.table.count && known.table.index_at == table.index_at))
        return;
    forget(vm);
    known.table = table;
    memcpy(known.index, table.bytes + table.index_at, sizeof(known.index));
    kallsyms_add(&table, vm->symbols);
}

static void asked(void *opaque)
{
    struct vm *vm = opaque;
    if (known.table.count && is_gone()) {
        forget(vm);
        last.done = false;
    }
    if ((!known.table.count || runs_elsewhere(vm)) && worthwhile(vm))
        search(vm);
}

void kernel_symbols_follow(struct vm *vm)
{
    last = (struct search){0};
    known.table.count = 0;
    symbols_ask(vm->symbols, "the running kernel's own table (kallsyms)", asked, vm);
}
