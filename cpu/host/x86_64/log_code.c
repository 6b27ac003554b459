/* -d out_asm: a block in three columns, each instruction of the guest with its IR and each operation of the IR with its host code. */
#include <capstone/capstone.h>
#include <string.h>

#include "cpu/host/x86_64/x86_64.h"
#include "softmmu/log.h"

enum { GUEST_WIDTH = 36, IR_WIDTH = 40 };

struct listing {
    struct cpu *cpu;
    const struct host_block *block;
    cs_insn *insns;
    size_t count, next;     /* host instructions, the next to print */
    char guest[96], ir[96]; /* still to be printed, beside the next host instruction */
};

static const char *thunk_name(const struct jit *jit, uint64_t address)
{
    struct code_piece thunk;
    for (unsigned i = 0; thunk_number(jit, i, &thunk); i++)
        if (address - (uintptr_t)thunk.code < thunk.size)
            return thunk.thunk;
    return NULL;
}

/* A word of the state, or what generated code uses of struct cpu; by its distance from rbp. */
static const char *word_name(const struct cpu *cpu, int64_t offset)
{
    static const struct {
        int32_t offset;
        const char *name;
    } words[] = {
        {CPU_OFFSET(budget),             "budget"                },
        {CPU_OFFSET(leave),              "leave"                 },
        {CPU_OFFSET(direct_limit),       "direct limit"          },
        {CPU_OFFSET(code_pc),            "code pc"               },
        {CPU_OFFSET(call_a),             "argument a"            },
        {CPU_OFFSET(call_b),             "argument b"            },
        {CPU_OFFSET(direct_group_limit), "direct limit of groups"},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        if (offset == words[i].offset)
            return words[i].name;
    for (unsigned i = 0; i < cpu->arch->nglobals; i++)
        if (offset == global_offset(cpu, i))
            return cpu->arch->globals[i].name;
    if (offset == (int64_t)cpu->arch->pc_offset - (int64_t)cpu->arch->state_size)
        return "pc";
    if (offset >= CPU_OFFSET(counts) && offset < CPU_OFFSET(counts) + (int64_t)sizeof(struct cpu_counts))
        return "counter";
    return offset >= CPU_OFFSET(temp_slots) && offset < CPU_OFFSET(temp_slots[IR_MAX_TEMPS]) ? "temp" : NULL;
}

static const char *operand_name(const struct cpu *cpu, const cs_x86_op *operand)
{
    if (operand->type == X86_OP_IMM)
        return thunk_name(cpu->jit, (uint64_t)operand->imm);
    if (operand->type != X86_OP_MEM || operand->mem.base != X86_REG_RBP || operand->mem.index != X86_REG_INVALID)
        return NULL;
    return word_name(cpu, operand->mem.disp);
}

static void print_columns(struct listing *list, const char *host)
{
    log_printf(LOG_BIT_OUT_ASM, "%-*s| %-*s|%s\n", GUEST_WIDTH, list->guest, IR_WIDTH, list->ir, host);
    list->guest[0] = list->ir[0] = '\0';
}

static void print_host(struct listing *list)
{
    const cs_insn *insn = &list->insns[list->next++];
    const cs_x86 *x86 = &insn->detail->x86;
    const char *name = NULL;
    char text[256];
    for (unsigned i = 0; i < x86->op_count && !name; i++)
        name = operand_name(list->cpu, &x86->operands[i]);
    snprintf(text, sizeof(text), " %" PRIx64 "  %s %s%s%s", insn->address, insn->mnemonic, insn->op_str, name ? "  ; " : "",
             name ? name : "");
    print_columns(list, text);
}

/* Host code up to an offset into the block. */
static void print_until(struct listing *list, uint32_t offset)
{
    uint64_t end = (uintptr_t)exec_address(list->cpu->jit, list->block->code) + offset;
    while (list->next < list->count && list->insns[list->next].address < end)
        print_host(list);
}

/* What had no host code of its own gets a line all the same. */
static void print_rest(struct listing *list)
{
    if (list->guest[0] || list->ir[0])
        print_columns(list, "");
}

/* The tab behind the name, to a column. */
static void expand_tab(char *text, size_t room)
{
    char *tab = strchr(text, '\t');
    char rest[64];
    if (!tab)
        return;
    snprintf(rest, sizeof(rest), "%s", tab + 1);
    *tab = '\0';
    snprintf(tab, room - (size_t)(tab - text), "%*s%s", (int)(tab - text) < 7 ? 8 - (int)(tab - text) : 1, "", rest);
}

static void put_guest(struct listing *list, uint32_t pc)
{
    const struct translator *t = &list->cpu->blocks->translator;
    const uint8_t *page = t->host[((pc ^ t->start) & GUEST_PAGE_MASK) != 0];
    print_rest(list);
    int n = snprintf(list->guest, sizeof(list->guest), "%08x  ", pc);
    if (!page)
        return;
    char *text = list->guest + n;
    size_t room = sizeof(list->guest) - (size_t)n;
    t->arch->disassemble(list->cpu, pc, page + (pc & ~GUEST_PAGE_MASK), 4, text, room);
    expand_tab(text, room);
}

static void put_ir(struct listing *list, const struct ir_op *op, const char *prefix)
{
    char text[96];
    if (list->ir[0])
        print_rest(list);
    ir_print_op(&list->cpu->blocks->ir, op, list->cpu->arch, text, sizeof(text));
    snprintf(list->ir, sizeof(list->ir), "%s%.80s", prefix, text + strspn(text, " "));
}

static void print_operations(struct listing *list)
{
    const struct ir *ir = &list->cpu->blocks->ir;
    const struct code_layout *layout = &list->cpu->jit->layout;
    strcpy(list->guest, "entry");
    for (unsigned i = 0; i < ir->nops; i++) {
        const struct ir_op *op = &ir->ops[i];
        print_until(list, layout->op_start[i]);
        if (op->op == IR_insn)
            put_guest(list, (uint32_t)op->imm);
        else
            put_ir(list, op, "");
    }
    print_until(list, list->block->hot_size);
    print_rest(list);
}

static void print_stubs(struct listing *list)
{
    const struct code_layout *layout = &list->cpu->jit->layout;
    for (unsigned i = 0; i < layout->nstubs; i++) {
        print_until(list, layout->stub[i].start);
        put_ir(list, &list->cpu->blocks->ir.ops[layout->stub[i].op], i ? "else: " : "no budget: ");
    }
    print_until(list, list->block->code_size);
    print_rest(list);
}

void log_code(struct cpu *cpu, const struct host_block *block)
{
    csh handle;
    struct listing list = {.cpu = cpu, .block = block};
    if (!log_enabled(LOG_BIT_OUT_ASM) || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return;
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    list.count = cs_disasm(handle, block->code, block->code_size, (uintptr_t)exec_address(cpu->jit, block->code), 0, &list.insns);
    log_printf(LOG_BIT_OUT_ASM, "block %08x, key %x: %u instructions, %u bytes of host code, %u of them in the hot path\n",
               block->block.pc, block->block.key, block->block.count, block->code_size, block->hot_size);
    print_operations(&list);
    print_stubs(&list);
    cs_free(list.insns, list.count);
    cs_close(&handle);
}
