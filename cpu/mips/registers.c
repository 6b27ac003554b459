/*
 * Registers for debuggers. A debugger's write goes through the masks of the guest's own, so that no state arises that no guest
 * can reach; what is read-only for the guest ignores it.
 */
#include "cpu/mips/registers.h"

#include "cpu/mips/cp0.h"
#include "cpu/mips/fpu.h"
#include "cpu/mips/fpu_ops.h"

static const struct register_field status_fields[] = {
    {"IE",  0,  0 },
    {"EXL", 1,  1 },
    {"ERL", 2,  2 },
    {"KSU", 3,  4 },
    {"IM",  8,  15},
    {"NMI", 19, 19},
    {"SR",  20, 20},
    {"TS",  21, 21},
    {"BEV", 22, 22},
    {"RE",  25, 25},
    {"FR",  26, 26},
    {"CU0", 28, 28},
    {"CU1", 29, 29},
    {NULL,  0,  0 },
};
static const struct register_field cause_fields[] = {
    {"ExcCode", 2,  6 },
    {"IP",      8,  15},
    {"WP",      22, 22},
    {"IV",      23, 23},
    {"DC",      27, 27},
    {"CE",      28, 29},
    {"TI",      30, 30},
    {"BD",      31, 31},
    {NULL,      0,  0 },
};
static const struct register_field config_fields[] = {
    {"K0", 0,  2 },
    {"MT", 7,  9 },
    {"AR", 10, 12},
    {"AT", 13, 14},
    {"BE", 15, 15},
    {"M",  31, 31},
    {NULL, 0,  0 },
};
static const struct register_field config1_fields[] = {
    {"FP",      0,  0 },
    {"EP",      1,  1 },
    {"CA",      2,  2 },
    {"WR",      3,  3 },
    {"PC",      4,  4 },
    {"DA",      7,  9 },
    {"DL",      10, 12},
    {"DS",      13, 15},
    {"IA",      16, 18},
    {"IL",      19, 21},
    {"IS",      22, 24},
    {"MMUSize", 25, 30},
    {"M",       31, 31},
    {NULL,      0,  0 },
};
static const struct register_field config3_fields[] = {
    {"TL",   0,  0 },
    {"SM",   1,  1 },
    {"MT",   2,  2 },
    {"SP",   4,  4 },
    {"VInt", 5,  5 },
    {"VEIC", 6,  6 },
    {"ULRI", 13, 13},
    {"M",    31, 31},
    {NULL,   0,  0 },
};
static const struct register_field entryhi_fields[] = {
    {"ASID", 0,  7 },
    {"VPN2", 13, 31},
    {NULL,   0,  0 },
};
static const struct register_field entrylo_fields[] = {
    {"G",   0, 0 },
    {"V",   1, 1 },
    {"D",   2, 2 },
    {"C",   3, 5 },
    {"PFN", 6, 25},
    {NULL,  0, 0 },
};

static const struct register_field watchlo_fields[] = {
    {"W",     0, 0 },
    {"R",     1, 1 },
    {"I",     2, 2 },
    {"VAddr", 3, 31},
    {NULL,    0, 0 },
};
static const struct register_field watchhi_fields[] = {
    {"W",    0,  0 },
    {"R",    1,  1 },
    {"I",    2,  2 },
    {"Mask", 3,  11},
    {"ASID", 16, 23},
    {"G",    30, 30},
    {"M",    31, 31},
    {NULL,   0,  0 },
};

/* Plain words of the state: arg is their offset. */
static uint64_t read_word(struct cpu *cpu, unsigned arg)
{
    assert(arg + sizeof(uint32_t) <= sizeof(struct mips_state));
    return *(uint32_t *)((uint8_t *)mips_state(cpu) + arg);
}

static void write_word(struct cpu *cpu, unsigned arg, uint64_t value)
{
    assert(arg + sizeof(uint32_t) <= sizeof(struct mips_state));
    *(uint32_t *)((uint8_t *)mips_state(cpu) + arg) = (uint32_t)value;
}

static void write_nothing(struct cpu *cpu, unsigned arg, uint64_t value)
{
}

static uint64_t read_cp0(struct cpu *cpu, unsigned arg)
{
    return cp0_read(cpu, arg);
}

static void write_cp0(struct cpu *cpu, unsigned arg, uint64_t value)
{
    cp0_write(cpu, arg, (uint32_t)value);
}

static void write_fcsr(struct cpu *cpu, unsigned arg, uint64_t value)
{
    if (mips_model(cpu)->fir)
        mips_write_fcsr(cpu, (uint32_t)value & FCSR_WRITABLE);
}

static uint64_t read_fir(struct cpu *cpu, unsigned arg)
{
    return mips_model(cpu)->fir;
}

#define CPU_FEATURE "org.gnu.gdb.mips.cpu"
#define CP0_FEATURE "org.gnu.gdb.mips.cp0"
#define FPU_FEATURE "org.gnu.gdb.mips.fpu"
#define OWN_FEATURE "org.stakeout.mips.cp0"

#define WORD(feature, name, number, type, group, write, member)                                                                  \
    {                                                                                                                            \
        feature, name, number, 32, type, group, NULL, read_word, write, offsetof(struct mips_state, member)                      \
    }
