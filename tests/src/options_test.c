#include "src/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "src/options_value.h"
#include "src/unattended.h"

#define MIB(n)    ((uint64_t)(n) << 20)
#define MAX_WORDS 12

/* What one member must be, read by a function, so that a row needs no case of its own. */
#define GETTER(member)                                                                                                           \
    static int64_t get_##member(const struct vm_options *options)                                                                \
    {                                                                                                                            \
        return (int64_t)options->member;                                                                                         \
    }
GETTER(memory)
GETTER(kernel_address)
GETTER(icount_shift)
GETTER(icount_sleep)
GETTER(rtc_fixed)
GETTER(rtc_local)
GETTER(rtc_base)
GETTER(endian)
GETTER(accel_jit)
GETTER(max_block)
GETTER(slice_us)
GETTER(code_cache)
GETTER(cpu_toggles)
GETTER(nserial)
GETTER(stopped)
GETTER(nographic)
GETTER(no_reboot)
GETTER(nwatch)
GETTER(nplugin)

struct number_row {
    const char *line;
    int64_t (*get)(const struct vm_options *options);
    int64_t value;
};

/* Splits at blanks; "stakeout" goes in front. */
static int parse(struct vm_options *options, const char *line)
{
    static char copy[512];
    char *argv[MAX_WORDS + 2] = {"stakeout"}, *rest = copy;
    int argc = 1;
    assert_true(strlen(line) < sizeof(copy));
    strcpy(copy, line);
    for (char *word; (word = strsep(&rest, " ")) && argc <= MAX_WORDS;)
        if (*word)
            argv[argc++] = word;
    return options_parse(options, argc, argv);
}

static const struct number_row number_rows[] = {
    {"",                                       get_memory,         0                              },
    {"-m 256",                                 get_memory,         (int64_t)MIB(256)              },
    {"-m 256M",                                get_memory,         (int64_t)MIB(256)              },
    {"-m 2G",                                  get_memory,         (int64_t)MIB(2048)             },
    {"-m size=64m",                            get_memory,         (int64_t)MIB(64)               },
    {"-m 65536k",                              get_memory,         (int64_t)MIB(64)               },
    {"-m 0x40",                                get_memory,         (int64_t)MIB(64)               },
    {"",                                       get_kernel_address, -1                             },
    {"-kernel a,b",                            get_kernel_address, -1                             },
    {"-kernel a,addr=0x80001000",              get_kernel_address, 0x80001000                     },
    {"",                                       get_icount_shift,   -1                             },
    {"-icount shift=3",                        get_icount_shift,   3                              },
    {"-icount 3",                              get_icount_shift,   3                              },
    {"-icount shift=3,sleep=off",              get_icount_sleep,   0                              },
    {"-icount 3 -icount auto",                 get_icount_shift,   -1                             },
    {"",                                       get_icount_sleep,   1                              },
    {"-turbo",                                 get_icount_sleep,   0                              },
    {"-rtc base=utc",                          get_rtc_fixed,      0                              },
    {"-rtc base=localtime",                    get_rtc_local,      1                              },
    {"-rtc base=2000-01-01",                   get_rtc_base,       946684800                      },
    {"-rtc base=2006-06-17T16:01:21",          get_rtc_base,       1150560081                     },
    {"-rtc base=2006-06-17T16:01:21,clock=vm", get_rtc_fixed,      1                              },
    {"",                                       get_endian,         -1                             },
    {"-endian big",                            get_endian,         1                              },
    {"-endian little",                         get_endian,         0                              },
    {"-accel interp",                          get_accel_jit,      0                              },
    {"-accel jit",                             get_accel_jit,      1                              },
    {"-accel interp -accel tcg,thread=single", get_accel_jit,      1                              },
    {"-M type=malta,accel=interp",             get_accel_jit,      0                              },
    {"-m 64 -smp cpus=1,sockets=1,cores=1",    get_memory,         (int64_t)MIB(64)               },
    {"-monitor none -parallel none -S",        get_stopped,        1                              },
    {"-monitor null -parallel null -S",        get_stopped,        1                              },
    {"-rtc base=2096-02-29",                   get_rtc_base,       3981312000                     },
    {"-max-block 1",                           get_max_block,      1                              },
    {"-slice 50",                              get_slice_us,       50                             },
    {"-code-cache 64M",                        get_code_cache,     (int64_t)MIB(64)               },
    {"-code-cache 128K",                       get_code_cache,     128 << 10                      },
    {"-accel jit",                             get_cpu_toggles,    0                              },
    {"-accel jit,pins=off",                    get_cpu_toggles,    CPU_NO_PINS                    },
    {"-accel jit,pins=off,one-tlb-entry=on",   get_cpu_toggles,    CPU_NO_PINS | CPU_ONE_TLB_ENTRY},
    {"-accel fault-first=on",                  get_cpu_toggles,    CPU_FAULT_FIRST                },
    {"-accel long-blocks=on",                  get_cpu_toggles,    CPU_LONG_BLOCKS                },
    {"-serial null -serial pty",               get_nserial,        2                              },
    {"--serial null",                          get_nserial,        1                              },
    {"-S",                                     get_stopped,        1                              },
    {"-nographic -display none",               get_nographic,      1                              },
    {"-no-reboot -smp 1",                      get_no_reboot,      1                              },
    {"-watch phys:0,4 -watch virt:data,r",     get_nwatch,         2                              },
    {"-plugin a.so -plugin b.so,x,y",          get_nplugin,        2                              },
};

