/*
 * A plug-in for QEMU that records every access to memory as the interface lets one do it: a call an access, 16 bytes a record, written to a
 * file that is begun anew past 256 MB. What stakeout's -memlog is compared with. Argument: out=FILE.
 *
 * Debian ships the functions without their header: declared here are those used, as QEMU's documentation describes them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
enum { CALLBACK_NO_REGS = 0, LOADS_AND_STORES = 3 };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t, uint64_t);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, void (*)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *), int,
                                      int, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

#define EXPORT __attribute__((visibility("default")))
enum { RECORDS = 65536 };
#define MOST_BYTES (1L << 28)

EXPORT int qemu_plugin_version = 1;
static struct {
    uint32_t virt, pc, phys;
    uint8_t store, size;
    uint16_t io;
} records[RECORDS];
static unsigned used;
static FILE *out;

static void accessed(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t virt, void *pc)
{
    struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, virt);
    records[used].virt = (uint32_t)virt;
    records[used].pc = (uint32_t)(uintptr_t)pc;
    records[used].phys = at ? (uint32_t)qemu_plugin_hwaddr_phys_addr(at) : 0;
    records[used].store = qemu_plugin_mem_is_store(info);
    records[used].size = (uint8_t)qemu_plugin_mem_size_shift(info);
    records[used].io = at && qemu_plugin_hwaddr_is_io(at);
    if (++used < RECORDS)
        return;
    fwrite(records, sizeof(records), 1, out);
    used = 0;
    if (ftell(out) > MOST_BYTES)
        rewind(out);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        qemu_plugin_register_vcpu_mem_cb(insn, accessed, CALLBACK_NO_REGS, LOADS_AND_STORES,
                                         (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
    }
}

static void finished(qemu_plugin_id_t id, void *unused)
{
    fwrite(records, sizeof(records[0]), used, out);
    fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "wb");
    if (!out)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
