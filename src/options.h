/* The command line. One table of rows: option, argument, handler, help text, so that -h, parsing and "has QEMU, has not stakeout" agree. */
#ifndef SRC_OPTIONS_H
#define SRC_OPTIONS_H

#include "softmmu/base.h"

#define MAX_SERIALS      4
#define MAX_WATCHES      64
#define MAX_PLUGINS      16
/* shift=0 is 1000 MIPS, shift=10 about 1; beyond, a guest's timer would outrun it. */
#define ICOUNT_SHIFT_MAX 10

struct saved_images;

struct vm_options {
    const char *machine, *cpu, *kernel, *initrd, *append;
    uint64_t kernel_address; /* raw image: where it goes (virtual); UINT64_MAX: an ELF is expected */
    uint64_t memory;         /* bytes */
    const char *serial[MAX_SERIALS];
    unsigned nserial;
    const char *gdb; /* -gdb's address, NULL: none */
    bool stopped;    /* -S */
    bool nographic, no_reboot;
    int endian; /* -1: by the ELF header, 0 little, 1 big */
    bool accel_jit;
    unsigned max_block;    /* 0: default */
    unsigned slice_us;     /* 0: default */
    uint64_t code_cache;   /* 0: default */
    unsigned cpu_toggles;  /* enum cpu_toggle */
    int icount_shift;      /* -1: auto */
    bool icount_sleep;     /* false: idle time passes at once */
    bool rtc_fixed;        /* -rtc base=DATE given */
    bool rtc_local;        /* -rtc base=localtime: the host's local time of day */
    int64_t rtc_base;      /* seconds since 1970 */
    size_t history;        /* bytes of host memory for the past; 0: none is kept */
    bool perfmap, jitdump; /* files for Linux perf */
    const char *watch[MAX_WATCHES];
    unsigned nwatch;
    const char *plugin[MAX_PLUGINS]; /* FILE,ARG,... */
    unsigned nplugin;
    const char *memlog; /* FILE,FILTER... */
    const char *pidfile;
    const char *load;            /* -load: the machine comes out of this file */
    struct saved_images *images; /* what came with it instead of kernel and initrd; or NULL */
    const char *name;            /* -name, or argv[0]'s last part */
};

/* Parses, and sets the log up. The strings point into argv or live as long as the program. Returns -1 to go on, else the exit status (0 after -h, -version; 1 after an error line). */
int options_parse(struct vm_options *options, int argc, char **argv);

#endif
