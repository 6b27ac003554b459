/* The commands of tools/memlog, for the fuzzer; a file of its own, as their headers and the machine's have names in common. */
#ifndef TESTS_MEMLOG_FUZZ_COMMANDS_H
#define TESTS_MEMLOG_FUZZ_COMMANDS_H

enum { FUZZ_COMMANDS = 5 };

/* Runs one on a log and returns its status; a picture goes to `picture`, all else nowhere. */
int fuzz_command(unsigned which, const char *log, const char *picture);

#endif