#define GPR(n) WORD(CPU_FEATURE, "r" #n, n, NULL, "general", n ? write_word : write_nothing, gpr[n])
#define FPR(n) WORD(FPU_FEATURE, "f" #n, MIPS_REGISTER_F0 + n, "ieee_single", "float", write_word, fpr_lo[n])
#define CLASSIC(name, number, fields, cp0)                                                                                       \
    {                                                                                                                            \
        CP0_FEATURE, name, number, 32, NULL, "system", fields, read_cp0, write_cp0, cp0                                          \
    }
#define OWN(name, place, fields, cp0)                                                                                            \
    {                                                                                                                            \
        OWN_FEATURE, name, MIPS_REGISTER_OWN + place, 32, NULL, "system", fields, read_cp0, write_cp0, cp0                       \
    }
#define FIR(name, number)                                                                                                        \
    {                                                                                                                            \
        FPU_FEATURE, name, number, 32, NULL, "float", NULL, read_fir, write_nothing, 0                                           \
    }
#define OWN_WATCH(name, place, fields, cp0) OWN(name, MIPS_REGISTER_WATCH1 - MIPS_REGISTER_OWN + place, fields, cp0)
#define OWN_FPR(n)                          WORD(OWN_FEATURE, "fh" #n, MIPS_REGISTER_FH0 + n, NULL, "float", write_word, fpr_hi[n])
#define ALL_32(X)                                                                                                                \
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15), X(16), X(17), X(18),   \
        X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30), X(31)

const struct cpu_register mips_registers[MIPS_REGISTERS] = {
    ALL_32(GPR),
    CLASSIC("status", MIPS_REGISTER_STATUS, status_fields, CP0_STATUS),
    WORD(CPU_FEATURE, "lo", MIPS_REGISTER_LO, NULL, "general", write_word, lo),
    WORD(CPU_FEATURE, "hi", MIPS_REGISTER_HI, NULL, "general", write_word, hi),
    CLASSIC("badvaddr", MIPS_REGISTER_BADVADDR, NULL, CP0_BADVADDR),
    CLASSIC("cause", MIPS_REGISTER_CAUSE, cause_fields, CP0_CAUSE),
    WORD(CPU_FEATURE, "pc", MIPS_REGISTER_PC, "code_ptr", "general", write_word, pc),
    ALL_32(FPR),
    WORD(FPU_FEATURE, "fcsr", MIPS_REGISTER_FCSR, NULL, "float", write_fcsr, fcsr),
    FIR("fir", MIPS_REGISTER_FIR),
    OWN("epc", 0, NULL, CP0_EPC),
    OWN("errorepc", 1, NULL, CP0_ERROREPC),
    OWN("entryhi", 2, entryhi_fields, CP0_ENTRYHI),
    OWN("entrylo0", 3, entrylo_fields, CP0_ENTRYLO0),
    OWN("entrylo1", 4, entrylo_fields, CP0_ENTRYLO1),
    OWN("index", 5, NULL, CP0_INDEX),
    OWN("random", 6, NULL, CP0_RANDOM),
    OWN("wired", 7, NULL, CP0_WIRED),
    OWN("pagemask", 8, NULL, CP0_PAGEMASK),
    OWN("context", 9, NULL, CP0_CONTEXT),
    OWN("count", 10, NULL, CP0_COUNT),
    OWN("compare", 11, NULL, CP0_COMPARE),
    OWN("config", 12, config_fields, CP0_CONFIG0),
    OWN("config1", 13, config1_fields, CP0_CONFIG1),
    OWN("config2", 14, NULL, CP0_CONFIG2),
    OWN("config3", 15, config3_fields, CP0_CONFIG3),
    OWN("config4", 16, NULL, CP0_CONFIG4),
    OWN("config5", 17, NULL, CP0_CONFIG5),
    OWN("config6", 18, NULL, CP0_CONFIG6),
    OWN("config7", 19, NULL, CP0_CONFIG7),
    OWN("prid", 20, NULL, CP0_PRID),
    OWN("ebase", 21, NULL, CP0_EBASE),
    OWN("intctl", 22, NULL, CP0_INTCTL),
    OWN("userlocal", 23, NULL, CP0_USERLOCAL),
    OWN("hwrena", 24, NULL, CP0_HWRENA),
    OWN("lladdr", 25, NULL, CP0_LLADDR),
    OWN("watchlo", 26, watchlo_fields, CP0_WATCHLO),
    OWN("watchhi", 27, watchhi_fields, CP0_WATCHHI),
    ALL_32(OWN_FPR),
    OWN_WATCH("watchlo1", 0, watchlo_fields, CP0_WATCHLO1),
    OWN_WATCH("watchhi1", 1, watchhi_fields, CP0_WATCHHI1),
    OWN_WATCH("watchlo2", 2, watchlo_fields, CP0_WATCHLO2),
    OWN_WATCH("watchhi2", 3, watchhi_fields, CP0_WATCHHI2),
    OWN_WATCH("watchlo3", 4, watchlo_fields, CP0_WATCHLO3),
    OWN_WATCH("watchhi3", 5, watchhi_fields, CP0_WATCHHI3),
};
