/* Tables made here, in each byte order and layout, whole and damaged. */
#include "tests/softmmu/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/kallsyms.h"
#include "src/symbols.h"

enum { SYMBOLS = 700, ROOM = 1 << 16, STEP = 16 };
#define ADDRESS 0x80100000u
#define BASE    0x80100400u

enum layout { OFFSETS, ADDRESSES, OFFSETS_BEHIND };

struct image {
    uint8_t *bytes;
    size_t used;
    bool big;
};

static void put(struct image *image, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        image->bytes[image->used++] = (uint8_t)(value >> 8 * (image->big ? size - 1 - i : i));
}

static void align(struct image *image)
{
    image->used = (image->used + 3) & ~(size_t)3;
}

/* The last one's length takes two bytes. */
static int name_of(unsigned i, char text[256])
{
    if (i == SYMBOLS - 1)
        return snprintf(text, 256, "T%0199u", i);
    return snprintf(text, 256, "%cf%u", i & 1 ? 't' : 'D', i);
}

static void put_addresses(struct image *image, enum layout layout, uint32_t base)
{
    for (unsigned i = 0; i < SYMBOLS; i++)
        put(image, (layout == ADDRESSES ? base : 0) + STEP * i, 4);
    if (layout != ADDRESSES)
        put(image, base, 4);
}

static void put_names(struct image *image)
{
    uint32_t markers[SYMBOLS / 256 + 1];
    size_t start = image->used;
    for (unsigned i = 0; i < SYMBOLS; i++) {
        char text[256];
        int length = name_of(i, text);
        if (i % 256 == 0)
            markers[i / 256] = (uint32_t)(image->used - start);
        if (length >= 128)
            put(image, (uint32_t)(length & 127) | 128, 1);
        put(image, (uint32_t)(length >= 128 ? length >> 7 : length), 1);
        for (int c = 0; c < length; c++)
            put(image, (uint8_t)text[c], 1);
    }
    align(image);
    for (size_t i = 0; i < ARRAY_SIZE(markers); i++)
        put(image, markers[i], 4);
}

/* A character is its own token; the others' strings have three. */
static void put_tokens(struct image *image)
{
    uint32_t index[256];
    size_t start = image->used;
    for (unsigned i = 0; i < 256; i++) {
        char text[8];
        index[i] = (uint32_t)(image->used - start);
        int length = i > 32 && i < 127 ? snprintf(text, sizeof(text), "%c", (char)i) : snprintf(text, sizeof(text), "%03u", i);
        for (int c = 0; c <= length; c++)
            put(image, (uint8_t)text[c], 1);
    }
    align(image);
    for (unsigned i = 0; i < 256; i++)
        put(image, index[i], 2);
}

static void put_table(struct image *image, enum layout layout, uint32_t base)
{
    if (layout != OFFSETS_BEHIND)
        put_addresses(image, layout, base);
    put(image, SYMBOLS, 4);
    put_names(image);
    put_tokens(image);
    if (layout == OFFSETS_BEHIND)
        put_addresses(image, layout, base);
}

static struct image image_new(bool big)
{
    struct image image = {calloc(1, ROOM), 0x800, big};
    assert_non_null(image.bytes);
    return image;
}

/* How many there are; all are added. */
static size_t read_all(const uint8_t *bytes, size_t size, bool big, uint32_t pc, struct symbols *symbols)
{
    struct kallsyms table;
    if (!kallsyms_find(&table, bytes, size, ADDRESS, big, pc))
        return 0;
    kallsyms_add(&table, symbols);
    return table.count;
}

static void check_symbols(struct symbols *symbols, uint32_t base)
{
    assert_int_equal(symbols_count(symbols), SYMBOLS);
    for (unsigned i = 0; i < SYMBOLS; i++) {
        char text[256];
        uint64_t offset, address;
        name_of(i, text);
        assert_true(symbols_find(symbols, text + 1, &address));
        assert_int_equal(address, base + STEP * i);
        assert_string_equal(symbols_name(symbols, base + STEP * i + 3, &offset), text + 1);
        assert_int_equal(offset, 3);
    }
}

static void layouts(void **state)
{
    for (unsigned n = 0; n < 6; n++) {
        struct image image = image_new(n & 1);
        struct symbols *symbols = symbols_new();
        put_table(&image, n / 2, BASE);
        assert_int_equal(read_all(image.bytes, ROOM, n & 1, 0, symbols), SYMBOLS);
        check_symbols(symbols, BASE);
        assert_int_equal(read_all(image.bytes, ROOM, !(n & 1), 0, symbols), 0);
        symbols_free(symbols);
        free(image.bytes);
    }
}

/* A relocated kernel leaves its origin behind; a copy somewhere, whose addresses lie above it, is none. */
static void several(void **state)
{
    struct image image = image_new(false);
    struct symbols *symbols = symbols_new();
    put_table(&image, OFFSETS, BASE);
    image.used = 0x8000;
    put_table(&image, OFFSETS, BASE + 0x5000);
    put_table(&image, OFFSETS, ADDRESS + ROOM);
    assert_true(image.used <= ROOM);
    assert_int_equal(read_all(image.bytes, ROOM, false, 0, symbols), SYMBOLS);
    check_symbols(symbols, BASE + 0x5000);
    symbols_clear(symbols);
    assert_int_equal(read_all(image.bytes, ROOM, false, BASE + 8, symbols), SYMBOLS); /* before it has moved */
    check_symbols(symbols, BASE);
    symbols_free(symbols);
    free(image.bytes);
}

static void none(void **state)
{
    static uint8_t bytes[4096];
    struct symbols *symbols = symbols_new();
    for (size_t size = 0; size <= sizeof(bytes); size += 511)
        assert_int_equal(read_all(bytes, size, false, 0, symbols), 0);
    assert_int_equal(symbols_count(symbols), 0);
    symbols_free(symbols);
}

/* Cut anywhere, or with some bytes changed: all symbols or none, and no access outside (an ASan build tells). */
static void damaged(void **state)
{
    unsigned seed = 1;
    for (unsigned round = 0; round < 600; round++) {
        struct image image = image_new(round & 1);
        put_table(&image, round / 2 % 3, BASE);
        size_t size = round % 5 ? image.used : image.used * (round / 5) / 120 & ~(size_t)3;
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, image.bytes, size);
        for (unsigned i = 0; size && i < round % 5; i++) {
            seed = seed * 1103515245 + 12345;
            exact[(seed >> 8) % size] = (uint8_t)(seed >> 24);
        }
        struct symbols *symbols = symbols_new();
        size_t count = read_all(exact, size, image.big, 0, symbols);
        assert_true(count == 0 || count == SYMBOLS || round % 5);
        assert_true(symbols_count(symbols) <= count);
        symbols_free(symbols);
        free(exact);
        free(image.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),
        cmocka_unit_test(several),
        cmocka_unit_test(none),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
