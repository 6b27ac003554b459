/*
 * Flash memory with the Intel basic command set and a CFI table.
 *
 * Document: Intel "Common Flash Interface (CFI) and Command Sets" (AP-646), JEDEC JESD68.01, JEP137 (command set 0001).
 * Regions: 4 MiB; it maps itself. Lines: none.
 *
 * Two chips of 2 MiB with 64 blocks of 32 KiB each: chip 0 has bytes 0 and 1 of each 32-bit word, chip 1 bytes 2 and 3. A
 * chip takes a command from the low half of its 16 bits; the bus is wired in CPU order, so for a big-endian CPU that
 * is the higher address. While either chip answers something other than its memory, registers cover the memory.
 * Operations take no time: the status is always ready.
 *
 * NOT EMULATED: buffered writes, suspend and resume, block locks (accepted, no effect), one-time-programmable registers.
 */
#include "devices/flash_cfi.h"

#include <string.h>

#include "softmmu/alloc.h"
#include "softmmu/machine.h"

#define CHIPS 2
#define WORD  4 /* bytes of the bus */

enum { MODE_ARRAY, MODE_STATUS, MODE_ID, MODE_QUERY, MODE_PROGRAM, MODE_ERASE, MODE_LOCK, MODE_COUNT };
enum { STATUS_READY = 0x80, STATUS_ERASE_ERROR = 0x20, STATUS_PROGRAM_ERROR = 0x10 };
enum {
    CMD_PROGRAM = 0x40,
    CMD_PROGRAM_ALT = 0x10,
    CMD_ERASE = 0x20,
    CMD_CLEAR = 0x50,
    CMD_LOCK = 0x60,
    CMD_STATUS = 0x70,
    CMD_ID = 0x90,
    CMD_QUERY = 0x98,
    CMD_SUSPEND = 0xb0,
    CMD_CONFIRM = 0xd0,
    CMD_ARRAY = 0xff
};

struct flash_cfi_state {
    uint8_t mode[CHIPS];
    uint8_t status[CHIPS];
};

struct flash_cfi {
    struct flash_cfi_state *s;
    struct machine *machine;
    uint8_t *array; /* FLASH_CFI_SIZE bytes of the arena */
    uint64_t base;
    unsigned registers; /* handle of what covers the memory */
};

static const struct field flash_cfi_fields[] = {
    FIELD_ARRAY(struct flash_cfi_state, mode),
    FIELD_ARRAY(struct flash_cfi_state, status),
};

/* By chip word, from 0x10 on. */
static const uint8_t query_table[] = {
    'Q',  'R',  'Y',        /* 10 */
    0x01, 0x00, 0x31, 0x00, /* 13: command set 1, its table at 31 */
    0x00, 0x00, 0x00, 0x00, /* 17: no other set */
    0x27, 0x36, 0x00, 0x00, /* 1b: 2.7 to 3.6 V, no Vpp */
    0x07, 0x00, 0x0a, 0x00, /* 1f: typical 128 us a word, 1 s a block */
    0x04, 0x00, 0x04, 0x00, /* 23: at most 16 times that */
    0x15,                   /* 27: 2^21 bytes */
    0x01, 0x00, 0x00, 0x00, /* 28: 16 bits wide, no write buffer */
    0x01,                   /* 2c: one erase region */
    0x3f, 0x00, 0x80, 0x00, /* 2d: 64 blocks of 128 * 256 bytes */
    'P',  'R',  'I',  '1',  '0', 0x00, 0x00, 0x00, 0x00,
};
#define QUERY_FIRST 0x10

/* Manufacturer Intel; a device code that no part has; no block locked. */
static const uint8_t id_table[] = {0x89, 0x00, 0x00};

void flash_cfi_remap(struct flash_cfi *flash)
{
    bool memory = flash->s->mode[0] == MODE_ARRAY && flash->s->mode[1] == MODE_ARRAY;
    physmap_move(flash->machine->phys, flash->registers, flash->base, memory ? 0 : FLASH_CFI_SIZE);
}

/* Opens the memory for phys_write(): it has to be seen at its address. */
static void flash_uncover(struct flash_cfi *flash)
{
    physmap_move(flash->machine->phys, flash->registers, flash->base, 0);
}

