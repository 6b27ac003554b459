/* The ELF files are made here, by hand, so that each can be broken in one place. */
#include "src/loader.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/symbols.h"

enum { TEXT_SIZE = 64, TEXT_BSS = 96, LOAD_AT = 0x80100000 };

/* One segment, one symbol table; everything in the order of the file. */
struct small_elf {
    Elf32_Ehdr header;
    Elf32_Phdr segments[2];
    uint8_t text[TEXT_SIZE];
    Elf32_Sym symbols[4];
    char names[32];
    Elf32_Shdr sections[3];
};

static uint32_t order32(bool big, uint32_t value)
{
    return big ? __builtin_bswap32(value) : value;
}

static uint16_t order16(bool big, uint16_t value)
{
    return big ? __builtin_bswap16(value) : value;
}

static void make_headers(struct small_elf *elf, bool big)
{
    elf->header = (Elf32_Ehdr){
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, big ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT},
        .e_type = order16(big, ET_EXEC),
        .e_machine = order16(big, EM_MIPS),
        .e_version = order32(big, EV_CURRENT),
        .e_entry = order32(big, LOAD_AT + 8),
        .e_phoff = order32(big, offsetof(struct small_elf, segments)),
        .e_shoff = order32(big, offsetof(struct small_elf, sections)),
        .e_ehsize = order16(big, sizeof(Elf32_Ehdr)),
        .e_phentsize = order16(big, sizeof(Elf32_Phdr)),
        .e_phnum = order16(big, 2),
        .e_shentsize = order16(big, sizeof(Elf32_Shdr)),
        .e_shnum = order16(big, 3),
    };
    elf->segments[0] = (Elf32_Phdr){.p_type = order32(big, PT_NOTE)};
    elf->segments[1] = (Elf32_Phdr){
        .p_type = order32(big, PT_LOAD),
        .p_offset = order32(big, offsetof(struct small_elf, text)),
        .p_vaddr = order32(big, 0x400000),
        .p_paddr = order32(big, LOAD_AT),
        .p_filesz = order32(big, TEXT_SIZE),
        .p_memsz = order32(big, TEXT_BSS),
    };
}

static Elf32_Sym symbol(bool big, uint32_t name, uint32_t value, uint32_t size, unsigned type, uint16_t section)
{
    return (Elf32_Sym){
        .st_name = order32(big, name),
        .st_value = order32(big, value),
        .st_size = order32(big, size),
        .st_info = (unsigned char)ELF32_ST_INFO(STB_LOCAL, type),
        .st_shndx = order16(big, section),
    };
}

static void make_elf(struct small_elf *elf, bool big)
{
    *elf = (struct small_elf){.names = "\0start\0data\0else"};
    make_headers(elf, big);
    for (unsigned i = 0; i < TEXT_SIZE; i++)
        elf->text[i] = (uint8_t)(i + 1);
    elf->symbols[1] = symbol(big, 1, LOAD_AT, 16, STT_FUNC, 1);
    elf->symbols[2] = symbol(big, 7, LOAD_AT + 32, 4, STT_OBJECT, 1);
    elf->symbols[3] = symbol(big, 12, LOAD_AT + 48, 4, STT_FUNC, SHN_UNDEF);
    elf->sections[1] = (Elf32_Shdr){
        .sh_type = order32(big, SHT_SYMTAB),
        .sh_offset = order32(big, offsetof(struct small_elf, symbols)),
        .sh_size = order32(big, sizeof(elf->symbols)),
        .sh_link = order32(big, 2),
        .sh_entsize = order32(big, sizeof(Elf32_Sym)),
        .sh_addralign = order32(big, 4),
    };
    elf->sections[2] = (Elf32_Shdr){
        .sh_type = order32(big, SHT_STRTAB),
        .sh_offset = order32(big, offsetof(struct small_elf, names)),
        .sh_size = order32(big, sizeof(elf->names)),
        .sh_addralign = order32(big, 1),
    };
}

