#include "src/history.h"

#include "softmmu/alloc.h"
#include "softmmu/host_clock.h"
#include "src/build.h"
#include "src/memlog.h"
#include "src/notice.h"
#include "src/vm.h"
#include "src/watchpoint.h"

/* Replay comes back to the loop after about this much host time, and looks at the clock this often. */
#define SLICE_NS UINT64_C(5000000)
enum { CHUNK_INSNS = 2000000 };
/* Compression may take this share of the time that the guest runs. */
enum { PACK_SHARE = 25 };

struct history {
    struct vm *vm;
    struct journal *journal;
    uint64_t run_ns;    /* live execution since power-on, CPU time of the host */
    uint64_t pack_debt; /* CPU time that compression has taken beyond its share */
};

static struct history *of(const struct vm *vm)
{
    return vm->history;
}

struct journal *history_journal(const struct vm *vm)
{
    return of(vm) ? of(vm)->journal : NULL;
}

bool history_in_past(const struct vm *vm)
{
    return of(vm) && !journal_at_present(of(vm)->journal);
}

static const struct checkpoint *newest(const struct history *history)
{
    return journal_at(history->journal, journal_count(history->journal) - 1);
}

uint64_t history_end(const struct vm *vm)
{
    return history_in_past(vm) ? newest(of(vm))->mark.icount : vm->machine.clock->icount;
}

uint64_t history_start(const struct vm *vm)
{
    return of(vm) ? journal_at(of(vm)->journal, 0)->mark.icount : vm->machine.clock->icount;
}

/* In the past: as far into the interval as the count says. */
uint64_t history_run_ns(const struct vm *vm)
{
    const struct history *history = of(vm);
    if (!history_in_past(vm))
        return history->run_ns;
    size_t here = journal_here(history->journal);
    const struct checkpoint_mark *from = &journal_at(history->journal, here)->mark;
    const struct checkpoint_mark *to = &journal_at(history->journal, here + 1)->mark;
    uint64_t insns = to->icount - from->icount;
    double part = insns ? (double)(vm->machine.clock->icount - from->icount) / (double)insns : 0;
    return from->run_ns + (uint64_t)((double)(to->run_ns - from->run_ns) * part);
}

static struct checkpoint_mark mark_here(const struct vm *vm)
{
    return (struct checkpoint_mark){.icount = vm->machine.clock->icount,
                                    .vtime = clock_now(vm->machine.clock),
                                    .input = inputs_place(vm->machine.inputs),
                                    .run_ns = history_run_ns(vm)};
}

/* Where history begins: nothing has been run for it. */
static struct checkpoint_mark first_mark(const struct vm *vm)
{
    return (struct checkpoint_mark){
        .icount = vm->machine.clock->icount, .vtime = clock_now(vm->machine.clock), .input = inputs_count(vm->machine.inputs)};
}

struct history *history_new(struct vm *vm, size_t bound)
{
    assert(vm->cpu && !vm->history);
    struct history *history = alloc_zeroed(sizeof(*history));
    vm->history = history;
    history->vm = vm;
    struct checkpoint_mark mark = first_mark(vm);
    history->journal = journal_new(&vm->cpu->mmu, bound, &mark);
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    journal_free(history->journal);
    history->vm->history = NULL;
    free(history);
}

/* Live */

static bool stands_at(const struct checkpoint *checkpoint, const struct checkpoint_mark *mark)
{
    return checkpoint->mark.icount == mark->icount && checkpoint->mark.input == mark->input;
}

size_t history_checkpoint(struct vm *vm)
{
    struct history *history = of(vm);
    assert(history);
    struct checkpoint_mark mark = mark_here(vm);
    size_t here = journal_here(history->journal);
    if (stands_at(journal_at(history->journal, here), &mark))
        return here;
    return journal_checkpoint(history->journal, &mark);
}

static void tidy(struct history *history, uint64_t cpu_ns)
{
    uint64_t allowed = cpu_ns / PACK_SHARE;
    history->pack_debt -= min_u64(history->pack_debt, allowed);
    if (history->pack_debt)
        allowed = 0;
    uint64_t took = journal_tidy(history->journal, history->run_ns, allowed);
    history->pack_debt += took > allowed ? took - allowed : 0;
}

void history_slice_done(struct vm *vm, uint64_t cpu_ns)
{
    struct history *history = of(vm);
    if (!history)
        return;
    uint64_t before = journal_at(history->journal, journal_here(history->journal))->mark.run_ns;
    history->run_ns += cpu_ns;
    if (!journal_wants_checkpoint(history->journal, history->run_ns))
        return;
    history_checkpoint(vm);
    tidy(history, history->run_ns - before);
}

/* Replay */

/* What happens in the past was emitted, and logged, when it was the present. */
static void mute(struct vm *vm, bool on)
{
    vm->muted = on;
    log_mute(on);
    memlog_mute(vm, on);
}

static void go_live(struct history *history)
{
    struct vm *vm = history->vm;
    inputs_go_live(vm->machine.inputs);
    mute(vm, false);
}

