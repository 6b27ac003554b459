/* -d out_asm: a block's host code in text. */
#include <capstone/capstone.h>

#include "cpu/host/x86_64/x86_64.h"
#include "softmmu/log.h"

void log_code(const struct jit *jit, const struct host_block *block)
{
    csh handle;
    cs_insn *insns;
    if (!log_enabled(LOG_BIT_OUT_ASM) || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return;
    log_printf(LOG_BIT_OUT_ASM, "host code of %08x, %u bytes for %u instructions\n", block->block.pc, block->code_size,
               block->block.count);
    size_t count = cs_disasm(handle, block->code, block->code_size, (uintptr_t)exec_address(jit, block->code), 0, &insns);
    for (size_t i = 0; i < count; i++)
        log_printf(LOG_BIT_OUT_ASM, "  %llx  %s %s\n", (unsigned long long)insns[i].address, insns[i].mnemonic, insns[i].op_str);
    cs_free(insns, count);
    cs_close(&handle);
}
