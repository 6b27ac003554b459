/*
 * How good the generated code is: typical blocks of guests may take no more host instructions than code_blocks.def says. An
 * argument prints that table with the present counts:
 *     cpu_code_test table > tests/cpu/code_blocks.def
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <capstone/capstone.h>
#include <cmocka.h>

#include "cpu/host/x86_64/x86_64.h"
#include "cpu/mips/cp0.h"
#include "cpu/mips/disassemble.h"
#include "tests/cpu/rig.h"

#define MAX_WORDS   16
#define USER_CODE   0x00400000u
#define USER_DATA   0x00401000u
#define STATUS_USER 0x10u

enum mode { KERNEL, USER };

struct guest_block {
    enum mode mode;
    const char *name;
    unsigned hot, total; /* at most so many host instructions: in the hot path, with all that lies behind it */
    uint32_t words[MAX_WORDS];
    unsigned count;
};

static const struct guest_block blocks[] = {
#define BLOCK(mode, name, hot, total, ...)                                                                                       \
    {mode, name, hot, total, {__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)},
#include "code_blocks.def"
#undef BLOCK
};

struct counts {
    unsigned hot, total;
};

static uint32_t page_frame(uint32_t va)
{
    return (va & 0x1ffff000) >> 12 << 6 | ENTRYLO_V | ENTRYLO_D;
}

/* All registers point to data, so that what the block does works. */
static void set_state(struct rig *rig, enum mode mode)
{
    struct mips_state state = *rig->s;
    for (unsigned i = 1; i < 32; i++)
        state.gpr[i] = mode == USER ? USER_DATA : RIG_DATA;
    state.pc = mode == USER ? USER_CODE : RIG_CODE;
    state.status = STATUS_CU1 | (mode == USER ? STATUS_USER : 0);
    state.tlb[0] = (struct mips_tlb_entry){
        .vpn2 = USER_CODE, .lo = {page_frame(RIG_CODE), page_frame(RIG_DATA)},
             .global = 1
    };
    rig_restore(rig, &state);
}

static unsigned count_instructions(const uint8_t *code, size_t size)
{
    csh handle;
    cs_insn *insns;
    assert_int_equal(cs_open(CS_ARCH_X86, CS_MODE_64, &handle), CS_ERR_OK);
    size_t count = cs_disasm(handle, code, size, 0, 0, &insns);
    assert_true(count > 0);
    assert_int_equal(insns[count - 1].address + insns[count - 1].size, size);
    cs_free(insns, count);
    cs_close(&handle);
    return (unsigned)count;
}

static struct counts compile_and_count(const struct guest_block *guest)
{
    struct rig rig;
    rig_open(&rig, &(struct rig_config){.accel = ACCEL_JIT, .toggles = CPU_LONG_BLOCKS});
    rig_words(&rig, RIG_CODE, guest->words, guest->count);
    set_state(&rig, guest->mode);
    uint32_t pc = rig.s->pc, key = rig.cpu->arch->state_key(rig.cpu);
    cpu_run(rig.cpu, 4 * BLOCK_MAX_INSNS);
    const struct host_block *block =
        (const struct host_block *)block_find(rig.cpu->blocks, BLOCK_HOST, pc, key, RIG_CODE & 0x1fffffff);
    assert_non_null(block);
    struct counts counts = {count_instructions(block->code, block->hot_size), count_instructions(block->code, block->code_size)};
    rig_close(&rig);
    return counts;
}

static void test_block(void **state)
{
    const struct guest_block *guest = *state;
    struct counts counts = compile_and_count(guest);
    if (counts.hot > guest->hot || counts.total > guest->total)
        fail_msg("%s: %u host instructions in the hot path, %u in all; they were %u and %u", guest->name, counts.hot,
                 counts.total, guest->hot, guest->total);
}

static void print_block(const struct guest_block *guest)
{
    struct counts counts = compile_and_count(guest);
    printf("\nBLOCK(%s, \"%s\", %u, %u,\n", guest->mode == USER ? "USER" : "KERNEL", guest->name, counts.hot, counts.total);
    for (unsigned i = 0; i < guest->count; i++) {
        char text[96];
        bool last = i + 1 == guest->count;
        mips_disassemble_word(guest->words[i], RIG_CODE + 4 * i, true, text, sizeof(text));
        for (char *tab; (tab = strchr(text, '\t'));)
            *tab = ' ';
        printf("      0x%08x%s /* %s */\n", guest->words[i], last ? ")" : ",", text);
    }
}

static int print_table(void)
{
    puts("/*\n * Blocks of guests, and the host instructions that they may take at most: in the hot path, in all.\n"
         " * Printed by `cpu_code_test table`.\n */");
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++)
        print_block(&blocks[i]);
    return 0;
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[ARRAY_SIZE(blocks)];
    if (argc > 1)
        return print_table();
    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++)
        tests[i] = (struct CMUnitTest){blocks[i].name, test_block, NULL, NULL, (void *)&blocks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
