/*
 * Conditions as people type them, in C's manner, compiled to the bytecode that gdb's conditions are (cpu/agent.h).
 *
 *   numbers        17, 0x80001000, 'a'
 *   registers      $a0 or a0, $r4, $pc, $status; a field of one: status.EXL; asid: the present address space
 *   symbols        jiffies or &jiffies: where it is; [jiffies] reads it
 *   the access     value, old (what memory held), value64, old64 (all of a wide one), size, address, phys, store (1, or 0 for a load)
 *   the machine    mode (0: kernel), icount
 *   memory         [ADDR], *(u32 *) ADDR; u8 s8 u16 s16 u32 s32 u64 s64, also as u16[ADDR]
 *   operators      ! ~ - + (TYPE), * / %, + -, << >>, < <= > >=, == !=, &, ^, |, &&, ||, as in C, with parentheses
 *
 * Types are C's for a 32-bit guest: registers are signed words, as in gdb; pc, value, addresses and fields are unsigned; a number is
 * signed if it fits; icount and the 64-bit ones are wide. So a0 == -1, a0 == 0xffffffff and a0 < 0 all hold for a0 of all ones.
 */
#ifndef SRC_EXPRESSION_H
#define SRC_EXPRESSION_H

#include "cpu/actions.h"

struct symbols;

/*
 * NULL, and a line without a newline in error[room] that names the place, if text is none. symbols may be NULL. The program is evaluated
 * by actions_evaluate() and freed by agent_program_free().
 */
struct agent_program *expression_compile(const char *text, struct cpu *cpu, struct symbols *symbols, char *error, size_t room);

#endif
