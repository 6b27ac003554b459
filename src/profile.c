/*
 * What perf knows of generated code. The map (tools/perf/Documentation/jit-interface.txt in Linux): a line for each piece, address
 * and size in hexadecimal, name. The dump (jitdump-specification.txt there): the same as records with a time and the code's bytes,
 * so that memory which is used again gets its new name from then on; `perf inject --jit` merges it into a recording.
 */
#include "src/profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "softmmu/alloc.h"
#include "softmmu/host_clock.h"
#include "src/options.h"
#include "src/symbols.h"

struct profile {
    struct vm *vm;
    FILE *map, *dump;
    void *marker; /* a page of the dump, mapped executable: perf records the file's name from that */
    uint64_t pieces;
};

#define DUMP_MAGIC   0x4a695444u
#define DUMP_VERSION 1u
#define DUMP_PAGE    4096
#define ELF_X86_64   62u
enum { DUMP_CODE_LOAD = 0, DUMP_CODE_CLOSE = 3 };

struct dump_header {
    uint32_t magic, version, total_size, elf_machine, pad, pid;
    uint64_t timestamp, flags;
};
struct dump_record {
    uint32_t id, total_size;
    uint64_t timestamp;
};
/* Behind it: the name with its zero byte, the code. */
struct dump_code {
    struct dump_record record;
    uint32_t pid, tid;
    uint64_t vma, address, size, index;
};
static_assert(sizeof(struct dump_header) == 40 && sizeof(struct dump_record) == 16 && sizeof(struct dump_code) == 56,
              "as the specification counts");

static void name_piece(const struct profile *profile, const struct code_piece *piece, char *name, size_t room)
{
    uint64_t offset;
    const char *symbol = piece->thunk ? NULL : symbols_name(profile->vm->symbols, piece->pc, &offset);
    if (piece->thunk)
        snprintf(name, room, "stakeout thunk: %s", piece->thunk);
    else if (symbol)
        snprintf(name, room, "%s+0x%llx [%08x]", symbol, (unsigned long long)offset, piece->pc);
    else
        snprintf(name, room, "guest [%08x]", piece->pc);
}

/* perf record must be told to use our clock too: -k CLOCK_MONOTONIC. */
static void dump_piece(struct profile *profile, const struct code_piece *piece, const char *name)
{
    const size_t length = strlen(name) + 1;
    const struct dump_code code = {
        .record = {DUMP_CODE_LOAD, (uint32_t)(sizeof(code) + length + piece->size), host_clock_ns()},
        .pid = (uint32_t)getpid(),
        .tid = (uint32_t)syscall(SYS_gettid),
        .vma = (uintptr_t)piece->code,
        .address = (uintptr_t)piece->code,
        .size = piece->size,
        .index = profile->pieces,
    };
    fwrite(&code, sizeof(code), 1, profile->dump);
    fwrite(name, length, 1, profile->dump);
    fwrite(piece->code, piece->size, 1, profile->dump);
}

static void piece_made(void *opaque, const struct code_piece *piece)
{
    struct profile *profile = opaque;
    char name[160];
    name_piece(profile, piece, name, sizeof(name));
    if (profile->map)
        fprintf(profile->map, "%llx %zx %s\n", (unsigned long long)(uintptr_t)piece->code, piece->size, name);
    if (profile->dump)
        dump_piece(profile, piece, name);
    profile->pieces++;
}

static FILE *open_file(const char *option, const char *path)
{
    FILE *file = fopen(path, "w+e");
    if (!file)
        report_error("%s: %s: %s", option, path, strerror(errno));
    return file;
}

/* Where perf looks for it; a line at a time, since `perf top` reads it while the guest runs. */
static bool open_map(struct profile *profile)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/perf-%ld.map", (long)getpid());
    profile->map = open_file("-perfmap", path);
    if (profile->map)
        setvbuf(profile->map, NULL, _IOLBF, 0);
    return profile->map;
}

static bool open_dump(struct profile *profile)
{
    char path[64];
    const struct dump_header header = {.magic = DUMP_MAGIC,
                                       .version = DUMP_VERSION,
                                       .total_size = sizeof(header),
                                       .elf_machine = ELF_X86_64,
                                       .pid = (uint32_t)getpid(),
                                       .timestamp = host_clock_ns()};
    snprintf(path, sizeof(path), "jit-%ld.dump", (long)getpid());
    profile->dump = open_file("-jitdump", path);
    if (!profile->dump)
        return false;
    fwrite(&header, sizeof(header), 1, profile->dump);
    fflush(profile->dump);
    profile->marker = mmap(NULL, DUMP_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fileno(profile->dump), 0);
    if (profile->marker != MAP_FAILED)
        return true;
    profile->marker = NULL;
    report_error("-jitdump: %s: cannot be mapped for perf: %s", path, strerror(errno));
    return false;
}

bool profile_start(struct vm *vm, struct profile **profile)
{
    const struct vm_options *options = vm->options;
    *profile = NULL;
    if (!options->perfmap && !options->jitdump)
        return true;
    if (!vm->cpu->jit) {
        report_error("-perfmap, -jitdump: there is no generated code to name without -accel jit");
        return false;
    }
    *profile = alloc_zeroed(sizeof(**profile));
    (*profile)->vm = vm;
    if ((!options->perfmap || open_map(*profile)) && (!options->jitdump || open_dump(*profile))) {
        cpu_listen_to_code(vm->cpu, &(struct code_listener){piece_made, *profile});
        return true;
    }
    profile_end(*profile);
    *profile = NULL;
    return false;
}

static void close_dump(struct profile *profile)
{
    const struct dump_record end = {DUMP_CODE_CLOSE, sizeof(end), host_clock_ns()};
    fwrite(&end, sizeof(end), 1, profile->dump);
    if (profile->marker)
        munmap(profile->marker, DUMP_PAGE);
    if (fclose(profile->dump) != 0)
        report_error("-jitdump: the file is not whole: %s", strerror(errno));
}

void profile_end(struct profile *profile)
{
    if (!profile)
        return;
    profile->vm->cpu->listener = (struct code_listener){.made = NULL};
    if (profile->map)
        fclose(profile->map);
    if (profile->dump)
        close_dump(profile);
    free(profile);
}
