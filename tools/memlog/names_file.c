#include "tools/memlog/names_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "src/elf_symbols.h"
#include "src/symbols.h"
#include "tools/memlog/lines.h"
#include "tools/memlog/names.h"

/* Sign-extended addresses of 32-bit guests are brought to the form that records have. */
static uint64_t plain(uint64_t address)
{
    return address >> 31 == UINT64_MAX >> 31 ? (uint32_t)address : address;
}

static unsigned each_section(Elf *elf, struct names *names)
{
    unsigned count = 0;
    size_t strings;
    if (elf_getshdrstrndx(elf, &strings) < 0)
        return 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC) || !header.sh_size)
            continue;
        const char *name = elf_strptr(elf, strings, header.sh_name);
        uint64_t first = plain(header.sh_addr);
        if (names && name)
            names_add_region(names, name, &(struct range){first, first + header.sh_size - 1}, false);
        count++;
    }
    return count;
}

static bool read_elf(const char *path, int fd, struct names *names, struct symbols *symbols, struct lines **lines)
{
    size_t before = symbols_count(symbols);
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf) {
        elf_symbols_read(elf, symbols);
        if (each_section(elf, NULL) > 1)
            each_section(elf, names);
        elf_end(elf);
    }
    if (symbols_count(symbols) == before) {
        report_error("%s: an ELF file without a symbol table (tools/kallsyms.py reads a stripped kernel's)", path);
        return false;
    }
    *lines = lines_open(fd);
    return true;
}

struct entry {
    uint64_t address;
    char type;
    char *name;
};

struct entries {
    struct entry *list;
    size_t count, capacity;
};

/* Undefined and absolute ones are no addresses. */
static bool add_entry(struct entries *entries, const char *line)
{
    char address[17], name[512], type;
    int end = 0;
    if (sscanf(line, "%16[0-9a-fA-F] %c %511s%n", address, &type, name, &end) != 3 || !isalpha((unsigned char)type))
        return false;
    if (strchr("UuAa", type))
        return true;
    entries->list = alloc_room(entries->list, &entries->capacity, entries->count + 1, sizeof(*entries->list));
    entries->list[entries->count++] = (struct entry){plain(strtoull(address, NULL, 16)), type, alloc_checked(strdup(name))};
    return true;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return (a->address > b->address) - (a->address < b->address);
}

/* A symbol goes as far as the next; the last one names its own address only. */
static void add_entries(struct entries *entries, struct symbols *symbols)
{
    qsort(entries->list, entries->count, sizeof(*entries->list), compare_entries);
    uint64_t end = 0;
    for (size_t i = entries->count; i-- > 0;) {
        const struct entry *entry = &entries->list[i];
        if (i + 1 == entries->count)
            end = entry->address + 1;
        else if (entries->list[i + 1].address != entry->address)
            end = entries->list[i + 1].address;
        assert(end > entry->address);
        symbols_add(symbols, entry->name, entry->address, end - entry->address, strchr("tTwW", entry->type));
    }
}

static void free_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->list[i].name);
    free(entries->list);
}

static bool read_map(const char *path, FILE *file, struct symbols *symbols)
{
    struct entries entries = {0};
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    while (good && getline(&line, &size, file) >= 0)
        good = add_entry(&entries, line);
    good &= entries.count > 0;
    if (good)
        add_entries(&entries, symbols);
    else
        report_error("%s: neither an ELF file nor a list of symbols (System.map, /proc/kallsyms)", path);
    free(line);
    free_entries(&entries);
    return good;
}

static bool read_open(const char *path, FILE *file, struct names *names, struct symbols *symbols, struct lines **lines)
{
    char magic[SELFMAG] = {0};
    size_t length = fread(magic, 1, sizeof(magic), file);
    if (ferror(file)) {
        report_error("%s: %s", path, strerror(errno));
        return false;
    }
    rewind(file);
    if (length == SELFMAG && memcmp(magic, ELFMAG, SELFMAG) == 0)
        return read_elf(path, fileno(file), names, symbols, lines);
    return read_map(path, file, symbols);
}

bool names_file_read(const char *path, struct names *names, struct symbols *symbols, struct lines **lines)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        report_error("%s: %s", path, strerror(errno));
        return false;
    }
    bool good = read_open(path, file, names, symbols, lines);
    fclose(file);
    return good;
}