static void flash_store(struct flash_cfi *flash, uint64_t offset, const uint8_t *bytes, size_t length)
{
    assert(offset + length <= FLASH_CFI_SIZE);
    bool stored = phys_write(flash->machine->phys, flash->base + offset, bytes, length, PHYS_LOADER);
    if (!stored)
        log_printf(LOG_BIT_UNIMP, "flash: %06x is hidden by something else\n", (unsigned)offset);
}

/* Programming only clears bits. */
static void flash_program(struct flash_cfi *flash, uint64_t offset, const uint8_t bytes[2])
{
    assert(offset % 2 == 0 && offset + 2 <= FLASH_CFI_SIZE);
    uint8_t result[2] = {flash->array[offset] & bytes[0], flash->array[offset + 1] & bytes[1]};
    flash_uncover(flash);
    flash_store(flash, offset, result, sizeof(result));
}

/* One chip's half of the sector around offset. */
static void flash_erase(struct flash_cfi *flash, unsigned chip, uint64_t offset)
{
    assert(chip < CHIPS);
    uint8_t piece[1024];
    static_assert(FLASH_CFI_SECTOR % sizeof(piece) == 0, "a sector is whole pieces");
    uint64_t first = offset & ~(uint64_t)(FLASH_CFI_SECTOR - 1);
    flash_uncover(flash);
    for (uint64_t at = first; at < first + FLASH_CFI_SECTOR; at += sizeof(piece)) {
        memcpy(piece, flash->array + at, sizeof(piece));
        for (unsigned i = 2 * chip; i < sizeof(piece); i += WORD)
            piece[i] = piece[i + 1] = 0xff;
        flash_store(flash, at, piece, sizeof(piece));
    }
}

/* What each command of one cycle makes of the mode. */
static const struct {
    uint8_t command, mode;
} commands[] = {
    {CMD_ARRAY,       MODE_ARRAY  },
    {CMD_ID,          MODE_ID     },
    {CMD_QUERY,       MODE_QUERY  },
    {CMD_STATUS,      MODE_STATUS },
    {CMD_ERASE,       MODE_ERASE  },
    {CMD_PROGRAM,     MODE_PROGRAM},
    {CMD_PROGRAM_ALT, MODE_PROGRAM},
    {CMD_LOCK,        MODE_LOCK   },
};

static void flash_first_cycle(struct flash_cfi_state *s, unsigned chip, uint8_t command)
{
    if (command == CMD_CLEAR) {
        s->status[chip] = STATUS_READY;
        return;
    }
    if (command == CMD_SUSPEND || command == CMD_CONFIRM)
        return;
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].command == command) {
            s->mode[chip] = commands[i].mode;
            return;
        }
    }
    log_printf(LOG_BIT_GUEST_ERRORS, "flash: unknown command %02x\n", command);
    s->mode[chip] = MODE_ARRAY;
}

/* A write to one chip. offset: of its 16 bits; bytes: in address order, 0xff where nothing was driven; low: bits 7:0 were. */
static void flash_chip_write(struct flash_cfi *flash, uint64_t offset, const uint8_t bytes[2], bool low)
{
    struct flash_cfi_state *s = flash->s;
    unsigned chip = offset / 2 % CHIPS;
    uint8_t command = bytes[flash->machine->big_endian];
    unsigned mode = s->mode[chip];
    if (mode != MODE_PROGRAM && !low)
        return;
    switch (mode) {
    case MODE_PROGRAM:
        s->mode[chip] = MODE_STATUS;
        flash_program(flash, offset, bytes);
        break;
    case MODE_ERASE:
        s->mode[chip] = MODE_STATUS;
        if (command == CMD_CONFIRM)
            flash_erase(flash, chip, offset);
        else
            s->status[chip] |= STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
        break;
    case MODE_LOCK:
        s->mode[chip] = MODE_STATUS;
        break;
    default:
        flash_first_cycle(s, chip, command);
    }
}

