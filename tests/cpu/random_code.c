#include "tests/cpu/random_code.h"

#include <stdio.h>
#include <string.h>

#include "cpu/mips/cp0.h"
#include "cpu/mips/decode.h"
#include "cpu/mips/disassemble.h"
#include "cpu/mips/fpu.h"
#include "tests/softmmu/unit.h"

/* Rows that need a hand. */
enum trait {
    T_ENDS = 1,   /* raises, or leaves the program */
    T_SYSTEM = 2, /* coprocessor 0 and the like: not for strict programs */
    T_BYTE = 4,   /* alignment of the access; else that of a word */
    T_HALF = 8,
    T_DOUBLE = 0x10,
    T_ADDRESS = 0x20, /* computes an address, though it is no load or store */
    T_DIVIDE = 0x40,
    T_EVEN = 0x80,  /* FPU registers are pairs with FR=0 */
    T_HINT = 0x100, /* reserved values of the hint are not to be used */
    T_RARE = 0x200,
    T_NAN = 0x400, /* strict: only where no operand is a NaN */
};

static const uint16_t traits[MIPS_OPCODES] = {
    [MIPS_syscall] = T_ENDS,
    [MIPS_break] = T_ENDS,
    [MIPS_sdbbp] = T_ENDS,
    [MIPS_eret] = T_ENDS | T_SYSTEM,
    [MIPS_deret] = T_ENDS | T_SYSTEM,
    [MIPS_wait] = T_ENDS | T_SYSTEM,
    [MIPS_cop2] = T_ENDS | T_SYSTEM,
    [MIPS_lwc2] = T_ENDS | T_SYSTEM,
    [MIPS_ldc2] = T_ENDS | T_SYSTEM,
    [MIPS_swc2] = T_ENDS | T_SYSTEM,
    [MIPS_sdc2] = T_ENDS | T_SYSTEM,
    [MIPS_mfc0] = T_SYSTEM,
    [MIPS_mtc0] = T_SYSTEM,
    [MIPS_di] = T_SYSTEM,
    [MIPS_ei] = T_SYSTEM,
    [MIPS_tlbr] = T_SYSTEM,
    [MIPS_tlbwi] = T_SYSTEM,
    [MIPS_tlbwr] = T_SYSTEM,
    [MIPS_tlbp] = T_SYSTEM,
    [MIPS_cache] = T_ADDRESS | T_BYTE,
    [MIPS_pref] = T_ADDRESS | T_BYTE,
    [MIPS_prefx] = T_ADDRESS | T_BYTE,
    [MIPS_synci] = T_ADDRESS | T_BYTE,
    [MIPS_lb] = T_BYTE,
    [MIPS_lbu] = T_BYTE,
    [MIPS_sb] = T_BYTE,
    [MIPS_lwl] = T_BYTE,
    [MIPS_lwr] = T_BYTE,
    [MIPS_swl] = T_BYTE,
    [MIPS_swr] = T_BYTE,
    [MIPS_luxc1] = T_BYTE | T_EVEN,
    [MIPS_suxc1] = T_BYTE | T_EVEN,
    [MIPS_lh] = T_HALF,
    [MIPS_lhu] = T_HALF,
    [MIPS_sh] = T_HALF,
    [MIPS_ldc1] = T_DOUBLE | T_EVEN,
    [MIPS_sdc1] = T_DOUBLE | T_EVEN,
    [MIPS_ldxc1] = T_DOUBLE | T_EVEN,
    [MIPS_sdxc1] = T_DOUBLE | T_EVEN,
    [MIPS_mfhc1] = T_EVEN,
    [MIPS_mthc1] = T_EVEN,
    [MIPS_abs_s] = T_NAN,
    [MIPS_abs_d] = T_NAN,
    [MIPS_neg_s] = T_NAN,
    [MIPS_neg_d] = T_NAN,
    [MIPS_cvt_s_d] = T_NAN,
    [MIPS_div] = T_DIVIDE,
    [MIPS_divu] = T_DIVIDE,
    [MIPS_jr] = T_HINT,
    [MIPS_jalr] = T_HINT,
    [MIPS_tge] = T_RARE,
    [MIPS_tgeu] = T_RARE,
    [MIPS_tlt] = T_RARE,
    [MIPS_tltu] = T_RARE,
    [MIPS_teq] = T_RARE,
    [MIPS_tne] = T_RARE,
    [MIPS_tgei] = T_RARE,
    [MIPS_tgeiu] = T_RARE,
    [MIPS_tlti] = T_RARE,
    [MIPS_tltiu] = T_RARE,
    [MIPS_teqi] = T_RARE,
    [MIPS_tnei] = T_RARE,
};

