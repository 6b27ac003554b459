"""Conditions, ignore counts and dprintf evaluated where the hits are."""
import gdb

from ingdb import at, connect, equal, finish, go, run, shows, value


def packets(command, *parts):
    """The Z packets that gdb sends while a command runs."""
    gdb.execute("set debug remote 1")
    text = shows(command, *parts)
    gdb.execute("set debug remote 0")
    return [line for line in text.splitlines() if "Sending packet: $Z" in line]


connect()
run("set breakpoint condition-evaluation target")
run("set $a0 = 0x80200000")
run("set {int} 0x80200000 = 100")
run("set {int} 0x80200008 = 0")
run("set $a1 = 1000")
go("store_loop")

# Registers and memory in a condition; the stop has its values.
run("break *(unsigned int) &store_loop_store if $t0 == 600")
sent = packets("continue", "Breakpoint 2, ")
equal(len(sent), 1, "Z packets")
equal(";X" in sent[0], True, "the condition in " + sent[0])
at("store_loop_store")
equal(value("$t0"), 600, "t0")
equal(value("*(int *) 0x80200000"), 599, "memory")
shows("info breakpoints", "stop only if $t0 == 600 (target evals)", "breakpoint already hit 1 time")
run("condition 2 *(int *) 0x80200000 > 700 && *(int *) 0x80200000 % 7 == 0")
shows("continue", "Breakpoint 2, ")
equal(value("*(int *) 0x80200000"), 707, "memory")
run("condition 2 $t0 < 0")
run("tbreak *(unsigned int) &store_loop_end")
shows("continue", "Temporary breakpoint 3, ", "store_loop_end")
equal(value("*(int *) 0x80200000"), 1100, "memory at the end")
run("delete")

# Two breakpoints at one place: either's condition stops there.
run("set $a1 = 100")
go("store_loop")
run("break *(unsigned int) &store_loop_store if $a1 == 20")
run("break *(unsigned int) &store_loop_store if $a1 == 40")
shows("continue", "Breakpoint 5, ")
equal(value("$a1"), 40, "a1")
shows("continue", "Breakpoint 4, ")
equal(value("$a1"), 20, "a1")
run("delete")

# A hit in a branch's slot is at the branch; gdb counts what it ignores.
run("set $a1 = 50")
go("store_loop")
run("break *(unsigned int) &store_loop_store if $a1 < 40")
run("ignore 6 5")
shows("continue", "Breakpoint 6, ")
equal(value("$a1"), 34, "a1")
shows("info breakpoints", "breakpoint already hit 6 times")
run("delete")

# What cannot be evaluated stops, and says why.
run("set $a1 = 50")
go("store_loop")
run("break *(unsigned int) &store_loop_store if *(int *) ($a1 - 40) == 1")
shows("continue", "it reads memory that is not there", "Breakpoint 7, ")
run("delete")

# A watchpoint's condition.
run("set {int} 0x80200008 = 0")
run("set $a1 = 500")
go("store_loop")
shows("watch *(int *) 0x80200000 if $a1 == 400", "Hardware watchpoint 8")
shows("continue", "Hardware watchpoint 8")
equal(value("$a1"), 400, "a1")
run("delete")

#dprintf in the agent : each line once, in order, and the run goes on.
run("set dprintf-style agent")
run("set {int} 0x80200000 = 0")
run("set $a1 = 6")
go("store_loop")
run('dprintf *(unsigned int) &store_loop_store,"t0=%d a1=%u at %x: %c%%\\n", $t0, $a1, 0x80200000, 65')
run("break *(unsigned int) &store_loop_end")
sent = packets("continue", *["t0=%d a1=%d at 80200000: A%%" % (i, 7 - i) for i in range(1, 7)], "Breakpoint 10, ")
equal(sum(";cmds:" in line for line in sent), 1, "packets with commands")
at("store_loop_end")
run("condition 9 $t0 == 3")
run("set {int} 0x80200000 = 0")
run("set $a1 = 6")
go("store_loop")
text = shows("continue", "t0=3 a1=4", "Breakpoint 10, ")
equal(text.count("t0="), 1, "lines")

# A string in the guest.
run("delete 9")
run('set {char [4]} 0x80200100 = "abc"')
run("set $a1 = 1")
go("store_loop")
run('dprintf *(unsigned int) &store_loop_store,"[%s]\\n", (char *) 0x80200100')
shows("continue", "[abc]", "Breakpoint 10, ")

# Backwards, conditions count as they do forwards, and nothing is printed again.
run("delete")
run("set {int} 0x80200000 = 0")
run("set $a1 = 300")
go("store_loop")
run('dprintf *((unsigned int) &store_loop_store + 4),"line %d\\n", $t0')
run("break *(unsigned int) &store_loop_end")
text = shows("continue", "line 1\n", "line 300\n", "Breakpoint 13, ")
equal(text.count("line "), 300, "lines")
run("break *(unsigned int) &store_loop_store if $t0 == 200 || $t0 == 100")
text = shows("reverse-continue", "Breakpoint 14, ")
equal(value("$t0"), 200, "t0")
text += shows("reverse-continue", "Breakpoint 14, ")
equal(value("$t0"), 100, "t0")
equal(text.count("line "), 0, "lines printed backwards")
text = shows("continue", "Breakpoint 14, ")
equal(value("$t0"), 200, "t0")
equal(text.count("line "), 100, "lines printed forwards again")
finish()
