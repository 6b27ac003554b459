/* The table of CP0 registers and what their writes do beyond storing. */
#include "cpu/mips/cp0.h"
#include "cpu/mips/mmu.h"

#include <string.h>

struct row {
    const char *name;
    uint16_t offset;
    bool exists;
    uint8_t flags;
};

static const struct row rows[CP0_NUMBERS] = {
#define CP0(id, reg, sel, name, member, mask, has, flags) [CP0_##id] = {name, offsetof(struct mips_state, member), true, flags},
#include "cpu/mips/cp0.def"
#undef CP0
};

static uint32_t write_mask(const struct mips_model *m, unsigned number)
{
    switch (number) {
#define CP0(id, reg, sel, name, member, mask, has, flags)                                                                        \
    case CP0_##id:                                                                                                               \
        return mask;
#include "cpu/mips/cp0.def"
#undef CP0
    }
    return 0;
}

static bool model_has(const struct mips_model *m, unsigned number)
{
    switch (number) {
#define CP0(id, reg, sel, name, member, mask, has, flags)                                                                        \
    case CP0_##id:                                                                                                               \
        return has;
#include "cpu/mips/cp0.def"
#undef CP0
    }
    return false;
}

static uint32_t *word_of(const struct cpu *cpu, unsigned number)
{
    assert(number < CP0_NUMBERS && rows[number].exists);
    return (uint32_t *)((uint8_t *)mips_state(cpu) + rows[number].offset);
}

bool cp0_has(const struct cpu *cpu, unsigned number)
{
    assert(number < CP0_NUMBERS);
    return model_has(mips_model(cpu), number);
}

bool cp0_write_may_leave(unsigned number)
{
    assert(number < CP0_NUMBERS);
    return rows[number].flags & CP0_LEAVES;
}

uint32_t cp0_write_mask(const struct cpu *cpu, unsigned number)
{
    assert(number < CP0_NUMBERS);
    return write_mask(mips_model(cpu), number);
}

uint32_t cp0_read(const struct cpu *cpu, unsigned number)
{
    const struct mips_model *model = mips_model(cpu);
    if (!cp0_has(cpu, number))
        return 0;
    uint32_t value = *word_of(cpu, number);
    switch (number) {
    case CP0_RANDOM:
        return mips_tlb_random(cpu);
    case CP0_COUNT:
        return mips_count(cpu);
    case CP0_CAUSE:
        return model->release2 ? value : value & ~CAUSE_TI;
    case CP0_PRID:
        return model->prid;
    }
    return value;
}

static void write_entry_hi(struct cpu *cpu, uint32_t value)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t changed = s->entry_hi ^ value;
    s->entry_hi = value;
    if (changed & ENTRYHI_ASID)
        mips_mapping_changed(cpu);
}

static void write_cause(struct cpu *cpu, uint32_t value)
{
    struct mips_state *s = mips_state(cpu);
    value &= s->cause | ~CAUSE_WP; /* to be cleared only */
    uint32_t changed = s->cause ^ value;
    if (changed & value & CAUSE_DC)
        mips_count_stop(cpu);
    s->cause = value;
    if (changed & ~value & CAUSE_DC)
        mips_count_continue(cpu);
    mips_update_interrupts(cpu);
}

static void write_compare(struct cpu *cpu, uint32_t value)
{
    struct mips_state *s = mips_state(cpu);
    s->compare = value;
    s->cause &= ~CAUSE_TI;
    mips_count_arm(cpu);
    mips_update_interrupts(cpu);
}

static void write_hwr_ena(struct cpu *cpu, uint32_t value)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t key = mips_state_key(cpu);
    s->hwr_ena = value;
    if (mips_state_key(cpu) != key)
        cpu_look_up_again(cpu);
}

void cp0_write(struct cpu *cpu, unsigned number, uint32_t value)
{
    if (!cp0_has(cpu, number))
        return;
    uint32_t *word = word_of(cpu, number), written = value;
    uint32_t mask = write_mask(mips_model(cpu), number);
    value = (*word & ~mask) | (value & mask);
    switch (number) {
    case CP0_COUNT:
        mips_count_write(cpu, value);
        break;
    case CP0_ENTRYHI:
        write_entry_hi(cpu, value);
        break;
    case CP0_COMPARE:
        write_compare(cpu, value);
        break;
    case CP0_STATUS:
        if (value & ~*word & STATUS_RE)
            log_printf(LOG_BIT_UNIMP, "Status.RE: user mode in the other byte order is not modelled\n");
        mips_set_status(cpu, value);
        break;
    case CP0_CAUSE:
        write_cause(cpu, value);
        break;
    case CP0_HWRENA:
        write_hwr_ena(cpu, value);
        break;
    case CP0_WATCHLO ... CP0_WATCHLO3:
        *word = value;
        mips_watch_update(cpu);
        break;
    case CP0_WATCHHI ... CP0_WATCHHI3:
        *word = value & ~(written & WATCHHI_STATUS); /* cleared by writing 1 */
        mips_watch_update(cpu);
        break;
    default:
        *word = value;
    }
}