static const uint8_t cp0_registers[] = {
#define CP0(id, reg, sel, name, member, mask, has, flags) CP0_NUMBER(reg, sel),
#include "cpu/mips/cp0.def"
#undef CP0
};

/* Those whose writes have effects of their own. */
static const uint8_t changing[] = {CP0_STATUS, CP0_STATUS,  CP0_CAUSE,  CP0_COMPARE,
                                   CP0_COUNT,  CP0_ENTRYHI, CP0_HWRENA, CP0_USERLOCAL};

static uint64_t below(struct program *p, uint64_t limit)
{
    return random_below(p->random, limit);
}

static bool one_in(struct program *p, unsigned n)
{
    return below(p, n) == 0;
}

bool random_is_system(unsigned opcode)
{
    return traits[opcode] & T_SYSTEM;
}

bool random_needs_no_nan(unsigned opcode)
{
    return traits[opcode] & T_NAN;
}

unsigned random_alignment(unsigned opcode)
{
    unsigned t = traits[opcode];
    return t & T_BYTE ? 1 : t & T_HALF ? 2 : t & T_DOUBLE ? 8 : 4;
}

/* Works on 64-bit integers, or whatever else needs FR=1. */
static bool is_wide(unsigned opcode)
{
    return opcode == MIPS_luxc1 || opcode == MIPS_suxc1 ||
           (mips_rows[opcode].flags & I_FPU && strstr(mips_rows[opcode].name, "_l"));
}

static bool is_access(const struct mips_row *row)
{
    return row->flags & (I_LOAD | I_STORE) || traits[row - mips_rows] & T_ADDRESS;
}

/* Registers that a random instruction may write; among them all that the back end may keep in host registers. */
static uint32_t writable(struct program *p)
{
    static const uint8_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 31};
    return numbers[below(p, sizeof(numbers))];
}

static uint32_t readable(struct program *p)
{
    return one_in(p, 4) ? (uint32_t)below(p, 32) : writable(p);
}

/* Where a jump at position `at` may go: position in the program, with its slot behind it; not right behind the slot. */
static unsigned target(struct program *p, unsigned at, unsigned last)
{
    return at + 3 > last ? last : at + 3 + (unsigned)below(p, last - at - 2);
}

static uint32_t displacement(struct program *p, const struct mips_row *row)
{
    unsigned opcode = (unsigned)(row - mips_rows);
    int offset = (int)below(p, 0x800) - 0x400;
    if (p->options.strict && (opcode == MIPS_ll || opcode == MIPS_sc) && !one_in(p, 4))
        return (uint16_t)p->link_offset;
    if (!p->options.misaligned || !one_in(p, 8) || (p->options.strict && opcode == MIPS_sc))
        offset &= -(int)random_alignment(opcode);
    return (uint16_t)offset;
}

static uint32_t immediate(struct program *p)
{
    static const uint16_t numbers[] = {0, 1, 0xffff, 0x7fff, 0x8000, 0xff, 0x80};
    return one_in(p, 3) ? numbers[below(p, ARRAY_SIZE(numbers))] : (uint16_t)random_u64(p->random);
}

