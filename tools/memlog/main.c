/* Looks at an access log, which stakeout's -memlog and `monitor memlog` write. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "softmmu/log.h"
#include "tools/memlog/commands.h"

static const struct command {
    const char *name;
    enum command_bit bit;
    int (*run)(struct options *options);
    const char *help;
} commands[] = {
    {"text", FOR_TEXT, command_text, "a line for each access"                                     },
    {"csv",  FOR_CSV,  command_csv,  "the same for other programs"                                },
    {"top",  FOR_TOP,  command_top,  "who accesses most, or what is accessed most"                },
    {"map",  FOR_MAP,  command_map,  "a picture: address against time (needs -o FILE.svg or .png)"},
    {"info", FOR_INFO, command_info, "what the log holds: its header, sums, ranges"               },
};

static const char notes[] =
    "RANGE     FIRST..LAST, START,LENGTH, a number, or a symbol; k, M, G behind a number: 1024 ... bytes, 1000 ... instructions\n"
    "Status    0: done; 1: the log is broken (what is whole was used), or nothing in it was wanted; 2: a wrong command line\n"
    "Example   memlog top boot.memlog --symbols malta.sym --of swapper_pg_dir\n";

static void help(void)
{
    printf("memlog COMMAND LOG [OPTION...]: looks at an access log of stakeout (-memlog FILE)\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-6s %s\n", commands[i].name, commands[i].help);
    printf("\nOptions (memlog help COMMAND lists those of one):\n");
    options_help(FOR_ALL);
    printf("\n%s", notes);
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    report_error("%s: there is no such command ('memlog help' lists them)", name);
    return NULL;
}

static int help_command(const char *name)
{
    const struct command *command = find_command(name);
    if (!command)
        return EXIT_USAGE;
    printf("memlog %s LOG [OPTION...]: %s\n\n", command->name, command->help);
    options_help(command->bit);
    printf("\n%s", notes);
    return 0;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "-help") == 0 || strcmp(word, "--help") == 0;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct options options;
    int status = options_parse(&options, command->bit, argc, argv) ? command->run(&options) : EXIT_USAGE;
    options_free(&options);
    return status;
}

int main(int argc, char **argv)
{
    report_name = "memlog";
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        report_error("which command? ('memlog help' lists them)");
        return EXIT_USAGE;
    }
    if (asks_for_help(argv[1]) && argc > 2)
        return help_command(argv[2]);
    if (asks_for_help(argv[1])) {
        help();
        return 0;
    }
    for (int i = 2; i < argc; i++)
        if (asks_for_help(argv[i]) && argv[i][0] == '-')
            return help_command(argv[1]);
    const struct command *command = find_command(argv[1]);
    return command ? run(command, argc - 2, argv + 2) : EXIT_USAGE;
}
