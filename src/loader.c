#include "src/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "src/elf_symbols.h"

static bool fail(const struct image *image, const char *why)
{
    report_error("%s: %s", image->path, why);
    return false;
}

static bool read_all(struct image *image, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return fail(image, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(image, "not a file");
    image->size = (size_t)status.st_size;
    image->file = alloc_zeroed(image->size);
    for (size_t done = 0; done < image->size;) {
        ssize_t length = read(fd, image->file + done, image->size - done);
        if (length <= 0)
            return fail(image, length < 0 ? strerror(errno) : "it has become shorter while it was read");
        done += (size_t)length;
    }
    return true;
}

static bool read_file(struct image *image)
{
    /* A pipe without a writer is refused, not waited for. */
    int fd = open(image->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail(image, strerror(errno));
    bool done = read_all(image, fd);
    close(fd);
    return done && (image->size || fail(image, "the file is empty"));
}

/* What is wrong with the header, or NULL. */
static const char *header_fault(Elf *elf, GElf_Ehdr *header)
{
    if (elf_kind(elf) != ELF_K_ELF)
        return "not an ELF file (a raw image wants an address: -kernel FILE,addr=ADDRESS)";
    if (gelf_getclass(elf) != ELFCLASS32)
        return "a 64-bit ELF file; the machine is a 32-bit one";
    if (!gelf_getehdr(elf, header))
        return "a broken ELF file: its header is cut off";
    if (header->e_machine != EM_MIPS)
        return "an ELF file for another processor than MIPS";
    if (header->e_type != ET_EXEC)
        return "an ELF file, but not an executable with fixed addresses";
    return NULL;
}

static bool add_segment(struct image *image, const GElf_Phdr *header)
{
    if (header->p_offset > image->size || header->p_filesz > image->size - header->p_offset)
        return fail(image, "the file is cut off: a segment lies past its end");
    if (header->p_filesz > header->p_memsz || header->p_memsz > UINT32_MAX - header->p_paddr)
        return fail(image, "a broken ELF file: a segment's size makes no sense");
    image->segments[image->nsegments++] = (struct image_segment){
        .address = (uint32_t)header->p_paddr,
        .file_size = (uint32_t)header->p_filesz,
        .memory_size = (uint32_t)header->p_memsz,
        .bytes = image->file + header->p_offset,
    };
    return true;
}

static bool read_segments(struct image *image, Elf *elf)
{
    size_t count;
    GElf_Phdr header;
    if (elf_getphdrnum(elf, &count) < 0)
        return fail(image, "a broken ELF file: no program headers can be read");
    image->segments = alloc_zeroed(count * sizeof(*image->segments));
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &header))
            return fail(image, "the file is cut off: program headers lie past its end");
        if (header.p_type == PT_LOAD && header.p_memsz && !add_segment(image, &header))
            return false;
    }
    return image->nsegments || fail(image, "an ELF file with nothing in it to load");
}

static bool read_elf(struct image *image, struct symbols *symbols)
{
    GElf_Ehdr header;
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)image->file, image->size);
    if (!elf)
        return fail(image, "a broken ELF file");
    const char *fault = header_fault(elf, &header);
    bool good = fault ? fail(image, fault) : read_segments(image, elf);
    if (good) {
        image->big_endian = header.e_ident[EI_DATA] == ELFDATA2MSB;
        image->entry = (uint32_t)header.e_entry;
        if (symbols)
            elf_symbols_read(elf, symbols); /* what is missing there, the guest can do without */
    }
    elf_end(elf);
    return good;
}

static struct image *image_new(const char *path)
{
    struct image *image = alloc_zeroed(sizeof(*image));
    image->path = path;
    return image;
}

struct image *image_open_elf(const char *path, struct symbols *symbols)
{
    struct image *image = image_new(path);
    if (read_file(image) && read_elf(image, symbols))
        return image;
    image_free(image);
    return NULL;
}

struct image *image_open_raw(const char *path, uint32_t address)
{
    struct image *image = image_new(path);
    if (!read_file(image) || (image->size > UINT32_MAX - address && !fail(image, "too large for its address"))) {
        image_free(image);
        return NULL;
    }
    image->segments = alloc_zeroed(sizeof(*image->segments));
    image->segments[image->nsegments++] = (struct image_segment){
        .address = address,
        .file_size = (uint32_t)image->size,
        .memory_size = (uint32_t)image->size,
        .bytes = image->file,
    };
    image->entry = address;
    return image;
}

void image_free(struct image *image)
{
    if (!image)
        return;
    free(image->segments);
    free(image->file);
    free(image);
}
