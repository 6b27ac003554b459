/* Stand-ins for a machine without history, watchpoints and access log: time always stands at the present. */
#include "src/debug_write.h"
#include "src/history.h"
#include "src/memlog.h"
#include "src/notice.h"
#include "src/travel.h"
#include "src/watchpoint.h"

bool history_in_past(const struct vm *vm)
{
    return false;
}

enum cpu_exit history_run(struct vm *vm, uint64_t until)
{
    return cpu_run(vm->cpu, until);
}

void history_slice_done(struct vm *vm, uint64_t cpu_ns)
{
}

void history_cut(struct vm *vm)
{
}

void history_drop_temporary(struct vm *vm, uint64_t icount)
{
}

struct history *history_new(struct vm *vm, size_t bound)
{
    return NULL;
}

void history_free(struct history *history)
{
}

struct travel *travel_new(struct vm *vm)
{
    return NULL;
}

void travel_free(struct travel *travel)
{
}

void travel_abandon(struct travel *travel)
{
}

enum travel_state travel_turn(struct travel *travel)
{
    return TRAVEL_ARRIVED;
}

enum vm_stop_reason travel_reason(const struct travel *travel)
{
    return VM_STOP_USER;
}

bool memlog_stop(struct vm *vm)
{
    return true;
}

void memlog_slice_done(struct vm *vm)
{
}

void debug_write_connect(struct vm *vm)
{
}

bool watchpoints_act(struct vm *vm)
{
    return false;
}