uint32_t mips_state_key(const struct cpu *cpu)
{
    const struct mips_state *s = mips_state(cpu);
    uint32_t status = s->status, key = 0;
    if ((status & STATUS_KSU) && !(status & (STATUS_EXL | STATUS_ERL)) && !(s->debug & DEBUG_DM)) {
        key |= KEY_USER;
        key |= status & STATUS_CU0 ? KEY_COP0 : 0;
        key |= s->hwr_ena & HWRENA_ULR ? KEY_ULR : 0;
        key |= cpu->mapped_points || cpu->fetch_watches ? KEY_BOUND : 0;
    }
    key |= status & STATUS_ERL ? KEY_ERL : 0;
    if (status & STATUS_CU1)
        key |= KEY_CU1 | (status & STATUS_FR ? KEY_FR : 0);
    return key;
}

void mips_set_status(struct cpu *cpu, uint32_t status)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t key = mips_state_key(cpu);
    s->status = status;
    uint32_t changed = key ^ mips_state_key(cpu);
    if (changed & KEY_ERL) /* kuseg is mapped or not */
        mips_mapping_changed(cpu);
    if (changed)
        cpu_look_up_again(cpu);
    mips_update_interrupts(cpu);
}

void cp0_reset(struct cpu *cpu)
{
    struct mips_state *s = mips_state(cpu);
    const struct mips_model *model = mips_model(cpu);
    assert(model->watches <= ARRAY_SIZE(s->watch_hi));
    memcpy(s->config, model->config, sizeof(s->config));
    if (cpu->machine->big_endian)
        s->config[0] |= CONFIG0_BE;
    s->status = STATUS_BEV | STATUS_ERL;
    s->ebase = model->release2 ? 0x80000000u : 0;
    s->int_ctl = model->release2 ? 7u << 29 : 0; /* IPTI: the timer is on IP7 */
    for (unsigned i = 0; i + 1 < model->watches; i++)
        s->watch_hi[i] = WATCHHI_M; /* another follows */
}

/* Helpers. */

uint32_t helper_mfc0(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    if (rows[imm].flags & CP0_READS_TIME)
        cpu_sync_icount(cpu);
    if (!rows[imm].exists)
        log_printf(LOG_BIT_UNIMP, "mfc0 of register %u, select %u, which is not modelled\n", imm >> 3, imm & 7);
    return cp0_read(cpu, imm);
}

uint32_t helper_mtc0(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    if (rows[imm].flags & CP0_WRITES_TIME)
        cpu_sync_icount(cpu);
    if (!rows[imm].exists)
        log_printf(LOG_BIT_UNIMP, "mtc0 of %08x to register %u, select %u, which is not modelled\n", a, imm >> 3, imm & 7);
    cp0_write(cpu, imm, a);
    return 0;
}

uint32_t helper_ei(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    struct mips_state *s = mips_state(cpu);
    uint32_t old = s->status;
    s->status |= STATUS_IE;
    mips_update_interrupts(cpu);
    return old;
}

/* Hardware registers by number; 29 is reached here only without UserLocal or without the right to it. */
uint32_t helper_rdhwr(struct cpu *cpu, uint32_t a, uint32_t b, uint32_t imm)
{
    const struct mips_state *s = mips_state(cpu);
    uint32_t key = mips_state_key(cpu);
    bool permitted = !(key & KEY_USER) || (key & KEY_COP0) || (s->hwr_ena >> imm & 1);
    if (permitted)
        switch (imm) {
        case 0: /* number of the CPU */
            return 0;
        case 1: /* step for synci: a cache line */
            return 16;
        case 2:
            cpu_sync_icount(cpu);
            return mips_count(cpu);
        case 3: /* CPU cycles a tick of Count */
            return 2;
        case 29:
            if (cp0_has(cpu, CP0_USERLOCAL))
                return s->user_local;
            break;
        }
    mips_raise(cpu, EXC_RI, 0);
    return 0;
}
