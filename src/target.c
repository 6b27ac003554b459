#include "src/target.h"

#include <stdio.h>
#include <string.h>

#include "cpu/actions.h"
#include "gdbstub/gdbstub.h"
#include "softmmu/alloc.h"
#include "src/description.h"
#include "src/notice.h"
#include "src/target_internal.h"

/* Whom the change handler, which cannot be taken back, speaks for. */
static struct stub_target *present;

struct stub_target *target_present(void)
{
    return present;
}

static const char *triple(void *opaque)
{
    struct stub_target *target = opaque;
    return target->triple;
}

static const char *description(void *opaque, const char *annex)
{
    struct stub_target *target = opaque;
    return strcmp(annex, "target.xml") == 0 ? target->description : NULL;
}

static const char *memory_map(void *opaque)
{
    struct stub_target *target = opaque;
    return target->memory_map;
}

static const struct target_ops target_ops = {
    .pc_register = target_registers_pc,
    .triple = triple,
    .running = target_run_running,
    .last_stop = target_stop_last,
    .description = description,
    .memory_map = memory_map,
    .general_count = target_registers_count,
    .register_size = target_registers_size,
    .read_register = target_registers_read,
    .write_register = target_registers_write,
    .read_memory = target_memory_read,
    .write_memory = target_memory_write,
    .insert_point = target_points_insert,
    .remove_point = target_points_remove,
    .remove_all_points = target_points_remove_all,
    .stop = target_run_stop,
    .resume = target_run_resume,
    .can_reverse = target_run_can_reverse,
    .detach = target_run_detach,
    .kill = target_run_kill,
    .drained = target_text_drained,
    .monitor = target_text_monitor,
    .set_step_into = target_run_set_into,
    .step_into = target_run_into,
};

static void make_documents(struct stub_target *target)
{
    const struct cpu_arch *arch = target->vm->cpu->arch;
    int length =
        snprintf(target->triple, sizeof(target->triple), "%s%s-unknown-unknown", arch->name, target->ops.big_endian ? "" : "el");
    assert(length > 0 && (size_t)length < sizeof(target->triple));
    target->description = description_target(arch);
    target->memory_map = description_memory_map();
}

struct stub_target *target_new(struct vm *vm, const char *address)
{
    assert(!present);
    struct stub_target *target = alloc_zeroed(sizeof(*target));
    target->vm = vm;
    target->ops = target_ops;
    target->ops.big_endian = vm->machine.big_endian;
    target_points_make(&target->points);
    target_registers_make(target);
    make_documents(target);
    target_stop_at_start(target);
    present = target;
    target->stub = gdbstub_new(vm->base, address, &target->ops, target);
    if (!target->stub) {
        target_free(target);
        return NULL;
    }
    vm_add_change_state_handler(vm, target_stop_changed, target);
    notice_connect(vm, target_text_notice, target);
    actions_print_to(target_text_print, target);
    return target;
}

void target_free(struct stub_target *target)
{
    if (!target)
        return;
    assert(target == present);
    if (target->stub)
        gdbstub_free(target->stub);
    present = NULL;
    notice_connect(target->vm, NULL, NULL);
    actions_print_to(NULL, NULL);
    target_points_free(target);
    free(target->registers);
    free(target->description);
    free(target->memory_map);
    free(target);
}
