"""Breakpoints, steps and the machine's state as a person uses them."""
from ingdb import at, connect, equal, fails, finish, go, run, shows, value

connect()

# Breakpoints by label and address, temporary, counted, ignored, on conditions.
run("break *(unsigned int) &function")
go("call")
shows("continue", "Breakpoint 2,", "function")
at("function")
shows("info symbol $ra", "call_back")
run("tbreak *(unsigned int) &call_register")
shows("continue", "Temporary breakpoint 3,", "call_register")
shows("continue", "Breakpoint 2,", "function")
shows("info breakpoints", "breakpoint already hit 2 times")
run("delete")
run("hbreak *(unsigned int) &store_loop_store if $a1 == 3")
run("set $a0 = 0x80200000")
run("set $a1 = 9")
go("store_loop")
run("continue")
at("store_loop_store")
equal(value("$a1"), 3, "a1 at the conditional breakpoint")
run("delete")

# stepi through branches with slots, calls, exceptions, eret.
for start, registers, path in (
        ("taken", {"a1": 1}, ("taken_to", "taken_to+4")), ("likely", {"a1": 1}, ("likely_next", "likely_to")),
        ("call", {}, ("function", "function_return", "call_back")), ("system_call", {"s7": 0}, ("system_call_end", "system_call_end+4")),
        ("refill", {"a0": 0x00500000}, ("refill_end",)), ("llsc", {"a0": 0x80200000}, ("llsc+4", "llsc_store", "llsc_store+4", "llsc_end")),
        ("self", {"a1": 2}, ("self", "self", "self_end"))):
    for name, number in registers.items():
        run("set $%s = %d" % (name, number))
    go(start)
    for place in path:
        run("stepi")
        at(place)
go("call_register_jump")
run("set $t9 = (unsigned int) &function")
run("stepi 2")
at("function_return")
go("return_from_exception")
run("tbreak *(unsigned int) &return_insn")
run("continue")
run("stepi")
at("return_target")

# State.
shows("x/2i $pc", "return_target", "nop")
shows("info registers status", "status")
run("set $t0 = 0x12345678")
equal(value("$t0"), 0x12345678, "t0")
run("set {int} 0xa0200010 = 0x55aa")
equal(value("*(int *) 0x80200010"), 0x55aa, "memory through the other alias")
run("set $f2 = 0")
shows("info registers badvaddr", "badvaddr")
fails("x/w 0x70000000", "Cannot access memory at address 0x70000000")
shows("monitor help", "info")
shows("info mem", "")

# Detach leaves it running, and a new gdb stops it.
run("set $s1 = 0x80200000")
run("set $s0 = 0")
go("spin")
shows("detach", "detached")
finish()
