#include "softmmu/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#define BIT(item) (1u << LOG_BIT_##item)
#define UNTOUCHED 0x80000000u

static const struct item_row {
    const char *list;
    bool good;
    uint32_t mask;
} item_rows[] = {
    {"",                  true,  0                                   },
    {"int",               true,  BIT(INT)                            },
    {"int,guest_errors",  true,  BIT(INT) | BIT(GUEST_ERRORS)        },
    {"in_asm,op,out_asm", true,  BIT(IN_ASM) | BIT(OP) | BIT(OUT_ASM)},
    {"int,int",           true,  BIT(INT)                            },
    {"stats,unimp,exec",  true,  BIT(STATS) | BIT(UNIMP) | BIT(EXEC) },
    {"mmu,nonsense",      false, UNTOUCHED                           },
    {"in",                false, UNTOUCHED                           },
    {"intx",              false, UNTOUCHED                           },
    {"int,,op",           false, UNTOUCHED                           },
    {"int ,op",           false, UNTOUCHED                           },
};

/* What fn prints on stderr. */
static void capture_stderr(char *text, size_t size, void (*fn)(const void *), const void *argument)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    fn(argument);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

static void set_items(const void *argument)
{
    const struct item_row *row = argument;
    log_mask = UNTOUCHED;
    assert_int_equal(log_set_items(row->list), row->good);
    assert_int_equal(log_mask, row->mask);
}

static void test_items(void **state)
{
    char text[256];
    for (size_t i = 0; i < ARRAY_SIZE(item_rows); i++) {
        capture_stderr(text, sizeof(text), set_items, &item_rows[i]);
        assert_int_equal(text[0] == 0, item_rows[i].good);
    }
    log_mask = 0;
}

static void print_both(const void *argument)
{
    report_error("cannot open %s: code %d", "disk.img", 7);
    log_mask = BIT(UNIMP);
    log_printf(LOG_BIT_UNIMP, "read of %x\n", 0x1234);
    log_printf(LOG_BIT_INT, "not this\n");
    log_mask = 0;
}

static void test_stderr(void **state)
{
    char text[256];
    capture_stderr(text, sizeof(text), print_both, NULL);
    assert_string_equal(text, "stakeout: cannot open disk.img: code 7\nread of 1234\n");
}

static void set_bad_file(const void *argument)
{
    assert_false(log_set_file("/nonexistent-directory/log"));
}

static void test_file(void **state)
{
    char path[] = "/tmp/stakeout-log-XXXXXX", text[256];
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_true(log_set_file(path));
    log_mask = BIT(EXEC);
    log_printf(LOG_BIT_EXEC, "block %d\n", 1);
    log_mask = 0;
    log_printf(LOG_BIT_EXEC, "block %d\n", 2);
    ssize_t length = read(descriptor, text, sizeof(text) - 1);
    assert_true(length >= 0);
    text[length] = 0;
    assert_string_equal(text, "block 1\n");

    FILE *file = log_file();
    capture_stderr(text, sizeof(text), set_bad_file, NULL);
    assert_non_null(strstr(text, "stakeout: "));
    assert_ptr_equal(log_file(), file);
    assert_true(log_set_file(NULL));
    assert_ptr_equal(log_file(), stderr);
    close(descriptor);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_stderr),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