/* A mtc0 that leaves the program under control: Status and EntryLo from registers that hold good ones. */
static uint32_t cp0_source(uint32_t number, uint32_t rt)
{
    switch (number) {
    case CP0_STATUS:
        return REG_STATUS;
    case CP0_ENTRYLO0:
    case CP0_ENTRYLO1:
        return REG_LO;
    case CP0_ENTRYHI:
    case CP0_PAGEMASK:
    case CP0_WIRED:
    case CP0_INDEX:
    case CP0_EBASE:
        return REG_INDEX;
    case CP0_DEPC:
    case CP0_EPC:
    case CP0_ERROREPC:
        return REG_JUMP1;
    }
    return rt;
}

static uint32_t general_register(struct program *p, const struct mips_row *row, char letter)
{
    unsigned opcode = (unsigned)(row - mips_rows);
    bool written = (row->format == FORMAT_D && letter == 'd') || (row->format == FORMAT_T && letter == 't');
    if (written)
        return writable(p);
    if (letter == 'b')
        return one_in(p, 2) ? REG_BASE0 : REG_BASE1;
    if (letter == 't' && (row->flags & I_INDEXED || opcode == MIPS_prefx))
        return REG_INDEX;
    if (letter == 't' && traits[opcode] & T_DIVIDE && p->options.strict)
        return REG_NONZERO;
    if (letter == 't' && opcode == MIPS_ctc1 && p->options.strict)
        return one_in(p, 2) ? REG_FCSR : REG_COUNT;
    if (letter == 's' && row->format == FORMAT_L)
        return writable(p) & 15;
    return readable(p);
}

static uint32_t fpu_register(struct program *p, const struct mips_row *row)
{
    static const uint8_t controls[] = {0, 25, 26, 28, 31};
    unsigned opcode = (unsigned)(row - mips_rows);
    bool pairs = traits[opcode] & T_EVEN || strstr(row->name, "_d") || strstr(row->name, "_l");
    if (opcode == MIPS_cfc1 || opcode == MIPS_ctc1)
        return controls[below(p, ARRAY_SIZE(controls))];
    uint32_t n = (uint32_t)below(p, 32);
    return p->options.strict && !p->options.fr && pairs ? n & ~1u : n;
}

static uint32_t field(struct program *p, const struct mips_row *row, char letter, unsigned width, unsigned at, unsigned last)
{
    switch (letter) {
    case 's':
    case 'd':
    case 't':
    case 'b':
        return general_register(p, row, letter);
    case 'S':
    case 'T':
    case 'D':
    case 'R':
        return fpu_register(p, row);
    case 'i':
        if (row->flags & I_BRANCH)
            return target(p, at, last) - at - 1;
        return is_access(row) ? displacement(p, row) : immediate(p);
    case 'j':
        return p->start / 4 + target(p, at, last);
    case 'h':
        return traits[row - mips_rows] & T_HINT ? (uint32_t)below(p, 2) * 16 : (uint32_t)below(p, 32);
    }
    return (uint32_t)random_u64(p->random) & ((1u << width) - 1);
}

static uint32_t with_register(uint32_t word, unsigned shift, uint32_t value)
{
    return (word & ~(31u << shift)) | (value & 31) << shift;
}

