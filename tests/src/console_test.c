#include "src/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A "\x01"

/* out: what each key of `in` comes to; '=' stands for itself, '.' for nothing. */
struct row {
    const char *in, *out;
};

static const struct row rows[] = {
    {"abc",       "===" },
    {A "x",       ".q"  },
    {A "c"
       "c",  ".m=" },
    {A "h" A "?", ".h.h"},
    {A A "x",     ".==" },
    {A "z"
       "x",  "..=" },
    {A A A "x",   ".=.q"},
    {"\x03"
     "\x1a", "=="  },
    {A "X",       ".."  },
};

static void test_keys(void **state)
{
    static const char letters[] = {
        [CONSOLE_BYTE] = '=', [CONSOLE_NOTHING] = '.', [CONSOLE_QUIT] = 'q', [CONSOLE_MONITOR] = 'm', [CONSOLE_HELP] = 'h'};
    const struct row *row = *state;
    struct console_escape escape = {0};
    assert_int_equal(strlen(row->in), strlen(row->out));
    for (size_t i = 0; row->in[i]; i++)
        assert_int_equal(letters[console_escape_feed(&escape, (uint8_t)row->in[i])], row->out[i]);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rows)];
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].out, test_keys, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
