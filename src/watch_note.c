#include "src/watch_note.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/register_name.h"
#include "src/symbols.h"
#include "src/watchpoint.h"

enum { INSN_MAX = 16, TEXT_MAX = 128 };

/* A line under construction: what does not fit is cut. */
struct line {
    char text[512];
    size_t length;
};

static struct line last;
static bool logged; /* the last line is one that was made to be told at once ... */
static bool told;   /* ... and the one taken since says the same */

static void add(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line->text + line->length, sizeof(line->text) - line->length, format, args);
    va_end(args);
    assert(length >= 0);
    line->length = (size_t)min_u64(line->length + (size_t)length, sizeof(line->text) - 1);
}

static void add_place(struct line *line, struct vm *vm, uint32_t pc)
{
    uint64_t offset;
    const char *name = symbols_name(vm->symbols, pc, &offset);
    add(line, ": %08" PRIx32, pc);
    if (name)
        add(line, " %s+0x%" PRIx64, name, offset);
}

/* The instruction, and the register that its address comes from as it was before it (a stop after it may have changed it). */
static void add_insn(struct line *line, struct cpu *cpu, const struct debug_event *hit)
{
    uint8_t bytes[INSN_MAX];
    char text[TEXT_MAX] = "";
    size_t length = cpu_debug_read(cpu, hit->pc, bytes, sizeof(bytes));
    if (length < cpu->arch->insn_align)
        return;
    cpu->arch->disassemble(cpu, hit->pc, bytes, length, text, sizeof(text));
    for (char *tab; (tab = strchr(text, '\t'));)
        *tab = ' ';
    add(line, ": %s", text);
    const char *base = cpu->arch->access_base(cpu, bytes);
    const struct cpu_register *row = base && !hit->after ? register_by_name(cpu->arch, base) : NULL;
    if (base && hit->base_known)
        add(line, ": %s=0x%" PRIx64, base, hit->base);
    else if (row)
        add(line, ": %s=0x%" PRIx64, base, row->read(cpu, row->arg));
}

/* What is stored and what it replaces, or what is loaded. */
static void add_value(struct line *line, const struct debug_event *hit)
{
    add(line, ", %" PRIu32 " byte%s", hit->size, hit->size == 1 ? "" : "s");
    if (hit->kind == ACCESS_STORE) {
        add(line, " <- 0x%" PRIx64, hit->value);
        if (hit->known)
            add(line, " (was 0x%" PRIx64 ")", hit->old);
    } else if (hit->known) {
        add(line, " -> 0x%" PRIx64, hit->value);
    }
}

static void add_access(struct line *line, struct vm *vm, const struct debug_event *hit)
{
    if (hit->source == WATCH_BY_CPU) {
        add_place(line, vm, hit->pc);
        add_insn(line, vm->cpu, hit);
    } else if (hit->source == WATCH_BY_DMA) {
        add(line, ": DMA%s%s", hit->device ? " by " : "", hit->device ? hit->device : "");
    } else {
        add(line, ": page table walk");
    }
    add_value(line, hit);
}

void watch_note_keep_base(struct cpu *cpu, struct debug_event *hit)
{
    uint8_t bytes[4];
    const char *base = NULL;
    if (hit->source == WATCH_BY_CPU && cpu_debug_read(cpu, hit->pc, bytes, sizeof(bytes)) == sizeof(bytes))
        base = cpu->arch->access_base(cpu, bytes);
    const struct cpu_register *row = base ? register_by_name(cpu->arch, base) : NULL;
    hit->base_known = row;
    hit->base = row ? row->read(cpu, row->arg) : 0;
}

static void make(struct vm *vm, const struct watchpoint *watchpoint, const struct debug_event *hit)
{
    const char *kind = hit->kind == ACCESS_STORE ? "watch" : "rwatch";
    last.length = 0;
    if (watchpoint)
        add(&last, "%u: ", watchpoint->number);
    if (watchpoint && watchpoint->spec.log)
        add(&last, "icount %" PRIu64 ": ", vm->machine.clock->icount);
    if (watchpoint && watchpoint->spec.physical)
        add(&last, "%s phys 0x%08" PRIx64, kind, hit->phys);
    else
        add(&last, "%s 0x%08" PRIx32, kind, hit->lowest);
    add_access(&last, vm, hit);
    add(&last, "\n");
}

const char *watch_note_make(struct vm *vm, const struct watchpoint *watchpoint, const struct debug_event *hit)
{
    make(vm, watchpoint, hit);
    logged = true;
    return last.text;
}

const char *watch_note_take(struct vm *vm)
{
    const struct debug_event *hit = &vm->cpu->debug;
    const struct line before = last;
    make(vm, watchpoint_of(hit->watch), hit);
    told = logged && strcmp(before.text, last.text) == 0;
    logged = false;
    return last.text;
}

bool watch_note_told(void)
{
    return told;
}

const char *watch_note_last(void)
{
    return last.length ? last.text : NULL;
}
