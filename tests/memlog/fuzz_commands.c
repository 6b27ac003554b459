#include "tests/memlog/fuzz_commands.h"

#include "tools/memlog/commands.h"

static const struct {
    int (*run)(struct options *options);
    enum command_bit bit;
} commands[FUZZ_COMMANDS] = {
    {command_text, FOR_TEXT},
    {command_csv,  FOR_CSV },
    {command_top,  FOR_TOP },
    {command_info, FOR_INFO},
    {command_map,  FOR_MAP },
};

int fuzz_command(unsigned which, const char *log, const char *picture)
{
    char *argv[] = {(char *)log, "-o", commands[which].bit == FOR_MAP ? (char *)picture : "/dev/null"};
    struct options options;
    int status =
        options_parse(&options, commands[which].bit, ARRAY_SIZE(argv), argv) ? commands[which].run(&options) : EXIT_USAGE;
    options_free(&options);
    return status;
}