static void test_number(void **state)
{
    const struct number_row *row = *state;
    struct vm_options options;
    assert_int_equal(parse(&options, row->line), -1);
    assert_int_equal(row->get(&options), row->value);
}

struct bad_row {
    const char *line;
};

static const struct bad_row bad_rows[] = {
    {"-m"},
    {"-m 0"},
    {"-m 12x"},
    {"-m -1"},
    {"-m 99999999999G"},
    {"-m size=1M,slots=2"},
    {"-kernel a,addr="},
    {"-kernel a,addr=12z"},
    {"-icount shift=11"},
    {"-icount sleep=perhaps"},
    {"-icount shift=1,align=on"},
    {"-rtc base=yesterday"},
    {"-rtc clock=host"},
    {"-endian middle"},
    {"-accel kvm"},
    {"-accel jit,fast=on"},
    {"-accel jit,pins=maybe"},
    {"-accel jit,pins"},
    {"-M malta,usb=off"},
    {"-M malta,accel=kvm"},
    {"-rtc base=2000-02-30"},
    {"-rtc base=1969-12-31"},
    {"-rtc base=2262-12-31"},
    {"-monitor stdio"},
    {"-monitor or"},
    {"-smp 1,sockets=2"},
    {"-smp 1,1"},
    {"-max-block 0"},
    {"-max-block 65"},
    {"-slice 0"},
    {"-code-cache 1k"},
    {"-code-cache 127K"},
    {"-smp 2"},
    {"-serial null -serial null -serial null -serial null -serial null"},
    {"-d nonsense"},
    {"-vga std"},
    {"-drive file=a"},
    {"-nonsense"},
    {"kernel"},
    {"-"},
    {"--"},
};

static void test_bad(void **state)
{
    const struct bad_row *row = *state;
    struct vm_options options;
    assert_int_equal(parse(&options, row->line), 1);
}

/* As a script gives them whose variable is not set. */
static void test_empty_values(void **state)
{
    static char *const names[] = {"-M",      "-cpu", "-m", "-kernel", "-initrd",  "-serial", "-gdb",
                                  "-icount", "-rtc", "-d", "-D",      "-pidfile", "-load"};
    struct vm_options options;
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(options_parse(&options, 3, (char *[]){"stakeout", names[i], ""}), 1);
    assert_int_equal(options_parse(&options, 5, (char *[]){"stakeout", "-append", "", "-name", ""}), -1);
    assert_string_equal(options.append, "");
}

