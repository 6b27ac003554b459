/* The disassembler: the rows' text column, and a few aliases that assemblers write. */
#include "cpu/mips/disassemble.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/mips/insn.h"
#include "cpu/mips/mips.h"

const char *const mips_gpr_names[32] = {
    "zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7",
    "s0",   "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "s8", "ra",
};

static const char *const conditions[16] = {"f",  "un",   "eq",  "ueq", "olt", "ult", "ole", "ule",
                                           "sf", "ngle", "seq", "ngl", "lt",  "nge", "le",  "ngt"};

struct out {
    char *text;
    size_t room, length;
};

static void put(struct out *out, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out->text + out->length, out->room - out->length, format, args);
    va_end(args);
    out->length += (size_t)n;
    if (out->length >= out->room)
        out->length = out->room - 1;
}

static uint32_t branch_target(const struct mips_insn *insn)
{
    return insn->pc + 4 + ((uint32_t)insn->imm << 2);
}

static uint32_t jump_target(const struct mips_insn *insn)
{
    return ((insn->pc + 4) & 0xf0000000) | insn->target << 2;
}

/* As a number, which every assembler takes: "$12", "$12,1". */
static void put_cp0(struct out *out, const struct mips_insn *insn)
{
    put(out, insn->sel ? "$%u,%u" : "$%u", insn->rd, insn->sel);
}

/* A register field by its letter; false: not one. */
static bool put_register(struct out *out, const struct mips_insn *insn, char letter)
{
    static const char letters[] = "sbtd";
    static const char fpu_letters[] = "STDR";
    const uint8_t general[] = {insn->rs, insn->rs, insn->rt, insn->rd}, fpu[] = {insn->fs, insn->ft, insn->fd, insn->fr};
    const char *at = strchr(letters, letter);
    if (at) {
        put(out, "%s", mips_gpr_names[general[at - letters]]);
        return true;
    }
    at = strchr(fpu_letters, letter);
    if (at)
        put(out, "$f%u", fpu[at - fpu_letters]);
    return at;
}

static void put_special(struct out *out, const struct mips_insn *insn, char letter)
{
    switch (letter) {
    case '0':
        put_cp0(out, insn);
        break;
    case 'C':
        put(out, "$fcc%u", insn->cc);
        break;
    case 'H':
        put(out, "%s", insn->hint & 16 ? ".hb" : "");
        break;
    case 'c':
        put(out, "0x%x", insn->code);
        break;
    case 'h':
        put(out, "0x%x", insn->hint);
        break;
    case 'i':
        put(out, "%d", insn->imm);
        break;
    case 'j':
        put(out, "0x%x", jump_target(insn));
        break;
    case 'o':
        put(out, "0x%x", branch_target(insn));
        break;
    case 'q':
        put(out, "%s", conditions[insn->cond & 15]);
        break;
    case 'u':
        put(out, "0x%x", (uint16_t)insn->imm);
        break;
    case 'w':
        put(out, "$%u", insn->rd);
        break;
    default:
        assert(!"a letter that insn.h names");
    }
}

/* Plain numbers by letter; false: not one. */
static bool put_number(struct out *out, const struct mips_insn *insn, char letter)
{
    switch (letter) {
    case 'a':
        put(out, "%u", insn->sa);
        return true;
    case 'l':
        put(out, "%u", insn->sel);
        return true;
    case 'X':
        put(out, "%u", insn->fs);
        return true;
    case 'y':
        put(out, "%d", insn->msb - insn->sa + 1);
        return true;
    case 'z':
        put(out, "%u", insn->msb + 1u);
        return true;
    }
    return false;
}

static void put_row(struct out *out, const struct mips_insn *insn)
{
    bool blank = true; /* the first one separates mnemonic and operands */
    for (const char *p = insn->row->text; *p; p++) {
        if (*p == '%') {
            p++;
            if (!put_register(out, insn, *p) && !put_number(out, insn, *p))
                put_special(out, insn, *p);
            continue;
        }
        put(out, "%c", *p == ' ' && blank ? '\t' : *p);
        blank = blank && *p != ' ';
    }
}

