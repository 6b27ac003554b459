/* The models. */
#include "cpu/mips/mips.h"

#include <strings.h>

#include "cpu/mips/cp0.h"

/*
 * Values as the malta board's sheet has them (section 10). Config3.ULRI is an
 * option of the 24K that saves an exception at each use of thread-local data. Of the 16, 32 or 64 TLB entries that a 24K may be
 * built with (24K Software User's Manual, Config1.MMUSize), these have 64.
 */
#define CONFIG0_24K  0x80000482u
#define CONFIG2_NONE 0x80000000u /* a Config3 follows */
#define EBASE_MASK   0x3ffff000u
#define FIR_24KF     0x00739300u
#define MODEL_24K(model, config1, config3, status, fir)                                                                          \
    {                                                                                                                            \
        model, 0x00019300, {CONFIG0_24K, config1, CONFIG2_NONE, config3}, status, 0x2000000f, EBASE_MASK, fir, 64, true, 4       \
    }

const struct mips_model mips_models[] = {
    MODEL_24K("24Kf", 0xfe190c8f, CONFIG3_ULRI, 0x3678ff1f, FIR_24KF),
    MODEL_24K("24Kc", 0xfe190c8e, CONFIG3_ULRI, 0x1278ff1f, 0),
    {"4Kc", 0x00018000, {0x80000082, 0x9e190c8a, CONFIG2_NONE}, 0x1278ff17, 0, 0, 0, 16, false, 1},
    MODEL_24K("24Kf-vint", 0xfe190c8f, CONFIG3_ULRI | CONFIG3_VINT, 0x3678ff1f, FIR_24KF), /* for tests of vectored interrupts */
};
const unsigned mips_model_count = ARRAY_SIZE(mips_models);

const struct mips_model *mips_model_find(const char *name)
{
    for (unsigned i = 0; i < mips_model_count; i++)
        if (!strcasecmp(mips_models[i].name, name))
            return &mips_models[i];
    return NULL;
}