static void test_texts(void **state)
{
    struct vm_options options;
    assert_int_equal(parse(&options, "-kernel dir/a,addr=16 -initrd i -s"), -1);
    assert_string_equal(options.kernel, "dir/a");
    assert_string_equal(options.initrd, "i");
    assert_string_equal(options.gdb, "tcp::1234");
    assert_string_equal(options.name, "stakeout");
    assert_int_equal(parse(&options, "-M malta -cpu 24Kf -append a=b -gdb unix:g"), -1);
    assert_string_equal(options.machine, "malta");
    assert_string_equal(options.cpu, "24Kf");
    assert_string_equal(options.append, "a=b");
    assert_string_equal(options.gdb, "unix:g");
    assert_null(options.kernel);
}

static void test_helps_exit_with_0(void **state)
{
    struct vm_options options;
    static const char *const lines[] = {"-help", "-h", "-M help", "-cpu help", "-accel help", "-d help", "-version", "--version"};
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++)
        assert_int_equal(parse(&options, lines[i]), 0);
}

static void test_value_list(void **state)
{
    struct value_list list;
    value_list_begin(&list, "first,key=a=b,bare", "implied");
    assert_true(value_list_next(&list));
    assert_string_equal(list.key, "implied");
    assert_string_equal(list.value, "first");
    assert_true(value_list_next(&list));
    assert_string_equal(list.key, "key");
    assert_string_equal(list.value, "a=b");
    assert_true(value_list_next(&list));
    assert_string_equal(list.key, "");
    assert_string_equal(list.value, "bare");
    assert_false(value_list_next(&list));
}

static const struct watch_row {
    const char *spec, *line; /* NULL: too long */
} watch_rows[] = {
    {"phys:0x100,4",                               "watch phys:0x100,4"                             },
    {"phys:0x100,4,rw,log",                        "watch phys:0x100,4 rw log"                      },
    {"phys:0x100,rw,any",                          "watch phys:0x100 rw any"                        },
    {"virt:data+4 r count 3",                      "watch virt:data+4 r count 3"                    },
    {"virt:data,0x10,count=3,asid=7",              "watch virt:data,0x10 count 3 asid 7"            },
    {"virt:data,4,exec='x data,1 2=3',if a0==1",   "watch virt:data,4 exec 'x data,1 2=3' if a0==1" },
    {"virt:data,4,if=value == 3 && u8[4],1",       "watch virt:data,4 if value == 3 && u8[4],1"     },
    {"phys:0x100 w exec \"info registers\",stop",  "watch phys:0x100 w exec \"info registers\" stop"},
    {"phys:0x100,4,if value == 1 exec 'x 1'",      "watch phys:0x100,4 if value == 1 exec 'x 1'"    },
    {"",                                           "watch "                                         },
    {"phys:0x1000000000000000000000000000000,4,w", NULL                                             },
};

static void test_watch_line(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(watch_rows); i++) {
        char line[64];
        bool fits = watch_line(watch_rows[i].spec, line, watch_rows[i].line ? sizeof(line) : 40);
        assert_int_equal(fits, watch_rows[i].line != NULL);
        if (fits)
            assert_string_equal(line, watch_rows[i].line);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(number_rows) + ARRAY_SIZE(bad_rows) + 5] = {
        cmocka_unit_test(test_watch_line), cmocka_unit_test(test_texts), cmocka_unit_test(test_helps_exit_with_0),
        cmocka_unit_test(test_value_list), cmocka_unit_test(test_empty_values)};
    unsigned count = 5;
    for (unsigned i = 0; i < ARRAY_SIZE(number_rows); i++)
        tests[count++] = (struct CMUnitTest){number_rows[i].line, test_number, NULL, NULL, (void *)&number_rows[i]};
    for (unsigned i = 0; i < ARRAY_SIZE(bad_rows); i++)
        tests[count++] = (struct CMUnitTest){bad_rows[i].line, test_bad, NULL, NULL, (void *)&bad_rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