void history_restore(struct vm *vm, size_t index)
{
    struct history *history = of(vm);
    assert(history);
    if (journal_at_present(history->journal))
        history_checkpoint(vm);
    mute(vm, true);
    journal_restore(history->journal, index);
    inputs_rewind(vm->machine.inputs, (size_t)journal_at(history->journal, index)->mark.input);
    machine_loaded(&vm->machine);
    cpu_loaded(vm->cpu);
    watchpoints_rewound(vm);
    if (journal_at_present(history->journal))
        go_live(history);
}

static bool at_next_checkpoint(const struct history *history)
{
    assert(!journal_at_present(history->journal));
    const struct vm *vm = history->vm;
    const struct checkpoint_mark *mark = &journal_at(history->journal, journal_here(history->journal) + 1)->mark;
    return mark->icount == vm->machine.clock->icount && mark->input == inputs_place(vm->machine.inputs);
}

/* What belongs to the boundary before it is left: checkpoints passed, and the debugger's writes and rate changes there. */
static void arrive(struct history *history)
{
    struct inputs *inputs = history->vm->machine.inputs;
    uint64_t now = history->vm->machine.clock->icount;
    while (!journal_at_present(history->journal)) {
        const struct input *next = inputs_next(inputs);
        if (at_next_checkpoint(history)) {
            journal_enter_next(history->journal);
            if (journal_at_present(history->journal))
                go_live(history);
        } else if (next && next->icount == now && input_arrives(next->kind)) {
            inputs_replay(inputs);
        } else {
            break;
        }
    }
}

/* The first position at which a replay has to look up. */
static uint64_t next_event(const struct history *history, uint64_t until)
{
    const struct vm *vm = history->vm;
    uint64_t now = vm->machine.clock->icount;
    assert(until > now && !journal_at_present(history->journal));
    uint64_t limit = min_u64(until, now + CHUNK_INSNS);
    const struct input *next = inputs_next(vm->machine.inputs);
    uint64_t checkpoint = journal_at(history->journal, journal_here(history->journal) + 1)->mark.icount;
    if (next) /* those that are applied on leaving here hide the ones behind them: a look after one unit */
        limit = min_u64(limit, next->icount > now ? next->icount : now + 1);
    if (checkpoint > now)
        limit = min_u64(limit, checkpoint);
    assert(limit > now);
    return limit;
}

/* The CPU waits: what ended the wait is in the log, or it was the next deadline. */
static void end_wait(struct history *history)
{
    struct vm *vm = history->vm;
    const struct input *next = inputs_next(vm->machine.inputs);
    if (next && next->icount == vm->machine.clock->icount)
        inputs_replay(vm->machine.inputs);
    else
        cpu_idle_jump(vm->cpu, vm->machine.timers.next);
}

static enum cpu_exit replay(struct history *history, uint64_t until)
{
    struct vm *vm = history->vm;
    uint64_t started = host_clock_ns();
    do {
        arrive(history);
        if (!history_in_past(vm) || vm->machine.clock->icount >= until)
            return CPU_EXIT_LIMIT;
        enum cpu_exit exit = cpu_run(vm->cpu, next_event(history, until));
        if (exit == CPU_EXIT_IDLE) {
            end_wait(history);
        } else if (exit == CPU_EXIT_DEBUG) {
            arrive(history);
            return exit;
        } else if (exit == CPU_EXIT_REQUEST) {
            if (vm->machine.s->request != REQUEST_RESET)
                return vm->machine.s->request == REQUEST_NONE ? CPU_EXIT_LIMIT : exit;
            build_reset(vm);
        }
    } while (host_clock_ns() - started < SLICE_NS);
    arrive(history);
    return CPU_EXIT_LIMIT;
}

enum cpu_exit history_run(struct vm *vm, uint64_t until)
{
    return history_in_past(vm) ? replay(of(vm), until) : cpu_run(vm->cpu, until);
}

/* Changes */

void history_drop_temporary(struct vm *vm, uint64_t icount)
{
    struct journal *journal = history_journal(vm);
    for (size_t i = journal ? journal_count(journal) : 0; i-- > 1;) {
        const struct checkpoint *checkpoint = journal_at(journal, i);
        bool edge = i == journal_here(journal) || i + 1 == journal_count(journal);
        if (checkpoint->temporary && checkpoint->mark.icount >= icount && !edge)
            journal_drop(journal, i);
    }
}

void history_cut(struct vm *vm)
{
    struct history *history = of(vm);
    if (!history_in_past(vm))
        return;
    struct checkpoint_mark mark = mark_here(vm);
    uint64_t end = history_end(vm);
    journal_cut(history->journal, &mark);
    history->run_ns = mark.run_ns;
    go_live(history);
    watchpoints_cut(vm, mark.icount);
    notice(vm, "history: a new past begins at icount %llu; what came after it, up to %llu, is dropped\n",
           (unsigned long long)mark.icount, (unsigned long long)end);
}

void history_loaded(struct vm *vm, bool kept)
{
    struct history *history = of(vm);
    assert(history);
    if (!kept) {
        struct checkpoint_mark mark = first_mark(vm);
        journal_clear(history->journal);
        journal_append(history->journal, &mark);
        journal_stand_at_present(history->journal);
    }
    history->run_ns = newest(history)->mark.run_ns;
}
