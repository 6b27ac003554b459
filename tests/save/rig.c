#include "tests/save/rig.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "softmmu/alloc.h"

enum { SLICE = 20011, SLICE_NS = 60000000 };

/*
 *         lui   $9, 0x8020
 *  again: addiu $8, $8, 1
 *         sll   $10, $8, 6
 *         andi  $10, $10, 0xffff
 *         addu  $11, $9, $10
 *         sw    $8, 0($11)
 *         b     again
 *         nop
 */
static const uint32_t program[] = {0x3c098020, 0x25080001, 0x00085180, 0x314affff, 0x012a5821, 0xad680000, 0x1000fffa, 0};

bool rig_options(struct rig *rig, const char *const *words)
{
    char *arguments[RIG_OPTIONS + 1] = {"stakeout"};
    int count = 1;
    for (; *words && count < RIG_OPTIONS; words++)
        arguments[count++] = (char *)*words;
    return options_parse(&rig->options, count, arguments) < 0;
}

void rig_write_program(const char *path, bool big_endian)
{
    FILE *file = alloc_checked(fopen(path, "wb"));
    for (unsigned i = 0; i < ARRAY_SIZE(program); i++)
        for (unsigned byte = 0; byte < 4; byte++)
            fputc((int)(program[i] >> 8 * (big_endian ? 3 - byte : byte) & 0xff), file);
    fclose(file);
}

bool rig_open(struct rig *rig)
{
    rig->base = event_base_new();
    event_base_priority_init(rig->base, 3);
    rig->vm = rig->options.load ? load_machine(rig->base, &rig->options) : vm_new(rig->base, &rig->options);
    return rig->vm;
}

void rig_close(struct rig *rig)
{
    vm_free(rig->vm);
    load_free();
    event_base_free(rig->base);
    rig->vm = NULL;
    rig->base = NULL;
}

void rig_run(struct rig *rig, uint64_t until)
{
    assert(!history_in_past(rig->vm));
    while (rig_icount(rig) < until) {
        enum cpu_exit exit = cpu_run(rig->vm->cpu, min_u64(until, rig_icount(rig) + SLICE));
        assert(exit == CPU_EXIT_LIMIT);
        (void)exit;
        history_slice_done(rig->vm, SLICE_NS);
    }
}

void rig_goto(struct rig *rig, uint64_t icount)
{
    travel_begin_goto(rig->vm->travel, icount);
    while (travel_turn(rig->vm->travel) != TRAVEL_ARRIVED)
        ;
}

char *rig_save(struct rig *rig, const char *path)
{
    struct save *save = save_begin(rig->vm, path);
    while (!save_turn(save))
        ;
    char *error = save_error(save) ? strdup(save_error(save)) : NULL;
    save_free(save);
    return error;
}
