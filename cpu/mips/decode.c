/* The decoder: masks come from the rows' bit strings; look-up is by major opcode and function, then by mask. */
#include "cpu/mips/decode.h"

#include <string.h>

#define FORMAT(f) FORMAT_##f
struct mips_row mips_rows[MIPS_OPCODES] = {
#define INSN(name, bits, format, flags, text) {#name, bits, FORMAT(format), flags, text, 0, 0},
#include "cpu/mips/insn.def"
#include "cpu/mips/insn_fpu.def"
#undef INSN
};

/* Rows by major opcode (bits 31..26) and bits 5..0; rows that leave those six open stand in ANY. Lists of row number + 1. */
#define ANY 64
static uint16_t bucket[64][ANY + 1];
static uint16_t next_row[MIPS_OPCODES];
static bool ready;

static void parse_bits(struct mips_row *row)
{
    unsigned n = 0;
    for (const char *p = row->bits; *p; p++) {
        if (*p == ' ')
            continue;
        uint32_t bit = 0x80000000u >> n++;
        if (*p == '0' || *p == '1')
            row->mask |= bit;
        if (*p == '1')
            row->match |= bit;
    }
    assert(n == 32);
    assert((row->mask & 0xfc000000) == 0xfc000000);
}

/* Rows with more fixed bits come first. */
static void insert_row(unsigned number)
{
    struct mips_row *row = &mips_rows[number];
    unsigned function = (row->mask & 63) == 63 ? row->match & 63 : ANY;
    uint16_t *at = &bucket[row->match >> 26][function];
    while (*at && __builtin_popcount(mips_rows[*at - 1].mask) >= __builtin_popcount(row->mask))
        at = &next_row[*at - 1];
    next_row[number] = *at;
    *at = (uint16_t)(number + 1);
}

void mips_decode_init(void)
{
    if (ready)
        return;
    ready = true;
    for (unsigned i = 0; i < MIPS_OPCODES; i++) {
        parse_bits(&mips_rows[i]);
        insert_row(i);
    }
}

static const struct mips_row *search(uint16_t at, uint32_t word, bool release2)
{
    for (; at; at = next_row[at - 1]) {
        const struct mips_row *row = &mips_rows[at - 1];
        if ((word & row->mask) == row->match && (release2 || !(row->flags & I_R2)))
            return row;
    }
    return NULL;
}

/* Where the letters of fields that fit a byte put their bits. */
static const struct {
    char letter;
    uint8_t offset;
} byte_fields[] = {
#define BYTE(letter, member)                                                                                                     \
    {                                                                                                                            \
        letter, offsetof(struct mips_insn, member)                                                                               \
    }
    BYTE('s', rs), BYTE('b', rs), BYTE('t', rt), BYTE('d', rd), BYTE('a', sa), BYTE('m', msb), BYTE('l', sel),  BYTE('h', hint),
    BYTE('S', fs), BYTE('T', ft), BYTE('D', fd), BYTE('R', fr), BYTE('C', cc), BYTE('f', fmt), BYTE('o', cond),
};

static void set_field(struct mips_insn *insn, char letter, uint32_t value)
{
    for (unsigned i = 0; i < ARRAY_SIZE(byte_fields); i++)
        if (byte_fields[i].letter == letter)
            ((uint8_t *)insn)[byte_fields[i].offset] = (uint8_t)value;
    if (letter == 'i')
        insn->imm = (int16_t)value;
    if (letter == 'j')
        insn->target = value;
    if (letter == 'c')
        insn->code = value;
}

static void take_fields(struct mips_insn *insn)
{
    unsigned n = 0;
    const char *p = insn->row->bits;
    while (*p) {
        char letter = *p;
        if (letter == ' ' || letter == '0' || letter == '1') {
            n += letter != ' ';
            p++;
            continue;
        }
        unsigned first = n;
        for (; *p == letter || *p == ' '; p++)
            n += *p == letter;
        set_field(insn, letter, bits32(insn->word, 31 - first, 32 - n));
    }
}

const struct mips_row *mips_decode(uint32_t word, bool release2, struct mips_insn *insn)
{
    mips_decode_init();
    const uint16_t *list = bucket[word >> 26];
    const struct mips_row *row = search(list[word & 63], word, release2);
    if (!row)
        row = search(list[ANY], word, release2);
    if (!row)
        return NULL;
    uint32_t pc = insn->pc;
    struct mips_unit *unit = insn->unit;
    *insn = (struct mips_insn){.word = word, .pc = pc, .unit = unit, .row = row, .opcode = (uint16_t)(row - mips_rows)};
    take_fields(insn);
    return row;
}

unsigned mips_insn_writes(const struct mips_insn *insn)
{
    switch (insn->row->format) {
    case FORMAT_D:
        return insn->rd;
    case FORMAT_T:
        return insn->rt;
    case FORMAT_L:
        return 31;
    case FORMAT_N:
        break;
    }
    return 0;
}