/* Fields that depend on each other. */
static uint32_t correct(struct program *p, unsigned opcode, uint32_t word, unsigned at, unsigned last)
{
    uint32_t sa = bits32(word, 10, 6), msb = bits32(word, 15, 11), number;
    switch (opcode) {
    case MIPS_ext:
        return sa + msb > 31 && !one_in(p, p->options.strict ? 1u << 30 : 8)
                   ? with_register(word, 11, (uint32_t)below(p, 32 - sa))
                   : word;
    case MIPS_ins:
        return msb < sa && !one_in(p, p->options.strict ? 1u << 30 : 8)
                   ? with_register(word, 11, sa + (uint32_t)below(p, 32 - sa))
                   : word;
    case MIPS_jr:
    case MIPS_jalr:
        return with_register(word, 21, at < last / 3 && one_in(p, 2) ? REG_JUMP0 : REG_JUMP1);
    case MIPS_mfc0:
    case MIPS_mtc0:
        number = one_in(p, 2) ? changing[below(p, sizeof(changing))] : cp0_registers[below(p, sizeof(cp0_registers))];
        word = with_register(word & ~7u, 11, number >> 3) | (number & 7);
        return opcode == MIPS_mtc0 ? with_register(word, 16, cp0_source(number, bits32(word, 20, 16))) : word;
    case MIPS_ctc1: /* values for FCCR and for the others differ in what must be zero */
        if (p->options.strict)
            return with_register(word, 16, bits32(word, 15, 11) == 25 ? REG_COUNT : REG_FCSR);
        return word;
    case MIPS_rdhwr:
        return with_register(word, 11, p->options.strict ? 3 : (uint32_t)below(p, 4));
    case MIPS_cache: /* loading and storing tags is the model's own affair */
        return p->options.strict && (bits32(word, 20, 18) == 1 || bits32(word, 20, 18) == 2) ? with_register(word, 16, 0x15)
                                                                                             : word;
    }
    return word;
}

static uint32_t encode(struct program *p, unsigned opcode, unsigned at, unsigned last)
{
    const struct mips_row *row = &mips_rows[opcode];
    uint32_t word = 0;
    unsigned n = 0;
    for (const char *c = row->bits; *c;) {
        char letter = *c;
        if (letter == ' ' || letter == '0' || letter == '1') {
            n += letter != ' ';
            word |= letter == '1' ? 0x80000000u >> (n - 1) : 0;
            c++;
            continue;
        }
        unsigned width = 0;
        for (; *c == letter || (*c == ' ' && letter != '.'); c++)
            width += *c == letter;
        n += width;
        word |= (field(p, row, letter, width, at, last) & (uint32_t)((1ull << width) - 1)) << (32 - n);
    }
    return correct(p, opcode, word, at, last);
}

/* May this row stand here? */
static bool allowed(struct program *p, unsigned opcode, bool slot, unsigned at, unsigned last)
{
    const struct mips_row *row = &mips_rows[opcode];
    unsigned t = traits[opcode];
    if (row->flags & I_BRANCH && (at + 3 > last || (slot && (p->options.strict || !one_in(p, 16)))))
        return false;
    if (slot && row->flags & I_NOSLOT && !one_in(p, 4))
        return false;
    if (p->options.strict && (t & (T_SYSTEM | T_NAN) || (opcode == MIPS_sc && p->stored)))
        return false;
    if (!p->options.fr && is_wide(opcode) && !one_in(p, 16)) /* Reserved Instruction */
        return false;
    return !(t & T_ENDS) || one_in(p, 8);
}

static unsigned choose(struct program *p, bool slot, unsigned at, unsigned last)
{
    for (;;) {
        unsigned opcode = (unsigned)below(p, MIPS_OPCODES);
        if (traits[opcode] & T_RARE && !one_in(p, 4))
            continue;
        if (p->options.fpu && !(mips_rows[opcode].flags & I_FPU) && !one_in(p, 8))
            continue;
        if (allowed(p, opcode, slot, at, last))
            return opcode;
    }
}

static bool is_branch(uint32_t word)
{
    struct mips_insn insn = {0};
    const struct mips_row *row = mips_decode(word, true, &insn);
    return row && row->flags & I_BRANCH;
}

#define ADDRESS_FIELDS 0x03e0ffffu /* base and offset */

static void emit_word(struct program *p, unsigned opcode, uint32_t word)
{
    p->words[p->count] = word;
    p->linked |= opcode == MIPS_ll;
    if (opcode == MIPS_ll)
        p->link = word & ADDRESS_FIELDS;
    p->stored |= p->linked && mips_rows[opcode].flags & I_STORE && (opcode != MIPS_sc || (word & ADDRESS_FIELDS) != p->link);
    p->count++;
}

static void emit(struct program *p, unsigned opcode, unsigned last)
{
    emit_word(p, opcode, encode(p, opcode, p->count, last));
}