static void flash_write(void *opaque, uint64_t offset, uint64_t value, unsigned size)
{
    struct flash_cfi *flash = opaque;
    unsigned low = flash->machine->big_endian;
    for (uint64_t at = offset & ~UINT64_C(1); at < offset + size; at += 2) {
        uint8_t bytes[2] = {0xff, 0xff};
        for (unsigned i = 0; i < 2; i++)
            if (at + i >= offset && at + i < offset + size)
                bytes[i] = value >> 8 * (at + i - offset);
        flash_chip_write(flash, at, bytes, at + low >= offset && at + low < offset + size);
    }
    flash_cfi_remap(flash);
}

/* The low byte that a chip answers with outside array mode; its high byte is 0. */
static uint8_t flash_answer(const struct flash_cfi_state *s, unsigned chip, uint64_t word)
{
    assert(chip < 2);
    switch (s->mode[chip]) {
    case MODE_ID:
        return word % 0x100 < ARRAY_SIZE(id_table) ? id_table[word % 0x100] : 0;
    case MODE_QUERY:
        return word >= QUERY_FIRST && word - QUERY_FIRST < ARRAY_SIZE(query_table) ? query_table[word - QUERY_FIRST] : 0;
    default:
        return s->status[chip];
    }
}

static uint64_t flash_peek(const void *opaque, uint64_t offset, unsigned size)
{
    const struct flash_cfi *flash = opaque;
    unsigned low = flash->machine->big_endian;
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        uint64_t at = offset + i;
        unsigned chip = at / 2 % CHIPS;
        uint8_t byte = (at & 1) == low ? flash_answer(flash->s, chip, at / WORD) : 0;
        if (flash->s->mode[chip] == MODE_ARRAY)
            byte = flash->array[at];
        value |= (uint64_t)byte << 8 * i;
    }
    return value;
}

static uint64_t flash_read(void *opaque, uint64_t offset, unsigned size)
{
    return flash_peek(opaque, offset, size);
}

static const struct mmio_ops flash_ops = {flash_read, flash_write, flash_peek, 1, 4};

void flash_cfi_copy_region(struct flash_cfi *flash, struct region *out)
{
    *out = (struct region){.name = "flash-copy", .kind = REGION_ROM, .size = FLASH_CFI_SIZE, .host = flash->array};
}

static void flash_cfi_reset(void *device)
{
    struct flash_cfi *flash = device;
    for (unsigned chip = 0; chip < CHIPS; chip++) {
        flash->s->mode[chip] = MODE_ARRAY;
        flash->s->status[chip] = STATUS_READY;
    }
    flash_cfi_remap(flash);
}

static void flash_cfi_loaded(void *device)
{
    flash_cfi_remap(device);
}

static int flash_cfi_check(const void *state)
{
    const struct flash_cfi_state *s = state;
    return s->mode[0] < MODE_COUNT && s->mode[1] < MODE_COUNT ? 0 : -1;
}

const struct device_class flash_cfi_class = {
    "flash-cfi",
    1,
    sizeof(struct flash_cfi_state),
    flash_cfi_fields,
    ARRAY_SIZE(flash_cfi_fields),
    flash_cfi_reset,
    flash_cfi_check,
    flash_cfi_loaded,
};

struct flash_cfi *flash_cfi_new(struct machine *machine, const char *instance, uint64_t base)
{
    assert(base % FLASH_CFI_SIZE == 0);
    struct flash_cfi *flash = alloc_zeroed(sizeof(*flash));
    flash->machine = machine;
    flash->base = base;
    flash->array = arena_alloc(machine->arena, "flash-array", ARENA_RAM, FLASH_CFI_SIZE);
    memset(flash->array, 0xff, FLASH_CFI_SIZE);
    flash->s = device_register(machine, &flash_cfi_class, instance, flash);
    struct region region = {.name = instance, .kind = REGION_ROM, .size = FLASH_CFI_SIZE, .ops = &flash_ops, .opaque = flash};
    region.host = flash->array;
    physmap_add(machine->phys, base, 0, &region);
    region.kind = REGION_MMIO;
    region.host = NULL;
    flash->registers = physmap_add(machine->phys, base, 1, &region);
    flash_cfi_reset(flash);
    return flash;
}