/* The path is good until the next call. */
static const char *write_file(const void *bytes, size_t length)
{
    static char path[64];
    snprintf(path, sizeof(path), "loader_test.%ld.tmp", (long)getpid());
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static struct image *open_bytes(const void *bytes, size_t length, struct symbols *symbols)
{
    const char *path = write_file(bytes, length);
    struct image *image = image_open_elf(path, symbols);
    unlink(path);
    return image;
}

static void check_good(bool big)
{
    struct small_elf elf;
    uint64_t address, offset;
    make_elf(&elf, big);
    struct symbols *symbols = symbols_new();
    struct image *image = open_bytes(&elf, sizeof(elf), symbols);
    assert_non_null(image);
    assert_int_equal(image->big_endian, big);
    assert_int_equal(image->entry, LOAD_AT + 8);
    assert_int_equal(image->nsegments, 1);
    assert_int_equal(image->segments[0].address, LOAD_AT);
    assert_int_equal(image->segments[0].file_size, TEXT_SIZE);
    assert_int_equal(image->segments[0].memory_size, TEXT_BSS);
    assert_memory_equal(image->segments[0].bytes, elf.text, TEXT_SIZE);
    assert_int_equal(symbols_count(symbols), 2);
    assert_true(symbols_find(symbols, "data", &address));
    assert_int_equal(address, LOAD_AT + 32);
    assert_string_equal(symbols_name(symbols, LOAD_AT + 12, &offset), "start");
    assert_int_equal(offset, 12);
    image_free(image);
    symbols_free(symbols);
}

static void test_little_endian(void **state)
{
    check_good(false);
}

static void test_big_endian(void **state)
{
    check_good(true);
}

/* Cut anywhere before the segment's end it is refused; cut after it, only symbols are missing. */
static void test_cut_off_anywhere(void **state)
{
    struct small_elf elf;
    make_elf(&elf, false);
    size_t text_end = offsetof(struct small_elf, text) + TEXT_SIZE;
    for (size_t length = 0; length <= sizeof(elf); length++) {
        struct image *image = open_bytes(&elf, length, NULL);
        assert_int_equal(image != NULL, length >= text_end);
        image_free(image);
    }
}

static void test_cut_off_symbols(void **state)
{
    struct small_elf elf;
    make_elf(&elf, false);
    for (size_t length = offsetof(struct small_elf, symbols); length < sizeof(elf); length++) {
        struct symbols *symbols = symbols_new();
        struct image *image = open_bytes(&elf, length, symbols);
        assert_non_null(image);
        image_free(image);
        symbols_free(symbols);
    }
}

static void break_magic(struct small_elf *elf)
{
    elf->header.e_ident[EI_MAG1] = 'x';
}
static void break_class(struct small_elf *elf)
{
    elf->header.e_ident[EI_CLASS] = ELFCLASS64;
}
static void break_machine(struct small_elf *elf)
{
    elf->header.e_machine = EM_ARM;
}
static void break_type(struct small_elf *elf)
{
    elf->header.e_type = ET_REL;
}
static void break_nothing_to_load(struct small_elf *elf)
{
    elf->segments[1].p_type = PT_NOTE;
}
static void break_sizes(struct small_elf *elf)
{
    elf->segments[1].p_memsz = TEXT_SIZE - 1;
}
static void break_wrap(struct small_elf *elf)
{
    elf->segments[1].p_paddr = 0xfffffff0;
}
static void break_offset(struct small_elf *elf)
{
    elf->segments[1].p_offset = 0xfffffff0;
}

static const struct break_row {
    const char *name;
    void (*fn)(struct small_elf *elf);
} break_rows[] = {
    {"magic",           break_magic          },
    {"class",           break_class          },
    {"machine",         break_machine        },
    {"type",            break_type           },
    {"nothing to load", break_nothing_to_load},
    {"sizes",           break_sizes          },
    {"wrap",            break_wrap           },
    {"offset",          break_offset         },
};

static void test_broken(void **state)
{
    const struct break_row *row = *state;
    struct small_elf elf;
    make_elf(&elf, false);
    row->fn(&elf);
    assert_null(open_bytes(&elf, sizeof(elf), NULL));
}

static void test_raw(void **state)
{
    const char *path = write_file("12345", 5);
    struct image *image = image_open_raw(path, 0xa0000400);
    assert_non_null(image);
    assert_int_equal(image->entry, 0xa0000400);
    assert_int_equal(image->nsegments, 1);
    assert_int_equal(image->segments[0].memory_size, 5);
    assert_memory_equal(image->segments[0].bytes, "12345", 5);
    image_free(image);
    assert_null(image_open_raw(path, 0xfffffffd));
    unlink(path);
    assert_null(image_open_raw(path, 0));
    assert_null(image_open_elf("/", NULL));
}

int main(void)
{
    struct CMUnitTest tests[5 + ARRAY_SIZE(break_rows)] = {
        cmocka_unit_test(test_little_endian),   cmocka_unit_test(test_big_endian), cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_cut_off_symbols), cmocka_unit_test(test_raw),
    };
    for (unsigned i = 0; i < ARRAY_SIZE(break_rows); i++)
        tests[5 + i] = (struct CMUnitTest){break_rows[i].name, test_broken, NULL, NULL, (void *)&break_rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