/* What comes in pairs: the ends of an unaligned word, and the two of an atomic change. */
static const uint8_t partners[MIPS_OPCODES] = {
    [MIPS_lwl] = MIPS_lwr, [MIPS_lwr] = MIPS_lwl, [MIPS_swl] = MIPS_swr, [MIPS_swr] = MIPS_swl, [MIPS_ll] = MIPS_sc};
static_assert(MIPS_OPCODES <= UINT8_MAX && MIPS_sll == 0, "0 says that there is none");

static int partner_distance(struct program *p, unsigned opcode)
{
    return opcode == MIPS_sc ? 0 : one_in(p, 2) ? 3 : -3;
}

/* The last access once more, or its partner, near the same place, with other registers: what functions save, and what copies do, comes in runs. */
static bool again(struct program *p, unsigned last)
{
    struct mips_insn insn = {0};
    const struct mips_row *row = p->count ? mips_decode(p->words[p->count - 1], true, &insn) : NULL;
    unsigned opcode = row ? (unsigned)(row - mips_rows) : 0;
    if (!row || !(row->flags & (I_LOAD | I_STORE)) || row->flags & I_INDEXED || traits[opcode] & T_ENDS || one_in(p, 3))
        return false;
    bool pair = partners[opcode] && (opcode == MIPS_ll || one_in(p, 2));
    if (pair)
        opcode = partners[opcode];
    if (pair ? opcode == MIPS_sc && p->options.strict && p->stored : opcode == MIPS_sc)
        return false;
    uint32_t before = p->words[p->count - 1];
    int distance = pair ? partner_distance(p, opcode) : ((int)below(p, 16) - 6) * (int)random_alignment(opcode);
    int offset = (int16_t)before + distance;
    if (offset < -0x400 || offset >= 0x400)
        return false;
    uint32_t word = encode(p, opcode, p->count, last);
    emit_word(p, opcode, (word & ~ADDRESS_FIELDS) | (before & 0x03e00000u) | (uint16_t)offset);
    return true;
}

static uint32_t random_value(struct program *p)
{
    static const uint32_t values[] = {0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff};
    if (one_in(p, 3))
        return values[below(p, ARRAY_SIZE(values))];
    uint32_t value = (uint32_t)random_magnitude(p->random, 32);
    return one_in(p, 2) ? value : 0 - value;
}

/* A float, or the high word of a double: exponents near the middle and at both ends. */
static uint32_t random_float(struct program *p, bool high)
{
    unsigned fraction = high ? 20 : 23, largest = high ? 0x7ff : 0xff;
    uint32_t exponent = (uint32_t)below(p, largest + 1), bits = (uint32_t)random_u64(p->random) & ((1u << fraction) - 1);
    switch (below(p, 8)) {
    case 0:
        exponent = one_in(p, 2) ? largest : 0;
        bits = one_in(p, 2) ? 0 : bits;
        break;
    case 1:
    case 2:
    case 3:
        exponent = largest / 2 - 3 + (uint32_t)below(p, 40);
        break;
    case 4:
        exponent = largest / 2 - 2 + (uint32_t)below(p, 5);
        bits = 0;
        break;
    case 5: /* products that are as small or large as can be */
        exponent = one_in(p, 2) ? largest / 4 - 2 + (uint32_t)below(p, 5) : largest / 4 * 3 + (uint32_t)below(p, 5);
    }
    uint32_t word = (uint32_t)below(p, 2) << 31 | exponent << fraction | bits;
    return p->options.no_nan && !(~word & 0x7f800000) ? word ^ 0x40000000 : word;
}

