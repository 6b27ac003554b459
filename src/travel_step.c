/* The step back: to the position before this one in the stepped context. */
#include "src/step.h"
#include "src/travel_internal.h"

/* Temporary checkpoints lie this far before the position that is stepped back from; the last stretch is looked at unit by unit. */
static const uint64_t step_marks[] = {1000000, 100000, 10000, 1000, 100, 10};

/* Told of each exception during a search for the one that interrupted the stepped context. */
static void note_exception(void *opaque, unsigned code)
{
    struct travel *travel = opaque;
    if (step_is_home(travel->vm->cpu, &travel->home))
        travel->best = (struct event){.any = true, .begin = travel_now(travel), .reason = VM_STOP_STEP};
}

void travel_approach(struct travel *travel, uint64_t position)
{
    assert(position > 0 && position <= travel->origin);
    struct journal *journal = travel_journal(travel);
    travel->position = position;
    travel->phase = APPROACH;
    travel->vm->cpu->points_off = true;
    history_drop_temporary(travel->vm, position);
    history_restore(travel->vm, journal_find(journal, position - 1, UINT64_MAX));
    for (travel->next_mark = 0; travel->next_mark < ARRAY_SIZE(step_marks); travel->next_mark++)
        if (step_marks[travel->next_mark] < position && travel_now(travel) + step_marks[travel->next_mark] < position)
            break;
}

static uint64_t approach_stop(const struct travel *travel)
{
    if (travel->next_mark < ARRAY_SIZE(step_marks))
        return travel->position - step_marks[travel->next_mark];
    return travel->position < TRAVEL_LONGEST_UNIT ? 0 : travel->position - TRAVEL_LONGEST_UNIT;
}

/* One that stands here already stays what it is. */
static void lay_temporary(struct travel *travel)
{
    struct journal *journal = travel_journal(travel);
    size_t before = journal_count(journal), index = history_checkpoint(travel->vm);
    if (journal_count(journal) > before)
        journal_set_temporary(journal, index);
}

enum travel_state travel_approach_more(struct travel *travel)
{
    struct vm *vm = travel->vm;
    uint64_t stop = approach_stop(travel);
    if (travel_now(travel) < stop)
        history_run(vm, stop);
    if (travel_now(travel) < stop)
        return TRAVEL_GOES_ON;
    if (travel->next_mark < ARRAY_SIZE(step_marks)) {
        if (travel_now(travel) < travel->position)
            lay_temporary(travel);
        travel->next_mark++;
        return TRAVEL_GOES_ON;
    }
    travel->phase = PREVIOUS;
    return TRAVEL_GOES_ON;
}

/* Where the context at `position` came from. */
static enum travel_state judge_previous(struct travel *travel)
{
    struct vm *vm = travel->vm;
    struct cpu *cpu = vm->cpu;
    cpu->arch->step_context(cpu, &travel->home);
    travel->home_pc = *cpu_pc(cpu);
    const struct step_context *before = &travel->previous_context;
    bool returned =
        before->in_handler && !travel->home.in_handler && travel->home_pc != travel->previous_pc + cpu->arch->insn_align;
    if (vm->step_into || (!returned && !(travel->previous_waited && travel->previous_pc == travel->home_pc))) {
        travel_land(travel, travel->previous, VM_STOP_STEP);
        return TRAVEL_GOES_ON;
    }
    if (!returned) { /* idle time is passed over */
        travel_approach(travel, travel->previous);
        return TRAVEL_GOES_ON;
    }
    travel->seek_entry = true;
    travel->listener = (struct exception_listener){note_exception, travel, NULL};
    cpu_listen_to_exceptions(cpu, &travel->listener);
    travel_search_before(travel, travel->position);
    return TRAVEL_GOES_ON;
}

enum travel_state travel_previous(struct travel *travel)
{
    struct vm *vm = travel->vm;
    struct cpu *cpu = vm->cpu;
    while (travel_now(travel) < travel->position) {
        travel->previous = travel_now(travel);
        travel->previous_pc = *cpu_pc(cpu);
        travel->previous_waited = cpu->arch->waiting(cpu);
        cpu->arch->step_context(cpu, &travel->previous_context);
        while (travel_now(travel) == travel->previous)
            history_run(vm, travel->previous + 1);
    }
    return judge_previous(travel);
}

void travel_end_entry_search(struct travel *travel)
{
    assert(travel->seek_entry);
    cpu_forget_listener(travel->vm->cpu, &travel->listener);
    travel->seek_entry = false;
}

bool travel_step_goes_on(struct travel *travel)
{
    const struct vm *vm = travel->vm;
    bool repeat = travel->stepping && !vm->step_into && travel->reason == VM_STOP_STEP && *cpu_pc(vm->cpu) == travel->home_pc &&
                  travel_now(travel) + TRAVEL_LONGEST_UNIT < travel->position && travel_now(travel) > travel->floor;
    if (repeat)
        travel_approach(travel, travel_now(travel));
    return repeat;
}
