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

/* A field of a row: a run of bits of the word, from bit `shift` up. A length of 0 ends a row's list. */
#define MAX_FIELDS 6
struct field {
    uint8_t offset, kept, shift, length;
};
static struct field row_fields[MIPS_OPCODES][MAX_FIELDS + 1];

/* Where the letters of fields put their bits, and how they are kept there. */
enum kept { KEPT_BYTE, KEPT_WORD, KEPT_SIGNED };
static const struct {
    char letter;
    uint8_t offset, kept;
} letters[] = {
#define FIELD(letter, member, kept) {letter, offsetof(struct mips_insn, member), KEPT_##kept},
    FIELD('s', rs, BYTE) FIELD('b', rs, BYTE) FIELD('t', rt, BYTE) FIELD('d', rd, BYTE) FIELD('a', sa, BYTE) FIELD('m', msb, BYTE)
        FIELD('l', sel, BYTE) FIELD('h', hint, BYTE) FIELD('S', fs, BYTE) FIELD('T', ft, BYTE) FIELD('D', fd, BYTE)
            FIELD('R', fr, BYTE) FIELD('C', cc, BYTE) FIELD('f', fmt, BYTE) FIELD('o', cond, BYTE) FIELD('i', imm, SIGNED)
                FIELD('j', target, WORD) FIELD('c', code, WORD)
#undef FIELD
};

/* Letters that no member keeps are bits that do not matter. */
static unsigned add_field(struct field *fields, unsigned n, char letter, unsigned first, unsigned end)
{
    assert(end > first && end <= 32);
    for (unsigned i = 0; i < ARRAY_SIZE(letters); i++)
        if (letters[i].letter == letter) {
            assert(n < MAX_FIELDS);
            fields[n] = (struct field){letters[i].offset, letters[i].kept, (uint8_t)(32 - end), (uint8_t)(end - first)};
            return n + 1;
        }
    return n;
}

/* Runs of one letter in a row's bit string are its fields. */
static void parse_fields(unsigned number)
{
    unsigned n = 0, count = 0;
    for (const char *p = mips_rows[number].bits; *p;) {
        char letter = *p;
        if (letter == ' ' || letter == '0' || letter == '1') {
            n += letter != ' ';
            p++;
            continue;
        }
        unsigned first = n;
        for (; *p == letter || *p == ' '; p++)
            n += *p == letter;
        count = add_field(row_fields[number], count, letter, first, n);
    }
}

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
        parse_fields(i);
        insert_row(i);
    }
}

static const struct mips_row *search(uint16_t at, uint32_t word, bool release2)
{
    assert(ready);
    for (; at; at = next_row[at - 1]) {
        const struct mips_row *row = &mips_rows[at - 1];
        if ((word & row->mask) == row->match && (release2 || !(row->flags & I_R2)))
            return row;
    }
    return NULL;
}

static void take_fields(struct mips_insn *insn)
{
    assert(insn->opcode < MIPS_OPCODES);
    for (const struct field *field = row_fields[insn->opcode]; field->length; field++) {
        uint8_t *member = (uint8_t *)insn + field->offset;
        uint32_t value = insn->word >> field->shift & (uint32_t)(((uint64_t)1 << field->length) - 1);
        int32_t extended = (int16_t)value;
        if (field->kept == KEPT_BYTE)
            *member = (uint8_t)value;
        else
            memcpy(member, field->kept == KEPT_WORD ? (void *)&value : (void *)&extended, sizeof(value));
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