static void random_fpu(struct program *p)
{
    struct mips_state *s = &p->state;
    for (unsigned i = 0; i < 32; i++) {
        bool high = !p->options.fr && i & 1 && one_in(p, 2);
        s->fpr_lo[i] = high ? random_float(p, true) : one_in(p, 4) ? random_value(p) : random_float(p, false);
        s->fpr_hi[i] = p->options.fr ? random_float(p, true) : 0;
        if (p->options.no_nan && !(~s->fpr_lo[i] & 0x7f800000))
            s->fpr_lo[i] ^= 0x40000000;
    }
    uint32_t random = (uint32_t)random_u64(p->random);
    uint32_t enables = p->options.strict ? 0xe80 : 0xf80; /* libunicorn knows no underflow without loss of accuracy */
    s->fcsr = random & ((p->options.traps && one_in(p, 2) ? enables : 0) | (p->options.strict ? 0xfe80007f : 0xff80007f));
    if (one_in(p, 2)) /* what generated code computes in: to nearest, nothing flushed, no trap */
        s->fcsr &= ~(FCSR_RM | FCSR_FS | FCSR_ENABLES);
    s->status = STATUS_CU1 | (p->options.fr ? STATUS_FR : 0);
}

static void random_registers(struct program *p)
{
    struct mips_state *s = &p->state;
    uint32_t base = p->options.mapped ? RIG_DATA & 0x1fffffff : RIG_DATA;
    for (unsigned i = 1; i < 32; i++)
        s->gpr[i] = random_value(p);
    s->hi = random_value(p);
    s->lo = random_value(p);
    s->gpr[REG_BASE0] = base + 0x1000 + 8 * (uint32_t)below(p, 64);
    s->gpr[REG_BASE1] = base + 0x3000 - 8 * (uint32_t)below(p, 64);
    s->gpr[REG_INDEX] = 8 * (uint32_t)below(p, 32) + (p->options.misaligned && one_in(p, 4) ? (uint32_t)below(p, 8) : 0);
    s->gpr[REG_NONZERO] |= (s->gpr[REG_NONZERO] == 0);
    s->gpr[REG_FCSR] = (uint32_t)random_u64(p->random) & 0xfe81f07b;
    s->gpr[REG_COUNT] = p->options.loop ? 1 + (uint32_t)below(p, 3) : (uint32_t)below(p, 256);
    s->gpr[REG_CODE] = p->start;
}

static void system_registers(struct program *p)
{
    struct mips_state *s = &p->state;
    if (p->options.strict)
        return;
    s->gpr[REG_STATUS] =
        s->status ^ (one_in(p, 2) ? STATUS_FR : 0) ^ (one_in(p, 8) ? STATUS_CU1 : 0) ^ (one_in(p, 2) ? STATUS_IE | 0x8000 : 0);
    s->gpr[REG_LO] = ((RIG_DATA & 0x1fffffff) >> 6) | (one_in(p, 4) ? (uint32_t)below(p, 8) : 6);
    s->compare = one_in(p, 2) ? 1 + (uint32_t)below(p, 40) : 0x10000000;
    s->status |= one_in(p, 2) ? STATUS_IE | 0x8000 : 0;
    s->status |= p->options.user ? 0x10 : 0;
    s->epc = s->error_epc = s->depc = p->end;
}

/* A word that is no instruction in place of one that is no branch. */
static void spoil(struct program *p)
{
    struct mips_insn insn = {0};
    unsigned victim = (unsigned)below(p, p->count);
    uint32_t word = (uint32_t)random_u64(p->random);
    if (!is_branch(p->words[victim]) && !mips_decode(word, true, &insn))
        p->words[victim] = word;
}

/* A store of a random instruction onto another that is neither branch nor slot. */
static void patch(struct program *p, unsigned at, unsigned last)
{
    unsigned victim = (unsigned)below(p, last);
    bool slot = victim && is_branch(p->words[victim - 1]);
    if (victim == at || slot || is_branch(p->words[victim]))
        return;
    p->state.gpr[REG_PATCH] = encode(p, choose(p, true, victim, last), victim, last);
    p->words[at] = 0xac000000u | REG_CODE << 21 | REG_PATCH << 16 | victim * 4;
}

