#include "tests/determinism/served.h"

#include <stdlib.h>

#include "src/target.h"

enum cpu_exit __real_cpu_run(struct cpu *cpu, uint64_t until);
enum cpu_exit __wrap_cpu_run(struct cpu *cpu, uint64_t until);

static struct served {
    struct sample *sample; /* NULL: nothing is served, cpu_run() is as ever */
    uint64_t next;         /* icount of the next sample */
    bool over;
} served;

static void finish(int status)
{
    served.over = true;
    vm_quit(served.sample->vm, status);
}

static void sample_here(void)
{
    if (!sample_take(served.sample))
        finish(EXIT_FAILURE);
    else if (sample_over(served.sample))
        finish(EXIT_SUCCESS);
    else
        served.next = sample_next_position(served.sample);
}

/* A sample ends the slice that it falls into; once the last is taken the guest stands still. */
enum cpu_exit __wrap_cpu_run(struct cpu *cpu, uint64_t until)
{
    if (!served.sample)
        return __real_cpu_run(cpu, until);
    if (served.over)
        return CPU_EXIT_LIMIT;
    enum cpu_exit exit = __real_cpu_run(cpu, min_u64(until, served.next));
    while (!served.over && cpu->machine->clock->icount >= served.next)
        sample_here();
    return exit;
}

bool served_run(struct sample *sample)
{
    struct stub_target *target = target_new(sample->vm, sample->options.serve);
    if (!target)
        return false;
    served = (struct served){.sample = sample, .next = sample_next_position(sample)};
    int status = vm_loop(sample->vm);
    served.sample = NULL;
    target_free(target);
    return status == EXIT_SUCCESS && served.over;
}
