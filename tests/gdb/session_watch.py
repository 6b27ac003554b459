"""Watchpoints as a person uses them: old and new value, hits, conditions, removal."""
from ingdb import at, connect, fails, finish, go, run, shows

connect()
run("set $a0 = 0x80200000")
run("set {int} 0x80200000 = 100")
run("set {int} 0x80200008 = 0")
run("set $a1 = 10")
go("store_loop")

shows("watch *(int *) 0x80200000", "Hardware watchpoint 2: *(int *) 0x80200000")
shows("continue", "Hardware watchpoint 2: *(int *) 0x80200000", "Old value = 100", "New value = 101")
at("store_loop_store+4")
shows("continue", "Old value = 101", "New value = 102")
shows("info watchpoints", "breakpoint already hit 2 times")
run("delete 2")

shows("rwatch *(int *) 0x80200000", "Hardware read watchpoint 3")
shows("continue", "Hardware read watchpoint 3", "Value = 102")
run("delete 3")
shows("awatch *(int *) 0x80200000", "Hardware access (read/write) watchpoint 4")
shows("continue", "Hardware access (read/write) watchpoint 4", "Old value = 102", "New value = 103")
shows("continue", "Hardware access (read/write) watchpoint 4", "Value = 103")
run("delete 4")

shows("watch *(int *) 0x80200008 if *(int *) 0x80200008 == 107", "Hardware watchpoint 5")
shows("continue", "Old value = 106", "New value = 107")
run("delete 5")

# A byte of the word that the stores rewrite unchanged: each hit is passed over by gdb.
shows("watch *(char *) 0x80200001", "Hardware watchpoint 6")
run("break *(unsigned int) &store_loop_end")
run("set $a1 = 3")
shows("continue", "Breakpoint 7,", "store_loop_end")
run("delete")

shows("monitor info registers", "pc")
run("set $a1 = 3")
go("store_loop")
shows("watch *(int *) 0x80200000", "Hardware watchpoint 8")
run("continue")
shows("monitor info watchpoints", "last hit:", "store_loop_store", "sw")
run("delete")

# A range.
run("set $a1 = 2")
go("store_loop")
shows("watch -location *(char (*)[64]) 0x80200000", "Hardware watchpoint")
run("continue")
at("store_loop_store+4")
run("delete")
run("set $a0 = 0x10000000")
go("taken_to")
fails("print *(int *) 0x10000000", "Cannot access memory at address 0x10000000")
finish()