static const char *const cases_of_sll[] = {"nop", "ssnop", NULL, "ehb", NULL, "pause"};

/* What people write for the instruction, if that is something else. */
static bool put_alias(struct out *out, const struct mips_insn *insn)
{
    const char *rs = mips_gpr_names[insn->rs], *rt = mips_gpr_names[insn->rt], *rd = mips_gpr_names[insn->rd];
    switch (insn->opcode) {
    case MIPS_sll:
        if (insn->rt || insn->rd || insn->sa >= ARRAY_SIZE(cases_of_sll) || !cases_of_sll[insn->sa])
            return false;
        put(out, "%s", cases_of_sll[insn->sa]);
        return true;
    case MIPS_or:
    case MIPS_addu:
        if (insn->rt)
            return false;
        put(out, "move\t%s,%s", rd, rs);
        return true;
    case MIPS_subu:
        if (insn->rs)
            return false;
        put(out, "negu\t%s,%s", rd, rt);
        return true;
    case MIPS_nor:
        if (insn->rt)
            return false;
        put(out, "not\t%s,%s", rd, rs);
        return true;
    case MIPS_addiu:
        if (insn->rs)
            return false;
        put(out, "li\t%s,%d", rt, insn->imm);
        return true;
    case MIPS_ori:
        if (insn->rs)
            return false;
        put(out, "li\t%s,0x%x", rt, (uint16_t)insn->imm);
        return true;
    }
    return false;
}

static bool put_branch_alias(struct out *out, const struct mips_insn *insn)
{
    const char *rs = mips_gpr_names[insn->rs], *likely = insn->row->flags & I_LIKELY ? "l" : "";
    switch (insn->opcode) {
    case MIPS_beq:
    case MIPS_beql:
        if (insn->rt)
            return false;
        if (!insn->rs && !*likely)
            put(out, "b\t0x%x", branch_target(insn));
        else
            put(out, "beqz%s\t%s,0x%x", likely, rs, branch_target(insn));
        return true;
    case MIPS_bne:
    case MIPS_bnel:
        if (insn->rt)
            return false;
        put(out, "bnez%s\t%s,0x%x", likely, rs, branch_target(insn));
        return true;
    case MIPS_bgezal:
        if (insn->rs)
            return false;
        put(out, "bal\t0x%x", branch_target(insn));
        return true;
    case MIPS_jalr:
        if (insn->rd != 31)
            return false;
        put(out, "jalr%s\t%s", insn->hint & 16 ? ".hb" : "", rs);
        return true;
    }
    return false;
}

void mips_disassemble_word(uint32_t word, uint32_t pc, bool release2, char *text, size_t room)
{
    struct mips_insn insn = {.pc = pc};
    struct out out = {text, room, 0};
    assert(room > 0);
    text[0] = 0;
    if (!mips_decode(word, release2, &insn))
        put(&out, ".word\t0x%x", word);
    else if (!put_alias(&out, &insn) && !put_branch_alias(&out, &insn))
        put_row(&out, &insn);
}

static uint32_t word_at(const struct cpu *cpu, const uint8_t *bytes)
{
    if (cpu->machine->big_endian)
        return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static bool release2_of(const struct cpu *cpu)
{
    const struct mips_model *model = cpu->arch_config;
    return model->release2;
}

unsigned mips_disassemble(const struct cpu *cpu, uint32_t pc, const uint8_t *bytes, size_t length, char *text, size_t room)
{
    if (length < 4) {
        snprintf(text, room, "?");
        return (unsigned)length;
    }
    mips_disassemble_word(word_at(cpu, bytes), pc, release2_of(cpu), text, room);
    return 4;
}

const char *mips_access_base(const struct cpu *cpu, const uint8_t *bytes)
{
    struct mips_insn insn = {0};
    if (!mips_decode(word_at(cpu, bytes), release2_of(cpu), &insn))
        return NULL;
    if (!(insn.row->flags & (I_LOAD | I_STORE)))
        return NULL;
    return mips_gpr_names[insn.rs];
}
