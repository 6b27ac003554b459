#include "src/step.h"

#include "src/history.h"

enum { UNITS_A_CALL = 256 };

/* There is one machine, and one step at a time. */
static struct step {
    struct vm_run run;
    uint32_t pc;              /* where the unit that is stepped stands */
    struct step_context home; /* the context that must complete it */
    bool away;                /* a handler runs */
    bool skip_breakpoint, skip_watch;
} step;

static void begin_unit(const struct cpu *cpu)
{
    step.pc = *cpu_pc(cpu);
    step.away = false;
    step.skip_breakpoint = cpu->skip_breakpoint;
    step.skip_watch = cpu->skip_watch;
    cpu->arch->step_context(cpu, &step.home);
}

void step_begin(struct vm *vm, const struct vm_run *run)
{
    assert(run->kind != VM_RUN_FREE);
    step.run = *run;
    begin_unit(vm->cpu);
}

bool step_is_home(const struct cpu *cpu, const struct step_context *home)
{
    struct step_context now;
    cpu->arch->step_context(cpu, &now);
    return !now.in_handler && now.mode == home->mode && now.stack_pointer == home->stack_pointer &&
           now.address_space == home->address_space;
}

/*
 * Did the last unit enter a handler? If the next instruction follows, it was an instruction that set the exception level itself,
 * as kernels do before they return to a program: its step is complete.
 */
static bool entered_handler(const struct cpu *cpu)
{
    struct step_context now;
    cpu->arch->step_context(cpu, &now);
    return !step.home.in_handler && now.in_handler && *cpu_pc(cpu) != step.pc + cpu->arch->insn_align;
}

/* Back from a handler: what the debugger wanted passed over is still to come if the unit is. */
static void come_home(struct cpu *cpu)
{
    step.away = false;
    cpu->skip_breakpoint = step.skip_breakpoint;
    cpu->skip_watch = step.skip_watch;
}

/* After each unit: has the stepped context completed its own? waited: the CPU waited before this unit. */
static bool unit_complete(struct vm *vm, bool waited)
{
    assert(step.run.kind != VM_RUN_FREE);
    struct cpu *cpu = vm->cpu;
    bool same_pc = *cpu_pc(cpu) == step.pc;
    if (step.away) {
        if (!step_is_home(cpu, &step.home))
            return false;
        if (same_pc)
            come_home(cpu);
        return !same_pc;
    }
    if (!vm->step_into && entered_handler(cpu)) {
        step.away = true;
        return false;
    }
    return !(waited && same_pc);
}

/* A reset that the guest asked for is a unit too. Nobody comes home from it. */
static bool reset_is_next(const struct vm *vm)
{
    return vm->machine.s->request == REQUEST_RESET;
}

/* A range goes on while its units end inside it. */
static bool step_complete(struct vm *vm)
{
    uint32_t pc = *cpu_pc(vm->cpu);
    if (step.run.kind != VM_RUN_RANGE || pc < step.run.start || pc >= step.run.end)
        return true;
    begin_unit(vm->cpu);
    return false;
}

bool step_run(struct vm *vm)
{
    struct cpu *cpu = vm->cpu;
    const struct clock_state *clock = vm->machine.clock;
    for (unsigned i = 0; i < UNITS_A_CALL; i++) {
        uint64_t before = clock->icount;
        bool waited = cpu->arch->waiting(cpu), resets = reset_is_next(vm), past = history_in_past(vm);
        enum cpu_exit exit = history_run(vm, before + 1);
        if (exit == CPU_EXIT_DEBUG)
            return true;
        if (clock->icount != before && (unit_complete(vm, waited) || resets) && step_complete(vm)) {
            cpu->debug.reason = DEBUG_STEP;
            return true;
        }
        if (exit != CPU_EXIT_LIMIT || (past && !history_in_past(vm))) /* going live is for the caller */
            return false;
    }
    return false;
}