void random_program(struct program *p, const struct mips_state *base, uint32_t start, const struct random_options *options,
                    uint64_t *random)
{
    unsigned last = options->length, forced = (unsigned)random_below(random, 3);
    mips_decode_init();
    *p = (struct program){.start = start, .options = *options, .random = random, .state = *base};
    assert(last + 6 <= PROGRAM_WORDS);
    p->link_offset = (int)below(p, 0x200) * 4 - 0x400;
    if (options->no_nan)
        forced = 0;
    random_fpu(p);
    random_registers(p);
    while (p->count < last) {
        bool slot = p->count && is_branch(p->words[p->count - 1]);
        bool here = options->row >= 0 && p->count >= forced && forced < last &&
                    !(slot && mips_rows[options->row].flags & (I_BRANCH | I_NOSLOT));
        if (!here && again(p, last))
            continue;
        emit(p, here ? (unsigned)options->row : choose(p, slot, p->count, last), last);
        if (here)
            forced = last;
    }
    if (is_branch(p->words[last - 1]))
        p->words[last - 1] = 0;
    if (options->invalid)
        spoil(p);
    if (options->patch)
        patch(p, (unsigned)below(p, 4), last);
    unsigned middle = last / 2;
    p->state.gpr[REG_JUMP0] = start + 4 * middle;
    p->state.gpr[REG_JUMP1] = start + 4 * last;
    p->words[p->count++] = 0;
    if (options->loop) {
        p->words[p->count++] = 0x24000000u | REG_COUNT << 21 | REG_COUNT << 16 | 0xffff;
        p->words[p->count] = 0x1c000000u | REG_COUNT << 21 | (uint16_t)(-(int)p->count - 1);
        p->count++;
        p->words[p->count++] = 0;
        p->words[p->count] = 0x1000ffffu;
        p->words[p->count + 1] = 0;
        p->count += 2;
    }
    p->end = start + 4 * (options->loop ? p->count - 2 : p->count);
    system_registers(p);
    p->state.pc = start;
}

void random_handlers(struct rig *rig)
{
    static const uint32_t refill[] = {
        0x401a4000, /* mfc0 k0, BadVAddr */
        0x001ad342, /* srl k0, k0, 13 */
        0x001ad1c0, /* sll k0, k0, 7 */
        0x33db0007, /* andi k1, REG_LO, 7 */
        0x035bd025, /* or k0, k0, k1 */
        0x409a1000, /* mtc0 k0, EntryLo0 */
        0x275a0040, /* addiu k0, k0, 0x40 */
        0x409a1800, /* mtc0 k0, EntryLo1 */
        0x40802800, /* mtc0 zero, PageMask */
        0x42000006, /* tlbwr */
        0x42000018, /* eret */
    };
    static const uint32_t general[] = {
        0x401a6800,             /* mfc0 k0, Cause */
        0x335a007c,             /* andi k0, k0, 0x7c */
        0x13400005,             /* beq k0, zero, interrupt */
        0x401b7000,             /* mfc0 k1, EPC */
        0x277b0004,             /* addiu k1, k1, 4 */
        0x409b7000,             /* mtc0 k1, EPC */
        0x42000018,             /* eret */
        0,          0x40805800, /* interrupt: mtc0 zero, Compare */
        0x42000018,             /* eret */
    };
    static const uint32_t debug[] = {
        0x401bc000, /* mfc0 k1, DEPC */
        0x277b0004, /* addiu k1, k1, 4 */
        0x409bc000, /* mtc0 k1, DEPC */
        0x4200001f, /* deret */
    };
    rig_words(rig, RIG_VECTOR & 0xfffff000, refill, ARRAY_SIZE(refill));
    rig_words(rig, RIG_VECTOR, general, ARRAY_SIZE(general));
    rig_words(rig, RIG_DEBUG, debug, ARRAY_SIZE(debug));
}

void random_print(const struct program *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        char text[96];
        mips_disassemble_word(p->words[i], p->start + 4 * i, true, text, sizeof(text));
        print_message("  %08x %08x %s\n", p->start + 4 * i, p->words[i], text);
    }
}
